"""How a plot is made: in a thread, since millions of sources take longer than a page may stand still."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import holoviews as hv
from holoviews.plotting.util import initialize_dynamic

from astronomical.dashboard.panes.plot_colour import coloured
from astronomical.dashboard.panes.plot_data import complete_counts, plot_data
from astronomical.dashboard.panes.plot_errors import check_element, guard_updates
from astronomical.plots.data import CannotDrawError, Colouring, NeedsColumnsError, PlotData
from astronomical.plots.points import PointCloud
from astronomical.plugins.registry import Entry
from astronomical.session.session import Session

__all__ = ["MadePlot", "Wish", "make_plot", "recoloured"]


@dataclass(frozen=True)
class Wish:
    """What the user has chosen for a plot.

    Parameters
    ----------
    columns
        The column or feature of each role.
    parameters
        Parameters of the plot, checked.
    colour, statistic
        See `coloured`.
    hidden
        Names of the classes that are switched off.
    answers
        To what the plot has asked.
    """

    columns: Mapping[str, str]
    parameters: Mapping[str, Any]
    colour: str
    statistic: str = "mean"
    hidden: frozenset[str] = frozenset()
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class MadePlot:
    """An element, what it was made from, and how many sources of each class it shows if it has no points."""

    element: hv.core.Dimensioned
    data: PlotData
    counts: tuple[int, ...] = ()


def make_plot(session: Session, entry: Entry, wish: Wish, on_error: Callable[[Exception], None]) -> MadePlot:
    """Call a plot.

    Parameters
    ----------
    session
        The project.
    entry
        The plot.
    wish
        What the user has chosen.
    on_error
        See `guard_updates`.

    Raises
    ------
    NeedsColumnsError, NeedsAnswersError, CannotDrawError
        With what the user can do about it.
    Exception
        Whatever the plot itself raises: its author's mistake.
    """
    try:
        colouring = coloured(session, wish.colour, wish.statistic)
    except ValueError as error:
        raise CannotDrawError(str(error)) from error
    try:
        data = plot_data(session, entry.extension.option("columns", ()), wish.columns, colouring, hidden=wish.hidden,
                         answers=wish.answers)
    except ValueError as error:
        raise NeedsColumnsError(str(error)) from error
    element = entry.obj(data, **wish.parameters)
    check_element(element, entry.obj)
    guard_updates(element, entry.obj, on_error)
    initialize_dynamic(element)  # the first image is drawn here too
    for points in data.points_drawn:  # kept with the points, and wanted as soon as they are shown
        points.source.data.limits()
        points.source.data.class_counts()
    counts_sources = not data.points_drawn and not entry.extension.option("follows_focus", False)
    return MadePlot(element, data, tuple(complete_counts(data)) if counts_sources else ())


def recoloured(session: Session, cloud: PointCloud, colour: str, statistic: str) -> tuple[Colouring, PointCloud]:
    """Return a colouring, and the same points in its colours.

    Raises
    ------
    ValueError
        If a column is not there, or holds no numbers.
    """
    colouring = coloured(session, colour, statistic)
    cloud = replace(cloud, codes=colouring.codes, colours=colouring.colours, names=colouring.names,
                    values=colouring.values, scale=colouring.scale)
    cloud.class_counts()
    return colouring, cloud
