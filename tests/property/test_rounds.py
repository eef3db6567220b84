"""What holds for every round, whatever the labels, the pool and the ties."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import hash_ids
from astronomical.learning.models import knn, random_forest
from astronomical.learning.query_selection import Strategy
from astronomical.learning.ranking import best_first
from astronomical.learning.round_key import round_key
from astronomical.learning.rounds import Member, RoundRequest, fit_round
from astronomical.learning.strategies import entropy, margin, random, uncertainty

names = st.text(max_size=8)
labels = st.lists(st.tuples(names, st.integers(0, 1)), max_size=12, unique_by=lambda pair: pair[0])


@given(labelled=labels, removed=st.lists(names, max_size=6), data=st.data())
def test_key_does_not_depend_on_any_order(labelled, removed, data):
    shuffled = data.draw(st.permutations(labelled))
    removed_again = data.draw(st.permutations(removed + removed))
    one = round_key({"a": 1, "b": [1, 2]}, {"x": None, "y": 2.5}, labelled, removed)
    other = round_key({"b": (1, 2), "a": 1}, {"y": 2.5, "x": None}, iter(shuffled), iter(removed_again))
    assert one == other


@given(labelled=labels.filter(bool), data=st.data())
def test_key_tells_one_changed_target(labelled, data):
    place = data.draw(st.integers(0, len(labelled) - 1))
    changed = list(labelled)
    changed[place] = (changed[place][0], 1 - changed[place][1])
    assert round_key({}, {}, labelled, ()) != round_key({}, {}, changed, ())


# Few distinct values: ties among utilities and among hashes are the rule.
ranked = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 0.25 + 1e-12, 0.5, float("nan")]), st.integers(0, 3)), max_size=40
)


@given(pool=ranked, n=st.integers(0, 45))
def test_ranking_equals_a_plain_sort(pool, n):
    utilities = np.array([utility for utility, _ in pool], dtype=np.float64)
    order = np.array([value for _, value in pool], dtype=np.uint64)
    cost = [np.inf if np.isnan(utility) else -round(utility, 9) for utility, _ in pool]
    plain = sorted(range(len(pool)), key=lambda i: (cost[i], pool[i][1], i))
    assert best_first(utilities, order, n).tolist() == plain[:n]


@st.composite
def requests(draw):
    n = draw(st.integers(8, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    # Whole numbers: sources that no model can tell apart.
    values = rng.integers(0, 4, size=(3, n)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = np.nan
    truth = rng.integers(-1, 2, n).astype(np.int8)
    part = rng.integers(0, 3, n)
    rows = np.sort(rng.choice(n, draw(st.integers(0, min(8, n))), replace=False))
    return RoundRequest(
        class_name="c",
        key="",
        k=len(rows),
        ids=np.sort(np.array([f"{number:x}".encode() for number in rng.choice(10**6, n, replace=False)])),
        features=FeatureMatrix(
            ("a", "b", "c"), values, np.nan_to_num(np.nanmedian(values, axis=1)), ~np.isnan(values).any(axis=0)
        ),
        rows=rows,
        targets=rng.integers(0, 2, len(rows)).astype(np.int8),
        pool=(part == 0) & (rng.random(n) < 0.9),
        truth=truth,
        training=part == 0,
        validation=part == 1,
        members=(
            draw(
                st.sampled_from(
                    [Member("forest", lambda seed: random_forest(seed, n_estimators=3), True), Member("knn", knn)]
                )
            ),
        ),
        strategy=Strategy("s", draw(st.sampled_from([uncertainty, margin, entropy, random]))),
        model_seed=draw(st.integers(0, 2**64 - 1)),
        query_seed=draw(st.integers(0, 2**64 - 1)),
        n_start=draw(st.integers(0, 4)),
        n_ranked=draw(st.integers(1, 30)),
    )


@settings(max_examples=60, deadline=None)
@given(request=requests())
def test_queries_come_from_the_pool_and_never_from_the_labelled(request):
    outcome = fit_round(request)
    rows = np.searchsorted(request.ids, [name.encode() for name in outcome.queries])
    assert set(rows) <= set(np.flatnonzero(request.pool)) - set(request.rows)
    assert (
        len(set(rows))
        == len(outcome.utilities)
        == min(request.n_ranked, len(set(np.flatnonzero(request.pool)) - set(request.rows)))
    )
    assert np.isfinite(outcome.utilities).all()


@settings(max_examples=60, deadline=None)
@given(request=requests())
def test_no_unknown_in_a_score_and_no_test_source_scored(request):
    outcome = fit_round(request)
    assert np.isnan(outcome.proba[~(request.training | request.validation)]).all()
    if outcome.validation is not None:
        assert outcome.validation.n == np.count_nonzero(request.validation & (request.truth >= 0))
    if outcome.training is not None:
        known = request.truth >= 0
        known[request.rows] = True
        assert outcome.training.n == np.count_nonzero(request.training & known)


@settings(max_examples=60, deadline=None)
@given(request=requests())
def test_a_trained_round_asks_what_the_plain_loop_would(request):
    outcome = fit_round(request)
    if not outcome.trained:
        return
    pool = [row for row in np.flatnonzero(request.pool) if row not in set(request.rows)]
    block = request.features.values.T[pool]
    if not request.members[0].native_missing:
        block = np.where(np.isnan(block), request.features.medians, block)
    hashes = hash_ids(request.ids[pool], request.query_seed)
    with threadpool_limits(1):
        proba = outcome.model.predict_proba(block.astype(np.float64)) if pool else np.empty((0, 2))
    utilities = request.strategy.utility(proba, hashes)
    plain = sorted(range(len(pool)), key=lambda i: (-round(utilities[i], 9), hashes[i], request.ids[pool[i]]))
    assert list(outcome.queries) == [request.ids[pool[i]].decode() for i in plain[: request.n_ranked]]
