"""Convert Arrow columns to NumPy arrays, for the formats that Arrow reads."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.headers import HeaderColumn, parse_header
from astronomical.catalogue.readers.limits import refuse_many_columns
from astronomical.catalogue.readers.short_vectors import is_spread, part_names
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource, refuse_long_texts
from astronomical.catalogue.readers.unpack import packed, read_whole
from astronomical.catalogue.string_arrays import decode

__all__ = [
    "ArrowSource",
    "arrow_buffer",
    "as_bytes",
    "is_list",
    "kind_of",
    "list_blocks",
    "same_length",
    "to_numpy",
    "without_dictionary",
]


#: Dictionary-encoded texts up to this length are never too large.
_SMALL_DICTIONARY_BYTES = 1000
#: Longer texts are not converted to fixed width.
_MOST_ID_BYTES = 100


class ArrowSource(TableSource):
    """A file from which Arrow reads only the requested columns. Each format is a subclass.

    Parameters
    ----------
    path
        Path of the file.
    n_rows
        Number of rows.
    schema
        A ``pyarrow.Schema``.
    lengths
        Length of the lists of those columns whose lists all have the same length; see `same_length`. Fixed-size lists
        need not be named. The lengths of long lists are checked when they are read.

    Raises
    ------
    CatalogueError
        If two columns have the same name.
    """

    def __init__(self, path: Path, n_rows: int, schema: Any, lengths: Mapping[str, int] = MappingProxyType({})) -> None:
        refuse_many_columns(path.name, len(schema.names))
        if len(set(schema.names)) < len(schema.names):
            twice = Counter(schema.names).most_common(1)[0][0]
            raise CatalogueError(f"{path.name} has two columns named {twice!r}; rename one of them")
        #: The column of the file that holds a column, and for a part of a short vector its place there.
        self._places: dict[str, tuple[str, int | None]] = {}
        columns = list(self._spread(schema, _describe_fields(schema, path.name), lengths))
        super().__init__(path, n_rows, columns)
        self._kinds = {column.name: column.kind for column in columns}

    def _spread(self, schema: Any, columns: list[ColumnInfo], lengths: Mapping[str, int]) -> Iterator[ColumnInfo]:
        """Yield the columns, with one for each value of a short vector, and remember where their values are."""
        for field, column in zip(schema, columns, strict=True):
            length = field.type.list_size if pa.types.is_fixed_size_list(field.type) else lengths.get(field.name, 0)
            if not (_is_list_of_numbers(field.type) and is_spread(length)):
                self._places[column.name] = field.name, None
                yield replace(column, length=length) if _is_list_of_numbers(field.type) else column
                continue
            for i, name in enumerate(part_names(field.name, length, schema.names)):
                self._places[name] = field.name, i
                yield replace(column, name=name, kind=kind_of(field.type.value_type))

    def _stored(self, names: Iterable[str]) -> list[str]:
        """Return the columns of the file that hold some columns."""
        return list(dict.fromkeys(self._places[name][0] for name in names))

    def _arrays(self, table: Any, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Return columns from a ``pyarrow.Table`` after Arrow has validated it."""
        table.validate(full=True)
        found = {}
        for name in names:
            stored, place = self._places[name]
            column = table.column(stored)
            found[name] = to_numpy(name, column if place is None else pc.list_element(column, place), self._kinds[name])
        return found


def as_bytes(column: Any) -> NDArray[np.bytes_] | None:
    """Return integers or texts as texts in UTF-8, ten times as fast as by NumPy; None for other columns.

    Parameters
    ----------
    column
        A ``pyarrow.ChunkedArray``. If a value is missing or blank, the result is None, too.
    """
    if column.null_count or not len(column):
        return None
    if pa.types.is_integer(column.type):
        texts = column.cast(pa.large_string())
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts = pc.utf8_trim_whitespace(column).cast(pa.large_string())
    else:
        return None
    chunk = texts.combine_chunks()
    chunk = chunk.chunk(0) if isinstance(chunk, pa.ChunkedArray) else chunk
    offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    lengths = np.diff(offsets)
    content = np.frombuffer(chunk.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    width = int(lengths.max())
    if not lengths.min() or width > _MOST_ID_BYTES or not content.all():  # a NUL ends a text of NumPy
        return None
    matrix = np.zeros((len(chunk), width), dtype=np.uint8)
    matrix[np.arange(width) < lengths[:, None]] = content
    return matrix.view(f"S{width}").ravel()


def same_length(pieces: Iterable[Any]) -> int:
    """Return the length of the lists of a column if all have the same, else 0.

    Parameters
    ----------
    pieces
        The column in parts, each a ``pyarrow.ChunkedArray`` of lists. Reading ends at the first other length.
    """
    length: int | None = None
    for piece in pieces:
        if len(piece):
            found = pc.min_max(pc.list_value_length(piece)).as_py()
            if piece.null_count or found["min"] != found["max"] or length not in (None, found["min"]):
                return 0
            length = found["min"]
    return length or 0


def list_blocks(
    name: str, length: int, pieces: Iterable[Any]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.floating]]]:
    """Yield row numbers and values of a column of lists, without the rows whose list is missing.

    Parameters
    ----------
    name, length
        The column, and the length of its lists.
    pieces
        The column in parts, each a ``pyarrow.Array`` of lists.

    Raises
    ------
    CatalogueError
        If a list has another length.
    """
    start = 0
    for piece in pieces:
        lengths = pc.fill_null(pc.list_value_length(piece), length).to_numpy(zero_copy_only=False)
        wrong = np.flatnonzero(lengths != length)
        if len(wrong):
            raise CatalogueError(
                f"Column {name!r} has {lengths[wrong[0]]:,} values in row {start + wrong[0] + 1:,} instead of "
                f"{length:,}; all vectors of a column must have the same length"
            )
        present = piece.is_valid().to_numpy(zero_copy_only=False)
        values = piece.flatten().cast(pa.float32(), safe=False).to_numpy(zero_copy_only=False)
        yield start + np.flatnonzero(present), values.reshape(-1, length)
        start += len(piece)


