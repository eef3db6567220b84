"""Fit forests like scikit-learn, but without repeating its input checks for every tree.

With tens of labels, those checks take more than two thirds of the time of a fit, and hold the global interpreter
lock. Here scikit-learn fits a forest with only the first tree. The same compiled builder then grows the other trees
from the same seeds. The first tree is grown this way too and compared with that of scikit-learn: if they differ, as
they might with another version, scikit-learn fits the whole forest.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, stop_if
from astronomical.tasks import Workers

__all__ = ["fit"]

N_THREADS = 2
#: Smaller forests are fitted by scikit-learn.
_FEW_TREES = 10
#: Number of trees per task of a thread.
_TREES_AT_ONCE = 25
#: Upper bound of the seeds of the trees.
_MAX_SEED = np.iinfo(np.int32).max
#: Settings that this module supports, with the only value that it supports.
_KNOWN = {
    "class_weight": None,
    "max_leaf_nodes": None,
    "min_weight_fraction_leaf": 0.0,
    "min_impurity_decrease": 0.0,
    "ccp_alpha": 0.0,
    "monotonic_cst": None,
    "max_samples": None,
    "oob_score": False,
    "warm_start": False,
    "criterion": "gini",
}

Grow = Callable[[int], Any]


def fit(
    estimator: Any,
    X: NDArray[np.floating],
    y: NDArray[np.integer],
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
    weights: NDArray[np.float64] | None = None,
) -> None:
    """Fit a classifier, with the same result as its own ``fit``.

    Parameters
    ----------
    estimator
        An unfitted classifier.
    X, y
        Features, shape (n_rows, n_features), and targets, shape (n_rows,).
    cancelled
        Called between trees, from several threads; the work stops if it returns True.
    progress
        Called in the calling thread with the fraction of the trees that are grown. It is not called while
        scikit-learn's own ``fit`` runs.
    weights
        Weights of the rows, shape (n_rows,), for classifiers that use them; the others take all rows alike.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    """
    options = _weight_option(estimator, weights)
    if not _is_known(estimator):
        estimator.fit(X, y, **options)
        return
    n_trees = estimator.n_estimators
    try:
        estimator.set_params(n_estimators=1).fit(X, y, **options)
    finally:
        estimator.set_params(n_estimators=n_trees)
    draw = np.random.RandomState(estimator.random_state)
    seeds = [int(draw.randint(_MAX_SEED)) for _ in range(n_trees)]
    first = estimator.estimators_[0]
    grow = _grower(estimator, first, np.ascontiguousarray(X, np.float32), y, weights)
    if grow is None or first.random_state != seeds[0] or not _same_tree(grow(seeds[0]), first.tree_):
        estimator.fit(X, y, **options)
        return

    def some_trees(start: int) -> list[Any]:
        trees = []
        for seed in seeds[start : start + _TREES_AT_ONCE]:
            stop_if(cancelled)
            tree = copy.copy(first)
            tree.random_state, tree.tree_ = seed, grow(seed)
            trees.append(tree)
        return trees

    for trees in Workers("growing", N_THREADS).map(some_trees, range(1, n_trees, _TREES_AT_ONCE)):
        estimator.estimators_ += trees
        progress(len(estimator.estimators_) / n_trees)


def _is_known(estimator: Any) -> bool:
    if type(estimator) not in (RandomForestClassifier, ExtraTreesClassifier):
        return False
    settings = estimator.get_params(deep=False)
    return (
        all(settings.get(name) == value for name, value in _KNOWN.items())
        and settings["n_estimators"] >= _FEW_TREES
        and all(type(settings[name]) is int for name in ("random_state", "min_samples_split", "min_samples_leaf"))
    )


def _weight_option(estimator: Any, weights: NDArray[np.float64] | None) -> dict[str, Any]:
    """Return the option of ``fit`` that passes weights on; none without weights, or if the classifier has no use."""
    step, last = estimator.steps[-1] if isinstance(estimator, Pipeline) else ("", estimator)
    if weights is None or not has_fit_parameter(last, "sample_weight"):
        return {}
    return {f"{step}__sample_weight" if step else "sample_weight": weights}


def _grower(
    forest: Any, first: Any, X: NDArray[np.float32], y: NDArray[np.integer], given: NDArray[np.float64] | None
) -> Grow | None:
    """Return a function that grows a tree from a seed, or None if this version of scikit-learn is not supported."""
    try:
        from sklearn.tree._criterion import Gini
        from sklearn.tree._splitter import BestSplitter, RandomSplitter
        from sklearn.tree._tree import DepthFirstTreeBuilder, Tree
    except ImportError:
        return None
    n_rows, n_features = X.shape
    sides = np.searchsorted(forest.classes_, y).astype(np.float64).reshape(-1, 1)
    n_classes = np.array([len(forest.classes_)], dtype=np.intp)
    is_missing = np.isnan(X).any(axis=0)
    missing = is_missing if is_missing.any() else None
    splitter_class = BestSplitter if first.splitter == "best" else RandomSplitter
    min_leaf = first.min_samples_leaf
    min_split = max(first.min_samples_split, 2 * min_leaf)
    max_depth = _MAX_SEED if first.max_depth is None else first.max_depth

    def grow(seed: int) -> Any:
        weights = given
        if forest.bootstrap:
            draw, chance = np.random.RandomState(seed), None if given is None else given / np.sum(given)
            even = chance is None
            drawn = draw.randint(0, n_rows, n_rows) if even else draw.choice(n_rows, n_rows, p=chance)
            weights = np.bincount(drawn, minlength=n_rows).astype(np.float64)
        draw = np.random.RandomState(seed)
        splitter = splitter_class(Gini(1, n_classes), first.max_features_, min_leaf, 0.0, draw, None)
        tree = Tree(n_features, n_classes, 1)
        builder = DepthFirstTreeBuilder(splitter, min_split, min_leaf, 0.0, max_depth, 0.0)
        builder.build(tree, X, sides, weights, missing)
        return tree

    try:
        grow(0)
    except (TypeError, ValueError):  # the arguments of the builder have changed
        return None
    return grow


def _same_tree(one: Any, other: Any) -> bool:
    states = one.__getstate__(), other.__getstate__()
    return all(bool(np.array_equal(states[0][name], states[1][name])) for name in ("nodes", "values"))
