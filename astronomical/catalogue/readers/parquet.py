"""Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.arrow import arrow_buffer, describe_fields, to_numpy
from astronomical.catalogue.readers.source import ColumnInfo, TableSource

__all__ = ["ParquetSource", "open_source"]


class ParquetSource(TableSource):
    """A Parquet file, of which only the columns that are asked for are read.

    Parameters
    ----------
    path
        Where the file lies.
    n_rows
        Number of rows.
    columns
        The columns.
    """

    format: ClassVar[str] = "parquet"

    def __init__(self, path: Path, n_rows: int, columns: list[ColumnInfo]) -> None:
        super().__init__(path, n_rows, columns)
        self._kinds = {column.name: column.kind for column in columns}

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        with arrow_buffer(self.path) as content, pq.ParquetFile(content) as file:
            table = file.read(columns=names)
        return {name: to_numpy(name, table.column(name), self._kinds[name]) for name in names}

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        with arrow_buffer(self.path) as content, pq.ParquetFile(content) as file:
            batch = next(file.iter_batches(batch_size=n_rows, columns=names), None)
        if batch is None:
            return self._read(names)
        return {name: to_numpy(name, pa.chunked_array([batch.column(name)]), self._kinds[name]) for name in names}


def open_source(path: Path, table: int | str | None) -> ParquetSource:
    """Open a Parquet file, which holds one table, so that `table` says nothing."""
    with arrow_buffer(path) as content, pq.ParquetFile(content) as file:
        schema, n_rows = file.schema_arrow, file.metadata.num_rows
    if len(set(schema.names)) < len(schema.names):
        twice = next(name for name in schema.names if schema.names.count(name) > 1)
        raise CatalogueError(f"{path.name} has two columns named {twice!r}; rename one of them")
    return ParquetSource(path, n_rows, describe_fields(schema, path.name))
