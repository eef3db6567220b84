"""Select points of any plot by box and lasso."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import LassoConfig
from astronomical.config.subsets import MAX_CORNERS
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.plots.points import PointCloud
from astronomical.session import Session

if TYPE_CHECKING:
    from astronomical.dashboard.panes.plot.points import PointsLayer

__all__ = ["SELECT_TOOLS", "PlotSelection", "selected_rows", "with_selection"]

#: Tools of a plot with selectable points.
SELECT_TOOLS = ("box_select", "lasso_select")


class PlotSelection:
    """Select the sources inside the boxes and lassos that the user draws in a plot.

    Parameters
    ----------
    view
        The pane.
    points
        Returns the current points, or None.
    """

    def __init__(self, view: SessionView, points: Callable[[], PointsLayer | None]) -> None:
        self._view, self._points = view, points
        self._streams: list[Any] = []
        self._newest = 0

    def watch(self, element: Any) -> None:
        """Watch the plot of an element, and stop watching the previous one."""
        self.release()
        box, lasso = hv.streams.BoundsXY(source=element), hv.streams.Lasso(source=element)
        box.add_subscriber(self._on_box)
        lasso.add_subscriber(self._on_lasso)
        self._streams = [box, lasso]

    def release(self) -> None:
        """Stop watching."""
        for stream in self._streams:
            stream.clear()
        self._streams = []

    def _on_box(self, bounds: tuple[float, float, float, float] | None) -> None:
        if bounds is not None:
            left, low, right, high = bounds
            corners = np.array([(left, low), (right, low), (right, high), (left, high)])
            self._select(lambda cloud: cloud.in_box((left, right), (low, high)), corners)

    def _on_lasso(self, geometry: Any) -> None:
        if geometry is not None:
            corners = np.asarray(geometry, dtype=np.float64)
            self._select(lambda cloud: cloud.in_lasso(*corners.T), corners)

    def _select(self, find: Callable[[PointCloud], NDArray[np.intp]], corners: NDArray[np.float64]) -> None:
        """Find the points in a thread, and select their sources unless there is a newer box or lasso."""
        points = self._points()
        if points is None:
            return
        cloud, lasso = points.cloud, _lasso_of(points.axes, corners)
        view, catalogue = self._view, self._view.session.dataset.catalogue
        self._newest += 1
        n = self._newest

        def done(ids: tuple[str, ...]) -> None:
            if n == self._newest:
                view.run_command(lambda: view.session.select(ids, lasso))

        view.run_in_thread(lambda: catalogue.ids_at(find(cloud)), done)


def _lasso_of(axes: tuple[str, str] | None, corners: NDArray[np.float64]) -> LassoConfig | None:
    """Return a polygon as it is saved in the project file; None if it cannot be."""
    if axes is None or not 3 <= len(corners) <= MAX_CORNERS or not np.isfinite(corners).all():
        return None
    return LassoConfig(x=axes[0], y=axes[1], points=tuple((float(x), float(y)) for x, y in corners))


def selected_rows(session: Session) -> NDArray[np.intp] | None:
    """Return the rows of the selected sources; None if there are none."""
    selection = session.state.selection
    return session.dataset.catalogue.rows_of(selection) if selection else None


def with_selection(cloud: PointCloud, session: Session, highlighted: NDArray[np.intp] | None = None) -> PointCloud:
    """Return the points with the selected sources highlighted, or others if no source is selected."""
    selected = selected_rows(session)
    return replace(cloud, selected=highlighted if selected is None else selected)
