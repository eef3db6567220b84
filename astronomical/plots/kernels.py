"""Compiled loops behind the shading. They hold no lock, so that a zoom stalls nobody."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["count_points", "mix_counts"]

#: Opacity of a pixel with a single point in a crowd, of one with the most points, and of a lone point.
_FAINTEST, _DENSEST, _LONE = 0.55, 0.98, 0.95
#: How many times more than in a crowd a lone point weighs where colours mix.
_LONE_WEIGHT = 3.0
#: With a peak of so few points in a pixel a class is thin; with ten times more it is dense.
_THIN_PEAK = 2.0
#: Fewest counts that the densest pixel is taken to have, lest a sparse view look saturated.
_LEAST_PEAK = 8.0
#: Pixels of its 5x5 that the points of a class cover by being spread: beyond that they shrink. So the
#: covered area never falls as the density rises.
_COVER = 40.0

#: Below this a spread point would add next to nothing to its neighbours.
_LEAST_LONE = 0.15


def _count(x: NDArray[np.float32], y: NDArray[np.float32], codes: NDArray[np.int16], n_classes: int,
           x_low: float, x_step: float, y_low: float, y_step: float, width: int, height: int) -> Any:
    """Return the number of points of each class in each pixel, shape (n_classes, height, width)."""
    counts = np.zeros((n_classes, height, width), dtype=np.uint32)
    for i in range(len(x)):
        code = codes[i]
        # In float64: a deep zoom far from zero would lose its last digits in float32.
        across = (np.float64(x[i]) - x_low) * x_step
        up = (np.float64(y[i]) - y_low) * y_step
        # NaN fails every comparison.
        if 0 <= code < n_classes and 0 <= across <= width and 0 <= up <= height:
            column = min(int(across), width - 1)
            row = height - 1 - min(int(up), height - 1)
            counts[code, row, column] += 1
    return counts


def _mix(counts: NDArray[np.uint32], palette: NDArray[np.float32], disc: NDArray[np.float32],
         background: NDArray[np.float32], opaque: bool) -> Any:
    """Return the image: colours mixed by weight, opacity as of layers one upon another."""
    n_classes, height, width = counts.shape
    light = np.zeros((height, width, 3), dtype=np.float32)
    total = np.zeros((height, width), dtype=np.float32)
    clear = np.ones((height, width), dtype=np.float32)
    for code in range(n_classes):
        if counts[code].max() == 0:
            continue
        opacities, weights = _layer(counts[code], disc)
        for row in range(height):
            for column in range(width):
                opacity = opacities[row, column]
                if opacity > 0:
                    weight = opacity * weights[row, column]
                    total[row, column] += weight
                    clear[row, column] *= 1 - opacity
                    for channel in range(3):
                        light[row, column, channel] += weight * palette[code, channel]
    return _composed(light, total, clear, background, opaque)


def _layer_of(plane: NDArray[np.uint32], disc: NDArray[np.float32]) -> Any:
    """Return opacity and weight of one class in each pixel, its lone points spread to discs."""
    height, width = plane.shape
    opacities = np.zeros((height, width), dtype=np.float32)
    weights = np.zeros((height, width), dtype=np.float32)
    peak = float(plane.max())
    scale = (_DENSEST - _FAINTEST) / np.log(max(peak, _LEAST_PEAK))
    # Where a class is thin, all its points are lone and solid. Where it is dense, its stragglers are no darker
    # than the edge of the crowd, or a pale ring would part them.
    thin = min(max(1 - np.log(peak / _THIN_PEAK) / np.log(10), 0.0), 1.0)
    boost = (_LONE - _FAINTEST) * thin
    crowd = _neighbours(plane)
    for row in range(height):
        for column in range(width):
            n = plane[row, column]
            if n == 0:
                continue
            lone = min(max((_COVER / crowd[row, column] - 1) / 8, 0.0), 1.0)
            opacity = max(_FAINTEST + (scale * np.log(n) if n > 1 else 0.0), _FAINTEST + boost * lone)
            weight = 1 + (_LONE_WEIGHT - 1) * lone
            opacities[row, column] = max(opacity, opacities[row, column])
            weights[row, column] = max(weight, weights[row, column])
            if lone > _LEAST_LONE:
                for k in range(len(disc)):
                    down, right = row + int(disc[k, 0]), column + int(disc[k, 1])
                    if 0 <= down < height and 0 <= right < width:
                        opacities[down, right] = max(opacity * lone * disc[k, 2], opacities[down, right])
                        weights[down, right] = max(weight, weights[down, right])
    return opacities, weights


def _neighbours_of(plane: NDArray[np.uint32]) -> Any:
    """Return the occupied pixels in the 5x5 around each pixel, itself included."""
    height, width = plane.shape
    sums = np.zeros((height, width), dtype=np.uint8)
    for row in range(height):
        for column in range(width):
            if plane[row, column]:
                for near in range(max(column - 2, 0), min(column + 3, width)):
                    sums[row, near] += 1
    crowd = np.zeros((height, width), dtype=np.uint8)
    for row in range(height):
        for near in range(max(row - 2, 0), min(row + 3, height)):
            for column in range(width):
                crowd[row, column] += sums[near, column]
    return crowd


def _compose(light: NDArray[np.float32], total: NDArray[np.float32], clear: NDArray[np.float32],
             background: NDArray[np.float32], opaque: bool) -> Any:
    """Return RGBA of what was laid on each pixel."""
    height, width = total.shape
    image = np.zeros((height, width, 4), dtype=np.uint8)
    for row in range(height):
        for column in range(width):
            alpha = 1 - clear[row, column]
            for channel in range(3):
                value = background[channel]
                if total[row, column] > 0:
                    value = light[row, column, channel] / total[row, column]
                    if opaque:
                        value = value * alpha + background[channel] * (1 - alpha)
                image[row, column, channel] = int(value + 0.5)
            image[row, column, 3] = 255 if opaque else int(alpha * 255 + 0.5)
    return image


_compiled = njit(nogil=True, cache=True, error_model="numpy")
_neighbours = _compiled(_neighbours_of)
_layer = _compiled(_layer_of)
_composed = _compiled(_compose)
count_points = _compiled(_count)
mix_counts = _compiled(_mix)
