"""Explain the probability of a source by its features: exact Shapley values of trees, or the effect of each median."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

__all__ = ["Explanation", "TreeExplainer", "as_explainer", "explain_by_medians"]

#: What the contributions add up to: the probability, or the log-odds of which it is the logistic function.
Scale = Literal["probability", "log-odds"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Contributions of the features to the probability of a source.

    Attributes
    ----------
    method
        ``shapley``, or ``median`` for the change of the probability when a feature is set to its median.
    scale
        What the contributions are given in. With ``shapley``, `base` and all contributions add up to the probability
        or its log-odds.
    base
        The expected value over the labels trained on; NaN with ``median``.
    contributions
        Shape (n_features,).
    probability
        Probability of the class.
    """

    method: Literal["shapley", "median"]
    scale: Scale
    base: float
    contributions: NDArray[np.float64]
    probability: float


@dataclass(frozen=True, eq=False)
class TreeExplainer:
    """Leaves of all trees, with the features on the path to each, for exact Shapley values.

    A path may test a feature several times; all its tests are one entry.

    Attributes
    ----------
    n_features
        Number of features.
    node_feature, node_threshold, node_missing_left
        Tests of all inner nodes: a row goes left if its feature is not larger than the threshold, shape (n_nodes,).
    test_node, test_left, test_entry
        Node of each test on a path, whether the path goes left there, and its entry, shape (n_tests,).
    feature, share, first
        Feature of each entry, shape (n_entries,), the fraction of the labels that go along the path at its nodes, and
        the first entry of each leaf, shape (n_leaves,). The entries of a leaf are contiguous.
    value
        Value of each leaf, shape (n_leaves,).
    base
        Expected value: the values of the leaves, weighted by their labels.
    scale
        Whether the values add up to the probability or to its log-odds.
    """

    n_features: int
    node_feature: NDArray[np.int64]
    node_threshold: NDArray[np.float64]
    node_missing_left: NDArray[np.bool_]
    test_node: NDArray[np.int64]
    test_left: NDArray[np.bool_]
    test_entry: NDArray[np.int64]
    feature: NDArray[np.int64]
    share: NDArray[np.float64]
    first: NDArray[np.int64]
    value: NDArray[np.float64]
    base: float
    scale: Scale

    def explain(self, row: NDArray[np.floating]) -> Explanation:
        """Return the exact path-dependent Shapley values of the features of a source [1]_.

        A leaf is a game: with the features S known, the source reaches it with the probability
        ``prod(o[j], j in S) * prod(z[j], j not in S)``, where o is 1 if the feature of the source allows the path, else
        0, and z is the fraction of the labels that go along it. Its Shapley value for a feature is
        ``value * (o - z)`` times the mean of the product of the other features over all orders, which is the integral
        of ``prod(z * (1 - t) + o * t)`` over t from 0 to 1. The integrand is a polynomial, so that Gauss-Legendre
        quadrature is exact.

        Parameters
        ----------
        row
            Features of the source, shape (n_features,).

        References
        ----------
        .. [1] S. M. Lundberg et al., "From local explanations to global understanding with explainable AI for trees",
           Nature Machine Intelligence 2, 56 (2020), doi:10.1038/s42256-019-0138-9.
        """
        total = np.zeros(self.n_features)
        if self.feature.size:
            values = np.asarray(row, dtype=np.float64)[self.node_feature]
            left = (values <= self.node_threshold) | (np.isnan(values) & self.node_missing_left)
            allowed = np.ones(len(self.feature))
            allowed[self.test_entry[left[self.test_node] != self.test_left]] = 0.0
            sizes = np.diff(np.append(self.first, len(self.feature)))
            leaf = np.repeat(np.arange(len(self.first)), sizes)
            integral = np.zeros(len(self.feature))
            for t, weight in _quadrature(int(sizes.max())):
                factor = self.share * (1.0 - t) + allowed * t
                integral += weight * np.multiply.reduceat(factor, self.first)[leaf] / factor
            parts = self.value[leaf] * (allowed - self.share) * integral
            total += np.bincount(self.feature, parts, minlength=self.n_features)
        end = self.base + float(total.sum())
        return Explanation(
            "shapley", self.scale, self.base, total, float(expit(end)) if self.scale == "log-odds" else end
        )


