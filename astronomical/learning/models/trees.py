"""Decision trees and their ensembles."""

from __future__ import annotations

from typing import Literal

from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier

from astronomical import extend
from astronomical.extend import Parameter
from astronomical.learning.models.shared_parameters import (
    CLASS_WEIGHT,
    LEARNING_RATE,
    MAX_FEATURES,
    Weight,
    none,
    share_of_features,
)

__all__ = ["adaboost", "decision_tree", "extra_trees", "gradient_boosting", "hist_gradient_boosting", "random_forest"]

Share = Literal["sqrt", "log2", "all"]

_MAX_DEPTH = Parameter("max_depth", 0, "Maximum depth of a tree; 0 for no limit.", (0, 1000))
_MIN_SAMPLES_LEAF = Parameter(
    "min_samples_leaf", 1, "Minimum number of labels in a leaf. Larger values are smoother.", (1, 1000)
)
_FOREST = (
    Parameter("n_estimators", 100, "Number of trees. More trees are more stable and slower.", (1, 5000)),
    _MAX_DEPTH,
    _MIN_SAMPLES_LEAF,
    MAX_FEATURES,
    CLASS_WEIGHT,
)


@extend.model(
    "random_forest",
    title="Random forest",
    help="Averages many decision trees, each grown on a random sample of the labels. A good default.",
    native_missing=True,
    parameters=_FOREST,
)
def random_forest(
    seed: int,
    n_estimators: int = 100,
    max_depth: int = 0,
    min_samples_leaf: int = 1,
    max_features: Share = "sqrt",
    class_weight: Weight = "none",
) -> RandomForestClassifier:
    """Return a random forest classifier."""
    return RandomForestClassifier(
        n_estimators=n_estimators,
        max_depth=max_depth or None,
        min_samples_leaf=min_samples_leaf,
        max_features=share_of_features(max_features),
        class_weight=none(class_weight),
        random_state=seed,
        n_jobs=1,
    )


@extend.model(
    "extra_trees",
    title="Extra trees",
    help="Averages many decision trees that split at random thresholds. Smoother than a random forest.",
    native_missing=True,
    parameters=_FOREST,
)
def extra_trees(
    seed: int,
    n_estimators: int = 100,
    max_depth: int = 0,
    min_samples_leaf: int = 1,
    max_features: Share = "sqrt",
    class_weight: Weight = "none",
) -> ExtraTreesClassifier:
    """Return an extremely randomised trees classifier."""
    return ExtraTreesClassifier(
        n_estimators=n_estimators,
        max_depth=max_depth or None,
        min_samples_leaf=min_samples_leaf,
        max_features=share_of_features(max_features),
        class_weight=none(class_weight),
        random_state=seed,
        n_jobs=1,
    )


@extend.model(
    "decision_tree",
    title="Decision tree",
    help="A single tree. Easy to interpret, but gives only a few distinct probabilities, so many sources tie.",
    native_missing=True,
    parameters=(_MAX_DEPTH, _MIN_SAMPLES_LEAF, CLASS_WEIGHT),
)
def decision_tree(
    seed: int, max_depth: int = 0, min_samples_leaf: int = 1, class_weight: Weight = "none"
) -> DecisionTreeClassifier:
    """Return a decision tree."""
    return DecisionTreeClassifier(
        max_depth=max_depth or None,
        min_samples_leaf=min_samples_leaf,
        class_weight=none(class_weight),
        random_state=seed,
    )


@extend.model(
    "adaboost",
    title="AdaBoost",
    help="A sequence of small trees, each correcting the errors of the previous ones. Sensitive to wrong labels.",
    parameters=(
        Parameter("n_estimators", 50, "Maximum number of trees.", (1, 5000)),
        Parameter(
            "learning_rate",
            1.0,
            "Contribution of each tree. Smaller values are smoother and need more trees.",
            (0.001, 10.0),
        ),
        Parameter("max_depth", 1, "Depth of each tree.", (1, 20)),
    ),
)
def adaboost(seed: int, n_estimators: int = 50, learning_rate: float = 1.0, max_depth: int = 1) -> AdaBoostClassifier:
    """Return an AdaBoost classifier with small trees."""
    return AdaBoostClassifier(
        DecisionTreeClassifier(max_depth=max_depth),
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        random_state=seed,
    )


@extend.model(
    "gradient_boosting",
    title="Gradient boosting",
    help="A sequence of small trees, each fitted to the remaining error of the previous ones.",
    parameters=(
        Parameter("n_estimators", 100, "Number of trees.", (1, 5000)),
        LEARNING_RATE,
        Parameter("max_depth", 2, "Depth of each tree.", (1, 20)),
        MAX_FEATURES,
    ),
)
def gradient_boosting(
    seed: int, n_estimators: int = 100, learning_rate: float = 0.1, max_depth: int = 2, max_features: Share = "sqrt"
) -> GradientBoostingClassifier:
    """Return a gradient boosting classifier."""
    return GradientBoostingClassifier(
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        max_depth=max_depth,
        max_features=share_of_features(max_features),
        random_state=seed,
    )


@extend.model(
    "hist_gradient_boosting",
    title="Histogram gradient boosting",
    help="Gradient boosting with binned features. The defaults are chosen for tens of labels.",
    native_missing=True,
    parameters=(
        Parameter("max_iter", 100, "Number of trees.", (1, 5000)),
        LEARNING_RATE,
        Parameter("max_leaf_nodes", 8, "Maximum number of leaves of a tree.", (2, 1000)),
        Parameter(
            "min_samples_leaf",
            2,
            "Minimum number of labels in a leaf. With 20, the default of scikit-learn, all sources have the same "
            "probability until there are 40 labels.",
            (1, 1000),
        ),
        Parameter(
            "l2_regularization", 1.0, "L2 regularisation of leaf values. Larger values are smoother.", (0.0, 1000.0)
        ),
        Parameter("max_features", 0.3, "Fraction of the features considered for each split.", (0.01, 1.0)),
    ),
)
def hist_gradient_boosting(
    seed: int,
    max_iter: int = 100,
    learning_rate: float = 0.1,
    max_leaf_nodes: int = 8,
    min_samples_leaf: int = 2,
    l2_regularization: float = 1.0,
    max_features: float = 0.3,
) -> HistGradientBoostingClassifier:
    """Return a histogram gradient boosting classifier."""
    return HistGradientBoostingClassifier(
        max_iter=max_iter,
        learning_rate=learning_rate,
        max_leaf_nodes=max_leaf_nodes,
        min_samples_leaf=min_samples_leaf,
        l2_regularization=l2_regularization,
        max_features=max_features,
        # Early stopping would hold out labels for validation, and there are few.
        early_stopping=False,
        random_state=seed,
    )
