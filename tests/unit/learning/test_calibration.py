"""Calibrated probabilities, compared with scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.naive_bayes import GaussianNB

from astronomical.errors import InvalidInputError
from astronomical.learning.calibration import (
    Calibration,
    calibration_error,
    cross_fitted,
    fit_calibration,
    reliability,
)
from astronomical.learning.intervals import wilson_interval


def unconfident(n, seed=0):
    """Return truth, and probabilities that are too close to 0.5, as those of a forest."""
    rng = np.random.default_rng(seed)
    proba = rng.beta(2, 3, n)
    return (rng.random(n) < expit(10 * (proba - 0.5))).astype(np.int8), proba.astype(np.float32)


def test_the_sigmoid_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(600, 2))
    y = (X[:, 0] + rng.normal(size=600) > 0.5).astype(int)
    model = GaussianNB().fit(X, y)  # it has no decision function, so that its probabilities are calibrated
    proba = model.predict_proba(X)[:, 1]
    found = fit_calibration(y, proba)
    assert found.method == "sigmoid"
    expected = CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid").fit(X, y)
    assert found(proba) == pytest.approx(expected.predict_proba(X)[:, 1], abs=1e-6)


def test_from_a_thousand_sources_on_it_is_isotonic_regression():
    truth, proba = unconfident(1000)
    found = fit_calibration(truth, proba)
    expected = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1).fit(proba.astype(float), truth)
    assert found.method == "isotonic"
    assert found(proba) == pytest.approx(expected.predict(proba.astype(float)), abs=1e-6)
    assert fit_calibration(truth[:999], proba[:999]).method == "sigmoid"


@pytest.mark.parametrize("n_positive", [29, 71])
def test_with_fewer_than_30_of_a_side_nothing_is_calibrated(n_positive):
    truth = np.repeat([1, 0], [n_positive, 100 - n_positive])
    with pytest.raises(InvalidInputError, match=rf"there are {n_positive} and {100 - n_positive}"):
        fit_calibration(truth, np.linspace(0, 1, 100))
    assert fit_calibration(np.repeat([1, 0], [30, 30]), np.linspace(1, 0, 60)).n_positive == 30


@pytest.mark.parametrize("n", [900, 3000])
def test_the_cross_fitted_error_is_small(n):
    truth, proba = unconfident(n)
    order = np.random.default_rng(2).permutation(n)
    after = cross_fitted(truth, proba, order)
    before = calibration_error(reliability(truth, proba))
    assert before > 0.1
    assert calibration_error(reliability(truth, after)) < 0.5 * before


def test_no_source_helps_to_calibrate_itself():
    truth, proba = unconfident(200)
    order = np.arange(200)
    rows = np.flatnonzero(truth == 1)
    fold = rows[::5]  # every fifth source of a side is in its first fold
    before = cross_fitted(truth, proba, order)
    changed = proba.copy()
    changed[fold[0]] = 0.99
    after = cross_fitted(truth, changed, order)
    assert np.array_equal(after[fold[1:]], before[fold[1:]]), "the fold is calibrated without its own sources"
    assert not np.array_equal(after[rows[1::5]], before[rows[1::5]])


def test_bins_are_those_of_scikit_learn_with_wilson_intervals():
    truth, proba = unconfident(500)
    fraction, mean = calibration_curve(truth, proba.astype(float), n_bins=10)
    found = reliability(truth, proba)
    assert [item.fraction for item in found] == pytest.approx(fraction, abs=1e-12)
    assert [item.mean for item in found] == pytest.approx(mean, abs=1e-12)
    assert sum(item.n for item in found) == 500
    assert all(item.interval == wilson_interval(item.n_positive, item.n) for item in found)


@pytest.mark.parametrize("n", [400, 2000])
def test_it_is_monotone_keeps_missing_values_and_survives_plain_values(n):
    found = fit_calibration(*unconfident(n))
    values = found(np.append(np.linspace(0, 1, 101), np.nan))
    assert np.isnan(values[-1])
    assert (np.diff(values[:-1]) >= 0).all()
    assert ((values[:-1] >= 0) & (values[:-1] <= 1)).all()
    again = Calibration(**found.plain())
    assert np.array_equal(again(np.linspace(0, 1, 50)), found(np.linspace(0, 1, 50)))


@pytest.mark.parametrize(
    "change",
    [{"slope": float("nan")}, {"method": "isotonic"}, {"method": "isotonic", "x": [0.5, 0.1], "y": [0.1, 0.2]}],
)
def test_a_calibration_that_is_no_function_is_refused(change):
    found = fit_calibration(*unconfident(400))
    with pytest.raises(InvalidInputError, match="calibration of a class"):
        Calibration(**{**found.plain(), **change})
