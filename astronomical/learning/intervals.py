"""Confidence intervals of scores that are proportions, such as accuracy, precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt

import numpy as np
from scipy.special import ndtri
from scipy.stats import quantile_test

__all__ = ["f1_interval", "median_interval", "wilson_interval"]


def wilson_interval(k: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion [1]_.

    Unlike the normal approximation, it stays between 0 and 1, and has a positive width if all or none of the sources
    are correct.

    Parameters
    ----------
    k, n
        Number of successes, for example of correct predictions, and number of trials; effective numbers need not be
        whole.
    confidence
        Confidence level, between 0 and 1.

    Returns
    -------
    low, high
        Bounds of the interval, without continuity correction. They are 0 and 1 without any trial.

    Raises
    ------
    ValueError
        If `k` is not between 0 and `n`, or `confidence` is not between 0 and 1.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
       American Statistical Association 22, 209 (1927), doi:10.1080/01621459.1927.10502953.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} successes in {n} trials: the successes must be between 0 and the trials")
    if not 0 < confidence < 1:
        raise ValueError(f"the confidence level must be between 0 and 1, not {confidence}")
    if n == 0:
        return 0.0, 1.0
    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    p = k / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    # Rounding must not move the exact bounds 0 of no success and 1 of successes only.
    return 0.0 if k == 0 else max(0.0, centre - half), 1.0 if k == n else min(1.0, centre + half)


def f1_interval(tp: int, fp: int, fn: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return an approximate interval of the F1 score.

    F1 is no proportion, but it is 2J / (1 + J) of one: of the fraction J = TP / (TP + FP + FN) of the sources that are
    predicted to be, or are, in the class. The Wilson interval of J is converted.

    Parameters
    ----------
    tp, fp, fn
        True positives, false positives and false negatives.
    confidence
        Confidence level, between 0 and 1.

    Returns
    -------
    low, high
        Bounds of the interval.
    """
    low, high = wilson_interval(tp, tp + fp + fn, confidence)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def median_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the median and a confidence interval that assumes nothing about the distribution.

    The bounds are order statistics, after `scipy.stats.quantile_test`. With five values or fewer there is no interval
    of 95 %: the bounds are the smallest and the largest value.

    Parameters
    ----------
    values
        At least one value.
    confidence
        Least probability that the interval contains the median of the population.

    Returns
    -------
    median, low, high
        The median of the values, and the bounds of the interval.
    """
    given = np.asarray(values, dtype=np.float64)
    found = quantile_test(given, p=0.5).confidence_interval(confidence_level=confidence)
    low = float(found.low) if isfinite(found.low) else float(given.min())
    high = float(found.high) if isfinite(found.high) else float(given.max())
    return float(np.median(given)), low, high
