"""HDF5: records, columns side by side in a group, and frames of pandas.

Only plain values are read. Objects that a writer pickled stay as they are: unpickling runs code.
"""

from __future__ import annotations

import io
import pickletools
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import h5py
import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, TableChoiceError
from astronomical.catalogue.readers import open_stream, packed
from astronomical.catalogue.readers.headers import HeaderColumn, parse_header
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource, refuse_long_texts, unique_names
from astronomical.catalogue.texts import decode

__all__ = ["Hdf5Source", "open_source"]

#: How astropy calls the description of the columns of a table, beside it.
_META = ".__table_column_meta__"
#: How PyTables calls the group that holds the indices of a table.
_INDEX_GROUP = "_i_"
#: Where pandas keeps the names of the categories of a column.
_CATEGORIES = "/meta/values_block_"
#: What a pickled list of texts is made of, beside the texts themselves.
_LIST_OF_TEXTS = frozenset({"PROTO", "FRAME", "MARK", "LIST", "EMPTY_LIST", "APPEND", "APPENDS", "PUT", "BINPUT",
                            "LONG_BINPUT", "MEMOIZE", "STOP"})
_TEXTS = frozenset({"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"})
_N_LISTED = 8
_INTEGERS = frozenset({"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"})
#: What a person does whose frame has columns that are not named by texts.
_GIVE_NAMES = ("give the columns names of text in pandas, as by df.columns = [\"ra\", \"dec\"], and save the frame "
               "again (to_parquet, or to_hdf with format=\"table\")")


@dataclass(frozen=True)
class _Column:
    """Where a column lies: a dataset, and which field or place of its rows."""

    name: str
    dataset: str
    kind: Kind
    field: str | None = None
    place: int | None = None
    #: What of it cannot be had: ``name``, ``values`` (objects of Python) or ``categories``; empty if nothing.
    lacks: str = ""


