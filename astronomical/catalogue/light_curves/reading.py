"""Read light curves: from columns of lists, from a table of epochs, or from a file for each source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.ids import encode_ids
from astronomical.catalogue.light_curves.curves import BandCodes, CurveSet, LightCurve, make_curves
from astronomical.catalogue.light_curves.times import Times
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.readers.arrow import arrow_buffer, kind_of, to_numpy
from astronomical.catalogue.readers.folder_files import parquet_files
from astronomical.catalogue.readers.limits import refuse_beyond_memory
from astronomical.catalogue.readers.source import ColumnInfo, TableSource

__all__ = ["Roles", "list_columns", "list_head", "read_file", "read_lists", "read_table"]

#: Maximum number of epochs in the file of one source.
_MAX_EPOCHS = 1_000_000
#: Number of rows from which the meaning of columns of lists is guessed.
_N_HEAD = 20
_EPOCH_BYTES = 32


@dataclass(frozen=True)
class Roles:
    """Names of the columns of light curves; those that are None do not exist.

    Parameters
    ----------
    time, value, error, band, limit
        The columns; see `make_curves`.
    times
        What the numbers of the column of times mean.
    missing
        Numbers that stand for a missing value.
    """

    time: str
    value: str
    error: str | None = None
    band: str | None = None
    limit: str | None = None
    times: Times = field(default_factory=Times)
    missing: tuple[float, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """Columns that exist, by role."""
        roles = ("time", "value", "error", "band", "limit")
        return {role: name for role in roles if (name := getattr(self, role)) is not None}


def list_columns(path: Path) -> tuple[ColumnInfo, ...]:
    """Return the columns of lists of a Parquet table; those of structures have a dot in their names.

    Raises
    ------
    CatalogueError
        If the table cannot be read.
    """
    first = _first_file(path)
    try:
        with arrow_buffer(first) as content, pq.ParquetFile(content) as file:
            return tuple(_info(name, type, notes) for name, type, notes in _lists_of(file.schema_arrow))
    except (OSError, pa.ArrowException) as error:
        raise CatalogueError(f"{first.name} cannot be read as a Parquet file: {error}") from None


def list_head(path: Path, name: str) -> NDArray[Any]:
    """Return the values of a column of lists in the first rows of a Parquet table."""
    top = name.partition(".")[0]
    with arrow_buffer(_first_file(path)) as content, pq.ParquetFile(content) as file:
        stored = name if name in file.schema_arrow.names else top
        batch = next(file.iter_batches(batch_size=_N_HEAD, columns=[stored]), None)
        table = file.schema_arrow.empty_table() if batch is None else pa.Table.from_batches([batch])
    flat = pc.list_flatten(_part(table.column(stored), name, stored))
    return to_numpy(name, flat, kind_of(flat.type))


def _first_file(path: Path) -> Path:
    files = parquet_files(path)
    if not files:
        raise CatalogueError(f"{path} contains no Parquet files")
    return files[0]


def _info(name: str, type: Any, notes: dict[bytes, bytes]) -> ColumnInfo:
    said = {key.decode(errors="replace").lower(): value.decode(errors="replace") for key, value in notes.items()}
    return ColumnInfo(name, kind_of(type.value_type), said.get("unit", ""), said.get("description", ""))


def _lists_of(schema: Any) -> list[tuple[str, Any, dict[bytes, bytes]]]:
    """Return the names, types and metadata of the columns of lists."""
    found = []
    for top in schema:
        parts = [(top.name, top.type, top.metadata or {})]
        if pa.types.is_struct(top.type):
            parts = [(f"{top.name}.{part.name}", part.type, part.metadata or {}) for part in top.type]
        elif _is_list(top.type) and pa.types.is_struct(top.type.value_type):
            inner = top.type.value_type
            parts = [(f"{top.name}.{part.name}", pa.list_(part.type), part.metadata or {}) for part in inner]
        found += [item for item in parts if _is_list(item[1]) and not pa.types.is_nested(item[1].value_type)]
    return found


def _is_list(type: Any) -> bool:
    return bool(pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type))


def read_lists(path: Path, roles: Roles, rows: NDArray[np.intp], n_sources: int) -> CurveSet:
    """Read light curves from columns of lists in a Parquet table.

    Parameters
    ----------
    path, roles
        The file, or the folder or pattern of the files, and its columns.
    rows
        Row of the source of each row of the table, or -1, shape (n_rows,).
    n_sources
        Number of sources.

    Raises
    ------
    CatalogueError
        If the table has no such columns, or its lists differ in length.
    """
    there = list_columns(path)
    known = [column.name for column in there]
    for role, name in roles.names.items():
        if name not in known:
            listed = ", ".join(known) or "none"
            raise CatalogueError(f"{path.name} has no column of lists {name!r} ({role}). Columns of lists: {listed}")
    pieces = [_read_one_file(file, roles) for file in parquet_files(path)]
    lengths = np.concatenate([piece[1] for piece in pieces])
    columns = {role: _joined([piece[0][role] for piece in pieces]) for role in roles.names}
    if len(lengths) != len(rows):
        raise CatalogueError(f"{path.name} has {len(lengths):,} rows, but the catalogue has {len(rows):,}")
    return make_curves(np.repeat(rows, lengths), n_sources, _prepared(columns, roles))


def _read_one_file(path: Path, roles: Roles) -> tuple[dict[str, Any], NDArray[np.int64]]:
    try:
        return _read_list_columns(path, roles)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise CatalogueError(f"{path.name}: reading the light curves failed: {error}") from None


def _joined(pieces: Sequence[Any]) -> Any:
    """Return the values of one column in several files; the bands of a file have numbers of their own."""
    if len(pieces) == 1:
        return pieces[0]
    if not isinstance(pieces[0], tuple):
        if any(isinstance(piece, np.ma.MaskedArray) for piece in pieces):
            return np.ma.concatenate(pieces)  # type: ignore[no-untyped-call]
        return np.concatenate(pieces)
    place: dict[str, int] = {}
    for _, names in pieces:
        for name in names:
            place.setdefault(name, len(place))
    codes = [np.array([place[name] for name in names])[numbers] for numbers, names in pieces]
    return np.concatenate(codes), tuple(place)


def _read_list_columns(path: Path, roles: Roles) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Return the values of the lists, one list after another, and the lengths of the lists."""
    found: dict[str, Any] = {}
    lengths: NDArray[np.int64] | None = None
    with arrow_buffer(path) as content, pq.ParquetFile(content) as file:
        chunks = [file.metadata.row_group(group) for group in range(file.metadata.num_row_groups)]
        wanted = tuple(roles.names.values())
        n_values = sum(
            group.column(k).num_values
            for group in chunks
            for k in range(group.num_columns)
            if group.column(k).path_in_schema.startswith(wanted)
        )
        refuse_beyond_memory(f"{path.name}: {n_values:,} values of light curves", n_values * 8)
        for role, name in roles.names.items():
            lists = _column(file, name)
            counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
            if lengths is not None and not np.array_equal(counts, lengths):
                row = int(np.flatnonzero(counts != lengths)[0])
                raise CatalogueError(
                    f"{path.name}: in row {row + 1:,}, {name!r} has {counts[row]:,} values, but {roles.time!r} has "
                    f"{lengths[row]:,}; the lists of a source must have the same length"
                )
            lengths = counts
            flat = pc.list_flatten(lists)
            found[role] = _coded(flat) if role == "band" else to_numpy(name, flat, kind_of(flat.type))
    return found, np.zeros(0, dtype=np.int64) if lengths is None else lengths