def _quadrature(n_entries: int) -> list[tuple[float, float]]:
    """Return points and weights that integrate polynomials of up to this degree from 0 to 1 exactly."""
    points, weights = np.polynomial.legendre.leggauss(n_entries // 2 + 1)
    return list(zip((points + 1) / 2, weights / 2, strict=True))


@dataclass(frozen=True, eq=False)
class _Tree:
    """Nodes of a tree, with the number of labels and the value of each."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    cover: NDArray[np.float64]
    value: NDArray[np.float64]


def as_explainer(estimator: Any) -> TreeExplainer | None:
    """Return an explainer of a fitted binary classifier; None if it is no tree, forest or boosting of scikit-learn."""
    kind = type(estimator)
    if not hasattr(estimator, "classes_") or len(estimator.classes_) != 2:
        return None
    if kind in (RandomForestClassifier, ExtraTreesClassifier):
        n = len(estimator.estimators_)
        trees = [_of_tree(tree.tree_, tree.tree_.value[:, 0, 1] / n) for tree in estimator.estimators_]
        return _explainer(trees, estimator.n_features_in_, 0.0, "probability")
    if kind in (DecisionTreeClassifier, ExtraTreeClassifier):
        trees = [_of_tree(estimator.tree_, estimator.tree_.value[:, 0, 1])]
        return _explainer(trees, estimator.n_features_in_, 0.0, "probability")
    if kind is GradientBoostingClassifier and isinstance(estimator.init_, str | DummyClassifier):
        start = float(estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_)))[0, 0])
        trees = [
            _of_tree(tree.tree_, estimator.learning_rate * tree.tree_.value[:, 0, 0])
            for tree in estimator.estimators_[:, 0]
        ]
        return _explainer(trees, estimator.n_features_in_, start, "log-odds")
    if kind is HistGradientBoostingClassifier and estimator.is_categorical_ is None:
        start = float(np.ravel(estimator._baseline_prediction)[0])
        trees = [_of_histogram(predictors[0].nodes) for predictors in estimator._predictors]
        return _explainer(trees, estimator.n_features_in_, start, "log-odds")
    return None


def _of_tree(tree: Any, value: NDArray[np.float64]) -> _Tree:
    return _Tree(
        tree.children_left.astype(np.int64),
        tree.children_right.astype(np.int64),
        tree.feature.astype(np.int64),
        tree.threshold,
        tree.missing_go_to_left.astype(np.bool_),
        tree.weighted_n_node_samples,
        value,
    )


def _of_histogram(nodes: NDArray[np.void]) -> _Tree:
    leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(leaf, -1, nodes[name].astype(np.int64)) for name in ("left", "right"))
    return _Tree(
        left,
        right,
        nodes["feature_idx"].astype(np.int64),
        nodes["num_threshold"],
        nodes["missing_go_to_left"].astype(np.bool_),
        nodes["count"].astype(np.float64),
        nodes["value"],
    )


def _explainer(trees: list[_Tree], n_features: int, start: float, scale: Scale) -> TreeExplainer:
    """Collect the paths of all leaves."""
    tests: list[tuple[int, bool, int]] = []
    entries: list[tuple[int, float]] = []
    first: list[int] = []
    values: list[float] = []
    base, offset = start, 0
    for tree in trees:
        for leaf, path in _paths(tree):
            weight = tree.cover[leaf] / tree.cover[0]
            base += float(tree.value[leaf] * weight)
            if not path or weight == 0:
                continue
            place: dict[int, int] = {}
            shares: list[float] = []
            for (node, goes_left), below in zip(path, [*(node for node, _ in path[1:]), leaf], strict=True):
                feature = int(tree.feature[node])
                if feature not in place:
                    place[feature] = len(shares)
                    shares.append(1.0)
                shares[place[feature]] *= float(tree.cover[below] / tree.cover[node])
                tests.append((offset + node, goes_left, len(entries) + place[feature]))
            first.append(len(entries))
            values.append(float(tree.value[leaf]))
            entries.extend(zip(place, shares, strict=True))
        offset += len(tree.left)
    names = ("feature", "threshold", "missing_left")
    joined = {name: np.concatenate([getattr(tree, name) for tree in trees]) for name in names}
    return TreeExplainer(
        n_features,
        np.maximum(joined["feature"], 0),
        joined["threshold"],
        joined["missing_left"],
        np.array([test[0] for test in tests], dtype=np.int64),
        np.array([test[1] for test in tests], dtype=np.bool_),
        np.array([test[2] for test in tests], dtype=np.int64),
        np.array([entry[0] for entry in entries], dtype=np.int64),
        np.array([entry[1] for entry in entries], dtype=np.float64),
        np.array(first, dtype=np.int64),
        np.array(values, dtype=np.float64),
        base,
        scale,
    )


def _paths(tree: _Tree) -> list[tuple[int, list[tuple[int, bool]]]]:
    """Return the leaves, each with the nodes on the way to it and whether the way goes left there."""
    found: list[tuple[int, list[tuple[int, bool]]]] = []
    waiting: list[tuple[int, list[tuple[int, bool]]]] = [(0, [])]
    while waiting:
        node, path = waiting.pop()
        if tree.left[node] < 0:
            found.append((node, path))
        else:
            waiting.append((int(tree.left[node]), [*path, (node, True)]))
            waiting.append((int(tree.right[node]), [*path, (node, False)]))
    return found


def explain_by_medians(
    predict: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    row: NDArray[np.floating],
    medians: NDArray[np.floating],
) -> Explanation:
    """Return how the probability of a source changes when each of its features is set to its median.

    A contribution is the probability minus that with the median; it is 0 for a missing feature that the model fills
    with the median. The contributions do not add up to the probability.

    Parameters
    ----------
    predict
        Returns the probability of the class for rows of features, shape (n, n_features).
    row
        Features of the source, shape (n_features,).
    medians
        Median of each feature over the training set, shape (n_features,).
    """
    rows = np.repeat(np.asarray(row, dtype=np.float64)[None], len(row) + 1, axis=0)
    rows[np.arange(1, len(rows)), np.arange(len(row))] = medians
    proba = np.asarray(predict(rows), dtype=np.float64)
    return Explanation("median", "probability", float("nan"), proba[0] - proba[1:], float(proba[0]))
