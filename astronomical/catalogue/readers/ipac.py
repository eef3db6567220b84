"""Read IPAC tables: fixed-width text columns with a header between bars."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.limits import refuse_beyond_memory, refuse_many_columns
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource, unique_names
from astronomical.catalogue.readers.unpack import open_unpacked
from astronomical.catalogue.string_arrays import MISSING_TOKENS, decode, parse_numbers

__all__ = ["IpacSource", "open_source"]

#: Types, which may be abbreviated to their first letters; ``d`` is a double.
_TYPES: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("integer", ("int", "integer", "long")),
    ("float", ("double", "float", "real")),
    ("text", ("char", "date")),
)


class IpacSource(TableSource):
    """An IPAC table.

    Parameters
    ----------
    path
        Path of the file.
    rows
        Bytes of the rows, shape (n_rows, n_bytes).
    columns
        The columns.
    places
        Start and end of each column in a row.
    nulls
        Text that means a missing value in each column.
    """

    format: ClassVar[str] = "ipac"

    def __init__(
        self,
        path: Path,
        rows: NDArray[np.uint8],
        columns: Sequence[ColumnInfo],
        places: Sequence[tuple[int, int]],
        nulls: Sequence[str],
    ) -> None:
        super().__init__(path, len(rows), columns)
        self._rows = rows
        names = [column.name for column in columns]
        self._places = dict(zip(names, places, strict=True))
        self._nulls = dict(zip(names, nulls, strict=True))

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        return {name: self._column(name, self._rows) for name in names}

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        return {name: self._column(name, self._rows[:n_rows]) for name in names}

    def _column(self, name: str, rows: NDArray[np.uint8]) -> NDArray[Any]:
        start, stop = self._places[name]
        content = np.ascontiguousarray(rows[:, start:stop])
        if not content.shape[1]:
            return np.zeros(len(rows), dtype="U1")
        texts = decode(content.view(f"S{content.shape[1]}").ravel())
        missing = np.isin(texts, (*MISSING_TOKENS, self._nulls[name]))
        texts = np.where(missing, "", texts)
        kind = self.info(name).kind
        if kind == "text":
            return texts
        try:
            return parse_numbers(texts) if kind == "float" else _integers(texts, missing)
        except ValueError as error:
            raise CatalogueError(
                f"Column {name!r} of {self.path.name} should contain numbers, but it contains "
                f"{str(error)!r}; its values may not be aligned with the header"
            ) from error


def _integers(texts: NDArray[np.str_], missing: NDArray[np.bool_]) -> NDArray[Any]:
    known = np.where(missing, "0", texts)
    try:
        values: NDArray[Any] = known.astype(np.int64)
    except ValueError:  # written like 5.0
        return parse_numbers(texts)
    return np.ma.MaskedArray(values, mask=missing) if missing.any() else values


def open_source(path: Path, table: int | str | None) -> IpacSource:
    """Open an IPAC table. The file contains one table, so `table` is not used."""
    with open_unpacked(path) as stream:
        head, first = _read_head(stream)
        if not head:
            raise CatalogueError(f"{path.name} begins like an IPAC table, but no line names columns between bars (|)")
        bars = [place for place, letter in enumerate(head[0]) if letter == "|"]
        places = [(start + 1, stop) for start, stop in itertools.pairwise(bars)]
        if not places:
            raise CatalogueError(f"{path.name} looks like an IPAC table, but its header names no column")
        refuse_many_columns(path.name, len(places))
        content = first + stream.read()
    names, types, units, nulls = (
        [line[start:stop].strip() for start, stop in places] if line else [""] * len(places)
        for line in (*head, *[""] * (4 - len(head)))
    )
    columns = [
        ColumnInfo(name, _kind(type), unit=unit)
        for name, type, unit in zip(unique_names(names), types, units, strict=True)
    ]
    rows = _matrix(content, bars[-1] + 1, path.name)
    astray = np.flatnonzero((rows[:, bars] != ord(" ")).any(axis=1))
    if astray.size:
        raise CatalogueError(
            f"{path.name}: in row {astray[0] + 1:,} a value is below a bar of the header, so "
            "its column is ambiguous; align the columns"
        )
    return IpacSource(path, rows, columns, places, nulls)


def _read_head(stream: IO[bytes]) -> tuple[list[str], bytes]:
    """Return the lines between bars, at most four, and the first line of the rows."""
    lines: list[str] = []
    while line := stream.readline():
        if line.startswith(b"|"):
            lines.append(line.decode("utf-8", errors="replace").rstrip())
        elif not line.startswith(b"\\") and (lines or line.strip()):
            break
    return lines[:4], line


def _kind(type: str) -> Kind:
    short = type.strip("- ").lower()
    return next((kind for kind, words in _TYPES if short and any(word.startswith(short) for word in words)), "text")


def _matrix(content: bytes, width: int, where: str) -> NDArray[np.uint8]:
    """Return lines as rows of bytes with the same width."""
    refuse_beyond_memory(where, 2 * width * (content.count(b"\n") + content.count(b"\r") + 1))
    lines = [line[:width].ljust(width) for line in content.splitlines() if line.strip() and not line.startswith(b"\\")]
    return np.frombuffer(b"".join(lines), dtype=np.uint8).reshape(len(lines), width)
