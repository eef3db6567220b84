"""Compiled loops behind the shading. They hold no lock, so that a zoom stalls nobody."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["add_layer", "compose", "count_classes", "count_points", "lay_over", "layer"]

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


def _count_classes(x: NDArray[np.float32], y: NDArray[np.float32], codes: NDArray[np.int16], n_classes: int) -> Any:
    """Return the number of points of each class that have both coordinates."""
    counts = np.zeros(n_classes, dtype=np.int64)
    for i in range(len(x)):
        if 0 <= codes[i] < n_classes and np.isfinite(x[i]) and np.isfinite(y[i]):
            counts[codes[i]] += 1
    return counts


def _add(light: NDArray[np.float32], total: NDArray[np.float32], clear: NDArray[np.float32],
         opacities: NDArray[np.float32], weights: NDArray[np.float32], colours: NDArray[np.float32],
         places: NDArray[np.uint16], owners: NDArray[np.int32], begin: int, end: int) -> None:
    """Lay a class on some rows of an image.

    Its colour is the only one of `colours`, or that at the place of each pixel, or of the pixel from which it was
    spread: its owner.
    """
    width = opacities.shape[1]
    tinted = len(colours) > 1
    for row in range(begin, end):
        for column in range(width):
            opacity = opacities[row, column]
            if opacity > 0:
                place = 0
                if tinted:
                    owner = owners[row, column]
                    place = places[owner // width, owner % width]
                weight = opacity * weights[row, column]
                total[row, column] += weight
                clear[row, column] *= 1 - opacity
                for channel in range(3):
                    light[row, column, channel] += weight * colours[place, channel]


def _layer_of(plane: NDArray[np.uint32], disc: NDArray[np.float32], owned: bool) -> Any:
    """Return opacity and weight of one class in each pixel, its lone points spread to discs.

    If `owned`, also the number of the pixel whose points show in each pixel.
    """
    height, width = plane.shape
    opacities = np.zeros((height, width), dtype=np.float32)
    weights = np.zeros((height, width), dtype=np.float32)
    owners = np.zeros((height, width) if owned else (0, 0), dtype=np.int32)
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
            if owned:
                owners[row, column] = row * width + column
            if lone > _LEAST_LONE:
                for k in range(len(disc)):
                    down, right = row + int(disc[k, 0]), column + int(disc[k, 1])
                    if 0 <= down < height and 0 <= right < width:
                        spread = opacity * lone * disc[k, 2]
                        if owned and plane[down, right] == 0 and spread > opacities[down, right]:
                            owners[down, right] = row * width + column
                        opacities[down, right] = max(spread, opacities[down, right])
                        weights[down, right] = max(weight, weights[down, right])
    return opacities, weights, owners


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
             background: NDArray[np.float32], opaque: bool, begin: int, end: int, image: NDArray[np.uint8]) -> None:
    """Write RGBA of what was laid on some rows."""
    width = total.shape[1]
    for row in range(begin, end):
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


def _lay_over(below: NDArray[np.uint8], above: NDArray[np.uint8], fade: float) -> None:
    """Fade an image, and lay another one over it, in place."""
    height, width = below.shape[:2]
    for row in range(height):
        for column in range(width):
            under = below[row, column, 3] / 255 * fade
            over = above[row, column, 3] / 255
            alpha = over + under * (1 - over)
            for channel in range(3):
                if over > 0:
                    mixed = above[row, column, channel] * over + below[row, column, channel] * under * (1 - over)
                    below[row, column, channel] = int(mixed / alpha + 0.5)
            below[row, column, 3] = int(alpha * 255 + 0.5)


_compiled = njit(nogil=True, cache=True, error_model="numpy")
_neighbours = _compiled(_neighbours_of)
layer = _compiled(_layer_of)
add_layer = _compiled(_add)
compose = _compiled(_compose)
count_classes = _compiled(_count_classes)
count_points = _compiled(_count)
lay_over = _compiled(_lay_over)
