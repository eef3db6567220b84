"""Read and write tables: FITS, CSV, Parquet, VOTable and ECSV, by file extension."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from astropy.io.votable.exceptions import VOWarning
from astropy.table import Column, Table
from astropy.units import UnitsWarning
from pyarrow import csv, parquet

from astronomical.paths import local_path, writing
from astronomical.printable import one_line
from astronomical.session.errors import SessionError
from astronomical.session.project.outputs import refuse_existing

__all__ = ["TABLE_SUFFIXES", "check_table_name", "check_texts", "write_table"]

#: Number of rows written at a time, where the format allows it.
_BLOCK_ROWS = 100_000
#: Formats of a stated or fixed encoding.
_HOLD_UNICODE = ".parquet, .vot, .ecsv or .csv"
#: Formats in which every text reads back the same.
_HOLD_ALL = ".parquet, .vot or .csv"
#: Maximum length of a text in a message.
_SHOWN = 40
_BLANK, _LAST_ASCII = 32, 127
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(
    table: Table,
    path: str | Path,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    for_spreadsheets: bool = False,
    overwrite: bool = False,
) -> None:
    """Write a table atomically.

    Parameters
    ----------
    table
        Columns of numbers, booleans and texts.
    path
        The file, with an extension of `TABLE_SUFFIXES`.
    cancelled
        Called between blocks of rows; returns whether to stop and leave the file unchanged.
    for_spreadsheets
        Whether to put an apostrophe before texts that a spreadsheet would read as a formula, in a ``.csv`` file. This
        changes the texts, so do not use it for files that programs read. Other formats are not affected.
    overwrite
        Whether to replace an existing file.

    Raises
    ------
    SessionError
        If the extension is unknown, the format cannot hold a text, or the file exists or cannot be written.
    """
    path = check_table_name(path)
    if not overwrite:
        refuse_existing(path)
    check_texts(path, table.colnames, "the name of a column")
    if path.suffix.lower() == ".fits" and (twice := _same_in_fits(table.colnames)):
        raise SessionError(
            f"{path.name} cannot be written: a FITS file does not distinguish the columns {twice[0]!r} and "
            f"{twice[1]!r}. Choose a file name that ends in {_HOLD_ALL}."
        )
    for name in table.colnames:
        if table[name].dtype.kind in "US":
            suspects = _unusual(np.asarray(table[name]))
            check_texts(path, np.unique(_texts(suspects)).tolist(), f"column {name!r}")
    if for_spreadsheets and path.suffix.lower() == ".csv":
        table = _without_formulae(table)
    try:
        with writing(path, overwrite=overwrite) as file:
            _WRITERS[path.suffix.lower()](table, file, cancelled)
            if cancelled():
                raise _CancelledError
    except _CancelledError:
        return
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from None


class _CancelledError(Exception):
    """Writing was cancelled; the file is unchanged."""


def check_table_name(path: str | Path) -> Path:
    """Return the path of a table, or raise an error.

    Raises
    ------
    SessionError
        If the file does not have the extension of a table, or its folder does not exist.
    """
    path = local_path(path)
    if path.suffix.lower() not in _WRITERS:
        raise SessionError(f"{path.name}: the file name of a table must end in {', '.join(TABLE_SUFFIXES)}.")
    if not path.parent.is_dir():
        raise SessionError(f"The folder {path.parent} does not exist.")
    return path


def check_texts(path: Path, texts: Iterable[str], where: str) -> None:
    """Raise an error if the format of a file cannot hold a text so that it reads back the same.

    FITS holds ASCII texts only, without blanks at the end. ECSV is read without blanks at both ends, and all line
    breaks are read as the same. No format holds a zero byte, at which readers end a text, or half of a surrogate pair.

    Parameters
    ----------
    path
        The file.
    texts
        Texts of a column, or names of columns.
    where
        What the texts are, such as ``column 'label'``.

    Raises
    ------
    SessionError
        If there is such a text; the message names formats that hold it.
    """
    suffix = path.suffix.lower()
    is_name = where == "the name of a column"
    for text in texts:
        shown = one_line(repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"))
        if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
            raise SessionError(f"{path.name} cannot be written: {where} contains {shown}, which is not valid text.")
        if suffix == ".fits" and not text.isascii():
            raise SessionError(
                f"{path.name} cannot be written: {where} contains {shown}, and a FITS file can hold ASCII characters "
                f"only. Choose a file name that ends in {_HOLD_UNICODE}."
            )
        if lost := _lost(suffix, text):
            raise SessionError(
                f"{path.name} cannot be written: {where} contains {shown}, and {lost}. Choose a file name that ends "
                f"in {_HOLD_ALL}."
            )
        if is_name and not text.isprintable() and suffix != ".parquet":
            raise SessionError(
                f"{path.name} cannot be written: {where} is {shown}, which has characters that this format does not "
                "allow in a name. Rename the class, or choose a file name that ends in .parquet."
            )


def _lost(suffix: str, text: str) -> str:
    """Return what readers of a format lose of a text, in words; empty if it reads back the same."""
    if suffix == ".fits" and text != text.rstrip():
        return "a FITS file does not keep blanks at the end of a text"
    if suffix == ".ecsv" and text != text.strip():
        return "an ECSV file does not keep blanks at the ends of a text"
    if suffix == ".ecsv" and text != "\n".join(text.splitlines()):
        return "an ECSV file does not keep this kind of line break"
    return ""


def _same_in_fits(names: Iterable[str]) -> tuple[str, str] | None:
    """Return two names that differ in capitals only, or None."""
    first: dict[str, str] = {}
    for name in names:
        if (known := first.setdefault(name.lower(), name)) != name:
            return known, name
    return None


def _unusual(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return texts that some format does not hold: not ASCII, with control characters, or with blanks at the ends.

    They are few, or none, of many.
    """
    if not values.dtype.itemsize or not values.size:
        return values[:0]
    code_type = np.uint32 if values.dtype.kind == "U" else np.uint8
    codes: np.ndarray[Any, Any] = np.ascontiguousarray(values).view(code_type).reshape(len(values), -1)
    zero = codes == 0
    before_zero = np.hstack([zero[:, 1:], np.ones((len(codes), 1), dtype=np.bool_)])
    odd = (codes > _LAST_ASCII) | ((codes < _BLANK) & (~zero | ~before_zero)) | ((codes == _BLANK) & before_zero)
    unusual: np.ndarray[Any, Any] = values[odd.any(axis=1) | (codes[:, 0] == _BLANK)]
    return unusual


