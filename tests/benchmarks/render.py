"""Time a plot of many points in a real browser, beside plain HoloViews on the same points.

Run ``python tests/benchmarks/render.py --rows 1000000``. A server of this process shows a plot of four classes,
Chromium turns the wheel over it and drags it, and the same is done with `datashade` and `dynspread`. One line of JSON
is printed: times in ms, memory in MB.

``pan_zoom_server`` is from the message of the browser that reports other ranges until the message with the new image is
sent, HoloViews' debouncing included; ``pan_zoom_seen`` from the turn of the wheel until the page has it.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import datashader as ds
import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
from bokeh.server.views.ws import WSHandler
from holoviews.operation.datashader import datashade, dynspread
from playwright.sync_api import Browser, Page, sync_playwright
from tornado.websocket import WebSocketHandler

from astronomical.dashboard.panes.plot.markers import MarkerLayer, Markers
from astronomical.dashboard.panes.plot.plot_style import LivePlots, plot_options
from astronomical.plots.axis_limits import Frame
from astronomical.plots.counting import compiled
from astronomical.plots.elements import PointsElement
from astronomical.plots.points import PointCloud
from astronomical.plots.shading import shade_cloud

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
WIDTH, HEIGHT = 600, 400
#: A buffer of so many bytes is an image.
IMAGE_BYTES = 50_000

#: Notes when the data of the image in the page were replaced.
WATCH = """() => {
  const all = (view) => [view, ...(view.child_views || []).flatMap(all)]
  const view = Object.values(Bokeh.index).flatMap(all).find((view) => view.frame != null)
  window.shown = 0
  for (const renderer of view.model.renderers) {
    if (renderer.glyph && renderer.glyph.type === 'ImageRGBA') {
      renderer.data_source.properties.data.change.connect(() => requestAnimationFrame(() => { window.shown += 1 }))
    }
  }
}"""


class Traffic:
    """What the server sends, and when it heard of other ranges."""

    def __init__(self) -> None:
        self.heard: float | None = None
        self.server_ms: list[float] = []
        self.sizes: list[int] = []
        self._sent = 0
        self._received, self._written = WSHandler._receive, WebSocketHandler.write_message

    def __enter__(self) -> Traffic:
        traffic, received, written = self, self._received, self._written

        async def _receive(handler: Any, fragment: Any) -> Any:
            if traffic.heard is None and isinstance(fragment, str) and "rangesupdate" in fragment:
                traffic.heard = time.perf_counter()
            return await received(handler, fragment)

        def write_message(handler: Any, message: Any, binary: bool = False) -> Any:
            result = written(handler, message, binary)
            traffic.note(message)
            return result

        WSHandler._receive, WebSocketHandler.write_message = _receive, write_message
        return self

    def __exit__(self, *exc: object) -> None:
        WSHandler._receive, WebSocketHandler.write_message = self._received, self._written

    def note(self, part: Any) -> None:
        """Take note of a part of a message; its header comes first, the image last."""
        size = len(part) if isinstance(part, str | bytes) else 0
        self._sent = size if isinstance(part, str) and '"msgtype"' in part[:200] else self._sent + size
        if isinstance(part, bytes) and size > IMAGE_BYTES:
            self.sizes.append(self._sent)
            if self.heard is not None:
                self.server_ms.append((time.perf_counter() - self.heard) * 1000)
                self.heard = None


def make_points(n_rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return four overlapping clouds, the last one rare."""
    rng = np.random.default_rng(0)
    codes = rng.choice(4, n_rows, p=[0.55, 0.35, 0.0999, 0.0001]).astype(np.int16)
    x, y = (rng.normal(0, 1, (2, n_rows)) + np.array([[0, 1, -1, 0], [0, 1, 1, -2]])[:, codes]).astype(np.float32)
    return x, y, codes


def ours(points: tuple[np.ndarray, np.ndarray, np.ndarray]) -> tuple[Any, MarkerLayer, PointCloud]:
    """Return our element with its markers."""
    cloud, markers = PointCloud(*points, COLOURS), MarkerLayer()
    drawn = PointsElement(cloud)
    return sized(drawn.element.opts(plot_options(LivePlots(), points=(drawn, markers)))), markers, cloud


