"""Calibrated probabilities, fitted on sources with known labels, and how reliable probabilities are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from astronomical.errors import InvalidInputError
from astronomical.learning.class_sets import set_limits
from astronomical.learning.intervals import wilson_interval

__all__ = [
    "LEAST_OF_EACH",
    "Calibration",
    "ReliabilityBin",
    "calibration_error",
    "cross_fitted",
    "fit_calibration",
    "reliability",
]

Method = Literal["sigmoid", "isotonic"]
#: Number of sources of each side below which probabilities are not calibrated.
LEAST_OF_EACH = 30
#: Number of sources from which on isotonic regression replaces the sigmoid, which is stable with few sources.
_ISOTONIC_FROM = 1000
_N_FOLDS, _N_BINS = 5, 10


@dataclass(frozen=True, eq=False)
class Calibration:
    """A monotone function from the probability of a model to a calibrated probability.

    Attributes
    ----------
    method
        ``sigmoid`` [1]_ or ``isotonic`` [2]_.
    n_positive, n_negative
        Number of sources of the class and of the rest to which it was fitted.
    slope, intercept
        Parameters of the sigmoid ``1 / (1 + exp(slope * p + intercept))``; NaN for isotonic regression.
    x, y
        Points between which isotonic regression is interpolated, ascending, shape (n_points,); empty for a sigmoid.
    limits
        Probabilities of the model from which on the class, and up to which the rest, belongs to the set of classes of a
        source; see `astronomical.learning.class_sets.set_limits`.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines and comparisons to regularized likelihood
       methods", Advances in Large Margin Classifiers (1999).
    .. [2] B. Zadrozny & C. Elkan, "Transforming classifier scores into accurate multiclass probability estimates",
       KDD (2002), doi:10.1145/775047.775151.
    """

    method: Method
    n_positive: int
    n_negative: int
    slope: float
    intercept: float
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    limits: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if self.method == "sigmoid":
            valid = bool(np.isfinite([self.slope, self.intercept]).all())
        else:
            points = np.array([self.x, self.y], dtype=np.float64)
            inside = points.size > 0 and bool(((points >= 0) & (points <= 1)).all())
            valid = inside and not bool((np.diff(points) < 0).any())
        if not valid or len(self.limits) != 2 or not all(0 <= limit <= 1 for limit in self.limits):
            raise InvalidInputError("the calibration of a class must map probabilities (0 to 1) to probabilities")

    def __call__(self, proba: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return calibrated probabilities; NaN stay NaN.

        Parameters
        ----------
        proba
            Probabilities of the model, any shape.
        """
        values = np.asarray(proba, dtype=np.float64)
        if self.method == "sigmoid":
            found = expit(-(self.slope * values + self.intercept))
        else:
            found = np.where(np.isnan(values), np.nan, np.interp(values, self.x, self.y))
        return np.asarray(found, dtype=np.float32)

    def plain(self) -> dict[str, Any]:
        """Return the calibration as plain values and arrays; ``Calibration(**plain)`` restores it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class ReliabilityBin:
    """Sources with similar probabilities.

    Attributes
    ----------
    mean
        Their mean probability.
    n, n_positive
        Number of sources, and how many belong to the class.
    fraction, interval
        Fraction that belongs to the class, with its Wilson interval of 95 %.
    """

    mean: float
    n: int
    n_positive: int
    fraction: float
    interval: tuple[float, float]


class _Identity(ClassifierMixin, BaseEstimator):
    """A classifier whose only feature is the probability itself."""

    def fit(self, X: NDArray[np.floating], y: NDArray[np.integer]) -> _Identity:
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.column_stack([1 - X[:, 0], X[:, 0]])

    def predict(self, X: NDArray[np.floating]) -> NDArray[np.integer]:
        return (X[:, 0] > 0).astype(np.int64)  # scikit-learn wants this method, but does not call it


def fit_calibration(
    truth: NDArray[np.integer], proba: NDArray[np.floating], method: Method | None = None
) -> Calibration:
    """Fit a calibration with `sklearn.calibration.CalibratedClassifierCV`.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, shape (n,).
    proba
        Probability of the model, shape (n,).
    method
        By default isotonic regression from 1,000 sources on, else a sigmoid.

    Raises
    ------
    InvalidInputError
        If there are fewer than 30 sources of a side.
    """
    n_positive, n = int(np.count_nonzero(truth == 1)), len(truth)
    if min(n_positive, n - n_positive) < LEAST_OF_EACH:
        raise InvalidInputError(
            f"at least {LEAST_OF_EACH} sources of the class and {LEAST_OF_EACH} of the rest are needed to calibrate "
            f"probabilities; there are {n_positive} and {n - n_positive}"
        )
    return _fit(truth, proba, method or _method_for(n))


def cross_fitted(
    truth: NDArray[np.integer], proba: NDArray[np.floating], order: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return calibrated probabilities, each from a calibration that was fitted without the source itself.

    Parameters
    ----------
    truth, proba
        As for `fit_calibration`.
    order
        A seeded hash of each source, shape (n,); five folds with equal shares of both sides are made from it.
    """
    fold = np.empty(len(truth), dtype=np.intp)
    for side in (0, 1):
        rows = np.flatnonzero(truth == side)
        fold[rows[np.argsort(order[rows], kind="stable")]] = np.arange(len(rows)) % _N_FOLDS
    found = np.empty(len(truth), dtype=np.float32)
    for turn in range(_N_FOLDS):
        inside = fold == turn
        found[inside] = _fit(truth[~inside], proba[~inside], _method_for(len(truth)))(proba[inside])
    return found


