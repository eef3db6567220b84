"""How like the sources with known labels each source of a catalogue is, and scores that hold for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.forest_fit import fit
from astronomical.learning.intervals import wilson_interval
from astronomical.learning.scoring import (
    CancelCheck,
    Progress,
    fill_missing,
    never,
    no_progress,
    one_thread,
    part_of,
    probabilities,
)

__all__ = [
    "LARGE_LEAVES",
    "LEAST_EFFECTIVE",
    "SMALL_LEAVES",
    "UNLIKE",
    "WeightedScore",
    "is_unlike",
    "likeness",
    "weighted_score",
    "weights_of",
]

#: A source with a smaller likeness is unlike the known sources.
UNLIKE = 0.01
#: Least number of sources in the leaf of a tree: few, to find limits, and many for weights, which noise makes too
#: unequal.
SMALL_LEAVES, LARGE_LEAVES = 20, 100
#: Effective number of sources below which no score is given.
LEAST_EFFECTIVE = 30.0
#: Limit of the odds of the catalogue against the scored sources.
_MOST_WEIGHT = 20.0
_N_FOLDS = 4
#: Number of known sources, and of sources of the catalogue, that a forest is trained on.
_N_SAMPLED = 3000
_N_TREES = 40
#: With all features at each split, sharp limits are found; of very many features a sample is enough.
_MOST_FEATURES = 24
#: With few known sources, large leaves are smaller: the part with known sources still has about as many of them.
_LEAVES = 10
_SEED_MASK = 2**32 - 1


@dataclass(frozen=True)
class WeightedScore:
    """A score of sources with weights; None if it is undefined or known too badly.

    Attributes
    ----------
    value, interval
        The weighted score, and its Wilson interval of 95 % for the effective number.
    n_effective
        Effective number of sources [1]_: as many sources without weights have a score that is as well known.

    References
    ----------
    .. [1] L. Kish, "Survey Sampling", Wiley (1965).
    """

    value: float | None
    interval: tuple[float, float] | None
    n_effective: float


def likeness(
    features: FeatureMatrix,
    known: NDArray[np.bool_],
    among: NDArray[np.bool_],
    hashes: NDArray[np.uint64],
    seed: int,
    rows: NDArray[np.intp] | None = None,
    least_in_leaf: int = SMALL_LEAVES,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> NDArray[np.float32]:
    """Return how like known sources each source is: the probability with which a forest takes it for one of them.

    Random forests are trained to tell known sources from a sample of the whole catalogue, both with the same weight
    [1]_. The sources are divided into four folds by their hashes, and each is judged by a forest that was trained on
    the other folds. The value is 0.5 where known sources are as frequent as in the whole catalogue, and 0 where there
    are none.

    Parameters
    ----------
    features
        Features of all sources.
    known
        Which sources are known, shape (n_rows,).
    among
        Which sources are part of the catalogue here, shape (n_rows,).
    hashes
        Hash of each source, shape (n_rows,).
    seed
        Seed of the forests.
    rows
        Row numbers of the sources to judge; by default all of `among`.
    least_in_leaf
        Least number of sources in a leaf of a tree; with fewer than 1,000 known sources, a tenth of their number, but
        at least 20.
    cancelled, progress
        Called regularly: whether to stop, and with the fraction of the work that is done.

    Returns
    -------
    ndarray
        The likeness, NaN for sources that were not judged, shape (n_rows,).

    Raises
    ------
    Cancelled
        If `cancelled` returned True.

    References
    ----------
    .. [1] S. Bickel, M. Brückner & T. Scheffer, "Discriminative Learning Under Covariate Shift", Journal of Machine
       Learning Research 10, 2137 (2009).
    """
    found = np.full(len(hashes), np.nan, dtype=np.float32)
    rows = np.flatnonzero(among) if rows is None else rows
    folds = hashes % np.uint64(_N_FOLDS)
    for fold in range(_N_FOLDS):
        judged = rows[folds[rows] == fold]
        told = part_of(progress, fold / _N_FOLDS, (fold + 1) / _N_FOLDS)
        own, rest = (_first(np.flatnonzero(mask & (folds != fold)), hashes) for mask in (known & among, among))
        if not len(own) or not len(judged):
            found[judged] = 0.0
            continue
        chosen, y = np.concatenate([own, rest]), np.repeat(np.array([1, 0]), (len(own), len(rest)))
        X = fill_missing(features.rows(chosen), features.medians).astype(np.float64)
        forest = RandomForestClassifier(
            _N_TREES,
            min_samples_leaf=min(least_in_leaf, max(SMALL_LEAVES, len(own) // _LEAVES)),
            max_features=min(_MOST_FEATURES, X.shape[1]),
            random_state=(seed + fold) & _SEED_MASK,
        )
        with one_thread():
            fit(forest, X, y, cancelled, part_of(told, 0.0, 0.5))
        p = probabilities(forest, features, judged, cancelled, fill=True, progress=part_of(told, 0.5, 1.0))
        found[judged] = _balanced(p, len(own), len(rest))
    progress(1.0)
    return found


def is_unlike(values: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return whether sources with a likeness are unlike the known sources; those that were not judged are not."""
    unlike: NDArray[np.bool_] = np.asarray(values) < UNLIKE
    return unlike


def weights_of(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how many sources of the catalogue each scored source represents, with a mean of one.

    The weights are the odds of the catalogue against the scored sources [1]_. They are limited, so that no few sources
    decide.

    Parameters
    ----------
    values
        Likeness of the scored sources, where these are the known ones, shape (n,).

    References
    ----------
    .. [1] H. Shimodaira, "Improving predictive inference under covariate shift by weighting the log-likelihood
       function", Journal of Statistical Planning and Inference 90, 227 (2000), doi:10.1016/S0378-3758(00)00115-4.
    """
    own = np.asarray(values, dtype=np.float64)
    weights = np.minimum((1 - own) / np.maximum(own, 1 / (1 + _MOST_WEIGHT)), _MOST_WEIGHT)
    total = weights.sum()
    return weights * (len(weights) / total) if total > 0 else np.ones(len(weights))


def weighted_score(hit: NDArray[np.bool_], weights: NDArray[np.float64]) -> WeightedScore:
    """Return the weighted fraction of hits.

    Parameters
    ----------
    hit
        Whether each source counts as a hit, shape (n,).
    weights
        Weights of the sources, shape (n,).
    """
    total = float(weights.sum())
    if total <= 0:
        return WeightedScore(None, None, 0.0)
    n_effective = total**2 / float(np.sum(weights**2))
    if n_effective < LEAST_EFFECTIVE:
        return WeightedScore(None, None, n_effective)
    value = min(float(weights[hit].sum()) / total, 1.0)
    return WeightedScore(value, wilson_interval(value * n_effective, n_effective), n_effective)


def _first(rows: NDArray[np.intp], hashes: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Return a sample of some rows: those with the lowest hashes, ascending."""
    if len(rows) > _N_SAMPLED:
        rows = rows[np.argpartition(hashes[rows], _N_SAMPLED - 1)[:_N_SAMPLED]]
    return np.sort(rows)


def _balanced(p: NDArray[np.float64], n_own: int, n_rest: int) -> NDArray[np.float64]:
    """Return probabilities as if both sides had as many sources."""
    own = p / n_own
    balanced: NDArray[np.float64] = own / (own + (1 - p) / n_rest)
    return balanced
