"""Classifiers by import path: those of listed packages are used, and nothing else is imported."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from astronomical.learning.models.other_classifiers import other_classifier
from astronomical.plugins.registry import UnknownExtensionError, builtin_registry
from astronomical.session import Session
from tests.support.projects import ExtensionConfig, label_until, make_project, start


@pytest.mark.parametrize(
    "path",
    [
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "sklearn.svm.SVC",
        "sklearn.gaussian_process.GaussianProcessClassifier",
    ],
)
def test_a_classifier_gives_the_same_probabilities_for_the_same_seed(path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), np.arange(40) % 2
    build = builtin_registry().find("model", path).obj
    first, again = (build(3).fit(X, y).predict_proba(X) for _ in range(2))
    assert first.shape == (40, 2)
    assert np.array_equal(first, again)


@pytest.mark.parametrize(
    "path",
    ["os.system", "subprocess.Popen", "antigravity.Fly", "sklearn", "sklearn.utils.tests.Foo", "sklearn.os.Path"],
)
def test_nothing_but_listed_packages_is_imported(path):
    before = set(sys.modules)
    with pytest.raises(UnknownExtensionError):
        builtin_registry().find("model", path)
    new = set(sys.modules) - before
    assert all(name.split(".")[0] == "sklearn" for name in new)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("sklearn.svm.SVR", "not a classifier"),
        ("sklearn.svm.LinearSVC", "not a classifier that gives probabilities"),
        ("sklearn.ensemble.VotingClassifier", "needs settings"),
        ("sklearn.tree.Nothing", "has no classifier"),
        ("sklearn.nothing.Nothing", "cannot be imported"),
        ("sklearn.base.BaseEstimator", "not a classifier"),
    ],
)
def test_what_is_no_classifier_is_refused_with_a_reason(path, said):
    with pytest.raises(UnknownExtensionError, match=said):
        builtin_registry().find("model", path)
    assert path not in builtin_registry().names("model")


def test_other_names_are_left_to_the_registry():
    assert other_classifier("random_forest") is None
    assert other_classifier("numpy.random.Generator") is None


def test_a_learner_trains_such_a_classifier_and_opens_again(tmp_path):
    path, _ = make_project(tmp_path, n=120)
    model = ExtensionConfig(name="sklearn.discriminant_analysis.LinearDiscriminantAnalysis")
    with Session.open(path, who="ana", look_ahead=False) as session:
        start(session, models=[model])
        label_until(session, "Star", 7)
        newest = session.round("Star")
        assert newest.trained
    with Session.open(path, who="ana", look_ahead=False) as session:
        assert session.round("Star").key == newest.key
