"""Markers above the points of a plot, for all plots of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import CDSView, ColumnDataSource, Scatter

from astronomical.session import Session

__all__ = ["MOST_MARKED", "MarkerLayer", "Markers", "newest_trained"]

#: Maximum number of training sources that are marked in a plot.
MOST_MARKED = 1000
_BLACK, _WHITE = "#111111", "#ffffff"

Position = tuple[float, float]


@dataclass(frozen=True)
class Markers:
    """Coordinates of the points that are marked.

    Parameters
    ----------
    trained
        Points of the training sources.
    queried
        Points of the queries.
    selected
        Point of the selected source.
    """

    trained: Sequence[Position] = ()
    queried: Sequence[Position] = ()
    selected: Sequence[Position] = ()


#: Strokes of each kind of marker: shape, size, line colour, line width. The wide white stroke below the thin dark one
#: keeps a marker visible on any colour and in both themes. Later entries are drawn above earlier ones.
_STROKES: dict[str, tuple[tuple[str, float, str, float], ...]] = {
    "trained": (("circle", 6, _WHITE, 3), ("circle", 6, _BLACK, 1.2)),
    "queried": (("diamond", 15, _WHITE, 4.5), ("diamond", 15, _BLACK, 2)),
    "selected": (
        ("circle", 22, _WHITE, 5),
        ("cross", 38, _WHITE, 3.5),
        ("circle", 22, _BLACK, 2),
        ("cross", 38, _BLACK, 1),
    ),
}


def newest_trained(session: Session, name: str | None) -> list[str]:
    """Return the training sources to mark, which are the newest if there are too many."""
    if name is None:
        return []
    return [example.id for example in session.training.training_set(name).examples[-MOST_MARKED:]]


class MarkerLayer:
    """Markers of one plot. An update sends only these few points; the plot itself is not drawn again."""

    def __init__(self) -> None:
        self._sources = {kind: ColumnDataSource(data={"x": [], "y": []}) for kind in _STROKES}
        self._shown: dict[str, Sequence[Position]] = {}

    def attach(self, plot: Any, element: Any) -> None:
        """Draw the markers in a plot. This is a HoloViews hook, which is called again on each update."""
        figure = plot.state
        mine = list(self._sources.values())
        if any(getattr(renderer, "data_source", None) in mine for renderer in figure.renderers):
            return
        for kind, strokes in _STROKES.items():
            view = CDSView()
            for shape, size, colour, width in strokes:
                glyph = Scatter(
                    x="x", y="y", marker=shape, size=size, line_color=colour, line_width=width, fill_color=None
                )
                # Not `figure.scatter`: its glyphs for muted and unselected points take time to send.
                figure.add_glyph(self._sources[kind], glyph, view=view, level="overlay", nonselection_glyph=None)

    def show(self, markers: Markers) -> None:
        """Replace the markers."""
        for kind, source in self._sources.items():
            places = getattr(markers, kind)
            if places is self._shown.get(kind):
                continue
            self._shown[kind] = places
            x, y = np.reshape(np.asarray(places, dtype=np.float64), (-1, 2)).T
            there = np.isfinite(x) & np.isfinite(y)
            data = {"x": x[there].tolist(), "y": y[there].tolist()}
            if data != source.data:
                source.data = data
