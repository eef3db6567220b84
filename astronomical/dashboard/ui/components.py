"""Small components for forms: headings, sections, messages and tables. All text in them is shown literally."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.errors import explain

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
_HEADING = """
h1, h2, h3 { margin: 0; color: var(--mui-palette-text-primary, inherit); overflow-wrap: anywhere;
             font: 500 1.25rem/1.6 var(--bokeh-base-font, sans-serif); }
h1 { font-size: 2.125rem; line-height: 1.235; font-weight: 400; }
h3 { font-size: 1rem; line-height: 1.75; font-weight: 400; }
"""
_ONE_LINE = "p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }"


class Message:
    """A message that is visible if it has a text.

    Parameters
    ----------
    text
        Initial text; nothing is shown if it is empty.
    severity
        ``error``, ``warning``, ``info`` or ``success``.

    Attributes
    ----------
    text
        Current text.
    view
        Panel object to show.
    """

    def __init__(self, text: str = "", severity: str = "error") -> None:
        self.text, self._severity = text, severity
        self.view = Html(self._html(), stylesheets=[_MESSAGE], margin=0, sizing_mode="stretch_width")

    def show(self, text: str, severity: str | None = None) -> None:
        """Show another text; hide the message if it is empty."""
        self.text, self._severity = text, severity or self._severity
        self.view.object = self._html()

    def _html(self) -> Markup:
        made = Markup('<div role="alert" class="{}">{}</div>').format(self._severity, self.text)
        return made if self.text else Markup("")


class Progress:
    """A progress bar with a line of text."""

    def __init__(self) -> None:
        self._text = hint("")
        self._bar = pmui.LinearProgress(sizing_mode="stretch_width", margin=(0, 10))
        self.view = pn.Column(self._text, self._bar, visible=False, sizing_mode="stretch_width", margin=0)

    def show(self, text: str | None) -> None:
        """Show what is in progress; None hides the bar."""
        if text is not None:
            set_hint(self._text, text)
        self.view.visible = text is not None


def words_for(error: BaseException, doing: str) -> str:
    """Return the message for the user about an error. Unexpected errors are also written to the log."""
    if isinstance(error, ValueError | LookupError):
        return explain(error)
    if isinstance(error, OSError):
        return f"{doing} failed: {error.strerror or error}" + (f" ({error.filename})." if error.filename else ".")
    if isinstance(error, MemoryError):
        return f"{doing} failed: there is not enough memory."
    log.error("%s failed", doing, exc_info=error)
    return f"{doing} failed because of an unexpected error. The log of the server has the details."


def heading(text: str, level: int = 2) -> Html:
    """Return a heading of level 1 (page), 2 (part) or 3 (section)."""
    return Html(
        Markup("<h{}>{}</h{}>").format(level, text, level),
        stylesheets=[_HEADING],
        margin=(2, 10),
        sizing_mode="stretch_width",
    )


def hint(text: str, *, one_line: bool = False, **params: Any) -> Html:
    """Return explanatory text, optionally cut to one line; see `set_hint`."""
    made = Html(
        stylesheets=[_TEXT, _ONE_LINE] if one_line else [_TEXT],
        **{"margin": (2, 10), "sizing_mode": "stretch_width", **params},
    )
    set_hint(made, text)
    return made


def leave_button(label: str, leave: Callable[[], Any], **look: Any) -> pmui.Button:
    """Return the button that closes a dialog without an action. Escape presses it, see `keys.KeyListener`."""
    button = pmui.Button(label=label, **{"variant": "text", "css_classes": ["leave"], **look})
    button.on_click(lambda *_: leave())
    return button


def memory_switch() -> pmui.Switch:
    """Return the switch for compact storage of columns."""
    return pmui.Switch(
        label="Optimise memory",
        margin=(8, 10),
        description=(
            "Store the columns shown in 32 bits, and repeated texts only once. Ids, positions, times and 64-bit "
            "integers are not changed. Features, queries and scores are not affected."
        ),
    )


def set_hint(pane: Html, text: str) -> None:
    """Change the text of a hint. A tooltip shows the full text of a hint that is cut to one line."""
    tip = Markup(' title="{}"').format(text) if _ONE_LINE in pane.stylesheets else ""
    pane.object = Markup("<p{}>{}</p>").format(tip, text)


def section(title: str, *objects: Any, explain: str = "", **params: Any) -> pmui.Paper:
    """Return a framed section with a title."""
    head = [heading(title, 3), *([hint(explain)] if explain else [])]
    return pmui.Paper(
        *head,
        *objects,
        variant="outlined",
        elevation=0,
        margin=(0, 0, 12, 0),
        **{"sizing_mode": "stretch_width", "sx": {"padding": "10px 8px 12px"}, **params},
    )


def centred(*objects: Any, max_width: int, **params: Any) -> pn.Column:
    """Return a column in the middle of the page with a maximum width."""
    return pn.Column(
        *objects,
        max_width=max_width,
        styles={"align-self": "center", "width": "100%"},
        **{"sizing_mode": "stretch_width", "margin": 0, **params},
    )


def row(*objects: Any, **params: Any) -> pn.Row:
    """Return objects side by side."""
    return pn.Row(*objects, **{"sizing_mode": "stretch_width", "margin": 0, **params})


def plain_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    colours: Sequence[str] = (),
    **params: Any,
) -> Html:
    """Return a table of texts.

    Parameters
    ----------
    head
        Titles of the columns.
    rows
        Texts.
    numbers
        Columns that are aligned right.
    colours
        A colour for a dot before each row, such as that of its class.
    **params
        Parameters of `panel.pane.HTML`.
    """

    def cell(tag: str, place: int, text: str, mark: str = "") -> Markup:
        kind = Markup(' class="n"') if place in numbers else ""
        return Markup("<{}{}>{}{}</{}>").format(tag, kind, mark, text, tag)

    lines = [Markup("").join(cell("th", i, text) for i, text in enumerate(head))]
    for number, texts in enumerate(rows):
        dot = Markup('<span class="dot" style="background:{}"></span>').format(colours[number]) if colours else ""
        lines.append(Markup("").join(cell("td", i, text, dot if i == 0 else "") for i, text in enumerate(texts)))
    body = Markup("").join(Markup("<tr>{}</tr>").format(line) for line in lines)
    focusable = Markup(' tabindex="0"') if "max_height" in params else ""  # so that the keyboard can scroll it
    return Html(
        Markup("<table{}>{}</table>").format(focusable, body),
        stylesheets=[_TABLE],
        **{"sizing_mode": "stretch_width", "margin": (6, 10), **params},
    )
