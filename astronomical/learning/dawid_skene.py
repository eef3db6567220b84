"""The most probable class of each source from the labels of several annotators who err differently often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_ANNOTATORS", "Consensus", "dawid_skene"]

#: Two annotators who disagree do not show which of them errs.
LEAST_ANNOTATORS = 3
_MAX_STEPS, _TOLERANCE = 500, 1e-8
#: Keeps logarithms finite; a label that an annotator never gave to a class stays impossible in effect.
_LEAST = 1e-12
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Consensus:
    """Result of `dawid_skene`.

    Attributes
    ----------
    proba
        Probability of each class for each source, shape (n, n_classes); NaN without any label.
    errors
        Probability of each label of an annotator (last axis) for each class, shape (n_annotators, n_classes,
        n_classes); NaN for classes of which an annotator labelled no source.
    shares
        Share of each class among the sources, shape (n_classes,).
    """

    proba: Floats
    errors: Floats
    shares: Floats

    @property
    def accuracy(self) -> Floats:
        """Estimated fraction of right labels of each annotator for a source of any class, shape (n_annotators,)."""
        right = np.diagonal(self.errors, axis1=1, axis2=2)
        weights = np.where(np.isfinite(right), self.shares, 0.0)
        sums = weights.sum(axis=1)
        right_of_all = (weights * np.nan_to_num(right)).sum(axis=1)
        rates: Floats = np.divide(right_of_all, sums, out=np.full(len(sums), np.nan), where=sums > 0)
        return rates


def dawid_skene(answers: NDArray[np.integer], n_classes: int) -> Consensus:
    """Estimate the classes of sources, and how often each annotator errs, by the method of Dawid and Skene [1]_.

    Expectation and maximisation alternate, beginning with the fraction of the labels of each class.

    Parameters
    ----------
    answers
        Class of each source by each annotator, or `astronomical.learning.agreement.NO_ANSWER`, shape (n, n_annotators).
    n_classes
        Number of classes.

    Returns
    -------
    Consensus
        The estimates.

    References
    ----------
    .. [1] A. P. Dawid & A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm",
       Journal of the Royal Statistical Society C 28, 20 (1979), doi:10.2307/2346806.
    """
    # given[a, i, l]: whether annotator a gave label l to source i
    given = np.stack([code == answers.T for code in range(n_classes)], axis=2).astype(np.float64)
    votes = given.sum(axis=0)
    labelled = votes.sum(axis=1) > 0
    given, votes = given[:, labelled], votes[labelled]
    proba = np.full((len(answers), n_classes), np.nan)
    if not labelled.any():
        return Consensus(proba, np.full((answers.shape[1], n_classes, n_classes), np.nan), np.zeros(n_classes))
    own = votes / votes.sum(axis=1, keepdims=True)
    for _ in range(_MAX_STEPS):
        errors, shares = _estimate_errors(given, own)
        after = _estimate_classes(given, errors, shares)
        change = float(np.abs(after - own).max())
        own = after
        if change < _TOLERANCE:
            break
    errors, shares = _estimate_errors(given, own)
    proba[labelled] = own
    return Consensus(proba, errors, shares)


def _estimate_errors(given: Floats, proba: Floats) -> tuple[Floats, Floats]:
    """Return the error rates of the annotators, and the shares of the classes, if these are the classes."""
    joint = np.einsum("ik,ail->akl", proba, given)
    sums = joint.sum(axis=2, keepdims=True)
    errors: Floats = np.divide(joint, sums, out=np.full_like(joint, np.nan), where=sums > 0)
    return errors, proba.mean(axis=0)


def _estimate_classes(given: Floats, errors: Floats, shares: Floats) -> Floats:
    """Return the probabilities of the classes if these are the error rates."""
    likelihood = np.log(np.maximum(np.nan_to_num(errors), _LEAST))
    logs = np.log(np.maximum(shares, _LEAST)) + np.einsum("ail,akl->ik", given, likelihood)
    weights: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
    proba: Floats = weights / weights.sum(axis=1, keepdims=True)
    return proba
