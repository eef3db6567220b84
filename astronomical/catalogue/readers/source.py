"""A table on disk whose columns are read when they are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, unknown_column
from astronomical.catalogue.texts import as_text

__all__ = ["ColumnInfo", "Kind", "TableSource", "refuse_long_texts", "unique_names"]

Kind = Literal["float", "integer", "text", "bool", "vector"]

#: Texts are held at a fixed width, so that one very long text would cost its length in every row.
_MAX_TEXT_BYTES = 2**31


@dataclass(frozen=True)
class ColumnInfo:
    """What a file says about a column.

    Parameters
    ----------
    name
        Name of the column.
    kind
        ``float``, ``integer``, ``text``, ``bool``, or ``vector`` for anything with more than one
        number in a row, which can be listed but not read.
    unit, description, ucd
        As they stand in the file; empty where it says nothing.
    """

    name: str
    kind: Kind
    unit: str = ""
    description: str = ""
    ucd: str = ""


class TableSource(ABC):
    """A table on disk. Each format is one subclass.

    Parameters
    ----------
    path
        Where the file lies.
    n_rows
        Number of rows.
    columns
        The columns, in the order of the file. A column ``x.mask`` of booleans beside ``x``, as astropy writes it, says
        where ``x`` is missing and is no column of its own.

    Attributes
    ----------
    format : str
        Name of the format.
    notes : tuple of str
        What of the table cannot be had, why, and what to do about it, in sentences.
    """

    format: ClassVar[str]
    notes: tuple[str, ...] = ()

    def __init__(self, path: Path, n_rows: int, columns: Iterable[ColumnInfo]) -> None:
        self.path = path
        self.n_rows = n_rows
        given = tuple(columns)
        names = {column.name for column in given}
        self._masks = {column.name.removesuffix(".mask"): column.name for column in given
                       if column.kind == "bool" and column.name.removesuffix(".mask") in names - {column.name}}
        self.columns = tuple(column for column in given if column.name not in self._masks.values())

    @cached_property
    def _by_name(self) -> dict[str, ColumnInfo]:
        return {column.name: column for column in self.columns}

    def info(self, name: str) -> ColumnInfo:
        """Return what is known of a column.

        Raises
        ------
        CatalogueError
            If there is no such column.
        """
        if name not in self._by_name:
            raise unknown_column(name, self._by_name)
        return self._by_name[name]

    def read(self, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Read columns.

        Parameters
        ----------
        names
            Names of the columns.

        Returns
        -------
        dict
            One array per name, in the order of the file. Floats are float32 or float64 with missing
            values as NaN; integers keep their type and are masked where some are missing; texts are
            of dtype ``U``, without padding and empty where missing.

        Raises
        ------
        CatalogueError
            If a column does not exist, is a vector, or cannot be read.
        """
        return self._checked(names, self._read)

    def read_text(self, names: Iterable[str]) -> dict[str, NDArray[np.str_]]:
        """Read columns as texts: as they stand where the file is one of text, else as `as_text` writes them."""
        return self._checked(names, self._read_text)

    def read_head(self, names: Iterable[str], n_rows: int) -> dict[str, NDArray[Any]]:
        """Read the first rows of columns, without reading the rest where the format allows it."""
        return self._checked(names, lambda wanted: self._read_head(wanted, n_rows))

    def _checked(self, names: Iterable[str],
                 read: Callable[[list[str]], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            if self.info(name).kind == "vector":
                raise CatalogueError(f"Column {name!r} holds more than one number in each row and cannot be used")
        masks = [self._masks[name] for name in wanted if name in self._masks]
        try:
            values = read([*wanted, *masks]) if wanted else {}
            return {name: _masked(values[name], values[self._masks[name]]) if name in self._masks else values[name]
                    for name in wanted}
        except CatalogueError:
            raise
        # The libraries below raise many kinds of error for a damaged file.
        except Exception as error:
            raise CatalogueError(f"{self.path.name}: reading {', '.join(wanted)} failed: {error}") from error

    @abstractmethod
    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        """Read columns that exist and are no vectors."""

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        return {name: values[:n_rows] for name, values in self._read(names).items()}

    def _read_text(self, names: list[str]) -> dict[str, NDArray[np.str_]]:
        return {name: as_text(values) for name, values in self._read(names).items()}


def _masked(values: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    missing = np.asarray(mask) == "True" if mask.dtype.kind == "U" else np.asarray(mask, dtype=np.bool_)
    if values.dtype.kind == "U":
        return np.where(missing, "", values)
    if values.dtype.kind == "f":
        return np.where(missing, values.dtype.type(np.nan), values)
    return np.ma.MaskedArray(values, mask=np.ma.getmaskarray(values) | missing)


def unique_names(names: Iterable[str]) -> list[str]:
    """Return usable names of columns: none empty, and a number added where two are the same."""
    made: list[str] = []
    taken: set[str] = set()
    for position, given in enumerate(names, 1):
        stem = name = given.strip() or f"col{position}"
        count = 1
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name)
        made.append(name)
    return made


def refuse_long_texts(name: str, n_rows: int, width: int) -> None:
    """Refuse a column of texts that would not fit in memory.

    Raises
    ------
    CatalogueError
        If the texts at their common width would take more than two gigabytes.
    """
    if n_rows * width * 4 > _MAX_TEXT_BYTES:
        raise CatalogueError(f"Column {name!r} holds texts of up to {width:,} characters in {n_rows:,} rows, too much "
                             "to keep in memory; shorten them or leave the column out")
