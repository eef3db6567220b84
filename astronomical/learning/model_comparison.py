"""Compare models that were trained on the same labels, by a paired bootstrap over the validation set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.learning.metrics import is_claimed
from astronomical.learning.scoring import CancelCheck, never, stop_if
from astronomical.learning.trials import SCORES

__all__ = ["ScoreDifference", "paired_bootstrap"]

#: Number of resamples, and number of values of the resamples that are computed together.
N_RESAMPLES, _BLOCK_VALUES = 1000, 1_000_000


@dataclass(frozen=True)
class ScoreDifference:
    """Difference of a score between a model and the current one, with its 95 % interval; NaN where undefined."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval does not include 0."""
        return bool(self.low > 0 or self.high < 0)


def paired_bootstrap(
    truth: NDArray[np.int8],
    current: NDArray[np.float32],
    others: list[NDArray[np.float32]],
    seed: int,
    cancelled: CancelCheck = never,
) -> list[dict[str, ScoreDifference]]:
    """Return the difference of each score between each model and the current one.

    The sources are drawn with replacement 1,000 times, the same ones for all models; the interval is between the
    2.5 and 97.5 percentiles of the differences [1]_.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, shape (n,).
    current
        Probabilities by the current model, shape (n,).
    others
        Probabilities by the other models, shape (n,) each.
    seed
        Seed of the draws.
    cancelled
        Called regularly; the work stops if it returns True.

    References
    ----------
    .. [1] B. Efron & R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall (1993).
    """
    models = [_Model(truth, proba) for proba in (current, *others)]
    whole = np.ones((1, len(truth)), dtype=np.float64)
    exact = [{name: values[0] for name, values in model.scores(whole).items()} for model in models]
    drawn: list[dict[str, list[NDArray[np.float64]]]] = [{name: [] for name in SCORES} for _ in models]
    for counts in _resamples(len(truth), seed):
        for model, found in zip(models, drawn, strict=True):
            stop_if(cancelled)
            for name, values in model.scores(counts).items():
                found[name].append(values)
    base = {name: np.concatenate(values) for name, values in drawn[0].items()}
    return [
        {name: _difference(values[name] - exact[0][name], np.concatenate(found[name]) - base[name]) for name in SCORES}
        for values, found in zip(exact[1:], drawn[1:], strict=True)
    ]


def _resamples(n: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each source is drawn, in blocks of resamples, shape (n_block, n)."""
    generator = np.random.default_rng(seed)
    most = max(1, min(N_RESAMPLES, _BLOCK_VALUES // n))
    for start in range(0, N_RESAMPLES, most):
        size = min(most, N_RESAMPLES - start)
        drawn = generator.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


class _Model:
    """Sorted probabilities, so that the scores of many resamples are found quickly."""

    def __init__(self, truth: NDArray[np.int8], proba: NDArray[np.float32]) -> None:
        self._positive, self._claimed = truth == 1, is_claimed(proba)
        self._order = np.argsort(-proba, kind="stable")
        ranked = proba[self._order]
        self._ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)

    def scores(self, counts: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the scores if each source is counted several times, shape (len(counts),) each."""
        positive, claimed = self._positive.astype(np.float64), self._claimed.astype(np.float64)
        n, n_positive = counts.sum(axis=1), counts @ positive
        hits, n_claimed = counts @ (positive * claimed), counts @ claimed
        correct = counts @ (self._positive == self._claimed).astype(np.float64)
        sorted_counts = counts[:, self._order]
        above = np.cumsum(sorted_counts, axis=1)[:, self._ends]
        found = np.cumsum(sorted_counts * positive[self._order], axis=1)[:, self._ends]
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.where(above > 0, found / above, 0.0)
            steps = np.diff(found, axis=1, prepend=0.0)
            return {
                "average_precision": (steps * precision).sum(axis=1) / n_positive,
                "f1": 2 * hits / (n_positive + n_claimed),
                "accuracy": correct / n,
            }


def _difference(value: float, drawn: NDArray[np.float64]) -> ScoreDifference:
    drawn = drawn[~np.isnan(drawn)]
    if not drawn.size:
        return ScoreDifference(float(value), float("nan"), float("nan"))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return ScoreDifference(float(value), float(low), float(high))
