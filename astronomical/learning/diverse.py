"""Sources as unlike each other as possible: what to label while there is no model yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.ranking import DECIMALS
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, stop_if
from astronomical.learning.space import Space

__all__ = ["farthest_first"]


def farthest_first(features: FeatureMatrix, pool: NDArray[np.intp], order: NDArray[np.uint64],
                   labelled: NDArray[np.intp], n: int, cancelled: CancelCheck = never,
                   progress: Progress = no_progress) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return rows of the pool, each the farthest from those before it and from the labelled ones.

    The greedy k-centre traversal of Gonzalez (1985, Theoretical Computer Science 38, 293) over a seeded
    sample of the pool, by Euclidean distance of robustly scaled features.

    Parameters
    ----------
    features
        Features of all sources; missing ones are taken at the median of the training set.
    pool
        Row numbers that may be asked, in the order of their ids, shape (n_pool,).
    order
        A seeded hash of each source of the pool, shape (n_pool,).
    labelled
        Row numbers labelled already.
    n
        How many are wanted.
    cancelled
        Asked between steps whether to stop.
    progress
        Told how many of the steps are done.

    Returns
    -------
    rows, distances
        The rows, and their distance from the nearest of those before them. The very first has none before
        it and is given the distance of the second.
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
        # argmax settles ties by the lowest hash.
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
