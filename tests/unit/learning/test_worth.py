"""A learner's labels compared with random ones: pairs, intervals, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_rel
from sklearn.metrics import accuracy_score, average_precision_score, f1_score

from astronomical.errors import InvalidInputError
from astronomical.learning.rounds import fit_round
from astronomical.learning.scoring import Cancelled
from astronomical.learning.trials import only_rows, scores_of, validation_proba
from astronomical.learning.worth import compare_with_random, curve_points, paired_difference


@pytest.fixture
def newest(request_of, member):
    """Return a round of a fast model."""
    return request_of(n=900, n_labels=10, members=(member("logistic_regression"),))


def test_the_interval_of_pairs_is_that_of_scipy():
    rng = np.random.default_rng(3)
    ours, others = rng.normal(0.4, 1, 25), rng.normal(0, 1, 25)
    found = paired_difference(ours, others)
    expected = ttest_rel(ours, others).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.n_better == np.count_nonzero(ours > others)
    with_gap = paired_difference(np.append(ours, np.nan), np.append(others, 1.0))
    assert with_gap == found


@pytest.mark.parametrize(
    ("ours", "verdict"), [(1.0, "better"), (-1.0, "worse"), (0.0, "equal"), (float("nan"), "unknown")]
)
def test_the_verdict_follows_the_interval(ours, verdict):
    others = np.random.default_rng(1).normal(0, 0.1, 20)
    assert paired_difference(ours + others[::-1], others).verdict == verdict


def test_a_trial_has_the_probabilities_of_the_round_itself(newest):
    expected = fit_round(newest).proba[newest.validation]
    assert np.array_equal(validation_proba(newest), expected)
    keep = np.union1d(newest.rows, np.flatnonzero(newest.validation))
    assert np.array_equal(validation_proba(only_rows(newest, keep)), expected)
    truth = newest.truth[newest.validation]
    known = truth >= 0
    found = scores_of(truth, expected)
    claimed = expected[known] > 0.5
    assert found["average_precision"] == pytest.approx(
        average_precision_score(truth[known], expected[known]), abs=1e-12
    )
    assert found["f1"] == pytest.approx(f1_score(truth[known], claimed), abs=1e-12)
    assert found["accuracy"] == pytest.approx(accuracy_score(truth[known], claimed), abs=1e-12)


def test_pairs_are_repeatable_and_end_at_the_labels_of_the_learner(newest):
    seen = []
    worth = compare_with_random(newest, newest.rows[::-1], progress=seen.append)
    again = compare_with_random(newest, newest.rows[::-1])
    assert worth.n_labels[-1] == len(newest.rows)
    for name in worth.own:
        assert worth.own[name].shape == (20, len(worth.n_labels))
        assert np.array_equal(worth.own[name], again.own[name])
        assert np.array_equal(worth.random[name], again.random[name])
    own = scores_of(newest.truth[newest.validation], validation_proba(newest))
    # The model has no randomness, so that every seed gives the scores of the round.
    assert worth.own["f1"][:, -1] == pytest.approx(own["f1"], abs=1e-12)
    assert len(np.unique(worth.random["average_precision"][:, -1])) > 1
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    points = list(curve_points(worth, "f1"))
    assert [point[0] for point in points] == list(worth.n_labels)
    assert all(low <= high for *_, low, high in points)


def test_labels_that_mislead_are_worse_than_random_and_good_ones_better(newest):
    known = np.flatnonzero(newest.training & (newest.truth >= 0))
    outside = newest.features.values[:, known].mean(axis=0)
    sides = newest.truth[known]
    typical = [known[sides == s][np.argsort(np.abs(outside[sides == s] - 1.5 * s))[:5]] for s in (0, 1)]
    good = np.sort(np.concatenate(typical))
    best = replace(newest, rows=good, targets=newest.truth[good])
    assert compare_with_random(best, good).difference("average_precision").verdict == "better"
    wrong = replace(newest, rows=good, targets=1 - newest.truth[good])
    assert compare_with_random(wrong, good).difference("average_precision").verdict == "worse"


def test_random_labels_are_as_good_as_random_labels(newest):
    rng = np.random.default_rng(8)
    known = np.flatnonzero(newest.training & (newest.truth >= 0))
    verdicts = []
    for _ in range(2):
        rows = np.sort(rng.choice(known, 60, replace=False))
        worth = compare_with_random(replace(newest, rows=rows, targets=newest.truth[rows], k=60), rng.permutation(rows))
        verdicts.append(abs(worth.difference("average_precision").mean))
    assert max(verdicts) < 0.05


def test_without_catalogue_labels_it_is_unknown(newest):
    nothing = np.full_like(newest.truth, -1)
    with pytest.raises(InvalidInputError, match="unknown whether active learning was worth it: the training"):
        compare_with_random(replace(newest, truth=nothing), newest.rows)
    blind = np.where(newest.validation, -1, newest.truth).astype(np.int8)
    with pytest.raises(InvalidInputError, match="the validation set has no catalogue labels of both sides"):
        compare_with_random(replace(newest, truth=blind), newest.rows)
    few = np.full_like(newest.truth, -1)
    kept = [np.flatnonzero(newest.training & (newest.truth == s))[:2] for s in (0, 1)]
    few[np.concatenate(kept)] = newest.truth[np.concatenate(kept)]
    few[newest.validation] = newest.truth[newest.validation]
    with pytest.raises(InvalidInputError, match="only 4 sources"):
        compare_with_random(replace(newest, truth=few), newest.rows)
    with pytest.raises(InvalidInputError, match="At least 20"):
        compare_with_random(newest, newest.rows, n_seeds=5)


def test_it_can_be_cancelled(newest):
    with pytest.raises(Cancelled):
        compare_with_random(newest, newest.rows, cancelled=lambda: True)
