"""Write columns to a Parquet file without going through Python objects."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from astronomical.catalogue.string_arrays import encode
from astronomical.paths import writing
from astronomical.session.evaluation.predictions import PredictedColumn

__all__ = ["as_arrow_texts", "write_columns"]


def write_columns(columns: Iterable[PredictedColumn], path: Path) -> None:
    """Write columns to a Parquet file, atomically; an existing file is replaced.

    Parameters
    ----------
    columns
        The columns; see `astronomical.session.evaluation.predictions.Predictions.columns`.
    path
        The file.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    fields, arrays = [], []
    for name, values, description in columns:
        array = as_arrow_texts(values) if values.dtype.kind in "SU" else pa.array(values)
        fields.append(pa.field(name, array.type, metadata={"description": description} if description else None))
        arrays.append(array)
    table = pa.table(arrays, schema=pa.schema(fields))
    # Ids are all different, so that a dictionary of them would only take time.
    repeated = [field.name for field in fields if field.name != "id"]
    with writing(path) as file:
        parquet.write_table(table, file, use_dictionary=repeated)


def as_arrow_texts(texts: NDArray[Any]) -> Any:
    """Convert texts of dtype ``U``, or in UTF-8 of dtype ``S``, to a ``pyarrow.StringArray``."""
    values = encode(texts) if texts.dtype.kind == "U" else texts
    width = max(values.dtype.itemsize, 1)
    codes = np.ascontiguousarray(values, dtype=f"S{width}").view(np.uint8).reshape(len(values), width)
    there = codes != 0  # a text has no NUL but its padding
    ends = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(there.sum(axis=1), out=ends[1:])
    content = np.ascontiguousarray(codes[there])
    return pa.LargeStringArray.from_buffers(len(values), pa.py_buffer(ends), pa.py_buffer(content)).cast(pa.string())