def _coded(column: Any) -> BandCodes:
    """Return the numbers and names of bands from an Arrow column, without a text for each epoch."""
    if pa.types.is_floating(column.type):
        column = pc.cast(column, pa.float64())
    coded = column.combine_chunks()
    if not pa.types.is_dictionary(coded.type):
        coded = coded.dictionary_encode()
    texts = coded.dictionary.to_pylist()
    codes = pc.fill_null(coded.indices, len(texts)).to_numpy(zero_copy_only=False)
    names = [f"{text:g}" if isinstance(text, float) else str(text) for text in texts]
    return codes.astype(np.int64), (*names, "")


def _column(file: Any, name: str) -> Any:
    """Return a column of lists, or the part of a structure."""
    if name in file.schema_arrow.names:
        return file.read(columns=[name]).column(name)
    top = name.partition(".")[0]
    is_struct = pa.types.is_struct(file.schema_arrow.field(top).type)
    return _part(file.read(columns=[name if is_struct else top]).column(top), name, top)


def _part(column: Any, name: str, stored: str) -> Any:
    """Return the part of a structure of lists, or of a list of structures; any other column as it is."""
    if name == stored:
        return column
    part = name[len(stored) + 1 :]
    if pa.types.is_struct(column.type):
        return pc.struct_field(column, part)
    made = []
    for chunk in column.chunks:
        values = pc.struct_field(chunk.values, part)
        made.append(type(chunk).from_arrays(chunk.offsets, values, mask=chunk.is_null() if chunk.null_count else None))
    return pa.chunked_array(made)


