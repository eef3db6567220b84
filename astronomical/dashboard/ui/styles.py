"""Styles shared by our own components. The colours follow the theme of the page."""

from __future__ import annotations

__all__ = ["BASE_STYLE", "PLAIN_DIALOG", "PLAIN_NUMBER", "SMALL_SWITCH", "TABLE_STYLE"]

#: For the ``sx`` of a dialog with fields. Labels have the colour of the paper behind them, so it must have no overlay.
PLAIN_DIALOG = {"& .MuiDialog-paper": {"backgroundImage": "none"}}

#: For the ``sx`` of a field for a number: without its buttons, which have no name for screen readers. The arrow keys
#: change the number.
PLAIN_NUMBER = {"& .MuiInputAdornment-root": {"display": "none"}, "& .MuiInputBase-input": {"paddingLeft": "14px"}}

#: For the ``stylesheets`` of a switch, because its ``sx`` does not affect its label.
SMALL_SWITCH = ".MuiFormControlLabel-root .MuiFormControlLabel-label { font-size: 13px; }"

#: For a table with many rows. Repeated class names override the style of the theme, which is loaded later.
TABLE_STYLE = """
.tabulator.tabulator { font-size: 12px; border: 0; background: transparent; }
.tabulator.tabulator .tabulator-tableholder .tabulator-table .tabulator-row.tabulator-row { min-height: 24px; }
.tabulator.tabulator .tabulator-tableholder .tabulator-table .tabulator-row.tabulator-row .tabulator-cell {
  min-height: 24px; padding: 3px 6px; }
.tabulator.tabulator .tabulator-header .tabulator-col .tabulator-col-content { padding: 3px 6px; }
.tabulator.tabulator .tabulator-footer .tabulator-footer-contents { padding: 2px 6px; }
.tabulator.tabulator .tabulator-footer .tabulator-page { padding: 2px 6px; font-size: 12px; }
"""

BASE_STYLE = """
:host { font: 13px/1.35 var(--bokeh-base-font, sans-serif); color: var(--mui-palette-text-primary, #222); }
[hidden] { display: none !important; }
button, select, input {
  font: inherit; color: inherit; box-sizing: border-box; border-radius: 4px; cursor: pointer;
  border: 1px solid var(--mui-palette-divider, #0003); background: var(--mui-palette-background-paper, #fff);
}
button { padding: 2px 10px; }
button:hover:enabled, select:hover:enabled { border-color: var(--mui-palette-primary-main, #06c); }
button:disabled, select:disabled { opacity: 0.4; cursor: default; }
button:focus-visible, select:focus-visible, input:focus-visible {
  outline: 2px solid var(--mui-palette-primary-main, #06c); outline-offset: -1px;
}
.chip {
  display: inline-flex; align-items: center; height: 22px; padding: 0 9px; border-radius: 11px; font-size: 12px;
  white-space: nowrap; box-sizing: border-box; border: 1px solid var(--mui-palette-divider, #0003); max-width: 100%;
  overflow: hidden; text-overflow: ellipsis;
}
"""
