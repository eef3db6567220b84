"""The legend of a plot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from astronomical.dashboard.panes.styles import BASE_STYLE

__all__ = ["ClassStrip"]


class ClassStrip(JSComponent):
    """The classes with their colours and numbers in one line, and a short remark at its end.

    Parameters
    ----------
    on_toggle
        Called with the name of a class that is to be hidden or shown.
    on_statistic
        Called when the other statistic of a quantity is wanted.
    """

    entries = param.List(default=[], item_type=dict, doc="""
        Name, count (exact and short, as text), colour, and whether it is shown.""")
    bar = param.Dict(default={}, doc="""
        The scale of a quantity: title, low and high as text, colours from low to high, and the statistic shown.""")
    note = param.String(default="", doc="A remark, as on a source that cannot be seen.")

    _esm = Path(__file__).with_name("class_strip.js").read_text(encoding="utf-8")
    _stylesheets: ClassVar[list[str]] = [BASE_STYLE, """
    :host { position: relative; height: 22px; min-height: 22px; }
    .strip { display: flex; gap: 2px; padding: 0 4px; overflow: auto hidden; scrollbar-width: none; }
    .strip.more { mask-image: linear-gradient(to right, #000 calc(100% - 32px), #0000); }
    .entry { flex: none; display: flex; align-items: center; gap: 3px; height: 20px; padding: 0 3px; font-size: 11px;
             border: none; background: none; }
    .entry:hover:enabled { background: var(--mui-palette-action-hover, #0001); }
    .entry[aria-pressed=false] { opacity: 0.45; text-decoration: line-through; }
    .bar { flex: none; display: flex; align-items: center; gap: 4px; height: 20px; padding: 0 3px; font-size: 11px;
           border: none; background: none; }
    .bar:hover:enabled { background: var(--mui-palette-action-hover, #0001); }
    .ramp { width: 70px; height: 9px; border-radius: 2px; }
    .dot { width: 9px; height: 9px; border-radius: 50%; }
    .count { color: var(--mui-palette-text-secondary, #666); font-variant-numeric: tabular-nums; }
    .note { position: absolute; right: 14px; bottom: calc(100% + 74px); max-width: 80%; padding: 0 5px;
            border-radius: 3px; font-size: 11px; pointer-events: none; color: var(--mui-palette-text-secondary, #666);
            background: var(--mui-palette-background-paper, #fff); }
    .note:empty { display: none; }
    """]

    def __init__(self, on_toggle: Callable[[str], None], on_statistic: Callable[[], None] | None = None,
                 **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", "height": 22, **params})
        self._on_toggle, self._on_statistic = on_toggle, on_statistic

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        if "name" in msg:
            self._on_toggle(str(msg["name"]))
        elif self._on_statistic is not None:
            self._on_statistic()
