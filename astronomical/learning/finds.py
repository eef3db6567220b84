"""Find all sources of a rare class: how many there can be at most, and whether a target recall is reached."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import hypergeom

from astronomical.errors import InvalidInputError

__all__ = ["CONFIDENCE", "Search", "check_target"]

#: Confidence of the limits.
CONFIDENCE = 0.95
#: The queries are tested as a whole, and the last half, quarter and eighth of them.
_FRACTIONS = np.array([1, 2, 4, 8])
_EXACT = 1e-9


@dataclass(frozen=True, eq=False)
class Search:
    """Queries in their order, and what is left of the pool.

    The limits are from the test of Callaghan & Müller-Hansen [1]_. The last queries are compared with as many sources
    drawn at random from the pool that there was before them: if a draw with so few finds is improbable for a number of
    remaining sources of the class, there are fewer. This is done for all queries and for the last half, quarter and
    eighth of them, with Bonferroni's correction. It assumes that the queries found the class at least as often as
    random sources would have done. This holds for a strategy that prefers likely or uncertain members of a rare class,
    which makes the limits cautious; it does not hold for parts of the class that the model takes for something else.

    Attributes
    ----------
    hits
        Whether each queried source belongs to the class, shape (n,).
    n_left
        Number of sources in the pool after the queries.
    n_known
        Number of known sources of the class that were not queried, such as initial labels.

    References
    ----------
    .. [1] M. W. Callaghan & F. Müller-Hansen, "Statistical stopping criteria for automated screening in systematic
       reviews", Systematic Reviews 9, 273 (2020), doi:10.1186/s13643-020-01521-4.
    """

    hits: NDArray[np.bool_]
    n_left: int
    n_known: int = 0

    @classmethod
    def of(cls, hits: ArrayLike, n_left: int, n_known: int = 0) -> Search:
        """Return a search with copies of the given values."""
        return cls(np.array(hits, dtype=np.bool_).reshape(-1), n_left, n_known)

    @property
    def n_found(self) -> int:
        """Number of known sources of the class."""
        return self.n_known + int(np.count_nonzero(self.hits))

    def p_value(self, n_total: int) -> float:
        """Return how probable so few finds would be if there were `n_total` sources of the class or more.

        Parameters
        ----------
        n_total
            Number of sources of the class, with the known ones.
        """
        n = len(self.hits)
        if not n:
            return 1.0
        windows = np.unique(np.maximum(n // _FRACTIONS, 1))
        total = np.concatenate([[0], np.cumsum(self.hits)])
        finds = total[n] - total[n - windows]
        n_pool = self.n_left + windows
        n_own = np.minimum(n_total - self.n_found + finds, n_pool)
        return min(1.0, len(windows) * float(hypergeom.cdf(finds, n_pool, n_own, windows).min()))

    def at_most(self, confidence: float = CONFIDENCE) -> int:
        """Return the upper limit of the number of sources of the class, with the known ones."""
        low, high = self.n_found, self.n_found + self.n_left
        while low < high:
            middle = (low + high + 1) // 2
            if self.p_value(middle) < 1 - confidence:
                high = middle - 1
            else:
                low = middle
        return low

    def n_needed(self, target: float, confidence: float = CONFIDENCE) -> int:
        """Return about how many further queries without a find it takes to show that a target recall is reached.

        It is 0 if and only if that is shown already.

        Parameters
        ----------
        target
            The recall: fraction of the class that is found.
        confidence
            Confidence with which a lower recall is excluded.
        """
        check_target(target)
        # The smallest number of sources with which the target is missed.
        n_missed = floor(self.n_found / target + _EXACT) + 1

        def is_shown(n_more: int) -> bool:
            hits = np.concatenate([self.hits, np.zeros(n_more, dtype=np.bool_)])
            later = Search(hits, self.n_left - n_more, self.n_known)
            return n_missed > later.n_found + later.n_left or later.p_value(n_missed) < 1 - confidence

        if is_shown(0):
            return 0
        low, high = 1, self.n_left
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if is_shown(middle) else (middle + 1, high)
        return low


def check_target(target: float) -> None:
    """Raise an error if a target recall is not above 0 and below 1."""
    if not 0 < target < 1:
        raise InvalidInputError(f"The target must be above 0 and below 1, such as 0.95, not {target:g}.")
