"""Style of the plots of points."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import holoviews as hv
from bokeh.models import BasicTicker, BasicTickFormatter, BoxSelectTool, LassoSelectTool, PrintfTickFormatter

from astronomical.dashboard.panes.plot.markers import MarkerLayer
from astronomical.dashboard.panes.plot.selection import SELECT_TOOLS
from astronomical.plots.elements import PointsElement

__all__ = ["LivePlots", "plot_options", "save_room", "with_axes"]

#: The toolbar covers the points, so it has the colours of the page, not white.
_TOOLBAR = """
:host(.bk-inner) { background-color: var(--mui-palette-background-paper, #fff); }
:host { --icon-color: var(--mui-palette-text-primary, #333); }
"""

#: Short numbers, such as 0.3, 20000 and 5e-14. Bokeh's own would write 0.000e+0 beside 5.000e-14.
_TICK_FORMAT, _TICKS = "%.6g", 5

Points = tuple[PointsElement, MarkerLayer]


class LivePlots:
    """Plots that HoloViews created from an element. It never releases their callbacks, nor the page they refer to."""

    def __init__(self) -> None:
        self._plots: WeakSet[Any] = WeakSet()

    def note(self, plot: Any, element: Any) -> None:
        """Record a plot. This is a HoloViews hook."""
        self._plots.add(plot)

    @property
    def figures(self) -> list[Any]:
        """The figures of the plots."""
        return [plot.state for plot in self._plots if plot.handles.get("plot") is not None]

    def release(self) -> None:
        """Remove the callbacks of the plots from HoloViews."""
        for plot in list(self._plots):
            for callback in plot.callbacks:
                callback.cleanup()
        self._plots.clear()


def plot_options(
    live: LivePlots, element: Any = hv.RGB, points: Points | None = None, markers: MarkerLayer | None = None
) -> hv.Options:
    """Return the options of a plot that fills its pane.

    Parameters
    ----------
    live
        Records the plot.
    element
        The plot, or its type.
    points
        The image of the points and their markers, if the plot has points.
    markers
        Markers of a plot without points.
    """
    name = (element if isinstance(element, type) else type(element)).__name__
    hooks: list[Any] = [_finish, live.note]
    if points is not None:
        drawn, markers = points
        hooks = [drawn.attach, *hooks]
    if markers is not None:
        hooks.insert(-2, markers.attach)
    tools = SELECT_TOOLS if points is not None else ()
    return hv.Options(
        name,
        default_tools=["pan", "wheel_zoom", "box_zoom", *tools, "reset"],
        active_tools=["pan", "wheel_zoom"],
        toolbar="right",
        responsive=True,
        hooks=hooks,
    )


def with_axes(element: Any) -> Any:
    """Return an element whose axes include its lines and texts, if there is nothing else that could set their limits.

    Lines and texts do not change the limits of the axes, because they are drawn over points. Alone, they would be drawn
    beyond axes from 0 to 1.
    """
    if element.traverse(lambda part: part, [hv.HoloMap]):  # also a DynamicMap: its elements are made later
        return element
    parts = element.traverse(lambda part: part, [hv.Element])
    if not parts or any(
        hv.Store.lookup_options("bokeh", part, "plot").kwargs.get("apply_ranges", True) for part in parts
    ):
        return element
    return element.opts(*(hv.Options(type(part).__name__, apply_ranges=True) for part in parts), clone=True)


def _finish(plot: Any, element: Any) -> None:
    """Save space for the points: show the toolbar inside the frame, and only on hover."""
    figure = plot.state
    for tool in figure.tools:
        if isinstance(tool, BoxSelectTool | LassoSelectTool):
            tool.renderers = []  # the server finds the points, so markers and image cannot be selected
    figure.output_backend = "canvas"  # WebGL leaves plots blank on computers with slow or remote graphics
    figure.toolbar.stylesheets = [_TOOLBAR]
    figure.toolbar_inner = True
    figure.min_border = 2
    save_room(figure)


def save_room(figure: Any) -> None:
    """Show the toolbar of a figure only on hover, and use small labels at its axes."""
    figure.toolbar.autohide = True
    figure.toolbar.logo = None
    for axis in (*figure.xaxis, *figure.yaxis):
        if type(axis.formatter) is BasicTickFormatter:
            axis.formatter = PrintfTickFormatter(format=_TICK_FORMAT)
        if isinstance(axis.ticker, BasicTicker):
            axis.ticker.desired_num_ticks = _TICKS
        axis.axis_label_standoff = 3
        axis.axis_label_text_font_size = "12px"
        axis.major_label_text_font_size = "11px"