def is_list(type: Any) -> bool:
    """Return whether an Arrow type is a list of numbers whose length is not fixed."""
    return not pa.types.is_fixed_size_list(type) and _is_list_of_numbers(type)


def _is_list_of_numbers(type: Any) -> bool:
    is_any_list = pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type)
    return is_any_list and kind_of(type.value_type) in ("float", "integer", "bool")


def arrow_buffer(path: Path) -> Any:
    """Open a file for Arrow: memory-mapped, or decompressed if it is compressed."""
    if not packed(path):
        return pa.memory_map(str(path))
    return pa.BufferReader(read_whole(path))


def _describe_fields(schema: Any, where: str) -> list[ColumnInfo]:
    """Return the descriptions of the columns from a schema and from the metadata of astropy."""
    notes = (schema.metadata or {}).get(b"table_meta_yaml", b"").decode(errors="replace")
    described: dict[str, HeaderColumn] = {}
    if notes:
        with contextlib.suppress(CatalogueError):  # the values can be read without
            described = {column.name: column for column in parse_header(notes.splitlines(), where).columns}
    return [_describe(field, described.get(field.name)) for field in schema]


def _describe(field: Any, column: HeaderColumn | None) -> ColumnInfo:
    notes = {
        key.decode(errors="replace").lower(): value.decode(errors="replace")
        for key, value in (field.metadata or {}).items()
    }
    return ColumnInfo(
        field.name,
        kind_of(field.type),
        unit=notes.get("unit", "") or (column.unit if column else ""),
        description=notes.get("description", "") or (column.description if column else ""),
        ucd=notes.get("ucd", "") or (column.ucd if column else ""),
    )


def kind_of(type: Any) -> Kind:
    """Return the kind of column for an Arrow type."""
    if pa.types.is_dictionary(type):
        return kind_of(type.value_type)
    if pa.types.is_floating(type) or pa.types.is_null(type) or pa.types.is_decimal(type):
        return "float"
    if pa.types.is_integer(type):
        return "integer"
    if pa.types.is_boolean(type):
        return "bool"
    if pa.types.is_nested(type):
        return "vector"
    return "text"


def to_numpy(name: str, column: Any, kind: Kind) -> NDArray[Any]:
    """Convert an Arrow column to the array that `TableSource.read` returns.

    Parameters
    ----------
    name
        Name of the column, for messages.
    column
        A ``pyarrow.ChunkedArray``.
    kind
        Result of `kind_of` for its type.
    """
    column = without_dictionary(name, column)
    if kind == "float":
        return _floats(column)
    if kind == "text":
        return _texts(name, column)
    values = np.asarray(pc.fill_null(column, False if kind == "bool" else 0).to_numpy())
    if column.null_count:
        return np.ma.MaskedArray(values, mask=column.is_null().to_numpy())
    return values


def without_dictionary(name: str, column: Any) -> Any:
    """Return a column with its values in place of their numbers in a dictionary.

    Raises
    ------
    CatalogueError
        If the texts are too long for that.
    """
    if not pa.types.is_dictionary(column.type):
        return column
    _refuse_wide(name, column)
    return column.cast(column.type.value_type)


def _refuse_wide(name: str, column: Any) -> None:
    """Refuse a dictionary-encoded column whose decoded texts would not fit in memory."""
    for chunk in column.chunks:
        size = chunk.dictionary.nbytes
        if size > _SMALL_DICTIONARY_BYTES:
            lengths = pc.binary_length(chunk.dictionary) if _has_length(chunk.dictionary.type) else None
            longest = pc.max(lengths).as_py() if lengths is not None else 0
            refuse_long_texts(name, len(column), -(-(longest or 0) // 4))


def _has_length(type: Any) -> bool:
    return bool(
        pa.types.is_string(type)
        or pa.types.is_large_string(type)
        or pa.types.is_binary(type)
        or pa.types.is_large_binary(type)
    )


def _floats(column: Any) -> NDArray[Any]:
    if not pa.types.is_floating(column.type):
        column = column.cast(pa.float64())
    elif pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    return np.asarray(column.to_numpy())


def _texts(name: str, column: Any) -> NDArray[np.str_]:
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        refuse_long_texts(name, len(column), pc.max(pc.binary_length(column)).as_py() or 1)
        raw = np.array(pc.fill_null(column, b"").to_pylist(), dtype=np.bytes_)
        return decode(raw)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(pc.fill_null(column, ""))
    width = pc.max(pc.utf8_length(trimmed)).as_py() or 1
    refuse_long_texts(name, len(column), width)
    texts: NDArray[np.str_] = trimmed.to_numpy().astype(f"U{width}")
    return texts
