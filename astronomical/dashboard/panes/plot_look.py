"""How the plots of points look, wherever they stand."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import holoviews as hv
from bokeh.models import BoxSelectTool, LassoSelectTool

from astronomical.dashboard.panes.markers import MarkerLayer
from astronomical.dashboard.panes.plot_selection import SELECT_TOOLS
from astronomical.plots.elements import make_prompt

__all__ = ["LivePlots", "plot_options"]


class LivePlots:
    """What HoloViews made of an element: it keeps the callbacks of a plot for ever, and the page with them."""

    def __init__(self) -> None:
        self._plots: WeakSet[Any] = WeakSet()

    def note(self, plot: Any, element: Any) -> None:
        """Take note of a plot; a hook of HoloViews."""
        self._plots.add(plot)

    @property
    def figures(self) -> list[Any]:
        """The figures on the screen."""
        return [plot.state for plot in self._plots if plot.handles.get("plot") is not None]

    def release(self) -> None:
        """Have HoloViews forget the callbacks of the plots."""
        for plot in list(self._plots):
            for callback in plot.callbacks:
                callback.cleanup()
        self._plots.clear()


def plot_options(markers: MarkerLayer | None, live: LivePlots, element: Any = None) -> hv.Options:
    """Return the options of a plot that fills its pane.

    Parameters
    ----------
    markers
        What is marked above a cloud of points; None for a plot without.
    live
        Takes note of the plot.
    element
        The plot, if it is not a cloud of points.
    """
    name = hv.RGB.__name__ if element is None else type(element).__name__
    tools = SELECT_TOOLS if markers is not None else ()
    hooks = [_finish, live.note] if markers is None else [make_prompt, _finish, markers.attach, live.note]
    return hv.Options(name, default_tools=["pan", "wheel_zoom", "box_zoom", *tools, "reset"],
                           active_tools=["pan", "wheel_zoom"], toolbar="right", responsive=True, hooks=hooks)


def _finish(plot: Any, element: Any) -> None:
    """Save room for the points: a toolbar that shows when the mouse is there, inside the frame."""
    figure = plot.state
    for tool in figure.tools:
        if isinstance(tool, BoxSelectTool | LassoSelectTool):
            tool.renderers = []  # the server finds the points; markers and image are nothing to select
    figure.toolbar.autohide = True
    figure.toolbar.logo = None
    figure.toolbar_inner = True
    figure.min_border = 2
    for axis in (*figure.xaxis, *figure.yaxis):
        axis.axis_label_standoff = 3
        axis.axis_label_text_font_size = "12px"
        axis.major_label_text_font_size = "11px"
