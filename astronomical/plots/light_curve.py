"""Light curve of one source: values of each band against time or phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.light_curves.curves import LightCurve
from astronomical.catalogue.light_curves.periods import phases

__all__ = ["MAX_SHOWN", "CurvePlot", "band_colours", "draw_curve", "plot_of"]

#: Maximum number of epochs to draw; of more, every second, third, ... is drawn.
MAX_SHOWN = 20_000
#: Colours of bands from blue to red, which differ in brightness as well, and can be seen on light and dark pages.
_COLOURS = ("#8E6BBF", "#2F86C9", "#009E73", "#D9A300", "#D55E00", "#B5477A", "#8A8F98", "#56B4E9", "#A6761D")
#: Places of the colours if there are few bands.
_FEW: dict[int, tuple[int, ...]] = {1: (1,), 2: (1, 4), 3: (1, 2, 4), 4: (1, 2, 3, 4)}
_PAD = 0.08


@dataclass(frozen=True, eq=False)
class CurvePlot:
    """What is drawn of a light curve.

    Parameters
    ----------
    x, y, error
        Coordinates of the measured epochs and their errors, 0 where unknown, shape (n,).
    colour, band
        Colour and band of each of them, shape (n,).
    limit_x, limit_y, limit_colour, limit_band
        The same of the upper limits.
    x_label, y_label
        Labels of the axes.
    x_range, y_range
        Ranges of the axes; that of magnitudes ends with the brightest.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    error: NDArray[np.float64]
    colour: NDArray[np.str_]
    band: NDArray[np.str_]
    limit_x: NDArray[np.float64]
    limit_y: NDArray[np.float64]
    limit_colour: NDArray[np.str_]
    limit_band: NDArray[np.str_]
    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]


def band_colours(bands: Sequence[str]) -> dict[str, str]:
    """Return a colour for each band, from blue to red."""
    places = _FEW.get(len(bands), tuple(range(len(bands))))
    return {band: _COLOURS[place % len(_COLOURS)] for place, band in zip(places, bands, strict=True)}


def plot_of(
    curve: LightCurve,
    labels: tuple[str, str],
    *,
    period: float | None = None,
    hidden: Sequence[str] = (),
    inverted: bool = True,
) -> CurvePlot:
    """Return what to draw of a light curve.

    Parameters
    ----------
    curve
        The light curve.
    labels
        Labels of time and value.
    period
        Period in days by which it is folded, over two cycles; None to draw it against time.
    hidden
        Bands that are not drawn.
    inverted
        Whether smaller values are brighter, as magnitudes are.
    """
    step = -(-max(len(curve.time), 1) // MAX_SHOWN)
    wanted = np.isfinite(curve.value) & ~np.isin(np.array(curve.bands)[curve.band], list(hidden))
    rows = np.flatnonzero(wanted)[::step]
    value, error, is_limit = curve.value[rows], np.nan_to_num(curve.error[rows]), curve.is_limit[rows]
    band = np.array(curve.bands)[curve.band[rows]]
    table = band_colours(curve.bands)
    colour = np.array([table[name] for name in curve.bands])[curve.band[rows]]
    if period is None:
        x, x_label = _shifted(curve.time[rows], labels[0])
        x_range = _range(x)
    else:
        phase = phases(curve.time[rows], period)
        x, x_label, x_range = np.concatenate([phase, phase + 1]), "Phase", (0.0, 2.0)
        value, error, is_limit = np.tile(value, 2), np.tile(error, 2), np.tile(is_limit, 2)
        band, colour = np.tile(band, 2), np.tile(colour, 2)
    low, high = _range(value)
    seen = ~is_limit
    return CurvePlot(
        x[seen],
        value[seen],
        error[seen],
        colour[seen],
        band[seen],
        x[is_limit],
        value[is_limit],
        colour[is_limit],
        band[is_limit],
        x_label,
        labels[1],
        x_range,
        (high, low) if inverted else (low, high),
    )


def _shifted(time: NDArray[np.float64], label: str) -> tuple[NDArray[np.float64], str]:
    """Return times from a round number on if they are Julian dates, whose digits would fill the axis."""
    if not len(time) or time.min() < 1e6:
        return time, label
    zero = float(np.floor(time.min() / 1000) * 1000)
    return time - zero, label.replace(" (d)", f" − {zero:,.0f} (d)")


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    pad = _PAD * (high - low) or 0.5
    return low - pad, high + pad


def draw_curve(data: CurvePlot | None = None) -> Any:
    """Return the HoloViews plot of a light curve: error bars, upper limits and measured epochs.

    Parameters
    ----------
    data
        What is drawn; None for an empty plot.
    """
    shown = data or plot_of(_NOTHING, ("Time (d)", "Magnitude"))
    x, y = hv.Dimension("x", label=shown.x_label), hv.Dimension("y", label=shown.y_label)
    colour = hv.Dimension("color")
    bars = hv.Segments(
        (shown.x, shown.y - shown.error, shown.x, shown.y + shown.error, shown.colour), [x, y, "x1", "y1"], colour
    )
    limits = hv.Scatter((shown.limit_x, shown.limit_y, shown.limit_colour), x, [y, colour])
    points = hv.Scatter((shown.x, shown.y, shown.colour), x, [y, colour])
    return (
        bars.opts(hv.opts.Segments(color="color", line_width=1, alpha=0.55))
        * limits.opts(hv.opts.Scatter(color="color", marker="inverted_triangle", size=7, fill_alpha=0.0, line_width=1))
        * points.opts(hv.opts.Scatter(color="color", size=5, line_alpha=0.0, fill_alpha=0.85))
    )


_NOTHING = LightCurve(
    np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int16), np.zeros(0, dtype=np.bool_), ("",)
)
