"""Scores equal scikit-learn's own, and rank as they do, whatever the trees and the data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning import tree_kernels, trees
from astronomical.learning.kernels import KERNELS
from astronomical.learning.ranking import best_first
from astronomical.learning.scoring import probabilities
from astronomical.learning.strategies import uncertainty
from astronomical.learning.trees import as_ensemble
from astronomical.tasks.arrays import frozen

LARGEST = np.finfo(np.float32).max
#: Values at which float32 and float64 part, or at which arithmetic ends.
EDGES = np.array(
    [
        0.0,
        -0.0,
        1e-45,
        -1e-45,
        1.1754944e-38,
        LARGEST,
        -LARGEST,
        16777216,
        16777217,
        0.1,
        1 / 3,
        -1 / 3,
        np.nextafter(np.float32(0.1), np.float32(1)),
        np.nextafter(np.float32(0.1), np.float32(0)),
    ],
    "f4",
)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Score with the compiled kernels."""
    assert KERNELS.wait()


MODELS = {
    "random_forest": lambda seed, **depth: RandomForestClassifier(7, random_state=seed, **depth),
    "extra_trees": lambda seed, **depth: ExtraTreesClassifier(7, random_state=seed, bootstrap=True, **depth),
    "decision_tree": lambda seed, **depth: DecisionTreeClassifier(random_state=seed, **depth),
    "gradient_boosting": lambda seed, **depth: GradientBoostingClassifier(n_estimators=7, random_state=seed, **depth),
    "hist_gradient_boosting": lambda seed, **depth: HistGradientBoostingClassifier(
        max_iter=7, random_state=seed, min_samples_leaf=2, **depth
    ),
    "adaboost": lambda seed, **depth: AdaBoostClassifier(
        DecisionTreeClassifier(**(depth or {"max_depth": 3})), n_estimators=7, random_state=seed
    ),
}
NATIVE_MISSING = ("random_forest", "extra_trees", "decision_tree", "hist_gradient_boosting")


def matrix(rows: np.ndarray) -> FeatureMatrix:
    values = np.ascontiguousarray(rows.astype(np.float32).T)
    return FeatureMatrix(
        tuple(map(str, range(len(values)))), values, np.zeros(len(values), "f4"), ~np.isnan(values).any(axis=0)
    )


def thresholds(model: object) -> np.ndarray:
    """Return the thresholds as they were fitted, float64."""
    if isinstance(model, HistGradientBoostingClassifier):
        return np.concatenate([steps[0].nodes["num_threshold"] for steps in model._predictors])
    grown = np.ravel(model.estimators_) if hasattr(model, "estimators_") else [model]
    return np.concatenate([tree.tree_.threshold for tree in grown])


def around(model: object, n_features: int, rng: np.random.Generator) -> np.ndarray:
    """Return rows of the thresholds of a model, and of the float32 just below and above them."""
    with np.errstate(over="ignore"):
        near = thresholds(model).astype(np.float32)
        near = np.concatenate([near, np.nextafter(near, np.float32(-np.inf)), np.nextafter(near, np.float32(np.inf))])
    return rng.choice(near[np.isfinite(near)], (300, n_features))


