"""Strategies of a committee: they ask where its members disagree."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from astronomical import extend

__all__ = ["consensus_confidence", "consensus_entropy", "disagreement_confidence", "max_disagreement",
           "vote_confidence", "vote_entropy"]

Votes = NDArray[np.float64]
Order = NDArray[np.uint64]


def vote_confidence(votes: Votes) -> NDArray[np.float64]:
    """Return 1 - VE / ln min(M, 2) of each source, shape (n,)."""
    return 1.0 - _vote_entropy(votes) / log(2.0)


def consensus_confidence(votes: Votes) -> NDArray[np.float64]:
    """Return 1 - H / ln 2 of the mean probability of each source, shape (n,)."""
    return 1.0 - _entropy(votes.mean(axis=0)) / log(2.0)


def disagreement_confidence(votes: Votes) -> NDArray[np.float64]:
    """Return 1 - KL / ln M of each source, shape (n,)."""
    return 1.0 - _largest_divergence(votes) / log(len(votes))


@extend.query_strategy("vote_entropy", title="Vote entropy", confidence=vote_confidence, looks_at="votes",
                       learners="committee",
                       help="Asks where the members are most evenly split, each with one vote for its likelier side.")
def vote_entropy(votes: Votes, order: Order) -> NDArray[np.float64]:
    """Return the entropy of the distribution of the votes, in nats (Dagan & Engelson 1995).

    Parameters
    ----------
    votes
        Probability of the class by each member, shape (n_members, n).
    order
        A seeded hash of each source, shape (n,).
    """
    return _vote_entropy(votes)


@extend.query_strategy("consensus_entropy", title="Consensus entropy", confidence=consensus_confidence,
                       looks_at="votes", learners="committee",
                       help="Asks where the mean probability of the members is least certain.")
def consensus_entropy(votes: Votes, order: Order) -> NDArray[np.float64]:
    """Return the entropy of the mean probability, in nats.

    Parameters
    ----------
    votes
        Probability of the class by each member, shape (n_members, n).
    order
        A seeded hash of each source, shape (n,).
    """
    return _entropy(votes.mean(axis=0))


@extend.query_strategy("max_disagreement", title="Maximum disagreement", confidence=disagreement_confidence,
                       looks_at="votes", learners="committee",
                       help="Asks where one member departs most from the mean of all.")
def max_disagreement(votes: Votes, order: Order) -> NDArray[np.float64]:
    """Return the largest Kullback-Leibler divergence of a member from the mean, in nats (McCallum & Nigam 1998).

    Parameters
    ----------
    votes
        Probability of the class by each member, shape (n_members, n).
    order
        A seeded hash of each source, shape (n,).
    """
    return _largest_divergence(votes)


def _vote_entropy(votes: Votes) -> NDArray[np.float64]:
    share = np.mean(votes > 0.5, axis=0)
    # A source that was not scored has no votes.
    return _entropy(np.where(np.isnan(votes).any(axis=0), np.nan, share))


def _largest_divergence(votes: Votes) -> NDArray[np.float64]:
    mean = votes.mean(axis=0)
    largest = np.full(mean.shape, -np.inf)
    for member in votes:
        np.maximum(largest, _term(member, mean) + _term(1.0 - member, 1.0 - mean), out=largest)
    return largest


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return -(_term(p, 1.0) + _term(1.0 - p, 1.0))


def _term(p: NDArray[np.float64], q: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return p ln(p / q), which is nothing where p is."""
    logarithm = np.zeros_like(p)
    np.log(np.divide(p, q, out=np.ones_like(p), where=p > 0), out=logarithm, where=p > 0)
    terms: NDArray[np.float64] = p * logarithm
    return terms
