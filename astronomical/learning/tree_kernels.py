"""Compiled loops that score trees: many rows at a time, without branches in the inner loops.

Scikit-learn walks each row down each tree, and every step is a jump that the processor cannot foresee. Here a block of
rows goes through a tree together. Values are first replaced by their ranks among the thresholds of their feature,
which fit in a byte; then each node, from the leaves up, is one comparison and one choice between the answers of its two
sides, for 32 rows in one instruction. To judge the nodes of a tree without walking it is the idea of QuickScorer
(Lucchese et al. 2015, SIGIR, 73). Very large trees are walked all the same.

The loops hold no lock, and each row is judged by itself: the number of threads changes no result.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["BLOCK_ROWS", "MAX_EDGES", "Plan", "Trees", "add_answers", "add_terms", "count_votes", "divide_trees",
           "write_steps"]

F = TypeVar("F")

#: Rows that go through a tree together: their ranks, a byte each, stay near the processor.
BLOCK_ROWS = 512
#: Thresholds of one feature that a byte can tell apart; the rank beyond them is for missing values.
MAX_EDGES = 254
_MISSING = 255
#: A count of votes that a byte still holds.
_FULL = 255
#: Answers that wait for those of another part of the tree. A tree needs one for each doubling of its nodes.
_MAX_WAITING = 24
#: Up to this number, comparing with every threshold is faster than looking up where to begin.
_FEW_EDGES = 16
#: With more thresholds in one cell, halving is faster than comparing with each of them.
_CROWDED = 8

# What a step does: both sides of the node are leaves, or one of them is, or the answers of both sides wait, one below
# the other. A tree of one leaf has a step too.
_TWO_LEAVES, _RIGHT_LEAF, _LEFT_LEAF, _RIGHT_ON_TOP, _LEFT_ON_TOP, _LONE_LEAF = range(6)


class Trees(NamedTuple):
    """Nodes of trees as they were grown, one tree after the other, parents before their children.

    Attributes
    ----------
    first
        Where each tree begins, and the number of nodes, shape (n_trees + 1,).
    left, right
        Places of the children; -1 at a leaf. Shape (n_nodes,), as those below.
    feature, threshold
        A row goes left if the feature is not larger than the threshold, a float32.
    missing_left
        Whether a row goes left if the feature is missing.
    value
        What a leaf says.
    """

    first: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]


class Plan(NamedTuple):
    """How to judge a block of rows.

    Trees are divided into groups, so that within a group no feature has more than `MAX_EDGES` thresholds. The
    thresholds of one feature in one group, ascending, are a slot.

    Attributes
    ----------
    group_tree, group_slot
        Where the trees and the slots of each group begin, shape (n_groups + 1,).
    slot_feature, slot_first
        The feature of each slot, shape (n_slots,), and where its thresholds begin, shape (n_slots + 1,).
    edges
        The thresholds.
    cells, low, scale, crowd
        The range of a slot is cut into cells: how many thresholds lie before each, shape (n_slots, n_cells); how a
        value is turned into the number of a cell; and the most thresholds in one of them.
    tree_step
        Where the steps of each tree begin, shape (n_trees + 1,). A tree without steps is walked.
    steps
        What is done, the row of the ranks, the threshold, and the codes of the left and the right leaf,
        shape (n_steps, 5).
    answers, tree_answer
        What the codes of each tree mean, and where those of a tree begin, shape (n_trees + 1,).
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


def _compiled(function: F) -> F:
    made: F = njit(nogil=True, cache=True, error_model="numpy")(function)
    return made


