"""Scatter plot and histogram of any columns."""

from __future__ import annotations

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from astronomical.extend import Column, Parameter, plot
from astronomical.plots.axis_limits import clipped_limits
from astronomical.plots.plot_data import CannotDrawError, PlotData, label_text

__all__ = ["BUILTINS"]

_MAGNITUDES = ("mag", "mag(AB)", "AB mag", "ABmag", "mag(ST)", "vegamag")


def is_magnitude(name: str, unit: str) -> bool:
    """Return whether a column is a magnitude, whose axis is inverted; a difference of magnitudes is not."""
    return unit.strip().lower() in {known.lower() for known in _MAGNITUDES} and "err" not in name.lower()


@plot(
    "basic",
    title="Scatter plot",
    help="Two columns or features, coloured by class.",
    columns=(Column("x", "horizontal axis"), Column("y", "vertical axis")),
    parameters=(
        Parameter("log_x", False, "Logarithm of x"),
        Parameter("log_y", False, "Logarithm of y"),
    ),
)
def basic(data: PlotData, log_x: bool = False, log_y: bool = False) -> hv.Element:
    """Draw a scatter plot of two columns or features."""
    (x, x_label), (y, y_label) = _axis(data, "x", log_x), _axis(data, "y", log_y)
    axes = data.axis_of("x", log=log_x), data.axis_of("y", log=log_y)
    try:
        return data.points(
            x,
            y,
            x_label=x_label,
            y_label=y_label,
            invert_x=is_magnitude(data.names["x"], data.unit("x")),
            invert_y=is_magnitude(data.names["y"], data.unit("y")),
            axes=axes if all(axes) else None,
        )
    except CannotDrawError:
        positive = "positive " if log_x or log_y else ""
        raise CannotDrawError(
            f"No source has {positive}values of both {data.names['x']} and {data.names['y']}. Choose another column."
        ) from None


def _axis(data: PlotData, role: str, log: bool) -> tuple[NDArray[np.float32], str]:
    """Return the values and the label of an axis. Values that have no logarithm are noted below the plot."""
    values, name = data[role], data.names[role]
    if not log:
        return values, data.label(role)
    positive = values > 0
    if dropped := int(np.count_nonzero(np.isfinite(values) & ~positive)):
        data.note(f"{dropped:,} sources not shown: no logarithm of {name} ≤ 0")
    logarithms = np.full(len(values), np.nan, dtype=np.float32)
    np.log10(values, out=logarithms, where=positive)
    return logarithms, label_text(f"log₁₀ {name}", data.unit(role))


@plot(
    "histogram",
    title="Histogram",
    help="The distribution of a column or feature in each class.",
    columns=(Column("value", "column or feature"),),
    parameters=(
        Parameter("bins", 60, "Number of bins", bounds=(5, 500)),
        Parameter(
            "scale",
            "count",
            "Height of the bars: number of sources, its logarithm, or density with an area of 1 for each class",
            choices=("count", "log", "density"),
        ),
        Parameter("log_value", False, "Logarithm of the values"),
    ),
)
def histogram(data: PlotData, bins: int = 60, scale: str = "count", log_value: bool = False) -> hv.Element:
    """Draw a histogram of a column for each class."""
    values, label = _axis(data, "value", log_value)
    finite = np.isfinite(values)
    if not finite.any():
        positive = "positive " if log_value else ""
        raise CannotDrawError(f"No source has a {positive}value of {data.names['value']}. Choose another column.")
    limits = data.axes.limits("x", values)
    edges = np.linspace(*(limits or clipped_limits(values)), bins + 1)
    height = {"count": "sources", "log": "log10 (1 + sources)", "density": "density"}[scale]
    steps = []
    for code, (name, colour) in enumerate(zip(data.colouring.names, data.colouring.colours, strict=True)):
        mine = values[finite & (data.colouring.codes == code)]
        if name in data.hidden or not len(mine):
            continue
        counts = np.histogram(mine, edges)[0].astype(float)
        if scale == "log":
            counts = np.log10(1 + counts)
        elif scale == "density":
            counts /= max(counts.sum(), 1) * np.diff(edges)
        steps.append(
            hv.Histogram(
                (edges, counts), kdims=hv.Dimension("x", label=label), vdims=hv.Dimension("y", label=height), label=name
            ).opts(
                hv.opts.Histogram(fill_color=colour, fill_alpha=0.25, line_color=colour, line_alpha=0.9, line_width=1)
            )
        )
    outside = int(np.count_nonzero(finite) - np.count_nonzero((values >= edges[0]) & (values <= edges[-1])))
    if outside:
        data.note(f"{outside:,} {'sources outside the range' if limits else 'outliers beyond 4 sigma'} are not shown")
    if not steps:
        raise CannotDrawError("All classes are hidden. Click a class in the legend to show it.")
    flipped = is_magnitude(data.names["value"], data.unit("value")) != data.axes.flip_x
    return hv.Overlay(steps).opts(
        hv.opts.Overlay(show_legend=False, **({"ylim": data.axes.y_range} if data.axes.y_range else {})),
        hv.opts.Histogram(invert_xaxis=flipped, invert_yaxis=data.axes.flip_y),
    )


BUILTINS = (basic, histogram)
