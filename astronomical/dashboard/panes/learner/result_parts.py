"""Parts of the tabs that show results of a learner: texts with numbers, and charts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import panel as pn
from bokeh.models import Range1d
from bokeh.plotting import figure

from astronomical.dashboard.panes.plot.plot_style import save_room
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.session import Session
from astronomical.session.data.population import population_lines

__all__ = ["chart", "chart_pane", "legend_above", "paragraphs", "population_of", "result_text"]

_STYLE = """
:host { font-size: 12.5px; line-height: 1.35; font-variant-numeric: tabular-nums; }
p { margin: 2px 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; }
th { font-weight: 400; text-align: left; padding: 1px 14px 1px 0; opacity: 0.75; }
td { padding: 1px 14px 1px 0; white-space: nowrap; }
td:first-child { font-weight: 600; }
"""


def result_text() -> Html:
    """Return an empty pane for paragraphs and tables of numbers."""
    return Html(margin=(2, 8), sizing_mode="stretch_width", stylesheets=[_STYLE])


def paragraphs(lines: Iterable[str]) -> Markup:
    """Return texts as paragraphs, escaped."""
    return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)


def population_of(session: Session) -> tuple[str, ...]:
    """Return one line that names the sources on which scores are based; nothing if these are all of the catalogue."""
    return population_lines(session.state.config, session.dataset)


def chart(x_label: str, y_label: str | None = None, *, fractions: str = "") -> figure:
    """Return an empty chart.

    Parameters
    ----------
    x_label, y_label
        Titles of the axes.
    fractions
        The axes that show values from 0 to 1: ``x``, ``y`` or both.
    """
    ranges: dict[str, Any] = {f"{axis}_range": Range1d(0, 1.02 if axis == "y" else 1) for axis in fractions}
    plot = figure(
        sizing_mode="stretch_both",
        x_axis_label=x_label,
        y_axis_label=y_label,
        tools="pan,wheel_zoom,box_zoom,reset,save",
        min_height=120,
        min_border=4,
        **ranges,
    )
    save_room(plot)
    return plot


def legend_above(plot: figure) -> None:
    """Put the legend of a chart above it, in one row."""
    plot.legend.orientation = "horizontal"
    plot.legend.border_line_color = None
    plot.legend.margin = plot.legend.padding = 0
    plot.add_layout(plot.legend[0], "above")


def chart_pane(plot: figure) -> pn.pane.Bokeh:
    """Return a chart as a part of the page."""
    return pn.pane.Bokeh(plot, sizing_mode="stretch_both", margin=0)
