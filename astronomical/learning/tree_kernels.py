"""Compiled kernels that score tree ensembles, for many rows at a time and without branches in the inner loops.

scikit-learn traverses each tree row by row, and the processor cannot predict the branches. Here a block of rows is
evaluated together. First, each value is replaced by its rank among the thresholds of its feature, which fits in a
byte. Then each node, from the leaves up, is one comparison and one selection between the results of its two children,
for 32 rows per instruction. Evaluating nodes without traversing the tree is the idea of QuickScorer (Lucchese et al.
2015, SIGIR, 73). Very large trees are traversed.

The kernels release the global interpreter lock. Each row is scored independently, so that the results do not depend
on the number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from astronomical.learning.tree_steps import LEFT_LEAF, LONE_LEAF, MAX_EDGES, RIGHT_LEAF, RIGHT_ON_TOP, TWO_LEAVES
from astronomical.tasks.arrays import frozen
from astronomical.tasks.jit import jit

__all__ = ["BLOCK_ROWS", "MAX_EDGES", "Plan", "Trees", "add_answers", "add_terms", "compile_kernels", "count_votes"]

#: Number of rows per block. The ranks of a block, one byte each, fit in the cache of the processor.
BLOCK_ROWS = 512
_MISSING = 255
#: Maximum count of votes in a byte.
_FULL = 255
#: Size of the stack of intermediate results. A tree needs one entry for each doubling of its nodes.
_MAX_WAITING = 24
#: Up to this number of thresholds, comparing with all of them is faster than looking up a cell.
_FEW_EDGES = 16
#: With more thresholds in one cell, a binary search is faster than comparing with each of them.
_CROWDED = 8


class Trees(NamedTuple):
    """Nodes of all trees, one tree after the other, with parents before their children.

    Attributes
    ----------
    first
        Index of the first node of each tree, and the number of nodes, shape (n_trees + 1,).
    left, right
        Indices of the children, -1 at a leaf, shape (n_nodes,).
    feature, threshold
        A row goes left if the feature is not larger than the threshold, a float32, shape (n_nodes,).
    missing_left
        Whether a row goes left if the feature is missing, shape (n_nodes,).
    value
        Value of a leaf, shape (n_nodes,).
    """

    first: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]


class Plan(NamedTuple):
    """Precomputed steps to score a block of rows.

    The trees are divided into groups in which no feature has more than `MAX_EDGES` thresholds. The sorted thresholds
    of one feature in one group are a slot.

    Attributes
    ----------
    group_tree, group_slot
        First tree and first slot of each group, shape (n_groups + 1,).
    slot_feature, slot_first
        Feature of each slot, shape (n_slots,), and index of its first threshold, shape (n_slots + 1,).
    edges
        The thresholds.
    cells, low, scale, crowd
        The range of a slot is divided into cells: the number of thresholds before each cell, shape (n_slots, n_cells);
        offset and scale that map a value to its cell; and the largest number of thresholds in a cell.
    tree_step
        First step of each tree, shape (n_trees + 1,). A tree without steps is traversed.
    steps
        Type of the step, row of the ranks, threshold, and codes of the left and the right leaf, shape (n_steps, 5).
    answers, tree_answer
        Values of the leaf codes, and index of the first code of each tree, shape (n_trees + 1,).
    """

    group_tree: NDArray[np.int64]
    group_slot: NDArray[np.int64]
    slot_feature: NDArray[np.int64]
    slot_first: NDArray[np.int64]
    edges: NDArray[np.float32]
    cells: NDArray[np.uint8]
    low: NDArray[np.float32]
    scale: NDArray[np.float32]
    crowd: NDArray[np.int64]
    tree_step: NDArray[np.int64]
    steps: NDArray[np.int32]
    answers: NDArray[np.float64]
    tree_answer: NDArray[np.int64]


def compile_kernels() -> Iterator[None]:
    """Compile all kernels, one after the other, by scoring a few rows."""
    from astronomical.learning.trees import as_ensemble

    X, y = np.arange(20, dtype=np.float32).reshape(10, 2), np.arange(10) % 2
    rows, no_fill = np.arange(10), np.empty(0, np.float32)
    for leaf_size in (1, 3):  # votes, and fractions
        trees = as_ensemble(DecisionTreeClassifier(min_samples_leaf=leaf_size).fit(X, y))
        yield
        assert trees is not None
        trees.score(np.ascontiguousarray(X.T), rows, no_fill)
        yield
    given = frozen(X.T, np.float32), frozen(rows, np.intp)
    add_terms(*given, np.zeros(2), np.zeros(2), 0.0, frozen(no_fill, np.float32))
    yield


@jit
def count_votes(
    values: NDArray[np.float32], rows: NDArray[np.int64], trees: Trees, plan: Plan, fill: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the number of trees that vote for the class. All leaves must have the value 0 or 1, equal to their code.

    Parameters
    ----------
    values
        Features, shape (n_features, n_rows).
    rows
        Row numbers to score.
    trees, plan
        The trees.
    fill
        Values that replace missing features, shape (n_features,); empty for none.

    Returns
    -------
    ndarray
        Number of votes, shape (len(rows),).
    """
    found = np.empty(len(rows), np.float64)
    ranks, waiting = _work_space(plan)
    tally, total = np.zeros(BLOCK_ROWS, np.uint8), np.empty(BLOCK_ROWS, np.int64)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        total[:] = 0
        for group in range(len(plan.group_tree) - 1):
            _rank(values, block, plan, group, fill, ranks)
            n_counted = 0
            for tree in range(plan.group_tree[group], plan.group_tree[group + 1]):
                if plan.tree_step[tree] == plan.tree_step[tree + 1]:
                    for i in range(len(block)):
                        total[i] += np.int64(_walk(values, block[i], trees, tree, fill))
                    continue
                _judge(plan, tree, ranks, waiting)
                votes = waiting[0]
                for i in range(BLOCK_ROWS):
                    tally[i] += votes[i]
                n_counted += 1
                if n_counted == _FULL:
                    _move(tally, total)
                    n_counted = 0
            _move(tally, total)
        for i in range(len(block)):
            found[start + i] = total[i]
    return found


