"""Completeness and purity of the predicted sources at any threshold, from sources with known labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.errors import InvalidInputError
from astronomical.learning.intervals import wilson_interval
from astronomical.learning.metrics import UNKNOWN, Counts, SetScores

__all__ = ["OperatingCurve", "OperatingPoint", "operating_curve"]

#: Number of digits up to which a threshold between two probabilities is shortened.
_MOST_DIGITS = 12


@dataclass(frozen=True)
class OperatingPoint:
    """Scores at a threshold.

    Attributes
    ----------
    threshold
        Probability above which the class is predicted.
    scores
        Scores of the sources with known labels; its precision is the purity, and its recall the completeness.
    purity, completeness
        Wilson intervals of 95 %; None if no source is predicted, or none belongs to the class.
    n_pool
        Number of sources of the pool for which the class is predicted.
    """

    threshold: float
    scores: SetScores
    purity: tuple[float, float] | None
    completeness: tuple[float, float] | None
    n_pool: int


@dataclass(frozen=True, eq=False)
class OperatingCurve:
    """Completeness and purity against the threshold; see `operating_curve`.

    Attributes
    ----------
    proba
        Distinct probabilities of the sources with known labels, ascending, shape (n_distinct,).
    n_above, n_hits
        Number of these sources with at least each probability, and how many of them belong to the class, and 0 at
        the end, shape (n_distinct + 1,).
    pool
        Probabilities of the pool, ascending, shape (n_pool,).
    """

    proba: NDArray[np.floating]
    n_above: NDArray[np.intp]
    n_hits: NDArray[np.intp]
    pool: NDArray[np.floating]

    def at(self, threshold: float) -> OperatingPoint:
        """Return the scores if the class is predicted above a threshold, by binary search.

        Raises
        ------
        InvalidInputError
            If the threshold is not at least 0 and below 1.
        """
        check_threshold(threshold)
        place = _first_above(self.proba, threshold)
        counts = self._counts(place)
        return OperatingPoint(
            threshold,
            SetScores.of(counts),
            wilson_interval(counts.tp, counts.tp + counts.fp) if counts.tp + counts.fp else None,
            wilson_interval(counts.tp, counts.tp + counts.fn) if counts.tp + counts.fn else None,
            len(self.pool) - _first_above(self.pool, threshold),
        )

    def for_purity(self, purity: float) -> float | None:
        """Return the smallest threshold at which the purity is at least a value; None if there is none.

        Of all thresholds between two neighbouring probabilities, which predict the same sources, the shortest decimal
        near their middle is returned, so that the last bit of a probability decides nothing.

        Parameters
        ----------
        purity
            The value, above 0 and at most 1.

        Raises
        ------
        InvalidInputError
            If the value is not above 0 and at most 1.
        """
        if not 0 < purity <= 1:
            raise InvalidInputError(f"the purity must be above 0 and at most 1, not {purity:g}")
        first = _first_above(self.proba, 0.0)
        # Compare counts, not a quotient: 19 of 20 are 0.95.
        enough = self.n_hits[first:-1] >= purity * self.n_above[first:-1] * (1 - 1e-12)
        if not enough.any():
            return None
        place = first + int(np.argmax(enough))
        return _between(self.proba[place - 1] if place else self.proba.dtype.type(0), self.proba[place])

    def _counts(self, place: int) -> Counts:
        tp, claimed = int(self.n_hits[place]), int(self.n_above[place])
        n, positive = int(self.n_above[0]), int(self.n_hits[0])
        return Counts(tp=tp, fp=claimed - tp, fn=positive - tp, tn=n - positive - claimed + tp)


def operating_curve(
    truth: NDArray[np.integer], proba: NDArray[np.floating], pool: NDArray[np.floating] | None = None
) -> OperatingCurve:
    """Sort the probabilities of sources with known labels, so that the scores at any threshold are found quickly.

    Each threshold gives the same purity and completeness as `sklearn.metrics.precision_recall_curve`. Without any
    predicted source the purity is undefined, whereas scikit-learn sets it to 1.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, -1 for unknown, shape (n,). Unknown sources are not counted.
    proba
        Probability of the class, shape (n,). Sources with NaN are not counted.
    pool
        Probabilities of the sources that may be queried, shape (n_pool,). NaN are not counted.
    """
    known = (truth != UNKNOWN) & ~np.isnan(proba)
    hits, values = truth[known] == 1, proba[known]
    order = np.argsort(values, kind="stable")
    distinct, first = np.unique(values[order], return_index=True)
    below = np.append(0, np.cumsum(hits[order]))[np.append(first, len(values))]
    rest = np.empty(0, dtype=values.dtype) if pool is None else np.sort(pool[~np.isnan(pool)])
    return OperatingCurve(distinct, len(values) - np.append(first, len(values)), below[-1] - below, rest)


def check_threshold(threshold: float) -> None:
    """Raise an error if a threshold is not at least 0 and below 1.

    Raises
    ------
    InvalidInputError
        If it is not.
    """
    if not 0 <= threshold < 1:
        raise InvalidInputError(f"a threshold must be at least 0 and below 1, not {threshold:g}")


def _first_above(ascending: NDArray[np.floating], threshold: float) -> int:
    """Return the index of the first value above a threshold of the same precision; see `is_claimed`."""
    return int(np.searchsorted(ascending, ascending.dtype.type(threshold), side="right"))


def _between(low: np.floating, high: np.floating) -> float:
    """Return a short decimal above `low` and below `high`, near their middle; `low` if no number is between them."""
    middle = (float(low) + float(high)) / 2
    for digits in range(2, _MOST_DIGITS):
        short = round(middle, digits)
        if low < low.dtype.type(short) < high:
            return short
    return float(low)
