"""Write the reply of an archive, a VOTable, to a Parquet file with units, descriptions and UCDs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_table
from astronomical.paths import writing
from astronomical.services.transfer import FetchError

if TYPE_CHECKING:
    from astronomical.services.archives.tap import Fetched

__all__ = ["ORIGIN_KEY", "origin_facts", "write_parquet"]

#: Key of the metadata of a Parquet file that says where the table comes from.
ORIGIN_KEY = b"astronomical archive"
_COLUMNS_AT_ONCE = 32


def write_parquet(reply: Path, target: Path, origin: Callable[[int, bool], Fetched]) -> Fetched:
    """Write a VOTable to a Parquet file.

    Parameters
    ----------
    reply, target
        The files.
    origin
        Returns where the table comes from, from the number of rows and whether rows are missing.

    Raises
    ------
    FetchError
        If the reply is not a table, or the file cannot be written.
    """
    try:
        source = open_table(reply, format="votable")
        columns = [column for column in source.columns if column.kind != "vector"]
        made = origin(source.n_rows, bool(source.incomplete))
        arrays: dict[str, Any] = {}
        names = [column.name for column in columns]
        for start in range(0, len(names), _COLUMNS_AT_ONCE):
            read = source.read(names[start : start + _COLUMNS_AT_ONCE])
            arrays |= {name: _arrow(values) for name, values in read.items()}
    except CatalogueError as error:
        raise FetchError(f"the reply of the service cannot be read: {error}") from None
    fields = [
        pa.field(
            column.name,
            arrays[column.name].type,
            metadata={
                key: text
                for key, text in (("unit", column.unit), ("description", column.description), ("ucd", column.ucd))
                if text
            },
        )
        for column in columns
    ]
    schema = pa.schema(fields, metadata={ORIGIN_KEY: made.plain().encode()})
    try:
        with writing(target) as file:
            pq.write_table(pa.table([arrays[name] for name in names], schema=schema), file)
    except OSError as error:
        raise FetchError(f"{target} cannot be written: {error.strerror or error}") from None
    return made


def origin_facts(path: Path) -> dict[str, Any] | None:
    """Return where the table of a Parquet file comes from, as `Fetched` wrote it; None if the file does not say."""
    try:
        metadata = pq.read_schema(path).metadata or {}
        found = json.loads(metadata.get(ORIGIN_KEY, b"null"))
    except (OSError, ValueError):  # Arrow's errors of a damaged file are ValueErrors
        return None
    return found if isinstance(found, dict) else None


def _arrow(values: np.ndarray[Any, Any]) -> Any:
    """Return a column as Arrow stores it, with missing values as null."""
    if values.dtype.kind == "U":
        return pa.array(values, mask=values == "")
    if values.dtype.kind == "f":
        return pa.array(values, mask=np.isnan(values))
    return pa.array(np.ma.getdata(values), mask=np.ma.getmaskarray(values))
