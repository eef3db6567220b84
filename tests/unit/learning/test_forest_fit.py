from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from astronomical.learning import forest_fit as growing
from astronomical.learning.forest_fit import fit
from astronomical.learning.models.neighbours import NearestNeighbours
from astronomical.learning.scoring import Cancelled
from tests.support.cancelling import CancelAt

FORESTS = {
    "default": lambda: RandomForestClassifier(40, random_state=3),
    "large seed": lambda: RandomForestClassifier(40, random_state=2**32 - 1),
    "shallow": lambda: RandomForestClassifier(40, random_state=3, max_depth=2, max_features=None),
    "large leaves": lambda: RandomForestClassifier(40, random_state=3, min_samples_leaf=4, max_features="log2"),
    "extra": lambda: ExtraTreesClassifier(40, random_state=3),
    "extra of samples": lambda: ExtraTreesClassifier(40, random_state=3, bootstrap=True),
}
LEFT_TO_SCIKIT_LEARN = {
    "few trees": lambda: RandomForestClassifier(3, random_state=3),
    "balanced": lambda: RandomForestClassifier(40, random_state=3, class_weight="balanced"),
    "samples": lambda: RandomForestClassifier(40, random_state=3, max_samples=0.5),
    "best first": lambda: RandomForestClassifier(40, random_state=3, max_leaf_nodes=5),
    "entropy": lambda: RandomForestClassifier(40, random_state=3, criterion="entropy"),
    "no forest": lambda: LogisticRegression(),
}


def training_set(missing: float = 0.0, n: int = 60):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 9)).astype(np.float32).astype(np.float64)
    X[rng.random(X.shape) < missing] = np.nan
    return X, np.append([0, 1], rng.integers(0, 2, n - 2))


def assert_same_state(one: object, other: object, where: str = "") -> None:
    """Compare two fitted estimators, attribute by attribute."""
    assert type(one) is type(other), where
    if isinstance(one, RandomForestClassifier | ExtraTreesClassifier | DecisionTreeClassifier | LogisticRegression):
        one, other = vars(one), vars(other)
    elif hasattr(one, "node_count"):
        one, other = one.__getstate__(), other.__getstate__()
    if isinstance(one, dict):
        assert list(one) == list(other), where
        for name in one:
            assert_same_state(one[name], other[name], f"{where}.{name}")
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for place, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            assert_same_state(mine, theirs, f"{where}[{place}]")
    elif type(one).__module__ != "sklearn.tree._tree":
        np.testing.assert_array_equal(one, other, err_msg=where)


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("name", FORESTS)
def test_forest_is_that_of_scikit_learn_in_every_attribute(name, missing, monkeypatch):
    X, y = training_set(missing)
    plain, ours = FORESTS[name]().fit(X, y), FORESTS[name]()
    fits = []
    plain_fit = type(ours).fit
    monkeypatch.setattr(type(ours), "fit", lambda *given: fits.append(given[0].n_estimators) or plain_fit(*given))
    fit(ours, X, y)
    assert fits == [1], "the fast way was not taken"
    assert_same_state(plain, ours)
    np.testing.assert_array_equal(plain.predict_proba(X), ours.predict_proba(X))


@pytest.mark.parametrize("name", [*FORESTS, *LEFT_TO_SCIKIT_LEARN])
def test_weights_have_the_effect_that_they_have_in_scikit_learn(name):
    X, y = training_set()
    weights = np.where(np.arange(len(y)) % 3 == 0, 0.5, 1.0)
    build = {**FORESTS, **LEFT_TO_SCIKIT_LEARN}[name]
    plain, ours = build().fit(X, y, sample_weight=weights), build()
    fit(ours, X, y, weights=weights)
    assert_same_state(plain, ours)


def test_weights_reach_the_last_step_of_a_pipeline_and_are_left_out_where_they_have_no_meaning():
    X, y = training_set()
    weights = np.where(np.arange(len(y)) % 3 == 0, 0.01, 1.0)
    steps = [("scale", StandardScaler()), ("regress", LogisticRegression())]
    plain, ours = Pipeline(steps).fit(X, y, regress__sample_weight=weights), Pipeline(steps)
    fit(ours, X, y, weights=weights)
    np.testing.assert_array_equal(plain.predict_proba(X), ours.predict_proba(X))
    neighbours = NearestNeighbours()
    fit(neighbours, X, y, weights=weights)
    np.testing.assert_array_equal(neighbours.predict_proba(X), NearestNeighbours().fit(X, y).predict_proba(X))


@pytest.mark.parametrize("name", LEFT_TO_SCIKIT_LEARN)
def test_what_is_not_known_is_left_to_scikit_learn(name):
    X, y = training_set()
    plain, ours = LEFT_TO_SCIKIT_LEARN[name]().fit(X, y), LEFT_TO_SCIKIT_LEARN[name]()
    fit(ours, X, y)
    assert_same_state(plain, ours)


@pytest.mark.parametrize("change", ["other trees", "no builder", "other arguments"])
def test_scikit_learn_grows_all_trees_if_it_has_changed(change, monkeypatch):
    X, y = training_set()
    if change == "other trees":
        monkeypatch.setattr(growing, "_same_tree", lambda one, other: False)
    elif change == "no builder":
        monkeypatch.delattr("sklearn.tree._tree.DepthFirstTreeBuilder")
    else:
        monkeypatch.setattr("sklearn.tree._tree.DepthFirstTreeBuilder", lambda only_one: None)
    ours = FORESTS["default"]()
    fit(ours, X, y)
    assert_same_state(FORESTS["default"]().fit(X, y), ours)


def test_a_large_forest_stops_within_a_few_trees_of_a_cancel():
    X, y = training_set(n=400)
    looks = CancelAt(10)
    with pytest.raises(Cancelled):
        fit(RandomForestClassifier(5000, random_state=0), X, y, looks)
    assert looks.n_no == 9  # one look before each tree
