"""What a plot of two columns shows: values of the axes, and the class of each source."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.dashboard.panes.texts import unit_text
from astronomical.plots.points import PointCloud
from astronomical.session.dataset import Dataset

__all__ = ["Colouring", "axis_label", "axis_names", "axis_values", "catalogue_colouring", "cloud_of", "human_colouring"]

#: A vertical label of more characters does not fit beside the smallest plot.
_LONG_LABEL = 22
UNKNOWN, UNLABELLED = "unknown", "not labelled"


@dataclass(frozen=True, eq=False)
class Colouring:
    """A class for every source, and the colours of the classes.

    Attributes
    ----------
    codes
        Place of the class of each source in `names`, shape (n_rows,).
    names, colours
        The classes; the last one gathers the sources without a label.
    """

    codes: NDArray[np.int16]
    names: tuple[str, ...]
    colours: tuple[str, ...]


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


def axis_label(data: Dataset, name: str) -> str:
    """Return the name with its unit, where the file states one; a long label takes two lines."""
    unit = data.catalogue.info(name).unit if name in data.catalogue.numeric_columns else ""
    if not unit:
        return name
    label = f"{name} ({unit_text(unit)})"
    return label if len(label) <= _LONG_LABEL else f"{name}\n({unit_text(unit)})"


def catalogue_colouring(data: Dataset, colours: Mapping[str, str]) -> Colouring:
    """Return the classes by catalogue label."""
    return _colouring(data.codes, data.class_names, colours, UNKNOWN)


def human_colouring(data: Dataset, colours: Mapping[str, str], labels: Mapping[str, str]) -> Colouring:
    """Return the classes by human label, given by id."""
    codes = np.full(data.catalogue.n_rows, -1, dtype=np.int16)
    for id, name in labels.items():
        if name in data.class_names and id in data.catalogue:
            codes[data.catalogue.row(id)] = data.class_names.index(name)
    return _colouring(codes, data.class_names, colours, UNLABELLED)


def cloud_of(x: NDArray[np.float32], y: NDArray[np.float32], colouring: Colouring,
             hidden: Collection[str] = ()) -> PointCloud:
    """Return the points to draw, without the classes that are hidden."""
    codes = colouring.codes
    out = [place for place, name in enumerate(colouring.names) if name in hidden]
    if out:
        codes = np.where(np.isin(codes, out), np.int16(-1), codes)
    return PointCloud(x, y, codes, colouring.colours, colouring.names)


def _colouring(codes: NDArray[np.int16], names: tuple[str, ...], colours: Mapping[str, str], rest: str) -> Colouring:
    known = np.where(codes < 0, np.int16(len(names)), codes).astype(np.int16)
    return Colouring(known, (*names, rest), (*(colours.get(name, UNKNOWN_COLOUR) for name in names), UNKNOWN_COLOUR))
