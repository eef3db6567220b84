"""Aggregates of a point cloud, from the few runs of sorted points that a view touches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronomical.plots.axis_limits import Frame
from astronomical.plots.counting import (
    MOST_COMPILED,
    categories,
    category_count,
    compiled,
    count_by_class,
    largest,
    totals,
)
from astronomical.plots.tiles import Run, TileIndex, blocks, half, halves, in_two
from astronomical.tasks.arrays import frozen

__all__ = ["CloudAggregates", "points_frame"]

#: Each run of points costs a call of Datashader, which takes as long as reading so many points.
_GAP, _MOST_RUNS = 300_000, 4
#: With fewer points in view, a second thread costs more than it saves.
_FEW = 100_000
#: Reductions that can be combined from those of parts, and how.
_COMBINED: dict[str, tuple[Callable[..., NDArray[np.float64]], np.ufunc]] = {
    "sum": (totals, np.add),
    "mean": (totals, np.add),
    "max": (largest, np.fmax),
}

T = TypeVar("T")


def points_frame(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    classes: pd.Categorical[str] | None = None,
    values: NDArray[np.floating] | None = None,
) -> pd.DataFrame:
    """Return points as a frame with the columns ``x``, ``y``, and ``class`` and ``value`` if given, without a copy."""
    columns: dict[str, Any] = {"x": x, "y": y}
    if classes is not None:
        columns["class"] = classes
    if values is not None:
        columns["value"] = values
    return pd.DataFrame(columns, copy=False)


class _Kept:
    """The aggregates of a view: the counts of the classes, and the last statistic with its reduction and values."""

    def __init__(self, view: Frame, counts: NDArray[np.uint32]) -> None:
        self.view, self.counts = view, counts
        self.n_points = sum(int(plane.sum(dtype=np.int64)) for plane in counts)
        self.statistic: tuple[str, NDArray[np.float32], NDArray[np.float64]] | None = None


class CloudAggregates:
    """Aggregate the points of a cloud. The aggregates of two views are kept, also for other plots of the same points.

    These are the last view, and that of the most points, which usually is the whole view.

    Parameters
    ----------
    index
        The index of the points.
    codes
        Class of each point in the order of the rows; others than those of `n_classes` are not drawn.
    n_classes
        The number of classes.
    """

    def __init__(self, index: TileIndex, codes: NDArray[np.int16], n_classes: int) -> None:
        self.index, self.codes, self.n_classes = index, codes, n_classes
        self.n_categories = category_count(n_classes + 1)
        if len(codes) and int(codes.min()) >= 0 and int(codes.max()) < n_classes:
            self.n_categories = category_count(n_classes)
        self._lock = threading.Lock()
        self._sorted: pd.DataFrame | None = None
        self._values: tuple[NDArray[np.float32], pd.DataFrame] | None = None
        self._last: _Kept | None = None
        self._whole: _Kept | None = None

    @property
    def points(self) -> pd.DataFrame:
        """The points in the order of the index, with their classes. Points of no class have the last category."""
        index = self.index.build()
        with self._lock:
            if self._sorted is None:
                classes = categories(self._sorted_codes(), self.n_categories)
                self._sorted = points_frame(index.xs, index.ys, classes)
            return self._sorted

    @property
    def sorted_codes(self) -> NDArray[Any]:
        """The classes in the order of the index."""
        found: NDArray[Any] = self.points["class"].cat.codes.to_numpy()
        return found

    def per_class(self) -> NDArray[np.int64]:
        """Return the number of points of each class with both coordinates."""
        codes = self.sorted_codes
        found = np.zeros(self.n_categories, dtype=np.int64)
        for block in blocks(0, len(codes)):
            found += np.bincount(codes[block], minlength=self.n_categories)
        return found[: self.n_classes]

    def counts(self, view: Frame) -> NDArray[np.uint32]:
        """Return the number of points of each class in each pixel, shape (n_classes, height, width), lowest y first."""
        return self._kept(view).counts

    def statistic(self, view: Frame, values: NDArray[np.float32], reduction: str) -> NDArray[np.float64]:
        """Return a statistic of the values of class 0 in each pixel, NaN where there is none."""
        kept = self._kept(view)
        if kept.statistic is None or kept.statistic[0] != reduction or not _same(kept.statistic[1], values):
            kept.statistic = reduction, values, self._statistic(view, values, reduction)
        return kept.statistic[2]

    def _kept(self, view: Frame) -> _Kept:
        """Return the aggregates of a view. Those of the last view are kept, and those of the view of most points."""
        for kept in (self._last, self._whole):
            if kept is not None and kept.view == view:
                return kept
        made, whole = _Kept(view, self._count(view)), self._whole
        resized = whole is not None and (whole.view.width, whole.view.height) != (view.width, view.height)
        if whole is None or made.n_points > whole.n_points or (resized and made.n_points == whole.n_points):
            self._whole = made
        else:
            self._last = made
        return made

    def _count(self, view: Frame) -> NDArray[np.uint32]:
        n, points = self.n_categories, self.points
        compiled.use(len(points))
        count = count_by_class.compiled if n > MOST_COMPILED else count_by_class
        parts = _in_parts(self._runs(view), lambda run: count(points.iloc[slice(*run)], view, n))
        for part in parts[1:]:
            np.add(parts[0], part, out=parts[0])
        if not parts:
            return np.zeros((self.n_classes, view.height, view.width), dtype=np.uint32)
        return np.ascontiguousarray(np.moveaxis(parts[0], 2, 0)[: self.n_classes])

    def _statistic(self, view: Frame, values: NDArray[np.float32], reduction: str) -> NDArray[np.float64]:
        if reduction not in _COMBINED:
            from astronomical.plots.datashader_kernels import statistic  # the import takes time

            # In the order of the rows, on which the first and the last value depend.
            masked = np.where(self.codes == 0, values, np.float32(np.nan))
            return statistic(points_frame(self.index.x, self.index.y, None, masked), view, reduction)
        points, runs = self._with_values(values), self._runs(view)
        compiled.use(len(points))
        reduce, combine = _COMBINED[reduction]
        parts = _in_parts(runs, lambda run: reduce(points.iloc[slice(*run)], view))
        found = parts[0] if parts else reduce(points.iloc[:0], view)
        for part in parts[1:]:
            combine(found, part, out=found)
        if reduction == "max":
            return found
        with np.errstate(invalid="ignore", divide="ignore"):
            sums: NDArray[np.float64] = found[0] / (found[1] if reduction == "mean" else found[1] > 0)
        return sums

    def _with_values(self, values: NDArray[np.float32]) -> pd.DataFrame:
        """Return the points in the order of the index with the values of class 0. The last result is cached."""
        codes, index = self.sorted_codes, self.index.build()
        with self._lock:
            if self._values is None or not _same(self._values[0], values):
                arranged = np.empty(len(codes), dtype=np.float32)
                for block in blocks(0, len(codes)):
                    found = values[index.rows[block].astype(np.intp)]
                    arranged[block] = np.where(codes[block] == 0, found, np.float32(np.nan))
                self._values = values, points_frame(index.xs, index.ys, None, frozen(arranged, np.float32))
            return self._values[1]

    def _runs(self, view: Frame) -> list[Run]:
        return self.index.runs(view.x_range, view.y_range, _MOST_RUNS, _GAP)

    def _sorted_codes(self) -> NDArray[Any]:
        rows = self.index.build().rows
        none, n_classes = self.n_categories - 1, self.n_classes
        codes, found = (np.empty(n, dtype=np.int8 if none < 128 else np.int16) for n in (len(self.codes), len(rows)))

        def convert(part: int) -> None:
            for block in half(len(codes), part):
                given = self.codes[block]
                codes[block] = np.where((given >= 0) & (given < n_classes), given, none)

        def arrange(part: int) -> None:
            for block in half(len(rows), part):
                found[block] = codes[rows[block].astype(np.intp)]

        in_two(convert)
        in_two(arrange)
        return found


def _in_parts(runs: Sequence[Run], work: Callable[[Run], T]) -> list[T]:
    """Work on runs, in two threads if there are many points."""
    if sum(end - begin for begin, end in runs) < _FEW:
        return [work(run) for run in runs]
    parts = halves(runs)
    first, second = in_two(lambda part: [work(run) for run in parts[part]])
    return [*first, *second]


def _same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Return whether two arrays are views of the same memory."""
    return bool(a.__array_interface__["data"] == b.__array_interface__["data"] and len(a) == len(b))
