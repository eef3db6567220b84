"""Create plots in a thread, because a plot of millions of sources would block the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import holoviews as hv
import numpy as np
from holoviews.plotting.util import initialize_dynamic
from numpy.typing import NDArray

from astronomical.dashboard.panes.plot.colouring import coloured
from astronomical.dashboard.panes.plot.errors import check_element, guard_updates
from astronomical.dashboard.panes.plot.plot_style import with_axes
from astronomical.dashboard.panes.plot.values import complete_counts, plot_data
from astronomical.errors import InvalidInputError
from astronomical.plots.axis_limits import USUAL_AXES, AxisChoices
from astronomical.plots.plot_data import CannotDrawError, Colouring, NeedsColumnsError, PlotData
from astronomical.plots.points import PointCloud
from astronomical.plugins.registry import Entry
from astronomical.session import Session
from astronomical.tasks import Workers, time_limit

__all__ = ["PlotRequest", "PlotResult", "make_plot", "plot_workers", "recoloured"]

#: Time in s after which a plot no longer blocks others of its kind.
_OVERTAKE_S = 5.0
#: Time in s after which a plot of a plugin is given up.
_GIVE_UP_S = 60.0


@dataclass(frozen=True)
class PlotRequest:
    """The user's choices for a plot.

    Parameters
    ----------
    columns
        The column or feature of each role.
    parameters
        Validated parameters of the plot.
    colour, statistic
        See `coloured`.
    hidden
        Names of the hidden classes.
    answers
        Answers to the questions of the plot.
    shading
        Transfer function of the points, a name from `shading.SHADINGS`.
    axes
        Choices for the axes.
    subset
        Name of a subset whose sources are drawn or highlighted; empty for all sources.
    fades
        Whether the other sources are faded instead of hidden.
    """

    columns: Mapping[str, str]
    parameters: Mapping[str, Any]
    colour: str
    statistic: str = "mean"
    hidden: frozenset[str] = frozenset()
    answers: Mapping[str, str] = field(default_factory=dict)
    shading: str = "mix"
    axes: AxisChoices = USUAL_AXES
    subset: str = ""
    fades: bool = False


@dataclass(frozen=True, eq=False)
class PlotResult:
    """An element, its data, and the number of sources of each class if it has no points."""

    element: hv.core.Dimensioned
    data: PlotData
    counts: tuple[int, ...] = ()


def plot_workers(session: Session, entry: Entry) -> Workers:
    """Return the threads for a plot. Built-in plots share their threads; each plot of a plugin has its own.

    A plot of a plugin that never returns can therefore block only panes with the same plot in the same project.
    """
    if entry.plugin is None:
        return Workers.of("plots", 4, overtake_s=_OVERTAKE_S)
    return Workers.of(
        ("plot", session.path, entry.extension.name), 2, overtake_s=_OVERTAKE_S, give_up_s=time_limit(_GIVE_UP_S)
    )


def make_plot(
    session: Session, entry: Entry, request: PlotRequest, on_error: Callable[[Exception], None]
) -> PlotResult:
    """Create a plot.

    Parameters
    ----------
    session
        The project.
    entry
        The plot.
    request
        The user's choices.
    on_error
        See `guard_updates`.

    Raises
    ------
    NeedsColumnsError, NeedsAnswersError, CannotDrawError
        With a message about what the user can do.
    Exception
        Any error that the plot itself raises.
    """
    try:
        inside = session.subsets.mask(request.subset) if request.subset else None
        colouring = _within(coloured(session, request.colour, request.statistic), request, inside)
    except InvalidInputError as error:
        raise CannotDrawError(str(error)) from error
    try:
        data = plot_data(
            session,
            entry.extension.option("columns", ()),
            request.columns,
            colouring,
            hidden=request.hidden,
            answers=request.answers,
            shading=request.shading,
            axes=request.axes,
            shown=None if request.fades else inside,
            highlighted=np.flatnonzero(inside) if inside is not None and request.fades else None,
        )
    except InvalidInputError as error:
        raise NeedsColumnsError(str(error)) from error
    if inside is not None:
        data.note(_about_subset(request, inside))
    element = entry.obj(data, **request.parameters)
    check_element(element, entry.obj)
    guard_updates(element, entry.obj, on_error, limited=entry.plugin is not None)
    initialize_dynamic(element)  # this also draws the first image
    for points in data.points_drawn:  # stored with the points, and needed as soon as they are shown
        points.source.data.limits()
        points.source.data.class_counts()
    counts_sources = not data.points_drawn and not entry.extension.option("follows_focus", False)
    if not data.points_drawn:
        element = with_axes(element)
    return PlotResult(element, data, tuple(complete_counts(data)) if counts_sources else ())


def recoloured(session: Session, cloud: PointCloud, request: PlotRequest) -> tuple[Colouring, PointCloud]:
    """Return the colouring of a request, and the points in its colours.

    Raises
    ------
    ValueError
        If a column does not exist or is not numeric.
    """
    inside = session.subsets.mask(request.subset) if request.subset else None
    colouring = _within(coloured(session, request.colour, request.statistic), request, inside)
    cloud = replace(
        cloud,
        codes=colouring.codes,
        colours=colouring.colours,
        names=colouring.names,
        values=colouring.values,
        scale=colouring.scale,
    )
    cloud.class_counts()
    return colouring, cloud


def _within(colouring: Colouring, request: PlotRequest, inside: NDArray[np.bool_] | None) -> Colouring:
    """Return a colouring in which sources outside the subset are not drawn, unless they are faded."""
    if inside is None or request.fades:
        return colouring
    return replace(colouring, codes=np.where(inside, colouring.codes, -1).astype(np.int16))


def _about_subset(request: PlotRequest, inside: NDArray[np.bool_]) -> str:
    n, what = int(np.count_nonzero(inside)), "highlighted" if request.fades else "only"
    return f"{what} {request.subset}: {n:,} of {len(inside):,} sources"
