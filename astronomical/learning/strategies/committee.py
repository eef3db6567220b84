"""Query strategies for committees, based on the disagreement of the members."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, rel_entr

from astronomical import extend
from astronomical.learning.metrics import is_claimed

__all__ = [
    "consensus_confidence",
    "consensus_entropy",
    "disagreement_confidence",
    "max_disagreement",
    "vote_confidence",
    "vote_entropy",
]

Votes = NDArray[np.float64]
Order = NDArray[np.uint64]


def vote_confidence(votes: Votes) -> NDArray[np.float64]:
    """Return 1 - VE / ln min(M, 2) for each source, with vote entropy VE and M members, shape (n,)."""
    return 1.0 - _vote_entropy(votes) / log(2.0)


def consensus_confidence(votes: Votes) -> NDArray[np.float64]:
    """Return 1 - H / ln 2 for each source, with H the entropy of the mean probability, shape (n,)."""
    return 1.0 - _entropy(votes.mean(axis=0)) / log(2.0)


def disagreement_confidence(votes: Votes) -> NDArray[np.float64]:
    """Return 1 - KL / ln M for each source, with the largest divergence KL and M members, shape (n,)."""
    return 1.0 - _largest_divergence(votes) / log(len(votes))


@extend.query_strategy(
    "vote_entropy",
    title="Vote entropy",
    confidence=vote_confidence,
    looks_at="votes",
    learners="committee",
    help="Queries the source on which the votes of the models are most divided.",
)
def vote_entropy(votes: Votes, order: Order) -> NDArray[np.float64]:
    """Return the entropy of the distribution of the votes, in nats (Dagan & Engelson 1995).

    Parameters
    ----------
    votes
        Probability of the class from each member, shape (n_members, n).
    order
        Seeded hash of each source, shape (n,). Not used.
    """
    return _vote_entropy(votes)


@extend.query_strategy(
    "consensus_entropy",
    title="Consensus entropy",
    confidence=consensus_confidence,
    looks_at="votes",
    learners="committee",
    help="Queries the source whose mean probability is most uncertain.",
)
def consensus_entropy(votes: Votes, order: Order) -> NDArray[np.float64]:
    """Return the entropy of the mean probability, in nats.

    Parameters
    ----------
    votes
        Probability of the class from each member, shape (n_members, n).
    order
        Seeded hash of each source, shape (n,). Not used.
    """
    return _entropy(votes.mean(axis=0))


@extend.query_strategy(
    "max_disagreement",
    title="Maximum disagreement",
    confidence=disagreement_confidence,
    looks_at="votes",
    learners="committee",
    help="Queries the source on which one model differs most from the mean of all models.",
)
def max_disagreement(votes: Votes, order: Order) -> NDArray[np.float64]:
    """Return the largest Kullback-Leibler divergence of a member from the mean, in nats (McCallum & Nigam 1998).

    Parameters
    ----------
    votes
        Probability of the class from each member, shape (n_members, n).
    order
        Seeded hash of each source, shape (n,). Not used.
    """
    return _largest_divergence(votes)


def _vote_entropy(votes: Votes) -> NDArray[np.float64]:
    share = np.mean(is_claimed(votes), axis=0)
    # A source that was not scored has no votes.
    return _entropy(np.where(np.isnan(votes).any(axis=0), np.nan, share))


def _largest_divergence(votes: Votes) -> NDArray[np.float64]:
    mean = votes.mean(axis=0)
    largest = np.full(mean.shape, -np.inf)
    for member in votes:
        np.maximum(largest, rel_entr(member, mean) + rel_entr(1.0 - member, 1.0 - mean), out=largest)
    return largest


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    entropies: NDArray[np.float64] = entr(p) + entr(1.0 - p)
    return entropies
