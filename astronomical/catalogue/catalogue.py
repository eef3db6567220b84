"""The catalogue: a table whose rows are identified by ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.columns import Columns, frozen
from astronomical.catalogue.compact_columns import MemoryUse
from astronomical.catalogue.errors import CatalogueError, IdError
from astronomical.catalogue.id_lookup import rows_of, rows_there, rows_with
from astronomical.catalogue.ids import check_unique, ids_from_position, ids_from_rows, read_ids
from astronomical.catalogue.joins import Join, join_tables
from astronomical.catalogue.position_columns import Position, guess_position, read_position
from astronomical.catalogue.readers import TEXT_FORMATS, ColumnInfo, TableSource, open_table
from astronomical.catalogue.string_arrays import look_like_numbers, sort_order
from astronomical.catalogue.vectors import VectorBlocks
from astronomical.catalogue.virtual_columns import VirtualColumn, VirtualSource
from astronomical.catalogue.working_set import WorkingSet, in_working_set, start_of_files

__all__ = ["Catalogue"]

#: Number of rows that decide whether a text column is examined for numbers.
_SAMPLE = 200
#: Minimum number of ids for which `ids_at` caches the rows.
_MANY = 1000

IdSource = Literal["column", "position", "row"]


class Catalogue:
    """A read-only table with its rows sorted by id.

    Columns are read when they are first used. All returned arrays are in the order of `ids` and are read-only.

    Parameters
    ----------
    source
        The table on disk.
    ids
        Unique ids of the rows, in the order of the file, shape (n_rows,).
    order
        Row numbers of the file in the order of the ids, shape (n_rows,).
    position
        Right ascension and declination in degrees, in the order of the file.
    missing
        Missing-value codes: numbers that stand for a missing value.
    exact
        How to store columns in memory; see `in_memory`.

    See Also
    --------
    Catalogue.open : The usual way to create a catalogue.
    """

    def __init__(
        self,
        source: TableSource,
        ids: NDArray[np.bytes_],
        order: NDArray[np.intp],
        position: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
        missing: Iterable[float] = (),
        exact: Collection[str] | None = None,
    ) -> None:
        self._source = source
        self._columns = columns = Columns(source, order, missing, exact)
        self._ids: NDArray[np.bytes_] = columns.sorted(ids)
        self._position = None if position is None else (columns.sorted(position[0]), columns.sorted(position[1]))
        self._kept: frozenset[str] = frozenset()
        self._handed_out: tuple[tuple[str, ...], NDArray[np.intp]] = (), np.empty(0, dtype=np.intp)

    @classmethod
    def open(
        cls,
        path: str | Path | TableSource,
        *,
        format: str | None = None,
        table: int | str | None = None,
        id_source: IdSource = "column",
        id_column: str | None = None,
        position: Position | None = None,
        missing: Iterable[float] = (),
        joins: Sequence[Join] = (),
        virtual: Sequence[VirtualColumn] = (),
        exact: Collection[str] | None = None,
        unique: bool = True,
        working_set: WorkingSet | None = None,
        first_rows: int | None = None,
        in_order_of_file: bool = False,
    ) -> Catalogue:
        """Open a catalogue.

        Parameters
        ----------
        path, format, table
            The table; see `astronomical.catalogue.readers.open_table`. Or a table that is open.
        id_source, id_column
            Origin of the ids: a ``column`` of this name, the ``position`` or the ``row``.
        position
            Names of the columns of right ascension and declination, and the unit of right ascension: ``deg`` or
            ``hourangle``. Without it, the catalogue has no positions, unless the ids come from the position: then the
            columns are detected.
        missing
            Missing-value codes, such as -99.
        joins
            Other tables whose columns are added.
        virtual
            Columns that are computed from the others.
        exact
            How to store columns in memory; see `in_memory`.
        unique
            Whether repeated ids are an error. Otherwise do not look sources up by id.
        working_set
            Which sources of a large catalogue to read; all by default.
        first_rows
            Read about this number of rows of a Parquet catalogue, the first ones of each file, to look at them.
        in_order_of_file
            Whether to leave the rows as they are in the file, which is faster. Do not look sources up by id then; it
            needs `unique` to be false.

        Returns
        -------
        Catalogue
            The catalogue. Only its ids and positions have been read.

        Raises
        ------
        CatalogueError
            If the table cannot be read, or its ids or positions are not valid.
        """
        source = path if isinstance(path, TableSource) else open_table(path, format=format, table=table)
        if source.n_rows == 0:
            raise CatalogueError(f"{source.path.name}: the table has no rows")
        if working_set is not None:
            source = in_working_set(source, id_column if id_source == "column" else None, working_set)
        if first_rows is not None:
            source = start_of_files(source, first_rows)
        sentinels = tuple(missing)
        if position is None and id_source == "position":
            position = guess_position(source)
        places = None if position is None else read_position(source, position, sentinels)
        if id_source == "row":
            ids = ids_from_rows(source.n_rows)
        elif id_source == "position" and places is not None:
            ids = ids_from_position(*places)
        elif id_source == "column" and id_column is not None:
            ids = read_ids(source, id_column)
        else:
            raise IdError("Choose where the ids come from: a column, the position or the row")
        order = np.arange(len(ids)) if in_order_of_file else sort_order(ids)
        if unique:
            check_unique(ids[order], id_column or "")
        if joins:
            source = join_tables(source, joins, ids, places)
        if virtual:
            source = VirtualSource(source, virtual, sentinels)
        made = cls(source, ids, order, places, sentinels, exact)
        made._kept = frozenset() if working_set is None else working_set.keep
        return made

    def in_memory(self, exact: Collection[str] | None) -> Catalogue:
        """Return the same catalogue with another way of storing columns in memory.

        Parameters
        ----------
        exact
            None to store columns as they are in the file. Otherwise, floats are stored in 32 bits, integers in as few
            bytes as possible, and repeated texts once each. Exceptions are the numeric columns named here, columns
            that seem to contain positions or times, and integers of 64 bits.
        """
        made = copy(self)
        made._columns = self._columns.in_memory(exact)
        return made

    @property
    def memory(self) -> MemoryUse:
        """Memory used by the columns that were read."""
        return self._columns.memory

    @property
    def source(self) -> TableSource:
        """The table on disk."""
        return self._source

    @property
    def ids(self) -> NDArray[np.bytes_]:
        """Ids in UTF-8, sorted by their bytes, shape (n_rows,)."""
        return self._ids

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self._ids)

    @property
    def n_whole(self) -> int:
        """Number of rows in the files, of which `n_rows` are in the working set."""
        return self._source.n_whole

    @property
    def kept_ids(self) -> frozenset[str]:
        """Ids that are in the working set in any case."""
        return self._kept

    @property
    def rows_in_file(self) -> NDArray[np.intp]:
        """Row number in the file of each source, shape (n_rows,)."""
        return self._columns.order

    @property
    def columns(self) -> tuple[ColumnInfo, ...]:
        """All columns, in the order of the file."""
        return self._source.columns

    @property
    def position(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Right ascension and declination in degrees, NaN where missing; None without positions."""
        return self._position

    def info(self, name: str) -> ColumnInfo:
        """Return the description of a column.

        Raises
        ------
        CatalogueError
            If there is no such column.
        """
        return self._source.info(name)

    def row(self, id: str) -> int:
        """Return the row of an id.

        Raises
        ------
        KeyError
            If there is no such id.
        """
        key = id.encode(errors="surrogatepass")
        if key and len(key) <= self._ids.dtype.itemsize:
            row = int(np.searchsorted(self._ids, np.bytes_(key)))
            if row < len(self._ids) and self._ids[row] == key:
                return row
        raise KeyError(id)

    def __contains__(self, id: object) -> bool:
        if not isinstance(id, str):
            return False
        try:
            self.row(id)
        except KeyError:
            return False
        return True

    def id_at(self, row: int) -> str:
        """Return the id of a row."""
        return bytes(self._ids[row]).decode()

    def ids_at(self, rows: Sequence[int] | NDArray[np.integer]) -> tuple[str, ...]:
        """Return the ids of some rows."""
        places: NDArray[np.intp] = np.array(rows, dtype=np.intp)
        ids = tuple(item.decode() for item in self._ids[places].tolist())
        if len(ids) >= _MANY:
            self._handed_out = ids, frozen(places)
        return ids

    def rows_of(self, ids: Sequence[str]) -> NDArray[np.intp]:
        """Return the rows of some ids. This is fast for the ids that `ids_at` returned last.

        Raises
        ------
        KeyError
            If an id is not in the catalogue; the argument is the first such id.
        """
        known, rows = self._handed_out
        return rows if ids is known else rows_of(self._ids, ids)

    def rows_there(self, ids: Iterable[str]) -> NDArray[np.intp]:
        """Return the rows of those ids that are in the catalogue."""
        return rows_there(self._ids, tuple(ids))

    def mask(self, ids: Iterable[str]) -> NDArray[np.bool_]:
        """Return a mask of the rows with the given ids, shape (n_rows,). Unknown ids are ignored."""
        mask = np.zeros(self.n_rows, dtype=np.bool_)
        mask[self.rows_there(ids)] = True
        return mask

    def position_of(self, id: str) -> tuple[float, float] | None:
        """Return right ascension and declination of a source in degrees, or None if they are unknown.

        Raises
        ------
        KeyError
            If there is no such id.
        """
        row = self.row(id)
        if self._position is None:
            return None
        ra, dec = float(self._position[0][row]), float(self._position[1][row])
        return None if np.isnan(ra) or np.isnan(dec) else (ra, dec)

    def prefetch(self, names: Iterable[str]) -> None:
        """Read several numeric columns at once, which is faster than one at a time."""
        self._columns.prefetch(names)

    def raw(self, name: str) -> NDArray[Any]:
        """Return a column as it is in the file; see `TableSource.read` for the types."""
        return self._columns.raw(name)

    def number(self, name: str) -> NDArray[np.float32]:
        """Return a column as numbers, with NaN for values that are missing, infinite or a missing-value code.

        Raises
        ------
        CatalogueError
            If the column contains texts that are not numbers.
        """
        return self._columns.number(name)

    def double(self, name: str) -> NDArray[np.float64]:
        """Return a column like `number`, but in double precision. It is read from the file at each call."""
        return self._columns.double(name)

    @property
    def vectors(self) -> dict[str, int]:
        """Columns of vectors that `vector_blocks` can read, with their lengths."""
        return {column.name: column.length for column in self.columns if column.length}

    def vector_blocks(self, name: str) -> VectorBlocks:
        """Read a column of vectors in blocks, so that never all of it is in memory.

        Yields
        ------
        tuple
            Rows, shape (n,), and the vectors of these rows, shape (n, length), with missing values as NaN. A vector is
            missing if all its values are one missing-value code. Rows that are not yielded have no vector.

        Raises
        ------
        CatalogueError
            If the column has no vectors of one length, or cannot be read.
        """
        return self._columns.vector_blocks(name)

    def vector_keys(self, name: str) -> NDArray[np.uint64]:
        """Return a key of the vector of each row; the same vectors have the same key, and 0 means missing."""
        return self._columns.vector_keys(name)

    def text(self, name: str) -> NDArray[np.str_]:
        """Return a column as texts, empty where missing."""
        return self._columns.text(name)

    def text_of(self, id: str, name: str) -> str:
        """Return a value of one source as text, empty where missing.

        Raises
        ------
        KeyError
            If there is no such id.
        """
        return self._columns.text_at(name, self.row(id))

    @cached_property
    def numeric_columns(self) -> tuple[str, ...]:
        """Names of the columns that `number` can return."""
        texts = [column.name for column in self.columns if column.kind == "text"]
        numeric = {column.name for column in self.columns if column.kind in ("float", "integer", "bool")}
        head = self._source.read_head(texts, _SAMPLE)
        # The types of the columns of a text table were detected from all rows.
        likely = [] if self._source.format in TEXT_FORMATS else [n for n in texts if look_like_numbers(head[n])]
        numeric |= {name for name in likely if look_like_numbers(self._source.read([name])[name])}
        return tuple(column.name for column in self.columns if column.name in numeric)

    def describe(self, id: str, names: Iterable[str]) -> list[tuple[str, str, str]]:
        """Return the name, value and unit of columns of a source, as text to display.

        Raises
        ------
        KeyError
            If there is no such id.
        """
        row = self.row(id)
        return [(name, self._columns.shown_at(name, row), self.info(name).unit) for name in names]

    def search(self, text: str, limit: int = 20) -> list[str]:
        """Return ids that start with a text, then ids that contain it, ignoring case.

        Parameters
        ----------
        text
            Any part of an id.
        limit
            Maximum number of ids.
        """
        return list(self.ids_at(rows_with(self._ids, text, limit)))
