"""Represent tree ensembles uniformly: arrays of nodes, and a function from the sum of leaf values to probabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from sklearn.utils.extmath import softmax

from astronomical.learning.tree_kernels import Plan, Trees, add_answers, count_votes
from astronomical.learning.tree_steps import divide_trees, write_steps
from astronomical.tasks.arrays import frozen

__all__ = ["MAX_NODES", "TreeEnsemble", "as_ensemble"]

#: Larger trees are traversed: evaluating every node for a block costs more than one step per level for each row.
MAX_NODES = 1200
#: Maximum number of leaves with codes of one byte.
_MAX_LEAVES = 256
#: Number of cells into which the range of the thresholds is divided for look-up.
_N_CELLS = 512

Finish = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Nodes = tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class TreeEnsemble:
    """A classifier whose probability is a function of the sum of the leaf values of its trees.

    Attributes
    ----------
    trees, plan
        The trees, and the precomputed steps to score a block of rows.
    votes
        Whether every leaf has the value 0 or 1.
    begin
        Initial value of the sum.
    finish
        Maps the sums to probabilities of the class.
    """

    trees: Trees
    plan: Plan
    votes: bool
    begin: float
    finish: Finish

    def score(
        self, values: NDArray[np.float32], rows: NDArray[np.intp], fill: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return the probability of the class, shape (len(rows),).

        Parameters
        ----------
        values
            Features, shape (n_features, n_rows).
        rows
            Row numbers to score.
        fill
            Values that replace missing features, shape (n_features,); empty for none.
        """
        given = frozen(values, np.float32), frozen(rows, np.intp)
        medians = frozen(fill, np.float32)
        if self.votes:
            return self.finish(count_votes(*given, self.trees, self.plan, medians))
        return self.finish(add_answers(*given, self.trees, self.plan, medians, self.begin))

    @property
    def row_cost_ns(self) -> float:
        """Rough estimate of the time for one row, in nanoseconds."""
        walked = np.count_nonzero(np.diff(self.plan.tree_step) == 0)
        return 4 * len(self.plan.slot_feature) + 0.05 * len(self.plan.steps) + 150 * walked + 1


def as_ensemble(estimator: Any) -> TreeEnsemble | None:
    """Convert a fitted binary classifier to a tree ensemble; return None if it is not an ensemble of trees.

    Only the classes of scikit-learn itself are converted, because a subclass may predict differently.
    """
    kind = type(estimator)
    if kind in (RandomForestClassifier, ExtraTreesClassifier):
        n_trees = len(estimator.estimators_)
        return _ensemble(map(_tree_nodes, estimator.estimators_), lambda total: total / n_trees)
    if kind in (DecisionTreeClassifier, ExtraTreeClassifier):
        return _ensemble([_tree_nodes(estimator)], lambda total: total)
    if kind is GradientBoostingClassifier and isinstance(estimator.init_, str | DummyClassifier):
        steps = (
            _tree_nodes(tree, estimator.learning_rate * tree.tree_.value[:, 0, 0])
            for tree in estimator.estimators_[:, 0]
        )
        begin = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_)))[0, 0]
        return _ensemble(steps, lambda raw: estimator._loss.predict_proba(raw)[:, 1], begin)
    if kind is HistGradientBoostingClassifier and estimator.is_categorical_ is None:
        steps = (_histogram_nodes(predictors[0].nodes) for predictors in estimator._predictors)
        begin = float(np.ravel(estimator._baseline_prediction)[0])
        return _ensemble(steps, lambda raw: estimator._loss.predict_proba(raw)[:, 1], begin)
    if kind is AdaBoostClassifier and all(type(tree) is DecisionTreeClassifier for tree in estimator.estimators_):
        return _adaboost(estimator)
    return None


def _adaboost(estimator: Any) -> TreeEnsemble:
    """Convert AdaBoost: each tree adds its weight for the side that it predicts, and subtracts it for the other."""
    sign = 2 * estimator.classes_ - 1
    whole = estimator.estimator_weights_.sum()

    def finish(total: NDArray[np.float64]) -> NDArray[np.float64]:
        decision = total / whole
        shares: NDArray[np.float64] = softmax(np.column_stack([-decision, decision]))[:, 1]
        return shares

    # If the fit ended early, some weights have no tree.
    members = zip(estimator.estimators_, estimator.estimator_weights_, strict=False)
    return _ensemble(
        (_tree_nodes(tree, weight * sign[np.argmax(tree.tree_.value[:, 0], axis=1)]) for tree, weight in members),
        finish,
    )


def _tree_nodes(estimator: Any, value: NDArray[np.float64] | None = None) -> Nodes:
    """Return the nodes of a tree. If `value` is None, the value of a leaf is the fraction of the class in it."""
    tree = estimator.tree_
    return (
        tree.children_left,
        tree.children_right,
        tree.feature,
        tree.threshold,
        tree.missing_go_to_left,
        tree.value[:, 0, 1] if value is None else value,
    )


def _histogram_nodes(nodes: NDArray[np.void]) -> Nodes:
    leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(leaf, -1, nodes[name].astype(np.int64)) for name in ("left", "right"))
    return left, right, nodes["feature_idx"], nodes["num_threshold"], nodes["missing_go_to_left"], nodes["value"]


