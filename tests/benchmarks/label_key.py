"""Time from a key that labels a source to the next source in the page: a real browser and the real server.

Run ``python tests/benchmarks/label_key.py --rows 1000000``. A server in a process of its own opens a project with one
learner, a forest of 100 trees on 30 labels, on a catalogue of 26 columns with 66 features; Chromium shows the
workbench and presses keys. One line of JSON is printed:

``key_ms_p50``, ``key_ms_p95``
    From the key going down in the page until the frame with the id of the next source has been painted, the server
    having had time to look ahead.
``page_ms_p50``
    How much of ``key_ms`` the page itself takes: before the message leaves it, and from its answer to the paint.
``open_s``
    From the request of the page until the query is shown, the better of two.
``peak_mb``
    Peak memory of the server, where the system tells it.
``cold_ms``
    As ``key_ms_p50``, of a server that does not look ahead: the round is fitted, and the pool scored, after the key.

With ``--panes 6,13`` the same project is opened with so many panes instead, most of them below the others, and for
each number one line is printed: ``key_ms_p50``, ``open_s``, and ``page_cpu_s``, the processor time of the page from a
key until nothing more happens. ``ratio`` compares the last number of panes with the first.
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
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from synthetic import make_project

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import PaneConfig, StartConfig
from astronomical.session import Session

CLASS = "Star"
#: Follows the id on the screen from frame to frame, and notes when keys went down and when another id was painted.
WATCH = """() => {
  const found = (root) => {
    const here = root.querySelector('.id')
    if (here != null && here.offsetParent !== null && here.innerText) { return here }
    for (const element of root.querySelectorAll('*')) {
      const inside = element.shadowRoot && found(element.shadowRoot)
      if (inside) { return inside }
    }
    return null
  }
  const now = () => performance.now()
  const seen = window.seen
  let element = null
  const look = () => {
    if (element === null || !element.isConnected) { element = found(document) }
    const id = element === null ? '' : element.innerText
    if (id && id !== seen.id) {
      const first = seen.id === ''
      seen.id = id
      if (!first) {
        seen.changed = now()
        const channel = new MessageChannel()  // its message comes after the frame
        channel.port1.onmessage = () => { seen.painted = now() }
        channel.port2.postMessage(0)
      }
    }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}"""
#: Notes when messages leave the page and when they come.
SOCKET = """() => {
  const seen = window.seen = {id: '', pressed: 0, sent: 0, received: 0, changed: 0, painted: 0}
  window.addEventListener('keydown', (event) => {
    Object.assign(seen, {pressed: event.timeStamp, sent: 0, received: 0, changed: 0, painted: 0})
  }, true)
  const Plain = window.WebSocket
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given)
      this.addEventListener('message', () => {
        if (window.seen && window.seen.sent) { window.seen.received ||= performance.now() }
      })
    }
    send(data) {
      if (window.seen && window.seen.pressed) { window.seen.sent ||= performance.now() }
      super.send(data)
    }
  }
}"""


def serve(project: Path, port: int, look_ahead: bool) -> None:
    """Serve a project, in a process of its own."""
    from astronomical.cli import main as command_line

    open_session = Session.open
    Session.open = partial(open_session, look_ahead=look_ahead)  # type: ignore[method-assign, assignment]
    sys.exit(command_line(["serve", str(project), "--port", str(port), "--no-show"]))


@contextmanager
def served(project: Path, look_ahead: bool) -> Iterator[tuple[str, int]]:
    """Serve a project; yields the address, and the id of the server's process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, __file__, "--serve", str(project), "--port", str(port)]
    process = subprocess.Popen(
        command if look_ahead else [*command, "--no-look-ahead"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/favicon.ico", timeout=5).close()
                break
            except OSError:
                if time.monotonic() > end or process.poll() is not None:
                    raise
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/", process.pid
    finally:
        process.terminate()
        process.wait(60)


def rest(pid: int, seconds: float) -> None:
    """Wait until a process has nothing more to do, or for so long where nothing tells."""
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        time.sleep(seconds)
        return

    def busy() -> int:
        fields = status.read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    end = time.monotonic() + 120
    quiet, before = 0, busy()
    while quiet < 3 and time.monotonic() < end:
        time.sleep(0.25)
        after = busy()
        quiet = quiet + 1 if after - before <= 0.04 * os.sysconf("SC_CLK_TCK") else 0
        before = after


def press(page: Page, key: str) -> dict[str, float]:
    """Press a key and return what was noted of it, once another source is painted."""
    page.locator("html[data-labels=ready]").wait_for()
    page.keyboard.press(key)
    page.wait_for_function("window.seen.painted > 0", timeout=60_000, polling=50)
    page.wait_for_timeout(300)
    seen: dict[str, float] = page.evaluate("window.seen")
    return seen


def open_workbench(page: Page, url: str) -> None:
    """Open the workbench, and wait until the query is shown."""
    page.add_init_script(f"({SOCKET})()")
    page.goto(url)
    page.get_by_text("What is this source?").wait_for(timeout=180_000)


def peak_mb(pid: int) -> float:
    """Return the peak memory of a process in MB, or NaN where the system does not tell it."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), float("nan"))


def drive(page: Page, pid: int, n_keys: int) -> list[dict[str, float]]:
    """Press keys in an open workbench; returns what was noted of each."""
    rest(pid, 5)
    page.evaluate(WATCH)
    page.wait_for_function("window.seen.id !== ''", timeout=60_000)
    found = []
    for n in range(n_keys + 1):
        found.append(press(page, "123"[n % 3]))
        rest(pid, 3)
    return found[1:]  # the first one warms up


def page_cpu_s(devtools: CDPSession) -> float:
    """Return the processor time of the page so far, in s."""
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(item["value"] for item in metrics if item["name"] == "TaskDuration"))


def rest_of_page(devtools: CDPSession) -> float:
    """Wait until the page has nothing more to do; returns its processor time so far, in s."""
    before, quiet, end = page_cpu_s(devtools), 0, time.monotonic() + 120
    while quiet < 3 and time.monotonic() < end:
        time.sleep(0.5)
        after = page_cpu_s(devtools)
        quiet = quiet + 1 if after - before <= 0.03 else 0
        before = after
    return before


def with_panes(project: Path, n_panes: int) -> None:
    """Give a project its first six panes, and others below them."""
    config = read_config(project)
    names = ("u-g", "g-r", "r-i")
    extra: list[tuple[str, dict[str, Any]]] = [
        ("history", {}),
        ("basic", {"x": names[0], "y": names[1], "colour": "predicted"}),
        ("notes", {}),
        ("basic", {"x": names[1], "y": names[2], "colour": "mine"}),
        ("classes", {}),
        ("basic", {"x": names[0], "y": names[2], "colour": "confidence"}),
        ("sed", {}),
    ]
    panes = [pane for pane in config.layout.panes if not pane.id.startswith("more-")][:6]
    for i in range(n_panes - len(panes)):
        kind, settings = extra[i % len(extra)]
        place = {"x": 4 * (i % 3), "y": 13 + 5 * (i // 3), "w": 4, "h": 5}
        panes.append(PaneConfig(id=f"more-{i}", kind=kind, settings=settings, **place))
    layout = config.layout.model_copy(update={"panes": tuple(panes)})
    write_config(config.model_copy(update={"layout": layout}), project)


def measure_panes(chromium: Browser, project: Path, counts: list[int], n_keys: int) -> None:
    """Print one line of JSON for each number of panes, and the ratio of the last to the first."""
    found = []
    for n_panes in counts:
        with_panes(project, n_panes)
        page = chromium.new_page(viewport={"width": 1600, "height": 1000})
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        with served(project, True) as (url, pid):
            began = time.perf_counter()
            open_workbench(page, url)
            rest_of_page(devtools)
            opened = time.perf_counter() - began
            rest(pid, 5)
            page.evaluate(WATCH)
            page.wait_for_function("window.seen.id !== ''", timeout=60_000)
            times, spent = [], []
            for n in range(n_keys + 1):
                before = rest_of_page(devtools)
                seen = press(page, "123"[n % 3])
                rest(pid, 3)
                times.append(seen["painted"] - seen["pressed"])
                spent.append(rest_of_page(devtools) - before)
        page.close()
        found.append(
            {
                "panes": n_panes,
                "open_s": round(opened, 1),
                "key_ms_p50": percentile(times[1:], 50),
                "page_cpu_s": round(float(np.median(spent[1:])), 2),
            }
        )
        print(json.dumps(found[-1]), flush=True)
    first, last = found[0], found[-1]
    print(json.dumps({"ratio": {name: round(last[name] / first[name], 2) for name in first if name != "panes"}}))


def percentile(times: list[float], share: float) -> float:
    """Return a percentile of times, rounded."""
    return round(float(np.percentile(times, share)), 1)


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=20, help="keys pressed with look-ahead ready; a quarter without")
    parser.add_argument("--labels", type=int, default=30)
    parser.add_argument(
        "--panes", type=lambda text: [int(n) for n in text.split(",")], help="numbers of panes to compare, as 6,13"
    )
    parser.add_argument("--project", type=Path, help="a project of synthetic.py, which is changed")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--no-look-ahead", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        serve(given.serve, given.port, not given.no_look_ahead)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ |= {"ASTRONOMICAL_HOME": folder, "ASTRONOMICAL_OFFLINE": "1"}
        project = given.project or make_project(Path(folder), given.rows)
        with Session.open(project) as session:
            if CLASS not in session.state.rounds:
                session.training.start(CLASS, start=StartConfig(mode="random", n=given.labels))
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or playwright.chromium.executable_path, args=["--no-sandbox"]
        )
        if given.panes:
            measure_panes(chromium, project, given.panes, given.keys)
            chromium.close()
            return
        seen, peaks, opened = {}, [], []
        for look_ahead, n_keys in ((True, given.keys), (False, max(given.keys // 4, 3))):
            page = chromium.new_page(viewport={"width": 1280, "height": 800})
            with served(project, look_ahead) as (url, pid):
                began = time.perf_counter()
                open_workbench(page, url)
                opened.append(time.perf_counter() - began)
                seen[look_ahead] = drive(page, pid, n_keys)
                peaks.append(peak_mb(pid))
            page.close()
        chromium.close()
    ready = [note["painted"] - note["pressed"] for note in seen[True]]
    own = [note["painted"] - note["pressed"] - (note["received"] - note["sent"]) for note in seen[True]]
    cold = [note["painted"] - note["pressed"] for note in seen[False]]
    print(
        json.dumps(
            {
                "rows": given.rows,
                "labels": given.labels,
                "key_ms_p50": percentile(ready, 50),
                "key_ms_p95": percentile(ready, 95),
                "page_ms_p50": percentile(own, 50),
                "cold_ms": percentile(cold, 50),
                "open_s": round(min(opened), 2),
                "peak_mb": round(max(peaks)),
            }
        )
    )


if __name__ == "__main__":
    main()
