"""Selecting many points of a plot by box and lasso, whatever plot it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from astronomical.dashboard.view import View
from astronomical.plots.points import PointCloud
from astronomical.session.session import Session

__all__ = ["SELECT_TOOLS", "PlotSelection", "selected_rows", "selection_remark", "with_selection"]

#: Tools of a plot in which points can be selected.
SELECT_TOOLS = ("box_select", "lasso_select")


class PlotSelection:
    """Takes the boxes and lassos drawn in a plot, and selects the sources inside for the whole project.

    Parameters
    ----------
    view
        The pane.
    cloud
        Returns the points shown now, or None.
    """

    def __init__(self, view: View, cloud: Callable[[], PointCloud | None]) -> None:
        self._view, self._cloud = view, cloud
        self._streams: list[Any] = []
        self._newest = 0

    def watch(self, element: Any) -> None:
        """Take what is drawn in the plot of an element, and no longer what is drawn elsewhere."""
        self.release()
        box, lasso = hv.streams.BoundsXY(source=element), hv.streams.Lasso(source=element)
        box.add_subscriber(self._on_box)
        lasso.add_subscriber(self._on_lasso)
        self._streams = [box, lasso]

    def release(self) -> None:
        """Take nothing any more."""
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
        """Find the points in a thread, and select their sources unless something newer was drawn meanwhile."""
        cloud = self._cloud()
        if cloud is None:
            return
        view, catalogue = self._view, self._view.session.dataset.catalogue
        self._newest += 1
        n = self._newest

        def done(ids: tuple[str, ...]) -> None:
            if n == self._newest:
                view.attempt(lambda: view.session.select(ids))

        view.later(lambda: catalogue.ids_at(find(cloud)), done)


def selected_rows(session: Session) -> NDArray[np.intp] | None:
    """Return the rows of the selected sources, None if there are none."""
    selection = session.state.selection
    return session.dataset.catalogue.rows_of(selection) if selection else None


def with_selection(cloud: PointCloud, session: Session) -> PointCloud:
    """Return a cloud in which the selected sources stand out."""
    return replace(cloud, selected=selected_rows(session))


def selection_remark(session: Session) -> str:
    """Return how many sources are selected, and how to let go of them."""
    n = len(session.state.selection)
    return f"{n:,} selected (Esc clears)" if n else ""