def plain(points: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Any:
    """Return what a user of HoloViews would write."""
    frame = pd.DataFrame({"x": points[0], "y": points[1], "c": pd.Categorical(points[2].astype(str))})
    key = {str(code): colour for code, colour in enumerate(COLOURS)}
    shaded = datashade(hv.Points(frame, ["x", "y"], "c"), aggregator=ds.count_cat("c"), color_key=key)
    return sized(dynspread(shaded, threshold=0.5, max_px=4).opts(active_tools=["pan", "wheel_zoom"]))


def sized(element: Any) -> Any:
    """Return an element whose image has the size that is measured."""
    return element.opts(hv.opts.RGB(frame_width=WIDTH, frame_height=HEIGHT, responsive=False))


def served(make: Callable[[], Any]) -> tuple[Any, str]:
    """Serve an element and return the server and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def app() -> Any:
        return pn.pane.HoloViews(make(), linked_axes=False)

    server = pn.serve(
        {"app": app},
        port=port,
        address="127.0.0.1",
        show=False,
        threaded=True,
        verbose=False,
        websocket_origin=f"127.0.0.1:{port}",
    )
    return server, f"http://127.0.0.1:{port}/app"


def wait_for_image(page: Page, before: int, seconds: float = 30) -> None:
    """Wait until another image is in the page."""
    page.wait_for_function(f"window.shown > {before}", polling="raf", timeout=seconds * 1000)


def pan_and_zoom(page: Page, steps: int) -> list[float]:
    """Turn the wheel in and out, and drag; return the times until the new image is seen, in ms."""
    box = page.locator(".bk-Canvas").first.bounding_box()
    x, y = box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.45
    times = []
    for step in range(steps):
        page.mouse.move(x, y)
        before = page.evaluate("window.shown")
        began = time.perf_counter()
        if step % 3 == 2:
            page.mouse.down()
            page.mouse.move(x + (30 if step % 2 else -30), y + 20, steps=2)
            page.mouse.up()
        else:
            page.mouse.wheel(0, -300 if step % 8 < 4 else 300)
        wait_for_image(page, before)
        times.append((time.perf_counter() - began) * 1000)
        page.wait_for_timeout(350)  # what else comes of this step must not count for the next
    return times


def drive(chromium: Browser, make: Callable[[], Any], steps: int) -> dict[str, float]:
    """Show a plot in a page, and return its figures."""
    server, url = served(make)
    page = chromium.new_page(viewport={"width": WIDTH + 200, "height": HEIGHT + 150})
    try:
        page.goto(url)
        page.locator(".bk-Canvas").first.wait_for(timeout=60_000)
        page.wait_for_timeout(4000)
        page.evaluate(WATCH)
        with Traffic() as traffic:
            seen = pan_and_zoom(page, steps)
        return {
            "pan_zoom_server_ms_p50": percentile(traffic.server_ms, 50),
            "pan_zoom_server_ms_p95": percentile(traffic.server_ms, 95),
            "pan_zoom_seen_ms_p95": percentile(seen, 95),
            "message_bytes_max": max(traffic.sizes, default=0),
        }
    finally:
        page.close()
        server.stop()


def changes(cloud: PointCloud) -> dict[str, float]:
    """Return how long the server takes for a new image after a change of the colours or the view, in ms.

    `recolour`, `hide` and `reset` happen in the whole view; `classify` gives every point another class.
    """
    whole = Frame(*cloud.limits(), WIDTH, HEIGHT)
    (left, right), y_range = whole.x_range, whole.y_range
    shade_cloud(cloud, whole)

    def reset(step: int) -> None:
        shade_cloud(cloud, whole)

    def zoom(step: int) -> None:
        shade_cloud(cloud, Frame((left, left + (right - left) * (0.1 + 0.02 * step)), y_range, WIDTH, HEIGHT))

    def classify(step: int) -> None:
        shade_cloud(replace(cloud, codes=(cloud.codes + 1 + step) % len(COLOURS)), whole)

    reset_ms = []
    for step in range(20):
        zoom(step)
        reset_ms += times_of(reset, 1)
    return {
        "recolour_ms_p95": percentile(
            times_of(lambda i: shade_cloud(replace(cloud, colours=COLOURS[i % 3 :] + COLOURS[: i % 3]), whole), 20), 95
        ),
        "hide_ms_p95": percentile(
            times_of(lambda i: shade_cloud(replace(cloud, hidden=frozenset({i % 4})), whole), 20), 95
        ),
        "reset_ms_p95": percentile(reset_ms, 95),
        "classify_ms_p50": percentile(times_of(classify, 5), 50),
    }


def percentile(times: list[float], share: float) -> float:
    """Return a percentile of times, rounded; NaN without any."""
    return round(float(np.percentile(times, share)), 1) if times else float("nan")


def times_of(work: Callable[[int], Any], repeats: int) -> list[float]:
    """Return how long work takes each time, in ms."""
    found = []
    for step in range(repeats):
        began = time.perf_counter()
        work(step)
        found.append((time.perf_counter() - began) * 1000)
    return found


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=24, help="turns of the wheel and drags")
    parser.add_argument("--no-plain", action="store_true", help="leave plain HoloViews out")
    given = parser.parse_args()
    hv.extension("bokeh")
    points = make_points(given.rows)
    element, markers, cloud = ours(points)
    began = time.perf_counter()
    compiled.wait()
    compile_s = round(time.perf_counter() - began, 2)
    began = time.perf_counter()
    cloud.index.build()
    result: dict[str, Any] = {
        "rows": given.rows,
        "width": WIDTH,
        "height": HEIGHT,
        "compile_s": compile_s,
        "index_s": round(time.perf_counter() - began, 2),
        "index_bytes_per_row": round(cloud.index.nbytes / given.rows, 2),
    }
    result |= changes(cloud)
    rng = np.random.default_rng(1)
    places = rng.normal(0, 1, (200, 2))
    cloud.nearest(0, 0, 80, 60, 12)
    result["pick_ms_p95"] = percentile(times_of(lambda i: cloud.nearest(*places[i], 80, 60, 12), 200), 95)
    result["focus_ms_p95"] = percentile(times_of(lambda i: markers.show(Markers(selected=[tuple(places[i])])), 200), 95)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or playwright.chromium.executable_path, args=["--no-sandbox"]
        )
        result |= drive(chromium, lambda: element, given.steps)
        result["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
        if not given.no_plain:
            other = plain(points)
            result["plain"] = drive(chromium, lambda: other, given.steps)
        chromium.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
