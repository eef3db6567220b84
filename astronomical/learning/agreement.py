"""How far annotators agree on the labels of the same sources: Cohen's and Fleiss' kappa with intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

__all__ = ["NO_ANSWER", "Kappa", "cohen_kappa", "crossed_labels", "fleiss_kappa"]

#: Code of a source that an annotator did not label.
NO_ANSWER = -1
#: Number of bootstrap samples.
_N_SAMPLES = 2000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kappa:
    """Agreement beyond chance: 1 if all labels agree, 0 if they agree as often as by chance.

    Attributes
    ----------
    value, interval
        Kappa, and its bootstrap interval; None if undefined, because there are no common sources or only one class.
    n
        Number of sources with labels of at least two annotators.
    n_same
        Number of these sources on which all of them agree.
    """

    value: float | None
    interval: tuple[float, float] | None
    n: int
    n_same: int


def crossed_labels(first: NDArray[np.integer], second: NDArray[np.integer], n_classes: int) -> NDArray[np.intp]:
    """Count the pairs of labels of two annotators.

    Parameters
    ----------
    first, second
        Class of each source by one annotator, or `NO_ANSWER`, shape (n,).
    n_classes
        Number of classes.

    Returns
    -------
    ndarray
        Number of sources for each label of the first annotator (rows) and of the second, shape (n_classes, n_classes).
    """
    both = (first != NO_ANSWER) & (second != NO_ANSWER)
    pairs = first[both].astype(np.intp) * n_classes + second[both]
    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)


def cohen_kappa(
    first: NDArray[np.integer], second: NDArray[np.integer], n_classes: int, confidence: float = 0.95
) -> Kappa:
    """Return Cohen's kappa of two annotators [1]_, with its bias-corrected bootstrap interval [2]_.

    Parameters
    ----------
    first, second
        Class of each source by one annotator, or `NO_ANSWER`, shape (n,). Only sources with both are used.
    n_classes
        Number of classes.
    confidence
        Confidence level of the interval.

    Returns
    -------
    Kappa
        The agreement.

    References
    ----------
    .. [1] J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 37
       (1960), doi:10.1177/001316446002000104.
    .. [2] B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical Association 82, 171
       (1987), doi:10.1080/01621459.1987.10478410.
    """
    table = crossed_labels(first, second, n_classes)
    rows, columns = np.nonzero(table)
    own, other = np.eye(n_classes)[rows], np.eye(n_classes)[columns]
    same = (rows == columns).astype(np.float64)

    def kappas(weights: Floats) -> Floats:
        chance = ((weights @ own) * (weights @ other)).sum(axis=-1) / weights.sum(axis=-1) ** 2
        return _beyond_chance(weights @ same / weights.sum(axis=-1), chance)

    return _kappa(table[rows, columns], same == 1, kappas, confidence)


def fleiss_kappa(answers: NDArray[np.integer], n_classes: int, confidence: float = 0.95) -> Kappa:
    """Return Fleiss' kappa of two or more annotators [1]_, with its bias-corrected bootstrap interval.

    The annotators need not be the same for all sources. If the number of labels differs from source to source, each
    source counts as one: the agreement of a source is the fraction of its pairs of labels that agree.

    Parameters
    ----------
    answers
        Class of each source by each annotator, or `NO_ANSWER`, shape (n, n_annotators). Sources with fewer than two
        labels are not used.
    n_classes
        Number of classes.
    confidence
        Confidence level of the interval.

    Returns
    -------
    Kappa
        The agreement.

    References
    ----------
    .. [1] J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76, 378 (1971),
       doi:10.1037/h0031619.
    """
    counts = np.stack([(answers == code).sum(axis=1) for code in range(n_classes)], axis=1)
    counts = counts[counts.sum(axis=1) >= 2]
    # Sources with the same counts are alike, and are drawn together.
    patterns, n_alike = np.unique(counts, axis=0, return_counts=True)
    n_labels = patterns.sum(axis=1)
    agreeing = (patterns * (patterns - 1)).sum(axis=1) / np.maximum(n_labels * (n_labels - 1), 1)

    def kappas(weights: Floats) -> Floats:
        shares = weights @ patterns / (weights @ n_labels)[..., None]
        return _beyond_chance(weights @ agreeing / weights.sum(axis=-1), (shares**2).sum(axis=-1))

    return _kappa(n_alike, (patterns > 0).sum(axis=1) == 1, kappas, confidence)


def _beyond_chance(observed: Floats, chance: Floats) -> Floats:
    """Return kappa; NaN if agreement is certain by chance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        kappas: Floats = np.where(1 - chance > 1e-12, (observed - chance) / (1 - chance), np.nan)
    return kappas


def _kappa(
    n_alike: NDArray[np.integer], same: NDArray[np.bool_], kappas: Callable[[Floats], Floats], confidence: float
) -> Kappa:
    """Return kappa and its interval from the number of sources of each pattern of labels, shape (n_patterns,).

    Parameters
    ----------
    n_alike, same
        Number of sources of each pattern, and whether its labels agree.
    kappas
        Returns the kappa of samples from their numbers of sources, shape (..., n_patterns).
    confidence
        Confidence level of the interval.
    """
    n, n_same = int(n_alike.sum()), int(n_alike[same].sum())
    if n == 0:
        return Kappa(None, None, 0, 0)
    value = float(kappas(n_alike.astype(np.float64)))
    if not np.isfinite(value):
        return Kappa(None, None, n, n_same)
    return Kappa(value, _interval(n_alike, value, kappas, confidence), n, n_same)


def _interval(
    n_alike: NDArray[np.integer], value: float, kappas: Callable[[Floats], Floats], confidence: float
) -> tuple[float, float] | None:
    """Return the bias-corrected and accelerated bootstrap interval; None if it cannot be estimated."""
    n = int(n_alike.sum())
    drawn = np.random.default_rng(0).multinomial(n, n_alike / n, size=_N_SAMPLES).astype(np.float64)
    found = kappas(drawn)
    found = found[np.isfinite(found)]
    if n < 2 or not len(found):
        return None
    if len(n_alike) == 1 or np.ptp(found) == 0:  # all sources are alike: the bootstrap knows no other
        return value, value
    below = ((found < value).mean() + (found <= value).mean()) / 2
    bias = float(ndtri(np.clip(below, 1 / (2 * len(found)), 1 - 1 / (2 * len(found)))))
    tails = ndtri([(1 - confidence) / 2, (1 + confidence) / 2])
    shifted = bias + (bias + tails) / (1 - _acceleration(n_alike, kappas) * (bias + tails))
    low, high = np.quantile(found, ndtr(shifted))
    return min(float(low), value), max(float(high), value)


def _acceleration(n_alike: NDArray[np.integer], kappas: Callable[[Floats], Floats]) -> float:
    """Return the acceleration from the kappas without one source each."""
    without = kappas(n_alike.astype(np.float64) - np.eye(len(n_alike)))
    weights = np.where(np.isfinite(without), n_alike, 0)
    without = np.where(np.isfinite(without), without, 0.0)
    away = np.average(without, weights=weights) - without if weights.sum() else np.zeros(len(weights))
    spread = float((weights * away**2).sum())
    return float((weights * away**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
