"""The points of a plot as the user meets them: marked, clicked, coloured anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import holoviews as hv
import numpy as np

from astronomical.dashboard.panes.markers import MarkerLayer, Markers
from astronomical.plots.data import Colouring, DrawnPoints
from astronomical.plots.limits import Frame
from astronomical.plots.points import PointCloud
from astronomical.session.session import Session

__all__ = ["PointsLayer"]

_WITHIN_PX = 12


class PointsLayer:
    """The cloud of a plot, and what lies over it.

    Parameters
    ----------
    session
        The project shown.
    points
        The cloud, as a plot drew it.
    on_row
        Called with the row of a point that was clicked.
    on_range
        Called when the user has panned or zoomed.

    Attributes
    ----------
    markers
        The sources marked above the points.
    """

    def __init__(self, session: Session, points: DrawnPoints, on_row: Callable[[int], None],
                 on_range: Callable[[], None]) -> None:
        self._session, self._source, self._drawn = session, points.source, points.drawn
        self._on_row, self._on_range = on_row, on_range
        self.markers = MarkerLayer()
        self._taps = hv.streams.Tap(source=points.drawn.element)
        self._taps.add_subscriber(self._on_tap)
        self._drawn.ranges.add_subscriber(self._moved)
        self.mark()

    @property
    def cloud(self) -> PointCloud:
        """The points."""
        found: PointCloud = self._source.data
        return found

    @property
    def frame(self) -> Frame:
        """What the plot shows now."""
        return self._drawn.frame

    @property
    def element(self) -> hv.DynamicMap:
        """The image of the points."""
        return self._drawn.element

    def colour(self, colouring: Colouring, hidden: frozenset[int]) -> None:
        """Colour the same points anew; ranges stay."""
        self._source.send(replace(self.cloud, codes=colouring.codes, colours=colouring.colours,
                                  names=colouring.names, hidden=hidden))

    def hide(self, hidden: frozenset[int]) -> None:
        """Draw other classes only."""
        self._source.send(replace(self.cloud, hidden=hidden))

    def mark(self) -> None:
        """Mark the sources of now; the points are not drawn anew."""
        session = self._session
        active = session.state.active
        queried = session.query()
        trained = session.trained(active) if active is not None else {}
        self.markers.show(Markers(trained=self.places(trained), queried=self.places([queried] if queried else []),
                                  selected=self.places([session.state.focus] if session.state.focus else [])))

    def places(self, ids: Iterable[str]) -> list[tuple[float, float]]:
        """Return where sources are drawn; NaN for those that are not."""
        catalogue, cloud = self._session.dataset.catalogue, self.cloud
        rows = [catalogue.row(id) for id in ids if id in catalogue]
        return [(float(cloud.x[row]), float(cloud.y[row])) for row in rows]

    def counts(self, n_classes: int) -> list[int]:
        """Return how many sources of each class have both coordinates."""
        drawn = np.isfinite(self.cloud.x) & np.isfinite(self.cloud.y) & (self.cloud.codes >= 0)
        found: list[int] = np.bincount(self.cloud.codes[drawn], minlength=n_classes).tolist()
        return found

    def remark(self) -> str:
        """Say why the selected source cannot be seen, if it cannot."""
        focus = self._session.state.focus
        if focus is None:
            return ""
        (x, y), = self.places([focus])
        if not (np.isfinite(x) and np.isfinite(y)):
            return "Selected source: no value here"
        (left, right), (low, high) = self.frame.x_range, self.frame.y_range
        return "" if left <= x <= right and low <= y <= high else "Selected source: out of view"

    def close(self) -> None:
        """Take the handlers off the streams."""
        for stream in (self._taps, self._drawn.ranges, self._drawn.size, self._source):
            stream.clear()

    def _moved(self, **_: Any) -> None:
        self._on_range()

    def _on_tap(self, x: float | None, y: float | None) -> None:
        """Find the source whose point is nearest to a click."""
        if x is None or y is None:
            return
        frame = self.frame
        (left, right), (low, high) = frame.x_range, frame.y_range
        row = self.cloud.nearest(x, y, frame.width / (right - left), frame.height / (high - low), _WITHIN_PX)
        if row is not None:
            self._on_row(row)
