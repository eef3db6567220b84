"""What every built-in query strategy must keep to, and the values by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from astronomical.extend import extension_of
from astronomical.learning.strategies import BUILTINS, entropy_confidence, margin_confidence, random

NAMES = [extension_of(strategy).name for strategy in BUILTINS]
every_strategy = pytest.mark.parametrize("strategy", BUILTINS, ids=NAMES)
by_model = pytest.mark.parametrize("strategy", BUILTINS[:3], ids=NAMES[:3])


def sides(*p: float) -> np.ndarray:
    return np.column_stack([1 - np.array(p), np.array(p)])


def hashes(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)


def test_the_names_in_a_config():
    assert NAMES == ["uncertainty", "margin", "entropy", "random"]
    assert [extension_of(strategy).option("needs_model") for strategy in BUILTINS] == [True, True, True, False]


@every_strategy
def test_one_finite_utility_per_row_and_nothing_changed(strategy):
    for n in (0, 1, 50):
        proba, order = sides(*np.linspace(0, 1, n)), hashes(n)
        before = proba.copy(), order.copy()
        utility = strategy(proba, order)
        assert utility.shape == (n,)
        assert utility.dtype == np.float64
        assert np.isfinite(utility).all()
        np.testing.assert_array_equal(proba, before[0])
        np.testing.assert_array_equal(order, before[1])
        np.testing.assert_array_equal(strategy(proba, order), utility)


@by_model
def test_even_odds_are_asked_first_and_both_sides_alike(strategy):
    utility = strategy(sides(0.5, 0.6, 0.4, 0.9, 0.1, 1.0, 0.0), hashes(7))
    np.testing.assert_allclose(utility[1::2], utility[2::2], atol=1e-12)
    assert (np.diff(utility[::2]) < 0).all()


@by_model
def test_missing_probabilities_come_out_missing(strategy):
    utility = strategy(sides(0.5, np.nan), hashes(2))
    assert np.isfinite(utility[0])
    assert np.isnan(utility[1])


def test_values_by_hand():
    uncertainty, margin, entropy, _ = BUILTINS
    proba, order = sides(0.75), hashes(1)
    assert uncertainty(proba, order) == pytest.approx([0.25])
    assert margin(proba, order) == pytest.approx([0.5])
    assert entropy(proba, order) == pytest.approx([-0.75 * log(0.75) - 0.25 * log(0.25)])


def test_confidence_runs_from_nought_at_even_odds_to_one():
    for confidence in (margin_confidence, entropy_confidence):
        np.testing.assert_allclose(confidence(sides(0.5, 1.0, 0.0)), [0, 1, 1], atol=1e-12)
    assert margin_confidence(sides(0.75)) == pytest.approx([0.5])
    assert entropy_confidence(sides(0.75)) == pytest.approx([1 - 0.5623351 / log(2)])
    assert [extension_of(strategy).option("confidence") for strategy in BUILTINS] == [
        margin_confidence, margin_confidence, entropy_confidence, None]


def test_random_follows_the_hashes_alone():
    order = hashes(1000)
    utility = random(np.full((1000, 2), np.nan), order)
    np.testing.assert_array_equal(np.argsort(-utility), np.argsort(order))
    assert 0 <= utility.min() < utility.max() <= 1
