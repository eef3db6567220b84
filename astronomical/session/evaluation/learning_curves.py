"""Draw learning curves to an image file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from astronomical.config.schema import PALETTE
from astronomical.paths import writing
from astronomical.plots.figures import new_figure
from astronomical.session.errors import SessionError

_SIZE = (7.0, 4.5)
_PICTURES = (".png", ".pdf", ".svg")


def check_picture(path: Path) -> None:
    """Raise an error if a picture cannot be written to a file.

    Raises
    ------
    SessionError
        If the file has the wrong extension, or its folder does not exist.
    MissingMatplotlibError
        If Matplotlib is not installed.
    """
    if path.suffix.lower() not in _PICTURES:
        raise SessionError(f"{path.name}: the file name of a picture must end in {', '.join(_PICTURES)}.")
    if not path.parent.is_dir():
        raise SessionError(f"The folder {path.parent} does not exist.")
    new_figure(*_SIZE)


def plot_curves(rows: Sequence[dict[str, Any]], path: Path, *, overwrite: bool = False) -> None:
    """Draw validation accuracy against the number of labels: mean and range of the seeds."""
    figure = new_figure(*_SIZE)
    axes = figure.add_subplot()
    for colour, strategy in zip(PALETTE, dict.fromkeys(row["strategy"] for row in rows), strict=False):
        labels, values = _by_labels([row for row in rows if row["strategy"] == strategy])
        axes.plot(labels, np.nanmean(values, axis=1), color=colour, label=strategy)
        axes.fill_between(labels, np.nanmin(values, axis=1), np.nanmax(values, axis=1), color=colour, alpha=0.2, lw=0)
    class_name = rows[0]["class"] if rows else ""
    axes.set(
        xlabel="Number of labels",
        ylabel="Accuracy (validation set)",
        title=f"{class_name}: mean and range of the seeds",
    )
    axes.legend(frameon=False)
    with writing(path, overwrite=overwrite) as file:
        figure.savefig(file, format=path.suffix[1:].lower(), dpi=150)


def _by_labels(rows: Sequence[dict[str, Any]]) -> tuple[list[int], np.ndarray[Any, np.dtype[np.float64]]]:
    """Return numbers of labels, and accuracies of shape (numbers, seeds); NaN after a curve ended early."""
    rows = [row for row in rows if row["accuracy"] is not None]
    labels = sorted({row["n_labels"] for row in rows})
    seeds = sorted({row["seed"] for row in rows})
    values = np.full((len(labels), len(seeds)), np.nan)
    for row in rows:
        values[labels.index(row["n_labels"]), seeds.index(row["seed"])] = row["accuracy"]
    return labels, values
