"""Strategies with modAL's own signature work as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from modAL import disagreement
from modAL.batch import uncertainty_batch_sampling
from modAL.models import ActiveLearner, Committee
from modAL.uncertainty import classifier_uncertainty, entropy_sampling, margin_sampling, uncertainty_sampling

from astronomical import extend
from astronomical.catalogue.hashing import hash_ids
from astronomical.extend import extension_of
from astronomical.learning.modal import ranked_by
from astronomical.learning.query_selection import Strategy
from astronomical.learning.rounds import fit_round

SINGLE = [uncertainty_sampling, margin_sampling, entropy_sampling, uncertainty_batch_sampling]
OF_COMMITTEE = [
    disagreement.vote_entropy_sampling,
    disagreement.consensus_entropy_sampling,
    disagreement.max_disagreement_sampling,
]


def modal(function) -> Strategy:
    return Strategy("theirs", function, looks_at="classifier")


def ids_by_hash(request) -> list[str]:
    pool = request.ids[request.pool]
    return [id.decode() for id in pool[np.argsort(hash_ids(pool, request.query_seed))].tolist()]


@pytest.mark.parametrize("function", SINGLE)
@pytest.mark.parametrize("model", ["knn", "random_forest"])
def test_the_strategies_of_one_learner(function, model, request_of, member):
    parameters = {"n_estimators": 12} if model == "random_forest" else {}
    request = request_of(members=(member(model, **parameters),), strategy=modal(function), missing=0.1, n_ranked=40)
    outcome = fit_round(request)
    assert len(outcome.queries) == len(set(outcome.queries)) == 40
    assert set(outcome.queries) <= set(ids_by_hash(request))
    assert outcome.queries == fit_round(request).queries
    assert np.isfinite(outcome.confidence[request.pool]).all()


@pytest.mark.parametrize("function", [*OF_COMMITTEE, uncertainty_sampling, uncertainty_batch_sampling])
def test_the_strategies_of_a_committee(function, request_of, member):
    members = (member("knn"), member("logistic_regression"), member(n_estimators=12))
    request = request_of(members=members, strategy=modal(function), missing=0.05)
    outcome = fit_round(request)
    assert len(outcome.queries) == len(set(outcome.queries)) == min(256, request.pool.sum())
    assert outcome.votes.shape == (3, 400)


def test_the_first_is_the_one_that_modal_asks_for(request_of, member):
    request = request_of(members=(member("logistic_regression"),), strategy=modal(margin_sampling))
    outcome = fit_round(request)
    distance = np.abs(outcome.proba - 0.5)[request.pool]
    first = int(outcome.queries[0].removeprefix("src"))
    assert abs(outcome.proba[first] - 0.5) == distance.min()
    assert {abs(outcome.proba[int(id.removeprefix("src"))] - 0.5) for id in outcome.queries[:16]} == set(
        np.sort(distance)[:16]
    )


def test_the_pool_is_in_the_order_of_hashes_and_answered_from_memory(request_of, member):
    seen = []

    def spy(classifier, X_pool, n_instances=1):
        assert isinstance(classifier, ActiveLearner)
        estimator, classifier.estimator = classifier.estimator, None
        seen.append((X_pool, classifier.predict_proba(X_pool), classifier.predict(X_pool)))
        np.testing.assert_array_equal(classifier_uncertainty(classifier, X_pool), 1 - seen[-1][1].max(axis=1))
        classifier.estimator = estimator
        np.testing.assert_allclose(classifier.predict_proba(X_pool[:5].copy()), seen[-1][1][:5])
        return np.arange(n_instances)

    request = request_of(members=(member("knn"),), strategy=modal(spy), missing=0.1)
    outcome = fit_round(request)
    assert list(outcome.queries) == ids_by_hash(request)[:256]
    X_pool, proba, predicted = seen[0]
    assert X_pool.shape == (request.pool.sum(), 4)
    assert np.isfinite(X_pool).all()
    rows = [int(id.removeprefix("src")) for id in ids_by_hash(request)]
    np.testing.assert_allclose(proba[:, 1], outcome.proba[rows], atol=1e-6)
    np.testing.assert_array_equal(predicted == 1, proba[:, 1] > 0.5)


def test_a_committee_is_one_and_its_members_remember_too(request_of, member):
    def spy(committee, X_pool, n_instances=1):
        assert isinstance(committee, Committee)
        assert len(committee) == 2
        votes = committee.vote_proba(X_pool)
        np.testing.assert_allclose(committee.predict_proba(X_pool), votes.mean(axis=1))
        np.testing.assert_array_equal(committee.vote(X_pool)[:, 0], votes[:, 0, 1] > 0.5)
        return [0], "anything"

    request = request_of(members=(member("knn"), member("logistic_regression")), strategy=modal(spy), n_ranked=1)
    outcome = fit_round(request)
    assert list(outcome.queries) == ids_by_hash(request)[:1]


def test_a_longer_ranking_continues_a_shorter_one(request_of):
    request = request_of(strategy=modal(uncertainty_sampling), n_ranked=5)
    short, long = fit_round(request).queries, fit_round(replace(request, n_ranked=100)).queries
    assert long[:5] == short
    assert len(long) == 100


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([0.5], "returned list of float64"),
        (np.array([], dtype=int), "shape \\(0,\\)"),
        ([10_000], "the index 10000"),
        (np.zeros((2, 2), dtype=int), "shape \\(2, 2\\)"),
        (None, "NoneType"),
        ([-1], "index"),
    ],
)
def test_what_is_no_answer_is_named(answer, message):
    with pytest.raises(ValueError, match=f"'theirs'.*{message}"):
        ranked_by(lambda classifier, X_pool, n_instances=1: answer, "theirs", None, np.zeros((30, 2), np.float32), 4)


def test_small_and_empty_pools_and_stubborn_strategies():
    def first(classifier, X_pool, n_instances=1):
        return np.array([0])

    assert list(ranked_by(first, "first", None, np.zeros((0, 2), np.float32), 4)) == []
    assert list(ranked_by(first, "first", None, np.zeros((1, 2), np.float32), 4)) == [0]
    assert list(ranked_by(first, "first", None, np.zeros((90, 2), np.float32), 4)) == [0]


def test_modal_s_signature_is_recognised():
    def theirs(classifier, X_pool, n_instances=1, **kwargs):
        return [0]

    assert extension_of(extend.query_strategy("theirs")(theirs)).option("looks_at") == "classifier"
    ours = extend.query_strategy("ours", looks_at="votes")(lambda votes, order: votes[0])
    assert extension_of(ours).option("looks_at") == "votes"
