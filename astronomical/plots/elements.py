"""HoloViews elements of a cloud of points, redrawn by the server as the user pans and zooms."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any
from weakref import WeakMethod, WeakSet, ref

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from astronomical.plots.limits import Frame, Limits
from astronomical.plots.points import PointCloud
from astronomical.plots.shade import shade_cloud

__all__ = ["PointsElement", "make_prompt", "points_element"]

if "bokeh" not in hv.Store.loaded_backends():
    hv.extension("bokeh")

#: Pixels of the image until the browser has told its own, and most that are drawn whatever it tells.
_SIZE, _MAX_SIZE = (600, 400), (4000, 4000)
#: Without this Bokeh reports a zoom half a second late.
_LOD_TIMEOUT_MS = 50

#: Images are drawn, and indexes built, here: never on the event loop.
_drawing = ThreadPoolExecutor(2, thread_name_prefix="astronomical-draw")
_building = ThreadPoolExecutor(1, thread_name_prefix="astronomical-index")

Image = NDArray[np.uint8]


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
    return PointsElement(cloud, x_label=x_label, y_label=y_label, background=background).element


class PointsElement:
    """The image of a cloud, and what it follows.

    In a page that is served the images are drawn in a thread, one at a time; of the requests that come meanwhile
    only the newest is kept, and the new image takes the place of the old one without HoloViews, which would take longer
    than the drawing. Elsewhere, as in a notebook or a test, images are drawn at once, by way of HoloViews.

    Whoever gives the element other hooks has to name `attach` among them.

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

    def __init__(self, cloud: PointCloud | hv.streams.Pipe, *, x_label: str = "x", y_label: str = "y",
                 background: str | None = None) -> None:
        self._source = cloud if isinstance(cloud, hv.streams.Pipe) else hv.streams.Pipe(data=cloud)
        self._dimensions = [hv.Dimension("x", label=x_label), hv.Dimension("y", label=y_label)]
        self._background = background
        self._plots: WeakSet[Any] = WeakSet()
        self._wanted = self._busy = False
        self._image = hv.streams.Pipe(data=None)
        # What HoloViews holds keeps this alive, and nothing else does.
        element = hv.DynamicMap(lambda data: self._show(data), streams=[self._image])
        self.element: hv.DynamicMap = element.opts(
            hv.opts.RGB(hooks=[self.attach], lod={"timeout": _LOD_TIMEOUT_MS}, responsive=True))
        self.ranges, self.size = hv.streams.RangeXY(source=element), hv.streams.PlotSize(source=element)
        for stream in (self.ranges, self.size, self._source):
            stream.add_subscriber(self._ask)

    @property
    def labels(self) -> tuple[str, str]:
        """What stands at the axes."""
        x, y = self._dimensions
        return str(x.label), str(y.label)

    @property
    def frame(self) -> Frame:
        """What the plot shows now."""
        x_limits, y_limits = self._source.data.limits()
        width, height = self.size.width or _SIZE[0], self.size.height or _SIZE[1]
        return Frame(_usable(self.ranges.x_range, x_limits), _usable(self.ranges.y_range, y_limits),
                     min(width, _MAX_SIZE[0]), min(height, _MAX_SIZE[1]))

    def _show(self, data: tuple[Image, Frame] | None) -> hv.RGB:
        image, frame = data or self._draw(self._source.data, self.frame)
        return hv.RGB(image, kdims=self._dimensions, vdims=["R", "G", "B", "A"], bounds=frame.bounds)

    def _draw(self, cloud: PointCloud, frame: Frame) -> tuple[Image, Frame]:
        return shade_cloud(cloud, frame, self._background), frame

    @property
    def attach(self) -> Callable[[Any, Any], None]:
        """A hook of HoloViews; HoloViews keeps it for ever, and it keeps nothing."""
        method = WeakMethod(self._attach)

        def attach(plot: Any, element: Any) -> None:
            if (attach_now := method()) is not None:
                attach_now(plot, element)

        return attach

    def _attach(self, plot: Any, element: Any) -> None:
        """Take note of the plot that HoloViews made, and have the index made meanwhile."""
        self._plots.add(plot)
        make_prompt(plot, element)
        index = self._source.data.index
        if self._served() is not None and not index.is_ready:
            _building.submit(index.build)

    def _served(self) -> Any:
        """Return the page, if it is shown by a server."""
        documents = (plot.document for plot in self._plots)
        return next((page for page in documents if page is not None and page.session_context is not None), None)

    def _ask(self, **_: Any) -> None:
        """Have the image drawn anew, for the ranges, the size and the points of now."""
        if self._source.data is None:
            return
        document = self._served()
        if document is None:
            self._image.send(self._draw(self._source.data, self.frame))
        elif self._busy:
            self._wanted = True
        else:
            self._busy = True
            task = _drawing.submit(self._draw, self._source.data, self.frame)
            task.add_done_callback(partial(_arrived, WeakMethod(self._take), ref(document)))

    def _take(self, task: Future[tuple[Image, Frame]]) -> None:
        """Show what was drawn, and draw what was asked for meanwhile."""
        self._busy = False
        if self._wanted:
            self._wanted = False
            self._ask()
        self._image.update(data=task.result())  # for whatever HoloViews draws anew
        for plot in self._plots:
            _put(plot, *task.result())


def _arrived(take: Any, document: Any, task: Future[tuple[Image, Frame]]) -> None:
    """Hand an image over in the page that asked for it, if that is still there; called in the drawing thread."""
    page, receiver = document(), take()
    if page is not None and receiver is not None and page.session_context is not None:
        page.add_next_tick_callback(partial(receiver, task))


def _put(plot: Any, image: Image, frame: Frame) -> None:
    """Show an image in a plot that HoloViews has made."""
    source = plot.handles.get("source")
    if source is not None:
        left, low, right, high = frame.bounds
        packed = np.ascontiguousarray(image[::-1]).view(np.uint32)[..., 0]  # Bokeh has the first row below
        source.data = {"image": [packed], "x": [left], "y": [low], "dw": [right - left], "dh": [high - low]}


def make_prompt(plot: Any, element: Any) -> None:
    """Let a plot report new ranges at once; a hook of HoloViews, which otherwise waits for more of them."""
    for callback in plot.callbacks:
        if any(isinstance(stream, hv.streams.RangeXY) for stream in callback.streams):
            callback.debounce = 0


def _usable(limits: Limits | None, default: Limits) -> Limits:
    """Return limits from the browser, or the default until it has sent some that make sense."""
    if limits is None or not np.isfinite(limits).all() or limits[0] == limits[1]:
        return default
    return min(limits), max(limits)
