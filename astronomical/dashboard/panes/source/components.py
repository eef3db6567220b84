"""Components of the source pane. All text is set as text, never as HTML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from astronomical.dashboard.ui.styles import BASE_STYLE

__all__ = ["SourceBar", "SourceCard", "SourceList", "SourceTable"]

_HERE = Path(__file__).parent


def _script(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


class SourceBar(JSComponent):
    """Bar with search, back, forward, history, settings and deselect.

    Parameters
    ----------
    on_event
        Called with ``suggest``, ``search``, ``choose`` (all with the text), ``back``, ``forward``, ``settings`` or
        ``deselect``.
    """

    suggestions = param.Dict(
        default={"text": "", "found": []},
        doc="""
        Sources that match the typed text: the id of each, and why it was found.""",
    )
    says = param.String(default="Search by id", doc="Placeholder that says what can be searched for.")
    trail = param.Dict(
        default={"can_back": False, "can_forward": False, "shown": False, "ids": []},
        doc="""
        The history, newest first, and which buttons are enabled.""",
    )
    answer = param.Dict(
        default={"n": 0, "found": False, "notice": ""},
        doc="""
        Result of the latest search; `n` distinguishes equal results.""",
    )

    _esm = _script("source_bar.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    .bar { display: flex; gap: 4px; height: 30px; }
    .icon { flex: none; width: 28px; padding: 0; display: grid; place-items: center; }
    .icon svg { width: 18px; height: 18px; fill: currentColor; }
    .field { position: relative; flex: 1; min-width: 90px; }
    .search { width: 100%; height: 100%; padding: 0 8px; cursor: text; }
    .search::placeholder { color: var(--mui-palette-text-secondary, #666); }
    .history { width: 84px; flex: none; padding: 0 2px; }
    .suggestions {
      position: absolute; z-index: 20; top: 100%; left: 0; right: 0; margin: 2px 0 0; padding: 4px 0; list-style: none;
      max-height: 220px; overflow: auto; border-radius: 4px; background: var(--mui-palette-background-paper, #fff);
      border: 1px solid var(--mui-palette-divider, #0003); box-shadow: 0 4px 14px #0004;
    }
    .suggestions li { padding: 3px 8px; cursor: pointer; overflow-wrap: anywhere; }
    .suggestions li:hover, .suggestions li[aria-selected=true] {
      background: var(--mui-palette-action-selected, #0001);
    }
    .why { float: right; margin-left: 10px; color: var(--mui-palette-text-secondary, #666); }
    .notice { color: var(--mui-palette-error-main, #b3261e); font-size: 12px; }
    .notice.good { color: var(--mui-palette-text-secondary, #666); }
    .notice:not(:empty) { padding-top: 3px; }
    """,
    ]

    def __init__(self, on_event: Callable[[str, str], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), str(msg.get("text", "")))


