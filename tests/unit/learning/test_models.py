"""What every built-in model must keep to, and what each is for."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from astronomical.extend import extension_of
from astronomical.learning.models import (
    OWN,
    extra_trees,
    gaussian_process,
    knn,
    logistic_regression,
    random_forest,
)

NAMES = [extension_of(model).name for model in OWN]
pytestmark = pytest.mark.usefixtures("one_thread")
every_model = pytest.mark.parametrize("model", OWN, ids=NAMES)


def clouds(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    return rng.normal(size=(n, 5)) + 2 * y[:, None], y


def test_the_names_in_a_config():
    assert NAMES == [
        "random_forest",
        "extra_trees",
        "knn",
        "decision_tree",
        "adaboost",
        "gradient_boosting",
        "hist_gradient_boosting",
        "logistic_regression",
        "gaussian_process",
    ]


@every_model
def test_defaults_are_those_of_the_function_and_explained(model):
    extension = extension_of(model)
    defaults = dict(zip(model.__code__.co_varnames[1:], model.__defaults__, strict=False))
    assert extension.check({}) == defaults
    assert extension.help
    for parameter in extension.parameters:
        assert parameter.help
        assert parameter.bounds or parameter.choices or isinstance(parameter.default, bool)


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
    np.testing.assert_allclose(fitted.predict_proba(X[:1]), proba[:1], rtol=1e-9)
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
    proba = knn(0, n_neighbors=9).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(proba, np.full((4, 2), 0.5))


def test_logistic_regression_does_not_see_units():
    X, y = clouds()
    units = np.array([1, 1e3, 1e-4, 1e6, 1e-8])
    np.testing.assert_allclose(
        logistic_regression(0).fit(X, y).predict_proba(X),
        logistic_regression(0).fit(X * units, y).predict_proba(X * units),
        atol=1e-6,
    )


def test_a_gaussian_process_does_not_see_units_and_learns_its_reach():
    X, y = clouds()
    units = np.array([1, 1e3, 1e-4, 1e6, 1e-8])
    fitted = gaussian_process(0).fit(X, y)
    np.testing.assert_allclose(
        fitted.predict_proba(X), gaussian_process(0).fit(X * units, y).predict_proba(X * units), atol=1e-4
    )
    assert fitted["process"].kernel_.k2.length_scale != 3.0
    fixed = gaussian_process(0, length_scale=2.0, fit_kernel=False).fit(X, y)
    assert fixed["process"].kernel_.k2.length_scale == 2.0


@every_model
def test_thirty_labels_teach_something(model):
    """A model that needs more labels to move at all is of no use here."""
    rng = np.random.default_rng(3)
    y = np.arange(1030) % 2
    X = rng.normal(size=(1030, 8)) + 1.2 * y[:, None]
    fitted = model(7).fit(X[:30], y[:30])
    assert (fitted.predict(X[30:]) == y[30:]).mean() > 0.65
    assert len(np.unique(fitted.predict_proba(X[30:])[:, 1])) > 1


@every_model
def test_the_seed_is_all_that_varies(model):
    """Models with a seed of their own differ; none looks at the generator of the process."""
    X, y = clouds()
    np.random.seed(1)
    first = model(7).fit(X, y).predict_proba(X)
    np.random.seed(2)
    np.testing.assert_array_equal(first, model(7).fit(X, y).predict_proba(X))


def test_parameters_reach_the_classifier():
    for forest in (random_forest, extra_trees):
        built = forest(3, n_estimators=7, max_depth=2, max_features="all", class_weight="balanced")
        assert (built.n_estimators, built.max_depth, built.max_features) == (7, 2, None)
        assert (built.class_weight, built.random_state) == ("balanced", 3)
        assert forest(3).max_depth is None
    assert logistic_regression(3, C=0.5)["regress"].C == 0.5


@every_model
def test_every_parameter_reaches_the_classifier(model):
    """Each parameter, set to another value that it allows, changes the classifier that is built."""
    plain = str(_parts(model(3)))
    for parameter in extension_of(model).parameters:
        assert str(_parts(model(3, **{parameter.name: _other(parameter)}))) != plain, parameter.name


def _parts(classifier):
    return sorted((name, repr(value)) for name, value in classifier.get_params().items())


def _other(parameter):
    if parameter.choices:
        return next(value for value in parameter.choices if value != parameter.default)
    if isinstance(parameter.default, bool):
        return not parameter.default
    return next(bound for bound in reversed(parameter.bounds) if bound != parameter.default)
