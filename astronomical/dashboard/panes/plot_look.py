"""How the plots of points look, wherever they stand."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import holoviews as hv
from bokeh.models import BoxSelectTool, LassoSelectTool

from astronomical.dashboard.panes.markers import MarkerLayer
from astronomical.dashboard.panes.plot_selection import SELECT_TOOLS
from astronomical.plots.elements import PointsElement

__all__ = ["LivePlots", "plot_options", "save_room"]

#: The toolbar lies over the points: in the colours of the page, not in white.
_TOOLBAR = """
:host(.bk-inner) { background-color: var(--mui-palette-background-paper, #fff); }
:host { --icon-color: var(--mui-palette-text-primary, #333); }
"""

Points = tuple[PointsElement, MarkerLayer]


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


def plot_options(live: LivePlots, element: Any = hv.RGB, points: Points | None = None) -> hv.Options:
    """Return the options of a plot that fills its pane.

    Parameters
    ----------
    live
        Takes note of the plot.
    element
        The plot, or its type.
    points
        The image of a cloud of points and what is marked above it, if the plot is one.
    """
    name = (element if isinstance(element, type) else type(element)).__name__
    hooks: list[Any] = [_finish, live.note]
    if points is not None:
        drawn, markers = points
        hooks = [drawn.attach, markers.attach, *hooks]
    tools = SELECT_TOOLS if points is not None else ()
    return hv.Options(name, default_tools=["pan", "wheel_zoom", "box_zoom", *tools, "reset"],
                      active_tools=["pan", "wheel_zoom"], toolbar="right", responsive=True, hooks=hooks)


def _finish(plot: Any, element: Any) -> None:
    """Save room for the points: a toolbar that shows when the mouse is there, inside the frame."""
    figure = plot.state
    for tool in figure.tools:
        if isinstance(tool, BoxSelectTool | LassoSelectTool):
            tool.renderers = []  # the server finds the points; markers and image are nothing to select
    figure.output_backend = "canvas"  # WebGL leaves plots blank where the graphics of a machine are slow or remote
    figure.toolbar.stylesheets = [_TOOLBAR]
    figure.toolbar_inner = True
    figure.min_border = 2
    save_room(figure)


def save_room(figure: Any) -> None:
    """Let a figure show its toolbar only when the mouse is there, and small letters at its axes."""
    figure.toolbar.autohide = True
    figure.toolbar.logo = None
    for axis in (*figure.xaxis, *figure.yaxis):
        axis.axis_label_standoff = 3
        axis.axis_label_text_font_size = "12px"
        axis.major_label_text_font_size = "11px"
