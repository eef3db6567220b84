"""Forests grown as scikit-learn grows them, without its checks of the same input for every single tree.

On tens of labels those checks take more than two thirds of the time of a fit, and hold the interpreter's lock. Here
scikit-learn fits the forest with its first tree; the others are grown by the same compiled builder, from the same
seeds. The first tree is grown this way too, and compared: should another version of scikit-learn do it otherwise, it
grows them all.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, stop_if

__all__ = ["fit"]

N_THREADS = 2
#: Fewer trees than this are left to scikit-learn.
_FEW_TREES = 10
#: So many trees are handed to a thread at a time.
_TREES_AT_ONCE = 25
#: Seeds of trees are drawn below this number.
_MAX_SEED = np.iinfo(np.int32).max
#: The settings of which this module knows what they mean; each with its only value that it knows.
_KNOWN = {"class_weight": None, "max_leaf_nodes": None, "min_weight_fraction_leaf": 0.0, "min_impurity_decrease": 0.0,
          "ccp_alpha": 0.0, "monotonic_cst": None, "max_samples": None, "oob_score": False, "warm_start": False,
          "criterion": "gini"}

Grow = Callable[[int], Any]


def fit(estimator: Any, X: NDArray[np.floating], y: NDArray[np.integer], cancelled: CancelCheck = never,
        progress: Progress = no_progress) -> None:
    """Fit a classifier; the outcome is that of its own ``fit``.

    Parameters
    ----------
    estimator
        An unfitted classifier.
    X, y
        Features, shape (n_rows, n_features), and targets, shape (n_rows,).
    cancelled
        Asked between trees, from several threads, whether to stop.
    progress
        Told how many of the trees have grown, in the calling thread; scikit-learn's own ``fit`` tells nothing.

    Raises
    ------
    Cancelled
        If `cancelled` answered yes.
    """
    if not _is_known(estimator):
        estimator.fit(X, y)
        return
    n_trees = estimator.n_estimators
    try:
        estimator.set_params(n_estimators=1).fit(X, y)
    finally:
        estimator.set_params(n_estimators=n_trees)
    draw = np.random.RandomState(estimator.random_state)
    seeds = [int(draw.randint(_MAX_SEED)) for _ in range(n_trees)]
    first = estimator.estimators_[0]
    grow = _grower(estimator, first, np.ascontiguousarray(X, np.float32), y)
    if grow is None or first.random_state != seeds[0] or not _same_tree(grow(seeds[0]), first.tree_):
        estimator.fit(X, y)
        return

    def some_trees(start: int) -> list[Any]:
        trees = []
        for seed in seeds[start:start + _TREES_AT_ONCE]:
            stop_if(cancelled)
            tree = copy.copy(first)
            tree.random_state, tree.tree_ = seed, grow(seed)
            trees.append(tree)
        return trees

    with ThreadPoolExecutor(N_THREADS, thread_name_prefix="grow") as threads:
        for trees in threads.map(some_trees, range(1, n_trees, _TREES_AT_ONCE)):
            estimator.estimators_ += trees
            progress(len(estimator.estimators_) / n_trees)


def _is_known(estimator: Any) -> bool:
    if type(estimator) not in (RandomForestClassifier, ExtraTreesClassifier):
        return False
    settings = estimator.get_params(deep=False)
    return (all(settings.get(name) == value for name, value in _KNOWN.items())
            and settings["n_estimators"] >= _FEW_TREES
            and all(type(settings[name]) is int for name in ("random_state", "min_samples_split", "min_samples_leaf")))


def _grower(forest: Any, first: Any, X: NDArray[np.float32], y: NDArray[np.integer]) -> Grow | None:
    """Return a function that grows the tree of a seed, or None if scikit-learn's builder is not where it was."""
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
        weights = None
        if forest.bootstrap:
            drawn = np.random.RandomState(seed).randint(0, n_rows, n_rows, dtype=np.int32)
            weights = np.bincount(drawn, minlength=n_rows).astype(np.float64)
        draw = np.random.RandomState(seed)
        splitter = splitter_class(Gini(1, n_classes), first.max_features_, min_leaf, 0.0, draw, None)
        tree = Tree(n_features, n_classes, 1)
        builder = DepthFirstTreeBuilder(splitter, min_split, min_leaf, 0.0, max_depth, 0.0)
        builder.build(tree, X, sides, weights, missing)
        return tree

    try:
        grow(0)
    except (TypeError, ValueError):  # the builder takes other arguments than it did
        return None
    return grow


def _same_tree(one: Any, other: Any) -> bool:
    states = one.__getstate__(), other.__getstate__()
    return all(bool(np.array_equal(states[0][name], states[1][name])) for name in ("nodes", "values"))
