"""Compiled loops behind the shading. They hold no lock, so that a zoom stalls nobody."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["draw_rows", "lay_over", "tops"]

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
#: How much of a loner a point is with so many occupied pixels in its 5x5, 0 to 1.
_LONELY = np.clip((_COVER / np.maximum(np.arange(26), 1) - 1) / 8, 0, 1)
_LOGS = np.log(np.maximum(np.arange(4096), 1))
#: Rows that are drawn at a time, and how far a point is spread at most.
_STRIP, _REACH = 32, 2


def _tops(counts: NDArray[np.uint32]) -> Any:
    """Return the largest count of each class, and the sum of all counts."""
    tops, total = np.zeros(len(counts), dtype=np.uint32), np.int64(0)
    for code in range(len(counts)):
        for row in range(counts.shape[1]):
            for column in range(counts.shape[2]):
                total += counts[code, row, column]
                tops[code] = max(tops[code], counts[code, row, column])
    return tops, total


def _draw_rows(counts: NDArray[np.uint32], tops: NDArray[np.uint32], drawn: NDArray[np.int64],
               colours: NDArray[np.float32], places: NDArray[np.uint16], table: NDArray[np.float32],
               disc: NDArray[np.float32], background: NDArray[np.float32], opaque: bool, begin: int, end: int,
               image: NDArray[np.uint8]) -> None:
    """Write RGBA of some rows: the classes drawn laid on one another, strip by strip.

    A strip is small enough to stay in the cache while every class passes over it. `places` and `table`, if there are
    any, tint class 0 by pixel.
    """
    height, width = counts.shape[1:]
    canvas = np.empty((5, _STRIP, width), dtype=np.float32)  # red, green, blue, weight, what shines through
    ink = np.empty((2, _STRIP + 2 * _REACH, width), dtype=np.float32)  # opacity and weight of one class
    owners = np.empty((_STRIP + 2 * _REACH, width), dtype=np.int32)
    for top in range(begin, end, _STRIP):
        bottom = min(top + _STRIP, end)
        canvas[:4] = 0
        canvas[4] = 1
        for code in drawn:
            tinted = code == 0 and len(table) > 0
            # Points of the rows beside the strip spread into it.
            first, last = max(top - _REACH, 0), min(bottom + _REACH, height)
            ink_rows(counts[code], tops[code], disc, tinted, first, last, ink, owners)
            if tinted:
                add_tinted(canvas, ink, owners, places, table, top, bottom, first)
            else:
                add_plain(canvas, ink, colours[code], top, bottom, first)
        compose(canvas, background, opaque, top, bottom, image)


def _ink_rows(plane: NDArray[np.uint32], peak: float, disc: NDArray[np.float32], owned: bool, first: int, last: int,
              ink: NDArray[np.float32], owners: NDArray[np.int32]) -> None:
    """Write opacity and weight of one class in each pixel of some rows, its lone points spread to discs.

    If `owned`, also the number of the pixel whose points show in each pixel.
    """
    n_rows, width = last - first, plane.shape[1]
    ink[:, :n_rows] = 0
    scale = (_DENSEST - _FAINTEST) / np.log(max(peak, _LEAST_PEAK))
    # Where a class is thin, all its points are lone and solid. Where it is dense, its stragglers are no darker
    # than the edge of the crowd, or a pale ring would part them.
    thin = min(max(1 - np.log(peak / _THIN_PEAK) / np.log(10), 0.0), 1.0)
    boost = (_LONE - _FAINTEST) * thin
    crowd = neighbours(plane, first, last)
    for row in range(n_rows):
        for column in range(width):
            n = plane[first + row, column]
            if n == 0:
                continue
            lone = _LONELY[crowd[row, column]]
            log = _LOGS[n] if n < len(_LOGS) else np.log(n)
            opacity = max(_FAINTEST + scale * log, _FAINTEST + boost * lone)
            weight = 1 + (_LONE_WEIGHT - 1) * lone
            ink[0, row, column] = max(opacity, ink[0, row, column])
            ink[1, row, column] = max(weight, ink[1, row, column])
            if owned:
                owners[row, column] = (first + row) * width + column
            if lone > _LEAST_LONE:
                for k in range(len(disc)):
                    down, right = row + int(disc[k, 0]), column + int(disc[k, 1])
                    if 0 <= down < n_rows and 0 <= right < width:
                        spread = opacity * lone * disc[k, 2]
                        if owned and plane[first + down, right] == 0 and spread > ink[0, down, right]:
                            owners[down, right] = (first + row) * width + column
                        ink[0, down, right] = max(spread, ink[0, down, right])
                        ink[1, down, right] = max(weight, ink[1, down, right])


def _neighbours(plane: NDArray[np.uint32], first: int, last: int) -> Any:
    """Return the occupied pixels in the 5x5 around each pixel of some rows, itself included."""
    height, width = plane.shape
    above, below = max(first - 2, 0), min(last + 2, height)
    taken = np.zeros(width + 4, dtype=np.uint8)
    across = np.empty((below - above, width), dtype=np.uint8)
    for row in range(above, below):
        for column in range(width):
            taken[column + 2] = plane[row, column] > 0
        for column in range(width):
            across[row - above, column] = (taken[column] + taken[column + 1] + taken[column + 2] + taken[column + 3]
                                           + taken[column + 4])
    crowd = np.zeros((last - first, width), dtype=np.uint8)
    for row in range(first, last):
        for near in range(max(row - 2, 0), min(row + 3, height)):
            for column in range(width):
                crowd[row - first, column] += across[near - above, column]
    return crowd


def _add_plain(canvas: NDArray[np.float32], ink: NDArray[np.float32], colour: NDArray[np.float32], top: int,
               bottom: int, first: int) -> None:
    """Lay a class of one colour on a strip."""
    for row in range(bottom - top):
        inked = row + top - first
        for column in range(canvas.shape[2]):
            weight = ink[0, inked, column] * ink[1, inked, column]
            canvas[0, row, column] += weight * colour[0]
            canvas[1, row, column] += weight * colour[1]
            canvas[2, row, column] += weight * colour[2]
            canvas[3, row, column] += weight
            canvas[4, row, column] *= np.float32(1) - ink[0, inked, column]


def _add_tinted(canvas: NDArray[np.float32], ink: NDArray[np.float32], owners: NDArray[np.int32],
                places: NDArray[np.uint16], table: NDArray[np.float32], top: int, bottom: int, first: int) -> None:
    """Lay a class on a strip whose colour is that at the place of the pixel from which each was spread."""
    width = canvas.shape[2]
    for row in range(bottom - top):
        inked = row + top - first
        for column in range(width):
            if ink[0, inked, column] > 0:
                owner = owners[inked, column]
                place = places[owner // width, owner % width]
                weight = ink[0, inked, column] * ink[1, inked, column]
                for channel in range(3):
                    canvas[channel, row, column] += weight * table[place, channel]
                canvas[3, row, column] += weight
                canvas[4, row, column] *= np.float32(1) - ink[0, inked, column]


def _compose(canvas: NDArray[np.float32], background: NDArray[np.float32], opaque: bool, top: int, bottom: int,
             image: NDArray[np.uint8]) -> None:
    """Write RGBA of what was laid on a strip."""
    for row in range(bottom - top):
        for column in range(canvas.shape[2]):
            alpha = np.float32(1) - canvas[4, row, column]
            for channel in range(3):
                value = background[channel]
                if canvas[3, row, column] > 0:
                    value = canvas[channel, row, column] / canvas[3, row, column]
                    if opaque:
                        value = value * alpha + background[channel] * (1 - alpha)
                image[top + row, column, channel] = int(value + 0.5)
            image[top + row, column, 3] = 255 if opaque else int(alpha * 255 + 0.5)


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
neighbours = _compiled(_neighbours)
ink_rows = _compiled(_ink_rows)
add_plain = _compiled(_add_plain)
add_tinted = _compiled(_add_tinted)
compose = _compiled(_compose)
draw_rows = _compiled(_draw_rows)
lay_over = _compiled(_lay_over)
tops = _compiled(_tops)
