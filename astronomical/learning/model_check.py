"""Check fitted models that were loaded from a file, before they are used for prediction.

Compiled code does not check the numbers in a model: for example, an invalid index of a child node makes it read memory
outside of the tree. Therefore a file may only contain types that this module knows, and every array that compiled code
uses as indices is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier
from sklearn.tree._tree import Tree

from astronomical.learning.models.keras_mlp import KerasNetwork
from astronomical.learning.models.networks import check_network
from astronomical.learning.models.torch_mlp import TorchNetwork
from astronomical.learning.tree_check import UnsafeModelError, check_predictor, check_tree, require

__all__ = ["KNOWN_TYPES", "UnsafeModelError", "check_model"]

_GP = "sklearn.gaussian_process"
_HIST = "sklearn.ensemble._hist_gradient_boosting"
#: Types that a model file may contain besides plain values and arrays. Types with indices for compiled code are checked
#: below. The others predict with NumPy, which checks its own bounds.
KNOWN_TYPES = frozenset(
    {
        "astronomical.learning.models.keras_mlp.KerasNetwork",
        "astronomical.learning.models.neighbours.NearestNeighbours",
        "astronomical.learning.models.torch_mlp.TorchNetwork",
        "astronomical.learning.models.linear_and_gp.likeliest_kernel",
        "sklearn._loss._loss.CyExponentialLoss",
        "sklearn._loss._loss.CyHalfBinomialLoss",
        "sklearn._loss.link.HalfLogitLink",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.loss.ExponentialLoss",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn.calibration.CalibratedClassifierCV",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis",
        "sklearn.dummy.DummyClassifier",
        "sklearn.ensemble._bagging.BaggingClassifier",
        "sklearn.ensemble._forest.ExtraTreesClassifier",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._gb.GradientBoostingClassifier",
        "sklearn.ensemble._voting.VotingClassifier",
        "sklearn.ensemble._weight_boosting.AdaBoostClassifier",
        f"{_HIST}.binning._BinMapper",
        f"{_HIST}.gradient_boosting.HistGradientBoostingClassifier",
        f"{_HIST}.predictor.TreePredictor",
        f"{_GP}._gpc.GaussianProcessClassifier",
        f"{_GP}._gpc._BinaryGaussianProcessClassifierLaplace",
        *(
            f"{_GP}.kernels.{name}"
            for name in (
                "ConstantKernel",
                "DotProduct",
                "Matern",
                "Product",
                "RBF",
                "RationalQuadratic",
                "Sum",
                "WhiteKernel",
            )
        ),
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._stochastic_gradient.SGDClassifier",
        "sklearn.naive_bayes.BernoulliNB",
        "sklearn.naive_bayes.ComplementNB",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.naive_bayes.MultinomialNB",
        "sklearn.neighbors._classification.KNeighborsClassifier",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.pipeline.Pipeline",
        "sklearn.decomposition._pca.PCA",
        "sklearn.impute._base.SimpleImputer",
        "sklearn.preprocessing._data.MaxAbsScaler",
        "sklearn.preprocessing._data.MinMaxScaler",
        "sklearn.preprocessing._data.PowerTransformer",
        "sklearn.preprocessing._data.QuantileTransformer",
        "sklearn.preprocessing._data.RobustScaler",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._label.LabelBinarizer",
        "sklearn.preprocessing._label.LabelEncoder",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._classes.DecisionTreeRegressor",
        "sklearn.tree._classes.ExtraTreeClassifier",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
_PLAIN = (type(None), bool, int, float, str, bytes, np.generic, np.dtype, np.random.RandomState, np.random.Generator)
_METRICS = frozenset({"euclidean", "minkowski", "manhattan", "chebyshev", "cosine"})
_TREES = (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier)
_UNKNOWN = "this type cannot be checked"
#: Maximum depth of nested values in a model.
_MAX_DEPTH = 60


def check_model(model: Any, n_features: int) -> None:
    """Check a fitted classifier and all objects in it.

    Parameters
    ----------
    model
        The classifier, as read from a file.
    n_features
        Number of features with which it will be used.

    Raises
    ------
    UnsafeModelError
        If a prediction could access invalid memory or never end; the message says what is wrong.
    """
    _Walk().visit(model, 0)
    require(_n_features(model) == n_features, model, f"it does not take {n_features} features")
    classes = getattr(model, "classes_", None)
    require(
        isinstance(classes, np.ndarray)
        and classes.ndim == 1
        and classes.dtype.kind in "iu"
        and set(classes.tolist()) <= {0, 1}
        and len(classes) == len(set(classes.tolist())) > 0,
        model,
        "its classes are not 0 and 1",
    )


class _Walk:
    """Visit every value in a model once."""

    def __init__(self) -> None:
        self._seen: dict[int, Any] = {}

    def visit(self, value: Any, depth: int) -> None:
        """Check a value and the values in it."""
        if isinstance(value, _PLAIN) or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        require(depth < _MAX_DEPTH, value, "its values are nested too deeply")
        for item in self._inside(value):
            self.visit(item, depth + 1)
        fitted, check = _CHECKS.get(type(value), ("", None))
        if check is not None and hasattr(value, fitted):  # an unfitted template is never used for prediction
            check(value)

    def _inside(self, value: Any) -> tuple[Any, ...]:
        if isinstance(value, np.ndarray):
            return tuple(value.flat) if value.dtype.hasobject else ()
        if type(value) in (list, tuple, set):
            return tuple(value)
        if isinstance(value, Mapping):
            require(type(value) is dict or _type_name(value) in KNOWN_TYPES, value, _UNKNOWN)
            return (*value, *value.values())
        require(_type_name(value) in KNOWN_TYPES or _is_number_type(value), value, _UNKNOWN)
        return () if isinstance(value, type) else tuple(getattr(value, "__dict__", {}).values())


def _type_name(value: Any) -> str:
    kind = value if callable(value) and hasattr(value, "__qualname__") else type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def _is_number_type(value: Any) -> bool:
    return isinstance(value, type) and (issubclass(value, np.generic) or value in (bool, int, float, str))


def _n_features(estimator: Any) -> Any:
    try:
        return estimator.n_features_in_
    except Exception:  # an object from a file may raise any error
        return None


def _count(owner: Any, name: str) -> int:
    """Return an attribute that must be a positive integer."""
    value: Any = _n_features(owner) if name == "n_features_in_" else getattr(owner, name, None)
    require(
        isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(0 < value < 2**31),
        owner,
        f"{name} is not a positive integer",
    )
    return int(value)


def _array(owner: Any, name: str, kinds: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an attribute that must be an array of a given kind and shape."""
    value: Any = getattr(owner, name, None)
    require(
        type(value) is np.ndarray and value.dtype.kind in kinds and value.shape == shape,
        owner,
        f"{name} is not an array of shape {shape}",
    )
    found: NDArray[Any] = value
    return found


