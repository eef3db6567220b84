"""Data of a plot: values of the axes, and the class of each source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.dashboard.ui.formatting import unit_text
from astronomical.errors import InvalidInputError
from astronomical.extend import Column
from astronomical.plots.plot_data import Colouring, PlotData, label_text
from astronomical.session import Session
from astronomical.session.data.catalogue_paths import catalogue_path
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.feature_recipe import natural_feature
from astronomical.session.project.default_layout import units_of

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
    """Return the possible names of an axis: numeric columns, then features that are not columns."""
    columns = data.catalogue.numeric_columns
    there = set(columns)
    return [*columns, *(name for name in data.features.names if name not in there)]


def axis_values(data: Dataset, name: str) -> NDArray[np.float32]:
    """Return a column or a feature of all sources, in its original units even if it is scaled for the learners.

    Raises
    ------
    ValueError
        If there is no such column or feature, or it is not numeric.
    """
    features = data.features
    if name in data.catalogue.numeric_columns:
        column: NDArray[np.float32] = data.catalogue.number(name)
        return column
    if name not in features.names:
        raise InvalidInputError(f"There is no numeric column or feature {name!r}.")
    return natural_feature(features, name)


def axis_unit(data: Dataset, name: str) -> str:
    """Return the formatted unit of a column; empty if the file has none, and for features."""
    if name in data.catalogue.numeric_columns:
        return unit_text(data.catalogue.info(name).unit)
    return ""


def axis_label(data: Dataset, name: str) -> str:
    """Return the name, with the unit if the file has one."""
    return label_text(name, axis_unit(data, name))


def catalogue_colouring(data: Dataset, colours: Mapping[str, str]) -> Colouring:
    """Return a colouring by catalogue label."""
    return _colouring(data.codes, data.class_names, colours, UNKNOWN)


def human_colouring(data: Dataset, colours: Mapping[str, str], labels: Mapping[str, str]) -> Colouring:
    """Return a colouring by human label, given by id."""
    codes = np.full(data.catalogue.n_rows, -1, dtype=np.int16)
    known = [id for id, name in labels.items() if name in data.class_names and id in data.catalogue]
    codes[data.catalogue.rows_of(known)] = [data.class_names.index(labels[id]) for id in known]
    return _colouring(codes, data.class_names, colours, UNLABELLED)


def _colouring(codes: NDArray[np.int16], names: tuple[str, ...], colours: Mapping[str, str], rest: str) -> Colouring:
    known = np.where(codes < 0, np.int16(len(names)), codes).astype(np.int16)
    return Colouring(known, (*names, rest), (*(colours.get(name, UNKNOWN_COLOUR) for name in names), UNKNOWN_COLOUR))


def complete_counts(data: PlotData) -> list[int]:
    """Return the number of sources of each class that have values in all columns of a plot."""
    there = np.ones(len(data.colouring.codes), dtype=np.bool_)
    for values in data.values.values():
        if values is not None:
            there &= np.isfinite(values)
    found: list[int] = np.bincount(
        data.colouring.codes[there & (data.colouring.codes >= 0)], minlength=len(data.colouring.names)
    ).tolist()
    return found


def plot_data(
    session: Session, columns: Sequence[Column], chosen: Mapping[str, str], colouring: Colouring, **extra: Any
) -> PlotData:
    """Return the data of a plot.

    Parameters
    ----------
    session
        The project shown.
    columns
        The roles of the plot.
    chosen
        The column or feature of each role. Roles without one are omitted.
    colouring
        The classes of the sources.
    **extra
        Further attributes of `PlotData`.

    Raises
    ------
    ValueError
        If a column does not exist or is not numeric.
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
