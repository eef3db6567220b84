from __future__ import annotations

import threading
from dataclasses import fields, replace

import numpy as np
import pytest
from modAL.models import ActiveLearner, Committee
from sklearn.dummy import DummyClassifier

from astronomical.catalogue.hashing import hash_order
from astronomical.extend import extension_of
from astronomical.learning import models, strategies
from astronomical.learning.metrics import confusion
from astronomical.learning.query_selection import Strategy
from astronomical.learning.round_key import round_key
from astronomical.learning.rounds import Cancelled, Member, fit_round

MODELS = [extension_of(model).name for model in models.BUILTINS]
STRATEGIES = [extension_of(strategy).name for strategy in strategies.BUILTINS]
ARRAYS = ("proba", "confidence", "votes")


def assert_same(first, second) -> None:
    for field in fields(first):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if field.name in ARRAYS:
            np.testing.assert_array_equal(one, other)
        elif field.name != "model":
            assert one == other, field.name


#: Every model with one strategy, and every strategy with models that are quick.
PAIRS = [*((model, STRATEGIES[i % 3]) for i, model in enumerate(MODELS)), *(("knn", name) for name in STRATEGIES)]


@pytest.fixture(params=dict.fromkeys(PAIRS), ids="-".join)
def any_request(request, request_of, member, strategy):
    model_name, strategy_name = request.param
    members = [member(model_name)]
    if strategy(strategy_name).looks_at == "votes":
        members += [member("logistic_regression"), member(n_estimators=12)]
    return request_of(members=tuple(members), strategy=strategy(strategy_name), missing=0.05)


def test_same_request_same_round_and_nothing_changed(any_request):
    request = any_request
    arrays = {field.name: getattr(request, field.name) for field in fields(request)}
    arrays["values"] = request.features.values
    before = {name: value.copy() for name, value in arrays.items() if isinstance(value, np.ndarray)}
    for value in arrays.values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    assert_same(fit_round(request), fit_round(request))
    for name, value in before.items():
        np.testing.assert_array_equal(arrays[name], value)


def test_shapes_and_where_there_are_values(any_request):
    request = any_request
    outcome = fit_round(request)
    n = len(request.ids)
    assert (outcome.class_name, outcome.key, outcome.k) == ("Star", "0123456789abcdef", 12)
    assert outcome.trained
    members = [outcome.model] if isinstance(outcome.model, ActiveLearner) else list(outcome.model)
    assert len(members) == len(request.members)
    assert all(learner.X_training.shape == (12, 4) for learner in members)
    assert outcome.n_pool == request.pool.sum()
    for name in ARRAYS[:2]:
        values = getattr(outcome, name)
        assert values.shape == (n,)
        assert values.dtype == np.float32
        assert not values.flags.writeable
    np.testing.assert_array_equal(np.isfinite(outcome.proba), request.training | request.validation)
    np.testing.assert_array_equal(np.isfinite(outcome.confidence), request.pool)
    assert 0 <= np.nanmin(outcome.confidence) <= np.nanmax(outcome.confidence) <= 1
    assert len(outcome.queries) == len(set(outcome.queries)) == min(256, request.pool.sum())
    assert (np.diff(np.round(outcome.utilities, 9)) <= 0).all()
    asked = np.isin(request.ids, [name.encode() for name in outcome.queries])
    assert not asked[~request.pool].any()


def test_test_set_and_its_labels_change_nothing(request_of):
    request = request_of()
    test = ~(request.training | request.validation)
    truth = request.truth.copy()
    truth[test] = 1 - np.abs(truth[test])
    assert_same(fit_round(request), fit_round(replace(request, truth=truth)))


def test_the_first_queries_are_the_least_certain(request_of):
    request = request_of()
    outcome = fit_round(request)
    distance = np.abs(outcome.proba - 0.5)[request.pool]
    first = np.searchsorted(request.ids, outcome.queries[0].encode())
    assert abs(outcome.proba[first] - 0.5) == distance.min()
    assert outcome.utilities[0] == pytest.approx(1 - max(outcome.proba[first], 1 - outcome.proba[first]))


def test_strategy_random_is_the_order_of_the_hashes(request_of, strategy):
    request = request_of(strategy=strategy("random"))
    pool_ids = request.ids[request.pool]
    expected = [name.decode() for name in pool_ids[hash_order(pool_ids, 11)][:256].tolist()]
    assert list(fit_round(request).queries) == expected
    other = fit_round(replace(request, query_seed=12))
    assert list(other.queries) != expected


def test_without_a_model_to_ask_the_pool_is_not_scored(request_of, strategy):
    request = request_of(strategy=strategy("random"))
    outcome = fit_round(replace(request, training=np.zeros_like(request.training)))
    np.testing.assert_array_equal(np.isfinite(outcome.proba), request.validation)
    assert outcome.training is None
    assert outcome.queries == fit_round(request).queries
    assert outcome.validation == fit_round(request).validation


