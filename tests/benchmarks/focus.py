"""Time from a click on a point to its marker in every plot of the page: a real browser and the real server.

Run ``python tests/benchmarks/focus.py --rows 1000000``. A server in a process of its own opens a project with
plots of all sources; Chromium clicks in one of them. One line of JSON is printed:

``focus_ms_p50``, ``focus_ms_p95``
    From the button of the mouse going down until the frame has been painted in which the last of the plots marks
    another source.
``redrawn``
    Images of points that were sent meanwhile: there should be none.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from label_key import percentile, rest, served
from playwright.sync_api import Page, sync_playwright
from synthetic import make_project

N_PLOTS = 2
#: Follows the crosses of all plots on the screen, and the images of their points.
WATCH = """() => {
  const seen = window.seen = {pressed: 0, moved: 0, painted: 0, redrawn: 0}
  window.addEventListener('pointerdown', (event) => {
    Object.assign(seen, {pressed: event.timeStamp, moved: 0, painted: 0})
  }, true)
  const painted = () => {
    const channel = new MessageChannel()  // its message comes after the frame
    channel.port1.onmessage = () => { seen.painted = performance.now() }
    requestAnimationFrame(() => channel.port2.postMessage(0))
  }
  for (const model of Bokeh.documents.flatMap((page) => [...page._all_models.values()])) {
    const glyph = model.type === 'GlyphRenderer' ? model.glyph : null
    if (glyph?.type === 'ImageRGBA') {
      model.data_source.properties.data.change.connect(() => { seen.redrawn += 1 })
    }
    if (glyph?.type === 'Scatter' && glyph.size.value === 38 && glyph.line_width.value === 1) {
      model.data_source.properties.data.change.connect(() => {
        seen.moved += 1
        if (seen.moved === N_PLOTS) { painted() }
      })
    }
  }
}"""


def click(page: Page, x: float, y: float) -> dict[str, float]:
    """Click, and return what was noted once all plots have moved their marker."""
    page.mouse.click(x, y)
    page.wait_for_function("window.seen.painted > 0", timeout=60_000, polling=20)
    page.wait_for_timeout(200)
    seen: dict[str, float] = page.evaluate("window.seen")
    return seen


def drive(page: Page, url: str, pid: int, n_clicks: int) -> list[dict[str, float]]:
    """Open the workbench and click around the middle of the first plot; returns what was noted of each click."""
    page.goto(url)
    plots = page.locator(".bk-Figure")
    plots.nth(N_PLOTS - 1).wait_for(timeout=180_000)
    rest(pid, 5)
    page.wait_for_timeout(2000)
    page.evaluate(WATCH.replace("N_PLOTS", str(N_PLOTS)))
    box = plots.first.bounding_box()
    assert box is not None
    rng = np.random.default_rng(0)
    found = []
    for across, up in rng.uniform(0.45, 0.65, (n_clicks + 2, 2)):
        found.append(click(page, box["x"] + box["width"] * across, box["y"] + box["height"] * up))
        rest(pid, 1)
    return found[2:]  # the first ones warm up


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--clicks", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ |= {"ASTRONOMICAL_HOME": folder, "ASTRONOMICAL_OFFLINE": "1"}
        project = make_project(Path(folder), given.rows)
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or playwright.chromium.executable_path, args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": 1600, "height": 1000})
        with served(project, look_ahead=True) as (url, pid):
            seen = drive(page, url, pid, given.clicks)
        chromium.close()
    times = [note["painted"] - note["pressed"] for note in seen]
    print(
        json.dumps(
            {
                "rows": given.rows,
                "plots": N_PLOTS,
                "focus_ms_p50": percentile(times, 50),
                "focus_ms_p95": percentile(times, 95),
                "redrawn": int(seen[-1]["redrawn"]),
            }
        )
    )


if __name__ == "__main__":
    main()
