"""Create a scatter or line plot of any table with `create_plot`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from astronomical.errors import InvalidInputError
from astronomical.plots.axis_limits import Limits, clipped_limits
from astronomical.plots.plot_data import CannotDrawError, Colouring, PlotData

__all__ = ["create_plot", "load_in_notebook"]

#: Colour-blind safe (Okabe & Ito).
_PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
_PLAIN = "#0072B2"
_SELECTED = "#b3005e"

Bounds = tuple[float | None, float | None, float | None, float | None]


def load_in_notebook() -> None:
    """Load the scripts that show plots into a notebook, once; do nothing elsewhere."""
    if not hv.extension._loaded:
        hv.extension("bokeh")


def create_plot(
    data: Any,
    x: str,
    y: str,
    *,
    plot_type: Literal["scatter", "line"] = "scatter",
    label: str | None = None,
    selected: int | Sequence[int] | None = None,
    show_selected: bool = True,
    slow_render: bool = False,
    legend: bool = True,
    colours: Mapping[str, str] | bool = True,
    smaller_axes_limits: bool | str = True,
    bounds: Bounds | None = None,
    legend_position: str = "top_right",
) -> hv.Element:
    """Create a scatter or line plot of two columns.

    Parameters
    ----------
    data
        The `PlotData` of a plot plugin, or a table: a DataFrame, an astropy Table, or a mapping of columns.
    x, y
        Roles of a `PlotData`, or columns of a table.
    plot_type
        ``"scatter"``, or ``"line"`` to connect the points in the order of the rows.
    label
        Column of a table whose values colour the points. A `PlotData` already has classes.
    selected
        Row or rows to mark; by default the selected source of a `PlotData`.
    show_selected
        Whether to mark them. In a pane, the marks follow the selection.
    slow_render
        Draw each point as a glyph with hover information, instead of one image of all points. Use it for small
        tables only.
    legend, legend_position
        Whether and where to draw a legend: ``"top_right"``, ``"bottom_left"``, ``"right"`` and so on. In a pane, the
        legend is below the plot.
    colours
        Colour of each class, ``#rrggbb``; True for those of the project, False for one colour.
    smaller_axes_limits
        Whether the limits exclude outliers beyond 4 sigma: on both axes (True), on one (``"x"`` or ``"y"``), or on
        neither (False).
    bounds
        Left, bottom, right and top limit of the axes; None for automatic limits.

    Returns
    -------
    holoviews.Element
        The plot. With many points, the server renders it again as the user pans and zooms.

    Raises
    ------
    CannotDrawError
        If no row has both values.
    ValueError
        If a column or an option is unknown.
    """
    if plot_type not in ("scatter", "line"):
        raise InvalidInputError(f"plot_type must be 'scatter' or 'line', not {plot_type!r}")
    given = data if isinstance(data, PlotData) else _as_plot_data(data, x, y, label)
    in_pane = data is given
    given.show_legend = legend
    if colours is not True:
        given.colouring = _recoloured(given.colouring, colours or {})
    across, up = given[x], given[y]
    there = np.isfinite(across) & np.isfinite(up)
    if not there.any():
        raise CannotDrawError(f"No source has both {given.names.get(x, x)} and {given.names.get(y, y)}.")
    x_limits = _limits(across[there], smaller_axes_limits in (True, "x"), bounds, 0)
    y_limits = _limits(up[there], smaller_axes_limits in (True, "y"), bounds, 1)
    if plot_type == "scatter" and not slow_render:
        plot: Any = given.points(
            across, up, x_label=given.label(x), y_label=given.label(y), x_limits=x_limits, y_limits=y_limits
        )
        extra = [] if in_pane or not legend else _keys(given)
    else:
        parts = _glyphs(given, across, up, there, (given.label(x), given.label(y)), plot_type)
        plot = hv.Overlay(parts).opts(
            hv.opts.Scatter(xlim=x_limits, ylim=y_limits), hv.opts.Curve(xlim=x_limits, ylim=y_limits)
        )
        extra = []
    marked = np.atleast_1d(selected if selected is not None else [] if given.selected is None else given.selected)
    if show_selected and len(marked) and not (in_pane and given.points_drawn):
        rows = marked.astype(int)
        extra.append(
            hv.Scatter((across[rows], up[rows]), "x", "y").opts(
                hv.opts.Scatter(
                    marker="circle_cross", size=18, fill_alpha=0, line_color=_SELECTED, line_width=2, apply_ranges=False
                )
            )
        )
    for part in extra:
        plot = plot * part
    if extra or isinstance(plot, hv.Overlay):
        plot = plot.opts(hv.opts.Overlay(show_legend=legend, legend_position=legend_position))
    return plot


def _as_plot_data(table: Any, x: str, y: str, label: str | None) -> PlotData:
    """Convert columns of a table to `PlotData`."""
    columns = {}
    for name in (x, y):
        columns[name] = _column(table, name).astype(np.float32)
    if label is None:
        codes, names = np.zeros(len(columns[x]), dtype=np.int16), ("all",)
        colours: tuple[str, ...] = (_PLAIN,)
    else:
        found, places = np.unique(_column(table, label).astype(str), return_inverse=True)
        names, codes = tuple(found.tolist()), places.astype(np.int16)
        colours = tuple(_PALETTE[i % len(_PALETTE)] for i in range(len(names)))
    units = {name: str(unit) for name in columns if (unit := getattr(table[name], "unit", None))}
    return PlotData(values=columns, colouring=Colouring(codes, names, colours), names={x: x, y: y}, units=units)


def _column(table: Any, name: str) -> NDArray[Any]:
    try:
        values = table[name]
    except (KeyError, IndexError):
        raise InvalidInputError(f"The table has no column {name!r}.") from None
    if isinstance(values, np.ma.MaskedArray) and values.dtype.kind in "fiu":
        return np.ma.filled(values.astype(np.float64), np.nan)
    return np.asarray(values)


def _recoloured(colouring: Colouring, colours: Mapping[str, str] | bool) -> Colouring:
    chosen = colours if isinstance(colours, Mapping) else {}
    unknown = [name for name in chosen if name not in colouring.names]
    if unknown:
        raise InvalidInputError(f"colours: there is no class {unknown[0]!r}; there are {', '.join(colouring.names)}")
    rest = colouring.colours if chosen else (_PLAIN,) * len(colouring.names)
    return Colouring(
        colouring.codes,
        colouring.names,
        tuple(chosen.get(name, colour) for name, colour in zip(colouring.names, rest, strict=True)),
    )


def _limits(values: NDArray[np.float32], clipped: bool, bounds: Bounds | None, axis: int) -> Limits:
    low, high = clipped_limits(values, 4.0 if clipped else np.inf)
    if bounds is not None:
        low = low if bounds[axis] is None else float(bounds[axis])  # type: ignore[arg-type]
        high = high if bounds[axis + 2] is None else float(bounds[axis + 2])  # type: ignore[arg-type]
    return low, high


def _keys(data: PlotData) -> list[Any]:
    """Return an invisible glyph of each class, from which Bokeh makes the legend of an image."""
    if len(data.colouring.names) < 2:
        return []
    return [
        hv.Scatter(([np.nan], [np.nan]), "x", "y", label=name).opts(
            hv.opts.Scatter(color=colour, size=7, apply_ranges=False)
        )
        for name, colour in zip(data.colouring.names, data.colouring.colours, strict=True)
    ]


def _glyphs(
    data: PlotData,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    there: NDArray[np.bool_],
    labels: tuple[str, str],
    plot_type: str,
) -> list[Any]:
    across, up = hv.Dimension("x", label=labels[0]), hv.Dimension("y", label=labels[1])
    parts = []
    for code, (name, colour) in enumerate(zip(data.colouring.names, data.colouring.colours, strict=True)):
        mine = there & (data.colouring.codes == code)
        if name in data.hidden or not mine.any():
            continue
        label = name if len(data.colouring.names) > 1 else ""
        if plot_type == "line":
            parts.append(hv.Curve((x[mine], y[mine]), across, up, label=label).opts(hv.opts.Curve(color=colour)))
        else:
            parts.append(
                hv.Scatter((x[mine], y[mine]), across, up, label=label).opts(
                    hv.opts.Scatter(color=colour, size=5, tools=["hover"])
                )
            )
    return parts
