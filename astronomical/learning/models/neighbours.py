"""K nearest neighbours."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.validation import check_is_fitted

from astronomical import extend
from astronomical.extend import Parameter

__all__ = ["NearestNeighbours", "knn"]


class NearestNeighbours(ClassifierMixin, BaseEstimator):
    """Nearest-neighbours classifier that also works with fewer labels than neighbours.

    Parameters
    ----------
    n_neighbors
        Number of neighbours that vote. With fewer labels, all of them vote.
    weights
        ``uniform``, or ``distance`` to weight votes by the inverse of the distance.
    """

    def __init__(self, n_neighbors: int = 3, weights: str = "uniform") -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights

    def fit(self, X: NDArray[np.floating], y: NDArray[np.integer]) -> NearestNeighbours:
        """Fit the classifier.

        Parameters
        ----------
        X
            Features, shape (n_rows, n_features).
        y
            Targets, shape (n_rows,).
        """
        n_neighbors = min(self.n_neighbors, len(X))
        # With few labels and many features, a brute-force search is faster than a tree.
        self.voters_ = KNeighborsClassifier(n_neighbors, weights=self.weights, algorithm="brute", n_jobs=1)
        self.voters_.fit(X, y)
        self.classes_ = self.voters_.classes_
        self.n_features_in_ = self.voters_.n_features_in_
        return self

    def predict_proba(self, X: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the fraction of the votes for each class, shape (n_rows, n_classes)."""
        check_is_fitted(self)
        votes: NDArray[np.float64] = self.voters_.predict_proba(X)
        return votes

    def predict(self, X: NDArray[np.floating]) -> NDArray[np.integer]:
        """Return the class with the most votes, shape (n_rows,)."""
        chosen: NDArray[np.integer] = self.classes_[np.argmax(self.predict_proba(X), axis=1)]
        return chosen


@extend.model(
    "knn",
    title="K nearest neighbours",
    help="The most similar labelled sources vote. Scale the features for this model.",
    parameters=(
        Parameter("n_neighbors", 3, "Number of neighbours that vote.", (1, 1000)),
        Parameter(
            "weights", "uniform", "Whether nearer neighbours have a larger weight.", None, ("uniform", "distance")
        ),
    ),
)
def knn(seed: int, n_neighbors: int = 3, weights: Literal["uniform", "distance"] = "uniform") -> NearestNeighbours:
    """Return a nearest-neighbours classifier. It is deterministic, so the seed has no effect."""
    return NearestNeighbours(n_neighbors, weights)
