"""Time from a key that labels a source to the next source in the page: a real browser and the real server.

Run ``python tests/benchmarks/label_key.py --rows 1000000``. A server in a process of its own opens a project with one
learner, a forest of 100 trees on 30 labels, on a catalogue of 26 columns with 66 features; Chromium shows the
workbench and presses keys. One line of JSON is printed:

``key_ms_p50``, ``key_ms_p95``
    From the key going down in the page until the frame with the id of the next source has been painted, the server
    having had time to look ahead.
``page_ms_p50``
    How much of ``key_ms`` the page itself takes: before the message leaves it, and from its answer to the paint.
``cold_ms``
    As ``key_ms_p50``, of a server that does not look ahead: the round is fitted, and the pool scored, after the key.
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
from playwright.sync_api import Page, sync_playwright
from synthetic import make_project

from astronomical.config.schema import StartConfig
from astronomical.session.session import Session

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

    assert Session.open.__func__.__kwdefaults__ is not None
    Session.open.__func__.__kwdefaults__["look_ahead"] = look_ahead
    sys.exit(command_line(["serve", str(project), "--port", str(port), "--no-show"]))


@contextmanager
def served(project: Path, look_ahead: bool) -> Iterator[tuple[str, int]]:
    """Serve a project; yields the address, and the id of the server's process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, __file__, "--serve", str(project), "--port", str(port)]
    process = subprocess.Popen(command if look_ahead else [*command, "--no-look-ahead"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
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
    page.keyboard.press(key)
    page.wait_for_function("window.seen.painted > 0", timeout=60_000, polling=50)
    page.wait_for_timeout(300)
    seen: dict[str, float] = page.evaluate("window.seen")
    return seen


def drive(page: Page, url: str, pid: int, n_keys: int) -> list[dict[str, float]]:
    """Open the workbench and press keys; returns what was noted of each."""
    page.add_init_script(f"({SOCKET})()")
    page.goto(url)
    page.get_by_text("Queried: what is this source?").wait_for(timeout=180_000)
    rest(pid, 5)
    page.evaluate(WATCH)
    page.wait_for_function("window.seen.id !== ''", timeout=60_000)
    found = []
    for n in range(n_keys + 1):
        found.append(press(page, "123"[n % 3]))
        rest(pid, 3)
    return found[1:]  # the first one warms up


def percentile(times: list[float], share: float) -> float:
    """Return a percentile of times, rounded."""
    return round(float(np.percentile(times, share)), 1)


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=20, help="keys pressed with look-ahead ready; a quarter without")
    parser.add_argument("--labels", type=int, default=30)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--no-look-ahead", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        serve(given.serve, given.port, not given.no_look_ahead)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ |= {"ASTRONOMICAL_HOME": folder, "ASTRONOMICAL_OFFLINE": "1"}
        project = make_project(Path(folder), given.rows)
        with Session.open(project) as session:
            session.start_training(CLASS, start=StartConfig(mode="random", n=given.labels))
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or playwright.chromium.executable_path, args=["--no-sandbox"])
        seen = {}
        for look_ahead, n_keys in ((True, given.keys), (False, max(given.keys // 4, 3))):
            page = chromium.new_page(viewport={"width": 1280, "height": 800})
            with served(project, look_ahead) as (url, pid):
                seen[look_ahead] = drive(page, url, pid, n_keys)
            page.close()
        chromium.close()
    ready = [note["painted"] - note["pressed"] for note in seen[True]]
    own = [note["painted"] - note["pressed"] - (note["received"] - note["sent"]) for note in seen[True]]
    cold = [note["painted"] - note["pressed"] for note in seen[False]]
    print(json.dumps({"rows": given.rows, "labels": given.labels, "key_ms_p50": percentile(ready, 50),  # noqa: T201
                      "key_ms_p95": percentile(ready, 95), "page_ms_p50": percentile(own, 50),
                      "cold_ms": percentile(cold, 50)}))


if __name__ == "__main__":
    main()
