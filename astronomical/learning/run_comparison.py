"""Compare ways of active learning over many tasks, by a bootstrap over tasks that keeps runs of a seed paired."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

__all__ = ["Estimate", "MethodComparison", "compare_runs"]

#: Number of resamples, and their seed: the same runs always give the same intervals.
N_RESAMPLES, _SEED = 2000, 0
_BOUNDS = (0.025, 0.975)


@dataclass(frozen=True)
class Estimate:
    """A mean over tasks with its 95 % interval; NaN where unknown.

    Attributes
    ----------
    value, low, high
        The mean and the bounds. With fewer than two runs there are no bounds.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MethodComparison:
    """How a method compares with the others and with the reference.

    Attributes
    ----------
    mean
        Mean over the tasks of the mean score over the seeds.
    difference
        Mean of the differences from the reference, over the runs that both have.
    rank
        Mean rank among all methods, from 1 for the best; ties share their mean rank, and a run that is missing is last.
    n_better, n_tasks
        Number of tasks with a higher mean score than the reference, and of all tasks with runs of both.
    n_runs
        Number of runs with a score.
    """

    mean: float
    difference: Estimate
    rank: Estimate
    n_better: int
    n_tasks: int
    n_runs: int


def compare_runs(values: NDArray[np.float64], reference: int = 0) -> tuple[MethodComparison, ...]:
    """Compare the scores of several methods on the same tasks with the same seeds.

    Each of 2000 resamples draws as many tasks as there are, with replacement, and in each drawn task as many seeds.
    All methods have the same draws, and differences are taken within a task and a seed, so that what makes a task or a
    start easy cancels. Tasks have equal weights. The intervals are percentiles of the resamples [1]_.

    Parameters
    ----------
    values
        Score of each run, shape (n_methods, n_tasks, n_seeds); NaN where there is none.
    reference
        Index of the method with which the others are compared.

    Returns
    -------
    tuple of MethodComparison
        One for each method.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman and Hall (1993).
    """
    _, n_tasks, n_seeds = values.shape
    rng = np.random.default_rng(_SEED)
    tasks = rng.integers(n_tasks, size=(N_RESAMPLES, n_tasks, 1))
    seeds = rng.integers(n_seeds, size=(N_RESAMPLES, n_tasks, n_seeds))
    ranks = _ranks(values)
    found = []
    for place, mine in enumerate(values):
        differences = mine - values[reference]
        by_task = _mean(differences)
        found.append(
            MethodComparison(
                float(_mean(_mean(mine))),
                _estimate(differences, tasks, seeds),
                _estimate(ranks[place], tasks, seeds),
                int(np.count_nonzero(by_task > 0)),
                int(np.count_nonzero(np.isfinite(by_task))),
                int(np.count_nonzero(np.isfinite(mine))),
            )
        )
    return tuple(found)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rank of each method in each run, shape (n_methods, n_tasks, n_seeds); NaN where no method has one."""
    ranks: NDArray[np.float64] = rankdata(np.where(np.isnan(values), np.inf, -values), axis=0)
    ranks[:, np.isnan(values).all(axis=0)] = np.nan
    return ranks


def _estimate(values: NDArray[np.float64], tasks: NDArray[np.intp], seeds: NDArray[np.intp]) -> Estimate:
    """Return the mean of values of shape (n_tasks, n_seeds), with an interval from resamples."""
    mean = float(_mean(_mean(values)))
    if np.count_nonzero(np.isfinite(values)) < 2:
        return Estimate(mean, float("nan"), float("nan"))
    resampled = _mean(_mean(values[tasks, seeds]))
    low, high = np.quantile(resampled[np.isfinite(resampled)], _BOUNDS)
    return Estimate(mean, float(low), float(high))


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the last axis without NaN; NaN where there is no other value."""
    known = np.isfinite(values)
    n = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    found: NDArray[np.float64] = np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0)
    return found