def _write_fits(table: Table, file: BinaryIO, cancelled: Callable[[], bool]) -> None:
    content = io.BytesIO()  # astropy loses the error message if the disk fails while it writes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnitsWarning)  # a unit that is not of the standard is written as it is
        table.write(content, format="fits")
    file.write(content.getbuffer())


def _write_votable(table: Table, file: BinaryIO, cancelled: Callable[[], bool]) -> None:
    with warnings.catch_warnings():
        # A column whose name is not ASCII gets another XML ID; its name is unchanged.
        warnings.simplefilter("ignore", VOWarning)
        warnings.simplefilter("ignore", UnitsWarning)
        table.write(file, format="votable", tabledata_format="binary2")


def _write_parquet(table: Table, file: BinaryIO, cancelled: Callable[[], bool]) -> None:
    blocks = _blocks(table, cancelled)
    first = next(blocks)
    with parquet.ParquetWriter(file, first.schema) as writer:
        for block in (first, *blocks):
            writer.write_table(block)


def _write_csv(table: Table, file: BinaryIO, cancelled: Callable[[], bool]) -> None:
    _append_csv(table, file, cancelled, header=True)


def _write_ecsv(table: Table, file: BinaryIO, cancelled: Callable[[], bool]) -> None:
    header = io.StringIO()
    table[:0].write(header, format="ascii.ecsv", delimiter=",")
    file.write(header.getvalue().encode())
    spelt = table.copy(copy_data=False)
    for name in table.colnames:
        if table[name].dtype == np.bool_:  # the format writes booleans as Python does
            spelt[name] = np.where(table[name], "True", "False")
    _append_csv(spelt, file, cancelled, header=False)


def _without_formulae(table: Table) -> Table:
    """Return a table in which no text or column name starts like a formula.

    The characters are those that OWASP lists for CSV injection.
    """
    inert = table.copy(copy_data=False)
    for name in table.colnames:
        if table[name].dtype.kind in "US":
            texts = _texts(np.asarray(table[name]))
            inert[name] = np.where(np.isin(texts.astype("U1"), _BEGINS_FORMULA), np.char.add("'", texts), texts)
        if name[:1] in _BEGINS_FORMULA:
            inert.rename_column(name, f"'{name}")
    return inert


def _append_csv(table: Table, file: BinaryIO, cancelled: Callable[[], bool], *, header: bool) -> None:
    options = csv.WriteOptions(include_header=header, quoting_style="needed")
    blocks = _blocks(table, cancelled)
    first = next(blocks)
    with csv.CSVWriter(file, first.schema, write_options=options) as writer:
        for block in (first, *blocks):
            writer.write_table(block)


def _blocks(table: Table, cancelled: Callable[[], bool]) -> Iterator[pa.Table]:
    """Yield the rows of a table in blocks; at least one block, so that the columns are written."""
    for start in range(0, max(1, len(table)), _BLOCK_ROWS):
        if start and cancelled():
            return
        block = table[start : start + _BLOCK_ROWS]
        fields = [pa.field(name, pa.null(), metadata=_notes(table[name])) for name in table.colnames]
        arrays = [_arrow(block[name]) for name in table.colnames]
        schema = pa.schema([field.with_type(array.type) for field, array in zip(fields, arrays, strict=True)])
        yield pa.table(arrays, schema=schema)


def _notes(column: Column) -> dict[str, str]:
    """Return the unit and the description of a column, which readers of Parquet files find."""
    notes = {"unit": str(column.unit or ""), "description": str(column.description or "")}
    return {key: text for key, text in notes.items() if text}


def _arrow(column: Column) -> pa.Array:
    values, mask = np.asarray(np.ma.getdata(column)), np.ma.getmaskarray(column) if np.ma.isMA(column) else None
    if values.dtype.kind in "US":
        return pa.array(_texts(values), pa.string(), mask=mask)
    # Arrow takes the byte order of this computer only.
    return pa.array(values.astype(values.dtype.newbyteorder("="), copy=False), mask=mask)


def _texts(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values


_WRITERS: dict[str, Callable[[Table, BinaryIO, Callable[[], bool]], None]] = {
    ".fits": _write_fits,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".vot": _write_votable,
    ".xml": _write_votable,
    ".ecsv": _write_ecsv,
}
#: File extensions of tables.
TABLE_SUFFIXES = tuple(_WRITERS)
