"""A cloud of points: where its axes begin and end, how many lie in each pixel, and which are where the mouse is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.plots.arrays import frozen
from astronomical.plots.count_kernels import count_classes, count_points, count_runs, max_runs, sum_runs
from astronomical.plots.limits import Frame, Limits, clipped_limits
from astronomical.plots.shade import rgb
from astronomical.plots.tile_kernels import collect_box, collect_lasso, nearest_in_runs
from astronomical.plots.tiles import ClassCodes, TileIndex, halves, in_two, shared

__all__ = ["ColourScale", "PointCloud"]

#: How far around a click the nearest point is looked for first, in pixels; the reach then doubles.
_FIRST_REACH_PX = 8.0
#: With more selected points than this, an index of them pays.
_MANY = 100_000


@dataclass(frozen=True)
class ColourScale:
    """Colours of a quantity.

    Parameters
    ----------
    low, high
        Values with the first and the last colour; those beyond have them too.
    palette
        Colours, ``#rrggbb``, from low to high.
    statistic
        Which value a pixel with several points has.
    """

    low: float
    high: float
    palette: tuple[str, ...]
    statistic: Literal["mean", "max"] = "mean"

    @cached_property
    def table(self) -> NDArray[np.float32]:
        """Red, green and blue of each colour, shape (n_colours, 3)."""
        return np.array([rgb(colour) for colour in self.palette], dtype=np.float32)

    def places(self, values: NDArray[np.floating]) -> NDArray[np.uint16]:
        """Return the place of each value in the palette."""
        span = self.high - self.low or 1.0
        with np.errstate(invalid="ignore", over="ignore"):
            share = np.nan_to_num((values - self.low) / span, nan=0.0, posinf=1.0, neginf=0.0)
        found: NDArray[np.uint16] = (np.clip(share, 0, 1) * (len(self.palette) - 1) + 0.5).astype(np.uint16)
        return found


@dataclass(frozen=True, eq=False)
class PointCloud:
    """Points ready to be drawn; row i stays row i of the arrays given, drawn or not.

    Clouds of the same arrays share their index, and what was counted last.

    Parameters
    ----------
    x, y
        Coordinates, shape (n,), kept as float32. NaN and infinite ones are not drawn.
    codes
        Class of each point, shape (n,): an index into `colours`, or -1 for a point that is not drawn.
    colours
        Colour of each class, ``#rrggbb``.
    names
        Name of each class, for a legend.
    hidden
        Classes that are not drawn now.
    values, scale
        A quantity, shape (n,), by which the points of class 0 are coloured, and its colours.
    selected
        Rows of the points that stand out while the others fade; None if none do.

    Raises
    ------
    ValueError
        If the lengths differ or a colour cannot be read.
    """

    x: NDArray[np.floating]
    y: NDArray[np.floating]
    codes: NDArray[np.integer]
    colours: Sequence[str]
    names: Sequence[str] = ()
    hidden: frozenset[int] = frozenset()
    values: NDArray[np.floating] | None = None
    scale: ColourScale | None = None
    selected: NDArray[np.integer] | None = None

    def __post_init__(self) -> None:
        kinds = {"x": np.float32, "y": np.float32, "codes": np.int16, "values": np.float32}
        for name, kind in kinds.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen(getattr(self, name), kind))
        object.__setattr__(self, "colours", tuple(self.colours))
        object.__setattr__(self, "names", tuple(self.names))
        lengths = [len(part) for part in (self.x, self.y, self.codes, self.values) if part is not None]
        if len(set(lengths)) > 1:
            raise ValueError(f"x, y and codes have {len(self.x)}, {len(self.y)} and {len(self.codes)} rows"
                             + ("" if self.values is None else f", values {len(self.values)}"))
        if (self.values is None) != (self.scale is None):
            raise ValueError("values and scale go together: give both, or none")
        for colour in self.colours:
            rgb(colour)
        index = shared(TileIndex, self.x, self.y)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_counts", shared(_Counts, index, self.codes))

    def __len__(self) -> int:
        return len(self.x)

    @property
    def index(self) -> TileIndex:
        """The index of the coordinates."""
        found: TileIndex = self._index  # type: ignore[attr-defined]
        return found

    def limits(self, sigma: float = 4.0) -> tuple[Limits, Limits]:
        """Return limits of x and of y that leave outliers beyond `sigma` standard deviations out."""
        return self.index.limits if sigma == 4.0 else (clipped_limits(self.x, sigma), clipped_limits(self.y, sigma))

    def counts(self, frame: Frame) -> NDArray[np.uint32]:
        """Return the number of points of each class in each pixel, shape (n_classes, height, width).

        An index that has been built is used, else all points are looked at. Hidden classes are counted too.
        """
        counter: _Counts = self._counts  # type: ignore[attr-defined]
        return counter.counts(frame, len(self.colours))

    def class_counts(self) -> list[int]:
        """Return how many points of each class have both coordinates, hidden classes too."""
        counter: _Counts = self._counts  # type: ignore[attr-defined]
        return [int(n) for n in counter.per_class(len(self.colours))]

    def places(self, frame: Frame) -> NDArray[np.uint16]:
        """Return the place in the palette of the quantity in each pixel."""
        assert self.values is not None
        assert self.scale is not None
        counter: _Counts = self._counts  # type: ignore[attr-defined]
        return self.scale.places(counter.statistic(frame, len(self.colours), self.values, self.scale.statistic))

    def standing_out(self) -> PointCloud | None:
        """Return the selected points as a cloud of their own."""
        if self.selected is None:
            return None
        found = self.__dict__.get("_standing_out")
        if found is None:
            rows = self.selected
            found = replace(self, x=self.x[rows], y=self.y[rows], codes=self.codes[rows],
                            values=None if self.values is None else self.values[rows], selected=None)
            if len(rows) > _MANY:
                found.index.build()
            object.__setattr__(self, "_standing_out", found)
        return found

    def nearest(self, x: float, y: float, x_scale: float, y_scale: float,
                within_px: float = math.inf) -> int | None:
        """Return the row of the drawn point nearest on the screen, the first of several, or None.

        Parameters
        ----------
        x, y
            Where the user clicked, in units of the data.
        x_scale, y_scale
            Pixels per unit along each axis.
        within_px
            Farthest distance in pixels that counts.
        """
        index = self.index.build()
        reach = min(_FIRST_REACH_PX, within_px)
        while len(index.rows):
            across, up = reach / abs(x_scale), reach / abs(y_scale)
            runs = self.index.runs((x - across, x + across), (y - up, y + up))
            row, distance = nearest_in_runs(index.xs, index.ys, self._sorted, self._shown, index.rows, runs,
                                            x, y, x_scale, y_scale)
            if row >= 0 and distance <= reach**2:
                return int(row)
            if reach >= within_px or (runs[:, 1] - runs[:, 0]).sum() == len(index.rows):
                return int(row) if row >= 0 and distance <= within_px**2 else None
            reach = min(reach * 2, within_px)
        return None

    def in_box(self, x_range: Limits, y_range: Limits) -> NDArray[np.intp]:
        """Return the rows of the drawn points in a box, edges included, ascending."""
        index = self.index.build()
        (left, right), (low, high) = sorted(x_range), sorted(y_range)
        runs = self.index.runs((left, right), (low, high))
        return _ascending(collect_box(index.xs, index.ys, self._sorted, self._shown, index.rows, runs,
                                      left, right, low, high))

    def in_lasso(self, x: Sequence[float], y: Sequence[float]) -> NDArray[np.intp]:
        """Return the rows of the drawn points inside a polygon, ascending."""
        corners_x, corners_y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if len(corners_x) < 3:
            return np.empty(0, dtype=np.intp)
        index = self.index.build()
        runs = halves(self.index.runs((corners_x.min(), corners_x.max()), (corners_y.min(), corners_y.max())))
        parts = in_two(lambda part: collect_lasso(index.xs, index.ys, self._sorted, self._shown, index.rows,
                                                  runs[part], corners_x, corners_y))
        return _ascending(np.concatenate(parts))

    @property
    def _sorted(self) -> NDArray[Any]:
        counter: _Counts = self._counts  # type: ignore[attr-defined]
        return counter.codes.sorted()

    @property
    def _shown(self) -> NDArray[np.bool_]:
        """Which classes are drawn."""
        return np.array([code not in self.hidden for code in range(len(self.colours))], dtype=np.bool_)


class _Counts:
    """Counts points, and remembers the last result of each kind: other plots of the points ask the same."""

    def __init__(self, index: TileIndex, codes: NDArray[np.int16]) -> None:
        self.index = index
        self.codes = ClassCodes(index, codes)
        self._last: tuple[Any, NDArray[np.uint32]] | None = None
        self._per_class: NDArray[np.int64] | None = None
        self._values: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    def counts(self, frame: Frame, n_classes: int) -> NDArray[np.uint32]:
        key = (frame, n_classes)
        last = self._last
        if last is None or last[0] != key:
            last = self._last = (key, self._count(frame, n_classes))
        return last[1]

    def per_class(self, n_classes: int) -> NDArray[np.int64]:
        if self._per_class is None or len(self._per_class) != n_classes:
            self._per_class = count_classes(self.index.x, self.index.y, self.codes.codes, n_classes)
        return self._per_class

    def statistic(self, frame: Frame, n_classes: int, values: NDArray[np.float32], which: str) -> NDArray[np.float64]:
        index, codes = self.index.build(), self.codes.sorted()
        runs = halves(self.index.runs(frame.x_range, frame.y_range))
        arranged = self._arranged(values)
        kernel = sum_runs if which == "mean" else max_runs
        parts = in_two(lambda part: kernel(index.xs, index.ys, codes, arranged, runs[part], *frame.steps))
        found: NDArray[np.float64] = np.maximum(*parts)
        if which == "mean":
            found = (parts[0] + parts[1]) / np.maximum(self.counts(frame, n_classes)[0], 1)
        return found

    def _count(self, frame: Frame, n_classes: int) -> NDArray[np.uint32]:
        if not self.index.is_ready:
            direct: NDArray[np.uint32] = count_points(self.index.x, self.index.y, self.codes.codes, n_classes,
                                                      *frame.steps)
            return direct
        index, codes = self.index.build(), self.codes.sorted()
        runs = halves(self.index.runs(frame.x_range, frame.y_range))
        parts = in_two(lambda part: count_runs(index.xs, index.ys, codes, runs[part], n_classes, *frame.steps))
        found: NDArray[np.uint32] = np.add(*parts, out=parts[0])
        return found

    def _arranged(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return values in the order of the index; those asked for last are kept."""
        last = self._values
        if last is not None and _same(last[0], values):
            return last[1]
        arranged = frozen(values[self.index.build().rows], np.float32)
        self._values = values, arranged
        return arranged


def _same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Tell whether two arrays are views of the same memory."""
    return bool(a.__array_interface__["data"] == b.__array_interface__["data"] and len(a) == len(b))


def _ascending(rows: NDArray[np.uint32]) -> NDArray[np.intp]:
    return np.sort(rows).astype(np.intp)