@st.composite
def problems(draw):
    name = draw(st.sampled_from(sorted(MODELS)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n_labels, n_features = draw(st.sampled_from([2, 5, 30, 120])), draw(st.integers(1, 5))
    kind = draw(st.sampled_from(["normal", "whole", "edges", "wild"]))
    size = (n_labels + 200, n_features)
    rows = {
        "normal": lambda: rng.normal(size=size),
        "whole": lambda: rng.integers(0, 4, size),
        "edges": lambda: rng.choice(EDGES, size),
        "wild": lambda: np.clip(rng.standard_cauchy(size) ** 9, -LARGEST, LARGEST),
    }[kind]().astype(np.float32)
    if name in NATIVE_MISSING:
        # A column without any value cannot be trained on.
        rows[2:][rng.random((n_labels + 198, n_features)) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
    y = rng.integers(0, 2, n_labels)
    y[:2] = 0, 1
    depth = draw(st.sampled_from([{}, {"max_depth": 2}]))
    with np.errstate(all="ignore"):
        model = MODELS[name](draw(st.integers(0, 2**31)), **depth).fit(rows[:n_labels].astype(np.float64), y)
    asked = np.concatenate([rows, around(model, n_features, rng)])
    if name in NATIVE_MISSING:
        asked[rng.random(asked.shape) < 0.05] = np.nan
    return model, asked


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=80, deadline=None)
@given(problem=problems())
def test_scores_and_ranks_are_those_of_scikit_learn(problem):
    model, rows = problem
    features = matrix(rows)
    assert as_ensemble(model) is not None
    ours = probabilities(model, features, np.arange(len(rows)))
    with np.errstate(all="ignore"):
        plain = model.predict_proba(rows.astype(np.float64))[:, 1]
    np.testing.assert_allclose(ours, plain, rtol=0, atol=1e-14)
    if isinstance(model, RandomForestClassifier | ExtraTreesClassifier | DecisionTreeClassifier):
        np.testing.assert_array_equal(ours, plain)
    order = np.random.default_rng(0).integers(0, 2**63, len(rows)).astype(np.uint64)
    ranked = [best_first(uncertainty(np.column_stack([1 - p, p]), order), order, 100) for p in (ours, plain)]
    np.testing.assert_array_equal(*ranked)


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(5)
    return rng.normal(size=(4000, 6)).astype(np.float32), rng.integers(0, 2, 4000)


@pytest.mark.parametrize("case", ["large votes", "large shares", "large boosted", "many groups", "walked among others"])
def test_trees_of_every_size(case, many, monkeypatch):
    X, y = many
    if case == "large votes":
        model = RandomForestClassifier(5, random_state=0, max_features=None).fit(X, y)
    elif case == "large shares":
        model = ExtraTreesClassifier(5, random_state=0, min_samples_leaf=2).fit(X, y)
    elif case == "large boosted":
        model = HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=400, min_samples_leaf=2).fit(X, y)
    elif case == "many groups":
        model = RandomForestClassifier(40, random_state=0).fit(X[:400], y[:400])
        assert len(as_ensemble(model).plan.group_tree) > 3
    else:
        monkeypatch.setattr(trees, "MAX_NODES", 140)
        model = GradientBoostingClassifier(max_depth=9, n_estimators=20, random_state=0).fit(X[:300], y[:300])
    walked = np.diff(as_ensemble(model).plan.tree_step) == 0
    assert walked.any() == (case != "many groups")
    assert walked.all() == case.startswith("large")
    rows = np.concatenate([X, around(model, 6, np.random.default_rng(1))])
    plain = model.predict_proba(rows)[:, 1]
    np.testing.assert_allclose(probabilities(model, matrix(rows), np.arange(len(rows))), plain, rtol=0, atol=1e-14)


def test_infinities_go_where_scikit_learn_sends_them(many):
    X, y = many
    tree = DecisionTreeClassifier(random_state=0).fit(X[:300], y[:300])
    rows = X[:500].copy()
    rows[::3, 0], rows[1::3, 1], rows[::5, 2] = np.inf, -np.inf, np.nan
    plain = tree.tree_.predict(rows)[:, 1]
    np.testing.assert_array_equal(probabilities(tree, matrix(rows), np.arange(500)), plain)


def test_lone_leaf(many):
    X, y = many
    tree = DecisionTreeClassifier(max_leaf_nodes=2, min_samples_leaf=2000).fit(X[:300], y[:300])
    assert tree.tree_.node_count == 1
    np.testing.assert_array_equal(probabilities(tree, matrix(X), np.arange(9)), tree.predict_proba(X[:9])[:, 1])


@pytest.mark.parametrize("n_edges", [1, 16, 17, 200, tree_kernels.MAX_EDGES])
@pytest.mark.parametrize("spread", ["even", "crowded", "wild"])
def test_ranks_are_right_at_every_threshold(n_edges, spread):
    """One stump for each threshold: the share of votes tells the rank."""
    rng = np.random.default_rng(n_edges)
    edges = {
        "even": rng.random(n_edges),
        "crowded": np.append(rng.random(n_edges - 1) * 1e-4, 1e6),
        "wild": rng.choice([-1, 1], n_edges) * 10.0 ** rng.uniform(-44, 38.5, n_edges),
    }[spread].astype(np.float32)
    edges = np.unique(edges)
    n = len(edges)
    first = np.arange(0, 3 * n + 1, 3)
    roots = np.isin(np.arange(3 * n), first)
    stumps = tree_kernels.Trees(
        first,
        np.where(roots, np.arange(3 * n) + 1, -1),
        np.where(roots, np.arange(3 * n) + 2, -1),
        np.zeros(3 * n, np.int64),
        np.repeat(edges, 3),
        np.tile([True, True, True], n),
        np.tile([0.0, 0.0, 1.0], n),
    )
    rows = np.concatenate(
        [
            edges,
            np.nextafter(edges, np.float32(np.inf)),
            np.nextafter(edges, np.float32(-np.inf)),
            np.array([np.inf, -np.inf, np.nan], "f4"),
        ]
    )[:, None]
    plan = trees._make_plan(stumps, True)
    given = frozen(matrix(rows).values, np.float32), frozen(np.arange(len(rows)), np.intp)
    found = tree_kernels.count_votes(*given, stumps, plan, frozen(np.empty(0), np.float32))
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(found, np.sum(rows > edges, axis=1))
