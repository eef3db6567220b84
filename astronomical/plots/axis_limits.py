"""Limits of axes, and the part of the plane that an image shows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.errors import InvalidInputError
from astronomical.tasks.arrays import frozen

__all__ = ["USUAL_AXES", "AxisChoices", "Frame", "Limits", "clipped_limits", "parse_range"]

Limits = tuple[float, float]

_PADDING = 0.04
_MAX_CLIPS = 20
#: With more values than this, mean and standard deviation are computed from a regular subsample.
_SAMPLE = 200_000


@dataclass(frozen=True)
class Frame:
    """The part of the plane that an image shows.

    Parameters
    ----------
    x_range, y_range
        Data limits, inclusive, in any order. A range of zero width is widened around its centre.
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
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top."""
        return self.x_range[0], self.y_range[0], self.x_range[1], self.y_range[1]


@dataclass(frozen=True)
class AxisChoices:
    """The user's choices for the axes of a plot.

    Parameters
    ----------
    x_range, y_range
        Typed limits, in the numbers of the axis; None for the limits that the plot chooses.
    flip_x, flip_y
        Whether an axis runs the other way than the plot chooses.
    full_range
        Whether all sources are shown, including outliers beyond 4 sigma.
    """

    x_range: Limits | None = None
    y_range: Limits | None = None
    flip_x: bool = False
    flip_y: bool = False
    full_range: bool = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, object]) -> AxisChoices:
        """Return the choices in the settings of a pane.

        Raises
        ------
        ValueError
            If a range is not valid.
        """
        return cls(
            parse_range(str(settings.get("x_range") or "")),
            parse_range(str(settings.get("y_range") or "")),
            settings.get("flip_x") is True,
            settings.get("flip_y") is True,
            settings.get("full_range") is True,
        )

    def limits(self, axis: Literal["x", "y"], values: NDArray[np.floating]) -> Limits | None:
        """Return the chosen limits of an axis with these values; None if nothing is chosen."""
        typed = self.x_range if axis == "x" else self.y_range
        return typed or (clipped_limits(values, np.inf) if self.full_range else None)


#: The choices for a plot whose user has chosen nothing.
USUAL_AXES = AxisChoices()


def parse_range(text: str) -> Limits | None:
    """Return two limits typed with a comma or spaces between them, such as ``14, 22``; None for an empty text.

    Raises
    ------
    ValueError
        If the text is not two different finite numbers.
    """
    parts = text.replace(",", " ").split()
    if not parts:
        return None
    try:
        low, high = sorted(float(part) for part in parts)
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InvalidInputError(f"The range of an axis must be two different numbers, such as 14, 22; not {text!r}.")
    return low, high


def _ascending(limits: Limits) -> Limits:
    low, high = float(min(limits)), float(max(limits))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InvalidInputError(f"the limits of an axis must be finite, not {limits}")
    if high <= low:
        span = max(abs(low) * 1e-6, 1e-12)
        return low - span / 2, low + span / 2
    return low, high


def clipped_limits(values: NDArray[np.floating], sigma: float = 4.0) -> Limits:
    """Return padded limits of the values after iterative sigma clipping about the mean.

    Values that are not finite are ignored. Without values, the limits are 0 and 1; a single value is at the centre of
    its limits.
    """
    numbers = frozen(values, np.float32)
    bounds = _clip(numbers[:: max(len(numbers) // _SAMPLE, 1)], sigma) or _clip(numbers, sigma)
    if bounds is None:
        return 0.0, 1.0
    inside = numbers[(numbers >= np.float64(bounds[0])) & (numbers <= np.float64(bounds[1]))]
    low, high = float(inside.min()), float(inside.max())
    # At least a few steps of float32, the precision of the points.
    padding = max((high - low) * _PADDING, max(abs(low), abs(high)) * 1e-5)
    if high == low:
        padding = max(0.5, padding)
    return low - padding, high + padding


def _clip(values: NDArray[np.floating], sigma: float) -> Limits | None:
    """Return the converged bounds of the clipping; None without finite values."""
    kept = np.asarray(values, dtype=np.float64)
    kept = kept[np.isfinite(kept)]
    if not len(kept):
        return None
    low, high = -np.inf, np.inf
    for _ in range(_MAX_CLIPS):
        mean, reach = kept.mean(), sigma * kept.std()
        inside = np.abs(kept - mean) <= reach
        if not inside.any():  # by rounding, all of several equal values can be outside
            return float(kept.min()), float(kept.max())
        low, high = max(low, float(mean - reach)), min(high, float(mean + reach))
        if inside.all():
            break
        kept = kept[inside]
    return low, high
