from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from astronomical.learning.intervals import f1_interval, median_interval, wilson_interval


@given(
    n=st.integers(1, 100_000),
    share=st.floats(0, 1),
    confidence=st.floats(0.5, 0.999),
)
def test_wilson_interval_agrees_with_scipy(n, share, confidence):
    k = round(share * n)
    expected = binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert wilson_interval(k, n, confidence) == pytest.approx(tuple(expected), abs=1e-12)


def test_nine_of_nine_leave_room_for_errors():
    low, high = wilson_interval(9, 9)
    assert (low, high) == (pytest.approx(0.7009, abs=1e-4), 1.0)


@given(st.integers(0, 10_000))
def test_bounds_of_all_and_none_are_exact(n):
    assert wilson_interval(n, n)[1] == 1.0
    assert wilson_interval(0, n)[0] == 0.0


def test_without_trials_everything_is_possible():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("k", "n", "confidence"), [(-1, 3, 0.95), (4, 3, 0.95), (1, 2, 0.0), (1, 2, 1.0)])
def test_impossible_counts_are_refused(k, n, confidence):
    with pytest.raises(ValueError, match="between 0 and"):
        wilson_interval(k, n, confidence)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_interval_of_f1_contains_it(tp, fp, fn):
    low, high = f1_interval(tp, fp, fn)
    assert 0 <= low < high <= 1
    if tp + fp + fn:
        assert low <= 2 * tp / (2 * tp + fp + fn) + 1e-12
        assert high >= 2 * tp / (2 * tp + fp + fn) - 1e-12


def test_the_interval_of_the_median_contains_it_as_often_as_promised():
    rng = np.random.default_rng(0)
    held = [low <= 1 <= high for _, low, high in (median_interval(2 ** rng.normal(size=15)) for _ in range(400))]
    assert np.mean(held) >= 0.94


def test_few_values_have_their_range_as_the_interval():
    assert median_interval([3.0]) == (3.0, 3.0, 3.0)
    assert median_interval([4.0, 1.0, 2.0]) == (2.0, 1.0, 4.0)
    median, low, high = median_interval(np.arange(20.0))
    assert median == 9.5
    assert 0 < low < median < high < 19
