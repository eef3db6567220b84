"""Read tables. Each format has one module here and one entry in `FORMATS`."""

from __future__ import annotations

import importlib
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.folder_files import (
    PARQUET_ENDS,
    find_files,
    has_parts,
    is_pattern,
    table_exists,
)
from astronomical.catalogue.readers.lines import drawn_table, read_me_of
from astronomical.catalogue.readers.source import ColumnInfo, TableSource
from astronomical.catalogue.readers.unpack import PACKED_SUFFIXES, open_unpacked, packed, read_whole

__all__ = [
    "ADVICE",
    "FORMATS",
    "PARQUET_ENDS",
    "SUFFIXES",
    "TEXT_FORMATS",
    "UTF16",
    "ColumnInfo",
    "Format",
    "TableSource",
    "has_parts",
    "is_pattern",
    "open_table",
    "open_unpacked",
    "packed",
    "read_whole",
    "table_exists",
]


@dataclass(frozen=True)
class Format:
    """A supported file format.

    Parameters
    ----------
    name
        Name in the project file.
    title
        Name to display.
    module
        Module with a function ``open_source(path, table) -> TableSource``. It is imported when first needed.
    starts
        Bytes with which such a file begins. A file without any known beginning is a text table.
    suffixes
        Usual file extensions.
    opener
        Name of the function in the module.
    """

    name: str
    title: str
    module: str
    starts: tuple[bytes, ...]
    suffixes: tuple[str, ...]
    opener: str = "open_source"


