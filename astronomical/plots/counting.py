"""Aggregate points per pixel: with Datashader, and with NumPy until Datashader's loops have been compiled.

Both give the same numbers. Arrays of pixels have the lowest y in the first row, as in Datashader.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronomical.plots.axis_limits import Frame
from astronomical.plots.tiles import blocks
from astronomical.tasks import CompiledCode

__all__ = [
    "MOST_COMPILED",
    "categories",
    "category_count",
    "compiled",
    "count_by_class",
    "largest",
    "totals",
]

#: Datashader compiles its loops again for each number of categories, so the number is a power of two.
_FEWEST = 4
#: Numbers of categories above this one are not compiled in advance.
MOST_COMPILED = 16

compiled = CompiledCode("counting of points", "astronomical.plots.datashader_kernels")


def category_count(n_classes: int) -> int:
    """Return the number of categories with which a number of classes is counted."""
    return max(1 << (n_classes - 1).bit_length(), _FEWEST)


def categories(codes: NDArray[np.signedinteger], n_categories: int) -> pd.Categorical[str]:
    """Return classes as categories. Their names are always the same, because Datashader compiles for each set."""
    return pd.Categorical.from_codes(codes, categories=pd.Index([str(code) for code in range(n_categories)]))


@compiled.function
def count_by_class(points: pd.DataFrame, view: Frame, n_categories: int) -> NDArray[np.uint32]:
    """Return the number of points of each class in each pixel, shape (height, width, n_categories).

    Parameters
    ----------
    points
        Columns ``x``, ``y`` and ``class``, a categorical one.
    view
        The part of the plane.
    n_categories
        The number of categories of the classes.
    """
    counts = np.zeros(view.height * view.width * n_categories, dtype=np.int64)
    codes = points["class"].cat.codes.to_numpy()
    for block in blocks(0, len(points)):
        inside, pixels = _pixels(points, block, view)
        places = pixels * n_categories + codes[block][inside]
        if len(places) < len(counts) // 8:
            np.add.at(counts, places, 1)
        else:
            counts += np.bincount(places, minlength=len(counts))
    return counts.astype(np.uint32).reshape(view.height, view.width, n_categories)


@compiled.function
def totals(points: pd.DataFrame, view: Frame) -> NDArray[np.float64]:
    """Return the sum and the number of the values in each pixel, shape (2, height, width).

    They are those of the column ``value`` that are not NaN.
    """
    found = np.zeros((2, view.height * view.width))
    for pixels, numbers in _numbers_in(points, view):
        with np.errstate(invalid="ignore"):  # the sum of both infinities
            found[0] += np.bincount(pixels, numbers, minlength=found.shape[1])
        found[1] += np.bincount(pixels, minlength=found.shape[1])
    return found.reshape(2, view.height, view.width)


@compiled.function
def largest(points: pd.DataFrame, view: Frame) -> NDArray[np.float64]:
    """Return the largest number of the column ``value`` in each pixel, NaN where there is none."""
    found = np.full(view.height * view.width, np.nan)
    for pixels, numbers in _numbers_in(points, view):
        np.fmax.at(found, pixels, numbers)
    return found.reshape(view.height, view.width)


def _numbers_in(points: pd.DataFrame, view: Frame) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Return pixels and values of the points in view, except for NaN, in parts."""
    values = points["value"].to_numpy()
    for block in blocks(0, len(points)):
        inside, pixels = _pixels(points, block, view)
        numbers = values[block][inside].astype(np.float64)
        known = ~np.isnan(numbers)
        yield pixels[known], numbers[known]


def _pixels(points: pd.DataFrame, block: slice, view: Frame) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return which points are in view, and the index of the pixel of each of these, by Datashader's rule.

    Points on an edge of the view are in its outermost pixels.
    """
    inside = np.ones(block.stop - block.start, dtype=bool)
    places = []
    for name, (low, high), n in (("y", view.y_range, view.height), ("x", view.x_range, view.width)):
        numbers = points[name].to_numpy()[block]
        # In float64: a deep zoom far from zero would lose its last digits in float32.
        inside &= (numbers >= np.float64(low)) & (numbers <= np.float64(high))
        places.append((numbers, n / (high - low), -low * (n / (high - low)), n))
    up, across = (
        np.minimum((numbers[inside] * np.float64(scale) + shift).astype(np.intp), n - 1)
        for numbers, scale, shift, n in places
    )
    return inside, up * view.width + across
