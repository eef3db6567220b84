"""HoloViews elements of a cloud of points, redrawn by the server as the user pans and zooms."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import numpy as np

from astronomical.plots.points import PointCloud
from astronomical.plots.shade import shade_points

__all__ = ["make_prompt", "points_element"]

if "bokeh" not in hv.Store.loaded_backends():
    hv.extension("bokeh")

#: Pixels of the image until the browser has told its own.
_SIZE = (600, 400)
#: Without these Bokeh reports a zoom half a second late, and HoloViews waits for another tenth.
_LOD_TIMEOUT_MS = 50
_RANGE_DEBOUNCE_MS = 20

Position = tuple[float, float]


def points_element(cloud: PointCloud | hv.streams.Pipe, *, x_label: str = "x", y_label: str = "y",
                   background: str | None = None) -> hv.DynamicMap:
    """Return the cloud as an image that follows the ranges and the size of the plot.

    Parameters
    ----------
    cloud
        The points; or a Pipe that holds them, by which they can be replaced in place, as when the
        colours change. New axes want a new element.
    x_label, y_label
        What stands at the axes.
    background
        Colour behind the points; without it the image is transparent there.
    """
    dimensions = [hv.Dimension("x", label=x_label), hv.Dimension("y", label=y_label)]
    streams: list[hv.streams.Stream] = [hv.streams.RangeXY(), hv.streams.PlotSize()]
    first: PointCloud = cloud if isinstance(cloud, PointCloud) else cloud.data
    if not isinstance(cloud, PointCloud):
        streams.append(cloud)
    x_limits, y_limits = first.limits()

    def render(x_range: Position | None = None, y_range: Position | None = None, width: int | None = None,
               height: int | None = None, scale: float = 1.0, data: PointCloud = first) -> hv.RGB:
        (x_low, x_high), (y_low, y_high) = _usable(x_range, x_limits), _usable(y_range, y_limits)
        image = shade_points(data.x, data.y, data.codes, data.colours, (x_low, x_high), (y_low, y_high),
                             width or _SIZE[0], height or _SIZE[1], background)
        return hv.RGB(image, kdims=dimensions, vdims=["R", "G", "B", "A"], bounds=(x_low, y_low, x_high, y_high))

    element = hv.DynamicMap(render, streams=streams)
    return element.opts(hv.opts.RGB(hooks=[make_prompt], lod={"timeout": _LOD_TIMEOUT_MS}, responsive=True))


def make_prompt(plot: Any, element: Any) -> None:
    """Let a plot report new ranges with little delay; a hook of HoloViews."""
    for callback in plot.callbacks:
        if any(isinstance(stream, hv.streams.RangeXY) for stream in callback.streams):
            callback.debounce = _RANGE_DEBOUNCE_MS


def _usable(limits: Position | None, default: Position) -> Position:
    """Return limits from the browser, or the default until it has sent some that make sense."""
    if limits is None or not np.isfinite(limits).all() or limits[0] == limits[1]:
        return default
    return min(limits), max(limits)
