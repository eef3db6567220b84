"""Draw a benchmark to an image file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import PALETTE
from astronomical.learning.run_comparison import MethodComparison
from astronomical.paths import writing
from astronomical.plots.figures import new_figure
from astronomical.session.benchmark.benchmark import FinishedBenchmark
from astronomical.session.benchmark.plan import Method
from astronomical.session.benchmark.results import comparisons

__all__ = ["plot_benchmark"]

#: Width of the figure, and its height without and for each method, in inches.
_WIDTH, _HEIGHT, _HEIGHT_OF_METHOD = 10.0, 3.0, 0.25


def plot_benchmark(benchmark: FinishedBenchmark, score: str, path: Path, *, overwrite: bool = False) -> None:
    """Draw mean learning curves, and the differences from the first method with their intervals.

    Parameters
    ----------
    benchmark
        The runs.
    score
        Name of the score.
    path
        Image to write, with an extension that `check_picture` accepts.
    overwrite
        Whether to replace an existing file.
    """
    methods = benchmark.plan.options.methods
    figure = new_figure(_WIDTH, _HEIGHT + _HEIGHT_OF_METHOD * len(methods))
    left, right = figure.subplots(1, 2)
    title = score.replace("_", " ")
    names = method_names(methods)
    _draw_curves(left, benchmark, score, names)
    left.set(xlabel="Number of labels", ylabel=f"{title.capitalize()}, mean over tasks")
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize="small")
    _draw_differences(right, names, comparisons(benchmark, score, "curve"))
    right.set(title=f"Difference from {names[0]}", xlabel=f"Mean {title} over the curve")
    with writing(path, overwrite=overwrite) as file:
        figure.savefig(file, format=path.suffix[1:].lower(), dpi=130)


def method_names(methods: Sequence[Method]) -> list[str]:
    """Return names of methods, without what all of them have in common."""
    parts = [(method.strategy, method.model, method.start) for method in methods]
    differ = [len(set(column)) > 1 for column in zip(*parts, strict=True)]
    if not any(differ):
        return [str(method) for method in methods]
    return [", ".join(part for part, shown in zip(row, differ, strict=True) if shown) for row in parts]


def _draw_curves(axes: Any, benchmark: FinishedBenchmark, score: str, names: Sequence[str]) -> None:
    for place, (method, name) in enumerate(zip(benchmark.plan.options.methods, names, strict=True)):
        labels, values = mean_curve(benchmark, method, score)
        axes.plot(labels, values, color=PALETTE[place % len(PALETTE)], label=name, lw=1.5)


def _draw_differences(axes: Any, names: Sequence[str], found: Sequence[MethodComparison]) -> None:
    axes.axvline(0, color="0.6", lw=1)
    for place, comparison in enumerate(found[1:], start=1):
        difference, colour = comparison.difference, PALETTE[place % len(PALETTE)]
        axes.plot([difference.low, difference.high], [place, place], color=colour, lw=2)
        axes.plot([difference.value], [place], "o", color=colour)
    axes.set_yticks(range(1, len(names)), names[1:], fontsize="small")
    axes.set_ylim(max(len(names), 2) - 0.5, 0.5)  # also for one method, which is compared with no other


def mean_curve(
    benchmark: FinishedBenchmark, method: Method, score: str
) -> tuple[NDArray[np.int_], NDArray[np.float64]]:
    """Return numbers of labels, and the mean over the tasks of the mean over the seeds.

    A curve that ended early keeps its last value.
    """
    options = benchmark.plan.options
    labels = np.arange(2, options.n_labels + 1)
    by_task = []
    for task in benchmark.plan.tasks:
        curves = [curve for run, curve in benchmark.curves.items() if (run.task, run.method) == (task, method)]
        values = np.full((len(curves), len(labels)), np.nan)
        for mine, curve in zip(values, curves, strict=True):
            known = [(n, value) for n, value in zip(curve["n_labels"], curve[score], strict=True) if value is not None]
            if known:
                numbers, scores = zip(*known, strict=True)
                mine[:] = np.interp(labels, numbers, scores, left=np.nan)
        if curves:
            by_task.append(_mean_of_known(values))
    found = _mean_of_known(np.array(by_task)) if by_task else np.full(len(labels), np.nan)
    drawn = np.isfinite(found)
    return labels[drawn], found[drawn]


def _mean_of_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each column that is known everywhere; NaN elsewhere."""
    known = values[~np.isnan(values).all(axis=1)]
    found: NDArray[np.float64] = known.mean(axis=0) if len(known) else np.full(values.shape[1], np.nan)
    return found
