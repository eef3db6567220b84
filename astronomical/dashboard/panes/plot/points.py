"""Points of a plot, with markers, clicks and changes of colour."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import holoviews as hv
import numpy as np

from astronomical.dashboard.panes.plot.markers import MarkerLayer, Markers, newest_trained
from astronomical.dashboard.panes.plot.selection import with_selection
from astronomical.plots.axis_limits import Frame, Limits
from astronomical.plots.export import Mark
from astronomical.plots.plot_data import PlotData
from astronomical.plots.points import PointCloud
from astronomical.session import Session

__all__ = ["PointsLayer"]

_WITHIN_PX = 12


class PointsLayer:
    """The points of a plot, and the markers above them.

    Parameters
    ----------
    session
        The project shown.
    data
        The data of a plot, with its points.
    on_row
        Called with the row of the point that was clicked.
    on_range
        Called when the user has panned or zoomed.

    Attributes
    ----------
    drawn
        The image of the points.
    markers
        The sources marked above the points.
    axes
        The quantities of the axes as expressions of columns; None if they are not known.
    """

    def __init__(
        self, session: Session, data: PlotData, on_row: Callable[[int], None], on_range: Callable[[], None]
    ) -> None:
        points = data.points_drawn[0]
        self._session, self._source, self.drawn = session, points.source, points.drawn
        self.axes, self._highlighted = points.axes, data.highlighted
        self._on_row, self._on_range = on_row, on_range
        self.markers = MarkerLayer()
        self._trained: tuple[tuple[Any, ...], list[tuple[float, float]]] = ((), [])
        self._taps = hv.streams.Tap(source=points.drawn.element)
        self._taps.add_subscriber(self._on_tap)
        self.drawn.ranges.add_subscriber(self._moved)
        self.mark()

    @property
    def cloud(self) -> PointCloud:
        """The points."""
        found: PointCloud = self._source.data
        return found

    @property
    def frame(self) -> Frame:
        """Current frame of the plot."""
        return self.drawn.frame

    @property
    def element(self) -> hv.DynamicMap:
        """The image of the points."""
        return self.drawn.element

    def colour(self, cloud: PointCloud, hidden: frozenset[int]) -> None:
        """Change the colours of the points, and keep ranges and selection."""
        self._source.send(replace(cloud, hidden=hidden, selected=self.cloud.selected))

    def hide(self, hidden: frozenset[int]) -> None:
        """Hide some classes."""
        self._source.send(replace(self.cloud, hidden=hidden))

    def select(self) -> None:
        """Highlight the selected sources, or else those of a subset, without counting the others again."""
        if self._session.state.selection or self._highlighted is not None or self.cloud.selected is not None:
            self._source.send(with_selection(self.cloud, self._session, self._highlighted))

    def mark(self) -> None:
        """Update the markers without drawing the points again."""
        queried, focus = self._session.query(), self._session.state.focus
        self.markers.show(
            Markers(
                trained=self._trained_places(),
                queried=self.places([queried] if queried else []),
                selected=self.places([focus] if focus else []),
            )
        )

    def places(self, ids: Iterable[str]) -> list[tuple[float, float]]:
        """Return the coordinates of sources; NaN for those that are not drawn."""
        catalogue, cloud = self._session.dataset.catalogue, self.cloud
        rows = catalogue.rows_there(ids)
        return list(zip(cloud.x[rows].tolist(), cloud.y[rows].tolist(), strict=True))

    def marks(self) -> list[Mark]:
        """Return the markers of a picture: the query and the selected source."""
        queried, focus = self._session.query(), self._session.state.focus
        wanted = ((queried, "D", 7.0), (focus, "o", 9.0), (focus, "+", 15.0))
        found = ((self.places([id]), symbol, size) for id, symbol, size in wanted if id is not None)
        return [Mark(places, symbol, size) for places, symbol, size in found if np.isfinite(places).all()]

    @property
    def ranges(self) -> dict[str, Limits]:
        """Names and limits of the axes."""
        x, y = self.drawn.labels
        return {x: self.frame.x_range, y: self.frame.y_range}

    def take_ranges(self, ranges: dict[str, Limits], figures: Iterable[Any]) -> None:
        """Apply ranges to the axes with these names. Inverted axes stay inverted."""
        news = [ranges.get(name, limits) for name, limits in self.ranges.items()]
        for figure in figures:
            for axis, limits in zip((figure.x_range, figure.y_range), news, strict=True):
                start, end = limits if axis.start is None or axis.start <= axis.end else limits[::-1]
                axis.update(start=start, end=end)
        self.drawn.ranges.event(x_range=news[0], y_range=news[-1])

    def counts(self) -> list[int]:
        """Return how many sources of each class have both coordinates."""
        return self.cloud.class_counts()

    def remark(self) -> str:
        """Return why the selected source is not visible; empty if it is."""
        focus = self._session.state.focus
        if focus is None:
            return ""
        ((x, y),) = self.places([focus])
        if not (np.isfinite(x) and np.isfinite(y)):
            return "Selected source: no data for this plot"
        (left, right), (low, high) = self.frame.x_range, self.frame.y_range
        return "" if left <= x <= right and low <= y <= high else "Selected source: out of view"

    def close(self) -> None:
        """Remove the handlers from the streams."""
        for stream in (self._taps, self.drawn.ranges, self.drawn.size, self._source):
            stream.clear()

    def _trained_places(self) -> list[tuple[float, float]]:
        """Return the coordinates of the newest training sources. They are cached until something relevant changes."""
        state = self._session.state
        basis = (state.active, state.ledger, state.config, state.dataset)
        if len(self._trained[0]) != len(basis) or any(a is not b for a, b in zip(self._trained[0], basis, strict=True)):
            places = self.places(newest_trained(self._session, state.active))
            self._trained = basis, places
        return self._trained[1]

    def _moved(self, **_: Any) -> None:
        self._on_range()

    def _on_tap(self, x: float | None, y: float | None) -> None:
        """Select the source whose point is nearest to a click."""
        if x is None or y is None:
            return
        frame = self.frame
        (left, right), (low, high) = frame.x_range, frame.y_range
        row = self.cloud.nearest(x, y, frame.width / (right - left), frame.height / (high - low), _WITHIN_PX)
        if row is not None:
            self._on_row(row)