@_compiled
def divide_trees(trees: Trees, walked: NDArray[np.bool_], edge: NDArray[np.int64],
                 n_features: int) -> NDArray[np.int64]:
    """Return where groups begin in which no feature has more than `MAX_EDGES` thresholds, and the number of trees.

    Parameters
    ----------
    trees
        The trees.
    walked
        Which trees are walked. One that has too many thresholds by itself is marked here.
    edge
        A number for each threshold of each feature, given to each node, shape (n_nodes,).
    n_features
        Number of features.
    """
    n_trees = len(walked)
    # The group in which a threshold was last seen, and the number of thresholds of each feature in this group.
    seen = np.full(edge.max() + 1, -1, np.int64)
    counts = np.zeros(n_features, np.int64)
    begins, n_groups, tree, alone = np.zeros(n_trees + 2, np.int64), 1, 0, True
    while tree < n_trees:
        fits = True
        if not walked[tree]:
            for node in range(trees.first[tree], trees.first[tree + 1]):
                if trees.left[node] >= 0 and seen[edge[node]] != n_groups:
                    seen[edge[node]] = n_groups
                    counts[trees.feature[node]] += 1
                    fits = fits and counts[trees.feature[node]] <= MAX_EDGES
        if fits:
            alone = alone and walked[tree]
            tree += 1
            continue
        # What is left of the tree in the counts goes with them; a tree alone in its group cannot be helped.
        if alone:
            walked[tree] = True
        else:
            begins[n_groups] = tree
        n_groups += 0 if alone else 1
        seen[:] = -1
        counts[:] = 0
        alone = True
    begins[n_groups] = n_trees
    return begins[:n_groups + 1]


@_compiled
def write_steps(trees: Trees, walked: NDArray[np.bool_], code: NDArray[np.int64], rank_row: NDArray[np.int64],
                edge: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return where the steps of each tree begin, and the steps.

    Parameters
    ----------
    trees
        The trees.
    walked
        Which trees need no steps.
    code, rank_row, edge
        Code of each leaf; row of the ranks and number of the threshold of each other node, shape (n_nodes,).
    """
    n_trees, n_nodes = len(trees.first) - 1, len(trees.left)
    tree_step, steps = np.zeros(n_trees + 1, np.int64), np.zeros((n_nodes, 5), np.int32)
    # How many answers wait at once while a node is judged, the more demanding side first.
    waiting = np.zeros(n_nodes, np.int64)
    for node in range(n_nodes - 1, -1, -1):
        if trees.left[node] >= 0:
            one, other = waiting[trees.left[node]], waiting[trees.right[node]]
            waiting[node] = one + 1 if one == other else max(one, other)
    n = 0
    stack = np.empty(n_nodes + 2, np.int64)
    for tree in range(n_trees):
        tree_step[tree] = n
        if walked[tree]:
            continue
        root = trees.first[tree]
        if trees.left[root] < 0:
            steps[n, 0], steps[n, 3] = _LONE_LEAF, code[root]
            n += 1
            continue
        stack[0], depth = root, 1
        while depth:
            depth -= 1
            node = stack[depth]
            # A node is met twice: before those under it, and, as its complement, after them.
            judged = node < 0
            node = ~node if judged else node
            left, right = trees.left[node], trees.right[node]
            left_leaf, right_leaf = trees.left[left] < 0, trees.left[right] < 0
            left_first = waiting[left] >= waiting[right]
            if judged or (left_leaf and right_leaf):
                if left_leaf:
                    steps[n, 0] = _TWO_LEAVES if right_leaf else _LEFT_LEAF
                elif right_leaf:
                    steps[n, 0] = _RIGHT_LEAF
                else:
                    steps[n, 0] = _RIGHT_ON_TOP if left_first else _LEFT_ON_TOP
                steps[n, 1], steps[n, 2] = rank_row[node], edge[node]
                steps[n, 3], steps[n, 4] = code[left] if left_leaf else 0, code[right] if right_leaf else 0
                n += 1
                continue
            stack[depth] = ~node
            depth += 1
            for side in range(2):
                # What is put on the stack last is judged first.
                child = right if (side == 0) == left_first else left
                if trees.left[child] >= 0:
                    stack[depth] = child
                    depth += 1
    tree_step[n_trees] = n
    return tree_step, steps[:n]


@_compiled
def count_votes(values: NDArray[np.float32], rows: NDArray[np.int64], trees: Trees, plan: Plan,
                fill: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how many trees vote for the class, where every leaf says 0 or 1 and that is its code.

    Parameters
    ----------
    values
        Features, shape (n_features, n_rows).
    rows
        Rows to be scored.
    trees, plan
        The trees.
    fill
        What stands for a missing value, shape (n_features,); empty if nothing does.

    Returns
    -------
    ndarray
        Shape (len(rows),).
    """
    found = np.empty(len(rows), np.float64)
    ranks, waiting = _work_space(plan)
    tally, total = np.zeros(BLOCK_ROWS, np.uint8), np.empty(BLOCK_ROWS, np.int64)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start:start + BLOCK_ROWS]
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


