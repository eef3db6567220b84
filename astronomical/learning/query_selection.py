"""Rank a pool by a query strategy, and compute the confidence of each source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from modAL.models import ActiveLearner
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.errors import InvalidInputError
from astronomical.learning.failures import naming_failures
from astronomical.learning.feature_space import Space
from astronomical.learning.modal import FIRST_RANKED, PoolCommittee, PoolLearner, ranked_by
from astronomical.learning.ranking import best_first, percentile
from astronomical.learning.scoring import fill_missing
from astronomical.learning.strategies.probability import margin_confidence

__all__ = ["Pool", "QuerySelection", "Strategy", "select_queries", "utilities_of"]

LooksAt = Literal["probabilities", "votes", "features", "classifier"]


@dataclass(frozen=True)
class Strategy:
    """A query strategy with its parameters.

    Attributes
    ----------
    name
        Name of the strategy.
    utility
        Returns the utility of each source of the pool: ``f(proba, order)``, ``f(votes, order)`` or
        ``f(proba, order, space)``. The source with the largest utility is queried first. It may also have the
        signature of modAL.
    confidence
        Maps probabilities or votes to the range 0 to 1 for the confidence plot; None to use the percentile of the
        utility.
    needs_model
        Whether the utilities depend on the model.
    looks_at
        Arguments of `utility`: mean probabilities, probabilities of each member, also the features, or the classifier
        and features that modAL expects.
    """

    name: str
    utility: Callable[..., Any]
    confidence: Callable[..., NDArray[np.floating]] | None = None
    needs_model: bool = True
    looks_at: LooksAt = "probabilities"

    @property
    def first_ranked(self) -> int:
        """Number of sources that are ranked at first."""
        return FIRST_RANKED if self.looks_at == "classifier" else 256


@dataclass(frozen=True, eq=False)
class Pool:
    """Sources that may be queried, in the order of their ids.

    Attributes
    ----------
    features
        Features of all sources.
    rows
        Row numbers of the pool, shape (n_pool,).
    order
        Seeded hash of each source of the pool, shape (n_pool,).
    votes
        Probability of the class from each member of the learner, shape (n_members, n_pool).
    labelled
        Row numbers of the sources trained on, shape (n_labels,).
    scored
        Row numbers of a sample of the sources on which the learner is scored, shape (n_scored,); only for strategies
        that look at features.
    """

    features: FeatureMatrix
    rows: NDArray[np.intp]
    order: NDArray[np.uint64]
    votes: NDArray[np.float64]
    labelled: NDArray[np.intp]
    scored: NDArray[np.intp] | None = None


@dataclass(frozen=True, eq=False)
class QuerySelection:
    """The ranking of a pool.

    Attributes
    ----------
    ranked, utilities
        Indices into the pool, best first, and the utility of each. A strategy with the signature of modAL gives no
        utilities; they are set to the reciprocal of the rank.
    confidence
        Confidence of each source of the pool, from 0 to 1, shape (n_pool,).
    """

    ranked: NDArray[np.intp]
    utilities: NDArray[np.float64]
    confidence: NDArray[np.float64]


def select_queries(strategy: Strategy, pool: Pool, learners: Sequence[ActiveLearner], n: int) -> QuerySelection:
    """Rank the pool by a query strategy.

    Parameters
    ----------
    strategy
        The query strategy.
    pool
        The sources, with the probabilities from the members of the learner.
    learners
        The fitted members, for strategies with the signature of modAL.
    n
        Number of sources to rank.

    Raises
    ------
    ValueError
        If the strategy fails or returns an invalid result.
    """
    proba, sides = _sides(pool.votes)
    if strategy.looks_at == "classifier":
        ranked = _ask_modal(strategy, pool, learners, n)
        confidence = (strategy.confidence or margin_confidence)(sides)
        return QuerySelection(ranked, 1.0 / np.arange(1, ranked.size + 1), np.asarray(confidence, dtype=np.float64))
    seen = pool.votes if strategy.looks_at == "votes" else sides
    space: tuple[Space, ...] = ()
    if strategy.looks_at == "features":
        space = (Space(pool.features, pool.rows, pool.order, pool.labelled, pool.scored),)
    utilities = _utilities(strategy, seen, pool.order, *space)
    if utilities.shape != proba.shape:
        raise InvalidInputError(
            f"the query strategy {strategy.name!r} returned an array of shape "
            f"{utilities.shape}; it must return one utility per source of the pool, "
            f"shape {proba.shape}"
        )
    if utilities.size and np.isnan(utilities).all():
        raise InvalidInputError(f"the query strategy {strategy.name!r} returned only NaN; utilities must be numbers")
    ranked = best_first(utilities, pool.order, n)
    with naming_failures(f"the query strategy {strategy.name!r}"):
        confidence = percentile(utilities) if strategy.confidence is None else strategy.confidence(seen)
    return QuerySelection(ranked, utilities[ranked], np.asarray(confidence, dtype=np.float64))


def utilities_of(strategy: Strategy, votes: NDArray[np.float64], order: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return the utilities of sources by a strategy that looks at probabilities or votes only.

    Parameters
    ----------
    strategy
        The query strategy.
    votes
        Probability of the class from each member of the learner, shape (n_members, n).
    order
        Seeded hash of each source, shape (n,).

    Returns
    -------
    ndarray
        Shape (n,).

    Raises
    ------
    ValueError
        If the strategy fails.
    """
    _, sides = _sides(votes)
    return _utilities(strategy, votes if strategy.looks_at == "votes" else sides, order)


def _sides(votes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean probability of the class, and those of rest and class, shapes (n,) and (n, 2)."""
    proba = votes[0] if len(votes) == 1 else votes.mean(axis=0)
    return proba, np.column_stack([1.0 - proba, proba])


def _utilities(
    strategy: Strategy, seen: NDArray[np.float64], order: NDArray[np.uint64], *space: Space
) -> NDArray[np.float64]:
    with naming_failures(f"the query strategy {strategy.name!r}"):
        return np.asarray(strategy.utility(seen, order, *space), dtype=np.float64)


def _ask_modal(strategy: Strategy, pool: Pool, learners: Sequence[ActiveLearner], n: int) -> NDArray[np.intp]:
    """Rank by a strategy with the signature of modAL, which gets the pool in the order of the hashes."""
    by_hash = np.lexsort((np.arange(pool.rows.size), pool.order))
    X_pool = fill_missing(pool.features.rows(pool.rows[by_hash]), pool.features.medians)
    members = [
        PoolLearner(learner, X_pool, votes[by_hash], pool.features.medians)
        for learner, votes in zip(learners, pool.votes, strict=True)
    ]
    classifier = members[0] if len(members) == 1 else PoolCommittee(members)
    return by_hash[ranked_by(strategy.utility, strategy.name, classifier, X_pool, n)]
