"""Built-in models: functions of a seed and parameters that return an unfitted classifier.

None of them uses threads of its own: a result must not depend on how many there are, and the pool is
scored by threads of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from astronomical import extend
from astronomical.extend import Parameter

__all__ = ["BUILTINS", "NearestNeighbours", "knn", "logistic_regression", "random_forest"]


@extend.model(
    "random_forest",
    title="Random forest",
    help="Many decision trees, each grown on a random part of the labels; a good first choice.",
    native_missing=True,
    parameters=(
        Parameter("n_estimators", 100, "Number of trees; more are steadier and slower.", (1, 5000)),
        Parameter("max_depth", 0, "Largest depth of a tree; 0 is no limit.", (0, 1000)),
        Parameter("min_samples_leaf", 1, "Fewest labels in a leaf; larger is smoother.", (1, 1000)),
        Parameter("max_features", "sqrt", "How many features a split may choose from.", None,
                  ("sqrt", "log2", "all")),
        Parameter("class_weight", "none", "Whether the rarer side of the labels weighs more.", None,
                  ("none", "balanced")),
    ),
)
def random_forest(seed: int, n_estimators: int = 100, max_depth: int = 0, min_samples_leaf: int = 1,
                  max_features: Literal["sqrt", "log2", "all"] = "sqrt",
                  class_weight: Literal["none", "balanced"] = "none") -> RandomForestClassifier:
    """Return a random forest."""
    return RandomForestClassifier(
        n_estimators=n_estimators,
        max_depth=max_depth or None,
        min_samples_leaf=min_samples_leaf,
        max_features=None if max_features == "all" else max_features,
        class_weight=_none(class_weight),
        random_state=seed,
        n_jobs=1,
    )


class NearestNeighbours(ClassifierMixin, BaseEstimator):
    """Nearest neighbours that make do with fewer labels than neighbours.

    Parameters
    ----------
    n_neighbors
        Number of neighbours that vote, at most the number of labels.
    weights
        ``uniform``, or ``distance`` for votes that fade with the distance.
    """

    def __init__(self, n_neighbors: int = 3, weights: str = "uniform") -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights

    def fit(self, X: NDArray[np.floating], y: NDArray[np.integer]) -> NearestNeighbours:
        """Keep the labelled rows.

        Parameters
        ----------
        X
            Features, shape (n_rows, n_features).
        y
            Targets, shape (n_rows,).
        """
        n_neighbors = min(self.n_neighbors, len(X))
        # Labels are few and features many: comparing with every label is faster than a tree over them.
        self.voters_ = KNeighborsClassifier(n_neighbors, weights=self.weights, algorithm="brute", n_jobs=1)
        self.voters_.fit(X, y)
        self.classes_ = self.voters_.classes_
        self.n_features_in_ = self.voters_.n_features_in_
        return self

    def predict_proba(self, X: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the votes for each class, shape (n_rows, n_classes)."""
        check_is_fitted(self)
        votes: NDArray[np.float64] = self.voters_.predict_proba(X)
        return votes

    def predict(self, X: NDArray[np.floating]) -> NDArray[np.integer]:
        """Return the class with most votes, shape (n_rows,)."""
        chosen: NDArray[np.integer] = self.classes_[np.argmax(self.predict_proba(X), axis=1)]
        return chosen


@extend.model(
    "knn",
    title="K nearest neighbours",
    help="The labelled sources most alike vote; scale the features for it.",
    parameters=(
        Parameter("n_neighbors", 3, "Number of neighbours that vote.", (1, 1000)),
        Parameter("weights", "uniform", "Whether nearer neighbours count more.", None,
                  ("uniform", "distance")),
    ),
)
def knn(seed: int, n_neighbors: int = 3,
        weights: Literal["uniform", "distance"] = "uniform") -> NearestNeighbours:
    """Return nearest neighbours; nothing in it is random."""
    return NearestNeighbours(n_neighbors, weights)


@extend.model(
    "logistic_regression",
    title="Logistic regression",
    help="A plane between the two sides; fast, smooth, and limited to what a plane can divide.",
    parameters=(
        Parameter("C", 1.0, "Trust in the labels: smaller values regularise more.", (1e-6, 1e6)),
        Parameter("class_weight", "none", "Whether the rarer side of the labels weighs more.", None,
                  ("none", "balanced")),
    ),
)
def logistic_regression(seed: int, C: float = 1.0,
                        class_weight: Literal["none", "balanced"] = "none") -> Pipeline:
    """Return a logistic regression behind a scaler."""
    return Pipeline([
        ("scale", StandardScaler()),
        ("regress", LogisticRegression(C=C, class_weight=_none(class_weight), max_iter=10_000,
                                       random_state=seed)),
    ])


def _none(value: str) -> str | None:
    return None if value == "none" else value


#: The models that come with the package.
BUILTINS: tuple[Callable[..., Any], ...] = (random_forest, knn, logistic_regression)
