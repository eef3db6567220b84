"""A made catalogue in which labels are known for bright sources rather than for faint ones, and its project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.table import Table

from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.projects import without_models

__all__ = ["bright_only", "faint_project"]

#: Whether the catalogue label of sources of some magnitudes is known.
Known = Callable[[np.ndarray, np.random.Generator], np.ndarray]
_FAINT = 0.7


def _write(path: Path, n: int, known: Known) -> np.ndarray:
    """Write a catalogue of two classes of which the faint sources are harder; return whether each is a galaxy.

    Of the sources, 70 % are fainter than 20 mag. `known` maps magnitudes to whether the catalogue label is known.
    """
    rng = np.random.default_rng(3)
    faint = rng.random(n) < _FAINT
    mag = np.where(faint, rng.uniform(20, 23, n), rng.uniform(17, 20, n)).astype(np.float32)
    galaxy = rng.random(n) < 0.4
    noise = 0.25 + 0.12 * np.maximum(mag - 18, 0)
    label = np.where(known(mag, rng), np.where(galaxy, 1, 0), -1)
    Table(
        {
            "name": [f"S{i:05d}" for i in range(n)],
            "mag": mag,
            "colour": (0.8 * galaxy + rng.normal(0, noise)).astype(np.float32),
            "size": (0.6 * galaxy + rng.normal(0, noise)).astype(np.float32),
            "label": label.astype(np.int16),
        }
    ).write(path)
    return galaxy


def faint_project(folder: Path, n: int, known: Known) -> tuple[Path, np.ndarray]:
    """Make a project on such a catalogue, and return whether each source is a galaxy, in the order of the ids."""
    galaxy = _write(folder / "made.fits", n, known)
    options = ProjectOptions(
        catalogue=folder / "made.fits",
        id="name",
        label="label",
        label_names={"0": "Star", "1": "Galaxy"},
        features=("mag", "colour", "size"),
    )
    path = folder / "project.yaml"
    without_models(new_project(options, path), path)
    return path, galaxy


def bright_only(mag: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Know the labels of sources brighter than 20 mag only."""
    return np.asarray(mag < 20)
