"""Models that come from a file are checked before anything is predicted with them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from astronomical.learning.model_check import UnsafeModelError, check_model
from astronomical.learning.tree_check import check_tree_parts
from astronomical.plugins.registry import builtin_registry
from astronomical.session.export.model_files import load_checked, unknown_types
from tests.support.hostile_models import N_FEATURES, fitted, rows

NAMES = builtin_registry().names("model")
TREES = (
    "random_forest",
    "extra_trees",
    "decision_tree",
    "adaboost",
    "gradient_boosting",
    "hist_gradient_boosting",
    "sklearn.ensemble.BaggingClassifier",
    "sklearn.tree.ExtraTreeClassifier",
)
N_MUTANTS = int(os.environ.get("ASTRONOMICAL_CAMPAIGN", "20"))


def saved(model, folder: Path) -> Path:
    path = folder / "model.skops"
    path.write_bytes(skops.io.dumps(model))
    return path


@pytest.mark.parametrize("name", NAMES)
def test_what_is_built_in_can_be_saved_and_opened(name, tmp_path):
    path = saved(fitted(name), tmp_path)
    assert unknown_types(path) == []
    check_model(load_checked(path), N_FEATURES)


@pytest.mark.parametrize(
    "model",
    [
        LinearDiscriminantAnalysis(),
        QuadraticDiscriminantAnalysis(),
        CalibratedClassifierCV(GaussianNB()),
        VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())], voting="soft"),
        make_pipeline(RobustScaler(), LogisticRegression()),
        AdaBoostClassifier(LogisticRegression(), n_estimators=2),
        BaggingClassifier(LogisticRegression(), max_features=2, n_estimators=2),
    ],
)
def test_models_of_plugins_can_be_saved_and_opened(model, tmp_path):
    path = saved(model.fit(*rows()), tmp_path)
    assert unknown_types(path) == []
    check_model(load_checked(path), N_FEATURES)


@pytest.mark.parametrize("model", [SVC(probability=True), KNeighborsClassifier(algorithm="kd_tree")])
def test_types_whose_compiled_code_is_not_known_are_neither_written_nor_read(model, tmp_path):
    path = saved(model.fit(*rows()), tmp_path)
    assert unknown_types(path) != [] or model._tree is not None
    with pytest.raises(ValueError, match=r"not allowed in a model|searches by a tree"):
        check_model(load_checked(path), N_FEATURES)


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("n_features", [2, 4])
def test_a_model_for_other_features_is_refused(name, n_features):
    with pytest.raises(UnsafeModelError, match=f"does not take {n_features} features"):
        check_model(fitted(name), n_features)


def tree_parts():
    tree = DecisionTreeClassifier(random_state=0).fit(*rows()).tree_
    state = tree.__getstate__()
    return tree.__reduce__()[1], {**state, "nodes": state["nodes"].copy(), "values": state["values"].copy()}


def change(field, value, place=0):
    def made(arguments, state):
        state["nodes"][field][place] = value
        return arguments, state

    return made


def to_state(**changes):
    return lambda arguments, state: (arguments, {**state, **changes})


@pytest.mark.parametrize(
    ("alter", "reason"),
    [
        (change("left_child", 2**40), "a child does not exist"),
        (change("right_child", 2**62), "a child does not exist"),
        (change("left_child", -5), "a child does not exist"),
        (change("left_child", 0), "comes before its parent"),
        (change("right_child", 1), "not the child of exactly one"),
        (change("left_child", -1), "a leaf has a child"),
        (change("feature", 2**40), "a feature that does not exist"),
        (change("feature", N_FEATURES), "a feature that does not exist"),
        (change("feature", -3), "a feature that does not exist"),
        (change("threshold", np.nan), "not a number"),
        (change("missing_go_to_left", 77), "missing values"),
        (to_state(max_depth=2**31 - 1), "depth"),
        (to_state(max_depth=0), "depth"),
        (to_state(node_count=2**40), "number of nodes"),
        (to_state(node_count=1), "number of nodes"),
        (to_state(nodes=np.zeros(5)), "not an array of nodes"),
        (to_state(values=np.zeros((1, 1, 2))), "values do not match"),
        (lambda a, s: (a, {**s, "values": s["values"] * np.nan}), "not finite"),
        (lambda a, s: ((2**40, a[1], 1), s), "number of features"),
        (lambda a, s: ((a[0], a[1], 2**40), s), "more than one output"),
        (lambda a, s: ((a[0], np.array([2**40]), 1), s), "number of classes"),
        (lambda a, s: ((a[0], np.array([], dtype=np.intp), 1), s), "number of classes"),
        (lambda a, s: ((), s), "sizes are missing"),
        (lambda a, s: (a, None), "nodes are missing"),
    ],
)
def test_a_tree_that_is_none_is_refused_before_it_is_made(alter, reason):
    with pytest.raises(UnsafeModelError, match=reason):
        check_tree_parts(*alter(*tree_parts()))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("left", 10**9),
        ("right", 0),
        ("feature_idx", 10**9),
        ("feature_idx", -1),
        ("is_leaf", 7),
        ("is_categorical", 1),
        ("depth", 9999),
        ("num_threshold", np.nan),
        ("missing_go_to_left", 9),
    ],
)
def test_a_histogram_tree_that_is_none_is_refused(field, value):
    model = fitted("hist_gradient_boosting")
    model._predictors[0][0].nodes[field][0] = value
    with pytest.raises(UnsafeModelError, match="TreePredictor"):
        check_model(model, N_FEATURES)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("_fit_X", np.zeros((60, 1))),
        ("_fit_X", np.zeros((5, 3))),
        ("_y", np.full(60, 2**40)),
        ("_y", np.full(60, -1)),
        ("n_neighbors", 2**40),
        ("_fit_method", "kd_tree"),
        ("effective_metric_", "precomputed"),
        ("outputs_2d_", True),
    ],
)
def test_neighbours_that_do_not_fit_are_refused(attribute, value):
    model = fitted("knn")
    setattr(model.voters_, attribute, value)
    with pytest.raises(UnsafeModelError, match="KNeighborsClassifier"):
        check_model(model, N_FEATURES)


def test_members_of_ensembles_must_fit_them():
    forest, other = fitted("random_forest"), DecisionTreeClassifier().fit(rows()[0][:, :2], rows()[1])
    forest.estimators_[1] = other
    bagging = fitted("sklearn.ensemble.BaggingClassifier")
    bagging.estimators_features_[0] = np.array([0, 1, 2**40])
    boosting = fitted("gradient_boosting")
    boosting.estimators_[0, 0] = other
    plane = fitted("logistic_regression")
    plane[1].coef_ = np.zeros((1, 1))
    for model in (forest, bagging, boosting, plane):
        with pytest.raises(UnsafeModelError):
            check_model(model, N_FEATURES)


@pytest.mark.timeout(3600)
def test_no_changed_number_crashes_or_hangs_the_process():
    """A model file in which a number was changed is refused, or predicts: the process goes on."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.support.hostile_models", str(N_MUTANTS), "7", *NAMES],
        capture_output=True,
        text=True,
        timeout=3500,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert found.returncode == 0, (found.stdout[-200:], found.stderr[-2000:])
    outcomes = [line.split(": ") for line in found.stdout.splitlines()]
    assert Counter(name for name, *_ in outcomes) == dict.fromkeys(NAMES, N_MUTANTS)
    refused = Counter(name for name, outcome, *_ in outcomes if outcome == "refused")
    assert all(refused[name] > N_MUTANTS // 5 for name in TREES)