class SourceCard(JSComponent):
    """The id in large letters with a copy button, and chips with the labels and notes of the source.

    Parameters
    ----------
    on_event
        Called with ``ask`` to show the queried source, and with ``samp``.
    """

    shown = param.Dict(
        default={"id": "", "chips": [], "ask": False, "links": [], "samp": ""},
        doc="""
        Id, chips (see `astronomical.dashboard.ui.colours.chip`), whether to offer the queried source, names and
        addresses of pages about the position, and whether SAMP is on or off; empty if it is not available.""",
    )

    _esm = _script("source_card.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    .head { display: flex; align-items: center; gap: 6px; min-height: 30px; flex-wrap: wrap; }
    .links { display: flex; flex-wrap: wrap; gap: 0 10px; margin-left: auto; font-size: 12px; }
    .links a { color: var(--mui-palette-primary-main, #06c); text-decoration: none; }
    .links a:hover, .links a:focus-visible, .samp:hover, .samp:focus-visible { text-decoration: underline; }
    .samp { all: unset; cursor: pointer; color: var(--mui-palette-primary-main, #06c); }
    .samp[data-on=on]::before { content: "●"; margin-right: 3px; color: var(--mui-palette-success-main, #2e7d32); }
    .id { font-size: 19px; font-weight: 600; user-select: text; overflow-wrap: anywhere; line-height: 1.2; }
    .copy { all: unset; flex: none; width: 24px; height: 24px; display: grid; place-items: center; cursor: pointer;
            border-radius: 4px; opacity: 0.6; }
    .copy:hover, .copy:focus-visible { opacity: 1; background: var(--mui-palette-action-hover, #0001); }
    .copy svg { width: 15px; height: 15px; fill: currentColor; }
    .said { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; min-height: 26px; }
    .chips { display: flex; flex-wrap: wrap; gap: 4px; min-width: 0; }
    :host { container-type: inline-size; }
    @container (min-width: 700px) {
      .card { display: flex; gap: 14px; align-items: center; } .card .head { min-height: 26px; }
      .head { flex: 1 1 0; min-width: 0; flex-wrap: nowrap; } .said { flex: 0 1 auto; }
      .links { flex-wrap: nowrap; white-space: nowrap; }
    }
    .ask { height: 24px; padding: 0 8px; font-size: 12px; color: var(--mui-palette-primary-main, #06c);
           border-color: currentColor; }
    """,
    ]

    def __init__(self, on_event: Callable[[str], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]))


class SourceTable(JSComponent):
    """Table of names, values and units."""

    rows = param.List(default=[], doc="Name, value and unit of each row, and the text to copy.")

    _esm = _script("source_table.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    table { border-collapse: collapse; width: 100%; font-size: 12px; }
    tr + tr { border-top: 1px solid var(--mui-palette-divider, #0001); }
    th { text-align: left; font-weight: 400; padding: 3px 10px 3px 0; vertical-align: top; max-width: 130px;
         overflow-wrap: break-word; color: var(--mui-palette-text-secondary, #666); }
    td { position: relative; padding: 3px 0; user-select: text; overflow-wrap: anywhere; white-space: pre-line;
         font-variant-numeric: tabular-nums; }
    .copy { all: unset; position: absolute; right: 0; top: 1px; width: 20px; height: 20px; display: grid;
            place-items: center; cursor: pointer; border-radius: 4px; opacity: 0;
            background: var(--mui-palette-background-paper, #fff); }
    tr:hover .copy, .copy:focus-visible { opacity: 1; }
    .copy svg { width: 13px; height: 13px; fill: currentColor; opacity: 0.7; }
    .unit { color: var(--mui-palette-text-secondary, #666); }
    """,
    ]

    def __init__(self, **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})


class SourceList(JSComponent):
    """List with a header. A click on a row with an id shows that source.

    Parameters
    ----------
    on_id
        Called with the id of the row that was clicked.
    """

    shown = param.Dict(
        default={"titles": [], "rows": [], "nothing": ""},
        doc="""
        Titles of the columns, the rows (cells, and optionally id, faded, tip), and the text if there are none.""",
    )

    _esm = _script("source_list.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    p { margin: 8px 0; color: var(--mui-palette-text-secondary, #666); white-space: pre-line; }
    table { border-collapse: collapse; width: 100%; font-size: 12px; }
    th { text-align: left; font-weight: 600; padding: 4px 10px 4px 0; position: sticky; top: 0;
         background: var(--mui-palette-background-paper, #fff); }
    td { padding: 3px 10px 3px 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
         border-top: 1px solid var(--mui-palette-divider, #0001); user-select: text; }
    .faded td { text-decoration: line-through; opacity: 0.75; }
    .go { all: unset; cursor: pointer; color: var(--mui-palette-primary-main, #06c); }
    .go:hover, .go:focus-visible { text-decoration: underline; }
    """,
    ]

    def __init__(self, on_id: Callable[[str], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_id = on_id

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_id(str(msg["id"]))
