"""Text tables of astronomical programs and journals, read by astropy: SExtractor, CDS and MRT, DAOPHOT and IRAF."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from astropy.io import ascii as astropy_ascii
from astropy.table import Table
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.layout import TextLayout
from astronomical.catalogue.readers.limits import refuse_beyond_memory, refuse_many_columns
from astronomical.catalogue.readers.lines import read_me_of
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource, unique_names
from astronomical.catalogue.readers.text import TextSource
from astronomical.catalogue.readers.unpack import open_unpacked, read_whole, unpacked_size
from astronomical.catalogue.string_arrays import as_text

__all__ = ["AstropyTextSource", "open_cds", "open_daophot", "open_sextractor"]

_HEAD_BYTES = 2**20
#: Memory that the readers of astropy use for each byte of a file.
_TIMES = 30
_LINE_BYTES = 100
_KINDS: dict[str, Kind] = {"f": "float", "i": "integer", "u": "integer", "b": "bool"}


class AstropyTextSource(TableSource):
    """A table that astropy has read as a whole.

    Parameters
    ----------
    path
        Path of the file.
    table
        The table.
    format
        Name of the format.
    """

    format: ClassVar[str] = "cds"

    def __init__(self, path: Path, table: Table, format: str) -> None:
        self.format = format  # type: ignore[misc]
        names = unique_names(table.colnames)
        self._arrays = {name: table[given] for name, given in zip(names, table.colnames, strict=True)}
        super().__init__(path, len(table), [_info(name, column) for name, column in self._arrays.items()])

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        return {name: self._converted(name) for name in names}

    def _converted(self, name: str) -> NDArray[Any]:
        column = self._arrays[name]
        values, mask = np.asarray(np.ma.getdata(column)), np.ma.getmaskarray(np.ma.asarray(column))
        kind = self.info(name).kind
        if kind == "text":
            return np.where(mask, "", np.strings.strip(as_text(values)))
        if kind == "float":
            return np.where(mask, np.nan, values)
        return np.ma.MaskedArray(values, mask=mask) if mask.any() else values


def _info(name: str, column: Any) -> ColumnInfo:
    kind: Kind = "vector" if column.ndim > 1 else _KINDS.get(column.dtype.kind, "text")
    unit = "" if column.unit is None else str(column.unit)
    return ColumnInfo(name, kind, unit=unit, description=str(column.info.description or ""))


def _read_table(path: Path, format: str, title: str, **options: Any) -> AstropyTextSource:
    refuse_beyond_memory(path.name, _TIMES * unpacked_size(path))
    text = read_whole(path).decode("utf-8", errors="replace")
    # The warnings are about deviations from the standard, which do not concern the user.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            table = _parsed(text, path.name.removesuffix(".gz"), **options)
        except Exception as error:
            raise CatalogueError(f"{path.name} cannot be read as {title}: {str(error)[:300]}") from error
    refuse_many_columns(path.name, len(table.colnames))
    return AstropyTextSource(path, table, format)


def _parsed(text: str, name: str, **options: Any) -> Table:
    if "readme" not in options:
        return astropy_ascii.read(text, format=options["reader"], guess=False)
    # A ReadMe describes several files; astropy finds the right one by the name of the file that it opens, and would
    # read the file again.
    reader = astropy_ascii.get_reader(astropy_ascii.Cds, readme=options["readme"], strict_names=False)
    reader.inputter.get_lines = lambda *_, **__: text.splitlines()
    return reader.read(name)


def open_sextractor(path: Path, table: int | str | None) -> TextSource:
    """Open a SExtractor catalogue. The file contains one table, so `table` is not used."""
    with open_unpacked(path) as stream:
        lines = stream.read(_HEAD_BYTES).decode("utf-8", errors="replace").splitlines()
    n_header = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    header = astropy_ascii.SExtractor().header
    try:
        header.get_cols(lines[:n_header])
    except astropy_ascii.InconsistentTableError as error:
        raise CatalogueError(f"{path.name} cannot be read as a SExtractor catalogue: {error}") from error
    names = [column.name for column in header.cols]
    n_fields = len(lines[n_header].split()) if n_header < len(lines) else len(names)
    # SExtractor names only the first column of a vector; at the end, nothing says how many follow.
    names += [f"{names[-1]}_{place}" for place in range(1, n_fields - len(names) + 1)] if names else []
    units = tuple("" if column.unit is None else str(column.unit) for column in header.cols)
    descriptions = tuple(str(column.description or "") for column in header.cols)
    layout = TextLayout(" ", tuple(unique_names(names)), units, n_header, _LINE_BYTES, True, descriptions)
    return TextSource(path, layout, format="sextractor")


def open_daophot(path: Path, table: int | str | None) -> AstropyTextSource:
    """Open a text table of DAOPHOT in IRAF. The file contains one table, so `table` is not used."""
    return _read_table(path, "daophot", "a table of DAOPHOT", reader="daophot")


def open_cds(path: Path, table: int | str | None) -> AstropyTextSource:
    """Open a table of the CDS or a machine-readable table, described in the file itself or in a ReadMe beside it."""
    described = read_me_of(path)
    if described is None:
        return _read_table(path, "cds", "a table of the CDS or AAS journals", reader="cds")
    return _read_table(path, "cds", f"the table that {described} describes", reader="cds", readme=str(described))
