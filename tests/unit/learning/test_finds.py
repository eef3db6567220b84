"""How many sources of a class there can be at most: against the definition, in random draws, and in made searches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from astronomical.errors import InvalidInputError
from astronomical.learning.finds import Search


def made(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features and classes: 40 to 250 of 2,000 to 6,000, in one to three clusters of unequal size."""
    rng = np.random.default_rng([11, seed])
    n_features, n, n_own = rng.integers(2, 6), rng.integers(2000, 6000), rng.integers(40, 250)
    centres = rng.normal(0, 3, (rng.integers(2, 5), n_features))
    places = centres[rng.integers(len(centres), size=n - n_own)]
    rest = places + rng.normal(0, rng.uniform(0.8, 1.6), places.shape)
    own_centres = rng.normal(0, 3, (rng.integers(1, 4), n_features))
    share = np.array([1.0, 0.4, 0.2][: len(own_centres)])
    places = own_centres[rng.choice(len(own_centres), n_own, p=share / share.sum())]
    own = places + rng.normal(0, rng.uniform(0.5, 1.1), places.shape)
    mixed = rng.permutation(n)
    return np.concatenate([rest, own])[mixed], np.repeat([0, 1], [n - n_own, n_own])[mixed]


def recall_at_the_advice(seed: int, target: float) -> float:
    """Query the most likely member by a kernel density of the labels until the advice, and return the true recall."""
    X, y = made(seed)
    rng = np.random.default_rng([12, seed])
    votes, left, hits = np.zeros((2, len(y))), np.ones(len(y), dtype=bool), []

    def label(row: int) -> None:
        left[row] = False
        votes[y[row]] += np.exp(-np.sum((X - X[row]) ** 2, axis=1) / (0.5 * X.shape[1]))

    for side, n in ((1, 1), (0, 4)):
        for row in rng.choice(np.flatnonzero(y == side), n, replace=False):
            label(row)
    noise = rng.random(len(y)) * 1e-9
    while left.any():
        likely = (votes[1] + 3e-5) / (votes.sum(axis=0) + 1e-3) + noise
        row = int(np.argmax(np.where(left, likely, -1)))
        hits.append(y[row])
        label(row)
        if len(hits) % 40 == 0 and Search.of(hits, int(left.sum()), 1).n_needed(target) == 0:
            break
    return (sum(hits) + 1) / y.sum()


def test_the_p_value_is_that_of_the_strictest_window():
    hits = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    search = Search.of(hits, n_left=30, n_known=2)
    expected = 4 * min(hypergeom.cdf(hits[-n:].sum(), 30 + n, 9 - 6 + hits[-n:].sum(), n) for n in (16, 8, 4, 2))
    assert search.n_found == 6
    assert search.p_value(9) == pytest.approx(min(expected, 1), rel=1e-12)
    assert search.p_value(search.at_most()) >= 0.05 > search.p_value(search.at_most() + 1)


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 400), st.integers(0, 5))
def test_limits_are_in_range_and_needed_queries_show_the_target(hits, n_left, n_known):
    search = Search.of(hits, n_left, n_known)
    assert search.n_found <= search.at_most() <= search.n_found + n_left
    needed = search.n_needed(0.9)
    assert 0 <= needed <= n_left
    later = Search.of([*hits, *[False] * needed], n_left - needed, n_known)
    assert later.n_needed(0.9) == 0
    assert search.n_found / max(later.at_most(), 1) >= 0.9 - 1e-9 or search.n_found == 0


def test_of_random_queries_the_limit_holds_and_nothing_is_left_at_the_end():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(300):
        y = rng.permutation(np.repeat([0, 1], [900, 40]))
        held.append(Search.of(y[:400], 540).p_value(40) >= 0.05)
    assert np.mean(held) >= 0.94
    everything = Search.of(y, 0)
    assert everything.at_most() == everything.n_found == 40
    assert everything.n_needed(0.95) == 0


def test_without_queries_everything_is_possible():
    assert Search.of([], 100, 3).at_most() == 103
    assert Search.of([], 100, 3).n_needed(0.95) > 50


@pytest.mark.parametrize("target", [0.0, 1.0, 1.5, float("nan")])
def test_a_target_out_of_range_is_refused(target):
    with pytest.raises(InvalidInputError, match="target must be above 0 and below 1"):
        Search.of([1, 0], 5).n_needed(target)


def test_the_advice_comes_when_the_class_is_found():
    assert min(recall_at_the_advice(seed, 0.95) for seed in (6, 9)) >= 0.9


@pytest.mark.slow
def test_the_advice_is_rarely_early():
    recalls = np.array([recall_at_the_advice(seed, 0.95) for seed in range(20)])
    assert np.count_nonzero(recalls >= 0.9) >= 19
