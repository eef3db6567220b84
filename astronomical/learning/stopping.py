"""Whether the predictions of a learner still change from round to round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_KAPPA", "LEAST_OF_EACH", "N_KAPPAS", "N_SOURCES", "StopAdvice", "kappa", "stop_advice"]

#: Number of sources whose predictions are compared.
N_SOURCES = 2000
#: Number of comparisons of successive rounds whose mean decides, and the mean from which on they are stable.
N_KAPPAS, LEAST_KAPPA = 10, 0.99
#: Number of labels of each side below which nothing is said: a learner that never predicts its class is stable too.
LEAST_OF_EACH = 10

Verdict = Literal["few labels", "few rounds", "changing", "stable"]


@dataclass(frozen=True)
class StopAdvice:
    """Whether the predictions are stable; see `stop_advice`.

    Attributes
    ----------
    verdict
        ``few labels``, ``few rounds``, ``changing`` or ``stable``.
    n_own, n_rest
        Number of labels of the class and of the rest.
    kappas
        Agreement of the last rounds with the round before each, oldest first.
    mean
        Mean of the agreement; None if there are too few rounds.
    """

    verdict: Verdict
    n_own: int
    n_rest: int
    kappas: tuple[float, ...]
    mean: float | None


def kappa(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return Cohen's kappa of two predictions of the same sources [1]_.

    It is 1 if both are equal, also if they predict one side only, where the statistic is undefined.

    Parameters
    ----------
    first, second
        Whether the class is predicted, shape (n,).

    References
    ----------
    .. [1] J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 37
       (1960), doi:10.1177/001316446002000104.
    """
    if np.array_equal(first, second):
        return 1.0
    p, q = float(first.mean()), float(second.mean())
    observed, expected = float((first == second).mean()), p * q + (1 - p) * (1 - q)
    return (observed - expected) / (1 - expected)


def stop_advice(kappas: Sequence[float], n_own: int, n_rest: int) -> StopAdvice:
    """Return whether the predictions are stable, from the agreement of successive rounds [1]_.

    Stable predictions hardly change with more labels. They are not necessarily correct.

    Parameters
    ----------
    kappas
        Agreement of each round with the one before, oldest first; the last ten count.
    n_own, n_rest
        Number of labels of the class and of the rest.

    References
    ----------
    .. [1] M. Bloodgood & K. Vijay-Shanker, "A method for stopping active learning based on stabilizing predictions and
       the need for user-adjustable stopping", CoNLL (2009). The number of comparisons, and that each side needs ten
       labels, differ: with three comparisons half of the learners of rare classes would stop too early.
    """
    last = tuple(kappas[-N_KAPPAS:])
    mean = float(np.mean(last)) if len(last) == N_KAPPAS else None
    verdict: Verdict = "stable"
    if min(n_own, n_rest) < LEAST_OF_EACH:
        verdict = "few labels"
    elif mean is None:
        verdict = "few rounds"
    elif mean < LEAST_KAPPA:
        verdict = "changing"
    return StopAdvice(verdict, n_own, n_rest, last, mean)