def test_scores_are_those_of_the_predictions_and_leave_unknowns_out(request_of):
    request = request_of()
    outcome = fit_round(request)
    for chosen, scores in ((request.training, outcome.training), (request.validation, outcome.validation)):
        known = chosen & (request.truth >= 0)
        assert scores.n == known.sum() < chosen.sum()
        assert scores.counts == confusion(request.truth[known], outcome.proba[known] > 0.5)


def test_training_scores_take_the_target_trained_on(request_of):
    request = request_of()
    relabelled = replace(request, targets=1 - request.targets)
    outcome = fit_round(relabelled)
    truth = request.truth.copy()
    truth[request.rows] = relabelled.targets
    assert outcome.training.counts == confusion(truth[request.training], outcome.proba[request.training] > 0.5)
    assert outcome.validation.counts == confusion(
        request.truth[request.validation], outcome.proba[request.validation] > 0.5
    )
    unknown = request.truth.copy()
    unknown[request.rows] = -1
    assert fit_round(replace(request, truth=unknown)).training == fit_round(request).training


def test_even_odds_are_predicted_as_the_rest(request_of):
    even = Member("even", lambda seed: DummyClassifier(strategy="prior"), True)
    outcome = fit_round(request_of(members=(even,)))
    assert outcome.validation.tp == outcome.validation.fp == 0


def test_a_set_without_known_labels_and_an_empty_set(request_of):
    request = request_of()
    truth = np.where(request.validation, -1, request.truth).astype(np.int8)
    scores = fit_round(replace(request, truth=truth)).validation
    assert (scores.n, scores.accuracy, scores.f1) == (0, None, None)
    nobody = np.zeros_like(request.validation)
    assert fit_round(replace(request, validation=nobody)).validation is None


def test_empty_pool(request_of):
    request = request_of()
    outcome = fit_round(replace(request, pool=np.zeros_like(request.pool)))
    assert outcome.trained
    assert outcome.queries == outcome.utilities == ()
    assert np.isnan(outcome.confidence).all()


def test_what_was_trained_on_is_not_asked_even_if_the_pool_holds_it(request_of):
    request = request_of()
    outcome = fit_round(replace(request, pool=request.training, n_ranked=1000))
    assert not {name.decode() for name in request.ids[request.rows].tolist()} & set(outcome.queries)


def test_the_model_seed_counts_where_a_model_is_random(request_of, member):
    request = request_of()
    assert (fit_round(request).proba != fit_round(replace(request, model_seed=6)).proba).any()
    tree_free = replace(request, members=(member("knn"),))
    assert_same(fit_round(tree_free), fit_round(replace(tree_free, model_seed=6)))


def test_several_members_predict_the_mean_and_keep_their_votes(request_of, member):
    request = request_of()
    pair = (member("knn"), member("logistic_regression"))
    votes = [fit_round(replace(request, members=(single,))).proba for single in pair]
    both = fit_round(replace(request, members=pair))
    np.testing.assert_allclose(both.proba, np.mean(votes, axis=0), atol=1e-6)
    assert isinstance(both.model, Committee)
    assert len(both.model) == 2
    assert both.votes.dtype == np.float16
    assert not both.votes.flags.writeable
    np.testing.assert_allclose(both.votes, votes, atol=5e-4)
    assert fit_round(request).votes is None
    assert fit_round(replace(request, members=pair, n_start=13)).votes is None


def test_a_member_may_come_twice_with_a_seed_of_its_own_and_the_first_is_as_if_alone(request_of, member):
    request = request_of()
    forest = member(n_estimators=12)
    alone = fit_round(request)
    twice = fit_round(replace(request, members=(forest, forest)))
    np.testing.assert_allclose(twice.votes[0], alone.proba, atol=5e-4)
    assert np.nanmax(np.abs(twice.votes[0].astype(float) - twice.votes[1])) > 0.05
    assert_same(twice, fit_round(replace(request, members=(forest, forest))))


@pytest.mark.parametrize("case", ["forest", "committee", "one opaque model", "no model yet"])
def test_progress_rises_from_the_growing_to_the_scoring_in_the_calling_thread(request_of, member, monkeypatch, case):
    monkeypatch.setattr("astronomical.learning.scoring._MOST_ROWS", 4096)
    members = {"committee": (member(n_estimators=100), member("knn")), "one opaque model": (member("knn"),)}
    request = request_of(
        n=20_000, members=members.get(case, (member(n_estimators=100),)), n_start=13 if case == "no model yet" else 2
    )
    told = []
    outcome = fit_round(request, progress=lambda fraction: told.append((fraction, threading.current_thread())))
    fractions = [fraction for fraction, _ in told]
    assert {thread for _, thread in told} == {threading.current_thread()}
    assert fractions == sorted(fractions)
    assert fractions[0] >= 0
    assert 0.9 < fractions[-1] <= 1
    assert {
        "forest": len([f for f in fractions if f < 0.5]) >= 2,
        "committee": 0.25 in fractions,
        "one opaque model": 0.5 in fractions,
        "no model yet": len(fractions) > 20,
    }[case]
    assert any(0.5 < fraction < 1 for fraction in fractions)
    assert_same(outcome, fit_round(request))


