"""HoloViews elements of a cloud of points, redrawn by the server as the user pans and zooms."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any
from weakref import WeakMethod, ref

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
#: Without these Bokeh reports a zoom half a second late, and HoloViews waits for another tenth.
_LOD_TIMEOUT_MS = 50
_RANGE_DEBOUNCE_MS = 20

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
    only the newest is kept. Elsewhere, as in a notebook or a test, they are drawn at once.

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
        self._document: Any = lambda: None
        self._wanted = self._busy = False
        self._image = hv.streams.Pipe(data=None)
        # What HoloViews holds keeps this alive, and nothing else does.
        element = hv.DynamicMap(lambda data: self._show(data), streams=[self._image])
        self.element: hv.DynamicMap = element.opts(
            hv.opts.RGB(hooks=[make_prompt, self._attach], lod={"timeout": _LOD_TIMEOUT_MS}, responsive=True))
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

    def _attach(self, plot: Any, element: Any) -> None:
        """Note the page in which the plot stands; a hook of HoloViews. The index is made meanwhile."""
        self._document = ref(plot.document) if plot.document is not None else lambda: None
        index = self._source.data.index
        if self._served() is not None and not index.is_ready:
            _building.submit(index.build)

    def _served(self) -> Any:
        """Return the page, if it is shown by a server."""
        document = self._document()
        return document if document is not None and document.session_context is not None else None

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
        self._image.send(task.result())


def _arrived(take: Any, document: Any, task: Future[tuple[Image, Frame]]) -> None:
    """Hand an image over in the page that asked for it, if that is still there; called in the drawing thread."""
    page, receiver = document(), take()
    if page is not None and receiver is not None and page.session_context is not None:
        page.add_next_tick_callback(partial(receiver, task))


def make_prompt(plot: Any, element: Any) -> None:
    """Let a plot report new ranges with little delay; a hook of HoloViews."""
    for callback in plot.callbacks:
        if any(isinstance(stream, hv.streams.RangeXY) for stream in callback.streams):
            callback.debounce = _RANGE_DEBOUNCE_MS


def _usable(limits: Limits | None, default: Limits) -> Limits:
    """Return limits from the browser, or the default until it has sent some that make sense."""
    if limits is None or not np.isfinite(limits).all() or limits[0] == limits[1]:
        return default
    return min(limits), max(limits)
