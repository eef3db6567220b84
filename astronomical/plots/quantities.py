"""Colour points by a quantity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from holoviews.plotting.util import process_cmap
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.errors import InvalidInputError
from astronomical.plots.axis_limits import Limits
from astronomical.plots.colours import rgb

__all__ = ["PALETTE", "VALUE_REDUCTIONS", "ColourScale", "Colouring", "percentile_limits", "quantity_colouring"]

#: Viridis, from low to high.
PALETTE: tuple[str, ...] = tuple(process_cmap("viridis", 256, provider="bokeh"))
#: Datashader's reductions of a quantity, by name.
VALUE_REDUCTIONS = ("mean", "max", "min", "std", "var", "sum", "count", "any", "first", "last")
#: If there are more values than this, the limits of a scale are computed from every second, third, ... value.
_SAMPLE = 200_000


@dataclass(frozen=True)
class ColourScale:
    """Colours of a quantity.

    Parameters
    ----------
    low, high
        Values of the first and the last colour. Values outside this range are clipped.
    palette
        Colours, ``#rrggbb``, from low to high.
    statistic
        Name of the reduction of Datashader that gives the value of a pixel with several points, such as ``mean``,
        ``max``, ``min`` or ``std``.
    """

    low: float
    high: float
    palette: tuple[str, ...]
    statistic: str = "mean"

    @cached_property
    def table(self) -> NDArray[np.float32]:
        """Red, green and blue of each colour, shape (n_colours, 3)."""
        return np.array([rgb(colour) for colour in self.palette], dtype=np.float32)

    def places(self, values: NDArray[np.floating]) -> NDArray[np.uint16]:
        """Return the index of each value in the palette."""
        span = self.high - self.low or 1.0
        with np.errstate(invalid="ignore", over="ignore"):
            share = np.nan_to_num((values - self.low) / span, nan=0.0, posinf=1.0, neginf=0.0)
        found: NDArray[np.uint16] = (np.clip(share, 0, 1) * (len(self.palette) - 1) + 0.5).astype(np.uint16)
        return found


@dataclass(frozen=True, eq=False)
class Colouring:
    """A class for every source, and the colours of the classes.

    Attributes
    ----------
    codes
        Index of the class of each source in `names`, shape (n_rows,).
    names, colours
        Names and colours of the classes. The last class contains the sources without a label.
    values, scale
        A quantity by which the sources of the first class are coloured, shape (n_rows,), and its colour scale; None
        to colour by class only.
    """

    codes: NDArray[np.int16]
    names: tuple[str, ...]
    colours: tuple[str, ...]
    values: NDArray[np.float32] | None = None
    scale: ColourScale | None = None


def quantity_colouring(
    values: NDArray[np.float32],
    reduction: str,
    title: str,
    limits: Limits | None = None,
    rest: str = "no value",
) -> Colouring:
    """Return a colouring by a quantity. Points without a value form a separate class.

    Parameters
    ----------
    values
        The quantity of each source; NaN where it is missing.
    reduction
        Name of the reduction that gives the value of a pixel with several points.
    title
        Name of the quantity.
    limits
        Values of the first and the last colour; by default, the first and the last percentile.
    rest
        Name of the class of the points without a value.

    Raises
    ------
    ValueError
        If there is no such reduction.
    """
    if reduction not in VALUE_REDUCTIONS:
        raise InvalidInputError(f"There is no reduction {reduction!r}. Choose one of: {', '.join(VALUE_REDUCTIONS)}.")
    low, high = limits or percentile_limits(values)
    codes = np.isnan(values).astype(np.int16)
    scale = ColourScale(low, high, PALETTE, reduction)
    return Colouring(codes, (title, rest), (PALETTE[128], UNKNOWN_COLOUR), values, scale)


def percentile_limits(values: NDArray[np.floating]) -> Limits:
    """Return the limits of a scale: the first and the last percentile of the values."""
    some = values[:: max(len(values) // _SAMPLE, 1)]
    finite = some[np.isfinite(some)]
    if not len(finite):
        return 0.0, 1.0
    low, high = (float(end) for end in np.percentile(finite, [1, 99]))
    return low, high
