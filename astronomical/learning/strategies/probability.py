"""Query strategies that use only the mean probability.

For a binary learner, uncertainty, margin and entropy give the same ranking of the pool; only their values differ.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from astronomical import extend
from astronomical.extend import Parameter
from astronomical.learning.ranking import best_first

__all__ = [
    "Order",
    "Proba",
    "entropy",
    "entropy_confidence",
    "likely",
    "margin",
    "margin_confidence",
    "random",
    "uncertainty",
]

#: Number of sources at the beginning of a mixed ranking; the others follow by their probability.
_N_MIXED = 1000

Proba = NDArray[np.float64]
Order = NDArray[np.uint64]


def margin_confidence(proba: Proba) -> NDArray[np.float64]:
    """Return the difference between the probabilities of the two sides, |2p - 1|, shape (n,)."""
    gap: NDArray[np.float64] = np.abs(proba[:, 1] - proba[:, 0])
    return gap


def entropy_confidence(proba: Proba) -> NDArray[np.float64]:
    """Return 1 - H / ln 2 for each row, with entropy H, shape (n,)."""
    return 1.0 - _entropy(proba) / log(2.0)


@extend.query_strategy(
    "uncertainty",
    title="Uncertainty",
    confidence=margin_confidence,
    learners="single",
    help="Queries the source about which the model is least certain. With a random forest, no other strategy that was "
    "tried learns faster.",
)
def uncertainty(proba: Proba, order: Order) -> NDArray[np.float64]:
    """Return one minus the probability of the more probable side (Lewis & Gale 1994, SIGIR).

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2).
    order
        Seeded hash of each source, shape (n,).
    """
    likelier: NDArray[np.float64] = np.maximum(proba[:, 0], proba[:, 1])
    return 1.0 - likelier


@extend.query_strategy(
    "margin",
    title="Margin",
    confidence=margin_confidence,
    learners="single",
    help="Queries the source with the smallest difference between the two probabilities.",
)
def margin(proba: Proba, order: Order) -> NDArray[np.float64]:
    """Return one minus the difference between the probabilities of the two sides.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2).
    order
        Seeded hash of each source, shape (n,).
    """
    return 1.0 - margin_confidence(proba)


@extend.query_strategy(
    "entropy",
    title="Entropy",
    confidence=entropy_confidence,
    learners="single",
    help="Queries the source whose probabilities have the highest entropy.",
)
def entropy(proba: Proba, order: Order) -> NDArray[np.float64]:
    """Return the entropy of the probabilities, in nats.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2).
    order
        Seeded hash of each source, shape (n,).
    """
    return _entropy(proba)


@extend.query_strategy(
    "likely",
    title="Most likely of the class",
    confidence=margin_confidence,
    help="Queries the source that most probably belongs to the class, to find all of a rare class. For learning a rare "
    "class, uncertainty is as good; for collecting its sources, this finds about a quarter more with the same labels.",
    parameters=(
        Parameter("uncertain", 0.0, "Fraction of the queries that are chosen by uncertainty instead.", (0.0, 1.0)),
    ),
)
def likely(proba: Proba, order: Order, uncertain: float = 0.0) -> NDArray[np.float64]:
    """Return the probability of the class, so that its most probable members are queried (Lewis & Gale 1994, SIGIR).

    This is known as relevance sampling, or certainty-based active learning. In a mixed ranking, the most probable and
    the most uncertain sources alternate in the given proportion, beginning at random. Their utilities are between 1
    and 2, so that they come before all other sources.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2).
    order
        Seeded hash of each source, shape (n,).
    uncertain
        Fraction of the queries that are chosen by uncertainty.
    """
    utilities = proba[:, 1].copy()
    if uncertain > 0 and utilities.size:
        mixed = _mixed(
            best_first(utilities, order, _N_MIXED),
            best_first(1.0 - margin_confidence(proba), order, _N_MIXED),
            uncertain,
            # A random number of the round that does not depend on the order of the sources.
            float(np.bitwise_xor.reduce(order)) * 2.0**-64,
        )
        mixed = mixed[np.isfinite(utilities[mixed])]
        utilities[mixed] = 2.0 - np.arange(mixed.size) / mixed.size
    return utilities


@extend.query_strategy(
    "random",
    title="Random",
    needs_model=False,
    help="Queries random sources. Use it as a baseline for the other strategies.",
)
def random(proba: Proba, order: Order) -> NDArray[np.float64]:
    """Return a number from 0 to 1 that decreases with the hash of the source.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2). Not used.
    order
        Seeded hash of each source, shape (n,).
    """
    return 1.0 - order.astype(np.float64) * 2.0**-64


def _entropy(proba: Proba) -> NDArray[np.float64]:
    entropies: NDArray[np.float64] = entr(proba).sum(axis=1)
    return entropies


def _mixed(first: NDArray[np.intp], second: NDArray[np.intp], fraction: float, begin: float) -> NDArray[np.intp]:
    """Merge two rankings of the same length so that each beginning has its share of the second, each source once."""
    steps = np.floor(begin + fraction * np.arange(first.size + 1))
    from_second = np.diff(steps) > 0
    rankings = iter(first.tolist()), iter(second.tolist())
    merged: dict[int, None] = {}
    for side in from_second.tolist():
        place = next((place for place in rankings[side] if place not in merged), None)
        if place is not None:
            merged[place] = None
    return np.array(list(merged), dtype=np.intp)
