"""What a plot of two columns shows: values of the axes, and the class of each source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.dashboard.panes.texts import unit_text
from astronomical.extend import Column
from astronomical.plots.data import Colouring, PlotData, label_text
from astronomical.session.arrangement import units_of
from astronomical.session.dataset import Dataset, catalogue_path
from astronomical.session.session import Session

__all__ = [
    "axis_label",
    "axis_names",
    "axis_unit",
    "axis_values",
    "catalogue_colouring",
    "complete_counts",
    "human_colouring",
    "plot_data",
]

UNKNOWN, UNLABELLED = "unknown", "not labelled"


def axis_names(data: Dataset) -> list[str]:
    """Return the names that can stand at an axis: numeric columns, then features that are no columns."""
    columns = data.catalogue.numeric_columns
    there = set(columns)
    return [*columns, *(name for name in data.features.names if name not in there)]


def axis_values(data: Dataset, name: str) -> NDArray[np.float32]:
    """Return a column or a feature of all sources, in its own units even where learners see it scaled.

    Raises
    ------
    ValueError
        If there is no such column or feature, or it holds no numbers.
    """
    features = data.features
    if name in data.catalogue.numeric_columns:
        column: NDArray[np.float32] = data.catalogue.number(name)
        return column
    if name not in features.names:
        raise ValueError(f"The catalogue has no numeric column {name!r}, and there is no such feature.")
    place = features.names.index(name)
    values: NDArray[np.float32] = features.values[place]
    if features.means is None or features.scales is None:
        return values
    natural: NDArray[np.float32] = (values * features.scales[place] + features.means[place]
                                    ).astype(np.float32)
    return natural


def axis_unit(data: Dataset, name: str) -> str:
    """Return the unit of a column as people write it; empty where the file states none, and for features."""
    if name in data.catalogue.numeric_columns:
        return unit_text(data.catalogue.info(name).unit)
    return ""


def axis_label(data: Dataset, name: str) -> str:
    """Return the name with its unit, where the file states one."""
    return label_text(name, axis_unit(data, name))


def catalogue_colouring(data: Dataset, colours: Mapping[str, str]) -> Colouring:
    """Return the classes by catalogue label."""
    return _colouring(data.codes, data.class_names, colours, UNKNOWN)


def human_colouring(data: Dataset, colours: Mapping[str, str], labels: Mapping[str, str]) -> Colouring:
    """Return the classes by human label, given by id."""
    codes = np.full(data.catalogue.n_rows, -1, dtype=np.int16)
    known = [id for id, name in labels.items() if name in data.class_names and id in data.catalogue]
    codes[data.catalogue.rows_of(known)] = [data.class_names.index(labels[id]) for id in known]
    return _colouring(codes, data.class_names, colours, UNLABELLED)


def _colouring(codes: NDArray[np.int16], names: tuple[str, ...], colours: Mapping[str, str], rest: str) -> Colouring:
    known = np.where(codes < 0, np.int16(len(names)), codes).astype(np.int16)
    return Colouring(known, (*names, rest), (*(colours.get(name, UNKNOWN_COLOUR) for name in names), UNKNOWN_COLOUR))


def complete_counts(data: PlotData) -> list[int]:
    """Return how many sources of each class have all columns of a plot."""
    there = np.ones(len(data.colouring.codes), dtype=np.bool_)
    for values in data.values.values():
        if values is not None:
            there &= np.isfinite(values)
    found: list[int] = np.bincount(data.colouring.codes[there & (data.colouring.codes >= 0)],
                                   minlength=len(data.colouring.names)).tolist()
    return found


def plot_data(session: Session, columns: Sequence[Column], chosen: Mapping[str, str], colouring: Colouring,
              **extra: Any) -> PlotData:
    """Return what a plot is made from.

    Parameters
    ----------
    session
        The project shown.
    columns
        The roles of the plot.
    chosen
        The column or feature of each role; a role without one is left out.
    colouring
        The classes of the sources.
    **extra
        Further attributes of `PlotData`.

    Raises
    ------
    ValueError
        If a column is not there or holds no numbers.
    """
    data = session.dataset
    names = {column.name: chosen.get(column.name, "") for column in columns}
    focus = session.state.focus
    return PlotData(
        values={role: axis_values(data, name) if name else None for role, name in names.items()},
        colouring=colouring,
        names={role: name for role, name in names.items() if name},
        units={role: axis_unit(data, name) for role, name in names.items() if name},
        selected=data.catalogue.row(focus) if focus is not None else None,
        position=data.catalogue.position,
        columns=units_of(data.catalogue),
        read=lambda name: axis_values(data, name),
        folders=(catalogue_path(session.state.config.catalogue, session.path.parent).parent, session.path.parent),
        **extra,
    )
