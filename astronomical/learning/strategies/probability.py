"""Query strategies that use only the mean probability.

For a binary learner, uncertainty, margin and entropy give the same ranking of the pool; only their values differ.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from astronomical import extend

__all__ = ["Order", "Proba", "entropy", "entropy_confidence", "margin", "margin_confidence", "random", "uncertainty"]

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
    help="Queries the source about which the model is least certain.",
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
