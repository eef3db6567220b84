"""Tables within HDF5 files, and those that vaex writes."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import h5py

from astronomical.catalogue.readers.hdf5_links import Contents
from astronomical.catalogue.readers.hdf5_texts import Place
from astronomical.catalogue.readers.short_vectors import is_spread, part_names
from astronomical.catalogue.readers.source import Kind

__all__ = ["Column", "Table", "kind_of", "spread", "vaex_tables"]

#: Datasets beside the values of a column of vaex: places of its texts, and masks.
_PARTS = ("indices", "null_bitmap", "mask")


@dataclass(frozen=True)
class Column:
    """A column: its name, and where its values are."""

    name: str
    at: Place
    kind: Kind
    #: What of it cannot be had: ``name``, ``values`` (objects of Python) or ``categories``; empty if nothing.
    lacks: str = ""
    #: The vector of which it is a value.
    of: str = ""
    #: Number of values in each row of a vector of numbers; 0 for other columns.
    length: int = 0


@dataclass(frozen=True)
class Table:
    """A table of the file: its path, and its columns, in the order of the file."""

    path: str
    n_rows: int
    columns: tuple[Column, ...]
    #: Why the table cannot be used at all.
    refusal: str = ""

    def describe(self) -> str:
        """Return its path and size, to display."""
        return f"{self.path} ({self.n_rows:,} rows x {len(self.columns)} columns)"


def kind_of(dtype: Any) -> Kind:
    """Return the kind of a column for a type of HDF5."""
    if h5py.check_string_dtype(dtype) is not None:
        return "text"
    if dtype.shape or dtype.kind not in "biufSU":
        return "vector"
    kinds: dict[str, Kind] = {"b": "bool", "i": "integer", "u": "integer", "f": "float"}
    return kinds.get(dtype.kind, "text")


def spread(column: Column, shape: tuple[int, ...], taken: Collection[str]) -> list[Column]:
    """Return the columns of the values of a short vector, and any other column itself.

    Parameters
    ----------
    column
        The column, of the kind of its single values.
    shape
        Shape of a single row; empty for plain numbers and texts.
    taken
        Names of the columns of the table.
    """
    if not shape:
        return [column]
    if column.kind in ("text", "vector"):
        return [replace(column, kind="vector")]
    if len(shape) > 1 or not is_spread(shape[0]):
        return [replace(column, kind="vector", length=math.prod(shape))]
    return [
        replace(column, name=name, at=replace(column.at, place=place), of=column.name)
        for place, name in enumerate(part_names(column.name, shape[0], taken))
    ]


def vaex_tables(contents: Contents) -> list[Table]:
    """Return the tables of vaex, in which each column is a group with a dataset ``data``."""
    tables: dict[str, list[tuple[str, Any]]] = {}
    for name, item in contents.objects.items():
        parts = name.rsplit("/", 3)
        if len(parts) == 4 and parts[1] == "columns" and parts[3] == "data" and isinstance(item, h5py.Dataset):
            tables.setdefault(parts[0], []).append((parts[2], item))
    found = []
    for path, items in tables.items():
        columns = []
        for name, data in items:
            # Texts have indices into their letters, and columns with missing values a mask.
            beside = {f"{path}/columns/{name}/{part}" for part in _PARTS}
            plain = data.ndim == 1 and not beside & contents.objects.keys()
            lacks = "" if plain or data.ndim > 1 else "vaex"
            columns.append(
                Column(name, Place(f"{path}/columns/{name}/data"), kind_of(data.dtype) if plain else "vector", lacks)
            )
        lengths = {data.shape[0] for (_, data), column in zip(items, columns, strict=True) if column.kind != "vector"}
        if len(lengths) == 1:
            found.append(Table(path or "/", lengths.pop(), tuple(columns)))
    return found
