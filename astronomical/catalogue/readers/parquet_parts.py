"""Read a table in several Parquet files: all of its rows, or those that are chosen."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.arrow import (
    ArrowSource,
    arrow_buffer,
    as_bytes,
    kind_of,
    list_blocks,
    without_dictionary,
)
from astronomical.catalogue.readers.column_store import ColumnStore
from astronomical.catalogue.readers.folder_files import FileSet, Part, find_files
from astronomical.catalogue.readers.parquet import list_lengths
from astronomical.catalogue.readers.source import refuse_long_texts

__all__ = ["PartsSource", "open_parts"]

#: How many columns are read at a time: their parts are in memory twice while they are put together.
_COLUMNS_AT_ONCE = 8
#: Up to this fraction of a group of rows, its first rows are read alone.
_FEW = 0.5
#: How many vectors are read at a time.
_ROWS_AT_ONCE = 8192
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")


@dataclass(frozen=True)
class _Opened:
    """A file whose metadata were read."""

    part: Part
    n_rows: int
    n_bytes: int
    changed_ns: int
    schema: Any
    lengths: dict[str, int]


class PartsSource(ArrowSource):
    """A table in several Parquet files with the same columns. The rows are in the order of the names of the files.

    Parameters
    ----------
    path
        The folder, or the pattern of the files.
    opened
        The files, with their metadata.
    schema
        The columns, a ``pyarrow.Schema``.
    """

    format: ClassVar[str] = "parquet"

    def __init__(self, path: Path, opened: Sequence[_Opened], schema: Any) -> None:
        filled = [item for item in opened if item.n_rows]
        lengths = {name: n for name, n in (filled[0].lengths if filled else {}).items() if _all_have(filled, name, n)}
        super().__init__(path, sum(item.n_rows for item in opened), schema, lengths)
        self._n_bytes = sum(item.n_bytes for item in opened)
        self._opened, self._schema = tuple(filled), schema
        self._starts = np.cumsum([0, *(item.n_rows for item in filled)])
        self._rows: NDArray[np.intp] | None = None
        self._store: ColumnStore | None = None

    def only(self, rows: NDArray[np.intp], store: ColumnStore | None = None) -> PartsSource:
        """Return the same table with some of its rows.

        Parameters
        ----------
        rows
            Row numbers in all files together, sorted.
        store
            Where the columns of these rows are kept, to be read from there the next time.
        """
        made = copy(self)
        made._rows, made.n_rows, made._store = rows, len(rows), store
        return made

    @property
    def files(self) -> list[tuple[str, int, int, int]]:
        """Name, numbers of rows and bytes, and time of the last change in ns of each file, when it was opened."""
        return [(str(item.part.path), item.n_rows, item.n_bytes, item.changed_ns) for item in self._opened]

    @property
    def n_whole(self) -> int:
        """Number of rows in all files."""
        return int(self._starts[-1])

    @property
    def chosen_rows(self) -> NDArray[np.intp] | None:
        """Row numbers of `only`, in all files together; None for all rows."""
        return self._rows

    def first_rows(self, n_rows: int) -> PartsSource:
        """Return the same table with the first rows of each file, about `n_rows` in all."""
        each = max(n_rows // max(len(self._opened), 1), 1)
        places = [np.arange(start, min(start + each, end)) for start, end in itertools.pairwise(self._starts.tolist())]
        return self.only(np.concatenate([np.empty(0, dtype=np.intp), *places]))

    def text_blocks(self, name: str) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield a column in groups of rows, so that never all of it is in memory; the choice by `only` is ignored.

        Yields
        ------
        tuple
            Number of the first row, counted in all files together, and the values: texts in UTF-8 of dtype ``S``
            without padding, or else values as `read` returns them, where some are missing or not simply texts.

        Raises
        ------
        CatalogueError
            If a file has changed or cannot be read.
        """
        stored, place = self._places[name]
        for k, item in enumerate(self._opened):
            first = int(self._starts[k])
            with _reading(item.part, self.path), _file(item, ()) as file:
                for group in range(file.num_row_groups):
                    table = self._completed(file.read_row_group(group, columns=self._in_file(item, [name])), item)
                    texts = as_bytes(table.column(stored)) if place is None else None
                    yield first, self._arrays(table, [name])[name] if texts is None else texts
                    first += table.num_rows

    def read_bytes(self, name: str) -> NDArray[np.bytes_] | None:
        """Read a column as texts in UTF-8 without padding; None if one is missing, blank or not simply a text."""
        kept = None if self._store is None else self._store.get(f"bytes {name}", self.n_rows)
        found = self._read_bytes(name) if kept is None else kept
        if self._store is not None and kept is None and found is not None:
            self._store.put(f"bytes {name}", found)
        return found

    def _read_bytes(self, name: str) -> NDArray[np.bytes_] | None:
        stored, place = self._places[name]
        if place is not None or name in self._masks:
            return None
        pieces = [np.empty(0, dtype="S1")]
        for table in self._tables([name]):
            try:
                table.validate(full=True)
            except pa.ArrowInvalid:  # reading it as a text says what is wrong
                return None
            texts = as_bytes(without_dictionary(name, table.column(stored)))
            if texts is None:
                return None
            pieces.append(texts)
        return np.concatenate(pieces)

    def parts(self) -> Iterator[PartsSource]:
        """Yield each file as a table of its own."""
        for item in self._opened:
            yield PartsSource(item.part.path, [item], self._schema)

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        if self._store is None:
            return self._read_files(names)
        kept = {name: self._store.get(name, self.n_rows) for name in names}
        found = self._read_files([name for name, values in kept.items() if values is None])
        for name, values in found.items():
            self._store.put(name, values)
        return found | {name: values for name, values in kept.items() if values is not None}

    def _read_files(self, names: list[str]) -> dict[str, NDArray[Any]]:
        found: dict[str, NDArray[Any]] = {}
        for start in range(0, len(names), _COLUMNS_AT_ONCE):
            some = names[start : start + _COLUMNS_AT_ONCE]
            pieces = [self._arrays(table, some) for table in self._tables(some)]
            for name in some:
                found[name] = self._together(name, [piece.pop(name) for piece in pieces])
        return found

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        if self._rows is not None:
            return self.only(self._rows[:n_rows])._read(names)
        n = int(np.searchsorted(self._starts, n_rows))
        tables, left = [], n_rows
        for item in self._opened[:n]:
            with _reading(item.part, self.path), _file(item, ()) as file:
                for batch in file.iter_batches(batch_size=n_rows, columns=self._in_file(item, names)):
                    table = self._completed(pa.Table.from_batches([batch]), item).slice(0, left)
                    tables.append(self._arrays(table, names))
                    left -= table.num_rows
                    if left <= 0:
                        break
        return {name: self._together(name, [table[name] for table in tables]) for name in names}

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        pieces = (
            batch.column(0)
            for table in self._tables([name])
            for batch in table.combine_chunks().to_batches(max_chunksize=_ROWS_AT_ONCE)
        )
        yield from list_blocks(name, self.info(name).length, pieces)

    def _tables(self, names: list[str]) -> Iterator[Any]:
        """Yield columns of each file, a ``pyarrow.Table``, with the chosen rows."""
        texts = [name for name in self._stored(names) if kind_of(self._schema.field(name).type) == "text"]
        for k, item in enumerate(self._opened):
            rows = self._rows_of(k)
            if rows is not None and not len(rows):
                continue
            with _reading(item.part, self.path), _file(item, texts) as file:
                columns = self._in_file(item, names)
                read = file.read(columns=columns) if rows is None else _taken(file, columns, rows)
                yield self._completed(read, item)

    def _rows_of(self, k: int) -> NDArray[np.intp] | None:
        """Return the chosen rows of a file, counted from its beginning; None for all."""
        if self._rows is None:
            return None
        first, last = np.searchsorted(self._rows, self._starts[k : k + 2])
        found: NDArray[np.intp] = self._rows[first:last] - self._starts[k]
        return found

    def _in_file(self, item: _Opened, names: Iterable[str]) -> list[str]:
        return [name for name in self._stored(names) if name not in item.part.keys or name in item.schema.names]

    def _completed(self, table: Any, item: _Opened) -> Any:
        """Add the columns that the folders of a file give, and use the types of the whole table."""
        for name in table.column_names:
            if pa.types.is_null(table.schema.field(name).type):
                field = self._schema.field(name)
                table = table.set_column(table.column_names.index(name), field, pa.nulls(table.num_rows, field.type))
        for name, value in item.part.keys.items():
            if name not in table.column_names:
                field = self._schema.field(name)
                scalar = pa.scalar(None if value is None else int(value) if pa.types.is_integer(field.type) else value)
                table = table.append_column(field, pa.repeat(scalar, table.num_rows).cast(field.type))
        return table

    def _together(self, name: str, pieces: list[NDArray[Any]]) -> NDArray[Any]:
        if not pieces:
            return self._arrays(self._schema.empty_table(), [name])[name]
        if self._kinds[name] == "text":
            refuse_long_texts(name, sum(map(len, pieces)), max(piece.dtype.itemsize for piece in pieces) // 4)
        if any(isinstance(piece, np.ma.MaskedArray) for piece in pieces):
            joined: NDArray[Any] = np.ma.concatenate(pieces)  # type: ignore[no-untyped-call]
            return joined
        return np.concatenate(pieces)


def open_parts(path: Path) -> PartsSource:
    """Open a folder of Parquet files, a pattern of their names, or a HATS catalogue. Only their metadata are read.

    Raises
    ------
    CatalogueError
        If there are no Parquet files, one cannot be read, or one has other columns than the first.
    """
    found = find_files(path)
    if not found.parts:
        raise CatalogueError(f"There is no Parquet file {path}")
    opened = [_open(part, path) for part in found.parts]
    source = PartsSource(path, opened, _common_schema(opened))
    source.incomplete = _incomplete(found, source.n_rows, path)
    if source.incomplete:
        source.notes = (source.incomplete,)
    return source


def _open(part: Part, folder: Path) -> _Opened:
    with _reading(part, folder), arrow_buffer(part.path) as content, pq.ParquetFile(content) as file:
        status = part.path.stat()
        return _Opened(
            part, file.metadata.num_rows, status.st_size, status.st_mtime_ns, file.schema_arrow, list_lengths(file)
        )


def _incomplete(found: FileSet, n_rows: int, path: Path) -> str | None:
    if found.n_rows is None or found.n_rows == n_rows:
        return None
    return (
        f"{path.name} has {n_rows:,} rows, but its properties say {found.n_rows:,}: files are missing, or were added. "
        "Download the catalogue again."
    )


@contextmanager
def _reading(part: Part, folder: Path) -> Iterator[None]:
    """Name the file in errors."""
    what = part.name if part.path == folder else f"{part.name} of {folder.name}"
    try:
        yield
    except CatalogueError as error:
        raise CatalogueError(f"{what}: {error}") from None
    except FileNotFoundError:
        raise CatalogueError(f"{what} is not there any more. Put it back, or choose the catalogue again") from None
    except PermissionError:
        raise CatalogueError(f"{what} cannot be read: permission denied. Allow reading it") from None
    # Arrow raises many kinds of error for a damaged file.
    except Exception as error:
        raise CatalogueError(
            f"{what} cannot be read: {str(error) or type(error).__name__}. Download or copy it again, or move it out "
            "of the folder"
        ) from error


@contextmanager
def _file(item: _Opened, texts: Sequence[str]) -> Iterator[Any]:
    """Open a file again, and check that it is as it was."""
    # Dictionary-encoded texts are decoded only after a check of their size.
    known = [name for name in texts if name in item.schema.names]
    with arrow_buffer(item.part.path) as content, pq.ParquetFile(content, read_dictionary=known) as file:
        if file.metadata.num_rows != item.n_rows or file.schema_arrow.names != item.schema.names:
            raise CatalogueError("the file was changed after the catalogue was opened. Open it again")
        yield file


def _taken(file: Any, columns: list[str], rows: NDArray[np.intp]) -> Any:
    """Return some rows of a file, reading one group of rows at a time."""
    tables, start = [], 0
    for group in range(file.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        first, last = np.searchsorted(rows, (start, end))
        if last > first:
            places = rows[first:last] - start
            tables.append(_start_of(file, group, columns, int(places[-1]) + 1).take(pa.array(places)))
        start = end
    return pa.concat_tables(tables)


def _start_of(file: Any, group: int, columns: list[str], n_rows: int) -> Any:
    """Return at least the first rows of a group of rows, without decoding all of it if they are few."""
    if n_rows > _FEW * file.metadata.row_group(group).num_rows:
        return file.read_row_group(group, columns=columns)
    batch = next(file.iter_batches(batch_size=n_rows, row_groups=[group], columns=columns))
    return pa.Table.from_batches([batch])


def _all_have(opened: Iterable[_Opened], name: str, length: int) -> bool:
    return all(item.lengths.get(name) == length for item in opened)


def _common_schema(opened: Sequence[_Opened]) -> Any:
    """Return the columns of the files; all must have the same, in any order."""
    first = opened[0]
    fields = {field.name: field for field in first.schema}
    for item in opened[1:]:
        _check_names(item, first)
        for field in item.schema:
            known = fields[field.name]
            if pa.types.is_null(known.type):  # a column without values in the files so far
                fields[field.name] = field
            elif not pa.types.is_null(field.type) and _plain(field.type) != _plain(known.type):
                raise CatalogueError(
                    f"{item.part.name} has other columns than {first.part.name}: {field.name!r} is of type "
                    f"{field.type} there, and {known.type} in the other files. Write the file again, or move it out of "
                    "the folder"
                )
    added = [name for name in first.part.keys if name not in fields]
    fields |= {name: pa.field(name, _type_of([item.part.keys[name] for item in opened])) for name in added}
    return pa.schema(list(fields.values()), metadata=first.schema.metadata)


def _check_names(item: _Opened, first: _Opened) -> None:
    names, known = set(item.schema.names), set(first.schema.names)
    wrong = ""
    if known - names:
        wrong = f"it has no column {min(known - names)!r}"
    elif names - known:
        wrong = f"its column {min(names - known)!r} is not in the other files"
    elif set(item.part.keys) != set(first.part.keys):
        wrong = "the names of its folders give other columns"
    if wrong:
        raise CatalogueError(
            f"{item.part.name} has other columns than {first.part.name}: {wrong}. Write the file again, or move it out "
            "of the folder"
        )


def _plain(type: Any) -> Any:
    """Return a type without differences in how the same values are stored."""
    if pa.types.is_dictionary(type):
        return _plain(type.value_type)
    if pa.types.is_large_string(type) or pa.types.is_string_view(type):
        return pa.string()
    if pa.types.is_large_list(type):
        return pa.list_(type.value_type)
    return pa.list_(type.value_type) if pa.types.is_list(type) else type


def _type_of(values: Iterable[str | None]) -> Any:
    known = [value for value in values if value is not None]
    return pa.int64() if known and all(_INTEGER.fullmatch(value) for value in known) else pa.string()
