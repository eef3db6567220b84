"""A catalogue of any size for the benchmarks: three classes that overlap, in 26 columns.

Run ``python tests/benchmarks/synthetic.py --rows 10000000 FOLDER`` to make a project that several benchmarks use.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from astropy.table import Table

from astronomical.config.schema import CombinationConfig
from astronomical.session.project.new import ProjectOptions, new_project

BANDS = (*"ugrizyjhk", "w1", "w2")
CLASSES = {"0": "Star", "1": "Galaxy", "2": "QSO"}


def write_catalogue(path: Path, n_rows: int, seed: int = 0) -> Path:
    """Write a FITS table of id, position, label, and 11 magnitudes with their errors: 26 columns."""
    rng = np.random.default_rng(seed)
    label = rng.choice(3, n_rows, p=[0.5, 0.4, 0.1]).astype(np.int16)
    slopes = rng.normal(0, 0.5, (3, len(BANDS))).astype(np.float32)
    brightness = 20 + rng.standard_normal(n_rows, np.float32)
    table = Table(
        {
            "objid": rng.permutation(n_rows).astype(np.int64) + 10**15,
            "ra": rng.uniform(0, 360, n_rows),
            "dec": np.degrees(np.arcsin(rng.uniform(-1, 1, n_rows))),
            "label": label,
        }
    )
    for place, band in enumerate(BANDS):
        table[band] = brightness + slopes[label, place] + np.float32(0.3) * rng.standard_normal(n_rows, np.float32)
        table[f"err_{band}"] = rng.random(n_rows, np.float32)
    table.write(path, overwrite=True)
    return path


def make_project(folder: Path, n_rows: int) -> Path:
    """Make a project on such a catalogue, with the 11 magnitudes and their 55 colours as features."""
    catalogue = write_catalogue(folder / "catalogue.fits", n_rows)
    path = folder / "project.yaml"
    new_project(
        ProjectOptions(
            catalogue=catalogue,
            id="objid",
            label="label",
            label_names=CLASSES,
            features=BANDS,
            combinations=(CombinationConfig(operation="subtract", n=2),),
        ),
        path,
    )
    return path


def main() -> None:
    """Make a project, and print its path."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="a new folder")
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True)
    print(make_project(given.folder, given.rows))


if __name__ == "__main__":
    main()
