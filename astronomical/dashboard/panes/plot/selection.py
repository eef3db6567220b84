"""Select points of any plot by box and lasso."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from astronomical.dashboard.ui.session_view import SessionView
from astronomical.plots.points import PointCloud
from astronomical.session import Session

__all__ = ["SELECT_TOOLS", "PlotSelection", "selected_rows", "with_selection"]

#: Tools of a plot with selectable points.
SELECT_TOOLS = ("box_select", "lasso_select")


class PlotSelection:
    """Select the sources inside the boxes and lassos that the user draws in a plot.

    Parameters
    ----------
    view
        The pane.
    cloud
        Returns the current points, or None.
    """

    def __init__(self, view: SessionView, cloud: Callable[[], PointCloud | None]) -> None:
        self._view, self._cloud = view, cloud
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
            self._select(lambda cloud: cloud.in_box((left, right), (low, high)))

    def _on_lasso(self, geometry: Any) -> None:
        if geometry is not None:
            x, y = np.asarray(geometry, dtype=np.float64).T
            self._select(lambda cloud: cloud.in_lasso(x, y))

    def _select(self, find: Callable[[PointCloud], NDArray[np.intp]]) -> None:
        """Find the points in a thread, and select their sources unless there is a newer box or lasso."""
        cloud = self._cloud()
        if cloud is None:
            return
        view, catalogue = self._view, self._view.session.dataset.catalogue
        self._newest += 1
        n = self._newest

        def done(ids: tuple[str, ...]) -> None:
            if n == self._newest:
                view.run_command(lambda: view.session.select(ids))

        view.run_in_thread(lambda: catalogue.ids_at(find(cloud)), done)


def selected_rows(session: Session) -> NDArray[np.intp] | None:
    """Return the rows of the selected sources; None if there are none."""
    selection = session.state.selection
    return session.dataset.catalogue.rows_of(selection) if selection else None


def with_selection(cloud: PointCloud, session: Session) -> PointCloud:
    """Return the points with the selected sources highlighted."""
    return replace(cloud, selected=selected_rows(session))
