"""What a query strategy makes of a pool: its ranking, and how sure the learner is of each source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from modAL.models import ActiveLearner
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.modal import FIRST_RANKED, PoolCommittee, PoolLearner, ranked_by
from astronomical.learning.ranking import best_first, percentile
from astronomical.learning.scoring import fill_missing
from astronomical.learning.space import Space
from astronomical.learning.strategies.probability import margin_confidence

__all__ = ["Judgement", "Pool", "Strategy", "judge"]

LooksAt = Literal["probabilities", "votes", "features", "classifier"]


@dataclass(frozen=True)
class Strategy:
    """A query strategy with its parameters.

    Attributes
    ----------
    name
        Name of the strategy.
    utility
        Gives one utility for each source of the pool, the largest is asked first: ``f(proba, order)``,
        ``f(votes, order)`` or ``f(proba, order, space)``. Or it has modAL's signature.
    confidence
        Maps probabilities or votes to 0..1 for the confidence plot; None for the percentile of the utility.
    needs_model
        Whether the utilities depend on the model at all.
    looks_at
        What `utility` is given: mean probabilities, those of each member, features too, or modAL's classifier and
        the features of the pool.
    """

    name: str
    utility: Callable[..., Any]
    confidence: Callable[..., NDArray[np.floating]] | None = None
    needs_model: bool = True
    looks_at: LooksAt = "probabilities"

    @property
    def first_ranked(self) -> int:
        """How many sources are ranked at first."""
        return FIRST_RANKED if self.looks_at == "classifier" else 256


@dataclass(frozen=True, eq=False)
class Pool:
    """Sources that may be asked for, in the order of their ids.

    Attributes
    ----------
    features
        Features of all sources.
    rows
        Row numbers of the pool, shape (n_pool,).
    order
        A seeded hash of each source of the pool, shape (n_pool,).
    votes
        Probability of the class by each member of the learner, shape (n_members, n_pool).
    labelled
        Row numbers trained on.
    """

    features: FeatureMatrix
    rows: NDArray[np.intp]
    order: NDArray[np.uint64]
    votes: NDArray[np.float64]
    labelled: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Judgement:
    """The ranking of a pool.

    Attributes
    ----------
    ranked, utilities
        Places in the pool, best first, and the utility of each. A strategy of modAL's gives no utility; there it is 1
        over the place in the ranking.
    confidence
        0..1 for each source of the pool, shape (n_pool,).
    """

    ranked: NDArray[np.intp]
    utilities: NDArray[np.float64]
    confidence: NDArray[np.float64]


def judge(strategy: Strategy, pool: Pool, learners: Sequence[ActiveLearner], n: int) -> Judgement:
    """Return what a strategy makes of a pool.

    Parameters
    ----------
    strategy
        The query strategy.
    pool
        The sources, with what the members of the learner say of them.
    learners
        The fitted members, for strategies that ask them more.
    n
        How many sources are to be ranked.

    Raises
    ------
    ValueError
        If the strategy does not return what it should.
    """
    proba = pool.votes[0] if len(pool.votes) == 1 else pool.votes.mean(axis=0)
    sides = np.column_stack([1.0 - proba, proba])
    if strategy.looks_at == "classifier":
        ranked = _ask_modal(strategy, pool, learners, n)
        confidence = (strategy.confidence or margin_confidence)(sides)
        return Judgement(ranked, 1.0 / np.arange(1, ranked.size + 1), np.asarray(confidence, dtype=np.float64))
    seen = pool.votes if strategy.looks_at == "votes" else sides
    space = (Space(pool.features, pool.rows, pool.order, pool.labelled),) if strategy.looks_at == "features" else ()
    try:
        utilities = np.asarray(strategy.utility(seen, pool.order, *space), dtype=np.float64)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"the query strategy {strategy.name!r} failed ({type(error).__name__}: {error})") from error
    if utilities.shape != proba.shape:
        raise ValueError(f"the query strategy {strategy.name!r} returned an array of shape "
                         f"{utilities.shape}; it must return one utility per source of the pool, "
                         f"shape {proba.shape}")
    if utilities.size and np.isnan(utilities).all():
        raise ValueError(f"the query strategy {strategy.name!r} returned no utility that is a number")
    ranked = best_first(utilities, pool.order, n)
    confidence = percentile(utilities) if strategy.confidence is None else strategy.confidence(seen)
    return Judgement(ranked, utilities[ranked], np.asarray(confidence, dtype=np.float64))


def _ask_modal(strategy: Strategy, pool: Pool, learners: Sequence[ActiveLearner], n: int) -> NDArray[np.intp]:
    """Return the places that a strategy of modAL's asks for; it sees the pool in the order of the hashes."""
    by_hash = np.lexsort((np.arange(pool.rows.size), pool.order))
    X_pool = fill_missing(pool.features.rows(pool.rows[by_hash]), pool.features.medians)
    members = [PoolLearner(learner, X_pool, votes[by_hash], pool.features.medians)
               for learner, votes in zip(learners, pool.votes, strict=True)]
    classifier = members[0] if len(members) == 1 else PoolCommittee(members)
    return by_hash[ranked_by(strategy.utility, strategy.name, classifier, X_pool, n)]
