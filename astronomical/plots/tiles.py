"""Spatial index of points by tile, to find the points in view quickly.

The plane is divided into 64 x 64 tiles, and the points are sorted by tile along a Z-order curve, so that the points of
a view are a few runs of consecutive points. Points beyond the grid are in its outermost tiles. The index needs 12 bytes
per point; the classes of a plot need one more byte per point, and its values four. Plots of the same arrays share an
index.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from astronomical.plots.axis_limits import Limits, clipped_limits
from astronomical.tasks import Workers

__all__ = ["Run", "SortedPoints", "TileIndex", "blocks", "half", "halves", "in_two", "shared"]

T = TypeVar("T")
#: Lower limit and tiles per unit of an axis.
Grid = tuple[float, float]
#: First and last + 1 of some consecutive points.
Run = tuple[int, int]

_SIDE = 64
#: Code on the curve of a point that is not drawn: after all tiles.
_NONE = _SIDE * _SIDE
#: A view takes in so much more, as a share of its width: rounding must not lose a point at its edge.
_MARGIN = 1e-9
#: Points processed at a time, so that intermediate results stay small.
_BLOCK = 1 << 18
#: The bits of 0 to 63, moved apart to make room for the bits of the other axis.
_BITS = np.array([sum((i >> bit & 1) << 2 * bit for bit in range(6)) for i in range(_SIDE)], dtype=np.uint16)

_helper = Workers("tiles", 2)
_shared: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()
_sharing = threading.Lock()


def in_two(work: Callable[[int], T]) -> tuple[T, T]:
    """Run work(0) and work(1) in parallel, and return the results."""
    other = _helper.submit(partial(work, 1))
    return work(0), other.result()


def shared(make: Callable[..., T], *parts: Any) -> T:
    """Return the result of `make` for some parts, the same object as long as there is a reference to it.

    The result must hold references to its parts: arrays are identified by their memory, other objects by identity.
    """
    key = (make, *(_identity(part) for part in parts))
    with _sharing:
        found = _shared.get(key)
        if found is None:
            found = _shared[key] = make(*parts)
        result: T = found
        return result


def _identity(part: Any) -> Any:
    if isinstance(part, np.ndarray):
        return part.__array_interface__["data"][0], part.shape, part.strides, part.dtype.str
    return part if isinstance(part, int) else id(part)


@dataclass(frozen=True, eq=False)
class SortedPoints:
    """Points in the order of their tiles: rows, coordinates, and where each tile starts."""

    rows: NDArray[np.uint32]
    xs: NDArray[np.float32]
    ys: NDArray[np.float32]
    starts: NDArray[np.int64]
    x_grid: Grid
    y_grid: Grid


class TileIndex:
    """Points sorted by tile. Nothing is computed before it is needed; building may go on in any thread.

    Parameters
    ----------
    x, y
        Coordinates, shape (n,), float32; points with one that is not finite are left out.
    """

    def __init__(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> None:
        self.x, self.y = x, y
        self._lock = threading.Lock()
        self._sorted: SortedPoints | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the index has been built."""
        return self._sorted is not None

    @property
    def nbytes(self) -> int:
        """Memory of the index in bytes, coordinates given not counted."""
        found = self.build()
        return found.rows.nbytes + found.xs.nbytes + found.ys.nbytes + found.starts.nbytes

    def build(self) -> SortedPoints:
        """Sort the points, unless that has been done."""
        with self._lock:
            if self._sorted is None:
                self._sorted = _sort(self.x, self.y, self.limits)
            return self._sorted

    @cached_property
    def limits(self) -> tuple[Limits, Limits]:
        """Limits of x and y without outliers."""
        return clipped_limits(self.x), clipped_limits(self.y)

    def runs(self, x_range: Limits, y_range: Limits, most: int = 64, gap: int = 2048) -> list[Run]:
        """Return the runs of sorted points that contain all points of a view, and others of the tiles around.

        Parameters
        ----------
        x_range, y_range
            The view.
        most
            Maximum number of runs. Runs with the shortest gaps between them are merged.
        gap
            Runs with gaps of fewer points are always merged: reading these points costs less than another run.
        """
        found = self.build()
        left, right = _tiles_in(x_range, found.x_grid)
        low, high = _tiles_in(y_range, found.y_grid)
        tiles = np.sort((_BITS[left : right + 1] | _BITS[low : high + 1, np.newaxis] << 1).ravel())
        breaks = np.flatnonzero(np.diff(tiles) > 1)
        begins = found.starts[tiles[np.append(0, breaks + 1)]]
        ends = found.starts[tiles[np.append(breaks, len(tiles) - 1)] + 1]
        filled = ends > begins
        begins, ends = begins[filled], ends[filled]
        if not len(begins):
            return []
        gaps = begins[1:] - ends[:-1]
        widest = np.sort(np.argsort(gaps, kind="stable")[max(len(gaps) - most + 1, 0) :])
        kept = widest[gaps[widest] >= gap]
        return list(zip(begins[np.append(0, kept + 1)].tolist(), ends[np.append(kept, -1)].tolist(), strict=True))


