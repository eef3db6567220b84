"""Figures of a report, drawn by Matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from astronomical.config.schema import PALETTE, RoundResultConfig
from astronomical.learning.intervals import wilson_interval
from astronomical.plots.figures import new_figure
from astronomical.session.export.report.facts import ClassFacts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_figures"]

_SIZE = (6.0, 4.0)
_DPI = 150
#: Maximum number of points of a line.
_MOST_DRAWN = 1000
#: Number of points from which on a line needs no markers.
_FEW = 30


def draw_figures(found: ClassFacts, folder: Path, stem: str) -> Iterator[tuple[str, Path]]:
    """Draw the figures of a class as SVG and PNG, and yield the title and the path of each, without extension.

    Parameters
    ----------
    found
        What the report says of the class.
    folder
        Folder of the figures.
    stem
        Beginning of the file names.

    Raises
    ------
    MissingMatplotlibError
        If Matplotlib is not installed.
    """
    kinds: tuple[tuple[str, str, Callable[[Axes, ClassFacts], bool]], ...] = (
        ("Learning curve", "learning-curve", _learning_curve),
        ("Purity and completeness", "threshold", _threshold),
        ("Reliability", "reliability", _reliability),
    )
    for title, name, draw in kinds:
        figure = new_figure(*_SIZE)
        axes = figure.add_subplot()
        if not draw(axes, found):
            continue
        axes.set_title(_literal(f"{found.name}: {title.lower()}"))
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False)
        path = folder / f"{stem}-{name}"
        for suffix in ("svg", "png"):
            figure.savefig(path.with_name(f"{path.name}.{suffix}"), format=suffix, dpi=_DPI)
        yield title, path


def _literal(text: str) -> str:
    """Return a text that Matplotlib shows literally, not as a formula."""
    return text.replace("$", r"\$")


def _learning_curve(axes: Axes, found: ClassFacts) -> bool:
    rounds = [item for item in (found.records.rounds if found.records is not None else ()) if _is_scored(item)]
    if not rounds:
        return False
    rounds = [rounds[i] for i in np.unique(np.linspace(0, len(rounds) - 1, _MOST_DRAWN).astype(np.intp))]
    k = [item.k for item in rounds]
    marker = "o" if len(rounds) < _FEW else ""  # a line of one point is invisible
    scores = [item.validation for item in rounds if item.validation is not None]
    bands = [wilson_interval(item.tp + item.tn, item.n) for item in scores]
    axes.fill_between(k, [low for low, _ in bands], [high for _, high in bands], color=PALETTE[0], alpha=0.2, lw=0)
    for name, colour in (("accuracy", PALETTE[0]), ("precision", PALETTE[1]), ("recall", PALETTE[2])):
        values = [getattr(item, name) for item in scores]
        axes.plot(k, [np.nan if value is None else value for value in values], color=colour, label=name, marker=marker)
    axes.set(xlabel="Number of labels", ylabel="Score on the validation set (band: 95 % interval of the accuracy)")
    axes.yaxis.label.set_fontsize("small")
    return True


def _is_scored(item: RoundResultConfig) -> bool:
    return item.validation is not None and item.validation.n > 0


def _threshold(axes: Axes, found: ClassFacts) -> bool:
    if found.curve is None:
        return False
    at = np.linspace(0, 0.99, 100)
    points = [found.curve.curve.at(float(value)) for value in at]
    for colour, title, name, value in (
        (PALETTE[0], "purity", "purity", "precision"),
        (PALETTE[1], "completeness", "completeness", "recall"),
    ):
        bands = [getattr(point, name) or (np.nan, np.nan) for point in points]
        values = [getattr(point.scores, value) for point in points]
        axes.fill_between(at, [low for low, _ in bands], [high for _, high in bands], color=colour, alpha=0.2, lw=0)
        axes.plot(at, [np.nan if item is None else item for item in values], color=colour, label=title)
    axes.set(xlabel="Threshold", ylabel=f"Fraction ({found.curve.known.title}; bands: 95 %)", xlim=(0, 1))
    return True


def _reliability(axes: Axes, found: ClassFacts) -> bool:
    if found.calibration is None:
        return False
    axes.plot([0, 1], [0, 1], color="grey", ls="--", lw=1)
    for colour, title, bins in (
        (PALETTE[1], "model", found.calibration.before),
        (PALETTE[0], "calibrated", found.calibration.after),
    ):
        fraction = np.array([item.fraction for item in bins])
        ends = np.array([item.interval for item in bins]).reshape(-1, 2)
        error = np.abs(np.vstack([fraction - ends[:, 0], ends[:, 1] - fraction]))
        axes.errorbar([item.mean for item in bins], fraction, yerr=error, fmt="o", color=colour, label=title)
    axes.set(xlabel="Mean probability", ylabel="Fraction of the class (95 % intervals)")
    return True