def _check_decision_tree(estimator: Any) -> None:
    tree = estimator.tree_
    require(type(tree) is Tree, estimator, "it has no tree")
    check_tree(tree)
    n_features = _count(estimator, "n_features_in_")
    require(tree.n_features == n_features, estimator, "its tree has a different number of features")
    require(getattr(estimator, "n_outputs_", None) == 1, estimator, "it has more than one output")
    if isinstance(estimator, DecisionTreeRegressor):
        require(int(tree.max_n_classes) == 1, estimator, "its tree has classes")
        return
    n_classes = int(tree.max_n_classes)
    _array(estimator, "classes_", "iuf", (n_classes,))
    require(estimator.n_classes_ == n_classes, estimator, "its tree has a different number of classes")


def _check_members(owner: Any, members: Iterable[Any], kinds: tuple[type, ...]) -> None:
    """Check that the trees of an ensemble match it, because it passes rows to them without a check."""
    found = list(members)
    require(bool(found), owner, "it has no trees")
    for member in found:
        require(type(member) in kinds and hasattr(member, "tree_"), owner, "one of its trees is not a tree")
        require(
            _n_features(member) == _count(owner, "n_features_in_"),
            owner,
            "one of its trees has a different number of features",
        )
        if not isinstance(member, DecisionTreeRegressor):
            require(len(member.classes_) == len(owner.classes_), owner, "one of its trees has different classes")


def _check_forest(forest: Any) -> None:
    require(type(forest.estimators_) is list and forest.n_outputs_ == 1, forest, "it has no list of trees")
    require(forest.n_classes_ == len(_classes(forest)), forest, "its number of classes is wrong")
    _check_members(forest, forest.estimators_, (DecisionTreeClassifier, ExtraTreeClassifier))


def _classes(owner: Any) -> NDArray[Any]:
    classes: Any = getattr(owner, "classes_", None)
    require(
        type(classes) is np.ndarray and classes.ndim == 1 and classes.dtype.kind in "iuf", owner, "it has no classes"
    )
    found: NDArray[Any] = classes
    return found


def _check_adaboost(estimator: Any) -> None:
    members = estimator.estimators_
    require(type(members) is list and bool(members), estimator, "it has no members")
    _classes(estimator)
    weights = estimator.estimator_weights_
    require(
        type(weights) is np.ndarray
        and weights.dtype.kind == "f"
        and weights.ndim == 1
        and len(weights) >= len(members),
        estimator,
        "its weights do not match its members",
    )
    for member in members:
        require(
            _n_features(member) == _count(estimator, "n_features_in_"),
            estimator,
            "one of its members has a different number of features",
        )
        require(len(_classes(member)) == len(estimator.classes_), estimator, "one of its members has different classes")