def halves(runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Divide runs into two halves with the same number of points."""
    left = sum(end - begin for begin, end in runs) // 2
    first: list[Run] = []
    second: list[Run] = []
    for begin, end in runs:
        cut = min(end, begin + left)
        left -= cut - begin
        first += [(begin, cut)] if cut > begin else []
        second += [(cut, end)] if end > cut else []
    return first, second


def blocks(begin: int, end: int, size: int = _BLOCK) -> list[slice]:
    """Divide a run into parts whose intermediate results stay small."""
    return [slice(i, min(i + size, end)) for i in range(begin, end, size)]


def half(n: int, part: int) -> list[slice]:
    """Return one of the two halves of `n` points, divided into parts."""
    return blocks(*((0, n // 2), (n // 2, n))[part])


def _tile_at(values: NDArray[np.floating], grid: Grid) -> NDArray[np.intp]:
    """Return the tiles of coordinates along one axis. Those beyond the grid belong to its outermost tiles."""
    places = (np.asarray(values, dtype=np.float64) - grid[0]) * grid[1]
    tiles: NDArray[np.intp] = np.clip(places, 0, _SIDE - 1).astype(np.intp)
    return tiles


def _tiles_in(limits: Limits, grid: Grid) -> tuple[int, int]:
    margin = (limits[1] - limits[0]) * _MARGIN
    first, last = _tile_at(np.array([limits[0] - margin, limits[1] + margin]), grid)
    return int(first), int(last)


def _sort(x: NDArray[np.float32], y: NDArray[np.float32], limits: Sequence[Limits]) -> SortedPoints:
    x_grid, y_grid = ((low, _SIDE / (high - low)) for low, high in limits)
    tiles = np.empty(len(x), dtype=np.uint16)

    def find_tiles(part: int) -> None:
        for block in half(len(x), part):
            finite = np.isfinite(x[block]) & np.isfinite(y[block])
            across, up = (np.where(finite, values[block], 0) for values in (x, y))
            tiles[block] = np.where(finite, _BITS[_tile_at(across, x_grid)] | _BITS[_tile_at(up, y_grid)] << 1, _NONE)

    in_two(find_tiles)
    sizes = np.bincount(tiles, minlength=_NONE + 1)[:_NONE]
    starts = np.zeros(_NONE + 1, dtype=np.int64)
    np.cumsum(sizes, out=starts[1:])
    n = int(starts[-1])
    # A stable sort of 16-bit numbers is a radix sort, and rows ascend within a tile.
    order = np.argsort(tiles, kind="stable")[:n]
    rows, xs, ys = np.empty(n, np.uint32), np.empty(n, np.float32), np.empty(n, np.float32)

    def arrange(part: int) -> None:
        for block in half(n, part):
            rows[block], xs[block], ys[block] = order[block], x[order[block]], y[order[block]]

    in_two(arrange)
    for array in (rows, xs, ys):
        array.flags.writeable = False
    return SortedPoints(rows, xs, ys, starts, x_grid, y_grid)