def read_table(source: TableSource, roles: Roles, id_column: str, ids: NDArray[np.bytes_]) -> CurveSet:
    """Read light curves from a table with a row for each epoch.

    Parameters
    ----------
    source, roles
        The table, and its columns.
    id_column
        Column of the ids.
    ids
        Ids of the sources, sorted, shape (n_sources,). Epochs of other sources are left out.

    Raises
    ------
    CatalogueError
        If the table cannot be read, or no epoch belongs to a source.
    """
    n_rows = source.n_rows
    refuse_beyond_memory(f"{source.path.name}: light curves with {n_rows:,} epochs", n_rows * _EPOCH_BYTES)
    rows = _rows_of_epochs(source.read([id_column])[id_column], id_column, ids)
    if n_rows and not (rows >= 0).any():
        raise CatalogueError(
            f"No value of {id_column!r} in {source.path.name} is the id of a source; choose the column of the ids"
        )
    return make_curves(rows, len(ids), _prepared(_read_columns(source, roles), roles))


def _rows_of_epochs(values: NDArray[Any], name: str, ids: NDArray[np.bytes_]) -> NDArray[np.int64]:
    """Return the row of the source of each epoch, or -1. Usually, the epochs of a source follow each other."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    known = ~np.ma.getmaskarray(values)
    plain = np.ma.getdata(values)
    if plain.dtype.kind == "U":
        known = plain != ""
    first = np.concatenate([[0], np.flatnonzero((plain[1:] != plain[:-1]) | (known[1:] != known[:-1])) + 1])
    distinct, place = np.unique(plain[first], return_inverse=True)
    keys = encode_ids(np.where(distinct == "", "?", distinct) if plain.dtype.kind == "U" else distinct, name)
    found = np.minimum(np.searchsorted(ids, keys), len(ids) - 1)
    found = np.where(ids[found] == keys, found, -1).astype(np.int64)
    of_first = np.where(known[first], found[place.ravel()], -1)
    return np.repeat(of_first, np.diff(np.append(first, len(plain))))


def read_file(path: Path, roles: Roles) -> LightCurve:
    """Read the light curve of one source from a table of its own.

    Raises
    ------
    CatalogueError
        If the file cannot be read, or has no such columns.
    """
    source = open_table(path)
    if source.n_rows > _MAX_EPOCHS:
        raise CatalogueError(f"{path.name} has {source.n_rows:,} epochs; at most {_MAX_EPOCHS:,} are supported")
    columns = _prepared(_read_columns(source, roles), roles)
    return make_curves(np.zeros(source.n_rows, dtype=np.int64), 1, columns).at(0)


def _read_columns(source: TableSource, roles: Roles) -> dict[str, NDArray[Any]]:
    names = roles.names
    texts = [names[role] for role in ("band",) if role in names]
    numbers = [name for role, name in names.items() if role != "band"]
    read: dict[str, NDArray[Any]] = {**source.read(numbers), **source.read_text(texts)}
    for role, name in names.items():
        if role not in ("band", "limit") and read[name].dtype.kind not in "fiu":
            raise CatalogueError(f"Column {name!r} ({role}) in {source.path.name} has texts instead of numbers")
    return {role: read[name] for role, name in names.items()}


def _prepared(columns: Mapping[str, Any], roles: Roles) -> dict[str, Any]:
    """Return the columns with times in days, texts of bands, and NaN for missing-value codes."""
    found = dict(columns)
    for role in ("time", "value", "error"):
        if role in found:
            values = found[role]
            if values.dtype.kind == "U":
                raise CatalogueError(f"Column {roles.names[role]!r} ({role}) has texts instead of numbers")
            plain: NDArray[Any] = np.ma.filled(
                np.ma.asarray(values, dtype=None if values.dtype.kind == "f" else np.float64), np.nan
            )
            for code in roles.missing:
                plain = np.where(plain == plain.dtype.type(code), plain.dtype.type(np.nan), plain)
            found[role] = plain
    found["time"] = roles.times.in_days(found["time"])
    if "band" in found and not isinstance(found["band"], tuple) and found["band"].dtype.kind != "U":
        codes, place = np.unique(found["band"], return_inverse=True)
        found["band"] = np.array([f"{code:g}" for code in codes.tolist()])[place.ravel()]
    return found
