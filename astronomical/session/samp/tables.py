"""Tables exchanged with other programs, and the sources in their rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError, TableChoiceError
from astronomical.catalogue.readers import TableSource, open_table
from astronomical.catalogue.string_arrays import as_text
from astronomical.paths import NetworkPathError, refuse_network_path
from astronomical.services.http import get
from astronomical.services.samp import SampError
from astronomical.services.transfer import FetchError

__all__ = ["Exchange", "Format"]

Format = Literal["votable", "fits"]
_MAX_BYTES = 500e6
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: Number of rows that are checked for ids of the catalogue.
_SAMPLE = 1000


class Exchange:
    """Record which source is in each row of an exchanged table; rows of other tables are unknown.

    Parameters
    ----------
    catalogue
        The catalogue.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._tables: dict[str, tuple[str | None, ...]] = {}
        self._rows: dict[str, dict[str, int]] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._n_made = 0

    def write(self, ids: Sequence[str], columns: Sequence[str], format: Format) -> tuple[str, str]:
        """Write a table of sources; return the address of its file and its SAMP name."""
        rows = np.array([self._catalogue.row(id) for id in ids], dtype=np.intp)
        table = Table({"astronomical_id": list(ids)})
        position = self._catalogue.position
        if position is not None:
            table["ra"], table["dec"] = position[0][rows], position[1][rows]
            table["ra"].unit = table["dec"].unit = "deg"
        for name in columns:
            if name not in table.colnames:
                info = self._catalogue.info(name)
                values = self._catalogue.text(name) if info.kind == "text" else self._catalogue.raw(name)
                table[name] = np.ma.array(values[rows]) if isinstance(values, np.ma.MaskedArray) else values[rows]
                table[name].description = info.description or None
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="astronomical-samp-")
        self._n_made += 1
        name = f"astronomical-{self._n_made}"
        path = Path(self._folder.name) / f"{name}.{'vot' if format == 'votable' else 'fits'}"
        try:
            table.write(path, format=format, overwrite=True)
        except UnicodeError:
            raise SampError(
                "The sources have texts that are not ASCII, which FITS cannot hold, and no other program accepts "
                "VOTables"
            ) from None
        self._remember([name, path.as_uri()], ids)
        return path.as_uri(), name

    def read(self, params: Mapping[str, Any], format: Format) -> tuple[str, ...]:
        """Read a table that another program sent; return its sources.

        Raises
        ------
        SampError
            If the table cannot be read, or no column contains ids of the catalogue.
        """
        url = str(params.get("url", ""))
        names = [name for name in (str(params.get("table-id", "")), url) if name]
        if any(name in self._tables for name in names):
            return tuple(id for id in self._tables[next(n for n in names if n in self._tables)] if id is not None)
        found = self._ids_in(_load(url, format))
        self._remember(names, found)
        return tuple(id for id in found if id is not None)

    def id_of(self, params: Mapping[str, Any], row: str) -> str | None:
        """Return the source in a row of an exchanged table, counted from 0; None if it is not in the catalogue."""
        ids = self._known(params)
        place = int(row) if str(row).isascii() and str(row).isdigit() else -1
        return ids[place] if ids is not None and 0 <= place < len(ids) else None

    def ids_of(self, params: Mapping[str, Any], rows: Sequence[str]) -> tuple[str, ...] | None:
        """Return the sources in rows of an exchanged table; None if the table was never exchanged."""
        if self._known(params) is None:
            return None
        found = (self.id_of(params, row) for row in rows)
        return tuple(dict.fromkeys(id for id in found if id is not None))

    def rows_of(self, ids: Sequence[str]) -> list[tuple[str, list[str]]]:
        """Return the exchanged tables that contain all of some sources, newest first, with their rows."""
        return [
            (name, [str(rows[id]) for id in ids])
            for name, rows in reversed(self._rows.items())
            if all(id in rows for id in ids)
        ]

    def close(self) -> None:
        """Remove the files that were written."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _known(self, params: Mapping[str, Any]) -> tuple[str | None, ...] | None:
        for key in ("table-id", "url"):
            found = self._tables.get(str(params.get(key, "")))
            if found is not None:
                return found
        return None

    def _remember(self, names: Sequence[str], ids: Sequence[str | None]) -> None:
        for name in names:
            self._tables[name] = tuple(ids)
        self._rows[names[0]] = {id: row for row, id in enumerate(ids) if id is not None}

    def _ids_in(self, columns: Iterable[NDArray[Any]]) -> list[str | None]:
        """Return the source of each row, from the column with most ids of the catalogue."""
        best: list[str] = []
        most = 0
        for column in columns:
            texts = [str(text).strip() for text in as_text(np.ma.asarray(column))]
            n_known = sum(text in self._catalogue for text in texts[:_SAMPLE])
            if n_known > most:
                best, most = texts, n_known
        if not best:
            raise SampError("no column of the table contains ids of this catalogue")
        return [text if text in self._catalogue else None for text in best]


def _parts_of(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise SampError(f"{url[:200]!r} is not an address") from None


def _load(url: str, format: Format) -> Iterable[NDArray[Any]]:
    """Return the text and integer columns of a table on this computer."""
    parts = _parts_of(url)
    try:
        if parts.scheme == "file" and (parts.hostname or "localhost") in _LOOPBACK:
            source: Any = Path(refuse_network_path(unquote(parts.path)))
            if not source.is_file() or source.stat().st_size > _MAX_BYTES:
                raise SampError(f"there is no table of at most {_MAX_BYTES / 1e6:g} MB at {url[:200]}")
            return _columns(source, format)
        if parts.scheme == "http" and parts.hostname in _LOOPBACK:
            body = get(url, timeout_s=60, max_bytes=_MAX_BYTES, loopback_only=True).data
            with tempfile.NamedTemporaryFile(suffix=f".{format}") as file:
                file.write(body)
                file.flush()
                return _columns(Path(file.name), format)
    except (FetchError, NetworkPathError) as error:
        raise SampError(str(error)) from None
    raise SampError(f"only tables on this computer are accepted, not {url[:200]}")


def _columns(path: Path, format: Format) -> list[NDArray[Any]]:
    """Read a table like a catalogue: without opening other files, and within a memory limit."""
    try:
        table = _open_first(path, format)
        names = [column.name for column in table.columns if column.kind in ("text", "integer")]
        return list(table.read(names).values())
    except CatalogueError as error:
        raise SampError(f"the table cannot be read: {error}") from None


def _open_first(path: Path, format: Format) -> TableSource:
    """Open the first table of a file."""
    try:
        return open_table(path, format=format)
    except TableChoiceError as choice:
        return open_table(path, format=format, table=choice.tables[0])
