"""Export plots in print quality: points as a high-resolution image, everything else as vector graphics."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import holoviews as hv
import numpy as np

from astronomical.errors import InvalidInputError
from astronomical.plots.axis_limits import Frame
from astronomical.plots.figures import new_figure
from astronomical.plots.points import PointCloud
from astronomical.plots.shading import shade_cloud

__all__ = ["Mark", "PlotPicture", "take_picture", "write_picture"]

#: Width and height in inches; as wide as a column of a journal twice over.
_SIZE, _DPI = (7.0, 5.0), 300
_MARKERS = {"inverted_triangle": "v", "circle": "o", "circle_cross": "o", "diamond": "D"}
Range = tuple[float, float] | None


@dataclass(frozen=True)
class Mark:
    """Marked sources: positions and style."""

    places: Sequence[tuple[float, float]]
    symbol: str
    size: float


@dataclass(frozen=True)
class PlotPicture:
    """A snapshot of a plot, which can be written in another thread."""

    parts: tuple[tuple[hv.Element, dict[str, Any], dict[str, Any]], ...]
    cloud: PointCloud | None
    frame: Frame | None
    marks: tuple[Mark, ...]
    title: str


def take_picture(
    element: Any,
    *,
    cloud: PointCloud | None = None,
    frame: Frame | None = None,
    marks: Sequence[Mark] = (),
    title: str = "",
) -> PlotPicture:
    """Take a snapshot of a plot.

    Parameters
    ----------
    element
        The plot.
    cloud, frame
        Its points, if there are any, and the part of the plane that is shown.
    marks
        Marked sources.
    title
        Title of the plot.
    """
    parts = tuple(
        (
            part,
            hv.Store.lookup_options("bokeh", part, "plot").kwargs,
            hv.Store.lookup_options("bokeh", part, "style").kwargs,
        )
        for part in _flat(element)
    )
    return PlotPicture(parts, cloud, frame, tuple(marks), title)


def write_picture(picture: PlotPicture, format: Literal["png", "svg"]) -> io.BytesIO:
    """Write a snapshot as PNG with 300 dpi, or as SVG in which only the points are an image."""
    figure = new_figure(*_SIZE)
    axes = figure.add_subplot()
    axes.set_title(picture.title, fontsize=10)
    for part, options, style in picture.parts:
        _draw(axes, part, style)
        _set_axes(axes, part, options)
    if picture.cloud is not None and picture.frame is not None:
        _draw_points(axes, picture.cloud, picture.frame)
    for mark in picture.marks:
        axes.plot(
            *zip(*mark.places, strict=True),
            mark.symbol,
            markersize=mark.size,
            markerfacecolor="none",
            markeredgecolor="black",
            linestyle="none",
            zorder=5,
        )
    axes.tick_params(direction="in", top=True, right=True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, frameon=False)
    written = io.BytesIO()
    figure.savefig(written, format=format, dpi=_DPI)
    written.seek(0)
    return written


def _flat(element: Any) -> Iterator[Any]:
    """Return the elements of a plot one by one."""
    if isinstance(element, hv.DynamicMap):
        element = element[()]
    if isinstance(element, hv.Overlay | hv.NdOverlay):
        for part in element:
            yield from _flat(part)
    else:
        yield element


def _set_axes(axes: Any, part: Any, options: dict[str, Any]) -> None:
    """Set the axes from the first part, and their directions from any part."""
    if not axes.get_xlabel() and not isinstance(part, hv.Text | hv.Labels) and len(part.dimensions()) > 1:
        x, y = part.dimensions()[:2]
        axes.set_xlabel(x.label.replace("\n", " "))
        axes.set_ylabel(y.label.replace("\n", " "))
    if options.get("logx"):
        axes.set_xscale("log")
    for key, limit in (("xlim", axes.set_xlim), ("ylim", axes.set_ylim)):
        if options.get(key) is not None:
            limit(*options[key])
    if options.get("invert_xaxis") and not axes.xaxis_inverted():
        axes.invert_xaxis()
    if options.get("invert_yaxis") and not axes.yaxis_inverted():
        axes.invert_yaxis()


def _draw_points(axes: Any, cloud: PointCloud, frame: Frame) -> None:
    width, height = int(_SIZE[0] * _DPI * 0.85), int(_SIZE[1] * _DPI * 0.85)
    image = shade_cloud(cloud, Frame(frame.x_range, frame.y_range, width, height), None)
    left, low, right, high = frame.bounds
    axes.imshow(image, extent=(left, right, low, high), origin="lower", aspect="auto", interpolation="none", zorder=1)
    axes.set_xlim(*((right, left) if axes.xaxis_inverted() else (left, right)))
    axes.set_ylim(*((high, low) if axes.yaxis_inverted() else (low, high)))
    if cloud.values is None:
        there = np.bincount(cloud.codes[cloud.codes >= 0], minlength=len(cloud.colours))
        for code, (name, colour) in enumerate(zip(cloud.names, cloud.colours, strict=False)):
            if there[code] and code not in cloud.hidden:
                axes.plot([], [], "o", color=colour, markersize=4, label=name)


def _draw(axes: Any, part: Any, style: dict[str, Any]) -> None:
    colour = style.get("color", style.get("line_color", "#444444"))
    if isinstance(part, hv.RGB):
        return  # the points, which are drawn separately with a higher resolution
    if isinstance(part, hv.Text | hv.Labels):
        from matplotlib.patheffects import withStroke

        places = (
            [part.data[:3]] if isinstance(part, hv.Text) else zip(*map(part.dimension_values, range(3)), strict=True)
        )
        for x, y, text in places:
            axes.text(
                x,
                y,
                text,
                color=style.get("text_color", colour),
                fontsize=8,
                ha="center",
                va="center",
                clip_on=True,
                zorder=4,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )
    elif isinstance(part, hv.Histogram):
        axes.stairs(part.dimension_values(1), part.edges, color=style.get("line_color"), label=part.label or None)
        axes.stairs(part.dimension_values(1), part.edges, fill=True, alpha=0.25, color=style.get("fill_color"))
    elif isinstance(part, hv.Segments):
        for x0, y0, x1, y1 in zip(*(part.dimension_values(i) for i in range(4)), strict=True):
            axes.plot([x0, x1], [y0, y1], color=colour, linewidth=0.9, zorder=2)
    elif isinstance(part, hv.Curve):
        dashes = "--" if style.get("line_dash") == "dashed" else "-"
        x, y = (np.asarray(part.dimension_values(i), dtype=float) for i in (0, 1))
        axes.plot(
            x,
            np.where(np.isfinite(y), y, np.nan),
            dashes,
            color=colour,
            alpha=style.get("alpha"),
            linewidth=style.get("line_width", 2) / 2,
            zorder=3,
            label=part.label or None,
        )
    elif isinstance(part, hv.Scatter | hv.Points):
        x, y = (np.asarray(part.dimension_values(i), dtype=float) for i in (0, 1))
        axes.plot(
            x,
            y,
            _MARKERS.get(style.get("marker", "circle"), "o"),
            color=colour,
            linestyle="none",
            markersize=4,
            zorder=3,
            label=part.label or None,
        )
    else:
        raise InvalidInputError(
            f"An element of type {type(part).__name__} cannot be exported. Use Points, Scatter, Curve, "
            "Segments, Histogram, Labels and Text, or save the plot from a notebook."
        )
