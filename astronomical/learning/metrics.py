"""Confusion counts and scores of a binary learner; a score that is not defined is None."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["UNKNOWN", "Counts", "SetScores", "average_precision", "balanced_accuracy", "confusion", "mcc"]

#: Truth of a source whose class is not known. It is never scored.
UNKNOWN = -1


@dataclass(frozen=True)
class Counts:
    """A 2x2 confusion matrix: rows truth, columns predicted."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def n(self) -> int:
        """Number of sources scored."""
        return self.tp + self.fp + self.fn + self.tn


@dataclass(frozen=True)
class SetScores:
    """Scores of one set of sources.

    Attributes
    ----------
    n, tp, fp, fn, tn
        Number of sources scored, and the confusion counts.
    accuracy, precision, recall, f1
        None where undefined: a division by zero.
    prevalence
        Fraction of the sources that belong to the class.
    majority
        Accuracy of always answering with the larger side, to hold the accuracy against.
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
        """Return the scores that follow from confusion counts."""
        n, tp, fp, fn, tn = counts.n, counts.tp, counts.fp, counts.fn, counts.tn
        return cls(
            n=n, tp=tp, fp=fp, fn=fn, tn=tn,
            accuracy=_ratio(tp + tn, n),
            precision=_ratio(tp, tp + fp),
            recall=_ratio(tp, tp + fn),
            f1=_ratio(2 * tp, 2 * tp + fp + fn),
            prevalence=_ratio(tp + fn, n),
            majority=_ratio(max(tp + fn, fp + tn), n),
        )

    @property
    def counts(self) -> Counts:
        """The confusion counts alone."""
        return Counts(self.tp, self.fp, self.fn, self.tn)


def confusion(truth: NDArray[np.integer], predicted: NDArray[np.bool_ | np.integer]) -> Counts:
    """Count hits and misses.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, -1 for unknown; unknowns are not counted. Shape (n,).
    predicted
        1 or True for the class. Shape (n,).
    """
    positive, negative, claimed = truth == 1, truth == 0, predicted.astype(bool)
    return Counts(
        tp=int(np.count_nonzero(positive & claimed)),
        fp=int(np.count_nonzero(negative & claimed)),
        fn=int(np.count_nonzero(positive & ~claimed)),
        tn=int(np.count_nonzero(negative & ~claimed)),
    )


def balanced_accuracy(counts: Counts) -> float | None:
    """Return the mean of the recalls of both sides, None if a side has no source."""
    hit, rejected = _ratio(counts.tp, counts.tp + counts.fn), _ratio(counts.tn, counts.tn + counts.fp)
    return None if hit is None or rejected is None else (hit + rejected) / 2


def mcc(counts: Counts) -> float | None:
    """Return Matthews' correlation coefficient, None if a row or column of the matrix is empty."""
    tp, fp, fn, tn = counts.tp, counts.fp, counts.fn, counts.tn
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / sqrt(product) if product else None


def average_precision(truth: NDArray[np.integer], scores: NDArray[np.floating]) -> float | None:
    """Return the mean precision over the recalls reached, None if the class has no known source.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, -1 for unknown. Shape (n,).
    scores
        Probability of the class, or anything that grows with it. Sources of equal score enter together.
        Shape (n,).
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
