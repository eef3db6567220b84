"""An index of points by tile: what is in view is found without looking at the rest.

The plane is cut into a grid of up to 512 x 512 tiles, and the points are sorted by tile. A view takes the tiles that it
touches, and nothing else; what lies beyond the grid is in its outermost tiles, so that no point is lost. An index of
n points holds 12 bytes for each, and 2 MB for the grid; the classes of a plot add a byte for each, its values four.
Plots of the same arrays share them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from astronomical.plots.limits import Limits, clipped_limits
from astronomical.plots.tile_kernels import fill_tiles, tile_at, tile_sizes

__all__ = ["ClassCodes", "TileIndex", "halves", "in_two", "shared"]

T = TypeVar("T")
Grid = tuple[float, float]

_MOST_TILES = 512
#: With fewer points in a tile, finding the tiles costs more than the points in them.
_POINTS_PER_TILE = 8
#: A view takes in so much more, as a share of its width: rounding must not lose a point at its edge.
_MARGIN = 1e-9

_helper = ThreadPoolExecutor(2, thread_name_prefix="astronomical-tiles")
_shared: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()
_sharing = threading.Lock()


def in_two(work: Callable[[int], T]) -> tuple[T, T]:
    """Return work(0) and work(1), done at the same time."""
    other = _helper.submit(work, 1)
    return work(0), other.result()


def shared(make: Callable[..., T], *parts: Any) -> T:
    """Return what `make` makes of some parts, the same for as long as anybody holds it.

    What is made must hold its parts: arrays are known by where they lie in memory, others by who they are.
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
    return id(part)


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Points in the order of their tiles: rows, coordinates, and where each tile starts."""

    rows: NDArray[np.uint32]
    xs: NDArray[np.float32]
    ys: NDArray[np.float32]
    starts: NDArray[np.int64]
    side: int
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
        self._sorted: _Sorted | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the index has been built."""
        return self._sorted is not None

    @property
    def nbytes(self) -> int:
        """Memory of the index in bytes, coordinates given not counted."""
        found = self.build()
        return found.rows.nbytes + found.xs.nbytes + found.ys.nbytes + found.starts.nbytes

    def build(self) -> _Sorted:
        """Sort the points, unless that has been done."""
        with self._lock:
            if self._sorted is None:
                self._sorted = _sort(self.x, self.y, self.limits)
            return self._sorted

    @cached_property
    def limits(self) -> tuple[Limits, Limits]:
        """Limits of x and of y that leave outliers out."""
        return clipped_limits(self.x), clipped_limits(self.y)

    def runs(self, x_range: Limits, y_range: Limits) -> NDArray[np.int64]:
        """Return the parts of the sorted points that a view touches: rows (begin, end)."""
        found = self.build()
        left, right = _tiles(x_range, found.x_grid, found.side)
        low, high = _tiles(y_range, found.y_grid, found.side)
        first = np.arange(low, high + 1, dtype=np.int64) * found.side
        runs = np.column_stack([found.starts[first + left], found.starts[first + right + 1]])
        filled: NDArray[np.int64] = runs[runs[:, 1] > runs[:, 0]]
        return filled


class ClassCodes:
    """The class of each point, in the order of an index.

    Parameters
    ----------
    index
        The index of the points.
    codes
        Classes in the order of the rows; negative for a point of none.
    """

    def __init__(self, index: TileIndex, codes: NDArray[np.int16]) -> None:
        self.index, self.codes = index, codes
        self._lock = threading.Lock()
        self._sorted: NDArray[Any] | None = None

    def sorted(self) -> NDArray[Any]:
        """Return the classes in the order of the index; none is the largest number of the type."""
        rows = self.index.build().rows
        with self._lock:
            if self._sorted is None:
                few = int(self.codes.max(initial=0)) < 255
                self._sorted = self.codes.astype(np.uint8 if few else np.uint16)[rows]  # -1 becomes the largest
            return self._sorted


def halves(runs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut runs into two lots with as many points in each."""
    sizes = runs[:, 1] - runs[:, 0]
    ends = np.cumsum(sizes)
    middle = int(ends[-1]) // 2 if len(ends) else 0
    cut = int(np.searchsorted(ends, middle))
    if cut >= len(runs):
        return runs, runs[:0]
    inside = middle - (int(ends[cut]) - int(sizes[cut]))
    split = runs[cut, 0] + inside
    first, second = runs[:cut + 1].copy(), runs[cut:].copy()
    first[-1, 1] = second[0, 0] = split
    return first, second


def _tiles(limits: Limits, grid: Grid, side: int) -> tuple[int, int]:
    margin = (limits[1] - limits[0]) * _MARGIN
    return tile_at(limits[0] - margin, *grid, side), tile_at(limits[1] + margin, *grid, side)


def _sort(x: NDArray[np.float32], y: NDArray[np.float32], limits: Sequence[Limits]) -> _Sorted:
    side = int(np.clip(np.sqrt(len(x) / _POINTS_PER_TILE), 1, _MOST_TILES))
    x_grid, y_grid = ((low, side / (high - low)) for low, high in limits)
    cuts = (0, len(x) // 2, len(x))
    sizes = in_two(lambda part: tile_sizes(x, y, cuts[part], cuts[part + 1], x_grid, y_grid, side))
    starts = np.zeros(side * side + 1, dtype=np.int64)
    np.cumsum(sizes[0] + sizes[1], out=starts[1:])
    n = int(starts[-1])
    rows, xs, ys = np.empty(n, np.uint32), np.empty(n, np.float32), np.empty(n, np.float32)
    # Each part fills its own places, the first part the first ones, so that rows ascend within a tile.
    free = (starts[:-1].copy(), starts[:-1] + sizes[0])
    in_two(lambda part: fill_tiles(x, y, cuts[part], cuts[part + 1], x_grid, y_grid, side, free[part], rows, xs, ys))
    return _Sorted(rows, xs, ys, starts, side, x_grid, y_grid)
