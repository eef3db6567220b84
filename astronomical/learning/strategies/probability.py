"""Strategies that look at the mean probability alone.

For one binary learner uncertainty, margin and entropy rank the pool alike; they differ in the values.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from astronomical import extend

__all__ = ["Order", "Proba", "entropy", "entropy_confidence", "margin", "margin_confidence", "random",
           "uncertainty"]

Proba = NDArray[np.float64]
Order = NDArray[np.uint64]


def margin_confidence(proba: Proba) -> NDArray[np.float64]:
    """Return how far the two sides lie apart, |2p-1|, shape (n,)."""
    gap: NDArray[np.float64] = np.abs(proba[:, 1] - proba[:, 0])
    return gap


def entropy_confidence(proba: Proba) -> NDArray[np.float64]:
    """Return 1 - H / ln 2 of each row, shape (n,)."""
    return 1.0 - _entropy(proba) / log(2.0)


@extend.query_strategy("uncertainty", title="Uncertainty", confidence=margin_confidence, learners="single",
                       help="Asks where the more likely side is least likely.")
def uncertainty(proba: Proba, order: Order) -> NDArray[np.float64]:
    """Return one minus the probability of the more likely side.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2).
    order
        A seeded hash of each source, shape (n,).
    """
    likelier: NDArray[np.float64] = np.maximum(proba[:, 0], proba[:, 1])
    return 1.0 - likelier


@extend.query_strategy("margin", title="Margin", confidence=margin_confidence, learners="single",
                       help="Asks where the two sides lie closest together.")
def margin(proba: Proba, order: Order) -> NDArray[np.float64]:
    """Return one minus the distance between the probabilities of the two sides.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2).
    order
        A seeded hash of each source, shape (n,).
    """
    return 1.0 - margin_confidence(proba)


@extend.query_strategy("entropy", title="Entropy", confidence=entropy_confidence, learners="single",
                       help="Asks where the answer would tell most, in the sense of information.")
def entropy(proba: Proba, order: Order) -> NDArray[np.float64]:
    """Return the entropy of the probabilities, in nats.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2).
    order
        A seeded hash of each source, shape (n,).
    """
    return _entropy(proba)


@extend.query_strategy("random", title="Random", needs_model=False,
                       help="Asks at random: what the other strategies are to be compared with.")
def random(proba: Proba, order: Order) -> NDArray[np.float64]:
    """Return a number in 0..1 that falls with the hash of the source.

    Parameters
    ----------
    proba
        Probabilities of rest and class, shape (n, 2); not looked at.
    order
        A seeded hash of each source, shape (n,).
    """
    return 1.0 - order.astype(np.float64) * 2.0**-64


def _entropy(proba: Proba) -> NDArray[np.float64]:
    terms = np.zeros_like(proba)
    np.log(proba, out=terms, where=proba > 0)
    entropies: NDArray[np.float64] = -np.sum(proba * terms, axis=1)
    return entropies
