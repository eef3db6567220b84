"""Shapley values of trees, against all orders of the features and against shap."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from scipy.special import expit
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier

from astronomical.learning.explanation import as_explainer, explain_by_medians

MODELS = {
    "forest": RandomForestClassifier(8, random_state=1),
    "extra trees": ExtraTreesClassifier(8, random_state=1),
    "tree": DecisionTreeClassifier(random_state=1),
    "weighted forest": RandomForestClassifier(5, class_weight="balanced", min_samples_leaf=3, random_state=1),
    "boosting": GradientBoostingClassifier(n_estimators=15, max_depth=3, random_state=1),
    "histogram boosting": HistGradientBoostingClassifier(
        max_iter=10, max_leaf_nodes=8, min_samples_leaf=2, early_stopping=False, random_state=1
    ),
}
NATIVE = {"forest", "extra trees", "tree", "histogram boosting"}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 5)).astype(np.float32).astype(np.float64)
    y = (X[:, 0] + X[:, 1] * X[:, 2] + 0.5 * rng.normal(size=120) > 0).astype(int)
    return X, y


def fitted(name, X, y):
    from sklearn.base import clone

    return clone(MODELS[name]).fit(X, y)


def reached(tree, row, known, node=0):
    """Return the expected value of a tree of scikit-learn if only some features are known, by its definition."""
    left, right = tree.children_left[node], tree.children_right[node]
    if left < 0:
        return tree.value[node, 0, -1]
    feature = tree.feature[node]
    if feature in known:
        value = row[feature]
        goes_left = bool(tree.missing_go_to_left[node]) if np.isnan(value) else value <= tree.threshold[node]
        return reached(tree, row, known, left if goes_left else right)
    weights = tree.weighted_n_node_samples
    return sum(weights[child] / weights[node] * reached(tree, row, known, child) for child in (left, right))


@pytest.mark.parametrize("name", ["forest", "extra trees", "tree", "weighted forest", "boosting"])
def test_contributions_are_the_mean_over_all_orders_of_the_features(name, data):
    X, y = data
    model = fitted(name, X, y)
    if name == "boosting":
        trees, share = [tree.tree_ for tree in model.estimators_[:, 0]], model.learning_rate
    else:
        trees = [tree.tree_ for tree in getattr(model, "estimators_", [model])]
        share = 1 / len(trees)
    row, n = X[3], X.shape[1]
    expected = np.zeros(n)
    for feature in range(n):
        rest = [other for other in range(n) if other != feature]
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for known in combinations(rest, size):
                gains = [reached(tree, row, {*known, feature}) - reached(tree, row, set(known)) for tree in trees]
                expected[feature] += weight * share * sum(gains)
    assert as_explainer(model).explain(row).contributions == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_contributions_add_up_to_the_probability(name, data):
    X, y = data
    if name in NATIVE:
        X = X.copy()
        X[::7, 1] = np.nan
    model = fitted(name, X, y)
    explainer = as_explainer(model)
    for row, proba in zip(X[:15], model.predict_proba(X[:15])[:, 1], strict=True):
        found = explainer.explain(row)
        total = found.base + found.contributions.sum()
        assert (expit(total) if found.scale == "log-odds" else total) == pytest.approx(proba, abs=1e-9)
        assert found.probability == pytest.approx(proba, abs=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_contributions_equal_those_of_shap(name, data):
    shap = pytest.importorskip("shap", reason="shap is large: run this test where it is installed")
    X, y = data
    model = fitted(name, X, y)
    values = np.asarray(shap.TreeExplainer(model, feature_perturbation="tree_path_dependent").shap_values(X[:20]))
    values = values[..., 1] if values.ndim == 3 else values
    found = np.array([as_explainer(model).explain(row).contributions for row in X[:20]])
    assert found == pytest.approx(values, abs=1e-6)


def test_a_tree_without_tests_explains_nothing(data):
    X, _ = data
    stump = DecisionTreeClassifier(max_depth=1, min_samples_leaf=119).fit(X, np.arange(len(X)) % 2)
    found = as_explainer(stump).explain(X[0])
    assert (found.contributions == 0).all()
    assert found.probability == found.base == 0.5


def test_other_models_are_explained_by_the_medians(data):
    X, y = data
    model = AdaBoostClassifier(n_estimators=5, random_state=1).fit(X, y)
    assert as_explainer(model) is None
    medians = np.median(X, axis=0)
    found = explain_by_medians(lambda rows: model.predict_proba(rows)[:, 1], X[4], medians)
    for feature in range(X.shape[1]):
        changed = X[4].copy()
        changed[feature] = medians[feature]
        before, after = model.predict_proba(np.array([X[4], changed]))[:, 1]
        assert found.contributions[feature] == pytest.approx(before - after, abs=1e-12)
    assert (found.method, found.probability) == ("median", before)