@jit
def add_answers(
    values: NDArray[np.float32],
    rows: NDArray[np.int64],
    trees: Trees,
    plan: Plan,
    fill: NDArray[np.float32],
    begin: float,
) -> NDArray[np.float64]:
    """Return the sum of `begin` and the leaf values of all trees, added in the order of the trees.

    Parameters
    ----------
    values, rows, trees, plan, fill
        As for `count_votes`.
    begin
        Initial value of the sum.

    Returns
    -------
    ndarray
        The sums, shape (len(rows),).
    """
    found = np.full(len(rows), begin, np.float64)
    ranks, waiting = _work_space(plan)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        for group in range(len(plan.group_tree) - 1):
            _rank(values, block, plan, group, fill, ranks)
            for tree in range(plan.group_tree[group], plan.group_tree[group + 1]):
                if plan.tree_step[tree] == plan.tree_step[tree + 1]:
                    for i in range(len(block)):
                        found[start + i] += _walk(values, block[i], trees, tree, fill)
                    continue
                _judge(plan, tree, ranks, waiting)
                answers, codes = plan.answers[plan.tree_answer[tree] :], waiting[0]
                for i in range(len(block)):
                    found[start + i] += answers[codes[i]]
    return found


@jit
def add_terms(
    values: NDArray[np.float32],
    rows: NDArray[np.int64],
    centres: NDArray[np.float64],
    weights: NDArray[np.float64],
    begin: float,
    fill: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Return `begin` plus the weighted sum of the centred features, shape (len(rows),)."""
    found = np.full(len(rows), begin, np.float64)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        for feature in range(len(weights)):
            for i in range(len(block)):
                value = values[feature, block[i]]
                if len(fill) and value != value:
                    value = fill[feature]
                found[start + i] += (np.float64(value) - centres[feature]) * weights[feature]
    return found


@jit
def _work_space(plan: Plan) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Allocate the ranks of a block, two rows for each slot of a group, and the stack of results."""
    most = 0
    for group in range(len(plan.group_slot) - 1):
        most = max(most, plan.group_slot[group + 1] - plan.group_slot[group])
    return np.zeros((2 * most, BLOCK_ROWS), np.uint8), np.zeros((_MAX_WAITING, BLOCK_ROWS), np.uint8)


@jit
def _rank(
    values: NDArray[np.float32],
    block: NDArray[np.int64],
    plan: Plan,
    group: int,
    fill: NDArray[np.float32],
    ranks: NDArray[np.uint8],
) -> None:
    """Write the number of thresholds below each value; if it is missing, 0, and the largest rank in the next row."""
    column = np.zeros(BLOCK_ROWS, np.float32)
    places = np.zeros(BLOCK_ROWS, np.int32)
    # The thresholds are padded with infinity, so that the search may safely continue beyond them.
    padded = np.empty(2 * (MAX_EDGES + 1), np.float32)
    begin = plan.group_slot[group]
    for slot in range(begin, plan.group_slot[group + 1]):
        feature = plan.slot_feature[slot]
        edges = plan.edges[plan.slot_first[slot] : plan.slot_first[slot + 1]]
        padded[: len(edges)], padded[len(edges) :] = edges, np.inf
        for i in range(len(block)):
            column[i] = values[feature, block[i]]
        if len(fill):
            for i in range(len(block)):
                column[i] = fill[feature] if column[i] != column[i] else column[i]
        lowest, highest = ranks[2 * (slot - begin)], ranks[2 * (slot - begin) + 1]
        if len(edges) <= _FEW_EDGES:
            lowest[:] = 0
            for edge in edges:
                for i in range(BLOCK_ROWS):
                    lowest[i] += np.uint8(column[i] > edge)
        elif plan.crowd[slot] <= _CROWDED:
            _rank_by_cell(
                column, padded, plan.cells[slot], plan.low[slot], plan.scale[slot], plan.crowd[slot], places, lowest
            )
        else:
            _rank_by_halves(column, padded, places, lowest)
        for i in range(BLOCK_ROWS):
            highest[i] = np.uint8(_MISSING) if column[i] != column[i] else lowest[i]


@jit
def _rank_by_cell(
    column: NDArray[np.float32],
    edges: NDArray[np.float32],
    before: NDArray[np.uint8],
    low: float,
    scale: float,
    crowd: int,
    places: NDArray[np.int32],
    ranks: NDArray[np.uint8],
) -> None:
    """Look up the number of thresholds before the cell of a value, and compare the value with those in the cell."""
    last = np.float32(len(before) - 1)
    for i in range(BLOCK_ROWS):
        place = (column[i] - low) * scale
        # Written so that NaN also gets a valid cell.
        place = place if place > np.float32(0) else np.float32(0)
        places[i] = np.int32(place if place < last else last)
    for i in range(BLOCK_ROWS):
        rank = np.int64(before[places[i]])
        above = np.int64(0)
        for k in range(crowd):
            above += np.int64(column[i] > edges[rank + k])
        ranks[i] = rank + above


@jit
def _rank_by_halves(
    column: NDArray[np.float32], edges: NDArray[np.float32], places: NDArray[np.int32], ranks: NDArray[np.uint8]
) -> None:
    """Find the ranks of all values at once by a binary search."""
    places[:] = 0
    step = np.int32(128)
    while step:
        for i in range(BLOCK_ROWS):
            places[i] += step * np.int32(column[i] > edges[places[i] + step - 1])
        step >>= 1
    for i in range(BLOCK_ROWS):
        ranks[i] = places[i]


@jit
def _judge(plan: Plan, tree: int, ranks: NDArray[np.uint8], waiting: NDArray[np.uint8]) -> None:
    """Write the code of the leaf that each row of a block reaches to the first row of `waiting`."""
    top = -1
    for step in range(plan.tree_step[tree], plan.tree_step[tree + 1]):
        kind = plan.steps[step, 0]
        rank, edge = ranks[plan.steps[step, 1]], np.uint8(plan.steps[step, 2])
        left, right = np.uint8(plan.steps[step, 3]), np.uint8(plan.steps[step, 4])
        if kind == TWO_LEAVES:
            top += 1
            mine = waiting[top]
            for i in range(BLOCK_ROWS):
                mine[i] = right if rank[i] > edge else left
        elif kind == RIGHT_LEAF:
            mine = waiting[top]
            for i in range(BLOCK_ROWS):
                mine[i] = mine[i] ^ ((mine[i] ^ right) & _mask(rank[i] > edge))
        elif kind == LEFT_LEAF:
            mine = waiting[top]
            for i in range(BLOCK_ROWS):
                mine[i] = left ^ ((left ^ mine[i]) & _mask(rank[i] > edge))
        elif kind == LONE_LEAF:
            top += 1
            waiting[top][:] = left
        else:
            upper, mine = waiting[top], waiting[top - 1]
            top -= 1
            if kind == RIGHT_ON_TOP:
                for i in range(BLOCK_ROWS):
                    mine[i] = mine[i] ^ ((mine[i] ^ upper[i]) & _mask(rank[i] > edge))
            else:
                for i in range(BLOCK_ROWS):
                    mine[i] = upper[i] ^ ((upper[i] ^ mine[i]) & _mask(rank[i] > edge))


@jit
def _mask(chosen: bool) -> np.uint8:
    """Return a byte of ones or zeros, for a selection without a branch that the compiler can vectorise."""
    return np.uint8(np.uint8(0) - np.uint8(chosen))


@jit
def _walk(values: NDArray[np.float32], row: int, trees: Trees, tree: int, fill: NDArray[np.float32]) -> float:
    """Traverse a tree, and return the value of the leaf that a row reaches."""
    node = trees.first[tree]
    while trees.left[node] >= 0:
        feature = trees.feature[node]
        value = values[feature, row]
        if len(fill) and value != value:
            value = fill[feature]
        if value <= trees.threshold[node] or (value != value and trees.missing_left[node]):
            node = trees.left[node]
        else:
            node = trees.right[node]
    return float(trees.value[node])


@jit
def _move(tally: NDArray[np.uint8], total: NDArray[np.int64]) -> None:
    """Add the byte counts to the total, and reset them."""
    for i in range(BLOCK_ROWS):
        total[i] += tally[i]
        tally[i] = 0
