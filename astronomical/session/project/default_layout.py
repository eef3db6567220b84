"""Default panes and plot axes of a new project."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.uncertainties import is_error
from astronomical.config.schema import Config, FeaturesConfig, LayoutConfig, PaneConfig
from astronomical.plots.column_roles import DOMAIN_PLOTS, domain_plots
from astronomical.session.data.dataset import Dataset
from astronomical.session.project.arrangements import arranged

_N_PLOTS = 4


def default_layout(
    names: Sequence[str], axes: tuple[str, str] | None = None, domain: Mapping[str, Mapping[str, Any]] | None = None
) -> LayoutConfig:
    """Return the layout of a new project: learning, selected source and four plots, arranged for labelling.

    Parameters
    ----------
    names
        Columns and features that can be axes, the most useful first.
    axes
        Axes of the first plot; by default the first two names.
    domain
        Plots of the domain with their settings, by name; they take the places from the second on.
    """
    pairs = plot_axes(names, axes)
    plots = [("basic", {"x": x, "y": y}) for x, y in pairs]
    plots[1:1] = [(kind, dict(settings)) for kind, settings in (domain or {}).items()]
    shown: list[tuple[str, str, Mapping[str, Any]]] = [("learning", "learning", {}), ("source", "source", {})]
    shown += [(f"plot-{i + 1}", kind, settings) for i, (kind, settings) in enumerate(plots[:_N_PLOTS])]
    panes = [PaneConfig(id=id, kind=kind, x=0, y=0, w=1, h=1, settings=dict(settings)) for id, kind, settings in shown]
    return LayoutConfig(panes=arranged(panes, "labelling"), axes=pairs[0] if pairs else None)


def layout_for(config: Config, data: Dataset) -> LayoutConfig:
    """Return the layout that a new project would have; plots of the domain keep their settings."""
    shown = {pane.kind: pane.settings for pane in config.layout.panes}
    suiting = domain_plots(units_of(data.catalogue))
    domain = {kind: shown.get(kind, {}) for kind in DOMAIN_PLOTS if kind in shown or kind in suiting}
    return default_layout(names_for_axes(config.features, data.features.names), config.layout.axes, domain)


def names_for_axes(features: FeaturesConfig, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of features in the order in which they become axes: combinations, columns, values of vectors."""
    n_columns = len(dict.fromkeys(features.columns))
    n_plain = len(names) - sum(item.components or item.length for item in features.vectors)
    return (*names[n_columns:n_plain], *names[:n_columns], *names[n_plain:])


def units_of(catalogue: Catalogue) -> dict[str, str]:
    """Return the numeric columns of a catalogue with their units."""
    return {name: catalogue.info(name).unit for name in catalogue.numeric_columns}


def adapt_layout(
    layout: LayoutConfig, names: Sequence[str], known: Collection[str], axes: tuple[str, str] | None = None
) -> LayoutConfig:
    """Return the layout of another project, with axes that exist in this one.

    Parameters
    ----------
    layout
        The layout.
    names
        Columns and features that can be axes, the most useful first.
    known
        All columns and features that can be an axis.
    axes
        Axes of the first plot whose own axes do not exist here.
    """
    pairs = plot_axes(names, axes)
    given = iter(pairs)
    panes = []
    for pane in layout.panes:
        settings = pane.settings
        if pane.kind == "basic" and not {settings.get("x"), settings.get("y")} <= set(known):
            pair = next(given, None)
            others = {key: value for key, value in settings.items() if key not in ("x", "y")}
            settings = others if pair is None else {**others, "x": pair[0], "y": pair[1]}
        panes.append(pane.model_copy(update={"settings": settings}))
    first = layout.axes if layout.axes is not None and set(layout.axes) <= set(known) else None
    return layout.model_copy(update={"panes": tuple(panes), "axes": axes or first or (pairs[0] if pairs else None)})


def plot_axes(names: Sequence[str], axes: tuple[str, str] | None = None) -> list[tuple[str, str]]:
    """Return pairs of axes for the first plots: the requested ones, then colours of neighbouring bands, then others.

    For ``u-g``, ``u-r``, ``g-r`` and ``r-i``, these are ``u-g`` against ``g-r`` and ``g-r`` against ``r-i``. Errors
    are axes only if there is nothing else.
    """
    plain = [name for name in names if not is_error(name)]
    names = plain if len(plain) > 1 else names
    wished = [axes] if axes is not None else []
    colours = [name for i, name in enumerate(names) if "-" in name and _is_first_difference(name, names[:i])]
    steps = list(pairwise(colours))
    others = list(zip(names[::2], names[1::2], strict=False)) + list(combinations(names[:12], 2))
    return list(dict.fromkeys([*wished, *steps, *others]))[:_N_PLOTS]


def _is_first_difference(name: str, before: Sequence[str]) -> bool:
    """Return whether a difference is the first one of its minuend, as ``u-g`` comes before ``u-r``."""
    minuend = name.split("-")[0]
    return not any(other.split("-")[0] == minuend for other in before if "-" in other)
