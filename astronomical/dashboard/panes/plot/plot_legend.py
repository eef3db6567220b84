"""The legend of a plot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from astronomical.dashboard.ui.formatting import count_text
from astronomical.dashboard.ui.styles import BASE_STYLE
from astronomical.plots.plot_data import Colouring, PlotData

__all__ = ["ClassStrip", "legend_entries", "plot_notes"]


def legend_entries(colouring: Colouring, counts: Iterable[int], hidden: Collection[str]) -> list[dict[str, Any]]:
    """Return the entries of the legend: the classes that have sources."""
    return [
        {
            "name": name,
            "count": f"{count:,}",
            "short": count_text(count),
            "colour": colour,
            "shown": name not in hidden,
        }
        for name, colour, count in zip(colouring.names, colouring.colours, counts, strict=False)
        if count
    ]


def plot_notes(data: PlotData | None, row: int | None) -> list[str]:
    """Return the remarks below a plot: those of the plot, and its explanation of the selected source.

    Parameters
    ----------
    data
        The plot; None if there is none.
    row
        Row of the selected source; None if no source is selected.
    """
    if data is None:
        return []
    explained = data.explain(row) if data.explain is not None and row is not None else ""
    return [note for note in (*data.notes, explained) if note]


class ClassStrip(JSComponent):
    """One line with the classes, their colours and counts, and a short remark at the end.

    Parameters
    ----------
    on_toggle
        Called with the name of a class to hide or show.
    on_statistic
        Called to switch the statistic of a quantity.
    on_selection
        Called with ``label``, ``list``, ``sheet``, ``subset`` or ``send`` when that button beside the number of
        selected sources is pressed.
    """

    entries = param.List(
        default=[],
        item_type=dict,
        doc="""
        Name, count (exact and short, as text), colour, and whether the class is shown.""",
    )
    bar = param.Dict(
        default={},
        doc="""
        The scale of a quantity: title, limits as text, colours from low to high, and the statistic.""",
    )
    n_selected = param.Integer(default=0, doc="Number of selected sources.")
    note = param.String(default="", doc="A remark, for example that the selected source is not visible.")

    _esm = Path(__file__).with_name("plot_legend.js").read_text(encoding="utf-8")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    :host { position: relative; height: 22px; min-height: 22px; }
    .line { display: flex; align-items: center; }
    .selected { flex: none; display: flex; align-items: center; gap: 4px; padding: 0 8px 0 4px;
                font-size: 11px; }
    .selected[hidden] { display: none; }
    .selected b { font-weight: 600; font-variant-numeric: tabular-nums; }
    .selected button { height: 20px; padding: 0 6px; font-size: 11px; color: var(--mui-palette-primary-main, #06c);
                       border-color: currentColor; }
    .strip { flex: 1; min-width: 0; display: flex; gap: 2px; padding: 0 4px; overflow: auto hidden;
             scrollbar-width: none; }
    .strip.more { mask-image: linear-gradient(to right, #000 calc(100% - 32px), #0000); }
    .entry { flex: none; display: flex; align-items: center; gap: 3px; height: 20px; padding: 0 3px; font-size: 11px;
             border: none; background: none; }
    .entry:hover:enabled { background: var(--mui-palette-action-hover, #0001); }
    .entry[aria-pressed=false] { opacity: 0.75; text-decoration: line-through; }
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
    """,
    ]

    def __init__(
        self,
        on_toggle: Callable[[str], None],
        on_statistic: Callable[[], None] | None = None,
        on_selection: Callable[[str], None] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", "height": 22, **params})
        self._on_toggle, self._on_statistic, self._on_selection = on_toggle, on_statistic, on_selection

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        if "name" in msg:
            self._on_toggle(str(msg["name"]))
        elif "selection" in msg:
            if self._on_selection is not None:
                self._on_selection(str(msg["selection"]))
        elif self._on_statistic is not None:
            self._on_statistic()