def _ensemble(nodes: Iterable[Nodes], finish: Finish, begin: float = 0.0) -> TreeEnsemble:
    parts = list(nodes)
    sizes = [len(part[0]) for part in parts]
    left, right, feature, threshold, missing_left, value = map(np.concatenate, zip(*parts, strict=True))
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    offset = np.repeat(first[:-1], sizes)
    leaf = left < 0
    trees = Trees(
        first,
        np.where(leaf, -1, left + offset),
        np.where(leaf, -1, right + offset),
        np.where(leaf, 0, feature).astype(np.int64),
        _floor(threshold),
        missing_left.astype(np.bool_),
        np.ascontiguousarray(value, dtype=np.float64),
    )
    votes = begin == 0 and bool(np.isin(trees.value[leaf], (0.0, 1.0)).all())
    return TreeEnsemble(trees, _make_plan(trees, votes), votes, begin, finish)


def _floor(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round thresholds down to float32, which does not change the comparison with float32 values."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)


@dataclass(frozen=True)
class _Slots:
    """Sorted unique thresholds of each feature, and the index of the threshold of each node."""

    features: NDArray[np.int64]
    first: NDArray[np.int64]
    edges: NDArray[np.float32]
    slot: NDArray[np.int64]
    edge: NDArray[np.int64]

    @classmethod
    def of(cls, feature: NDArray[np.int64], threshold: NDArray[np.float32]) -> _Slots:
        order = np.lexsort((threshold, feature))
        feature, threshold = feature[order], threshold[order]
        starts_slot, starts_edge = np.ones(len(order), np.bool_), np.ones(len(order), np.bool_)
        starts_slot[1:] = feature[1:] != feature[:-1]
        starts_edge[1:] = starts_slot[1:] | (threshold[1:] != threshold[:-1])
        slot_of, edge_of = np.cumsum(starts_slot) - 1, np.cumsum(starts_edge) - 1
        first = np.append(edge_of[starts_slot], np.count_nonzero(starts_edge))
        slot, edge = np.empty_like(order), np.empty_like(order)
        slot[order], edge[order] = slot_of, edge_of - first[slot_of]
        return cls(feature[starts_slot], first, threshold[starts_edge], slot, edge)


def _make_plan(trees: Trees, votes: bool) -> Plan:
    leaf = trees.left < 0
    n_leaves = np.concatenate([[0], np.cumsum(leaf)])[trees.first]
    walked = np.diff(trees.first) > MAX_NODES
    if not votes:
        walked |= np.diff(n_leaves) > _MAX_LEAVES
    inner = np.flatnonzero(~leaf)
    everywhere = _Slots.of(trees.feature[inner], trees.threshold[inner])
    rank_row, edge = np.zeros(len(leaf), np.int64), np.zeros(len(leaf), np.int64)
    edge[inner] = everywhere.first[everywhere.slot] + everywhere.edge
    group_tree = divide_trees(trees, walked, edge, int(trees.feature.max()) + 1)
    stepped = inner[~walked[np.searchsorted(trees.first, inner, side="right") - 1]]
    groups = []
    for begin, end in pairwise(np.searchsorted(stepped, trees.first[group_tree])):
        nodes = stepped[begin:end]
        slots = _Slots.of(trees.feature[nodes], trees.threshold[nodes])
        rank_row[nodes] = 2 * slots.slot + ~trees.missing_left[nodes]
        edge[nodes] = slots.edge
        groups.append(slots)
    number = np.cumsum(leaf) - 1 - np.repeat(n_leaves[:-1], np.diff(trees.first))
    code = np.where(leaf, trees.value if votes else number, 0).astype(np.int64)
    offsets = np.cumsum([0, *(len(slots.edges) for slots in groups)])
    starts = [slots.first[:-1] + offset for slots, offset in zip(groups, offsets, strict=False)]
    first = np.append(np.concatenate(starts), offsets[-1])
    edges = np.concatenate([slots.edges for slots in groups])
    return Plan(
        group_tree,
        np.cumsum([0, *(len(slots.features) for slots in groups)]),
        np.concatenate([slots.features for slots in groups]),
        first,
        edges,
        *_cells(first, edges),
        *write_steps(trees, walked, code, rank_row, edge),
        trees.value[leaf],
        n_leaves,
    )


def _cells(
    first: NDArray[np.int64], edges: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Divide the range of each slot into cells, with exactly the arithmetic of the kernel."""
    n_slots = len(first) - 1
    low, high = edges[first[:-1]], edges[first[1:] - 1]
    with np.errstate(all="ignore"):
        span = high - low
        scale = np.where(np.isfinite(span) & (span > 0), np.float32(_N_CELLS - 1) / span, np.float32(0))
        slot_of = np.repeat(np.arange(n_slots), np.diff(first))
        place = (edges - low[slot_of]) * scale[slot_of]
    place = np.where(place > 0, np.minimum(place, np.float32(_N_CELLS - 1)), 0).astype(np.int64)
    counts = np.bincount(slot_of * _N_CELLS + place, minlength=n_slots * _N_CELLS).reshape(n_slots, _N_CELLS)
    before = np.cumsum(counts, axis=1) - counts
    return before.astype(np.uint8), low, scale, counts.max(axis=1, initial=0)
