"""Choose diverse sources to label before there is a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.feature_space import Space
from astronomical.learning.ranking import DECIMALS
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, stop_if

__all__ = ["farthest_first"]


def farthest_first(
    features: FeatureMatrix,
    pool: NDArray[np.intp],
    order: NDArray[np.uint64],
    labelled: NDArray[np.intp],
    n: int,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Choose rows of the pool, each as far as possible from the previous ones and from the labelled ones.

    This is the greedy k-centre traversal of Gonzalez (1985, Theoretical Computer Science 38, 293), applied to a
    seeded sample of the pool with the Euclidean distance between robustly scaled features.

    Parameters
    ----------
    features
        Features of all sources. Missing values are replaced by the median over the training set.
    pool
        Row numbers of the sources that may be queried, in the order of their ids, shape (n_pool,).
    order
        Seeded hash of each source of the pool, shape (n_pool,).
    labelled
        Row numbers of the labelled sources.
    n
        Number of rows to choose.
    cancelled
        Called between steps; the work stops if it returns True.
    progress
        Called with the fraction of the steps that are done.

    Returns
    -------
    rows, distances
        The rows, shape (n,), and the distance of each from the nearest previous one, shape (n,). The first row gets
        the distance of the second.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    """
    space = Space(features, pool, order, labelled)
    candidates = pool[space.sample]
    places, known = space.rows(candidates), space.labelled
    nearest = np.full(candidates.size, np.inf)
    n_steps = len(known) + min(n, candidates.size)
    for step, row in enumerate(known):
        stop_if(cancelled)
        progress(step / n_steps)
        np.minimum(nearest, _distances(places, row), out=nearest)
    chosen: list[int] = []
    distances: list[float] = []
    for step in range(len(known), n_steps):
        stop_if(cancelled)
        progress(step / n_steps)
        # argmax resolves ties by the lowest hash.
        best = int(np.argmax(np.round(nearest, DECIMALS)))
        chosen.append(best)
        distances.append(float(nearest[best]))
        np.minimum(nearest, _distances(places, places[best]), out=nearest)
        nearest[best] = -1.0
    if distances and not labelled.size:
        distances[0] = distances[1] if len(distances) > 1 else 0.0
    return candidates[chosen], np.array(distances)


def _distances(places: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.sqrt(np.sum((places - place) ** 2, axis=1))
    return distances
