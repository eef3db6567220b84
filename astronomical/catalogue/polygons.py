"""Find the points inside a polygon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["in_polygon"]


def in_polygon(
    x: NDArray[np.float64], y: NDArray[np.float64], corners_x: NDArray[np.float64], corners_y: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which points are inside a polygon, by the even-odd rule, shape (n,).

    Parameters
    ----------
    x, y
        Coordinates of the points, shape (n,).
    corners_x, corners_y
        Coordinates of the corners of the polygon.
    """
    inside = np.zeros(len(x), dtype=bool)
    if not len(x):
        return inside
    low, high = y.min(), y.max()
    for corner in range(len(corners_x)):
        (x0, y0), (x1, y1) = ((corners_x[i], corners_y[i]) for i in (corner, corner - 1))
        # Points that follow one another may be near one another, so most sides are above or below them all.
        if y0 == y1 or min(y0, y1) > high or max(y0, y1) <= low:
            continue
        crossed = (y0 > y) != (y1 > y)
        crossed &= x < x0 + (y - y0) * ((x1 - x0) / (y1 - y0))
        inside ^= crossed
    return inside
