"""Time from the request of a page until all panes are drawn, against a bare page of Panel with as many plots.

Run ``python tests/benchmarks/page.py`` on an idle computer. Both pages are loaded in turn in Chromium, with an empty
cache each time; the example is open in its server already, as after a reload. One line of JSON is printed:

``page_ms``, ``bare_ms``, ``ratio``
    Medians of the times of both pages, and the median of their ratios.
``cached_ms``, ``bare_cached_ms``
    The same with the files in the cache of the browser, as in all loads after the first one.
``plots``
    Number of Bokeh plots on each page.
``requests``, ``mb``, ``bare_requests``, ``bare_mb``
    Requests of the first load, and the size of their answers as transferred.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from first_minute import CHECKOUT, PLOTS, wait_for_answer, wait_for_workbench
from playwright.sync_api import Browser, Page, Request, sync_playwright

#: A page with some plots of as many points as the example has rows, drawn as an image is.
BARE = """
import numpy as np
import panel as pn
from bokeh.plotting import figure

pn.extension()

def plot(seed):
    image = np.random.default_rng(seed).integers(0, 2**32, (300, 300), dtype=np.uint32)
    made = figure(sizing_mode="stretch_both")
    made.image_rgba([image], x=0, y=0, dw=1, dh=1)
    return pn.pane.Bokeh(made, height=300, width=300)

pn.FlexBox(*map(plot, range({n_plots}))).servable()
"""
Wait = Callable[[Page], None]


@contextmanager
def served(app: str, folder: Path) -> Iterator[str]:
    """Serve an app in a process of its own; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "ASTRONOMICAL_HOME": str(folder / "home"), "ASTRONOMICAL_OFFLINE": "1"}
    command = [sys.executable, "-m", "panel", "serve", app, "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_answer(f"http://127.0.0.1:{port}/astronomical")
        yield f"http://127.0.0.1:{port}/{Path(app).stem}"
    finally:
        process.terminate()
        process.wait(60)


def load(chromium: Browser, url: str, wait: Wait) -> dict[str, float]:
    """Load a page twice in a new browser; returns the times, and requests and bytes of the first load."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    asked: list[Request] = []
    page.on("requestfinished", lambda request: asked.append(request))  # Playwright cannot wrap a built-in method
    first = time_to(page, lambda: page.goto(url, wait_until="commit"), wait)
    page.wait_for_timeout(500)
    sizes = [request.sizes() for request in asked]
    again = time_to(page, lambda: page.reload(wait_until="commit"), wait)
    context.close()
    size = sum(found["responseBodySize"] + found["responseHeadersSize"] for found in sizes)
    return {"ms": first, "cached_ms": again, "requests": len(sizes), "mb": size / 1e6}


def time_to(page: Page, request: Callable[[], Any], wait: Wait) -> float:
    """Return the time from a request until the page is drawn, in ms."""
    began = time.perf_counter()
    request()
    wait(page)
    return 1000 * (time.perf_counter() - began)


def wait_for_plots(n_plots: int) -> Wait:
    """Return a function that waits until a bare page has drawn its plots."""

    def wait(page: Page) -> None:
        for n in range(n_plots):
            page.locator(".bk-Figure canvas").nth(n).wait_for(timeout=60_000)

    return wait


def open_example(chromium: Browser, url: str) -> tuple[str, int]:
    """Open the example; returns the address of its workbench and the number of its plots."""
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.goto(url)
    page.get_by_role("button", name="Try the example").click(timeout=60_000)
    wait_for_workbench(page)
    page.wait_for_timeout(15_000)  # until nothing is compiled or trained any more
    found = page.url, max(page.locator(".bk-Figure").count(), len(PLOTS))
    page.close()
    return found


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--loads", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as text, sync_playwright() as playwright:
        folder = Path(text)
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or playwright.chromium.executable_path, args=["--no-sandbox"]
        )
        with served("astronomical", folder) as start:
            url, n_plots = open_example(chromium, start)
            bare = folder / "bare.py"
            bare.write_text(BARE.format(n_plots=n_plots))
            with served(str(bare), folder) as bare_url:
                load(chromium, bare_url, wait_for_plots(n_plots))  # the first page of a server imports modules
                load(chromium, url, wait_for_workbench)
                ours, plain = [], []
                for _ in range(given.loads):
                    plain.append(load(chromium, bare_url, wait_for_plots(n_plots)))
                    ours.append(load(chromium, url, wait_for_workbench))
        chromium.close()
    print(
        json.dumps(
            {
                "page_ms": round(median(one["ms"] for one in ours)),
                "bare_ms": round(median(one["ms"] for one in plain)),
                "ratio": round(median(one["ms"] / other["ms"] for one, other in zip(ours, plain, strict=True)), 2),
                "cached_ms": round(median(one["cached_ms"] for one in ours)),
                "bare_cached_ms": round(median(one["cached_ms"] for one in plain)),
                "plots": n_plots,
                "requests": ours[0]["requests"],
                "mb": round(ours[0]["mb"], 2),
                "bare_requests": plain[0]["requests"],
                "bare_mb": round(plain[0]["mb"], 2),
            }
        )
    )


if __name__ == "__main__":
    main()
