"""What every built-in query strategy must keep to, and the values by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from astronomical.extend import extension_of
from astronomical.learning.feature_space import Space
from astronomical.learning.strategies import (
    BUILTINS,
    batch,
    consensus_entropy,
    cover,
    density,
    entropy,
    likely,
    margin,
    max_disagreement,
    random,
    uncertainty,
    vote_entropy,
)
from astronomical.learning.strategies.committee import consensus_confidence, disagreement_confidence, vote_confidence
from astronomical.learning.strategies.probability import entropy_confidence, margin_confidence

NAMES = [extension_of(strategy).name for strategy in BUILTINS]
every_strategy = pytest.mark.parametrize("strategy", BUILTINS, ids=NAMES)
by_model = pytest.mark.parametrize("strategy", [uncertainty, margin, entropy], ids=["uncertainty", "margin", "entropy"])
of_committee = pytest.mark.parametrize(
    "strategy", [vote_entropy, consensus_entropy, max_disagreement], ids=["vote", "consensus", "disagreement"]
)


def sides(*p: float) -> np.ndarray:
    return np.column_stack([1 - np.array(p), np.array(p)])


def hashes(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)


@pytest.fixture
def arguments(matrix):
    """Return what a strategy is given of a pool of n: all that it looks at, in the order of `places`."""

    def make(strategy, n: int, places=slice(None), p=None):
        rng = np.random.default_rng(1)
        p = (np.linspace(0, 1, n) if p is None else np.asarray(p))[places]
        rows = rng.normal(size=(n, 3))
        rows[::7, 1] = np.nan
        order = hashes(n)[places]
        features = matrix(rows[places]) if n else matrix(np.empty((0, 3)))
        looks_at = extension_of(strategy).option("looks_at")
        if looks_at == "votes":
            votes = np.clip(p + np.array([[-0.2], [0.0], [0.3]]), 0, 1)
            return votes, order
        space = (Space(features, np.arange(n), order),) if looks_at == "features" else ()
        return sides(*p).reshape(n, 2), order, *space

    return make


def test_the_names_in_a_config():
    assert NAMES == [
        "uncertainty",
        "margin",
        "entropy",
        "vote_entropy",
        "consensus_entropy",
        "max_disagreement",
        "density",
        "batch",
        "cover",
        "likely",
        "random",
    ]
    options = {name: extension_of(strategy).option for name, strategy in zip(NAMES, BUILTINS, strict=True)}
    assert [name for name in NAMES if not options[name]("needs_model")] == ["cover", "random"]
    assert [name for name in NAMES if options[name]("learners") == "committee"] == NAMES[3:6]
    assert [name for name in NAMES if options[name]("learners") == "single"] == NAMES[:3]


@every_strategy
def test_one_finite_utility_per_row_and_nothing_changed(strategy, arguments):
    for n in (0, 1, 50):
        given = arguments(strategy, n)
        before = [value.copy() for value in given[:2]]
        utility = strategy(*given)
        assert utility.shape == (n,)
        assert utility.dtype == np.float64
        assert np.isfinite(utility).all()
        for value, old in zip(given[:2], before, strict=True):
            np.testing.assert_array_equal(value, old)
        np.testing.assert_array_equal(strategy(*given), utility)


@every_strategy
def test_a_pool_in_another_order_gives_the_same_utilities(strategy, arguments):
    places = np.random.default_rng(5).permutation(60)
    np.testing.assert_allclose(
        strategy(*arguments(strategy, 60, places)), strategy(*arguments(strategy, 60))[places], atol=1e-12
    )


@every_strategy
def test_sources_that_are_all_alike_tie_or_differ_by_place_only(strategy, arguments):
    utility = strategy(*arguments(strategy, 40, p=np.full(40, 0.5)))
    if strategy not in (random, density, batch, cover):
        assert len(np.unique(np.round(utility, 9))) == 1


@every_strategy
def test_confidence_lies_between_0_and_1(strategy, arguments):
    confidence = extension_of(strategy).option("confidence")
    if confidence is not None:
        values = confidence(arguments(strategy, 50)[0])
        assert values.shape == (50,)
        assert values.min() >= -1e-12
        assert values.max() <= 1 + 1e-12


def test_likely_ranks_by_the_probability_of_the_class():
    p = np.array([0.2, 0.9, 0.5, np.nan, 0.0])
    np.testing.assert_array_equal(likely(sides(*p), hashes(5)), p)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.8])
def test_likely_mixed_with_uncertainty_keeps_the_proportion_in_every_ranking(fraction):
    p = np.random.default_rng(0).permutation(np.linspace(0, 1, 5000))
    best, unsure = np.argsort(-p), np.argsort(np.abs(p - 0.5), kind="stable")
    firsts = []
    for seed in range(200):
        ranked = np.argsort(-likely(sides(*p), hashes(5000, seed), fraction), kind="stable")
        n_unsure = np.isin(ranked[:100], unsure[:200]).sum()
        assert n_unsure == pytest.approx(100 * fraction, abs=1)
        assert np.isin(ranked[:100], best[:100]).sum() == 100 - n_unsure
        firsts.append(ranked[0] in unsure[:2])
    assert np.mean(firsts) == pytest.approx(fraction, abs=0.12)


def test_likely_mixed_gives_no_utility_without_a_probability():
    utilities = likely(sides(0.5, np.nan, 0.1), hashes(3), 0.5)
    assert np.isnan(utilities).tolist() == [False, True, False]


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


@of_committee
def test_missing_votes_come_out_missing(strategy):
    utility = strategy(np.array([[0.5, np.nan], [0.2, np.nan]]), hashes(2))
    assert np.isfinite(utility[0])
    assert np.isnan(utility[1])


def test_values_by_hand():
    proba, order = sides(0.75), hashes(1)
    assert uncertainty(proba, order) == pytest.approx([0.25])
    assert margin(proba, order) == pytest.approx([0.5])
    assert entropy(proba, order) == pytest.approx([-0.75 * log(0.75) - 0.25 * log(0.25)])


def test_values_of_a_committee_by_hand():
    """Votes of three: two of three for the class; agreement; one against two."""
    votes, order = np.array([[0.9, 0.8, 0.0], [0.6, 0.8, 1.0], [0.3, 0.8, 1.0]]), hashes(3)
    third = -(1 / 3) * log(1 / 3) - (2 / 3) * log(2 / 3)
    np.testing.assert_allclose(vote_entropy(votes, order), [third, 0, third])
    np.testing.assert_allclose(consensus_entropy(votes, order)[2], third)
    np.testing.assert_allclose(
        max_disagreement(votes, order),
        [max(p * log(p / 0.6) + (1 - p) * log((1 - p) / 0.4) for p in (0.9, 0.6, 0.3)), 0, log(3)],
        atol=1e-12,
    )
    np.testing.assert_allclose(vote_confidence(votes), [1 - third / log(2), 1, 1 - third / log(2)])
    np.testing.assert_allclose(consensus_confidence(votes)[2], 1 - third / log(2))
    np.testing.assert_allclose(disagreement_confidence(votes)[1:], [1, 0], atol=1e-12)


@of_committee
def test_a_committee_is_judged_as_by_modal(strategy):
    """The same values as modAL's own functions, which count row by row."""
    from modAL import disagreement

    class Three:
        classes_ = np.array([0, 1])

        def __len__(self):
            return 3

        def __iter__(self):
            return iter(range(3))

        def vote(self, X):
            return (X > 0.5).astype(int)

        def vote_proba(self, X):
            return np.stack([1 - X, X], axis=2)

        def predict_proba(self, X):
            return self.vote_proba(X).mean(axis=1)

    rng = np.random.default_rng(4)
    p = np.round(rng.random((200, 3)), 1)
    theirs = {
        vote_entropy: disagreement.vote_entropy,
        consensus_entropy: disagreement.consensus_entropy,
        max_disagreement: disagreement.KL_max_disagreement,
    }[strategy]
    np.testing.assert_allclose(strategy(p.T.copy(), hashes(200)), theirs(Three(), p), atol=1e-12)


