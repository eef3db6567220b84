"""Time until all 60 tiles of a contact sheet show a local image: a real browser and the real server.

Run ``python tests/benchmarks/contact_sheet.py`` on an idle computer. A server in a process of its own opens a project
with several images of each source; Chromium shows another image of 60 sources several times. One line of JSON is
printed:

``cold_ms``
    Median time from the choice of an image until those of all tiles are decoded, if none of them was shown before.
``warm_ms``
    The same for images that were shown before.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from astropy.table import Table
from label_key import percentile, rest, served
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from astronomical.config.io import write_config
from astronomical.config.schema import ExtensionConfig, PaneConfig, StartConfig
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project

N_TILES, N_SOURCES, N_COLUMNS = 60, 150, 5
DEEP = """const deep = (root) => [...root.querySelectorAll('*')].flatMap(
  (e) => [e, ...(e.shadowRoot ? deep(e.shadowRoot) : [])]);"""
#: Chooses an image, and waits until all tiles are new and their images are decoded; returns the time in ms.
CHOOSE = f"""(image) => new Promise((resolve) => {{
  {DEEP}
  const grid = deep(document).find((e) => e.matches('.grid[role=grid]'))
  const list = grid.parentElement.querySelector('select[aria-label=Image]')
  const before = new Set(grid.children)
  list.value = image
  list.dispatchEvent(new Event('change'))
  const began = performance.now()
  const look = () => {{
    const tiles = [...grid.children].filter((tile) => !before.has(tile))
    const images = tiles.flatMap((tile) => [...tile.querySelectorAll('img')])
    if (images.length === {N_TILES} && images.every((one) => one.complete)) {{ resolve(performance.now() - began) }}
    else {{ setTimeout(look, 5) }}
  }}
  look()
}})"""


def make_project(folder: Path) -> Path:
    """Make a project whose sources have images of 256 x 256 pixels, and a contact sheet of 60 queries."""
    rng = np.random.default_rng(0)
    table = Table({"id": [f"s{n:03d}" for n in range(N_SOURCES)], "kind": rng.integers(0, 2, N_SOURCES)})
    table["x"], table["y"] = rng.normal(size=N_SOURCES), rng.normal(size=N_SOURCES)
    for column in range(N_COLUMNS):
        names = [f"{column}-{n:03d}.jpg" for n in range(N_SOURCES)]
        for name in names:
            Image.fromarray(_galaxy(rng)).save(folder / name, quality=85)
        table[f"image{column}"] = names
    table.write(folder / "t.fits")
    path = folder / "p.yaml"
    columns = tuple(f"image{column}" for column in range(N_COLUMNS))
    config = new_project(
        ProjectOptions(folder / "t.fits", "id", label="kind", features=("x", "y"), image_columns=columns), path
    )
    pane = PaneConfig(id="sheet", kind="sheet", x=0, y=0, w=12, h=12, settings={"size": N_TILES})
    layout = config.layout.model_copy(update={"panes": (pane,)})
    write_config(config.model_copy(update={"layout": layout}), path)
    with Session.open(path, look_ahead=False) as session:
        few = ExtensionConfig(name="random_forest", parameters={"n_estimators": 10})
        session.training.start("0", models=[few], start=StartConfig(mode="random", n=4), queue=N_TILES)
    return path


def _galaxy(rng: np.random.Generator) -> np.ndarray:
    """Return pixels of a blob in a noisy sky, shape (256, 256, 3)."""
    y, x = np.mgrid[-128:128, -128:128] / rng.uniform(10, 40)
    light = np.exp(-(x**2 + 2 * y**2) / 2)[..., None] * rng.uniform(90, 230, 3)
    return (light + rng.normal(20, 6, (256, 256, 3))).clip(0, 255).astype(np.uint8)


def drive(page: Page, url: str, pid: int) -> tuple[list[float], list[float]]:
    """Open the page, and choose each image twice; returns the times of the first and of the second choice."""
    page.goto(url)
    page.locator(f".tile:nth-child({N_TILES}) img").wait_for(timeout=90_000)
    rest(pid, 5)
    found: tuple[list[float], list[float]] = ([], [])
    for times in found:
        for column in range(1, N_COLUMNS):
            times.append(page.evaluate(CHOOSE, f"column:image{column}"))
            rest(pid, 1)
    return found


def main() -> None:
    """Print one line of JSON."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ |= {"ASTRONOMICAL_HOME": f"{folder}/home", "ASTRONOMICAL_OFFLINE": "1"}
        project = make_project(Path(folder))
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or playwright.chromium.executable_path, args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": 1600, "height": 1000})
        with served(project, look_ahead=False) as (url, pid):
            cold, warm = drive(page, url, pid)
        chromium.close()
    print(json.dumps({"tiles": N_TILES, "cold_ms": percentile(cold, 50), "warm_ms": percentile(warm, 50)}))


if __name__ == "__main__":
    main()