def test_a_longer_ranking_continues_a_shorter_one(any_request):
    short, long = (fit_round(replace(any_request, n_ranked=n)).queries for n in (7, 100))
    assert long[:7] == short


def test_missing_features_are_filled_only_where_a_model_needs_it(request_of, member):
    request = request_of(missing=0.2)
    assert np.isnan(fit_round(request).model.X_training).any()
    filled = fit_round(replace(request, members=(member("knn"),))).model.X_training
    block = request.features.rows(request.rows)
    np.testing.assert_array_equal(filled, np.where(np.isnan(block), request.features.medians, block))


@pytest.mark.parametrize("case", ["nothing labelled", "too few", "one side only"])
def test_cold_round(request_of, case):
    request = request_of()
    if case == "nothing labelled":
        request = replace(request, rows=request.rows[:0], targets=request.targets[:0])
    elif case == "too few":
        request = replace(request, n_start=13)
    else:
        request = replace(request, targets=np.ones_like(request.targets))
    outcome = fit_round(request)
    assert not outcome.trained
    assert outcome.training is outcome.validation is outcome.model is outcome.votes is None
    for name in ARRAYS[:2]:
        assert np.isnan(getattr(outcome, name)).all()
        assert not getattr(outcome, name).flags.writeable
    assert len(outcome.queries) == len(set(outcome.queries)) == len(outcome.utilities) > 100
    asked = np.isin(request.ids, [name.encode() for name in outcome.queries])
    assert not asked[~request.pool].any()
    assert_same(outcome, fit_round(request))


def test_starting_points_need_no_catalogue_labels(request_of):
    request = replace(request_of(), n_start=13)
    unlabelled = replace(request, truth=np.full_like(request.truth, -1))
    assert fit_round(unlabelled).queries == fit_round(request).queries


def test_exactly_n_start_labels_train(request_of):
    assert fit_round(request_of(n_start=12)).trained


@pytest.mark.parametrize("after", [0, 1, 2])
def test_cancel_ends_the_round(request_of, after):
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > after

    with pytest.raises(Cancelled):
        fit_round(request_of(), cancelled)
    with pytest.raises(Cancelled):
        fit_round(request_of(n_start=13), cancelled)


def test_a_strategy_that_returns_something_else_is_named(request_of):
    wrong = Strategy("odd_one", lambda proba, order: np.zeros(3))
    with pytest.raises(ValueError, match=r"'odd_one' returned an array of shape \(3,\)"):
        fit_round(request_of(strategy=wrong))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": np.array([5, 3]), "targets": np.array([0, 1])}, "sorted"),
        ({"rows": np.array([3, 3]), "targets": np.array([0, 1])}, "sorted"),
        ({"rows": np.array([3, 5]), "targets": np.array([0, 2])}, "1 for the class or 0"),
        ({"rows": np.array([3, 5]), "targets": np.array([0])}, "2 rows have 1 targets"),
        ({"members": ()}, "Star has no model"),
    ],
)
def test_requests_that_make_no_sense_are_refused(request_of, changes, message):
    with pytest.raises(ValueError, match=message):
        request_of(**changes)


def test_key_has_16_digits_and_each_part_counts():
    settings, recipe = {"model": "knn", "n": 3}, {"columns": ["u", "g"]}
    base = (settings, recipe, [("a", 1), ("b", 0)], ["c"])
    variants = [
        base,
        ({"model": "knn", "n": 4}, *base[1:]),
        (settings, {"columns": ["g", "u"]}, *base[2:]),
        (settings, recipe, [("a", 1), ("b", 1)], ["c"]),
        (settings, recipe, [("a", 1)], ["c"]),
        (settings, recipe, [("a", 1), ("b", 0)], []),
        (settings, recipe, [("a", 1), ("b", 0), ("c", 0)], []),
    ]
    keys = {round_key(*variant) for variant in variants}
    assert len(keys) == len(variants)
    assert all(len(key) == 16 and int(key, 16) >= 0 for key in keys)


def test_key_stays_what_it_was():
    """Saved projects hold keys: a change here makes them all stale."""
    assert round_key({"a": 1}, {"b": ("é", 0.5)}, [("s1", 1)], ["s2"]) == "941d6c86580c6f7a"
