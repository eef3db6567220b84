"""HDF5: records, columns side by side in a group, and frames of pandas.

Only plain values are read. Objects that a writer pickled stay as they are: unpickling runs code.
"""

from __future__ import annotations

import math
import pickletools
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import h5py
import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, TableChoiceError
from astronomical.catalogue.readers.hdf5_links import Contents, find, list_contents
from astronomical.catalogue.readers.hdf5_tables import Column, Table, kind_of, spread, vaex_tables
from astronomical.catalogue.readers.hdf5_texts import Place, holds_long_texts, open_file, read_apart
from astronomical.catalogue.readers.hdf5_values import read_columns, read_vectors
from astronomical.catalogue.readers.headers import HeaderColumn, parse_header
from astronomical.catalogue.readers.limits import refuse_beyond_memory
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource, unique_names
from astronomical.catalogue.string_arrays import decode

__all__ = ["Hdf5Source", "open_source"]

#: How astropy calls the description of the columns of a table, beside it.
_META = ".__table_column_meta__"
#: How PyTables calls the group that holds the indices of a table.
_INDEX_GROUP = "_i_"
#: Where pandas keeps the names of the categories of a column.
_CATEGORIES = "/meta/values_block_"
#: What a pickled list of texts is made of, beside the texts themselves.
_LIST_OF_TEXTS = frozenset(
    {
        "PROTO",
        "FRAME",
        "MARK",
        "LIST",
        "EMPTY_LIST",
        "APPEND",
        "APPENDS",
        "PUT",
        "BINPUT",
        "LONG_BINPUT",
        "MEMOIZE",
        "STOP",
    }
)
_TEXTS = frozenset({"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"})
_N_LISTED = 8
#: Names and descriptions of columns take less than this.
_MAX_HEADER_BYTES = 2**26
_FRAME_PARTS = ("block0_values", "axis0", "axis0_level0")
#: A chunk is unpacked as a whole.
_MAX_CHUNK_BYTES = 2**30
_INTEGERS = frozenset({"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"})
#: What a person does whose frame has columns that are not named by texts.
_GIVE_NAMES = (
    'give the columns names of text in pandas, as by df.columns = ["ra", "dec"], and save the frame '
    'again (to_parquet, or to_hdf with format="table")'
)