@dataclass(frozen=True)
class _Table:
    """A table of the file: its path, and its columns, in the order of the file."""

    path: str
    n_rows: int
    columns: tuple[_Column, ...]
    #: Why the table cannot be used at all.
    refusal: str = ""

    def describe(self) -> str:
        return f"{self.path} ({self.n_rows:,} rows x {len(self.columns)} columns)"


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

    def __init__(self, path: Path, table: _Table, columns: Sequence[ColumnInfo]) -> None:
        super().__init__(path, table.n_rows, columns)
        self._columns = dict(zip((column.name for column in columns), table.columns, strict=True))
        self.notes = _notes(table.path, self._columns)

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        return self._read_rows(names, self.n_rows)

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        return self._read_rows(names, min(n_rows, self.n_rows))

    def _read_rows(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        with _open(self.path) as file:
            return {name: _values(name, file, self._columns[name], n_rows) for name in names}


def open_source(path: Path, table: int | str | None) -> Hdf5Source:
    """Open a table of an HDF5 file.

    Raises
    ------
    CatalogueError
        If the file holds no table, or not the one that is asked for.
    TableChoiceError
        If it holds several and `table` is None.
    """
    with _open(path) as file:
        tables = _list_tables(file)
        usable = [table for table in tables if table.columns]
        if tables and not usable:
            raise CatalogueError(f"{path.name}: {tables[0].refusal}")
        tables = usable
        if not tables:
            raise CatalogueError(f"{path.name} holds no table: no records, and no columns of the same length side by "
                                 "side; save the table as FITS or Parquet")
        chosen = _choose(path, tables, table)
        described = _described(file, chosen, path.name)
    names = unique_names(column.name for column in chosen.columns)
    columns = [_info(name, column, described.get(column.name))
               for name, column in zip(names, chosen.columns, strict=True)]
    return Hdf5Source(path, chosen, columns)


def _info(name: str, column: _Column, described: HeaderColumn | None) -> ColumnInfo:
    if described is None:
        return ColumnInfo(name, column.kind)
    return ColumnInfo(name, column.kind, described.unit, described.description, described.ucd)


def _open(path: Path) -> Any:
    if not packed(path):
        return h5py.File(path, "r", locking=False)
    with open_stream(path) as stream:
        return h5py.File(io.BytesIO(stream.read()), "r")


def _choose(path: Path, tables: list[_Table], table: int | str | None) -> _Table:
    if table is None:
        if len(tables) == 1:
            return tables[0]
        raise TableChoiceError(path.name, [item.path for item in tables], [item.describe() for item in tables])
    wanted = str(table).strip()
    for number, item in enumerate(tables, 1):
        if wanted.strip("/") == item.path.strip("/") or wanted == str(number):
            return item
    raise CatalogueError(f"{path.name} has no table {wanted!r}; there are {', '.join(item.path for item in tables)}")


def _list_tables(file: Any) -> list[_Table]:
    """List the tables of a file; links to other files are not followed."""
    datasets: dict[str, list[Any]] = {}
    frames: list[_Table] = []

    def visit(name: str, item: Any) -> None:
        inside = (any(f"/{name}".startswith(f"{frame.path}/") for frame in frames)
                  or any(part.startswith(_INDEX_GROUP) for part in name.split("/"))
                  or _CATEGORIES in f"/{name}/")
        if isinstance(item, h5py.Group):
            if not inside and "block0_values" in item and ("axis0" in item or "axis0_level0" in item):
                frames.append(_frame(item))
        elif not inside and isinstance(item, h5py.Dataset) and item.ndim and not name.endswith(_META):
            datasets.setdefault(posixpath.dirname(f"/{name}"), []).append(item)

    visit("", file)
    file.visititems(visit)
    tables = list(frames)
    for group, items in datasets.items():
        tables += [_records(item) for item in items if item.dtype.names]
        tables += _side_by_side(group, [item for item in items if not item.dtype.names])
    return [table for table in tables if table.columns or table.refusal]


def _records(dataset: Any) -> _Table:
    """Return the table that a dataset of records is; the blocks of a frame of pandas are taken apart."""
    columns = []
    for field in dataset.dtype.names:
        names = _names_in_block(dataset, field)
        if names:
            kind = _kind(dataset.dtype[field].base)
            lacks = "" if names == _pickled_names(dataset.attrs[f"{field}_kind"]) else "name"
            if f"{posixpath.dirname(dataset.name)}/meta/{field}/meta/table" in dataset.file:
                lacks = "categories"
            columns += [_Column(name, dataset.name, kind, field=field, place=place, lacks=lacks)
                        for place, name in enumerate(names)]
        else:
            kind = _kind(dataset.dtype[field]) if dataset.ndim == 1 else "vector"
            columns.append(_Column(field, dataset.name, kind, field=field))
    return _Table(dataset.name, dataset.shape[0], tuple(columns))


def _names_in_block(dataset: Any, field: str) -> tuple[str, ...]:
    """Return the names of the columns that pandas put into one field, in its table format; empty for other fields."""
    shape = dataset.dtype[field].shape
    if dataset.ndim != 1 or len(shape) != 1 or f"{field}_kind" not in dataset.attrs:
        return ()
    names = _pickled_names(dataset.attrs[f"{field}_kind"])
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


def _side_by_side(group: str, datasets: list[Any]) -> list[_Table]:
    """Return tables of which each column is a dataset, those of a group that have one length."""
    by_length: dict[int, list[Any]] = {}
    for dataset in datasets:
        by_length.setdefault(dataset.shape[0], []).append(dataset)
    tables = []
    for length, items in by_length.items():
        columns = [_Column(posixpath.basename(item.name), item.name, _kind(item.dtype) if item.ndim == 1 else "vector")
                   for item in items]
        if any(column.kind != "vector" for column in columns):
            path = group if len(by_length) == 1 else f"{group.rstrip('/')}/{columns[0].name}"
            tables.append(_Table(path, length, tuple(columns)))
    return tables


def _frame(group: Any) -> _Table:
    """Return the table that a frame of pandas is in its fixed format: blocks of columns of one type."""
    columns = {}
    n_rows = 0
    for number in range(int(group.attrs.get("nblocks", 0))):
        values, items = group[f"block{number}_values"], group.get(f"block{number}_items")
        plain = values.ndim == 2
        n_rows = values.shape[0] if plain else n_rows
        for place, name in enumerate(_axis_names(items)):
            columns[name] = _Column(name, values.name, _kind(values.dtype) if plain else "vector", place=place,
                                    lacks="" if plain else "values")
    order = _axis_names(group.get("axis0"))
    known = tuple(columns[name] for name in order if name in columns)
    refusal = "" if known else (f"the columns of {group.name}, a frame of pandas, are not named by texts but by dates, "
                                f"levels or other objects of Python, which are not opened: {_GIVE_NAMES}")
    return _Table(group.name, n_rows, known, refusal)


def _axis_names(axis: Any) -> list[str]:
    """Return the names on an axis of a frame in its fixed format, if they are texts or whole numbers."""
    if axis is None:  # of several levels
        return []
    kind = decode(np.asarray(axis.attrs.get("kind", b"string")).reshape(1)).tolist()[0]
    if axis.dtype.kind == "S":
        return decode(axis[()]).tolist() if kind == "string" else []
    return [str(number) for number in axis[()].tolist()] if axis.dtype.kind in "iu" and kind == "integer" else []


def _notes(path: str, columns: Mapping[str, _Column]) -> tuple[str, ...]:
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
    lacking = {lacks: [name for name, column in columns.items() if column.lacks == lacks] for lacks in said}
    return tuple(text.replace("{names}", _listed(lacking[lacks])) for lacks, text in said.items() if lacking[lacks])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_N_LISTED]) + (f" and {len(names) - _N_LISTED} more" if len(names) > _N_LISTED else "")


