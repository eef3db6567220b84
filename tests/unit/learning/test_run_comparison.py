"""Comparison of methods over tasks: means, paired differences with intervals, ranks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from astronomical.learning.run_comparison import compare_runs


def made(rng: np.random.Generator, gain: float, n_tasks: int = 12, n_seeds: int = 3) -> np.ndarray:
    """Scores of two methods that share what makes a task and a seed easy; the second one gains on each task."""
    shared = rng.normal(0.7, 0.2, (n_tasks, 1)) + rng.normal(0, 0.05, (n_tasks, n_seeds))
    gains = rng.normal(gain, 0.02, (n_tasks, 1))
    noise = rng.normal(0, 0.01, (2, n_tasks, n_seeds))
    return np.stack([shared, shared + gains]) + noise


def test_the_interval_holds_the_true_difference_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(50):
        difference = compare_runs(made(rng, 0.03))[1].difference
        inside += difference.low <= 0.03 <= difference.high
    assert inside >= 42  # a percentile bootstrap of 12 tasks is a little narrow


def test_pairing_finds_a_small_gain_that_unpaired_means_would_hide():
    values = made(np.random.default_rng(1), 0.03)
    reference, better = compare_runs(values)
    assert better.difference.low > 0
    assert better.n_better >= 10
    assert better.difference.high - better.difference.low < values[0].std() / 3
    assert (reference.difference.value, reference.difference.low, reference.difference.high) == (0, 0, 0)


def test_ranks_share_ties_and_put_missing_runs_last():
    values = np.array([[[0.9]], [[0.5]], [[0.9]], [[np.nan]]])
    assert [found.rank.value for found in compare_runs(values)] == [1.5, 3, 1.5, 4]
    assert [found.n_runs for found in compare_runs(values)] == [1, 1, 1, 0]


def test_one_run_has_no_interval():
    found = compare_runs(np.array([[[0.5]], [[0.6]]]))[1]
    assert found.difference.value == pytest.approx(0.1)
    assert np.isnan([found.difference.low, found.difference.high]).all()


def test_tasks_have_equal_weights_whatever_runs_are_missing():
    values = np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.2, np.nan], [0.4, 0.4]]])
    found = compare_runs(values)[1]
    assert found.mean == pytest.approx(0.3)
    assert found.difference.value == pytest.approx(0.3)
    assert (found.n_tasks, found.n_runs) == (2, 3)


@settings(max_examples=25)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(2, 4), st.integers(1, 5), st.integers(1, 4)),
        elements=st.one_of(st.floats(0, 1, width=16), st.just(np.nan)),
    )
)
def test_estimates_are_ordered_and_ranks_sum_up(values: np.ndarray):
    found = compare_runs(values)
    for comparison in found:
        for estimate in (comparison.difference, comparison.rank):
            if np.isfinite(estimate.low):
                assert estimate.low <= estimate.high
        assert 0 <= comparison.n_better <= comparison.n_tasks <= values.shape[1]
    total = sum(comparison.rank.value for comparison in found)
    if np.isfinite(values).any():
        n = len(values)
        assert total == pytest.approx(n * (n + 1) / 2)


def test_the_order_of_tasks_changes_no_mean():
    values = made(np.random.default_rng(2), 0.01)
    first, second = compare_runs(values)[1], compare_runs(values[:, ::-1])[1]
    assert first.difference.value == pytest.approx(second.difference.value)
    assert first.rank.value == pytest.approx(second.rank.value)
