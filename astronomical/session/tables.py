"""Tables on disk: FITS, CSV, Parquet, VOTable and ECSV, by the ending of the name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from astropy.table import Table
from pyarrow import csv, parquet

from astronomical.config.io import local_path
from astronomical.session.errors import SessionError

__all__ = ["TABLE_SUFFIXES", "check_table_name", "write_table"]

#: Rows written at a time, where a format allows it.
_BLOCK_ROWS = 100_000
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(table: Table, path: str | Path, cancelled: Callable[[], bool] = lambda: False, *,
                for_spreadsheets: bool = False) -> None:
    """Write a table; a file of that name is replaced once the new one is whole.

    Parameters
    ----------
    table
        Columns of numbers, booleans and texts.
    path
        The file. Its name ends in one of `TABLE_SUFFIXES`.
    cancelled
        Asked between blocks of rows whether to leave the file as it was.
    for_spreadsheets
        Put an apostrophe before texts that a spreadsheet would take for a formula, in a ``.csv`` file. They are then
        no longer what they were: for programs leave it out. Nothing is changed in other formats.

    Raises
    ------
    SessionError
        If the name ends otherwise, or the file cannot be written.
    """
    path = check_table_name(path)
    if for_spreadsheets and path.suffix.lower() == ".csv":
        table = _without_formulae(table)
    part = path.with_name(f".{path.name}.part")
    try:
        _WRITERS[path.suffix.lower()](table, part, cancelled)
        if not cancelled():
            part.replace(path)
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        part.unlink(missing_ok=True)


def check_table_name(path: str | Path) -> Path:
    """Return the path of a table, or refuse it.

    Raises
    ------
    SessionError
        If the name does not end like that of a table, or its folder is missing.
    """
    path = local_path(path)
    if path.suffix.lower() not in _WRITERS:
        raise SessionError(f"{path.name}: the name of a table ends in {', '.join(TABLE_SUFFIXES)}.")
    if not path.parent.is_dir():
        raise SessionError(f"There is no folder {path.parent}.")
    return path


def _write_fits(table: Table, path: Path, cancelled: Callable[[], bool]) -> None:
    table.write(path, format="fits", overwrite=True)


def _write_votable(table: Table, path: Path, cancelled: Callable[[], bool]) -> None:
    table.write(path, format="votable", tabledata_format="binary2", overwrite=True)


def _write_parquet(table: Table, path: Path, cancelled: Callable[[], bool]) -> None:
    blocks = _blocks(table, cancelled)
    first = next(blocks)
    with parquet.ParquetWriter(path, first.schema) as writer:
        for block in (first, *blocks):
            writer.write_table(block)


def _write_csv(table: Table, path: Path, cancelled: Callable[[], bool]) -> None:
    with path.open("wb") as file:
        _append_csv(table, file, cancelled, header=True)


def _write_ecsv(table: Table, path: Path, cancelled: Callable[[], bool]) -> None:
    table[:0].write(path, format="ascii.ecsv", delimiter=",", overwrite=True)
    spelt = table.copy(copy_data=False)
    for name in table.colnames:
        if table[name].dtype == np.bool_:  # the format writes truth as Python does
            spelt[name] = np.where(table[name], "True", "False")
    with path.open("ab") as file:
        _append_csv(spelt, file, cancelled, header=False)


def _without_formulae(table: Table) -> Table:
    """Return a table in which no text, nor the name of a column, begins as a formula does.

    The characters are those that OWASP names for CSV injection.
    """
    inert = table.copy(copy_data=False)
    for name in table.colnames:
        if table[name].dtype.kind in "US":
            texts = _texts(np.asarray(table[name]))
            inert[name] = np.where(np.isin(texts.astype("U1"), _BEGINS_FORMULA), np.char.add("'", texts), texts)
        if name[:1] in _BEGINS_FORMULA:
            inert.rename_column(name, f"'{name}")
    return inert


def _append_csv(table: Table, file: Any, cancelled: Callable[[], bool], *, header: bool) -> None:
    options = csv.WriteOptions(include_header=header, quoting_style="needed")
    blocks = _blocks(table, cancelled)
    first = next(blocks)
    with csv.CSVWriter(file, first.schema, write_options=options) as writer:
        for block in (first, *blocks):
            writer.write_table(block)


def _blocks(table: Table, cancelled: Callable[[], bool]) -> Iterator[pa.Table]:
    """Yield the rows of a table block by block; at least one block, so that there are columns."""
    for start in range(0, max(1, len(table)), _BLOCK_ROWS):
        if start and cancelled():
            return
        block = table[start:start + _BLOCK_ROWS]
        yield pa.table({name: _arrow(np.asarray(block[name])) for name in table.colnames})


def _arrow(values: np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(_texts(values), pa.string()) if values.dtype.kind in "US" else pa.array(values)


def _texts(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values


_WRITERS: dict[str, Callable[[Table, Path, Callable[[], bool]], None]] = {
    ".fits": _write_fits, ".csv": _write_csv, ".parquet": _write_parquet, ".vot": _write_votable,
    ".xml": _write_votable, ".ecsv": _write_ecsv,
}
#: How the name of a table may end.
TABLE_SUFFIXES = tuple(_WRITERS)