def reliability(truth: NDArray[np.integer], proba: NDArray[np.floating]) -> tuple[ReliabilityBin, ...]:
    """Compare probabilities with the fraction of sources that belong to the class, in ten bins of equal width.

    The bins, without empty ones, are those of `sklearn.calibration.calibration_curve`.

    Parameters
    ----------
    truth, proba
        As for `fit_calibration`.
    """
    values = np.asarray(proba, dtype=np.float64)
    place = np.searchsorted(np.linspace(0, 1, _N_BINS + 1)[1:-1], values)
    n = np.bincount(place, minlength=_N_BINS)
    positive = np.bincount(place, weights=truth, minlength=_N_BINS).astype(int)
    total = np.bincount(place, weights=values, minlength=_N_BINS)
    return tuple(
        ReliabilityBin(
            float(total[i] / n[i]),
            int(n[i]),
            int(positive[i]),
            float(positive[i] / n[i]),
            wilson_interval(int(positive[i]), int(n[i])),
        )
        for i in range(_N_BINS)
        if n[i]
    )


def calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Return the expected calibration error: the mean distance of probability and fraction, weighted by sources."""
    return sum(item.n * abs(item.mean - item.fraction) for item in bins) / sum(item.n for item in bins)


def _method_for(n: int) -> Method:
    return "isotonic" if n >= _ISOTONIC_FROM else "sigmoid"


def _fit(truth: NDArray[np.integer], proba: NDArray[np.floating], method: Method) -> Calibration:
    X, y = np.asarray(proba, dtype=np.float64)[:, None], np.asarray(truth, dtype=np.int64)
    fitted = CalibratedClassifierCV(FrozenEstimator(_Identity().fit(X, y)), method=method).fit(X, y)
    calibrator: Any = fitted.calibrated_classifiers_[0].calibrators[0]
    n_positive = int(np.count_nonzero(y))
    counts, limits = (n_positive, len(y) - n_positive), set_limits(truth, proba)
    none = np.empty(0)
    if method == "sigmoid":
        return Calibration(method, *counts, float(calibrator.a_), float(calibrator.b_), none, none, limits)
    x, values = calibrator.X_thresholds_, calibrator.y_thresholds_
    return Calibration(method, *counts, float("nan"), float("nan"), x, values, limits)
