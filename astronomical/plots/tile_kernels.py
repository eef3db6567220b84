"""Compiled loops behind the index of tiles. They hold no lock."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["collect_box", "collect_lasso", "fill_tiles", "nearest_in_runs", "span_within", "tile_at", "tile_sizes"]

Floats = NDArray[np.float32]


def _tile_at(value: float, low: float, step: float, side: int) -> Any:
    """Return the tile of a coordinate; what lies beyond the grid belongs to its outermost tiles."""
    place = (value - low) * step
    if place < 1:
        return 0
    return side - 1 if place >= side else int(place)


def _tile_sizes(x: Floats, y: Floats, begin: int, end: int, x_grid: tuple[float, float], y_grid: tuple[float, float],
                side: int) -> Any:
    """Return how many of some points lie in each tile."""
    sizes = np.zeros(side * side, dtype=np.int64)
    for i in range(begin, end):
        if np.isfinite(x[i]) and np.isfinite(y[i]):
            row = tile_at(np.float64(y[i]), y_grid[0], y_grid[1], side)
            sizes[row * side + tile_at(np.float64(x[i]), x_grid[0], x_grid[1], side)] += 1
    return sizes


def _fill_tiles(x: Floats, y: Floats, begin: int, end: int, x_grid: tuple[float, float], y_grid: tuple[float, float],
                side: int, free: NDArray[np.int64], rows: NDArray[np.uint32], xs: Floats, ys: Floats) -> None:
    """Write some points to the next free places of their tiles."""
    for i in range(begin, end):
        if np.isfinite(x[i]) and np.isfinite(y[i]):
            row = tile_at(np.float64(y[i]), y_grid[0], y_grid[1], side)
            tile = row * side + tile_at(np.float64(x[i]), x_grid[0], x_grid[1], side)
            place = free[tile]
            free[tile] += 1
            rows[place], xs[place], ys[place] = i, x[i], y[i]


def _nearest_in_runs(xs: Floats, ys: Floats, codes: NDArray[np.unsignedinteger], shown: NDArray[np.bool_],
                     rows: NDArray[np.uint32], runs: NDArray[np.int64], x: float, y: float, x_scale: float,
                     y_scale: float) -> Any:
    """Return the row of the nearest point that is drawn, the lowest of several, and its squared distance; or -1."""
    best, best_row = np.inf, np.int64(-1)
    for run in range(len(runs)):
        for i in range(runs[run, 0], runs[run, 1]):
            across, up = (np.float64(xs[i]) - x) * x_scale, (np.float64(ys[i]) - y) * y_scale
            distance = across * across + up * up
            nearer = distance < best or (distance == best and rows[i] < best_row)
            if nearer and codes[i] < len(shown) and shown[codes[i]]:
                best, best_row = distance, np.int64(rows[i])
    return best_row, best


def _collect_box(xs: Floats, ys: Floats, codes: NDArray[np.unsignedinteger], shown: NDArray[np.bool_],
                 rows: NDArray[np.uint32], runs: NDArray[np.int64], left: float, right: float, low: float,
                 high: float) -> Any:
    """Return the rows of the points in a box that are drawn."""
    found = np.empty((runs[:, 1] - runs[:, 0]).sum(), dtype=np.uint32)
    n = 0
    for run in range(len(runs)):
        for i in range(runs[run, 0], runs[run, 1]):
            inside = left <= xs[i] <= right and low <= ys[i] <= high
            if inside and codes[i] < len(shown) and shown[codes[i]]:
                found[n] = rows[i]
                n += 1
    return found[:n].copy()


def _collect_lasso(xs: Floats, ys: Floats, codes: NDArray[np.unsignedinteger], shown: NDArray[np.bool_],
                   rows: NDArray[np.uint32], runs: NDArray[np.int64], corners_x: NDArray[np.float64],
                   corners_y: NDArray[np.float64]) -> Any:
    """Return the rows of the points inside a polygon, by the even-odd rule, that are drawn."""
    left, right, low, high = corners_x.min(), corners_x.max(), corners_y.min(), corners_y.max()
    found = np.empty((runs[:, 1] - runs[:, 0]).sum(), dtype=np.uint32)
    n = 0
    for run in range(len(runs)):
        for i in range(runs[run, 0], runs[run, 1]):
            x, y = np.float64(xs[i]), np.float64(ys[i])
            inside = False
            if (left <= x <= right and low <= y <= high and codes[i] < len(shown) and shown[codes[i]]):
                previous = len(corners_x) - 1
                for corner in range(len(corners_x)):
                    if (corners_y[corner] > y) != (corners_y[previous] > y):
                        slope = (corners_x[previous] - corners_x[corner]) / (corners_y[previous] - corners_y[corner])
                        if x < corners_x[corner] + (y - corners_y[corner]) * slope:
                            inside = not inside
                    previous = corner
            if inside:
                found[n] = rows[i]
                n += 1
    return found[:n].copy()


def _span_within(values: Floats, low: float, high: float) -> Any:
    """Return the smallest and the largest value within bounds, infinite if there is none."""
    smallest, largest = np.inf, -np.inf
    for value in values:
        if low <= value <= high:
            smallest, largest = min(smallest, value), max(largest, value)
    return smallest, largest


_compiled = njit(nogil=True, cache=True, error_model="numpy")
tile_at = _compiled(_tile_at)
tile_sizes = _compiled(_tile_sizes)
fill_tiles = _compiled(_fill_tiles)
nearest_in_runs = _compiled(_nearest_in_runs)
collect_box = _compiled(_collect_box)
collect_lasso = _compiled(_collect_lasso)
span_within = _compiled(_span_within)
