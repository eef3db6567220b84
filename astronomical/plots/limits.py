"""Where the axes of a plot begin and end, and what part of the plane an image shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.plots.arrays import frozen
from astronomical.plots.tile_kernels import span_within

__all__ = ["Frame", "Limits", "clipped_limits"]

Limits = tuple[float, float]

_PADDING = 0.04
_MAX_CLIPS = 20
#: Of more values than this, mean and deviation are those of every second, third, ... value.
_SAMPLE = 200_000


@dataclass(frozen=True)
class Frame:
    """What an image shows.

    Parameters
    ----------
    x_range, y_range
        Data limits, both ends included, in any order; a range of no width is taken around its middle.
    width, height
        Size of the image in pixels.

    Raises
    ------
    ValueError
        If a limit is not finite.
    """

    x_range: Limits
    y_range: Limits
    width: int
    height: int

    def __post_init__(self) -> None:
        for name in ("x_range", "y_range"):
            object.__setattr__(self, name, _ascending(getattr(self, name)))
        for name in ("width", "height"):
            object.__setattr__(self, name, max(int(getattr(self, name)), 1))

    @property
    def steps(self) -> tuple[float, float, float, float, int, int]:
        """Lower limit and pixels per unit of x and of y, width and height: what the loops that count take."""
        (left, right), (low, high) = self.x_range, self.y_range
        return left, self.width / (right - left), low, self.height / (high - low), self.width, self.height

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top."""
        return self.x_range[0], self.y_range[0], self.x_range[1], self.y_range[1]


def _ascending(limits: Limits) -> Limits:
    low, high = float(min(limits)), float(max(limits))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"the limits of an axis must be finite, not {limits}")
    if high <= low:
        span = max(abs(low) * 1e-6, 1e-12)
        return low - span / 2, low + span / 2
    return low, high


def clipped_limits(values: NDArray[np.floating], sigma: float = 4.0) -> Limits:
    """Return padded limits of the values that survive repeated clipping about their mean.

    Values that are not finite are ignored; with none left the limits are 0 and 1, and a single value
    lies in the middle of its limits.
    """
    numbers = frozen(values, np.float32)
    bounds = _clip(numbers[::max(len(numbers) // _SAMPLE, 1)], sigma) or _clip(numbers, sigma)
    if bounds is None:
        return 0.0, 1.0
    low, high = (float(value) for value in span_within(numbers, *bounds))
    # At least a few steps of float32, in which the points are drawn.
    padding = max((high - low) * _PADDING, max(abs(low), abs(high)) * 1e-5)
    if high == low:
        padding = max(0.5, padding)
    return low - padding, high + padding


def _clip(values: NDArray[np.floating], sigma: float) -> Limits | None:
    """Return the bounds that repeated clipping comes to; None without a finite value."""
    kept = np.asarray(values, dtype=np.float64)
    kept = kept[np.isfinite(kept)]
    if not len(kept):
        return None
    low, high = -np.inf, np.inf
    for _ in range(_MAX_CLIPS):
        mean, reach = kept.mean(), sigma * kept.std()
        inside = np.abs(kept - mean) <= reach
        if not inside.any():  # rounding can put all equal values outside
            return float(kept.min()), float(kept.max())
        low, high = max(low, float(mean - reach)), min(high, float(mean + reach))
        if inside.all():
            break
        kept = kept[inside]
    return low, high