def test_confidence_runs_from_nought_at_even_odds_to_one():
    for confidence in (margin_confidence, entropy_confidence):
        np.testing.assert_allclose(confidence(sides(0.5, 1.0, 0.0)), [0, 1, 1], atol=1e-12)
    assert margin_confidence(sides(0.75)) == pytest.approx([0.5])
    assert entropy_confidence(sides(0.75)) == pytest.approx([1 - 0.5623351 / log(2)])


def test_random_follows_the_hashes_alone():
    order = hashes(1000)
    utility = random(np.full((1000, 2), np.nan), order)
    np.testing.assert_array_equal(np.argsort(-utility), np.argsort(order))
    assert 0 <= utility.min() < utility.max() <= 1


@pytest.fixture
def crowd_and_outliers(matrix):
    """Sixty uncertain sources close together, four as uncertain far out, and many certain ones."""
    rng = np.random.default_rng(2)
    rows = np.concatenate(
        [rng.normal(0, 0.1, (60, 2)), rng.normal(0, 0.1, (4, 2)) + np.array([[8, 8]]), rng.normal(0, 1, (400, 2))]
    )
    p = np.concatenate([np.full(64, 0.5), np.full(400, 0.98)])
    order = hashes(464)
    return sides(*p), order, Space(matrix(rows), np.arange(464), order)