FORMATS = (
    Format("fits", "FITS", "fits", (b"SIMPLE  =",), (".fits", ".fit", ".fts")),
    Format(
        "votable",
        "VOTable",
        "votable",
        (b"<?xml", b"<VOTABLE", b"<vot:VOTABLE", b"<!--", b"<!DOCTYPE VOTABLE"),
        (".vot", ".votable", ".xml"),
    ),
    Format("ecsv", "ECSV", "ecsv", (b"# %ECSV",), (".ecsv",)),
    Format("ipac", "IPAC table", "ipac", (b"\\", b"|"), (".tbl", ".ipac")),
    Format("parquet", "Parquet", "parquet", (b"PAR1",), (".parquet", ".pq")),
    Format("feather", "Feather", "feather", (b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"), (".feather", ".arrow", ".ipc")),
    Format("hdf5", "HDF5", "hdf5", (b"\x89HDF\r\n\x1a\n",), (".hdf5", ".h5", ".hdf")),
    Format("npy", "NumPy array", "npy", (b"\x93NUMPY",), (".npy",)),
    Format("sextractor", "SExtractor", "astropy_text", (), (), "open_sextractor"),
    Format("daophot", "DAOPHOT", "astropy_text", (b"#K ", b"#N "), (".als", ".mag"), "open_daophot"),
    Format("cds", "CDS or MRT", "astropy_text", (), (".mrt",), "open_cds"),
    Format("csv", "CSV", "text", (), (".csv", ".tsv", ".tab", ".txt", ".dat", ".cat"), "open_csv"),
    Format("text", "Text", "text", (), ()),
    Format("text-header", "Text with names in the first line", "text", (), (), "open_with_names"),
    Format("text-no-header", "Text without names", "text", (), (), "open_without_names"),
)
#: Formats of plain text tables; they differ in where the names of the columns are.
TEXT_FORMATS = ("csv", "text", "text-header", "text-no-header")
#: All usual file extensions of tables, including those of compressed files.
SUFFIXES = (*(suffix for item in FORMATS for suffix in item.suffixes), *PACKED_SUFFIXES)

#: First bytes of known formats that are not supported.
_NOT_READ = {
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
    b"\x80": "a Python pickle",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"%PDF": "a PDF file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"SQLite format 3": "an SQLite database",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x1f\x9d": "compressed by compress (.Z)",
    b"\x04\x22\x4d\x18": "compressed by LZ4",
    b"SR\x00\x04": "an IDL save file",
}
#: Number of bytes from which the format is recognised; the description of columns follows a title and authors.
_START_BYTES = 2**14
#: Where a tar archive says that it is one.
_TAR = slice(257, 262)
#: Byte order marks of UTF-16.
UTF16 = (b"\xff\xfe", b"\xfe\xff")
#: The header of SExtractor numbers the columns, one in each line.
_SEXTRACTOR = re.compile(rb"\s*#\s*1\s+[A-Za-z]\w*(\s[^\r\n]*)?\r?\n\s*(#\s*\d+\s+[A-Za-z]|[^#\s])")
#: Title of the description of columns in tables of the CDS and the AAS journals.
_DESCRIPTION = b"Byte-by-byte Description of file"
#: Maximum number of files of a folder to look at.
_MAX_LISTED = 1000
ADVICE = "use a table in FITS, VOTable, CSV, Parquet or HDF5"


def open_table(path: str | Path, *, format: str | None = None, table: int | str | None = None) -> TableSource:
    """Open a table.

    Parameters
    ----------
    path
        Path of the file; of a folder of Parquet files, or a HATS catalogue; or a pattern such as ``part-*.parquet``.
    format
        Name of one of `FORMATS`; detected from the content by default.
    table
        Name or number of the table, for a file with several tables. The primary HDU of a FITS file is 0; the first
        table of other files is 1.

    Returns
    -------
    TableSource
        The table. Only the names and types of its columns have been read.

    Raises
    ------
    CatalogueError
        If the file does not exist or contains no readable table.
    TableChoiceError
        If it contains several tables and `table` is not given.
    """
    where = Path(path)
    try:
        there = where.exists() or is_pattern(where)
    except (OSError, ValueError):  # not a valid file name
        there = False
    if not there:
        raise CatalogueError(f"There is no file {where}")
    if not where.is_file():
        return _open_folder(where, format)
    try:
        chosen = _named(format) if format is not None else _recognise(where)
        module = importlib.import_module(f"{__name__}.{chosen.module}")
        return cast(TableSource, getattr(module, chosen.opener)(where, table))
    except CatalogueError:
        raise
    # The libraries below raise many kinds of error for a damaged file.
    except Exception as error:
        raise CatalogueError(f"{where.name} cannot be read: {error}") from error


def _open_folder(path: Path, format: str | None) -> TableSource:
    """Open a folder of Parquet files, a pattern of their names, or a HATS catalogue."""
    if format not in (None, "parquet"):
        raise CatalogueError(f"{path} is not one file: only Parquet files are read together, not {format}")
    if not find_files(path).parts:
        raise CatalogueError(_about_folder(path))
    from astronomical.catalogue.readers.parquet_parts import open_parts  # imports Arrow, like the formats above

    return open_parts(path)


def _about_folder(path: Path) -> str:
    """Return what to do with a folder without Parquet files, or a pattern that none matches."""
    if not path.is_dir():
        return f"There is no Parquet file {path}"
    files = sorted(item.name for item in itertools.islice(path.iterdir(), _MAX_LISTED) if item.is_file())
    tables = [name for name in files if Path(name).suffix.lower() in SUFFIXES]
    return f"{path} is a folder, not a table; choose a file" + (f", such as {path / tables[0]}" if tables else "")


def _named(name: str) -> Format:
    for item in FORMATS:
        if item.name == name:
            return item
    raise CatalogueError(f"Unknown format {name!r}; the formats are {', '.join(item.name for item in FORMATS)}")


def _recognise(path: Path) -> Format:
    with open_unpacked(path) as stream:
        start = stream.read(_START_BYTES)
    if not start.strip():
        raise CatalogueError(f"{path.name} is empty")
    start = start.removeprefix(b"\xef\xbb\xbf")
    if start[_TAR] == b"ustar":
        raise CatalogueError(f"{path.name} is a tar archive; unpack it, and choose a table")
    text = start.decode("utf-16", errors="ignore").encode() if start.startswith(UTF16) else start
    if text.startswith((b"<?xml", b"<VOTABLE", b"<vot:VOTABLE")):
        return _named("votable")
    other = drawn_table(text)
    if other:
        raise CatalogueError(f"{path.name} is {other}, which cannot be read; save the table as CSV, FITS or VOTable")
    for item in FORMATS:
        if any(start.startswith(sign) for sign in item.starts):
            return item
    for sign, title in _NOT_READ.items():
        if start.lstrip().lower().startswith(sign.lower()):
            raise CatalogueError(f"{path.name} is {title}, which cannot be read; {ADVICE}")
    if b"\x00" in start and not start.startswith(UTF16):
        raise CatalogueError(f"The format of {path.name} is not known; {ADVICE}")
    if _SEXTRACTOR.match(text):
        return _named("sextractor")
    if _DESCRIPTION in text or _has_readme(path):
        return _named("cds")
    return _named("text")


def _has_readme(path: Path) -> bool:
    return (path.parent / "ReadMe").is_file() and read_me_of(path) is not None
