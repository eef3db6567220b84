"""Component of the contact sheet. All text is set as text, never as HTML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from astronomical.dashboard.ui.styles import BASE_STYLE

__all__ = ["SheetGrid"]


class SheetGrid(JSComponent):
    """Choices in a head, and a grid of tiles with a cursor.

    Parameters
    ----------
    on_event
        Called with the name of an event and its arguments: ``choose`` (``name`` and ``value`` of a choice), ``update``,
        ``retry``, ``find``, ``go`` (``id`` of a tile), ``all`` (``key`` or ``label`` of a class, and the ``ids`` shown
        without an answer), ``keyboard`` (whether the grid has the keyboard, as ``on``), and ``again`` if images were
        missed.
    """

    head = param.Dict(
        default={"choices": [], "similar": [], "finds": False, "classes": [], "note": "", "retry": False},
        doc="""
        Choices, each with name, title, tip, value and options (value and title); those of a search for similar sources;
        whether it can be started; name and title of each class; a note; and whether an image can be retried.""",
    )
    tiles = param.Dict(default={"n": 0, "tiles": []}, doc="Number of the list, and its tiles; see `tiles.tile_of`.")
    cursor = param.String(default="", doc="Id of the selected source.")
    arrived = param.Dict(
        default={"n": 0, "start": 0, "images": []},
        doc="""
        Number of the list, number of its images that were sent before, and further ids with their images; see
        `tiles.shown_image`.""",
    )

    _esm = Path(__file__).with_name("sheet.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    :host { display: flex; flex-direction: column; min-height: 0; height: 100%; }
    .sheet { display: flex; flex-direction: column; min-height: 0; height: 100%; gap: 4px; padding: 6px 8px;
             box-sizing: border-box; }
    .head { display: flex; flex-wrap: wrap; gap: 4px 6px; align-items: center; font-size: 12px; flex: none; }
    .head label { display: flex; align-items: center; gap: 4px; min-width: 0;
                  color: var(--mui-palette-text-secondary, #666); }
    .head select { height: 26px; padding: 0 2px; max-width: 150px; color: var(--mui-palette-text-primary, #222); }
    .head button { height: 26px; }
    .note { font-size: 12px; min-height: 17px; color: var(--mui-palette-text-secondary, #666); flex: none;
            overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .grid { flex: 1 1 0; min-height: 60px; overflow: hidden auto; display: grid; gap: 6px; padding: 3px;
            grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); align-content: start; outline: none;
            border: 1px solid transparent; border-radius: 4px; }
    .grid:focus { border-color: var(--mui-palette-primary-main, #06c); }
    .tile { position: relative; min-width: 0; border-radius: 4px; cursor: pointer; padding: 2px;
            outline: 1px solid var(--mui-palette-divider, #0003); outline-offset: -1px; }
    .tile[aria-selected=true] { outline: 3px solid var(--mui-palette-primary-main, #06c); outline-offset: -1px; }
    .picture { position: relative; aspect-ratio: 1; overflow: hidden; border-radius: 3px;
               background: var(--mui-palette-action-hover, #0001); }
    .picture img { width: 100%; height: 100%; object-fit: contain; display: block; background: #000; }
    .picture .reason { position: absolute; inset: 0; padding: 4px; font-size: 10.5px; line-height: 1.25;
                       display: flex; align-items: center; justify-content: center; text-align: center;
                       overflow: hidden; overflow-wrap: anywhere; color: var(--mui-palette-text-secondary, #666); }
    .picture .answer { position: absolute; left: 0; right: 0; bottom: 0; height: 18px; font: 600 11px/18px inherit;
                       font-size: 11px; line-height: 18px; font-weight: 600; padding: 0 5px; overflow: hidden;
                       text-overflow: ellipsis; white-space: nowrap;
                       background: var(--mui-palette-background-paper, #fff); }
    .caption { display: flex; gap: 4px; font-size: 11px; height: 16px; line-height: 16px; white-space: nowrap; }
    .caption .name { flex: 1 1 0; min-width: 0; overflow: hidden; text-overflow: ellipsis; }
    .caption .p { flex: none; color: var(--mui-palette-text-secondary, #666); font-variant-numeric: tabular-nums; }
    """,
    ]

    def __init__(self, on_event: Callable[[str, dict[str, Any]], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_both", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), msg)
