"""Feather and other files of Arrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.feather
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.arrow import arrow_buffer, describe_fields, to_numpy
from astronomical.catalogue.readers.source import ColumnInfo, TableSource

__all__ = ["FeatherSource", "open_source"]


class FeatherSource(TableSource):
    """A file of Arrow, of which only the columns that are asked for are read.

    Parameters
    ----------
    path
        Where the file lies.
    n_rows
        Number of rows.
    columns
        The columns.
    """

    format: ClassVar[str] = "feather"

    def __init__(self, path: Path, n_rows: int, columns: list[ColumnInfo]) -> None:
        super().__init__(path, n_rows, columns)
        self._kinds = {column.name: column.kind for column in columns}

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        with arrow_buffer(self.path) as content:
            table = _read_table(content, names)
            return {name: to_numpy(name, table.column(name), self._kinds[name]) for name in names}


def open_source(path: Path, table: int | str | None) -> FeatherSource:
    """Open a Feather file, which holds one table, so that `table` says nothing."""
    with arrow_buffer(path) as content:
        start = bytes(content.read(6))
        content.seek(0)
        if start == b"ARROW1":
            reader = pa.ipc.open_file(content)
            schema = reader.schema
            n_rows = sum(reader.get_batch(number).num_rows for number in range(reader.num_record_batches))
        else:
            whole = _read_table(content, None)
            schema, n_rows = whole.schema, whole.num_rows
    if len(set(schema.names)) < len(schema.names):
        twice = next(name for name in schema.names if schema.names.count(name) > 1)
        raise CatalogueError(f"{path.name} has two columns named {twice!r}; rename one of them")
    return FeatherSource(path, n_rows, describe_fields(schema, path.name))


def _read_table(content: Any, names: list[str] | None) -> Any:
    start = bytes(content.read(6))
    content.seek(0)
    if start == b"\xff\xff\xff\xff" + start[4:]:
        table = pa.ipc.open_stream(content).read_all()
        return table if names is None else table.select(names)
    return pyarrow.feather.read_table(content, columns=names, memory_map=True)
