"""Plots of any columns: two against each other, and one by class."""

from __future__ import annotations

import holoviews as hv
import numpy as np

from astronomical.extend import Column, Parameter, plot
from astronomical.plots.data import CannotDrawError, PlotData
from astronomical.plots.limits import clipped_limits

__all__ = ["BUILTINS"]

_MAGNITUDES = ("mag", "mag(AB)", "AB mag", "ABmag", "mag(ST)", "vegamag")


def is_magnitude(name: str, unit: str) -> bool:
    """Tell whether an axis should run from faint to bright: a magnitude, not the difference of two."""
    return unit.strip().lower() in {known.lower() for known in _MAGNITUDES} and "err" not in name.lower()


@plot("basic", title="Scatter plot", help="Any two columns or features against each other, coloured by class.",
      columns=(Column("x", "horizontal axis"), Column("y", "vertical axis")))
def basic(data: PlotData) -> hv.Element:
    """Draw two columns or features against each other."""
    try:
        return data.points(data["x"], data["y"], x_label=data.label("x"), y_label=data.label("y"),
                           invert_x=is_magnitude(data.names["x"], data.unit("x")),
                           invert_y=is_magnitude(data.names["y"], data.unit("y")))
    except CannotDrawError:
        raise CannotDrawError(f"No source has both {data.names['x']} and {data.names['y']}: choose another column."
                         ) from None


@plot("histogram", title="Histogram", help="How one column or feature is distributed in each class.",
      columns=(Column("value", "what is counted"),),
      parameters=(Parameter("bins", 60, "Number of bins", bounds=(5, 500)),
                  Parameter("scale", "count", "Heights: numbers of sources, their logarithm, or each class to an area "
                                              "of 1", choices=("count", "log", "density"))))
def histogram(data: PlotData, bins: int = 60, scale: str = "count") -> hv.Element:
    """Draw how a column is distributed in each class."""
    values = data["value"]
    finite = np.isfinite(values)
    if not finite.any():
        raise CannotDrawError(f"No source has a value of {data.names['value']}: choose another column.")
    edges = np.linspace(*clipped_limits(values), bins + 1)
    label, height = data.label("value"), {"count": "sources", "log": "log10 (1 + sources)",
                                          "density": "density"}[scale]
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
        steps.append(hv.Histogram((edges, counts), kdims=hv.Dimension("x", label=label),
                                  vdims=hv.Dimension("y", label=height), label=name).opts(
            hv.opts.Histogram(fill_color=colour, fill_alpha=0.25, line_color=colour, line_alpha=0.9, line_width=1)))
    outside = int(np.count_nonzero(finite) - np.count_nonzero((values >= edges[0]) & (values <= edges[-1])))
    if outside:
        data.note(f"{outside:,} outliers beyond 4 sigma are not shown")
    if not steps:
        raise CannotDrawError("All classes are switched off in the legend.")
    return hv.Overlay(steps).opts(hv.opts.Overlay(show_legend=False))


BUILTINS = (basic, histogram)
