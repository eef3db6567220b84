"""Read Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from astronomical.catalogue.readers.arrow import ArrowSource, arrow_buffer

__all__ = ["ParquetSource", "open_source"]


class ParquetSource(ArrowSource):
    """A Parquet file."""

    format: ClassVar[str] = "parquet"

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        texts = [name for name in names if self._kinds[name] == "text"]
        # Dictionary-encoded texts are decoded only after a check of their size.
        with arrow_buffer(self.path) as content, pq.ParquetFile(content, read_dictionary=texts) as file:
            return self._arrays(file.read(columns=names))

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        with arrow_buffer(self.path) as content, pq.ParquetFile(content) as file:
            batch = next(file.iter_batches(batch_size=n_rows, columns=names), None)
        return self._read(names) if batch is None else self._arrays(pa.Table.from_batches([batch]))


def open_source(path: Path, table: int | str | None) -> ParquetSource:
    """Open a Parquet file. It contains one table, so `table` is not used."""
    with arrow_buffer(path) as content, pq.ParquetFile(content) as file:
        return ParquetSource(path, file.metadata.num_rows, file.schema_arrow)
