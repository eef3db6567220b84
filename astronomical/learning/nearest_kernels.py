"""Compiled kernel of the search for the nearest sources; see `nearest`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from astronomical.tasks.arrays import frozen
from astronomical.tasks.jit import jit

__all__ = ["compile_kernels", "smallest_products"]

#: Number of rows compared at once; their scaled features fit in the cache of the processor.
_WIDTH = 512
#: Number of features that are multiplied in one pass over the rows.
_AT_ONCE = 4


def compile_kernels() -> Iterator[None]:
    """Compile the kernel by comparing a few rows."""
    one = frozen(np.ones(2), np.float32)
    weights = np.ones((1, 3), dtype=np.float32)
    smallest_products(frozen(np.ones((2, 3)), np.float32), 0, 3, one, one, one, one[0], weights)
    yield


@jit
def smallest_products(
    values: NDArray[np.float32],
    start: int,
    stop: int,
    centre: NDArray[np.float32],
    inverse: NDArray[np.float32],
    fill: NDArray[np.float32],
    clip: np.float32,
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Do the same as `nearest.smallest_products`."""
    n_features, n_places = values.shape[0], weights.shape[0]
    n_padded = (n_features + _AT_ONCE - 1) // _AT_ONCE * _AT_ONCE
    smallest, squares = np.empty(stop - start, np.float32), np.empty(stop - start, np.float32)
    block, padded = np.zeros((n_padded, _WIDTH), np.float32), np.zeros((n_places, n_padded), np.float32)
    padded[:, :n_features] = weights[:, :n_features]
    square, found, best = np.empty(_WIDTH, np.float32), np.empty(_WIDTH, np.float32), np.empty(_WIDTH, np.float32)
    for first in range(start, stop, _WIDTH):
        width = min(_WIDTH, stop - first)
        square[:] = np.float32(0)
        for feature in range(n_features):
            middle, factor, missing = centre[feature], inverse[feature], fill[feature]
            column, scaled = values[feature, first : first + width], block[feature]
            for row in range(width):
                value = (column[row] - middle) * factor
                value = min(max(value, -clip), clip) if value == value else missing
                scaled[row] = value
                square[row] += value * value
        best[:] = np.float32(np.inf)
        for place in range(n_places):
            found[:] = weights[place, n_features]
            for feature in range(0, n_padded, _AT_ONCE):
                a, b, c, d = block[feature], block[feature + 1], block[feature + 2], block[feature + 3]
                u, v = padded[place, feature], padded[place, feature + 1]
                w, x = padded[place, feature + 2], padded[place, feature + 3]
                for row in range(_WIDTH):
                    found[row] += (u * a[row] + v * b[row]) + (w * c[row] + x * d[row])
            for row in range(_WIDTH):
                best[row] = min(best[row], found[row])
        smallest[first - start : first - start + width] = best[:width]
        squares[first - start : first - start + width] = square[:width]
    return smallest, squares
