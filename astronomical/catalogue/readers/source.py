"""Base class of tables on disk, whose columns are read when requested."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, unknown_column
from astronomical.catalogue.readers.limits import (
    memory_limit,
    refuse_beyond_memory,
    refuse_many_columns,
    unpacked_limit,
)
from astronomical.catalogue.string_arrays import as_text

__all__ = ["ColumnInfo", "Kind", "TableSource", "refuse_long_texts", "unique_names"]

Kind = Literal["float", "integer", "text", "bool", "vector"]

#: Texts have a fixed width in memory, so one very long text would use its length in every row.
_MAX_TEXT_BYTES = 2**31
#: Minimum average size of a value in memory, in bytes.
_MIN_VALUE_BYTES = 4


@dataclass(frozen=True)
class ColumnInfo:
    """Description of a column in a file.

    Parameters
    ----------
    name
        Name of the column.
    kind
        ``float``, ``integer``, ``text``, ``bool``, or ``vector`` for anything with more than one
        number in a row, which `TableSource.read` does not read.
    unit, description, ucd
        As in the file; empty if not given.
    length
        Number of values in each row of a vector that `TableSource.vector_blocks` can read; otherwise 0.
    """

    name: str
    kind: Kind
    unit: str = ""
    description: str = ""
    ucd: str = ""
    length: int = 0


class TableSource(ABC):
    """A table on disk. Each format is one subclass.

    Parameters
    ----------
    path
        Path of the file.
    n_rows
        Number of rows.
    columns
        The columns, in the order of the file. A boolean column ``x.mask``, as written by astropy, is the mask of
        column ``x`` and is not listed.

    Attributes
    ----------
    format : str
        Name of the format.
    notes : tuple of str
        Sentences about parts of the table that cannot be read, with the reason and what to do.
    incomplete : str or None
        Sentence that says that rows are missing, if the file says so.
    meta : mapping
        Metadata of the table, if the reader supports them.
    computed : frozenset of str
        Columns that are computed from others, in which no value is a missing-value code.
    """

    format: ClassVar[str]
    notes: tuple[str, ...] = ()
    incomplete: str | None = None
    meta: Mapping[str, str | float | bool] = MappingProxyType({})
    computed: frozenset[str] = frozenset()

    def __init__(self, path: Path, n_rows: int, columns: Iterable[ColumnInfo]) -> None:
        self.path = path
        self.n_rows = n_rows
        self._n_bytes = path.stat().st_size if path.exists() else 0
        given = tuple(columns)
        refuse_many_columns(path.name, len(given))
        names = {column.name for column in given}
        self._masks = {
            column.name.removesuffix(".mask"): column.name
            for column in given
            if column.kind == "bool" and column.name.removesuffix(".mask") in names - {column.name}
        }
        self.columns = tuple(column for column in given if column.name not in self._masks.values())

    @property
    def n_whole(self) -> int:
        """Number of rows in the files; `n_rows` is smaller if only some of them are read."""
        return self.n_rows

    @cached_property
    def _by_name(self) -> dict[str, ColumnInfo]:
        return {column.name: column for column in self.columns}

    def info(self, name: str) -> ColumnInfo:
        """Return the description of a column.

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
        return self._checked(names, self.n_rows, self._read)

    def read_text(self, names: Iterable[str]) -> dict[str, NDArray[np.str_]]:
        """Read columns as texts: unchanged from a text file, else as formatted by `as_text`."""
        return self._checked(names, self.n_rows, self._read_text)

    def read_bytes(self, name: str) -> NDArray[np.bytes_] | None:
        """Read a column as texts in UTF-8 without padding, fast; None if it has to be read by `read_text`."""
        return None

    def read_head(self, names: Iterable[str], n_rows: int) -> dict[str, NDArray[Any]]:
        """Read the first rows of columns, without reading the rest if the format allows it."""
        return self._checked(names, n_rows, lambda wanted: self._read_head(wanted, n_rows))

    def vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """Read a column of vectors in blocks of rows, so that never the whole column is in memory.

        Parameters
        ----------
        name
            Name of the column.

        Yields
        ------
        tuple
            Row numbers of the file, shape (n,), and the vectors of these rows, shape (n, length), with values that are
            missing or infinite as NaN. Rows that are not yielded have no vector.

        Raises
        ------
        CatalogueError
            If the column does not exist, its vectors differ in length, or it cannot be read.
        """
        if not self.info(name).length:
            raise CatalogueError(f"Column {name!r} does not have the same number of values in each row")
        try:
            for rows, block in self._vector_blocks(name):
                with np.errstate(over="ignore"):
                    vectors = np.array(np.ma.getdata(block), dtype=np.float32)
                vectors[np.ma.getmaskarray(block) | ~np.isfinite(vectors)] = np.nan
                yield rows, vectors
        except CatalogueError:
            raise
        # The libraries below raise many kinds of error for a damaged file.
        except Exception as error:
            raise CatalogueError(f"{self.path.name}: reading {name} failed: {error}") from error

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        """Read a column of vectors that exists; values may be masked."""
        raise CatalogueError(f"The vectors of column {name!r} cannot be read from this file")

    def _checked(
        self, names: Iterable[str], n_rows: int, read: Callable[[list[str]], dict[str, NDArray[Any]]]
    ) -> dict[str, NDArray[Any]]:
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            if self.info(name).kind == "vector":
                raise CatalogueError(f"Column {name!r} has more than one number in each row and cannot be used")
        masks = [self._masks[name] for name in wanted if name in self._masks]
        # Check the declared size before allocating memory. Texts are checked when their width is known.
        refuse_beyond_memory(
            f"{self.path.name}: {len(wanted)} columns in {n_rows:,} rows",
            n_rows * (len(wanted) + len(masks)) * _MIN_VALUE_BYTES,
        )
        self._refuse_growth(n_rows)
        try:
            values = read([*wanted, *masks]) if wanted else {}
            return {
                name: _masked(values[name], values[self._masks[name]]) if name in self._masks else values[name]
                for name in wanted
            }
        except CatalogueError:
            raise
        # The libraries below raise many kinds of error for a damaged file.
        except Exception as error:
            raise CatalogueError(f"{self.path.name}: reading {', '.join(wanted)} failed: {error}") from error

    def _refuse_growth(self, n_rows: int) -> None:
        """Refuse a file that declares far more values than it can hold: some formats store none for an empty part."""
        n_values, limit = n_rows * len(self.columns), unpacked_limit(self._n_bytes)
        if n_values > limit:
            raise CatalogueError(
                f"{self.path.name} declares {n_values:,} values ({n_rows:,} rows), but has only "
                f"{self._n_bytes / 1e6:,.3f} MB; at most {limit:,} values are read from a file of this "
                "size. The file is damaged or mostly empty: download it again, or save it without the empty rows"
            )

    @abstractmethod
    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        """Read columns that exist and are not vectors."""

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
    """Make column names unique and not empty, by appending numbers."""
    made: list[str] = []
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for position, given in enumerate(names, 1):
        # A name that is not UTF-8 may hold halves of characters, which no file can hold.
        whole = given.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        stem = name = whole.strip() or f"col{position}"
        while name in taken:
            counts[stem] = counts.get(stem, 1) + 1
            name = f"{stem}_{counts[stem]}"
        taken.add(name)
        made.append(name)
    return made


def refuse_long_texts(name: str, n_rows: int, width: int) -> None:
    """Refuse a column of texts that would not fit in memory.

    Raises
    ------
    CatalogueError
        If the texts at their common width would take more than two gigabytes, or than `memory_limit`.
    """
    if n_rows * width * 4 > min(_MAX_TEXT_BYTES, memory_limit()):
        raise CatalogueError(
            f"Column {name!r} has texts of up to {width:,} characters in {n_rows:,} rows, which do not fit "
            "in memory; shorten the texts or remove the column"
        )
