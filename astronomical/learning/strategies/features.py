"""Query strategies that use the features of the sources as well as the probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astronomical import extend
from astronomical.extend import Parameter
from astronomical.learning.feature_space import Space
from astronomical.learning.ranking import DECIMALS, best_first
from astronomical.learning.strategies.probability import Order, Proba, margin_confidence

__all__ = ["batch", "cover", "density"]

#: Only this many of the most uncertain sources are compared, so that the cost does not grow with the catalogue.
_N_DENSITY, _N_REFERENCES = 10_000, 1_000
_N_BATCH, _N_CHOSEN = 1_000, 256
_N_COVERING, _N_COVERED = 1_000, 64
_BLOCK = 2_000


@extend.query_strategy(
    "density",
    title="Density-weighted",
    looks_at="features",
    help="Queries uncertain sources that are similar to many others, and avoids outliers. Learns more slowly than "
    "uncertainty if it is trained after each label.",
    parameters=(Parameter("beta", 1.0, "Weight of the density; 0 for uncertainty alone.", (0.0, 10.0)),),
)
def density(proba: Proba, order: Order, space: Space, beta: float = 1.0) -> NDArray[np.float64]:
    """Return the information density: uncertainty times mean similarity to the pool (Settles & Craven 2008, EMNLP).

    The similarity of two sources is 1 / (1 + d), where d is the Euclidean distance of the robustly scaled features.
    Its mean is taken over a seeded sample of 1,000 sources of the pool. The density is computed for the 10,000 most
    uncertain sources; the others are ranked after them by uncertainty.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2).
    order
        Seeded hash of each source, shape (n,).
    space
        Scaled features of the pool.
    beta
        Exponent of the mean similarity.
    """
    uncertain = 1.0 - margin_confidence(proba)
    places = best_first(uncertain, order, _N_DENSITY)
    references = space.places(space.sample[:_N_REFERENCES])
    alike = np.empty(places.size)
    for start in range(0, places.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        alike[block] = np.mean(1.0 / (1.0 + _distances(space.places(places[block]), references)), axis=1)
    utilities = uncertain - 1.0
    utilities[places] = uncertain[places] * alike**beta
    return utilities


@extend.query_strategy(
    "batch",
    title="Diverse batch",
    looks_at="features",
    help="Queries uncertain sources that differ from the labelled ones and from each other. For batches of several "
    "sources: if it is trained after each label, it learns more slowly than uncertainty.",
    parameters=(Parameter("diversity", 0.5, "Weight of the distance relative to the uncertainty.", (0.0, 1.0)),),
)
def batch(proba: Proba, order: Order, space: Space, diversity: float = 0.5) -> NDArray[np.float64]:
    """Return the score with which each source is added to a diverse batch.

    The batch is built greedily from the 1,000 most uncertain sources. The next source has the largest weighted sum of
    its uncertainty and its distance from the nearest source that was already chosen (Brinker 2003, ICML) or labelled
    (Cardoso et al. 2017). The uncertainty is 1 - abs(2p - 1). A Euclidean distance d between robustly scaled features
    is mapped to d / (d + s), where s is the median distance of the 1,000 sources from their mean. The scores decrease
    from one source to the next, so that a batch of any size is the beginning of the ranking.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2).
    order
        Seeded hash of each source, shape (n,).
    space
        Scaled features of the pool.
    diversity
        Weight of the distance, from 0 to 1; the weight of the uncertainty is one minus this.
    """
    uncertain = 1.0 - margin_confidence(proba)
    candidates = best_first(uncertain, order, _N_BATCH)
    utilities = (1.0 - diversity) * uncertain
    utilities[candidates] = _joining_scores(utilities[candidates], space.places(candidates), space.labelled, diversity)
    return utilities


@extend.query_strategy(
    "cover",
    title="Cover the catalogue",
    looks_at="features",
    needs_model=False,
    help="Queries sources that are unlike those with labels, but like many others, so that scores can be believed for "
    "more of the catalogue. It does not use the model, and learns more slowly than uncertainty.",
)
def cover(proba: Proba, order: Order, space: Space) -> NDArray[np.float64]:
    """Return by how much each source would reduce the mean distance of the pool from the nearest known source.

    Known are the labelled sources and those on which the learner is scored. The distance is Euclidean, between robustly
    scaled features, and its mean is taken over a seeded sample of 1,000 sources of the pool. The source with the
    largest reduction is chosen, then the next one beside it, up to 64 sources of the sample: the greedy solution of the
    k-medoids problem, which is close to the best one (facility location; Nemhauser, Wolsey & Fisher 1978, Mathematical
    Programming 14, 265). All others have the utility 0.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2); they are not used.
    order
        Seeded hash of each source, shape (n,).
    space
        Scaled features of the pool, and of the known sources.
    """
    utilities = np.zeros(order.size)
    chosen = space.sample[:_N_COVERING]
    if chosen.size:
        utilities[chosen] = _covering_scores(space.places(chosen), np.vstack([space.labelled, space.scored]))
    return utilities


def _covering_scores(points: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the reduction of the mean distance by each point when it was chosen, or at the end if it was not."""
    between = _distances(points, points)
    # Without any known source, the centre of the sample is the first one.
    nearest = _distances(points, known).min(axis=1) if len(known) else between.max(axis=1)
    scores = np.zeros(len(points))
    waiting = np.ones(len(points), dtype=bool)
    for turn in range(min(_N_COVERED, len(points)) + 1):
        gains = np.maximum(nearest - between, 0.0).mean(axis=1)
        scores[waiting] = gains[waiting]
        if turn == _N_COVERED or not waiting.any():
            break
        # Points with equal gains are in the order of their hashes, and argmax takes the first.
        best = int(np.argmax(np.where(waiting, np.round(gains, DECIMALS), -np.inf)))
        waiting[best] = False
        nearest = np.minimum(nearest, between[best])
    return scores


def _joining_scores(
    useful: NDArray[np.float64], points: NDArray[np.float64], labelled: NDArray[np.float64], diversity: float
) -> NDArray[np.float64]:
    """Return the score of each candidate when it was chosen, or the final score if it was not chosen."""
    if not useful.size:
        return useful
    unit = float(np.median(np.linalg.norm(points - points.mean(axis=0), axis=1))) or 1.0
    scores = useful + diversity
    for other in labelled:
        scores = np.minimum(scores, _score_beside(other, useful, points, unit, diversity))
    waiting = np.ones(useful.size, dtype=bool)
    for _ in range(min(_N_CHOSEN, useful.size)):
        # Candidates with equal scores are in the order of their hashes, and argmax takes the first.
        chosen = int(np.argmax(np.where(waiting, np.round(scores, DECIMALS), -np.inf)))
        waiting[chosen] = False
        beside = _score_beside(points[chosen], useful, points, unit, diversity)
        scores = np.where(waiting, np.minimum(scores, beside), scores)
    return scores


def _score_beside(
    other: NDArray[np.float64], useful: NDArray[np.float64], points: NDArray[np.float64], unit: float, diversity: float
) -> NDArray[np.float64]:
    """Return the scores of candidates if `other` were their nearest chosen or labelled source."""
    distance = np.linalg.norm(points - other, axis=1)
    scores: NDArray[np.float64] = useful + diversity * distance / (distance + unit)
    return scores


def _distances(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Euclidean distances between two sets of points, shape (n_points, n_others)."""
    squares = np.sum(points**2, axis=1)[:, None] + np.sum(others**2, axis=1) - 2.0 * points @ others.T
    distances: NDArray[np.float64] = np.sqrt(np.maximum(squares, 0.0))
    return distances
