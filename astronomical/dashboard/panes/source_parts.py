"""The components of which the pane of the selected source is made. All text is set as text, never as HTML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from astronomical.dashboard.panes.styles import BASE_STYLE

__all__ = ["SourceBar", "SourceCard", "SourceTable"]

_HERE = Path(__file__).parent


def _script(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


class SourceBar(JSComponent):
    """Search by id, back and forward, the history, and deselect.

    Parameters
    ----------
    on_event
        Called with ``suggest``, ``choose`` (both with the text), ``back``, ``forward`` or ``deselect``.
    """

    suggestions = param.Dict(default={"text": "", "ids": []}, doc="Ids that go with the text typed.")
    trail = param.Dict(default={"can_back": False, "can_forward": False, "shown": False, "ids": []}, doc="""
        The history, newest first, and which buttons lead anywhere.""")
    answer = param.Dict(default={"n": 0, "found": False, "notice": ""}, doc="""
        What came of the newest search; `n` tells equal answers apart.""")

    _esm = _script("source_bar.js")
    _stylesheets: ClassVar[list[str]] = [BASE_STYLE, """
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
    .notice { color: var(--mui-palette-error-main, #b3261e); font-size: 12px; }
    .notice:not(:empty) { padding-top: 3px; }
    """]

    def __init__(self, on_event: Callable[[str, str], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def focus(self) -> None:
        """Put the cursor in the search field."""
        self._send_msg({"event": "focus"})

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), str(msg.get("text", "")))


class SourceCard(JSComponent):
    """The id in large letters, to be copied, and chips of what is said about the source.

    Parameters
    ----------
    on_ask
        Called when the queried source shall be shown.
    """

    shown = param.Dict(default={"id": "", "chips": [], "ask": False}, doc="""
        Id, chips (see `astronomical.dashboard.panes.colours.chip`), and whether to offer the queried source.""")

    _esm = _script("source_card.js")
    _stylesheets: ClassVar[list[str]] = [BASE_STYLE, """
    .head { display: flex; align-items: center; gap: 6px; min-height: 30px; }
    .id { font-size: 19px; font-weight: 600; user-select: text; overflow-wrap: anywhere; line-height: 1.2; }
    .copy { all: unset; flex: none; width: 24px; height: 24px; display: grid; place-items: center; cursor: pointer;
            border-radius: 4px; opacity: 0.6; }
    .copy:hover, .copy:focus-visible { opacity: 1; background: var(--mui-palette-action-hover, #0001); }
    .copy svg { width: 15px; height: 15px; fill: currentColor; }
    .said { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; min-height: 26px; }
    .chips { display: flex; flex-wrap: wrap; gap: 4px; min-width: 0; }
    .ask { height: 24px; padding: 0 8px; font-size: 12px; color: var(--mui-palette-primary-main, #06c);
           border-color: currentColor; }
    """]

    def __init__(self, on_ask: Callable[[], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_ask = on_ask

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_ask()


class SourceTable(JSComponent):
    """Names, values and units."""

    rows = param.List(default=[], doc="Name, value and unit of each row, as text.")

    _esm = _script("source_table.js")
    _stylesheets: ClassVar[list[str]] = [BASE_STYLE, """
    table { border-collapse: collapse; width: 100%; font-size: 12px; }
    tr + tr { border-top: 1px solid var(--mui-palette-divider, #0001); }
    th { text-align: left; font-weight: 400; padding: 3px 10px 3px 0; vertical-align: top; max-width: 130px;
         overflow-wrap: anywhere; color: var(--mui-palette-text-secondary, #666); }
    td { padding: 3px 0; user-select: text; overflow-wrap: anywhere; white-space: pre-line;
         font-variant-numeric: tabular-nums; }
    .unit { color: var(--mui-palette-text-secondary, #666); }
    """]

    def __init__(self, **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
