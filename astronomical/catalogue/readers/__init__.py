"""Reading tables. A format is one module here and one entry in `FORMATS`."""

from __future__ import annotations

import bz2
import gzip
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.source import ColumnInfo, TableSource

__all__ = ["ADVICE", "FORMATS", "SUFFIXES", "UTF16", "ColumnInfo", "Format", "TableSource", "open_stream", "open_table",
           "packed"]


@dataclass(frozen=True)
class Format:
    """A format that can be read.

    Parameters
    ----------
    name
        Name in the config.
    title
        Name for people.
    module
        Module with a function ``open_source(path, table) -> TableSource``, imported when first needed.
    starts
        How the content of such a file begins; text files are told by having none of these.
    suffixes
        Usual ends of the file name.
    """

    name: str
    title: str
    module: str
    starts: tuple[bytes, ...]
    suffixes: tuple[str, ...]


FORMATS = (
    Format("fits", "FITS", "fits", (b"SIMPLE  =",), (".fits", ".fit", ".fts")),
    Format("votable", "VOTable", "votable", (b"<?xml", b"<VOTABLE", b"<vot:VOTABLE", b"<!--", b"<!DOCTYPE VOTABLE"),
           (".vot", ".votable", ".xml")),
    Format("ecsv", "ECSV", "ecsv", (b"# %ECSV",), (".ecsv",)),
    Format("ipac", "IPAC table", "ipac", (b"\\", b"|"), (".tbl", ".ipac")),
    Format("parquet", "Parquet", "parquet", (b"PAR1",), (".parquet", ".pq")),
    Format("feather", "Feather", "feather", (b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"), (".feather", ".arrow", ".ipc")),
    Format("hdf5", "HDF5", "hdf5", (b"\x89HDF\r\n\x1a\n",), (".hdf5", ".h5", ".hdf")),
    Format("csv", "CSV", "text", (), (".csv", ".tsv", ".tab", ".txt", ".dat", ".cat")),
)
#: All ends that the name of a table usually has, those of compressed files too.
SUFFIXES = (*(suffix for item in FORMATS for suffix in item.suffixes), ".gz", ".bz2")

#: Beginnings of files that are known for what they are but not read.
_NOT_READ = {
    b"<!DOCTYPE": "a web page", b"<html": "a web page", b"PK\x03\x04": "a zip or Excel file",
    b"\x93NUMPY": "an array of NumPy", b"\x80": "a pickle of Python, which is not opened because that can run code",
    b"\x89PNG": "an image", b"\xff\xd8\xff": "an image", b"%PDF": "a PDF file",
    b"\xd0\xcf\x11\xe0": "an old Excel file", b"SQLite format 3": "an SQLite database",
}
#: How a text in UTF-16 begins.
UTF16 = (b"\xff\xfe", b"\xfe\xff")
ADVICE = "use a table in FITS, VOTable, CSV, Parquet or HDF5"


def packed(path: Path) -> bool:
    """Tell whether a file is compressed by gzip or bzip2."""
    with path.open("rb") as stream:
        start = stream.read(3)
    return start[:2] == b"\x1f\x8b" or start == b"BZh"


def open_stream(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, unpacked where it is compressed by gzip or bzip2."""
    with path.open("rb") as stream:
        start = stream.read(3)
    if start[:2] == b"\x1f\x8b":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if start == b"BZh":
        return bz2.open(path, "rb")
    return path.open("rb")


def open_table(path: str | Path, *, format: str | None = None, table: int | str | None = None) -> TableSource:
    """Open a table.

    Parameters
    ----------
    path
        Where the file lies.
    format
        Name of one of `FORMATS`; found from the content when not given.
    table
        Name or number of the table in a file that holds several; the primary HDU of a FITS file is 0, the first table
        of other files is 1.

    Returns
    -------
    TableSource
        The table, of which only the names and kinds of the columns are read yet.

    Raises
    ------
    CatalogueError
        If there is no such file or it holds no table that can be read.
    TableChoiceError
        If it holds several tables and `table` is not given.
    """
    where = Path(path)
    try:
        there = where.exists()
    except (OSError, ValueError):  # no file can have such a name
        there = False
    if not there:
        raise CatalogueError(f"There is no file {where}")
    if where.is_dir():
        raise CatalogueError(f"{where} is a folder, not a table")
    try:
        chosen = _named(format) if format is not None else _recognise(where)
        module = importlib.import_module(f"{__name__}.{chosen.module}")
        return cast(TableSource, module.open_source(where, table))
    except CatalogueError:
        raise
    # The libraries below raise many kinds of error for a damaged file.
    except Exception as error:
        raise CatalogueError(f"{where.name} cannot be read: {error}") from error


def _named(name: str) -> Format:
    for item in FORMATS:
        if item.name == name:
            return item
    raise CatalogueError(f"There is no format {name!r}; there are {', '.join(item.name for item in FORMATS)}")


def _recognise(path: Path) -> Format:
    with open_stream(path) as stream:
        start = stream.read(4096)
    if not start.strip():
        raise CatalogueError(f"{path.name} is empty")
    start = start.removeprefix(b"\xef\xbb\xbf")
    for item in FORMATS:
        if any(start.startswith(sign) for sign in item.starts):
            return item
    for sign, title in _NOT_READ.items():
        if start.lstrip().lower().startswith(sign.lower()):
            raise CatalogueError(f"{path.name} is {title}, which cannot be read; {ADVICE}")
    if b"\x00" in start and not start.startswith(UTF16):
        raise CatalogueError(f"{path.name} is of no known format; {ADVICE}")
    return _named("csv")
