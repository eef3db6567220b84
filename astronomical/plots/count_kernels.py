"""Compiled loops that count points by pixel, all of them or those of some runs of an index. They hold no lock."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["count_classes", "count_points", "count_runs", "max_runs", "sum_runs"]

Floats = NDArray[np.float32]
Codes = NDArray[np.unsignedinteger]


def _pixel_at(x: float, y: float, x_low: float, x_step: float, y_low: float, y_step: float, width: int,
              height: int) -> Any:
    """Return the number of a pixel, by rows from the top, or -1 for what is not in view, NaN included."""
    # In float64: a deep zoom far from zero would lose its last digits in float32.
    across, up = (np.float64(x) - x_low) * x_step, (np.float64(y) - y_low) * y_step
    if 0 <= across <= width and 0 <= up <= height:  # NaN fails every comparison
        return (height - 1 - min(int(up), height - 1)) * width + min(int(across), width - 1)
    return -1


def _count_points(x: Floats, y: Floats, codes: NDArray[np.int16], n_classes: int, x_low: float, x_step: float,
                  y_low: float, y_step: float, width: int, height: int) -> Any:
    """Return the number of points of each class in each pixel, shape (n_classes, height, width)."""
    counts = np.zeros((n_classes, height * width), dtype=np.uint32)
    for i in range(len(x)):
        if 0 <= codes[i] < n_classes:
            pixel = pixel_at(x[i], y[i], x_low, x_step, y_low, y_step, width, height)
            if pixel >= 0:
                counts[codes[i], pixel] += 1
    return counts.reshape((n_classes, height, width))


def _count_classes(x: NDArray[np.float32], y: NDArray[np.float32], codes: NDArray[np.int16], n_classes: int) -> Any:
    """Return the number of points of each class that have both coordinates."""
    counts = np.zeros(n_classes, dtype=np.int64)
    for i in range(len(x)):
        if 0 <= codes[i] < n_classes and np.isfinite(x[i]) and np.isfinite(y[i]):
            counts[codes[i]] += 1
    return counts


def _count_runs(xs: Floats, ys: Floats, codes: Codes, runs: NDArray[np.int64], n_classes: int, x_low: float,
                x_step: float, y_low: float, y_step: float, width: int, height: int) -> Any:
    """Return the number of points of each class in each pixel, shape (n_classes, height, width)."""
    counts = np.zeros((n_classes, height * width), dtype=np.uint32)
    for run in range(len(runs)):
        for i in range(runs[run, 0], runs[run, 1]):
            if codes[i] < n_classes:
                pixel = pixel_at(xs[i], ys[i], x_low, x_step, y_low, y_step, width, height)
                if pixel >= 0:
                    counts[codes[i], pixel] += 1
    return counts.reshape((n_classes, height, width))


def _sum_runs(xs: Floats, ys: Floats, codes: Codes, values: Floats, runs: NDArray[np.int64], x_low: float,
              x_step: float, y_low: float, y_step: float, width: int, height: int) -> Any:
    """Return the sum of the values of class 0 in each pixel."""
    sums = np.zeros(height * width, dtype=np.float64)
    for run in range(len(runs)):
        for i in range(runs[run, 0], runs[run, 1]):
            if codes[i] == 0:
                pixel = pixel_at(xs[i], ys[i], x_low, x_step, y_low, y_step, width, height)
                if pixel >= 0:
                    sums[pixel] += values[i]
    return sums.reshape((height, width))


def _max_runs(xs: Floats, ys: Floats, codes: Codes, values: Floats, runs: NDArray[np.int64], x_low: float,
              x_step: float, y_low: float, y_step: float, width: int, height: int) -> Any:
    """Return the largest value of class 0 in each pixel, minus infinity where there is none."""
    largest = np.full(height * width, -np.inf, dtype=np.float64)
    for run in range(len(runs)):
        for i in range(runs[run, 0], runs[run, 1]):
            if codes[i] == 0:
                pixel = pixel_at(xs[i], ys[i], x_low, x_step, y_low, y_step, width, height)
                if pixel >= 0:
                    largest[pixel] = max(largest[pixel], values[i])
    return largest.reshape((height, width))


_compiled = njit(nogil=True, cache=True, error_model="numpy")
pixel_at = _compiled(_pixel_at)
count_classes = _compiled(_count_classes)
count_points = _compiled(_count_points)
count_runs = _compiled(_count_runs)
sum_runs = _compiled(_sum_runs)
max_runs = _compiled(_max_runs)
