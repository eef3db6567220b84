"""Check that the nodes of a tree are valid: children exist, there are no cycles, and features are in range."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.tree._tree import NODE_DTYPE, Tree

from astronomical.errors import InvalidInputError

__all__ = ["UnsafeModelError", "check_predictor", "check_tree", "check_tree_parts", "require"]

_MAX_FEATURES, _MAX_CLASSES, _MAX_NODES = 1_000_000, 1000, 50_000_000


class UnsafeModelError(InvalidInputError):
    """A model contains values that are not safe to use in compiled code."""


def require(holds: bool, owner: Any, otherwise: str) -> None:
    """Raise `UnsafeModelError` with the type of `owner` unless a condition holds."""
    if not holds:
        kind = owner if isinstance(owner, type) else type(owner)
        _refuse(f"{kind.__name__}: {otherwise}")


def _refuse(text: str) -> NoReturn:
    raise UnsafeModelError(text)


def check_tree(tree: Any) -> None:
    """Check an existing tree of scikit-learn.

    Raises
    ------
    UnsafeModelError
        If the tree is not valid.
    """
    # With a count above the capacity, even the arrays below would be views of invalid memory.
    require(0 < tree.node_count <= tree.capacity, Tree, "its number of nodes is wrong")
    check_tree_parts((tree.n_features, np.asarray(tree.n_classes), tree.n_outputs), tree.__getstate__())


def check_tree_parts(arguments: Any, state: Any) -> None:
    """Check the arguments and state of a scikit-learn tree before it is created.

    Parameters
    ----------
    arguments
        Number of features, number of classes for each output, and number of outputs.
    state
        Nodes and values, with their count and depth.

    Raises
    ------
    UnsafeModelError
        If the tree would not be valid.
    """
    require(isinstance(arguments, tuple) and len(arguments) == 3, Tree, "its sizes are missing")
    n_features, n_classes, n_outputs = arguments
    require(_whole(n_features) and 0 < n_features <= _MAX_FEATURES, Tree, "its number of features is wrong")
    require(_whole(n_outputs) and n_outputs == 1, Tree, "it has more than one output")
    require(
        type(n_classes) is np.ndarray
        and n_classes.shape == (1,)
        and n_classes.dtype == np.intp
        and 0 < n_classes[0] <= _MAX_CLASSES,
        Tree,
        "its number of classes is wrong",
    )
    require(
        isinstance(state, dict) and {"max_depth", "node_count", "nodes", "values"} <= set(state),
        Tree,
        "its nodes are missing",
    )
    nodes, values, count = state["nodes"], state["values"], state["node_count"]
    require(
        type(nodes) is np.ndarray and nodes.ndim == 1 and nodes.dtype == NODE_DTYPE and nodes.flags.c_contiguous,
        Tree,
        "its nodes are not an array of nodes",
    )
    require(_whole(count) and count == len(nodes) and 0 < count <= _MAX_NODES, Tree, "its number of nodes is wrong")
    require(
        type(values) is np.ndarray
        and values.dtype == np.float64
        and values.flags.c_contiguous
        and values.shape == (count, 1, n_classes[0]),
        Tree,
        "its values do not match its nodes",
    )
    require(bool(np.isfinite(values).all()), Tree, "its values are not finite")
    leaf = nodes["left_child"] == -1
    require(bool(np.all(nodes["right_child"][leaf] == -1)), Tree, "a leaf has a child")
    depth = _check_shape(nodes["left_child"], nodes["right_child"], leaf, Tree)
    require(_whole(state["max_depth"]) and state["max_depth"] == depth, Tree, "its depth is wrong")
    _check_splits(nodes["feature"][~leaf], nodes["threshold"][~leaf], int(n_features), Tree)
    require(bool(np.all(nodes["missing_go_to_left"] <= 1)), Tree, "its rule for missing values is not valid")


def check_predictor(predictor: Any, n_features: int) -> None:
    """Check a tree of histogram gradient boosting.

    Raises
    ------
    UnsafeModelError
        If the tree is not valid.
    """
    kind = type(predictor)
    nodes = predictor.nodes
    require(
        type(nodes) is np.ndarray
        and nodes.ndim == 1
        and nodes.dtype == PREDICTOR_RECORD_DTYPE
        and 0 < len(nodes) <= _MAX_NODES,
        kind,
        "its nodes are not an array of nodes",
    )
    require(
        bool(np.all(nodes["is_leaf"] <= 1)) and not nodes["is_categorical"].any(),
        kind,
        "it has nodes of an unknown type",
    )
    leaf = nodes["is_leaf"] == 1
    depth = _check_shape(nodes["left"].astype(np.int64), nodes["right"].astype(np.int64), leaf, kind)
    require(int(nodes["depth"].max()) == depth, kind, "its depth is wrong")
    _check_splits(nodes["feature_idx"][~leaf], nodes["num_threshold"][~leaf], n_features, kind)
    require(bool(np.isfinite(nodes["value"]).all()), kind, "its values are not finite")
    require(bool(np.all(nodes["missing_go_to_left"] <= 1)), kind, "its rule for missing values is not valid")


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _check_shape(left: NDArray[Any], right: NDArray[Any], leaf: NDArray[np.bool_], owner: type) -> int:
    """Check that every node except the first is the child of exactly one earlier node; return the depth.

    scikit-learn stores parents before their children, so this order rules out cycles.
    """
    inner = np.flatnonzero(~leaf)
    children = np.concatenate([left[inner], right[inner]])
    parents = np.concatenate([inner, inner])
    require(
        bool(np.all((children > parents) & (children < len(leaf)))),
        owner,
        "a child does not exist, or comes before its parent",
    )
    require(
        bool(np.all(np.bincount(children, minlength=len(leaf))[1:] == 1)),
        owner,
        "a node is not the child of exactly one other node",
    )
    depth, level = 0, np.zeros(1, dtype=np.int64)
    while True:
        level = level[~leaf[level]]
        if not len(level):
            return depth
        level = np.concatenate([left[level], right[level]])
        depth += 1


def _check_splits(feature: NDArray[Any], threshold: NDArray[Any], n_features: int, owner: type) -> None:
    require(bool(np.all((feature >= 0) & (feature < n_features))), owner, "it splits by a feature that does not exist")
    require(not np.isnan(threshold).any(), owner, "one of its thresholds is not a number")
