"""Small parts of pages that ask: headings, sections, messages, tables. All text in them is shown as it is."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

__all__ = [
    "Message",
    "Progress",
    "centred",
    "heading",
    "hint",
    "leave_button",
    "memory_switch",
    "plain_table",
    "row",
    "section",
    "set_hint",
    "words_for",
]

log = logging.getLogger(__name__)

_MESSAGE = """
[role=alert] { margin: 4px 10px; padding: 8px 14px; border: 1px solid var(--tone); border-left-width: 5px;
      border-radius: 4px; color: var(--mui-palette-text-primary, inherit);
      font: 14px/1.45 var(--bokeh-base-font, sans-serif);
      white-space: pre-line; overflow-wrap: anywhere; }
.error { --tone: var(--mui-palette-error-main, #d32f2f); }
.warning { --tone: var(--mui-palette-warning-main, #ed6c02); }
.info { --tone: var(--mui-palette-info-main, #0288d1); }
.success { --tone: var(--mui-palette-success-main, #2e7d32); }
"""
_TABLE = """
:host { overflow: auto; border: 1px solid var(--mui-palette-divider, #8884); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font: 13px/1.35 var(--bokeh-base-font, sans-serif);
        color: var(--mui-palette-text-primary, inherit); }
th { position: sticky; top: 0; text-align: left; font-weight: 600; padding: 6px 12px;
     background: var(--mui-palette-background-default, #eee); white-space: nowrap; }
td { padding: 3px 12px; border-top: 1px solid var(--mui-palette-divider, #8882); overflow-wrap: anywhere; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 8px; }
"""
_TEXT = """
:host { color: var(--mui-palette-text-secondary, inherit); font: 13px/1.45 var(--bokeh-base-font, sans-serif); }
p { margin: 0; white-space: pre-line; overflow-wrap: anywhere; }
"""
_ONE_LINE = "p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }"


class Message:
    """A line that appears when there is something to say.

    Parameters
    ----------
    text
        What to say at first; nothing is shown where it is empty.
    severity
        ``error``, ``warning``, ``info`` or ``success``.

    Attributes
    ----------
    text
        What is being said.
    view
        What to put in the page.
    """

    def __init__(self, text: str = "", severity: str = "error") -> None:
        self.text, self._severity = text, severity
        self.view = pn.pane.HTML(self._html(), stylesheets=[_MESSAGE], margin=0, sizing_mode="stretch_width")

    def show(self, text: str, severity: str | None = None) -> None:
        """Say something else; nothing if the text is empty."""
        self.text, self._severity = text, severity or self._severity
        self.view.object = self._html()

    def _html(self) -> str:
        return f'<div role="alert" class="{self._severity}">{html.escape(self.text)}</div>' if self.text else ""


class Progress:
    """A bar with a line of text, while something takes its time."""

    def __init__(self) -> None:
        self._text = hint("")
        self._bar = pmui.LinearProgress(sizing_mode="stretch_width", margin=(0, 10))
        self.view = pn.Column(self._text, self._bar, visible=False, sizing_mode="stretch_width", margin=0)

    def show(self, text: str | None) -> None:
        """Say what is being done; None hides the bar."""
        if text is not None:
            set_hint(self._text, text)
        self.view.visible = text is not None


def words_for(error: BaseException, doing: str) -> str:
    """Return what to tell a person about an error; those that were not foreseen go to the log."""
    if isinstance(error, ValueError | LookupError):
        return str(error)
    if isinstance(error, OSError):
        return f"{doing} failed: {error.strerror or error}" + (f" ({error.filename})." if error.filename else ".")
    if isinstance(error, MemoryError):
        return f"{doing} failed: there is not enough memory."
    log.error("%s failed", doing, exc_info=error)
    return f"{doing} failed for a reason that was not foreseen; the log of the server has the details."


def heading(text: str, variant: str = "h6") -> pmui.Typography:
    """Return a heading; for texts of our own only, not for those of a file."""
    return pmui.Typography(text, variant=variant, margin=(2, 10), sizing_mode="stretch_width")


def hint(text: str, *, one_line: bool = False, **params: Any) -> pn.pane.HTML:
    """Return explaining text, cut to one line where that is wished; see `set_hint`."""
    made = pn.pane.HTML(stylesheets=[_TEXT, _ONE_LINE] if one_line else [_TEXT],
                        **{"margin": (2, 10), "sizing_mode": "stretch_width", **params})
    set_hint(made, text)
    return made


def leave_button(label: str, leave: Callable[[], Any], **look: Any) -> pmui.Button:
    """Return the button that leaves a dialog with nothing done; Escape presses it, see `keys.KeyListener`."""
    button = pmui.Button(label=label, **{"variant": "text", "css_classes": ["leave"], **look})
    button.on_click(lambda *_: leave())
    return button


def memory_switch() -> pmui.Switch:
    """Return the question whether columns are kept in less memory."""
    return pmui.Switch(label="Optimise memory", margin=(8, 10), description=(
        "The columns shown are kept in 32 bits, and texts that repeat once each. Ids, positions, times and integers of "
        "64 bits stay as they are. Features, queries and scores are the same either way."))


def set_hint(pane: pn.pane.HTML, text: str) -> None:
    """Change the text of a hint; one that is cut to one line is shown whole where the pointer rests on it."""
    tip = f" title='{html.escape(text)}'" if _ONE_LINE in pane.stylesheets else ""
    pane.object = f"<p{tip}>{html.escape(text)}</p>"


def section(title: str, *objects: Any, explain: str = "", **params: Any) -> pmui.Paper:
    """Return a framed part of a page with a title."""
    head = [heading(title, "subtitle1"), *([hint(explain)] if explain else [])]
    return pmui.Paper(*head, *objects, variant="outlined", elevation=0, margin=(0, 0, 12, 0),
                      **{"sizing_mode": "stretch_width", "sx": {"padding": "10px 8px 12px"}, **params})


def centred(*objects: Any, max_width: int, **params: Any) -> pn.Column:
    """Return a column in the middle of the page, no wider than said."""
    return pn.Column(*objects, max_width=max_width, styles={"align-self": "center", "width": "100%"},
                     **{"sizing_mode": "stretch_width", "margin": 0, **params})


def row(*objects: Any, **params: Any) -> pn.Row:
    """Return objects side by side."""
    return pn.Row(*objects, **{"sizing_mode": "stretch_width", "margin": 0, **params})


def plain_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = (),
                colours: Sequence[str] = (), **params: Any) -> pn.pane.HTML:
    """Return a table of texts.

    Parameters
    ----------
    head
        Titles of the columns.
    rows
        Texts; they are escaped.
    numbers
        Columns that are set flush right.
    colours
        A colour in front of each row, such as that of its class.
    **params
        Parameters of `panel.pane.HTML`.
    """
    def cell(tag: str, place: int, text: str, mark: str = "") -> str:
        kind = ' class="n"' if place in numbers else ""
        return f"<{tag}{kind}>{mark}{html.escape(text)}</{tag}>"

    lines = ["".join(cell("th", i, text) for i, text in enumerate(head))]
    for number, texts in enumerate(rows):
        dot = f'<span class="dot" style="background:{html.escape(colours[number])}"></span>' if colours else ""
        lines.append("".join(cell("td", i, text, dot if i == 0 else "") for i, text in enumerate(texts)))
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return pn.pane.HTML(f"<table>{body}</table>", stylesheets=[_TABLE],
                        **{"sizing_mode": "stretch_width", "margin": (6, 10), **params})
