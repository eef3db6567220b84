"""Completeness and purity against the threshold, compared with scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve, precision_score, recall_score

from astronomical.errors import InvalidInputError
from astronomical.learning.intervals import wilson_interval
from astronomical.learning.metrics import is_claimed
from astronomical.learning.operating_point import operating_curve


@pytest.fixture
def forest_like():
    """Return truth and the probabilities of a forest of 100 trees, with many ties."""
    rng = np.random.default_rng(4)
    truth = (rng.random(3000) < 0.15).astype(np.int8)
    proba = np.clip(np.round(rng.normal(0.2 + 0.5 * truth, 0.2), 2), 0, 1).astype(np.float32)
    return truth, proba


def test_every_threshold_of_scikit_learn_has_its_purity_and_completeness(forest_like):
    truth, proba = forest_like
    precision, recall, thresholds = precision_recall_curve(truth, proba)
    curve = operating_curve(truth, proba)
    for i, value in enumerate(thresholds):
        if value == 0:
            continue  # no threshold from 0 on is below it
        point = curve.at(float(np.nextafter(value, np.float32(-1))))
        assert point.scores.precision == pytest.approx(precision[i], abs=1e-12)
        assert point.scores.recall == pytest.approx(recall[i], abs=1e-12)


def test_101_thresholds_have_the_scores_of_the_sources_that_are_predicted(forest_like):
    truth, proba = forest_like
    curve = operating_curve(truth, proba, pool=proba)
    for threshold in np.linspace(0, 1, 101)[:-1].tolist():
        point, predicted = curve.at(threshold), is_claimed(proba, threshold)
        assert point.n_pool == np.count_nonzero(predicted)
        assert point.scores.tp + point.scores.fp == np.count_nonzero(predicted)
        if predicted.any():
            assert point.scores.precision == pytest.approx(precision_score(truth, predicted), abs=1e-12)
            assert point.purity == wilson_interval(point.scores.tp, int(np.count_nonzero(predicted)))
        assert point.scores.recall == pytest.approx(recall_score(truth, predicted), abs=1e-12)


def test_unknown_and_unscored_sources_are_not_counted():
    truth = np.array([1, 1, 0, -1, 0], dtype=np.int8)
    proba = np.array([0.9, np.nan, 0.2, 0.9, 0.7], dtype=np.float32)
    point = operating_curve(truth, proba, pool=np.array([0.1, np.nan, 0.8])).at(0.5)
    assert (point.scores.tp, point.scores.fp, point.scores.fn, point.scores.tn) == (1, 1, 0, 1)
    assert point.n_pool == 1


def test_the_smallest_threshold_with_enough_purity(forest_like):
    truth, proba = forest_like
    curve = operating_curve(truth, proba)
    chosen = curve.for_purity(0.95)
    precision, _, thresholds = precision_recall_curve(truth, proba)
    expected = thresholds[np.argmax(precision[:-1] >= 0.95)]
    assert np.array_equal(is_claimed(proba, chosen), proba >= expected)
    assert np.array_equal(proba >= np.float32(chosen), proba >= expected)
    assert round(chosen, 4) == chosen


def test_the_purity_is_that_of_counts_not_of_rounded_quotients():
    truth = np.array([1] * 19 + [0], dtype=np.int8)
    assert operating_curve(truth, np.full(20, 0.6, dtype=np.float32)).for_purity(0.95) == 0.3


def test_no_threshold_reaches_a_purity_that_no_cut_has():
    curve = operating_curve(np.array([0, 0, 1], dtype=np.int8), np.array([0.9, 0.8, 0.1], dtype=np.float32))
    assert curve.for_purity(0.5) is None
    assert curve.for_purity(1 / 3) is not None


def test_scores_without_any_source_are_undefined():
    point = operating_curve(np.empty(0, dtype=np.int8), np.empty(0, dtype=np.float32)).at(0.5)
    assert (point.scores.precision, point.scores.recall, point.purity, point.completeness) == (None, None, None, None)


@pytest.mark.parametrize("threshold", [-0.1, 1.0, 2, float("nan")])
def test_a_threshold_outside_its_range_is_refused(threshold):
    curve = operating_curve(np.array([1], dtype=np.int8), np.array([0.5]))
    with pytest.raises(InvalidInputError, match="threshold must be at least 0 and below 1"):
        curve.at(threshold)


@pytest.mark.parametrize("purity", [0, 1.1, float("nan")])
def test_a_purity_outside_its_range_is_refused(purity):
    with pytest.raises(InvalidInputError, match="purity must be above 0"):
        operating_curve(np.array([1], dtype=np.int8), np.array([0.5])).for_purity(purity)


@given(
    sources=st.lists(st.tuples(st.sampled_from([0, 1]), st.floats(0, 1, width=32)), min_size=1, max_size=60),
    purity=st.floats(0.01, 1),
)
def test_no_smaller_threshold_would_do(sources, purity):
    truth = np.array([side for side, _ in sources], dtype=np.int8)
    proba = np.array([p for _, p in sources], dtype=np.float32)
    chosen = operating_curve(truth, proba).for_purity(purity)

    def holds(threshold):
        predicted = is_claimed(proba, threshold)
        return predicted.any() and truth[predicted].mean() >= purity * (1 - 1e-9)

    others = [0.0, *proba[proba < 1].tolist()]
    if chosen is None:
        assert not any(holds(value) for value in others)
    else:
        assert holds(chosen)
        assert not any(
            holds(value) for value in others if not np.array_equal(proba > value, proba > chosen) and value < chosen
        )