def _check_gradient_boosting(estimator: Any) -> None:
    trees = estimator.estimators_
    n_columns = 1 if len(_classes(estimator)) <= 2 else len(estimator.classes_)
    require(
        type(trees) is np.ndarray
        and trees.dtype == object
        and trees.ndim == 2
        and trees.shape[1] == n_columns
        and estimator.n_trees_per_iteration_ == n_columns,
        estimator,
        "its trees are not a 2-dimensional array",
    )
    _check_members(estimator, trees.flat, (DecisionTreeRegressor,))
    require(
        _n_features(estimator.init_) == estimator.n_features_in_
        if not isinstance(estimator.init_, str)
        else estimator.init_ == "zero",
        estimator,
        "its initial estimator does not match it",
    )


def _check_hist_gradient_boosting(estimator: Any) -> None:
    n_features = _count(estimator, "n_features_in_")
    require(estimator.is_categorical_ is None, estimator, "it has categorical features")
    n_columns = 1 if len(_classes(estimator)) <= 2 else len(estimator.classes_)
    require(
        type(estimator._predictors) is list
        and bool(estimator._predictors)
        and estimator.n_trees_per_iteration_ == n_columns,
        estimator,
        "it has no trees",
    )
    for step in estimator._predictors:
        require(type(step) is list and len(step) == n_columns, estimator, "its list of trees has the wrong shape")
        for predictor in step:
            require(type(predictor).__name__ == "TreePredictor", estimator, "one of its trees is not a tree")
            check_predictor(predictor, n_features)


def _check_neighbours(estimator: Any) -> None:
    require(
        estimator._fit_method == "brute" and estimator._tree is None,
        estimator,
        "it does not use the brute-force search",
    )
    require(
        estimator.effective_metric_ in _METRICS and estimator.outputs_2d_ is False,
        estimator,
        "its metric is not supported",
    )
    require(callable(estimator.weights) is False, estimator, "its weights are not supported")
    rows = estimator._fit_X
    n_rows, n_features = _count(estimator, "n_samples_fit_"), _count(estimator, "n_features_in_")
    _array(estimator, "_fit_X", "f", (n_rows, n_features))
    require(
        rows.flags.c_contiguous and rows.dtype in (np.float32, np.float64),
        estimator,
        "its rows are not a contiguous array of floats",
    )
    targets = _array(estimator, "_y", "iu", (n_rows,))
    n_classes = len(_classes(estimator))
    require(bool(np.all((targets >= 0) & (targets < n_classes))), estimator, "its targets are not among its classes")
    require(_count(estimator, "n_neighbors") <= n_rows, estimator, "it has fewer rows than neighbours")


def _check_bagging(estimator: Any) -> None:
    members, chosen = estimator.estimators_, estimator.estimators_features_
    require(
        type(members) is list and type(chosen) is list and len(members) == len(chosen) > 0,
        estimator,
        "its members do not match their features",
    )
    for member, features in zip(members, chosen, strict=True):
        require(
            type(features) is np.ndarray
            and features.ndim == 1
            and features.dtype.kind in "iu"
            and len(features) == _n_features(member),
            estimator,
            "a member has a different number of features",
        )
        require(
            bool(np.all((features >= 0) & (features < _count(estimator, "n_features_in_")))),
            estimator,
            "a member uses features that do not exist",
        )
        require(len(_classes(member)) <= len(_classes(estimator)), estimator, "a member has different classes")


def _check_logistic_regression(estimator: Any) -> None:
    n_rows = 1 if len(_classes(estimator)) <= 2 else len(estimator.classes_)
    _array(estimator, "coef_", "f", (n_rows, _count(estimator, "n_features_in_")))
    _array(estimator, "intercept_", "f", (n_rows,))


def _check_scaler(estimator: Any) -> None:
    for name in ("mean_", "scale_"):
        if getattr(estimator, name, None) is not None:
            _array(estimator, name, "f", (_count(estimator, "n_features_in_"),))


#: For each type, the attribute that it has when it is fitted, and the check.
_CHECKS: dict[type, tuple[str, Callable[[Any], None]]] = {
    **dict.fromkeys(_TREES, ("tree_", _check_decision_tree)),
    RandomForestClassifier: ("estimators_", _check_forest),
    ExtraTreesClassifier: ("estimators_", _check_forest),
    AdaBoostClassifier: ("estimators_", _check_adaboost),
    GradientBoostingClassifier: ("estimators_", _check_gradient_boosting),
    HistGradientBoostingClassifier: ("_predictors", _check_hist_gradient_boosting),
    KNeighborsClassifier: ("_fit_X", _check_neighbours),
    BaggingClassifier: ("estimators_", _check_bagging),
    LogisticRegression: ("coef_", _check_logistic_regression),
    StandardScaler: ("scale_", _check_scaler),
    **dict.fromkeys((TorchNetwork, KerasNetwork), ("hidden_weights_", check_network)),
}
