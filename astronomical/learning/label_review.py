"""Rank labels that the model of a class contradicts, so that they can be reviewed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astronomical.learning.metrics import DECISION_THRESHOLD, is_claimed

__all__ = ["rank_suspects", "self_confidence"]

#: A probability this far below the threshold of a side still reaches it: the mean of equal numbers is rounded.
_TOLERANCE = 1e-6


def self_confidence(targets: NDArray[np.integer], proba: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probability of the given label, shape (n,).

    Parameters
    ----------
    targets
        Given labels: 1 for the class, 0 for the rest, shape (n,).
    proba
        Probability of the class by models that were not trained on the label, shape (n,).
    """
    own = proba.astype(np.float64)
    return np.where(targets == 1, own, 1 - own)


def rank_suspects(
    targets: NDArray[np.integer], proba: NDArray[np.floating], order: NDArray[np.integer]
) -> NDArray[np.intp]:
    """Return the labels that the probabilities contradict, the least credible first [1]_.

    These are the labels off the diagonal of the confident joint, and those that are less probable than not. They are
    ranked by their self-confidence.

    A source is confidently on a side if its probability of this side reaches the mean probability of the sources with
    this label; of two sides, the more probable one counts. It is off the diagonal if that side is not its label. With
    few labels, many of the wrong ones are not confidently on any side, so those less probable than not are added.

    Parameters
    ----------
    targets
        Given labels: 1 for the class, 0 for the rest, shape (n,).
    proba
        Probability of the class by models that were not trained on the label, shape (n,).
    order
        Order of labels of equal self-confidence, shape (n,).

    Returns
    -------
    ndarray
        Places of the suspects in the arrays, shape (n_suspects,).

    References
    ----------
    .. [1] C. G. Northcutt, L. Jiang & I. L. Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
       Journal of Artificial Intelligence Research 70, 1373 (2021), doi:10.1613/jair.1.12125.
    """
    if len(np.unique(targets)) < 2:
        return np.empty(0, dtype=np.intp)
    own = proba.astype(np.float64)
    sides = np.stack([1 - own, own])
    least = np.array([sides[side][targets == side].mean() for side in (0, 1)]) - _TOLERANCE
    reached = sides >= least[:, None]
    likelier = is_claimed(own).astype(np.int8)
    confident = np.where(reached.all(axis=0), likelier, reached[1])
    off_diagonal = reached.any(axis=0) & (confident != targets)
    credible = self_confidence(targets, proba)
    suspects = np.flatnonzero(off_diagonal | (credible < DECISION_THRESHOLD))
    return suspects[np.lexsort((order[suspects], credible[suspects]))]
