"""Estimates from an audit: coverage on made catalogues, and agreement with ppi-python."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.learning.audit import audit_estimate, margin_of, prediction_powered_mean
from astronomical.learning.intervals import wilson_interval


def made_catalogue(prevalence, n=20_000, seed=0, noise=1.0):
    """Return truth, and probabilities whose ranking is good but which are not calibrated."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < prevalence).astype(np.int8)
    proba = 1 / (1 + np.exp(-(rng.normal(0, noise, n) + 4 * truth - 2)))
    return truth, proba.astype(np.float32)


def audits(prevalence, m, repeats=400, **made):
    truth, proba = made_catalogue(prevalence, **made)
    rng = np.random.default_rng(1)
    for _ in range(repeats):
        drawn = np.zeros(len(truth), dtype=np.bool_)
        drawn[rng.choice(len(truth), m, replace=False)] = True
        found = audit_estimate(truth[drawn], proba[drawn] > 0.5, proba[drawn], proba[~drawn], len(truth))
        yield truth.mean(), found


@pytest.mark.parametrize("prevalence", [0.4, 0.08])
def test_the_interval_of_the_count_covers_the_truth(prevalence):
    covered, narrower = [], []
    for true, found in audits(prevalence, 100):
        low, high = found.share.interval
        covered.append(low <= true <= high)
        wilson = wilson_interval(found.scores.tp + found.scores.fn, found.scores.n)
        assert high - low <= wilson[1] - wilson[0], "never wider than without the predictions"
        narrower.append((high - low) / (wilson[1] - wilson[0]))
        if min(found.scores.tp + found.scores.fn, found.scores.fp + found.scores.tn) < 5:
            assert found.share.method == "wilson"
    assert np.mean(covered) >= 0.93
    if prevalence == 0.4:
        assert np.mean(narrower) <= 0.6


def test_it_agrees_with_ppi_python():
    ppi = pytest.importorskip("ppi_py")
    truth, proba = made_catalogue(0.3, n=3000)
    y, f, rest = truth[:120].astype(float), proba[:120].astype(float), proba[120:].astype(float)
    mean, interval = prediction_powered_mean(y, f, rest)
    assert mean == pytest.approx(float(np.ravel(ppi.ppi_mean_pointestimate(y, f, rest))[0]), abs=1e-9)
    expected = [float(np.ravel(bound)[0]) for bound in ppi.ppi_mean_ci(y, f, rest, alpha=0.05)]
    assert interval == pytest.approx(expected, abs=1e-9)


def test_useless_predictions_get_no_weight():
    rng = np.random.default_rng(3)
    y = (rng.random(200) < 0.5).astype(float)
    mean, _ = prediction_powered_mean(y, np.full(200, 0.3), np.full(500, 0.3))
    assert mean == pytest.approx(y.mean(), abs=1e-12)
    mean, _ = prediction_powered_mean(y, 1 - y, rng.random(500))
    assert mean == pytest.approx(y.mean(), abs=1e-12), "predictions that are wrong throughout"


def test_scores_have_wilson_intervals_and_undefined_ones_none():
    truth, predicted = np.array([1, 1, 0, 0, 0]), np.array([True, False, False, False, False])
    found = audit_estimate(truth, predicted, predicted.astype(float), np.array([np.nan, 0.2]), 100)
    assert found.accuracy == wilson_interval(4, 5)
    assert found.purity == wilson_interval(1, 1)
    assert found.completeness == wilson_interval(1, 2)
    assert found.count[0] == pytest.approx(40)
    nothing = audit_estimate(np.empty(0, int), np.empty(0, bool), np.empty(0), np.array([0.2]), 100)
    assert (nothing.accuracy, nothing.purity, nothing.completeness, nothing.share, nothing.count) == (None,) * 5


def test_it_says_beforehand_what_an_audit_of_a_size_buys():
    assert margin_of(100) == pytest.approx(0.06, abs=0.005)
    assert margin_of(385) == pytest.approx(0.03, abs=0.002)
