"""Compiled functions that divide trees into groups and write the steps to evaluate them; see `tree_kernels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from astronomical.tasks.jit import jit

if TYPE_CHECKING:
    from astronomical.learning.tree_kernels import Trees

__all__ = ["MAX_EDGES", "divide_trees", "write_steps"]

#: Maximum number of thresholds of one feature whose ranks fit in a byte; the next rank is for missing values.
MAX_EDGES = 254

# Types of steps: both children of the node are leaves, one of them is, or the results of both children are on the
# stack. A tree with a single leaf has a step too.
TWO_LEAVES, RIGHT_LEAF, LEFT_LEAF, RIGHT_ON_TOP, LEFT_ON_TOP, LONE_LEAF = range(6)


@jit
def divide_trees(
    trees: Trees, walked: NDArray[np.bool_], edge: NDArray[np.int64], n_features: int
) -> NDArray[np.int64]:
    """Divide the trees into groups in which no feature has more than `MAX_EDGES` thresholds.

    Parameters
    ----------
    trees
        The trees.
    walked
        Which trees are traversed, shape (n_trees,). A tree that has too many thresholds by itself is marked in place.
    edge
        Number of the threshold of each node among all thresholds of its feature, shape (n_nodes,).
    n_features
        Number of features.

    Returns
    -------
    ndarray of int64
        First tree of each group, and the number of trees, shape (n_groups + 1,).
    """
    n_trees = len(walked)
    # The last group in which each threshold was seen, and the number of thresholds of each feature in this group.
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
        # The new group starts with empty counts; a tree that does not fit in a group of its own is traversed.
        if alone:
            walked[tree] = True
        else:
            begins[n_groups] = tree
        n_groups += 0 if alone else 1
        seen[:] = -1
        counts[:] = 0
        alone = True
    begins[n_groups] = n_trees
    return begins[: n_groups + 1]


@jit
def write_steps(
    trees: Trees,
    walked: NDArray[np.bool_],
    code: NDArray[np.int64],
    rank_row: NDArray[np.int64],
    edge: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the first step of each tree, and the steps.

    Parameters
    ----------
    trees
        The trees.
    walked
        Which trees are traversed and need no steps, shape (n_trees,).
    code, rank_row, edge
        Code of each leaf; row of the ranks and number of the threshold of each inner node, shape (n_nodes,).
    """
    n_trees, n_nodes = len(trees.first) - 1, len(trees.left)
    tree_step, steps = np.zeros(n_trees + 1, np.int64), np.zeros((n_nodes, 5), np.int32)
    # Stack size that each node needs if the child that needs more is evaluated first.
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
            steps[n, 0], steps[n, 3] = LONE_LEAF, code[root]
            n += 1
            continue
        stack[0], depth = root, 1
        while depth:
            depth -= 1
            node = stack[depth]
            # Each node is visited twice: before its descendants and, as its complement, after them.
            judged = node < 0
            node = ~node if judged else node
            left, right = trees.left[node], trees.right[node]
            left_leaf, right_leaf = trees.left[left] < 0, trees.left[right] < 0
            left_first = waiting[left] >= waiting[right]
            if judged or (left_leaf and right_leaf):
                if left_leaf:
                    steps[n, 0] = TWO_LEAVES if right_leaf else LEFT_LEAF
                elif right_leaf:
                    steps[n, 0] = RIGHT_LEAF
                else:
                    steps[n, 0] = RIGHT_ON_TOP if left_first else LEFT_ON_TOP
                steps[n, 1], steps[n, 2] = rank_row[node], edge[node]
                steps[n, 3], steps[n, 4] = code[left] if left_leaf else 0, code[right] if right_leaf else 0
                n += 1
                continue
            stack[depth] = ~node
            depth += 1
            for side in range(2):
                # The last entry on the stack is evaluated first.
                child = right if (side == 0) == left_first else left
                if trees.left[child] >= 0:
                    stack[depth] = child
                    depth += 1
    tree_step[n_trees] = n
    return tree_step, steps[:n]
