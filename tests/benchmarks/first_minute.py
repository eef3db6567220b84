"""Times of the first minute after an installation: a real browser and the real server, and nothing compiled before.

Run ``python tests/benchmarks/first_minute.py`` on an idle computer. The server is started as the README says, in an
environment without the caches of Python and numba; Chromium waits for it. One line of JSON is printed:

``server_s``
    From the start of the server until it answers.
``start_page_s``
    From the start of the server until the start page is shown.
``workbench_first_s``
    From the click on *Try the example* until the label panel, the source pane and the plots in view are drawn and the
    query is shown.
``first_label_s``
    From the first key that gives a label, pressed at once, until the next source is shown.
``workbench_again_s``
    As ``workbench_first_s``, for another copy of the example in the same server.
``server_again_s``, ``start_page_again_s``, ``workbench_restarted_s``
    The same three times for the second start of the server.
``..._cpu_s``
    The processor time of the server in the same span, which other programs on the computer change less.
``stall_ms_max``, ``stall_ms_p99``
    The delay of a 5 ms ticker on the event loop of the server while code is compiled and no page is built: from the
    first label on, for ``--idle`` seconds.
``stall_building_ms_max``
    The same while a page is built.
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
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Page, sync_playwright

CHECKOUT = Path(__file__).parents[2]
#: Plots of the example that are in view at first; the others are created when they come into view.
PLOTS = ("plot-1", "plot-2")
#: Python runs this when the server starts: a ticker on the event loop that writes when it ticked, and how late.
TICKER = """
import asyncio, os, time

_run_forever = asyncio.BaseEventLoop.run_forever

def run_forever(loop):
    ticks = open(os.environ["ASTRONOMICAL_TICKS"], "a", buffering=1)
    last = time.time()

    def tick():
        nonlocal last
        now = time.time()
        ticks.write(f"{now} {now - last - 0.005}\\n")
        last = now
        loop.call_later(0.005, tick)

    loop.call_soon(tick)
    _run_forever(loop)

asyncio.BaseEventLoop.run_forever = run_forever
"""


class Clock:
    """Time since the start of a server, and the processor time that the server has used."""

    def __init__(self, pid: int, began: float) -> None:
        self._process, self._began = psutil.Process(pid), began

    def __call__(self) -> tuple[float, float]:
        used = self._process.cpu_times()
        return time.time() - self._began, used.user + used.system


class Found(dict[str, float]):
    """Figures, each also written to the terminal as soon as it is known."""

    def __setitem__(self, name: str, value: float) -> None:
        sys.stderr.write(f"{name} {value:.2f}\n")
        super().__setitem__(name, value)


@contextmanager
def served(environment: dict[str, str]) -> Iterator[tuple[str, Clock]]:
    """Start a server as the README says; yields its address and a clock."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "panel", "serve", "astronomical", "--port", str(port)]
    began = time.time()
    with Path(environment["ASTRONOMICAL_TICKS"]).with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}/astronomical", Clock(process.pid, began)
    finally:
        process.terminate()
        process.wait(60)


def wait_for_answer(url: str, guard_s: float = 120) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + guard_s
    while True:
        try:
            urllib.request.urlopen(url.replace("/astronomical", "/favicon.ico"), timeout=60).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def fresh_environment(folder: Path, keep_python_cache: bool) -> dict[str, str]:
    """Return the environment of a server after an installation, with empty caches below a folder."""
    (folder / "sitecustomize.py").write_text(TICKER)
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {
        **inherited,
        "ASTRONOMICAL_HOME": str(folder / "home"),
        "ASTRONOMICAL_OFFLINE": "1",
        "ASTRONOMICAL_TICKS": str(folder / "ticks"),
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "PYTHONPATH": str(folder),
    }
    if not keep_python_cache:
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    return environment


def open_example(page: Page, button: str) -> float:
    """Press a button on the start page; returns the time until the whole workbench is shown."""
    page.get_by_role("button", name=button).wait_for(timeout=120_000)
    began = time.time()
    page.get_by_role("button", name=button).click()
    wait_for_workbench(page)
    return time.time() - began


def wait_for_workbench(page: Page) -> None:
    """Wait until the query is shown, and all panes are drawn."""
    page.get_by_text("What is this source?").wait_for(timeout=180_000)
    page.locator(".id").first.wait_for(timeout=180_000)
    for name in PLOTS:
        page.locator(f'[data-id="{name}"] canvas').first.wait_for(timeout=180_000)


def label(page: Page) -> float:
    """Press a key that gives a label; returns the time until the next source is shown."""
    shown = page.locator(".id").first.inner_text()
    page.locator("html[data-labels=ready]").wait_for()
    began = time.time()
    page.keyboard.press("1")
    while page.locator(".id").first.inner_text() == shown:
        page.wait_for_timeout(10)
    return time.time() - began


def read_ticks(path: Path) -> np.ndarray:
    """Return times and delays of the ticks, shape (n, 2)."""
    return np.array([list(map(float, line.split())) for line in path.read_text().splitlines()[:-1]])


def late_ms(ticks: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Return the delays in a span of time, in ms."""
    inside = ticks[(ticks[:, 0] >= begin) & (ticks[:, 0] < end), 1]
    return inside * 1000 if len(inside) else np.zeros(1)


def measure(page: Page, folder: Path, keep_python_cache: bool, idle_s: float) -> dict[str, float]:
    """Return the times of the first minute."""
    environment = fresh_environment(folder, keep_python_cache)
    found: dict[str, float] = Found()
    with served(environment) as (url, clock):
        wait_for_answer(url)
        found["server_s"], found["server_cpu_s"] = clock()
        page.goto(url)
        page.get_by_role("button", name="Try the example").wait_for(timeout=120_000)
        found["start_page_s"], found["start_page_cpu_s"] = clock()
        clicked = time.time()
        found["workbench_first_s"] = open_example(page, "Try the example")
        shown = time.time()
        found["workbench_first_cpu_s"] = clock()[1] - found["start_page_cpu_s"]
        found["first_label_s"] = label(page)
        page.wait_for_timeout(1000 * idle_s)
        idled = time.time()
        page.goto(url)
        found["workbench_again_s"] = open_example(page, "Start over")
        again = time.time()
    with served(environment) as (url, clock):
        wait_for_answer(url)
        found["server_again_s"] = clock()[0]
        page.goto(url)
        page.get_by_role("button", name="Start over").wait_for(timeout=120_000)
        found["start_page_again_s"], found["start_page_again_cpu_s"] = clock()
        found["workbench_restarted_s"] = open_example(page, "Start over")
        found["workbench_restarted_cpu_s"] = clock()[1] - found["start_page_again_cpu_s"]
    ticks = read_ticks(folder / "ticks")
    compiling = late_ms(ticks, shown, idled)
    building = np.concatenate([late_ms(ticks, clicked, shown), late_ms(ticks, idled, again)])
    found |= {
        "stall_ms_max": compiling.max(),
        "stall_ms_p99": float(np.percentile(compiling, 99)),
        "stall_building_ms_max": building.max(),
    }
    return {name: round(value, 1 if "ms" in name else 2) for name, value in found.items()}


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--keep-python-cache", action="store_true", help="as pip leaves it: libraries are byte-compiled"
    )
    parser.add_argument("--idle", type=float, default=20.0, help="time after the first label for compiling, in s")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or playwright.chromium.executable_path, args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        page.goto("about:blank")
        print(json.dumps(measure(page, Path(folder), given.keep_python_cache, given.idle)))
        chromium.close()


if __name__ == "__main__":
    main()