class Hdf5Source(TableSource):
    """A table of an HDF5 file, of which only the columns that are asked for are read.

    Parameters
    ----------
    path
        Where the file lies.
    table
        Which table of the file.
    columns
        What is known of its columns.
    """

    format: ClassVar[str] = "hdf5"

    def __init__(self, path: Path, table: Table, columns: Sequence[ColumnInfo]) -> None:
        super().__init__(path, table.n_rows, columns)
        self._columns = dict(zip((column.name for column in columns), table.columns, strict=True))
        self.notes = _notes(table.path, self._columns)

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        return self._read_rows(names, self.n_rows)

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        return self._read_rows(names, min(n_rows, self.n_rows))

    def _read_rows(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        with open_file(self.path) as file:
            datasets = {name: _dataset(name, file, self._columns[name], n_rows) for name in names}
            apart = {name: self._columns[name].at for name in names if holds_long_texts(datasets[name])}
            plain = {name: self._columns[name].at for name in names if name not in apart}
            found = read_columns(file, plain, n_rows, self._converted)
        return found | read_apart(self.path, apart, n_rows, self._converted)

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        column = self._columns[name]
        with open_file(self.path) as file:
            dataset = _dataset(name, file, column, 1)
            yield from read_vectors(dataset, column.at, self.n_rows, column.length)

    def _converted(self, name: str, raw: NDArray[Any]) -> NDArray[Any]:
        if self._columns[name].kind == "text":
            return decode(raw)
        native = raw.astype(raw.dtype.newbyteorder("="), copy=False)
        return native.astype(np.float32) if native.dtype == np.float16 else native


def open_source(path: Path, table: int | str | None) -> Hdf5Source:
    """Open a table of an HDF5 file.

    Raises
    ------
    CatalogueError
        If the file holds no table, or not the one that is asked for.
    TableChoiceError
        If it holds several and `table` is None.
    """
    with open_file(path) as file:
        contents = list_contents(file, path.name)
        tables = _list_tables(contents)
        usable = [table for table in tables if table.columns]
        if tables and not usable:
            raise CatalogueError(f"{path.name}: {tables[0].refusal}")
        tables = usable
        if not tables:
            raise CatalogueError(
                f"{path.name} holds no table: no records, and no columns of the same length side by "
                "side; save the table as FITS or Parquet. " + contents.refusal()
            )
        chosen = _choose(path, tables, table, contents)
        described = _described(file, chosen, path.name)
    names = unique_names(column.name for column in chosen.columns)
    columns = [
        _info(name, column, described.get(column.of or column.name))
        for name, column in zip(names, chosen.columns, strict=True)
    ]
    source = Hdf5Source(path, chosen, columns)
    source.notes += (contents.refusal(),) if contents.refused else ()
    return source


def _info(name: str, column: Column, described: HeaderColumn | None) -> ColumnInfo:
    if described is None:
        return ColumnInfo(name, column.kind, length=column.length)
    return ColumnInfo(name, column.kind, described.unit, described.description, described.ucd, column.length)


def _choose(path: Path, tables: list[Table], table: int | str | None, contents: Contents) -> Table:
    if table is None:
        if len(tables) == 1:
            return tables[0]
        raise TableChoiceError(path.name, [item.path for item in tables], [item.describe() for item in tables])
    wanted = str(table).strip()
    for number, item in enumerate(tables, 1):
        if wanted.strip("/") == item.path.strip("/") or wanted == str(number):
            return item
    listed = ", ".join(item.path for item in tables[:50])
    raise CatalogueError(f"{path.name} has no table {wanted!r}; there are {listed}. {contents.refusal()}".rstrip())


def _list_tables(contents: Contents) -> list[Table]:
    """List the tables of a file."""
    datasets: dict[str, list[tuple[str, Any]]] = {}
    frames: list[Table] = vaex_tables(contents)

    for name, item in contents.objects.items():
        inside = (
            any(name.startswith(f"{frame.path.rstrip('/')}/") for frame in frames)
            or any(part.startswith(_INDEX_GROUP) for part in name.split("/"))
            or _CATEGORIES in f"{name}/"
        )
        if isinstance(item, h5py.Group):
            stem = name.rstrip("/")
            held = contents.objects.keys() & {f"{stem}/{part}" for part in _FRAME_PARTS}
            if not inside and f"{stem}/block0_values" in held and len(held) > 1:
                frames.append(_frame(item, stem))
        elif not inside and isinstance(item, h5py.Dataset) and item.ndim and not name.endswith(_META):
            datasets.setdefault(posixpath.dirname(name), []).append((name, item))
    tables = list(frames)
    for group, items in datasets.items():
        tables += [_records(name, item, contents) for name, item in items if item.dtype.names]
        tables += _side_by_side(group, [(name, item) for name, item in items if not item.dtype.names])
    return [table for table in tables if table.columns or table.refusal]


def _records(path: str, dataset: Any, contents: Contents) -> Table:
    """Return the table that a dataset of records is; the blocks of a frame of pandas are taken apart."""
    columns = []
    for field in dataset.dtype.names:
        names = _names_in_block(dataset, field)
        if names:
            kind = _block_kind(dataset.dtype[field].base)
            lacks = "" if names == _pickled_names(_attribute(dataset, f"{field}_kind")) else "name"
            if f"{posixpath.dirname(path).rstrip('/')}/meta/{field}/meta/table" in contents.objects:
                lacks = "categories"
            columns += [Column(name, Place(path, field, place), kind, lacks) for place, name in enumerate(names)]
        else:
            kind = kind_of(dataset.dtype[field].base) if dataset.ndim == 1 else "vector"
            columns += spread(Column(field, Place(path, field), kind), dataset.dtype[field].shape, dataset.dtype.names)
    return Table(path, dataset.shape[0], tuple(columns))


def _names_in_block(dataset: Any, field: str) -> tuple[str, ...]:
    """Return the names of the columns that pandas put into one field, in its table format; empty for other fields."""
    shape = dataset.dtype[field].shape
    pickled = _attribute(dataset, f"{field}_kind")
    if dataset.ndim != 1 or len(shape) != 1 or pickled is None:
        return ()
    names = _pickled_names(pickled)
    return names if len(names) == shape[0] else tuple(f"{field}_{place}" for place in range(shape[0]))


def _pickled_names(pickled: Any) -> tuple[str, ...]:
    """Return a pickled list of texts and whole numbers without unpickling it, or nothing if it is anything else."""
    found = []
    try:
        for code, argument, _ in pickletools.genops(bytes(pickled)):
            if code.name in _TEXTS or code.name in _INTEGERS:
                found.append(str(argument))
            elif code.name not in _LIST_OF_TEXTS:
                return ()
    except (TypeError, ValueError):
        return ()
    return tuple(found)


def _side_by_side(group: str, datasets: list[tuple[str, Any]]) -> list[Table]:
    """Return tables of which each column is a dataset, those of a group that have one length."""
    by_length: dict[int, list[tuple[str, Any]]] = {}
    for path, dataset in datasets:
        by_length.setdefault(dataset.shape[0], []).append((path, dataset))
    tables = []
    for length, items in by_length.items():
        names = [posixpath.basename(path) for path, _ in items]
        columns = [
            part
            for name, (path, item) in zip(names, items, strict=True)
            for part in spread(Column(name, Place(path), kind_of(item.dtype)), item.shape[1:], names)
        ]
        if any(item.ndim == 1 and kind_of(item.dtype) != "vector" for _, item in items):  # and not images only
            path = group if len(by_length) == 1 else f"{group.rstrip('/')}/{columns[0].name}"
            tables.append(Table(path, length, tuple(columns)))
    return tables


def _frame(group: Any, path: str) -> Table:
    """Return the table that a frame of pandas is in its fixed format: blocks of columns of one type."""
    columns = {}
    n_rows = 0
    for number in range(int(_attribute(group, "nblocks") or 0)):
        values = find(group.file, f"{path}/block{number}_values")
        items = find(group.file, f"{path}/block{number}_items")
        if values is None:
            break
        plain = values.ndim == 2
        n_rows = values.shape[0] if plain else n_rows
        for place, name in enumerate(_axis_names(items)):
            kind = _block_kind(values.dtype) if plain else "vector"
            at = Place(f"{path}/block{number}_values", place=place)
            columns[name] = Column(name, at, kind, "" if plain else "values")
    order = _axis_names(find(group.file, f"{path}/axis0"))
    known = tuple(columns[name] for name in order if name in columns)
    refusal = (
        ""
        if known
        else (
            f"the columns of {path or '/'}, a frame of pandas, are not named by texts but by dates, "
            f"levels or other objects of Python, which are not opened: {_GIVE_NAMES}"
        )
    )
    return Table(path or "/", n_rows, known, refusal)


def _axis_names(axis: Any) -> list[str]:
    """Return the names on an axis of a frame in its fixed format, if they are texts or whole numbers."""
    if not isinstance(axis, h5py.Dataset) or not _is_small(axis.dtype, axis.shape):  # of several levels
        return []
    written = _attribute(axis, "kind")
    kind = "string" if written is None else decode(np.asarray(written).reshape(1)).tolist()[0]
    if axis.dtype.kind == "S":
        return decode(axis[()]).tolist() if kind == "string" else []
    return [str(number) for number in axis[()].tolist()] if axis.dtype.kind in "iu" and kind == "integer" else []


def _notes(path: str, columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Say which columns of a table lack something, and what to do about it."""
    said = {
        "name": f"The names of some columns of {path} are objects of Python, which are not opened since that can run "
        f"code. They are named by their place instead: {{names}}. To have their names, {_GIVE_NAMES}.",
        "values": f"Some columns of {path} hold objects of Python, maybe texts, which are not opened since that can "
        "run code: {names}. To use them, save the frame again in pandas, with to_parquet or with to_hdf and "
        'format="table".',
        "categories": f"Some columns of {path} are categories of pandas, of which the numbers are read and not the "
        "names: {names}. To have the names, turn them into text in pandas (.astype(str)) and save again.",
    }
    said["vaex"] = (
        f"Some columns of {path} hold texts or missing values as vaex stores them, which are not read: {{names}}. "
        "To use them, export the table from vaex as Parquet or FITS."
    )
    lacking = {lacks: [name for name, column in columns.items() if column.lacks == lacks] for lacks in said}
    return tuple(text.replace("{names}", _listed(lacking[lacks])) for lacks, text in said.items() if lacking[lacks])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_N_LISTED]) + (f" and {len(names) - _N_LISTED} more" if len(names) > _N_LISTED else "")


def _attribute(item: Any, name: str) -> Any:
    """Return an attribute of plain values, or None; texts of any length are not read here, see `hdf5_texts`."""
    if name not in item.attrs:
        return None
    found = item.attrs.get_id(name)
    return item.attrs[name] if _is_small(found.dtype, found.shape) else None


def _is_small(dtype: Any, shape: tuple[int, ...]) -> bool:
    return not dtype.hasobject and math.prod(shape) * dtype.itemsize <= _MAX_HEADER_BYTES


def _block_kind(dtype: Any) -> Kind:
    """Return the kind of a column in a block of pandas, which holds no texts of any length."""
    return "vector" if dtype.hasobject else kind_of(dtype)


def _dataset(name: str, file: Any, column: Column, n_rows: int) -> Any:
    dataset = find(file, column.at.dataset)
    if dataset is None:
        raise CatalogueError(f"The values of column {name!r} are no longer in the file; open it again")
    _refuse_large_chunks(name, dataset)
    base = dataset.dtype if column.at.field is None else dataset.dtype[column.at.field]
    refuse_beyond_memory(f"Column {name!r}", n_rows * base.itemsize)
    return dataset


def _refuse_large_chunks(name: str, dataset: Any) -> None:
    size = math.prod(dataset.chunks or (0,)) * dataset.dtype.itemsize
    if size > _MAX_CHUNK_BYTES:
        raise CatalogueError(
            f"Column {name!r} is stored in pieces of {size / 1e9:,.1f} GB, at most "
            f"{_MAX_CHUNK_BYTES / 1e9:,.1f} GB can be read at a time; save the table with smaller "
            "chunks"
        )


def _described(file: Any, table: Table, where: str) -> dict[str, HeaderColumn]:
    """Return what astropy wrote about the columns of a table, if it did."""
    found = find(file, table.path + _META)
    found = find(file, table.path + ".__meta__") if found is None else found
    if not isinstance(found, h5py.Dataset) or found.ndim != 1 or not _is_small(found.dtype, found.shape):
        return {}
    lines = [
        item.decode("utf-8", errors="replace") if isinstance(item, bytes) else str(item) for item in found[()].tolist()
    ]
    try:
        return {column.name: column for column in parse_header(lines, where).columns}
    except CatalogueError:  # the values can be read without
        return {}
