"""Time from a key that labels a source to the light curve of the next source: a real browser and the real server.

Run ``python tests/benchmarks/light_curve_key.py --rows 100000 --epochs 100``. A server in a process of its own opens a
project with one learner, a forest of 100 trees, on a catalogue with the light curves of all sources in two bands.
Chromium shows the tab *Light curve* and presses keys. One line of JSON is printed:

``curve_ms_p50``, ``curve_ms_p95``
    From the key going down in the page until the frame with the light curve of the next source has been painted.
``server_cpu_ms``, ``page_cpu_ms``
    The mean processor time of the server and of the page for each key, until nothing more happens.
``read_s``
    Time in which the light curves of the catalogue were read.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from label_key import page_cpu_s, percentile, rest, rest_of_page, served
from playwright.sync_api import CDPSession, Page, sync_playwright

from astronomical.config.light_curves import LightCurvesConfig
from astronomical.config.schema import StartConfig
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project

#: Notes when a key goes down, when the page receives another light curve, and when its canvas was painted after that.
WATCH = """() => {
  const seen = window.seen = {pressed: 0, received: 0, painted: 0}
  window.addEventListener('keydown', (event) => {
    Object.assign(seen, {pressed: event.timeStamp, received: 0, painted: 0})
  }, true)
  const models = Bokeh.documents.flatMap((page) => [...page._all_models.values()])
  const [points] = models.filter((model) => model.type === 'ColumnDataSource' && 'band' in model.data
    && 'error' in model.data)
  const [figure] = models.filter((model) => model.type === 'Figure'
    && model.renderers.some((renderer) => renderer.data_source === points))
  points.properties.data.change.connect(() => { seen.received = performance.now() })
  const views = function* (view) {
    yield view
    for (const child of view.children()) { yield* views(child) }
  }
  const [view] = Bokeh.index.roots.flatMap((root) => [...views(root)]).filter((found) => found.model === figure)
  const paint = view.paint.bind(view)
  view.paint = (...given) => {
    paint(...given)
    if (!seen.received || seen.painted) { return }
    const channel = new MessageChannel()  // its message comes after the frame
    channel.port1.onmessage = () => { seen.painted = performance.now() }
    channel.port2.postMessage(0)
  }
}"""


def make_project(folder: Path, n_rows: int, n_epochs: int) -> Path:
    """Make a project on a catalogue whose light curves are lists in Parquet; half of the sources vary more."""
    rng = np.random.default_rng(0)
    varies = rng.random(n_rows) < 0.5
    starts = pa.array(np.arange(0, n_rows * n_epochs + 1, n_epochs))
    scatter = np.where(varies, 0.4, 0.05)[:, None]
    lists = {
        "mjd": np.sort(rng.uniform(58_000, 60_000, (n_rows, n_epochs)), axis=1).ravel(),
        "mag": (18 + scatter * rng.normal(size=(n_rows, n_epochs))).ravel().astype(np.float32),
        "magerr": np.full(n_rows * n_epochs, 0.02, dtype=np.float32),
        "band": pa.DictionaryArray.from_arrays(rng.integers(0, 2, n_rows * n_epochs), ["g", "r"]).cast(pa.string()),
    }
    columns = {name: pa.LargeListArray.from_arrays(starts, values) for name, values in lists.items()}
    plain = {name: rng.normal(varies, 0.7).astype(np.float32) for name in ("a", "b", "c", "d")}
    label = np.where(varies, "variable", "constant")
    path = folder / "stars.parquet"
    pq.write_table(pa.table({"id": np.arange(n_rows), "label": label, **plain, **columns}), path)
    project = folder / "project.yaml"
    names = {"variable": "variable", "constant": "constant"}
    new_project(ProjectOptions(catalogue=path, id="id", label="label", label_names=names, features=(*plain,)), project)
    return project


def prepare(project: Path, n_labels: int) -> float:
    """Declare the light curves, and start the learner; returns the time in s in which the light curves were read."""
    section = LightCurvesConfig(source="lists", time="mjd", value="mag", error="magerr", band="band", time_scale="mjd")
    with Session.open(project, look_ahead=False) as session:
        began = time.perf_counter()
        session.light_curves.check(section)
        seconds = time.perf_counter() - began
        session.light_curves.declare(section)
        session.training.start("variable", start=StartConfig(mode="random", n=n_labels))
    return seconds


def press(page: Page, key: str) -> dict[str, float]:
    """Press a key, and return what was noted once another light curve is painted."""
    page.locator("html[data-labels=ready]").wait_for()
    page.keyboard.press(key)
    page.wait_for_function("window.seen.painted > 0", timeout=60_000, polling=50)
    page.wait_for_timeout(300)
    seen: dict[str, float] = page.evaluate("window.seen")
    return seen


def drive(page: Page, devtools: CDPSession, url: str, pid: int, n_keys: int) -> list[dict[str, float]]:
    """Open the workbench with the light curve, and press keys; returns what was noted of each."""
    page.goto(url)
    page.get_by_text("What is this source?").wait_for(timeout=180_000)
    page.get_by_role("tab", name="Light curve", exact=True).click()
    page.get_by_text(" epochs.").first.wait_for(timeout=180_000)
    rest(pid, 5)
    rest_of_page(devtools)
    page.evaluate(WATCH)
    server, found = psutil.Process(pid), []
    for n in range(n_keys + 2):
        before = server.cpu_times(), page_cpu_s(devtools)
        note = press(page, "12"[n % 2])
        rest(pid, 3)
        after = server.cpu_times(), rest_of_page(devtools)
        note["server"] = sum(after[0][:2]) - sum(before[0][:2])
        note["page"] = after[1] - before[1]
        found.append(note)
    return found[2:]  # the first ones warm up


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--keys", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ |= {"ASTRONOMICAL_HOME": folder, "ASTRONOMICAL_OFFLINE": "1"}
        project = make_project(Path(folder), given.rows, given.epochs)
        read_s = prepare(project, 30)
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or playwright.chromium.executable_path, args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        with served(project, look_ahead=True) as (url, pid):
            seen = drive(page, devtools, url, pid, given.keys)
        chromium.close()
    times = [note["painted"] - note["pressed"] for note in seen]
    print(
        json.dumps(
            {
                "rows": given.rows,
                "epochs": given.epochs,
                "curve_ms_p50": percentile(times, 50),
                "curve_ms_p95": percentile(times, 95),
                "server_cpu_ms": round(1000 * float(np.mean([note["server"] for note in seen]))),
                "page_cpu_ms": round(1000 * float(np.mean([note["page"] for note in seen]))),
                "read_s": round(read_s, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
