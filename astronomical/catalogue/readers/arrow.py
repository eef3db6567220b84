"""From Arrow columns to NumPy arrays, for the formats that Arrow reads."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_stream, packed
from astronomical.catalogue.readers.headers import HeaderColumn, parse_header
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource, refuse_long_texts
from astronomical.catalogue.texts import decode

__all__ = ["ArrowSource", "arrow_buffer", "kind_of", "to_numpy"]


class ArrowSource(TableSource):
    """A file of which Arrow reads only the columns that are asked for; each format says how.

    Parameters
    ----------
    path
        Where the file lies.
    n_rows
        Number of rows.
    schema
        A ``pyarrow.Schema``.

    Raises
    ------
    CatalogueError
        If two columns have the same name.
    """

    def __init__(self, path: Path, n_rows: int, schema: Any) -> None:
        if len(set(schema.names)) < len(schema.names):
            twice = next(name for name in schema.names if schema.names.count(name) > 1)
            raise CatalogueError(f"{path.name} has two columns named {twice!r}; rename one of them")
        columns = _describe_fields(schema, path.name)
        super().__init__(path, n_rows, columns)
        self._kinds = {column.name: column.kind for column in columns}

    def _arrays(self, table: Any) -> dict[str, NDArray[Any]]:
        """Return the columns of a ``pyarrow.Table``."""
        return {name: to_numpy(name, table.column(name), self._kinds[name]) for name in table.column_names}


def arrow_buffer(path: Path) -> Any:
    """Return a file as Arrow reads it: mapped to memory, or unpacked where it is compressed."""
    if not packed(path):
        return pa.memory_map(str(path))
    with open_stream(path) as stream:
        return pa.BufferReader(stream.read())


def _describe_fields(schema: Any, where: str) -> list[ColumnInfo]:
    """Return what a schema says about its columns, and what astropy wrote beside it."""
    notes = (schema.metadata or {}).get(b"table_meta_yaml", b"").decode(errors="replace")
    described: dict[str, HeaderColumn] = {}
    if notes:
        with contextlib.suppress(CatalogueError):  # the values can be read without
            described = {column.name: column for column in parse_header(notes.splitlines(), where).columns}
    return [_describe(field, described.get(field.name)) for field in schema]


def _describe(field: Any, column: HeaderColumn | None) -> ColumnInfo:
    notes = {key.decode(errors="replace").lower(): value.decode(errors="replace")
             for key, value in (field.metadata or {}).items()}
    return ColumnInfo(field.name, kind_of(field.type),
                      unit=notes.get("unit", "") or (column.unit if column else ""),
                      description=notes.get("description", "") or (column.description if column else ""),
                      ucd=notes.get("ucd", "") or (column.ucd if column else ""))


def kind_of(type: Any) -> Kind:
    """Return the kind of column that an Arrow type makes."""
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
    """Return an Arrow column as `TableSource.read` promises it.

    Parameters
    ----------
    name
        Name of the column, for messages.
    column
        A ``pyarrow.ChunkedArray``.
    kind
        What `kind_of` returns for its type.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kind == "float":
        return _floats(column)
    if kind == "text":
        return _texts(name, column)
    values = np.asarray(pc.fill_null(column, False if kind == "bool" else 0).to_numpy())
    if column.null_count:
        return np.ma.MaskedArray(values, mask=column.is_null().to_numpy())
    return values


def _floats(column: Any) -> NDArray[Any]:
    if not pa.types.is_floating(column.type):
        column = column.cast(pa.float64())
    elif pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    return np.asarray(column.to_numpy())


def _texts(name: str, column: Any) -> NDArray[np.str_]:
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        raw = np.array(pc.fill_null(column, b"").to_pylist(), dtype=np.bytes_)
        return decode(raw)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(pc.fill_null(column, ""))
    width = pc.max(pc.utf8_length(trimmed)).as_py() or 1
    refuse_long_texts(name, len(column), width)
    texts: NDArray[np.str_] = trimmed.to_numpy().astype(f"U{width}")
    return texts
