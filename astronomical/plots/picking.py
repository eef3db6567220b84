"""Find points on the screen: the nearest to a click, and those inside a box or a lasso."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.polygons import in_polygon
from astronomical.plots.axis_limits import Limits
from astronomical.plots.tiles import Run, TileIndex, blocks, halves, in_two

__all__ = ["row_nearest", "rows_in_box", "rows_in_lasso"]

#: Initial search radius around a click, in pixels; the radius is doubled until a point is found.
_FIRST_REACH_PX = 8.0
#: Points tested at a time against a box or lasso, so that the arrays stay in the cache.
_BLOCK = 1 << 14

#: Which points at some places in the index are drawn.
Drawn = Callable[[NDArray[np.intp]], NDArray[np.bool_]]


def row_nearest(
    index: TileIndex, drawn: Drawn, place: tuple[float, float], scales: tuple[float, float], within_px: float = math.inf
) -> int | None:
    """Return the row of the drawn point nearest on the screen, the first of several, or None.

    Parameters
    ----------
    index
        The points.
    drawn
        Returns which of the points at some places in the index are drawn.
    place
        Position of the click, in units of the data.
    scales
        Pixels per unit along each axis.
    within_px
        Maximum distance in pixels.
    """
    n = len(index.build().rows)
    reach = min(_FIRST_REACH_PX, within_px)
    while n:
        x_range, y_range = (
            (middle - reach / abs(scale), middle + reach / abs(scale))
            for middle, scale in zip(place, scales, strict=True)
        )
        runs = index.runs(x_range, y_range)
        is_last = reach >= within_px
        if sum(end - begin for begin, end in runs) == n and math.isinf(within_px):
            x_range = y_range = (-math.inf, math.inf)
            is_last = True
        distance, row = _nearest_of(index, _places_in(index, drawn, x_range, y_range, runs), place, scales)
        if row >= 0 and (distance <= reach**2 or is_last):
            return row if distance <= within_px**2 else None
        if is_last:
            return None
        reach = min(reach * 2, within_px)
    return None


def rows_in_box(index: TileIndex, drawn: Drawn, x_range: Limits, y_range: Limits) -> NDArray[np.intp]:
    """Return the rows of the drawn points in a box, edges included, ascending."""
    return _rows_where(index, drawn, x_range, y_range, lambda places: places)


def rows_in_lasso(index: TileIndex, drawn: Drawn, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the rows of the drawn points inside a polygon, ascending."""
    if len(x) < 3:
        return np.empty(0, dtype=np.intp)
    points = index.build()

    def inside(places: NDArray[np.intp]) -> NDArray[np.intp]:
        return places[in_polygon(points.xs[places].astype(np.float64), points.ys[places].astype(np.float64), x, y)]

    return _rows_where(index, drawn, (float(x.min()), float(x.max())), (float(y.min()), float(y.max())), inside)


def _nearest_of(
    index: TileIndex,
    places: Iterable[NDArray[np.intp]],
    place: tuple[float, float],
    scales: tuple[float, float],
) -> tuple[float, int]:
    """Return the squared distance and the row of the nearest of some points; the row is -1 without any."""
    points, near = index.build(), np.concatenate([np.empty(0, np.intp), *places])
    if not len(near):
        return np.inf, -1
    across = (points.xs[near].astype(np.float64) - place[0]) * scales[0]
    up = (points.ys[near].astype(np.float64) - place[1]) * scales[1]
    distances = across * across + up * up
    nearest = float(distances.min())
    return nearest, int(points.rows[near[distances == nearest]].min())


def _rows_where(
    index: TileIndex,
    drawn: Drawn,
    x_range: Limits,
    y_range: Limits,
    choose: Callable[[NDArray[np.intp]], NDArray[np.intp]],
) -> NDArray[np.intp]:
    """Return the ascending rows of those drawn points of a box that are chosen."""
    points, ranges = index.build(), (_ascending(x_range), _ascending(y_range))
    parts = halves(index.runs(*ranges))
    first, second = in_two(
        lambda part: [points.rows[choose(places)] for places in _places_in(index, drawn, *ranges, parts[part])]
    )
    found = np.concatenate([np.empty(0, np.uint32), *first, *second])
    found.sort()
    return found.astype(np.intp)


def _places_in(
    index: TileIndex, drawn: Drawn, x_range: Limits, y_range: Limits, runs: Sequence[Run]
) -> Iterator[NDArray[np.intp]]:
    """Return the places in the index of the drawn points of a box, in parts."""
    points = index.build()
    (left, right), (low, high) = _in_float32(x_range), _in_float32(y_range)
    for run in runs:
        for part in blocks(*run, _BLOCK):
            x, y = points.xs[part], points.ys[part]
            places = np.flatnonzero((x >= left) & (x <= right) & (y >= low) & (y <= high)) + part.start
            yield places[drawn(places)]


def _ascending(limits: Limits) -> Limits:
    return min(limits), max(limits)


def _in_float32(limits: Limits) -> tuple[np.float32, np.float32]:
    """Return the first and the last float32 within limits, which compare faster with the points."""
    with np.errstate(over="ignore"):
        low, high = np.float32(limits[0]), np.float32(limits[1])
    if float(low) < limits[0]:
        low = np.nextafter(low, np.float32(np.inf))
    if float(high) > limits[1]:
        high = np.nextafter(high, np.float32(-np.inf))
    return low, high
