"""Plain and compiled code give the same numbers, and nothing is compiled while somebody waits for a score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning import scoring
from astronomical.learning.kernels import KERNELS
from astronomical.learning.scoring import add_terms, probabilities
from astronomical.tasks import CompiledCode
from astronomical.tasks.arrays import frozen

N_ROWS = 3000
MODELS = {
    "forest": RandomForestClassifier(30, random_state=1),
    "forest of shares": RandomForestClassifier(30, random_state=1, min_samples_leaf=3),
    "extra trees": ExtraTreesClassifier(30, random_state=1),
    "tree": DecisionTreeClassifier(random_state=1),
    "extra tree": ExtraTreeClassifier(random_state=1),
    "gradient boosting": GradientBoostingClassifier(n_estimators=20, random_state=1),
    "histogram gradient boosting": HistGradientBoostingClassifier(max_iter=20, random_state=1),
    "AdaBoost": AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=20, random_state=1),
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
}
MISSING = ("forest", "extra trees", "tree", "histogram gradient boosting")


@pytest.fixture
def plainly(monkeypatch: pytest.MonkeyPatch) -> Callable[..., np.ndarray]:
    """Score with the plain code, whether or not the kernels are ready."""

    def score(*args: object, **options: object) -> np.ndarray:
        with monkeypatch.context() as patch:
            patch.setattr(scoring, "KERNELS", CompiledCode("nothing", "never_imported"))
            patch.setattr(scoring, "add_terms", add_terms.plain)
            return probabilities(*args, **options)

    return score


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    assert KERNELS.wait()


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.round(rng.normal(size=(N_ROWS, 5)), 2).astype(np.float32)


def fitted(name: str, rows: np.ndarray) -> object:
    labels = np.random.default_rng(2).integers(0, 2, 300)
    return MODELS[name].fit(rows[:300].astype(np.float64), labels)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("fill", [False, True])
def test_plain_and_compiled_scores_are_equal_to_the_last_bit(name, fill, rows, matrix, plainly):
    model = fitted(name, rows)
    asked = rows.copy()
    if fill or name in MISSING:
        asked[np.random.default_rng(3).random(asked.shape) < 0.1] = np.nan
    features: FeatureMatrix = matrix(asked)
    numbers = np.arange(0, N_ROWS, 2)
    expected = plainly(model, features, numbers, fill=fill)
    np.testing.assert_array_equal(probabilities(model, features, numbers, fill=fill), expected)


def test_kernels_that_become_ready_in_between_change_nothing(rows, matrix, plainly, monkeypatch):
    class ReadyLater:
        """Ready from the second chunk on."""

        n_asked = 0

        def use(self, n_rows: int) -> bool:
            return False

        @property
        def is_ready(self) -> bool:
            self.n_asked += 1
            return self.n_asked > 1

    model = fitted("forest", rows)
    features = matrix(np.tile(rows, (10, 1)))
    numbers = np.arange(10 * N_ROWS)
    expected = plainly(model, features, numbers)
    later = ReadyLater()
    monkeypatch.setattr(scoring, "KERNELS", later)
    np.testing.assert_array_equal(probabilities(model, features, numbers, n_threads=1), expected)
    assert later.n_asked > 2


@pytest.mark.parametrize("fill", [np.empty(0, np.float32), np.arange(5, dtype=np.float32)])
def test_weighted_sums_are_equal_to_the_last_bit(fill, rows):
    values = np.ascontiguousarray(rows.T)
    values[:, ::7] = np.nan
    plane = np.linspace(-1, 1, 5), np.linspace(3, -0.1, 5), 0.3
    given = frozen(values, np.float32), frozen(np.arange(0, N_ROWS, 3), np.intp), *plane, frozen(fill, np.float32)
    np.testing.assert_array_equal(add_terms.compiled(*given), add_terms.plain(*given))


@pytest.mark.parametrize("writeable", [True, False], ids=["", "read-only"])
@pytest.mark.parametrize("name", MODELS)
def test_no_score_needs_a_kernel_that_is_not_compiled_yet(name, writeable, rows, matrix):
    from astronomical.learning import tree_kernels

    model, features, numbers = fitted(name, rows), matrix(rows), np.arange(N_ROWS)
    for array in (features.values, features.medians, numbers):  # those of a project cannot be changed
        array.flags.writeable = writeable
    probabilities(model, features, numbers, fill=True)
    kernels = (getattr(tree_kernels, found) for found in tree_kernels.__all__)
    found = {kernel.py_func.__name__: len(kernel.signatures) for kernel in kernels if hasattr(kernel, "py_func")}
    assert set(found.values()) == {1}, found
