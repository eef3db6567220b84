from __future__ import annotations

import threading

import numpy as np
import pytest
from modAL.models import ActiveLearner
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from threadpoolctl import threadpool_limits

from astronomical.learning import scoring
from astronomical.learning.kernels import KERNELS
from astronomical.learning.models import OWN, knn
from astronomical.learning.scoring import CHUNK_ROWS, Cancelled, fill_missing, predict, probabilities
from tests.support.cancelling import CancelAt

N = 2 * CHUNK_ROWS + 77


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Score with the compiled kernels."""
    assert KERNELS.wait()


@pytest.fixture(scope="module")
def features(matrix):
    rng = np.random.default_rng(0)
    # Coarse values: many sources are equally near to several labelled ones.
    return matrix(np.round(rng.normal(size=(N, 4)), 1))


def fitted(model, features, n: int = 200):
    X = features.rows(np.arange(n)).astype(np.float64)
    return model.fit(X, np.random.default_rng(1).integers(0, 2, n))


@pytest.fixture(scope="module", params=[model.__name__ for model in OWN])
def model(request, features):
    builders = {model.__name__: model for model in OWN}
    return fitted(builders[request.param](0), features)


def test_equals_the_plain_call(model, features):
    rows = np.flatnonzero(np.arange(N) % 3 > 0)
    plain = model.predict_proba(features.rows(rows).astype(np.float64))[:, 1]
    np.testing.assert_allclose(probabilities(model, features, rows), plain, rtol=0, atol=1e-12)
    proba = predict(model, features, rows)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba, plain, atol=1e-6)


@pytest.mark.parametrize("forest", [RandomForestClassifier, ExtraTreesClassifier])
def test_forests_equal_scikit_learn_to_the_last_bit(forest, features):
    model = fitted(forest(23, random_state=0, n_jobs=1), features)
    rows = np.arange(1000)
    np.testing.assert_array_equal(probabilities(model, features, rows), model.predict_proba(features.rows(rows))[:, 1])


def test_number_of_threads_changes_nothing(model, features):
    rows = np.arange(N)
    expected = probabilities(model, features, rows, n_threads=1)
    for n_threads in (2, 3):
        np.testing.assert_array_equal(probabilities(model, features, rows, n_threads=n_threads), expected)


def test_threads_of_the_libraries_change_nothing(features):
    """Left alone, the search for neighbours settles ties by which thread comes first upon them."""
    X = features.rows(np.tile(np.arange(300), 2)).astype(np.float64)
    model = knn(0).fit(X, np.random.default_rng(1).integers(0, 2, 600))
    found = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            found.append(probabilities(model, features, np.arange(1000, 1300)))
    np.testing.assert_array_equal(*found)


def test_one_row_and_none(model, features):
    assert predict(model, features, np.array([5])).shape == (1,)
    assert predict(model, features, np.array([], dtype=np.intp)).shape == (0,)


def test_takes_a_modal_learner(features):
    X, y = features.rows(np.arange(50)), np.arange(50) % 2
    learner = ActiveLearner(RandomForestClassifier(5, random_state=0), X_training=X, y_training=y)
    rows = np.arange(100)
    np.testing.assert_array_equal(predict(learner, features, rows), predict(learner.estimator, features, rows))


@pytest.mark.parametrize(("side", "expected"), [(0, 0.0), (1, 1.0)])
@pytest.mark.parametrize("index", [0, 1])
def test_model_that_saw_one_side_only(index, side, expected, features):
    model = OWN[index](0).fit(features.rows(np.arange(10)), np.full(10, side))
    np.testing.assert_array_equal(predict(model, features, np.arange(20)), np.full(20, expected))


def test_missing_values_are_filled_with_the_medians(matrix):
    features = matrix(np.array([[1, np.nan], [2, 5], [3, 7], [np.nan, 6]]))
    block = features.rows(np.arange(4))
    filled = fill_missing(block, features.medians)
    np.testing.assert_array_equal(filled, [[1, 6], [2, 5], [3, 7], [2, 6]])
    assert np.isnan(block[0, 1])
    model = knn(0, n_neighbors=1).fit(filled, [1, 0, 0, 1])
    np.testing.assert_array_equal(predict(model, features, np.arange(4), fill=True), [1, 0, 0, 1])
    with pytest.raises(ValueError, match="NaN"):
        predict(model, features, np.arange(4))


def test_cancelled_before_it_began(model, features):
    with pytest.raises(Cancelled):
        predict(model, features, np.arange(N), lambda: True)


def test_no_chunk_begins_after_a_cancel(features, monkeypatch):
    model = fitted(knn(0), features)
    cancel, scored = threading.Event(), []

    def score(estimator, column, features, fill, left_out, rows):
        scored.append(len(rows))
        cancel.set()
        return np.zeros(len(rows))

    monkeypatch.setattr(scoring, "_score_any", score)
    with pytest.raises(Cancelled):
        probabilities(model, features, np.tile(np.arange(N), 10), cancel.is_set)
    assert len(scored) <= scoring.N_THREADS


def test_scoring_with_a_forest_can_be_cancelled_between_small_chunks(features):
    model = fitted(RandomForestClassifier(100, random_state=0, n_jobs=1), features, 500)
    rows = np.tile(np.arange(N), 30)
    looks = CancelAt(None)
    predict(model, features, rows, looks)
    assert len(rows) / looks.n < 40_000  # rows between two looks, of 100 trees each
    looks = CancelAt(5)
    with pytest.raises(Cancelled):
        predict(model, features, rows, looks)
    assert looks.n_no == 4  # no chunk is scored after the cancel


def test_an_error_in_a_thread_is_raised(features):
    class Broken:
        classes_ = np.array([0, 1])

        def predict_proba(self, X):
            raise RuntimeError("broken model")

    with pytest.raises(RuntimeError, match="broken model"):
        predict(Broken(), features, np.arange(N))