@_compiled
def add_answers(values: NDArray[np.float32], rows: NDArray[np.int64], trees: Trees, plan: Plan,
                fill: NDArray[np.float32], begin: float) -> NDArray[np.float64]:
    """Return the sum of what the trees say, added up in their order, from `begin` on.

    Parameters
    ----------
    values, rows, trees, plan, fill
        As for `count_votes`.
    begin
        What the sum begins with.

    Returns
    -------
    ndarray
        Shape (len(rows),).
    """
    found = np.full(len(rows), begin, np.float64)
    ranks, waiting = _work_space(plan)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start:start + BLOCK_ROWS]
        for group in range(len(plan.group_tree) - 1):
            _rank(values, block, plan, group, fill, ranks)
            for tree in range(plan.group_tree[group], plan.group_tree[group + 1]):
                if plan.tree_step[tree] == plan.tree_step[tree + 1]:
                    for i in range(len(block)):
                        found[start + i] += _walk(values, block[i], trees, tree, fill)
                    continue
                _judge(plan, tree, ranks, waiting)
                answers, codes = plan.answers[plan.tree_answer[tree]:], waiting[0]
                for i in range(len(block)):
                    found[start + i] += answers[codes[i]]
    return found


@_compiled
def add_terms(values: NDArray[np.float32], rows: NDArray[np.int64], centres: NDArray[np.float64],
              weights: NDArray[np.float64], begin: float, fill: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return `begin` and the weighted sum of features measured from their centres, shape (len(rows),)."""
    found = np.full(len(rows), begin, np.float64)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start:start + BLOCK_ROWS]
        for feature in range(len(weights)):
            for i in range(len(block)):
                value = values[feature, block[i]]
                if len(fill) and value != value:
                    value = fill[feature]
                found[start + i] += (np.float64(value) - centres[feature]) * weights[feature]
    return found


@_compiled
def _work_space(plan: Plan) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return room for the ranks of a block, two rows for each slot of a group, and for the answers that wait."""
    most = 0
    for group in range(len(plan.group_slot) - 1):
        most = max(most, plan.group_slot[group + 1] - plan.group_slot[group])
    return np.zeros((2 * most, BLOCK_ROWS), np.uint8), np.zeros((_MAX_WAITING, BLOCK_ROWS), np.uint8)


@_compiled
def _rank(values: NDArray[np.float32], block: NDArray[np.int64], plan: Plan, group: int, fill: NDArray[np.float32],
          ranks: NDArray[np.uint8]) -> None:
    """Write how many thresholds each value exceeds: 0 where it is missing, and in the next row the largest rank."""
    column = np.zeros(BLOCK_ROWS, np.float32)
    places = np.zeros(BLOCK_ROWS, np.int32)
    # Nothing exceeds infinity: beyond the thresholds the search may go on without harm.
    padded = np.empty(2 * (MAX_EDGES + 1), np.float32)
    begin = plan.group_slot[group]
    for slot in range(begin, plan.group_slot[group + 1]):
        feature = plan.slot_feature[slot]
        edges = plan.edges[plan.slot_first[slot]:plan.slot_first[slot + 1]]
        padded[:len(edges)], padded[len(edges):] = edges, np.inf
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
            _rank_by_cell(column, padded, plan.cells[slot], plan.low[slot], plan.scale[slot], plan.crowd[slot], places,
                          lowest)
        else:
            _rank_by_halves(column, padded, places, lowest)
        for i in range(BLOCK_ROWS):
            highest[i] = np.uint8(_MISSING) if column[i] != column[i] else lowest[i]


@_compiled
def _rank_by_cell(column: NDArray[np.float32], edges: NDArray[np.float32], before: NDArray[np.uint8], low: float,
                  scale: float, crowd: int, places: NDArray[np.int32], ranks: NDArray[np.uint8]) -> None:
    """Look up how many thresholds lie in the cells before that of a value, and compare with those in its own."""
    last = np.float32(len(before) - 1)
    for i in range(BLOCK_ROWS):
        place = (column[i] - low) * scale
        # Written so that NaN ends in a cell as well.
        place = place if place > np.float32(0) else np.float32(0)
        places[i] = np.int32(place if place < last else last)
    for i in range(BLOCK_ROWS):
        rank = np.int64(before[places[i]])
        above = np.int64(0)
        for k in range(crowd):
            above += np.int64(column[i] > edges[rank + k])
        ranks[i] = rank + above


@_compiled
def _rank_by_halves(column: NDArray[np.float32], edges: NDArray[np.float32], places: NDArray[np.int32],
                    ranks: NDArray[np.uint8]) -> None:
    """Find the ranks of all values at once by halving what is left of the thresholds."""
    places[:] = 0
    step = np.int32(128)
    while step:
        for i in range(BLOCK_ROWS):
            places[i] += step * np.int32(column[i] > edges[places[i] + step - 1])
        step >>= 1
    for i in range(BLOCK_ROWS):
        ranks[i] = places[i]


@_compiled
def _judge(plan: Plan, tree: int, ranks: NDArray[np.uint8], waiting: NDArray[np.uint8]) -> None:
    """Leave the code of the leaf of each row of a block in the first row of `waiting`."""
    top = -1
    for step in range(plan.tree_step[tree], plan.tree_step[tree + 1]):
        kind = plan.steps[step, 0]
        rank, edge = ranks[plan.steps[step, 1]], np.uint8(plan.steps[step, 2])
        left, right = np.uint8(plan.steps[step, 3]), np.uint8(plan.steps[step, 4])
        if kind == _TWO_LEAVES:
            top += 1
            mine = waiting[top]
            for i in range(BLOCK_ROWS):
                mine[i] = right if rank[i] > edge else left
        elif kind == _RIGHT_LEAF:
            mine = waiting[top]
            for i in range(BLOCK_ROWS):
                mine[i] = mine[i] ^ ((mine[i] ^ right) & _mask(rank[i] > edge))
        elif kind == _LEFT_LEAF:
            mine = waiting[top]
            for i in range(BLOCK_ROWS):
                mine[i] = left ^ ((left ^ mine[i]) & _mask(rank[i] > edge))
        elif kind == _LONE_LEAF:
            top += 1
            waiting[top][:] = left
        else:
            upper, mine = waiting[top], waiting[top - 1]
            top -= 1
            if kind == _RIGHT_ON_TOP:
                for i in range(BLOCK_ROWS):
                    mine[i] = mine[i] ^ ((mine[i] ^ upper[i]) & _mask(rank[i] > edge))
            else:
                for i in range(BLOCK_ROWS):
                    mine[i] = upper[i] ^ ((upper[i] ^ mine[i]) & _mask(rank[i] > edge))


@_compiled
def _mask(chosen: bool) -> np.uint8:
    """Return a byte of ones or of zeros: a choice without a branch, which the compiler turns into vectors."""
    return np.uint8(np.uint8(0) - np.uint8(chosen))


@_compiled
def _walk(values: NDArray[np.float32], row: int, trees: Trees, tree: int, fill: NDArray[np.float32]) -> float:
    """Return what the leaf of a row says."""
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


@_compiled
def _move(tally: NDArray[np.uint8], total: NDArray[np.int64]) -> None:
    """Add a count that fits in bytes to the total, and begin it anew."""
    for i in range(BLOCK_ROWS):
        total[i] += tally[i]
        tally[i] = 0
