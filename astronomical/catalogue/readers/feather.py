"""Read Feather and other Arrow files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.feather
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.arrow import ArrowSource, arrow_buffer, is_list, list_blocks, same_length

__all__ = ["FeatherSource", "open_source"]

#: How many vectors are read at a time.
_ROWS_AT_ONCE = 8192


class FeatherSource(ArrowSource):
    """A Feather or Arrow file."""

    format: ClassVar[str] = "feather"

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        with arrow_buffer(self.path) as content:
            return self._arrays(_read_table(content, self._stored(names)), names)

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        stored = self._stored([name])
        with arrow_buffer(self.path) as content:
            batches = _read_table(content, stored).to_batches(max_chunksize=_ROWS_AT_ONCE)
            yield from list_blocks(name, self.info(name).length, (batch.column(0) for batch in batches))


def open_source(path: Path, table: int | str | None) -> FeatherSource:
    """Open a Feather file. It contains one table, so `table` is not used."""
    with arrow_buffer(path) as content:
        start = bytes(content.read(6))
        content.seek(0)
        if start.startswith(b"FEA1"):
            raise CatalogueError(
                f"{path.name} is a Feather file of version 1, which Arrow no longer reads safely; "
                "save it again as Parquet, for example with pandas.read_feather and to_parquet"
            )
        if start == b"ARROW1":
            reader = pa.ipc.open_file(content)
            schema = reader.schema
            n_rows = sum(reader.get_batch(number).num_rows for number in range(reader.num_record_batches))
        else:
            whole = _read_table(content, None)
            schema, n_rows = whole.schema, whole.num_rows
    return FeatherSource(path, n_rows, schema, _lengths(path, schema))


def _lengths(path: Path, schema: Any) -> dict[str, int]:
    """Return the length of the lists of columns whose lists may be short vectors, reading one column at a time."""
    lengths = {}
    for name in [field.name for field in schema if is_list(field.type)]:
        with arrow_buffer(path) as content:
            lengths[name] = same_length([_read_table(content, [name]).column(name)])
    return lengths


def _read_table(content: Any, names: list[str] | None) -> Any:
    start = bytes(content.read(6))
    content.seek(0)
    if start == b"\xff\xff\xff\xff" + start[4:]:
        table = pa.ipc.open_stream(content).read_all()
        return table if names is None else table.select(names)
    return pyarrow.feather.read_table(content, columns=names, memory_map=True)
