"""A cloud of points: where its axes begin and end, and which point lies nearest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.plots.shade import frozen, rgb

__all__ = ["PointCloud", "clipped_limits"]

Limits = tuple[float, float]

_PADDING = 0.04
_MAX_CLIPS = 20


@dataclass(frozen=True, eq=False)
class PointCloud:
    """Points ready to be drawn; row i stays row i of the arrays given, drawn or not.

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

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", frozen(self.x, np.float32))
        object.__setattr__(self, "y", frozen(self.y, np.float32))
        object.__setattr__(self, "codes", frozen(self.codes, np.int16))
        object.__setattr__(self, "colours", tuple(self.colours))
        object.__setattr__(self, "names", tuple(self.names))
        if not len(self.x) == len(self.y) == len(self.codes):
            raise ValueError(f"x, y and codes have {len(self.x)}, {len(self.y)} and {len(self.codes)} rows")
        for colour in self.colours:
            rgb(colour)

    def __len__(self) -> int:
        return len(self.x)

    def limits(self, sigma: float = 4.0) -> tuple[Limits, Limits]:
        """Return limits of x and of y that leave outliers beyond `sigma` standard deviations out."""
        return clipped_limits(self.x, sigma), clipped_limits(self.y, sigma)

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
        if not len(self):
            return None
        with np.errstate(invalid="ignore", over="ignore"):
            across = np.subtract(self.x, x, dtype=np.float64) * x_scale
            up = np.subtract(self.y, y, dtype=np.float64) * y_scale
            distance = across * across + up * up
        distance[~(np.isfinite(distance) & (self.codes >= 0) & (self.codes < len(self.colours)))] = np.inf
        row = int(distance.argmin())
        if math.isinf(distance[row]) or distance[row] > within_px**2:
            return None
        return row


def clipped_limits(values: NDArray[np.floating], sigma: float = 4.0) -> Limits:
    """Return padded limits of the values that survive repeated clipping about their mean.

    Values that are not finite are ignored; with none left the limits are 0 and 1, and a single value
    lies in the middle of its limits.
    """
    kept = np.asarray(values, dtype=np.float64)
    kept = kept[np.isfinite(kept)]
    if not len(kept):
        return 0.0, 1.0
    for _ in range(_MAX_CLIPS):
        mean, reach = kept.mean(), sigma * kept.std()
        inside = np.abs(kept - mean) <= reach
        # Rounding can put all equal values outside.
        if inside.all() or not inside.any():
            break
        kept = kept[inside]
    low, high = float(kept.min()), float(kept.max())
    # At least a few steps of float32, in which the points are drawn.
    padding = max((high - low) * _PADDING, max(abs(low), abs(high)) * 1e-5)
    if high == low:
        padding = max(0.5, padding)
    return low - padding, high + padding