def _kind(dtype: Any) -> Kind:
    if h5py.check_string_dtype(dtype) is not None:
        return "text"
    if dtype.shape or dtype.kind not in "biufSU":
        return "vector"
    kinds: dict[str, Kind] = {"b": "bool", "i": "integer", "u": "integer", "f": "float"}
    return kinds.get(dtype.kind, "text")


def _values(name: str, file: Any, column: _Column, n_rows: int) -> NDArray[Any]:
    dataset = file[column.dataset]
    if dataset.external or dataset.is_virtual:
        raise CatalogueError(f"The values of column {name!r} are in another file, which is not opened; save the table "
                             "as one file")
    if column.field is not None:
        raw = dataset.fields(column.field)[:n_rows]
        raw = raw if column.place is None else raw[:, column.place]
    elif column.place is not None:
        raw = dataset[:n_rows, column.place]
    else:
        raw = dataset[:n_rows]
    return _converted(name, np.asarray(raw), column.kind)


def _converted(name: str, raw: NDArray[Any], kind: Kind) -> NDArray[Any]:
    if kind == "text":
        if raw.dtype.kind == "O":
            refuse_long_texts(name, len(raw), max(map(len, raw.tolist()), default=0))
            raw = np.array([item if isinstance(item, bytes) else str(item).encode() for item in raw.tolist()],
                           dtype=np.bytes_)
        return decode(raw)
    native = raw.astype(raw.dtype.newbyteorder("="), copy=False)
    return native.astype(np.float32) if native.dtype == np.float16 else native


def _described(file: Any, table: _Table, where: str) -> dict[str, HeaderColumn]:
    """Return what astropy wrote about the columns of a table, if it did."""
    notes: Callable[[str], Any] = file.get
    found = notes(table.path + _META) if notes(table.path + _META) is not None else notes(table.path + ".__meta__")
    if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
        return {}
    lines = [item.decode("utf-8", errors="replace") if isinstance(item, bytes) else str(item)
             for item in found[()].tolist()]
    try:
        return {column.name: column for column in parse_header(lines, where).columns}
    except CatalogueError:  # the values can be read without
        return {}
