"""Accuracy, purity, completeness and counts from a random sample that was labelled without seeing the predictions."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from astronomical.learning.intervals import wilson_interval
from astronomical.learning.metrics import SetScores, confusion

__all__ = ["LEAST_OF_EACH", "AuditEstimate", "Share", "audit_estimate", "margin_of", "prediction_powered_mean"]

#: Number of audited sources of each side below which the predictions are not used for counts.
LEAST_OF_EACH = 5
Interval = tuple[float, float]


@dataclass(frozen=True)
class Share:
    """Estimated fraction of a population that belongs to a class.

    Attributes
    ----------
    fraction, interval
        The fraction, and its interval of 95 %.
    method
        ``prediction-powered``, or ``wilson`` if only the audited sources were used.
    """

    fraction: float
    interval: Interval
    method: Literal["prediction-powered", "wilson"]


@dataclass(frozen=True)
class AuditEstimate:
    """What an audit says about a class.

    Attributes
    ----------
    scores
        Scores on the audited sources; precision is the purity, and recall the completeness.
    accuracy, purity, completeness
        Their Wilson intervals of 95 %; None if undefined.
    share
        Fraction of the population that belongs to the class.
    n_population
        Number of sources of the population.
    """

    scores: SetScores
    accuracy: Interval | None
    purity: Interval | None
    completeness: Interval | None
    share: Share | None
    n_population: int

    @property
    def count(self) -> tuple[float, float, float] | None:
        """Estimated number of sources of the class in the population, with its interval; None without an answer."""
        if self.share is None:
            return None
        low, high = self.share.interval
        return self.share.fraction * self.n_population, low * self.n_population, high * self.n_population


def prediction_powered_mean(
    truth: NDArray[np.floating],
    predicted: NDArray[np.floating],
    predicted_rest: NDArray[np.floating],
    confidence: float = 0.95,
) -> tuple[float, Interval]:
    """Estimate a mean from a few known values and a prediction for each source, and its interval [1]_ [2]_.

    The weight of the predictions is chosen so that the interval is narrow (PPI++). If they are useless it is 0, and the
    result is the mean of the known values.

    Parameters
    ----------
    truth, predicted
        Known values of the sample, and the predictions for it, shape (n,).
    predicted_rest
        Predictions for the other sources of the population, shape (n_rest,).
    confidence
        Confidence level of the interval.

    Returns
    -------
    mean
        The estimate.
    interval
        Its normal interval.

    References
    ----------
    .. [1] A. N. Angelopoulos et al., "Prediction-powered inference", Science 382, 669 (2023),
       doi:10.1126/science.adi6000.
    .. [2] A. N. Angelopoulos, J. C. Duchi & T. Zrnic, "PPI++: Efficient Prediction-Powered Inference",
       arXiv:2311.01453 (2023).
    """
    y, f, rest = (np.asarray(values, dtype=np.float64) for values in (truth, predicted, predicted_rest))
    n, n_rest = len(y), len(rest)
    variance = float(np.var(np.concatenate([f, rest]), ddof=1))
    covariance = float(np.mean((y - y.mean()) * (f - f.mean())))
    weight = min(max(covariance / ((1 + n / n_rest) * variance), 0.0), 1.0) if variance > 0 else 0.0
    mean = weight * float(rest.mean()) + float(np.mean(y - weight * f))
    error = sqrt(float(np.var(weight * rest)) / n_rest + float(np.var(y - weight * f)) / n)
    half = float(ndtri((1 + confidence) / 2)) * error
    return mean, (mean - half, mean + half)


def audit_estimate(
    truth: NDArray[np.integer],
    predicted: NDArray[np.bool_],
    proba: NDArray[np.floating],
    proba_rest: NDArray[np.floating],
    n_population: int,
) -> AuditEstimate:
    """Estimate the scores of a class and its number of sources from an audit.

    The count uses the predictions for the whole population. With fewer than five audited sources of a side this fails,
    so the Wilson interval of the audited sources is used, and also where it is narrower.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, shape (n,).
    predicted, proba
        Whether the class is predicted, and its probability, shape (n,).
    proba_rest
        Probability of the other sources of the population, shape (n_rest,); NaN are ignored.
    n_population
        Number of sources of the population.
    """
    counts = confusion(truth, predicted)
    n, n_own = counts.n, counts.tp + counts.fn
    share = None
    if n:
        share = Share(n_own / n, wilson_interval(n_own, n), "wilson")
        rest = proba_rest[np.isfinite(proba_rest)]
        if min(n_own, n - n_own) >= LEAST_OF_EACH and len(rest):
            mean, (low, high) = prediction_powered_mean(truth.astype(np.float64), proba, rest)
            if high - low < share.interval[1] - share.interval[0]:
                share = Share(min(max(mean, 0.0), 1.0), (max(low, 0.0), min(high, 1.0)), "prediction-powered")
    return AuditEstimate(
        SetScores.of(counts),
        wilson_interval(counts.tp + counts.tn, n) if n else None,
        wilson_interval(counts.tp, counts.tp + counts.fp) if counts.tp + counts.fp else None,
        wilson_interval(counts.tp, n_own) if n_own else None,
        share,
        n_population,
    )


def margin_of(n: int, score: float = 0.9) -> float:
    """Return half the width of the Wilson interval of a score near a value, for an audit of a size."""
    low, high = wilson_interval(round(score * n), n)
    return (high - low) / 2
