"""A small project on disk, its catalogue full of what must never be read as HTML."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Table

from astronomical.config.schema import CombinationConfig
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.projects import without_models

N_ROWS = 400
HOSTILE_ID = "<b>J0007</b>&amp;"
HOSTILE_TEXT = "<img src=x onerror=\"document.title='gone'\">"
MISSING_ID, NOWHERE_ID = "J0003", "J0005"


def make_table() -> Table:
    """Return two groups of sources; one source has no brightness in g, one no position."""
    random = np.random.default_rng(7)
    ids = [f"J{row:04d}" for row in range(N_ROWS)]
    ids[7] = HOSTILE_ID
    is_star = np.arange(N_ROWS) % 2 == 0
    magnitudes = {band: random.normal(20 + 2 * is_star, 0.5).astype(np.float32) for band in "gri"}
    magnitudes["g"][3] = np.nan
    ra, dec = random.uniform(150, 160, N_ROWS), random.uniform(-5, 5, N_ROWS)
    ra[5] = np.nan
    label = np.where(is_star, "0 ", "1 ")
    label[20:60] = "-1"
    table = Table(
        {
            "name": ids,
            "ra": ra,
            "dec": dec,
            "label": label,
            **magnitudes,
            "empty": np.full(N_ROWS, np.nan, dtype=np.float32),
            "note": [HOSTILE_TEXT] * N_ROWS,
        }
    )
    for band in "gri":
        table[band].unit = "mag"
    table["note"].unit = "10**-17 erg s-1"
    return table


def make_project(folder: Path, *, positions: bool = True) -> Path:
    """Write catalogue and config into a folder and return the config."""
    table = make_table()
    if not positions:
        table.remove_columns(["ra", "dec"])
    table.write(folder / "small.fits")
    path = folder / "small.yaml"
    choices = ProjectOptions(
        folder / "small.fits",
        "name",
        label="label",
        label_names={"0": "Star", "1": "Galaxy"},
        features=("g", "r", "i"),
        combinations=(CombinationConfig(operation="subtract"),),
        extra_columns=("r", "note"),
        missing_policy="median",
        classes=("Star", "Galaxy"),
    )
    config = new_project(choices, path)
    without_models(config, path)
    return path
