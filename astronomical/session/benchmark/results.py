"""Turn the runs of a benchmark into tables: of all tasks with intervals and ranks, and of each task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np
from astropy.table import MaskedColumn, Table
from numpy.typing import NDArray

from astronomical.learning.run_comparison import MethodComparison, compare_runs
from astronomical.session.benchmark.benchmark import SCORES, FinishedBenchmark
from astronomical.session.benchmark.run_file import Curve

__all__ = ["MEASURES", "Measure", "comparisons", "result_table", "run_values", "task_table"]

#: What is compared: the score with all labels, and its mean over the curve.
Measure = Literal["end", "curve"]
MEASURES: tuple[Measure, ...] = ("curve", "end")


def run_values(benchmark: FinishedBenchmark, score: str, measure: Measure) -> NDArray[np.float64]:
    """Return a score of each run, shape (n_methods, n_tasks, n_seeds); NaN where it is undefined or the run failed.

    Parameters
    ----------
    benchmark
        The runs.
    score
        Name of the score.
    measure
        ``end`` for the score with all labels, ``curve`` for its mean over the numbers of labels where it is defined.
    """
    options, tasks = benchmark.plan.options, benchmark.plan.tasks
    methods = {method: place for place, method in enumerate(options.methods)}
    places = {task: place for place, task in enumerate(tasks)}
    values = np.full((len(methods), len(tasks), options.n_seeds), np.nan)
    for run, curve in benchmark.curves.items():
        values[methods[run.method], places[run.task], run.seed] = _measured(curve, score, measure)
    return values


def comparisons(benchmark: FinishedBenchmark, score: str, measure: Measure) -> tuple[MethodComparison, ...]:
    """Return the comparison of each method with the first one; parameters as for `run_values`."""
    return compare_runs(run_values(benchmark, score, measure))


def result_table(benchmark: FinishedBenchmark) -> Table:
    """Return a table with a row for each score, measure and method.

    Its columns are score, measure, strategy, model, start, n_tasks, n_runs, n_failed, mean, and difference and rank
    with the bounds of their intervals, and n_better. An unknown value is masked.
    """
    rows = []
    n_failed = dict.fromkeys(benchmark.plan.options.methods, 0)
    for run in benchmark.failures:
        n_failed[run.method] += 1
    for score in SCORES:
        for measure in MEASURES:
            for method, found in zip(n_failed, comparisons(benchmark, score, measure), strict=True):
                rows.append(
                    {
                        "score": score,
                        "measure": measure,
                        "strategy": method.strategy,
                        "model": method.model,
                        "start": method.start,
                        "n_tasks": found.n_tasks,
                        "n_runs": found.n_runs,
                        "n_failed": n_failed[method],
                        "mean": found.mean,
                        **_bounds("difference", found.difference.value, found.difference.low, found.difference.high),
                        "n_better": found.n_better,
                        **_bounds("rank", found.rank.value, found.rank.low, found.rank.high),
                    }
                )
    return _table(rows)


def task_table(benchmark: FinishedBenchmark) -> Table:
    """Return a table with a row for each score, measure, task and method: the mean score over the seeds."""
    return _table(_task_rows(benchmark))


def _task_rows(benchmark: FinishedBenchmark) -> Iterator[dict[str, Any]]:
    options, tasks = benchmark.plan.options, benchmark.plan.tasks
    for score in SCORES:
        for measure in MEASURES:
            values = run_values(benchmark, score, measure)
            for place, task in enumerate(tasks):
                for method, mine in zip(options.methods, values[:, place], strict=True):
                    known = mine[np.isfinite(mine)]
                    yield {
                        "score": score,
                        "measure": measure,
                        "project": task.project,
                        "class": task.class_name,
                        "strategy": method.strategy,
                        "model": method.model,
                        "start": method.start,
                        "n_runs": len(known),
                        "mean": float(known.mean()) if len(known) else float("nan"),
                        "lowest": float(known.min()) if len(known) else float("nan"),
                        "highest": float(known.max()) if len(known) else float("nan"),
                    }


def _measured(curve: Curve, score: str, measure: Measure) -> float:
    values = curve[score]
    if measure == "end":
        return float("nan") if values[-1] is None else float(values[-1])
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")


def _bounds(name: str, value: float, low: float, high: float) -> dict[str, float]:
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _table(rows: Iterable[dict[str, Any]]) -> Table:
    """Return rows as a table in which numbers that are NaN are masked."""
    given = list(rows)
    table = Table({name: [row[name] for row in given] for name in given[0]})
    for name in table.colnames:
        if table[name].dtype.kind == "f":
            table[name] = MaskedColumn(np.round(table[name], 6), mask=np.isnan(table[name]))
    return table
