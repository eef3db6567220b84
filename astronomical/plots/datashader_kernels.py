"""Aggregates of points by Datashader, which compiles a loop for each reduction at its first use in a process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import datashader as ds
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from astronomical.errors import InvalidInputError
from astronomical.plots.axis_limits import Frame
from astronomical.plots.counting import MOST_COMPILED, categories, category_count
from astronomical.plots.quantities import VALUE_REDUCTIONS

__all__ = ["aggregate", "compile_kernels", "count_by_class", "labelled", "largest", "statistic", "totals"]

_count = ds.by("class", ds.count())
_totals = ds.summary(sum=ds.sum("value"), n=ds.count("value"))
_largest = ds.max("value")


def aggregate(points: pd.DataFrame, view: Frame, reduction: str | ds.reductions.Reduction = "count") -> xr.DataArray:
    """Return an aggregate of points per pixel.

    Parameters
    ----------
    points
        A pandas or Dask frame with the columns ``x``, ``y``, and, as far as the reduction needs them, ``class``
        (categorical) and ``value``.
    view
        The part of the plane.
    reduction
        ``by`` for the number of points of each class, ``count`` for that of all points, another name from
        `quantities.VALUE_REDUCTIONS`, or a reduction of Datashader over these columns.
    """
    canvas = ds.Canvas(view.width, view.height, view.x_range, view.y_range)
    found: xr.DataArray = canvas.points(points, "x", "y", agg=reduction_of(reduction))
    return found


def labelled(counts: NDArray[np.uint32], view: Frame, names: list[str]) -> xr.DataArray:
    """Return counts per class, shape (n_classes, height, width), as Datashader returns them."""
    centres = {}
    for name, (low, high), n in (("y", view.y_range, view.height), ("x", view.x_range, view.width)):
        scale = n / (high - low)
        centres[name] = (np.arange(n) + 0.5 + low * scale) / scale
    return xr.DataArray(
        np.moveaxis(counts, 0, 2),
        dims=("y", "x", "class"),
        coords={**centres, "class": names},
        attrs={"x_range": view.x_range, "y_range": view.y_range},
    )


def reduction_of(reduction: str | ds.reductions.Reduction) -> ds.reductions.Reduction:
    """Return the reduction of a name.

    Raises
    ------
    ValueError
        If there is no such reduction.
    """
    if not isinstance(reduction, str):
        return reduction
    if reduction == "by":
        return _count
    if reduction == "count":
        return ds.count()
    if reduction not in VALUE_REDUCTIONS:
        names = ", ".join(("by", *VALUE_REDUCTIONS))
        raise InvalidInputError(f"There is no reduction {reduction!r}. Choose one of: {names}.")
    return getattr(ds, reduction)("value")


def statistic(points: pd.DataFrame, view: Frame, reduction: str) -> NDArray[np.float64]:
    """Return a reduction of the values in each pixel, by its name; mostly NaN where there is none."""
    return _numbers(points, view, getattr(ds, reduction)("value")).astype(np.float64)


def count_by_class(points: pd.DataFrame, view: Frame, n_categories: int) -> NDArray[np.uint32]:
    """Return the number of points of each class in each pixel; see `counting.count_by_class`."""
    return _numbers(points, view, _count)


def totals(points: pd.DataFrame, view: Frame) -> NDArray[np.float64]:
    """Return the sum and the number of the values in each pixel; see `counting.totals`."""
    found = aggregate(points, view, _totals)
    return np.stack([found["sum"].fillna(0).to_numpy(), found["n"].to_numpy()])


def largest(points: pd.DataFrame, view: Frame) -> NDArray[np.float64]:
    """Return the largest value in each pixel; see `counting.largest`."""
    return _numbers(points, view, _largest)


def _numbers(points: pd.DataFrame, view: Frame, reduction: Any) -> NDArray[Any]:
    found: NDArray[Any] = aggregate(points, view, reduction).to_numpy()
    return found


def compile_kernels() -> Iterator[None]:
    """Compile the loops that the plots of the program use, one at a time."""
    view = Frame((0.0, 1.0), (0.0, 1.0), 2, 2)
    number = np.zeros(1, dtype=np.float32)
    number.flags.writeable = False
    points = pd.DataFrame({"x": number, "y": number, "value": number}, copy=False)
    n = category_count(1)
    while n <= MOST_COMPILED:
        count_by_class(points.assign(**{"class": categories(np.zeros(1, dtype=np.int8), n)}), view, n)
        yield
        n *= 2
    for reduce in (totals, largest):
        reduce(points, view)
        yield
