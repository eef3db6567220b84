"""Likeness to known sources, and weighted scores, against values by hand."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.learning.belief import LEAST_EFFECTIVE, is_unlike, likeness, weighted_score, weights_of
from astronomical.learning.intervals import wilson_interval


@pytest.fixture(scope="module")
def plane(matrix):
    """Return features of sources of which those with x < 0 may be known, the mask of known ones, and hashes."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (1500, 2))
    x[::50, 1] = np.nan
    known = (x[:, 0] < 0) & (rng.random(1500) < 0.3)
    return matrix(x), known, rng.integers(0, 2**64, 1500, dtype=np.uint64), x[:, 0]


def test_where_no_source_is_known_all_are_unlike_them(plane):
    features, known, hashes, x = plane
    among = np.ones(len(x), dtype=bool)
    found = likeness(features, known, among, hashes, 1)
    assert np.all(is_unlike(found[x > 0.1]))
    assert not np.any(is_unlike(found[x < -0.1]))
    # Known sources are twice as frequent there as in the whole catalogue.
    assert np.median(found[x < -0.1]) == pytest.approx(2 / 3, abs=0.05)
    np.testing.assert_array_equal(found, likeness(features, known, among, hashes, 1))


def test_only_sources_of_the_catalogue_that_are_wanted_are_judged(plane):
    features, known, hashes, x = plane
    among = np.arange(len(x)) % 2 == 0
    rows = np.arange(0, 100, 2)
    told = []
    found = likeness(features, known, among, hashes, 1, rows, progress=told.append)
    assert np.flatnonzero(np.isfinite(found)).tolist() == rows.tolist()
    assert told[-1] == 1
    assert told == sorted(told)
    nothing = likeness(features, np.zeros(len(x), dtype=bool), among, hashes, 1)
    assert np.all(nothing[among] == 0)
    assert np.all(np.isnan(nothing[~among]))
    assert not is_unlike(nothing[~among]).any()


def test_weights_are_the_odds_of_the_catalogue_with_a_limit():
    weights = weights_of(np.array([0.5, 0.25, 0.0]))
    assert weights / weights[0] == pytest.approx([1, 3, 20])
    assert weights.mean() == pytest.approx(1)
    assert weights_of(np.ones(3)).tolist() == [1, 1, 1]


def test_a_weighted_score_has_the_effective_number_of_kish():
    hit = np.arange(100) < 80
    plain = weighted_score(hit, np.ones(100))
    assert (plain.value, plain.n_effective) == (0.8, 100)
    assert plain.interval == pytest.approx(wilson_interval(80, 100))
    weights = np.where(hit, 1.0, 3.0)
    found = weighted_score(hit, weights)
    assert found.value == pytest.approx(80 / 140)
    assert found.n_effective == pytest.approx(140**2 / (80 + 20 * 9))
    assert found.interval[0] < found.value < found.interval[1]


def test_too_few_sources_in_effect_have_no_score():
    n = int(LEAST_EFFECTIVE)
    assert weighted_score(np.ones(n, dtype=bool), np.ones(n)).value == 1
    few = weighted_score(np.ones(n - 1, dtype=bool), np.ones(n - 1))
    assert (few.value, few.interval, few.n_effective) == (None, None, n - 1)
    assert weighted_score(np.zeros(0, dtype=bool), np.zeros(0)).n_effective == 0
