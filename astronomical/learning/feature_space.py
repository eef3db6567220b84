"""Robustly scaled features of a pool, for distances between sources."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.ranking import best_first
from astronomical.learning.scoring import fill_missing

__all__ = ["CLIP", "N_SAMPLE", "Space", "robust_scale"]

N_SAMPLE = 2000

#: Scaled features are clipped at this value. It is large enough for a small cluster to remain separate, and small
#: enough that one extreme value does not dominate all other features.
CLIP = 10.0
#: Interquartile range of a normal distribution, in standard deviations.
_NORMAL_IQR = 1.349


class Space:
    """Features of a pool, scaled by the interquartile range of a seeded sample.

    Missing values are replaced by the median over the training set.

    Parameters
    ----------
    features
        Features of all sources.
    pool
        Row numbers of the pool, in the order of their ids, shape (n_pool,).
    order
        Seeded hash of each source of the pool, shape (n_pool,).
    labelled
        Row numbers of the labelled sources, shape (n_labels,).
    scored
        Row numbers of sources outside the pool on which the learner is scored, shape (n_scored,).
    """

    def __init__(
        self,
        features: FeatureMatrix,
        pool: NDArray[np.intp],
        order: NDArray[np.uint64],
        labelled: NDArray[np.intp] | None = None,
        scored: NDArray[np.intp] | None = None,
    ) -> None:
        self._features = features
        self._pool = pool
        self._order = order
        nothing = np.empty(0, dtype=np.intp)
        self._labelled = nothing if labelled is None else labelled
        self._scored = nothing if scored is None else scored

    @cached_property
    def labelled(self) -> NDArray[np.float64]:
        """Scaled features of the labelled sources, shape (n_labels, n_features)."""
        return self.rows(self._labelled)

    @cached_property
    def scored(self) -> NDArray[np.float64]:
        """Scaled features of the sources on which the learner is scored, shape (n_scored, n_features)."""
        return self.rows(self._scored)

    @cached_property
    def sample(self) -> NDArray[np.intp]:
        """Indices into the pool of a seeded sample, ordered by hash."""
        # Among equal utilities, the lowest hashes come first.
        return best_first(np.zeros(self._pool.size), self._order, N_SAMPLE)

    def places(self, places: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return scaled features for indices into the pool, shape (n, n_features)."""
        return self.rows(self._pool[places])

    def rows(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return scaled features for row numbers, shape (n, n_features)."""
        centre, spread = self._scale
        return np.clip((self._filled(rows) - centre) / spread, -CLIP, CLIP)

    @cached_property
    def _scale(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return robust_scale(self._filled(self._pool[self.sample]))

    def _filled(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        return fill_missing(self._features.rows(rows), self._features.medians).astype(np.float64)


def robust_scale(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return centre and spread of features: median and interquartile range, or standard deviation if that is 0.

    Parameters
    ----------
    values
        Features of a sample without missing values, shape (n, n_features).

    Returns
    -------
    centre, spread
        Each of shape (n_features,). The spread is in standard deviations of a normal distribution, and never 0.
    """
    if not values.size:
        return np.zeros(values.shape[1]), np.ones(values.shape[1])
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=0)
    spread = (high - low) / _NORMAL_IQR
    spread = np.where(spread > 0, spread, values.std(axis=0))
    return middle, np.where(spread > 0, spread, 1.0)
