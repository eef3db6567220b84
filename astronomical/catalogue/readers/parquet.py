"""Read Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from astronomical.catalogue.readers.arrow import ArrowSource, arrow_buffer, is_list, list_blocks, same_length
from astronomical.catalogue.readers.short_vectors import MAX_SPREAD, is_spread

__all__ = ["ParquetSource", "list_lengths", "open_source"]

#: How many columns are read at a time: Arrow's copy of a wide table would take as much memory as the result.
_COLUMNS_AT_ONCE = 64
#: How many vectors are read at a time.
_ROWS_AT_ONCE = 8192
#: The first rows tell the length of long lists.
_N_HEAD = 100


class ParquetSource(ArrowSource):
    """A Parquet file."""

    format: ClassVar[str] = "parquet"

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        texts = [name for name in names if self._kinds[name] == "text"]
        found: dict[str, NDArray[Any]] = {}
        # Dictionary-encoded texts are decoded only after a check of their size.
        with arrow_buffer(self.path) as content, pq.ParquetFile(content, read_dictionary=texts) as file:
            for start in range(0, len(names), _COLUMNS_AT_ONCE):
                some = names[start : start + _COLUMNS_AT_ONCE]
                found |= self._arrays(file.read(columns=self._stored(some)), some)
        return found

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        with arrow_buffer(self.path) as content, pq.ParquetFile(content) as file:
            batch = next(file.iter_batches(batch_size=n_rows, columns=self._stored(names)), None)
        return self._read(names) if batch is None else self._arrays(pa.Table.from_batches([batch]), names)

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        stored = self._stored([name])
        with arrow_buffer(self.path) as content, pq.ParquetFile(content) as file:
            batches = file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=stored)
            yield from list_blocks(name, self.info(name).length, (batch.column(0) for batch in batches))


def open_source(path: Path, table: int | str | None) -> ParquetSource:
    """Open a Parquet file. It contains one table, so `table` is not used."""
    with arrow_buffer(path) as content, pq.ParquetFile(content) as file:
        return ParquetSource(path, file.metadata.num_rows, file.schema_arrow, list_lengths(file))


def list_lengths(file: Any) -> dict[str, int]:
    """Return the length of the lists of those columns whose lists may all have the same length.

    Of long lists only the first ones are read. Of short ones, all are read if the metadata say that their mean length
    is a whole number.
    """
    lists = {field.name for field in file.schema_arrow if is_list(field.type)}
    groups = range(file.metadata.num_row_groups) if lists else range(0)
    counts: dict[str, int] = {}
    for group in groups:
        chunks = file.metadata.row_group(group)
        for k in range(chunks.num_columns):
            name = chunks.column(k).path_in_schema.rsplit(".", 2)[0]  # such as v.list.element
            if name in lists:
                counts[name] = counts.get(name, 0) + chunks.column(k).num_values
    n_rows = max(file.metadata.num_rows, 1)
    likely = [name for name, count in counts.items() if count % n_rows == 0 and is_spread(count // n_rows)]
    short = {
        name: same_length(file.read_row_group(group, columns=[name]).column(name) for group in groups)
        for name in likely
    }
    return {**_lengths_of_long(file, [name for name in counts if name not in short]), **short}


def _lengths_of_long(file: Any, names: list[str]) -> dict[str, int]:
    """Return the length of the first lists of some columns, if they are long."""
    lengths = {}
    for name in names:
        batch = next(file.iter_batches(batch_size=_N_HEAD, columns=[name]), None)
        length = 0 if batch is None else same_length([batch.column(0).drop_null()])
        if length > MAX_SPREAD:
            lengths[name] = length
    return lengths
