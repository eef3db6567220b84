"""The only way to put text into the page: all text is shown literally, except HTML written in this package.

HTML is a `markupsafe.Markup` made from a constant; arguments of ``format`` and ``join`` are escaped. The linter rejects
any other ``Markup`` (S704), and the parts below outside this module (TID251). `from_markdown` escapes the HTML in texts
in Markdown, and makes only links to web pages.

These parts of Panel 1.9, panel-material-ui 0.16, Tabulator 6.4 and Bokeh 3.9 interpret text as HTML or Markdown:

============================================================  ==========================================================
part                                                          use instead
============================================================  ==========================================================
``pn.pane.HTML``, ``Markdown``, ``Alert``, ``DataFrame``,      `Html`
``SVG``, ``LaTeX``; ``pmui.Typography``, ``StaticText``,
``pn.widgets.StaticText``; Bokeh's ``Div``, ``Paragraph``
``pmui.Alert`` (its ``object``)                               `astronomical.dashboard.ui.components.Message`
a text as a child of a layout, ``pn.panel(text)``             shown by `Html`, which accepts all texts
titles of ``Card``, ``Accordion``, ``Details``, ``Tabs``      `astronomical.dashboard.ui.components.section`,
                                                              `astronomical.dashboard.ui.tab_row.TabRow`
Tabulator: titles of columns, and tooltips made from them     `TextTable`
Tabulator: items of the editor ``list``                       `list_editor`
Tabulator: formatter ``html``, ``title_formatters``,          none: do not use them
``groups``, ``row_content``, ``placeholder``
Bokeh: a ``HoverTool`` whose tooltip is one text              `hover`, whose tooltip consists of rows
Bokeh: ``HTMLTemplateFormatter``, ``Tooltip``,                none: do not use them
``pn.widgets.TooltipIcon``, ``pn.state.notifications``        `astronomical.dashboard.page.notifications`
============================================================  ==========================================================

These show text as text: labels, options, descriptions, helper texts, values and titles of the other widgets of
panel-material-ui; ``pn.pane.Str``; cells and text editors of Tabulator; titles, axes, legends and ``Labels`` of Bokeh
and HoloViews, which are drawn on a canvas; rows of a hover tooltip; our own components, which set ``textContent``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import panel as pn
from bokeh.models import HoverTool
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

__all__ = ["Html", "Markup", "TextTable", "escape", "from_markdown", "hover", "list_editor"]

_WORD_JOINER = "\u2060"


class Html(pn.pane.HTML):
    """Show a `Markup` as HTML, and any other text literally."""

    @classmethod
    def applies(cls, obj: Any) -> float | bool | None:
        """Accept all texts, so that a text in a layout is not shown as Markdown."""
        return 1.0 if obj is None or isinstance(obj, str) else False

    def _transform_object(self, obj: Any) -> dict[str, Any]:
        made: dict[str, Any] = super()._transform_object(str(escape("" if obj is None else obj)))
        return made


class TextTable(pn.widgets.Tabulator):
    """A table whose column titles are text."""

    def _get_column_definitions(self, col_names: Iterable[str], df: Any) -> list[Any]:
        columns: list[Any] = super()._get_column_definitions(col_names, df)
        for column in columns:
            column.title = str(escape(column.title))
        return columns


def _markdown() -> MarkdownIt:
    """Return a parser of Markdown that escapes HTML, loads nothing, and opens links to web pages in another tab."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.validateLink = lambda url: url.startswith(("https://", "http://"))  # type: ignore[method-assign]

    def link(self: Any, tokens: Any, place: int, options: Any, env: Any) -> str:
        tokens[place].attrs |= {"target": "_blank", "rel": "noopener noreferrer"}
        return str(self.renderToken(tokens, place, options, env))

    parser.add_render_rule("link_open", link)
    return parser


_MARKDOWN = _markdown()


def from_markdown(text: str) -> Markup:
    """Return a text in Markdown as HTML."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the parser escapes all HTML in the text


def list_editor(values: Sequence[str]) -> dict[str, Any]:
    """Return a Tabulator editor that offers a list of values.

    Tabulator shows an item as HTML in its list and as text in its field. To make both look the same, an invisible
    character is added after each character that starts a tag or an entity, so that it is shown literally.
    """
    shown = {value: value.replace("<", f"<{_WORD_JOINER}").replace("&", f"&{_WORD_JOINER}") for value in values}
    return {"type": "list", "values": [{"label": label, "value": value} for value, label in shown.items()]}


def hover(rows: Sequence[tuple[str, str]], **params: Any) -> HoverTool:
    """Return a hover tool that shows rows of name and value, such as ``("Flux", "@flux")``."""
    if any("{safe}" in value for _, value in rows):
        raise ValueError("A value marked {safe} would be shown as HTML.")
    return HoverTool(tooltips=list(rows), **params)
