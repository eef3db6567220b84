"""Confusion matrix and scores of a binary learner. Undefined scores are None."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DECISION_THRESHOLD",
    "UNKNOWN",
    "Counts",
    "SetScores",
    "average_precision",
    "balanced_accuracy",
    "confusion",
    "is_claimed",
    "mcc",
]

#: Label of a source whose class is unknown. Such a source is never scored.
UNKNOWN = -1
#: A class is predicted if its probability is above this value, unless another threshold is chosen.
DECISION_THRESHOLD = 0.5


@dataclass(frozen=True)
class Counts:
    """Confusion matrix of two classes: true and false positives and negatives."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def n(self) -> int:
        """Number of scored sources."""
        return self.tp + self.fp + self.fn + self.tn


@dataclass(frozen=True)
class SetScores:
    """Scores of one set of sources.

    Attributes
    ----------
    n, tp, fp, fn, tn
        Number of scored sources, and the entries of the confusion matrix.
    accuracy, precision, recall, f1
        The scores; None where the denominator is zero.
    prevalence
        Fraction of the sources that belong to the class.
    majority
        Baseline: the accuracy of always predicting the larger side.
    """

    n: int
    tp: int
    fp: int
    fn: int
    tn: int
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    prevalence: float | None
    majority: float | None

    @classmethod
    def of(cls, counts: Counts) -> SetScores:
        """Compute the scores from a confusion matrix."""
        n, tp, fp, fn, tn = counts.n, counts.tp, counts.fp, counts.fn, counts.tn
        return cls(
            n=n,
            tp=tp,
            fp=fp,
            fn=fn,
            tn=tn,
            accuracy=_ratio(tp + tn, n),
            precision=_ratio(tp, tp + fp),
            recall=_ratio(tp, tp + fn),
            f1=_ratio(2 * tp, 2 * tp + fp + fn),
            prevalence=_ratio(tp + fn, n),
            majority=_ratio(max(tp + fn, fp + tn), n),
        )

    @property
    def counts(self) -> Counts:
        """The confusion matrix."""
        return Counts(self.tp, self.fp, self.fn, self.tn)


def is_claimed(proba: NDArray[np.floating], threshold: float = DECISION_THRESHOLD) -> NDArray[np.bool_]:
    """Return whether a class is predicted, that is, whether its probability is above a threshold.

    At exactly the threshold the class is not predicted, as at 0.5 in the ``predict`` of scikit-learn. For NaN it is
    not predicted either.

    Parameters
    ----------
    proba
        Probability of the class, any shape.
    threshold
        The threshold. It is rounded to the precision of `proba`.
    """
    claimed: NDArray[np.bool_] = np.asarray(proba) > float(threshold)  # a Python float takes the precision of proba
    return claimed


def confusion(truth: NDArray[np.integer], predicted: NDArray[np.bool_ | np.integer]) -> Counts:
    """Compute the confusion matrix.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, -1 for unknown, shape (n,). Unknown sources are not counted.
    predicted
        1 or True if the class is predicted, shape (n,).
    """
    positive, negative, claimed = truth == 1, truth == 0, predicted.astype(bool)
    return Counts(
        tp=int(np.count_nonzero(positive & claimed)),
        fp=int(np.count_nonzero(negative & claimed)),
        fn=int(np.count_nonzero(positive & ~claimed)),
        tn=int(np.count_nonzero(negative & ~claimed)),
    )


def balanced_accuracy(counts: Counts) -> float | None:
    """Return the mean of the recalls of both sides, or None if a side has no sources."""
    hit, rejected = _ratio(counts.tp, counts.tp + counts.fn), _ratio(counts.tn, counts.tn + counts.fp)
    return None if hit is None or rejected is None else (hit + rejected) / 2


def mcc(counts: Counts) -> float | None:
    """Return the Matthews correlation coefficient, or None if a row or column of the matrix is empty."""
    tp, fp, fn, tn = counts.tp, counts.fp, counts.fn, counts.tn
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / sqrt(product) if product else None


def average_precision(truth: NDArray[np.integer], scores: NDArray[np.floating]) -> float | None:
    """Return the average precision, or None if no source is known to belong to the class.

    The precision at each threshold is weighted by the increase in recall from the previous threshold.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, -1 for unknown. Shape (n,).
    scores
        Probability of the class, or a number that increases with it, shape (n,). Sources with equal scores share a
        threshold.
    """
    known = truth != UNKNOWN
    truth, scores = truth[known] == 1, scores[known]
    n_positive = int(np.count_nonzero(truth))
    if not n_positive:
        return None
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), ranked.size - 1)
    hits = np.cumsum(truth[order])[ends]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (ends + 1)) / n_positive)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
