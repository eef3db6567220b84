"""What every built-in model must keep to, and what each is for."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from astronomical.extend import extension_of
from astronomical.learning.models import BUILTINS

NAMES = [extension_of(model).name for model in BUILTINS]
every_model = pytest.mark.parametrize("model", BUILTINS, ids=NAMES)


def clouds(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    return rng.normal(size=(n, 5)) + 2 * y[:, None], y


def test_the_names_in_a_config():
    assert NAMES == ["random_forest", "knn", "logistic_regression"]


@every_model
def test_defaults_are_those_of_the_function_and_explained(model):
    extension = extension_of(model)
    defaults = dict(zip(model.__code__.co_varnames[1:], model.__defaults__, strict=False))
    assert extension.check({}) == defaults
    assert extension.help
    for parameter in extension.parameters:
        assert parameter.help
        assert parameter.bounds or parameter.choices


@every_model
def test_same_seed_same_probabilities(model):
    X, y = clouds()
    first, second = (model(7).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@every_model
def test_fit_and_predict_change_nothing_given(model):
    X, y = clouds()
    X_before, y_before = X.copy(), y.copy()
    model(7).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)


@every_model
def test_probabilities_of_one_row_and_of_many(model):
    X, y = clouds()
    fitted = model(7).fit(X, y)
    proba = fitted.predict_proba(X)
    assert proba.shape == (60, 2)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_allclose(fitted.predict_proba(X[:1]), proba[:1], rtol=1e-12)
    assert (fitted.predict(X) == y).mean() > 0.9


@every_model
def test_one_label_of_each_side_is_enough(model):
    X, y = clouds(2)
    assert model(7).fit(X, y).predict_proba(X).shape == (2, 2)


@every_model
def test_missing_features_are_taken_or_refused_as_declared(model):
    X, y = clouds()
    X[::3, 1] = np.nan
    if extension_of(model).option("native_missing"):
        assert np.isfinite(model(7).fit(X, y).predict_proba(X)).all()
    else:
        with pytest.raises(ValueError, match="NaN"):
            model(7).fit(X, y)


@every_model
def test_awkward_columns_raise_no_warning(model):
    X, y = clouds()
    X = np.column_stack([X, np.full(60, 3.0), X[:, 0] * 1e30, X[:, 1] * 1e-30, X[:, 2] + 1e9])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(model(7).fit(X, y).predict_proba(X)).all()


@every_model
def test_no_threads_of_its_own(model):
    assert {value for name, value in model(7).get_params().items() if name.endswith("n_jobs")} <= {1, None}


def test_fewer_labels_than_neighbours():
    X, y = clouds(4)
    proba = BUILTINS[1](0, n_neighbors=9).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(proba, np.full((4, 2), 0.5))


def test_logistic_regression_does_not_see_units():
    X, y = clouds()
    units = np.array([1, 1e3, 1e-4, 1e6, 1e-8])
    logistic = BUILTINS[2]
    np.testing.assert_allclose(logistic(0).fit(X, y).predict_proba(X),
                               logistic(0).fit(X * units, y).predict_proba(X * units), atol=1e-6)


def test_parameters_reach_the_classifier():
    forest, _, logistic = BUILTINS
    built = forest(3, n_estimators=7, max_depth=2, max_features="all", class_weight="balanced")
    assert (built.n_estimators, built.max_depth, built.max_features) == (7, 2, None)
    assert (built.class_weight, built.random_state) == ("balanced", 3)
    assert forest(3).max_depth is None
    assert logistic(3, C=0.5)["regress"].C == 0.5
