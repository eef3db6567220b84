"""Read ECSV: a text table with a header that describes its columns."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.headers import Header, parse_header
from astronomical.catalogue.readers.layout import TextLayout
from astronomical.catalogue.readers.source import ColumnInfo, Kind, unique_names
from astronomical.catalogue.readers.text import TextSource
from astronomical.catalogue.readers.unpack import open_unpacked

__all__ = ["EcsvSource", "open_source"]

_MAX_HEADER_BYTES = 2**23
_LINE_BYTES = 100
_PLAIN = ("bool", "int", "uint", "float", "string")


class EcsvSource(TextSource):
    """A text table whose columns are described by its header.

    Parameters
    ----------
    path
        Path of the file.
    header
        The parsed header.
    layout
        Layout of the rows.
    """

    format: ClassVar[str] = "ecsv"

    def __init__(self, path: Path, header: Header, layout: TextLayout) -> None:
        self._header = header
        self.meta = header.meta
        super().__init__(path, layout)
        self.columns = tuple(
            ColumnInfo(column.name, column.kind, described.unit, described.description, described.ucd)
            for column, described in zip(self.columns, header.columns, strict=True)
        )

    def _find_kinds(self) -> dict[str, Kind]:
        """Detect the kinds from the values, and correct them by the header."""
        found = super()._find_kinds()
        for name, column in zip(self._layout.names, self._header.columns, strict=True):
            if not column.datatype.startswith(_PLAIN):
                found[name] = "vector"
            elif column.datatype == "string":
                found[name] = "text"
                self._parsed_here.discard(name)
            elif column.datatype.startswith("float") and found[name] == "integer":
                found[name] = "float"
        return found


def open_source(path: Path, table: int | str | None) -> EcsvSource:
    """Open an ECSV file. It contains one table, so `table` is not used."""
    with open_unpacked(path) as stream:
        head = stream.read(_MAX_HEADER_BYTES)
    lines = head.decode("utf-8-sig", errors="replace").splitlines()
    n_header = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    if n_header >= len(lines) - 1 and len(head) == _MAX_HEADER_BYTES:
        raise CatalogueError(
            f"{path.name}: its header goes on beyond {_MAX_HEADER_BYTES / 1e6:,.1f} MB; write it "
            "again, or remove the lines that start with #"
        )
    if n_header == len(lines):
        raise CatalogueError(f"{path.name} ends before the names of its columns; download the file again")
    header = parse_header([line[1:].removeprefix(" ") for line in lines[1:n_header]], path.name)
    names = unique_names(column.name for column in header.columns)
    layout = TextLayout(header.delimiter, tuple(names), (), n_header + 1, _LINE_BYTES, squeeze=False)
    return EcsvSource(path, header, layout)