def test_density_leaves_outliers_for_later(crowd_and_outliers):
    utility = density(*crowd_and_outliers)
    assert utility[:60].min() > utility[60:64].max() > utility[64:].max()
    flat = density(*crowd_and_outliers, beta=0.0)
    np.testing.assert_allclose(flat, 1 - margin_confidence(crowd_and_outliers[0]))


def test_density_asks_by_uncertainty_beyond_those_looked_at(matrix, monkeypatch):
    monkeypatch.setattr("astronomical.learning.strategies.features._N_DENSITY", 10)
    p = np.linspace(0.5, 1, 100)
    order = hashes(100)
    utility = density(
        sides(*p), order, Space(matrix(np.random.default_rng(0).normal(size=(100, 2))), np.arange(100), order)
    )
    assert utility[:10].min() > utility[10:].max()
    assert (np.diff(utility[10:]) < 0).all()


def test_a_batch_takes_from_each_clump(matrix):
    rng = np.random.default_rng(3)
    centres = np.array([[0, 0], [6, 0], [0, 6], [6, 6]])
    rows = np.concatenate([centre + rng.normal(0, 0.2, (50, 2)) for centre in centres])
    # The first clump is the least certain: without an eye on distance all would come from it.
    p = np.concatenate([np.full(50, 0.5), np.full(150, 0.6)])
    order = hashes(200)
    space = Space(matrix(rows), np.arange(200), order)
    best = np.argsort(-batch(sides(*p), order, space), kind="stable")
    assert best[0] < 50
    assert sorted(best[:4] // 50) == [0, 1, 2, 3]
    plain = np.argsort(-batch(sides(*p), order, space, diversity=0.0), kind="stable")
    assert (plain[:50] < 50).all()


def test_a_small_batch_is_the_head_of_a_large_one(crowd_and_outliers, monkeypatch):
    long = batch(*crowd_and_outliers)
    monkeypatch.setattr("astronomical.learning.strategies.features._N_CHOSEN", 5)
    np.testing.assert_array_equal(np.argsort(-batch(*crowd_and_outliers))[:5], np.argsort(-long)[:5])


def test_cover_queries_the_centre_of_the_largest_group_without_a_label(matrix):
    rng = np.random.default_rng(2)
    groups = [rng.normal(centre, 0.1, (n, 2)) for centre, n in ((0, 200), (8, 120), (-8, 30))]
    features = matrix(np.vstack([*groups, np.zeros((1, 2))]))
    pool = np.arange(350)
    scored = Space(features, pool, hashes(350), scored=np.array([350]))
    utility = cover(sides(*np.full(350, 0.5)), hashes(350), scored)
    first, second = np.argsort(-utility)[:2]
    assert 200 <= first < 320
    assert second >= 320, "the next one beside it is of the other group"
    labelled = Space(features, pool, hashes(350), np.array([250]), np.array([350]))
    assert np.argmax(cover(sides(*np.full(350, 0.5)), hashes(350), labelled)) >= 320
