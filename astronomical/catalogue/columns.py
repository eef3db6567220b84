"""The columns of a catalogue in the order of its ids, read when they are first used."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.compact_columns import Categories, MemoryUse, is_exact, smaller
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import TableSource
from astronomical.catalogue.string_arrays import as_text, parse_numbers
from astronomical.catalogue.vectors import VectorBlocks, vector_keys

__all__ = ["Columns", "frozen", "numeric_values"]

_MISSING = "—"


class Columns:
    """Columns of a table on disk. All returned arrays are read-only.

    Parameters
    ----------
    source
        The table on disk.
    order
        Row numbers of the file in the order of the ids.
    missing
        Missing-value codes.
    exact
        Columns that are not compressed in memory. None stores all columns as they are in the file.
    """

    def __init__(
        self,
        source: TableSource,
        order: NDArray[np.intp],
        missing: Iterable[float] = (),
        exact: Collection[str] | None = None,
    ) -> None:
        self._source, self._order, self._exact = source, order, exact
        self._missing = np.array(tuple(missing), dtype=np.float32)
        self._kept: dict[str, NDArray[Any] | Categories] = {}
        self._numbers: dict[str, NDArray[np.float32]] = {}
        self._texts: dict[str, NDArray[np.str_]] = {}
        self._vector_keys: dict[str, NDArray[np.uint64]] = {}
        self._n_bytes_before: dict[str, int] = {}

    @property
    def order(self) -> NDArray[np.intp]:
        """Row numbers of the file in the order of the ids."""
        return self._order

    def in_memory(self, exact: Collection[str] | None) -> Columns:
        """Return the same columns with another way of storing them in memory."""
        made = Columns(self._source, self._order, self._missing, exact)
        made._numbers = dict(self._numbers)
        made._vector_keys = dict(self._vector_keys)
        return made

    @property
    def memory(self) -> MemoryUse:
        """Memory used by the columns that were read."""
        kept = dict(self._kept)
        return MemoryUse(
            len(kept), sum(values.nbytes for values in kept.values()), sum(self._n_bytes_before[name] for name in kept)
        )

    def sorted(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sort values by id."""
        return frozen(values[self._order])

    def prefetch(self, names: Iterable[str]) -> None:
        """Read several numeric columns at once, which is faster than one at a time."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._numbers and name not in self._kept]
        for name, values in self._source.read(wanted).items():
            self._numbers[name] = self._as_numbers(name, self.sorted(values))

    def raw(self, name: str) -> NDArray[Any]:
        """Return a column as it is in the file."""
        kept = self._keep(name)
        return frozen(kept[:]) if isinstance(kept, Categories) else kept

    def number(self, name: str) -> NDArray[np.float32]:
        """Return a column as numbers."""
        if name not in self._numbers:
            values = self.raw(name) if name in self._kept else self.sorted(self._source.read([name])[name])
            self._numbers[name] = self._as_numbers(name, values)
        return self._numbers[name]

    def double(self, name: str) -> NDArray[np.float64]:
        """Return a column as numbers in double precision, read from the file again."""
        missing = np.isnan(self.number(name))
        values = self.sorted(self._source.read([name])[name])
        numbers = parse_numbers(values) if values.dtype.kind == "U" else np.ma.getdata(values).astype(np.float64)
        return frozen(np.where(missing, np.nan, numbers))

    def vector_blocks(self, name: str) -> VectorBlocks:
        """Yield a column of vectors in blocks of rows; see `Catalogue.vector_blocks`."""
        places = np.empty(len(self._order), dtype=np.intp)
        places[self._order] = np.arange(len(self._order))
        for rows, vectors in self._source.vector_blocks(name):
            for code in self._missing:
                vectors[(vectors == code).all(axis=1)] = np.nan
            yield places[rows], vectors

    def vector_keys(self, name: str) -> NDArray[np.uint64]:
        """Return a key of the vector of each row; see `astronomical.catalogue.vectors.vector_keys`."""
        if name not in self._vector_keys:
            self._vector_keys[name] = frozen(vector_keys(self.vector_blocks(name), len(self._order)))
        return self._vector_keys[name]

    def text(self, name: str) -> NDArray[np.str_]:
        """Return a column as texts, empty where missing."""
        if isinstance(self._keep(name), Categories):
            return self.raw(name)  # caching it would use the memory that was saved
        if name not in self._texts:
            self._texts[name] = frozen(as_text(self.raw(name)))
        return self._texts[name]

    def text_at(self, name: str, row: int) -> str:
        """Return one value as text."""
        kept = self._keep(name)
        return str(kept[row] if isinstance(kept, Categories) else self.text(name)[row])

    def shown_at(self, name: str, row: int) -> str:
        """Return one value as text to display."""
        value = self._keep(name)[row]
        if value is np.ma.masked:
            return _MISSING
        if isinstance(value, np.floating | np.integer):
            with np.errstate(over="ignore"):
                code = name not in self._source.computed and np.float32(value) in self._missing
                if not np.isfinite(value) or code:
                    return _MISSING
        if isinstance(value, np.floating):
            return f"{float(value):.7g}"
        return str(value) or _MISSING

    def _keep(self, name: str) -> NDArray[Any] | Categories:
        if name not in self._kept:
            values = self._source.read([name])[name][self._order]
            made: NDArray[Any] | Categories = values
            if self._exact is not None:
                made = smaller(values, name in self._exact or is_exact(self._source.info(name)))
            self._n_bytes_before[name] = values.nbytes
            self._kept[name] = made if isinstance(made, Categories) else frozen(made)
        return self._kept[name]

    def _as_numbers(self, name: str, values: NDArray[Any]) -> NDArray[np.float32]:
        values = numeric_values(name, values)
        with np.errstate(over="ignore"):
            numbers = np.array(np.ma.getdata(values), dtype=np.float32)
        bad = np.ma.getmaskarray(values) | ~np.isfinite(numbers)
        if self._missing.size and name not in self._source.computed:
            bad |= np.isin(numbers, self._missing)
        numbers[bad] = np.nan
        return frozen(numbers)


def numeric_values(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Return the values of a column, with texts parsed as numbers.

    Raises
    ------
    CatalogueError
        If a text is not a number; the message names the column and the text.
    """
    if values.dtype.kind != "U":
        return values
    try:
        return parse_numbers(values)
    except ValueError as error:
        raise CatalogueError(f"Column {name!r} contains texts that are not numbers, such as {str(error)!r}") from error


def frozen(values: NDArray[Any]) -> NDArray[Any]:
    """Make an array read-only, and return it."""
    values.setflags(write=False)
    if isinstance(values, np.ma.MaskedArray):
        np.ma.getmaskarray(values).setflags(write=False)
    return values
