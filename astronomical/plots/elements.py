"""HoloViews elements of point clouds, which the server renders again as the user pans and zooms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakMethod, WeakSet, ref

import holoviews as hv
import numpy as np
from holoviews.util import extension
from numpy.typing import NDArray

from astronomical.plots.axis_limits import Frame, Limits
from astronomical.plots.points import PointCloud
from astronomical.plots.shading import packed, shade_cloud
from astronomical.tasks import Task, Workers

__all__ = ["PointsElement", "cloud_points", "make_prompt", "points_element"]

if "bokeh" not in hv.Store.loaded_backends():
    extension("bokeh")  # not that of `hv`, which in a notebook writes scripts into the output of the cell

#: Size of the image in pixels until the browser reports its own, and maximum size.
_SIZE, _MAX_SIZE = (600, 400), (4000, 4000)
#: Without this, Bokeh reports a zoom with a delay of half a second.
_LOD_TIMEOUT_MS = 50

#: Worker threads that render images, so that the event loop is not blocked.
_drawing = Workers("drawing", 2)

Image = NDArray[np.uint8]


def points_element(
    cloud: PointCloud | hv.streams.Pipe, *, x_label: str = "x", y_label: str = "y", background: str | None = None
) -> hv.DynamicMap:
    """Return an image of a point cloud that follows the ranges and the size of the plot.

    Parameters
    ----------
    cloud
        The points, or a Pipe with the points, by which they can be replaced in place, for example if the colours
        change. New axes need a new element.
    x_label, y_label
        Labels of the axes.
    background
        Colour behind the points; without it the image is transparent there.
    """
    return PointsElement(cloud, x_label=x_label, y_label=y_label, background=background).element


def cloud_points(cloud: PointCloud, *, x_label: str = "x", y_label: str = "y") -> hv.Points:
    """Return the points of a cloud as an element for the operations of HoloViews.

    Use it in a notebook with `holoviews.operation.datashader`: ``rasterize``, ``datashade``, ``spread`` and others.

    Parameters
    ----------
    cloud
        The points. Those of no class are left out.
    x_label, y_label
        Labels of the axes.

    Examples
    --------
    >>> datashade(cloud_points(cloud), aggregator=ds.by("class", ds.count()))
    """
    table = cloud.dataframe
    dimensions = [hv.Dimension("x", label=x_label), hv.Dimension("y", label=y_label)]
    return hv.Points(table, dimensions, [str(name) for name in table.columns[2:]])


class PointsElement:
    """The image of a point cloud, and the streams that it follows.

    In a served page, the images are rendered in a thread, one at a time. Of the requests that arrive in the meantime,
    only the latest is kept. The new image replaces the old one without HoloViews, which would take longer than the
    rendering. Elsewhere, as in a notebook or a test, HoloViews renders the images synchronously.

    If you set other hooks on the element, include `attach`.

    Parameters
    ----------
    cloud, x_label, y_label, background
        See `points_element`.

    Attributes
    ----------
    element
        The DynamicMap.
    ranges, size
        Streams of the ranges and the size of the plot.
    """

    def __init__(
        self,
        cloud: PointCloud | hv.streams.Pipe,
        *,
        x_label: str = "x",
        y_label: str = "y",
        background: str | None = None,
    ) -> None:
        self._source = cloud if isinstance(cloud, hv.streams.Pipe) else hv.streams.Pipe(data=cloud)
        self._dimensions = [hv.Dimension("x", label=x_label), hv.Dimension("y", label=y_label)]
        self._background = background
        self._plots: WeakSet[Any] = WeakSet()
        self._wanted = self._busy = False
        self._image = hv.streams.Pipe(data=None)
        # Only the references held by HoloViews keep this object alive.
        element = hv.DynamicMap(lambda data: self._show(data), streams=[self._image])
        self.element: hv.DynamicMap = element.opts(
            hv.opts.RGB(hooks=[self.attach], lod={"timeout": _LOD_TIMEOUT_MS}, responsive=True)
        )
        self.ranges, self.size = hv.streams.RangeXY(source=element), hv.streams.PlotSize(source=element)
        for stream in (self.ranges, self.size, self._source):
            stream.add_subscriber(self._ask)

    @property
    def labels(self) -> tuple[str, str]:
        """Labels of the axes."""
        x, y = self._dimensions
        return str(x.label), str(y.label)

    @property
    def frame(self) -> Frame:
        """The part of the plane that the plot shows now."""
        x_limits, y_limits = self._source.data.limits()
        width, height = self.size.width or _SIZE[0], self.size.height or _SIZE[1]
        return Frame(
            _usable(self.ranges.x_range, x_limits),
            _usable(self.ranges.y_range, y_limits),
            min(width, _MAX_SIZE[0]),
            min(height, _MAX_SIZE[1]),
        )

    def _show(self, data: tuple[Image, Frame] | None) -> hv.RGB:
        image, frame = data or self._draw(self._source.data, self.frame)
        return hv.RGB(image[::-1], kdims=self._dimensions, vdims=["R", "G", "B", "A"], bounds=frame.bounds)

    def _draw(self, cloud: PointCloud, frame: Frame) -> tuple[Image, Frame]:
        return shade_cloud(cloud, frame, self._background), frame

    @property
    def attach(self) -> Callable[[Any, Any], None]:
        """A HoloViews hook. HoloViews never releases it, so it only has a weak reference to this object."""
        method = WeakMethod(self._attach)

        def attach(plot: Any, element: Any) -> None:
            if (attach_now := method()) is not None:
                attach_now(plot, element)

        return attach

    def _attach(self, plot: Any, element: Any) -> None:
        """Remember the plot created by HoloViews."""
        self._plots.add(plot)
        make_prompt(plot, element)

    def _served(self) -> Any:
        """Return the document of the page, if it is shown by a server."""
        documents = (plot.document for plot in self._plots)
        return next((page for page in documents if page is not None and page.session_context is not None), None)

    def _ask(self, **_: Any) -> None:
        """Request a new image for the current ranges, size and points."""
        if self._source.data is None:
            return
        document = self._served()
        if document is None:
            self._image.send(self._draw(self._source.data, self.frame))
        elif self._busy:
            self._wanted = True
        else:
            self._busy = True
            task = _drawing.submit(partial(self._draw, self._source.data, self.frame))
            task.when_settled(partial(_arrived, WeakMethod(self._take), ref(document)))

    def _take(self, task: Task[tuple[Image, Frame]]) -> None:
        """Show the rendered image, and render the next one if it was requested in the meantime."""
        self._busy = False
        if self._wanted:
            self._wanted = False
            self._ask()
        self._image.update(data=task.result())  # for whatever HoloViews draws anew
        for plot in self._plots:
            _put(plot, *task.result())


def _arrived(take: Any, document: Any, task: Task[tuple[Image, Frame]]) -> None:
    """Deliver an image to the page that requested it, if it is still open. This is called in the worker thread."""
    page, receiver = document(), take()
    if page is not None and receiver is not None and page.session_context is not None:
        page.add_next_tick_callback(partial(receiver, task))


def _put(plot: Any, image: Image, frame: Frame) -> None:
    """Show an image in a plot created by HoloViews."""
    source = plot.handles.get("source")
    if source is not None:
        left, low, right, high = frame.bounds
        source.data = {"image": [packed(image)], "x": [left], "y": [low], "dw": [right - left], "dh": [high - low]}


def make_prompt(plot: Any, element: Any) -> None:
    """Make a plot report new ranges immediately. This is a HoloViews hook; by default, Bokeh delays the reports."""
    for callback in plot.callbacks:
        if any(isinstance(stream, hv.streams.RangeXY) for stream in callback.streams):
            callback.debounce = 0


def _usable(limits: Limits | None, default: Limits) -> Limits:
    """Return the limits from the browser, or the default until the browser has sent valid limits."""
    if limits is None or not np.isfinite(limits).all() or limits[0] == limits[1]:
        return default
    return min(limits), max(limits)
