from __future__ import annotations

import numpy as np
import pytest

from astronomical.learning.ranking import best_first, percentile


def hashes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint64)


@pytest.mark.parametrize("n", range(7))
def test_utility_then_hash_then_place(n):
    utilities = np.array([0.1, 0.5, 0.5, 0.9, 0.5])
    order = hashes(0, 7, 3, 9, 3)
    assert best_first(utilities, order, n).tolist() == [3, 2, 4, 1, 0][:n]


def test_noise_in_the_last_digits_is_a_tie():
    utilities = np.array([0.5, 0.5 + 1e-12, 0.5 + 1e-8])
    assert best_first(utilities, hashes(1, 2, 3), 3).tolist() == [2, 0, 1]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_nan_comes_last_and_infinity_first(n):
    utilities = np.array([np.nan, 0.0, np.inf])
    assert best_first(utilities, hashes(0, 1, 2), n).tolist() == [2, 1, 0][:n]


def test_all_tied_is_the_order_of_the_hashes():
    order = np.random.default_rng(0).integers(0, 2**64, 5000, dtype=np.uint64)
    np.testing.assert_array_equal(best_first(np.zeros(5000), order, 100), np.argsort(order)[:100])


def test_utilities_are_left_alone():
    utilities = np.array([np.nan, 0.123456789012])
    before = utilities.copy()
    best_first(utilities, hashes(1, 2), 1)
    percentile(utilities)
    np.testing.assert_array_equal(utilities, before)


def test_percentile_puts_ties_in_the_middle():
    np.testing.assert_allclose(percentile(np.array([3.0, 1.0, 3.0, 7.0])), [0.5, 0.125, 0.5, 0.875])
    np.testing.assert_allclose(percentile(np.array([1.0, np.nan])), [0.75, 0.25])
    assert percentile(np.array([])).shape == (0,)
