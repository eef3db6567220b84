"""VOTable: XML with the values as text or packed."""

from __future__ import annotations

import io
import math
import re
import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from astropy.io.votable import parse
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, TableChoiceError
from astronomical.catalogue.readers import open_stream
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource, refuse_long_texts, unique_names
from astronomical.catalogue.texts import decode

__all__ = ["VotableSource", "open_source"]

#: Values in another file, which may be one on the net or one that is nobody's business.
_ELSEWHERE = re.compile(rb"<(?:\w+:)?STREAM\b[^>]*\bhref\s*=\s*[\"']([^\"']*)", re.IGNORECASE)
#: Texts in several dimensions, which astropy refuses; they are read as one text each.
_CHARS = re.compile(rb"<(?:\w+:)?(?:FIELD|PARAM)\b[^>]*\bdatatype\s*=\s*[\"'](?:char|unicodeChar)[\"'][^>]*>")
_DIMENSIONS = re.compile(rb"(\barraysize\s*=\s*[\"'])(\d+(?:x\d+)*x(?:\d+|\*|\d+\*))([\"'])")
_PLACE = re.compile(r"^.{0,200}?:(\d+|\?):(\d+|\?): ([EWU]\d+: )?", re.DOTALL)


class VotableSource(TableSource):
    """A table of a VOTable, which can only be read as a whole.

    Parameters
    ----------
    path
        Where the file lies.
    columns
        The columns.
    values
        The values of each column, as astropy read them.
    n_rows
        Number of rows.
    """

    format: ClassVar[str] = "votable"

    def __init__(self, path: Path, columns: list[ColumnInfo], values: dict[str, NDArray[Any]], n_rows: int) -> None:
        super().__init__(path, n_rows, columns)
        self._values = values

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        return {name: self._converted(name, self._values[name]) for name in names}

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        return {name: self._converted(name, self._values[name][:n_rows]) for name in names}

    def _converted(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        kind, plain, mask = self.info(name).kind, np.ma.getdata(values), np.ma.getmaskarray(values)
        if kind == "text":
            return np.where(mask, "", _texts(name, plain))
        if kind == "float":
            numbers = np.array(plain)
            numbers[mask] = np.nan
            return numbers
        return np.ma.MaskedArray(plain, mask=mask) if mask.any() else np.array(plain)


def open_source(path: Path, table: int | str | None) -> VotableSource:
    """Open a table of a VOTable.

    Raises
    ------
    CatalogueError
        If the file holds no table, or not the one that is asked for.
    TableChoiceError
        If it holds several and `table` is None.
    """
    with open_stream(path) as stream:
        content = stream.read()
    _refuse_what_reaches_out(path, content)
    # Warnings are about the standard being bent, of which the user of a file knows nothing.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            whole = parse(io.BytesIO(_CHARS.sub(_as_one_text, content)), invalid="mask", verify="ignore")
        except Exception as error:
            raise CatalogueError(f"{path.name} cannot be read as a VOTable: {_PLACE.sub('', str(error))}") from error
        tables = [item for item in whole.iter_tables() if len(item.fields)]
        if not tables:
            raise CatalogueError(f"{path.name} is a VOTable without a table{_complaint(whole)}")
        chosen = _choose(path, tables, table)
        return _source(path, chosen)


def _refuse_what_reaches_out(path: Path, content: bytes) -> None:
    """Refuse content that astropy would fetch from elsewhere, or that could grow beyond measure."""
    if b"VOTABLE" not in content[:2**16].upper():
        raise CatalogueError(f"{path.name} is an XML file, but no VOTable; choose a table")
    if b"<!ENTITY" in content:
        raise CatalogueError(f"{path.name} defines XML entities, which a catalogue has no use for; it is not read")
    elsewhere = _ELSEWHERE.search(content)
    if elsewhere is not None:
        raise CatalogueError(f"The values of {path.name} are in another file, "
                             f"{elsewhere[1].decode(errors='replace')!r}, which is not fetched; open that file, or "
                             "save the table with its values in it")


def _as_one_text(tag: re.Match[bytes]) -> bytes:
    def size(match: re.Match[bytes]) -> bytes:
        dimensions = match[2].split(b"x")
        whole = b"*" if dimensions[-1].endswith(b"*") else str(math.prod(map(int, dimensions))).encode()
        return match[1] + whole + match[3]

    return _DIMENSIONS.sub(size, tag[0])


def _complaint(whole: Any) -> str:
    """Return what the service that wrote the file complains about."""
    infos = [*whole.infos, *(info for resource in whole.resources for info in resource.infos)]
    for info in infos:
        if "ERROR" in (str(info.name).upper(), str(info.value).upper()):
            said = str(info.content or (info.value if str(info.name).upper() == "ERROR" else "")).strip()
            return f": the service that sent it reported an error{f' ({said[:200]})' if said else ''}"
    return "; choose another file"


def _choose(path: Path, tables: list[Any], table: int | str | None) -> Any:
    titles = [str(item.name or item.ID or "").strip() for item in tables]
    names = [title if title and titles.count(title) == 1 and not title.isdigit() else str(number)
             for number, title in enumerate(titles, 1)]
    if table is None:
        if len(tables) == 1:
            return tables[0]
        described = [f"{number} {title} ({item.array.shape[0]:,} rows x {len(item.fields)} columns)".replace("  ", " ")
                     for number, (title, item) in enumerate(zip(titles, tables, strict=True), 1)]
        raise TableChoiceError(path.name, names, described)
    wanted = str(table).strip().casefold()
    for number, (name, item) in enumerate(zip(names, tables, strict=True), 1):
        if wanted in (name.casefold(), str(number), str(item.ID or "").casefold()):
            return item
    raise CatalogueError(f"{path.name} has no table {str(table)!r}; there are {', '.join(names)}")


def _source(path: Path, table: Any) -> VotableSource:
    if table.array.dtype.names is None:  # described, but without values
        table.create_arrays(0)
    columns, values = [], {}
    for name, field in zip(unique_names(str(field.name or field.ID or "") for field in table.fields), table.fields,
                           strict=True):
        column = table.array[field.ID]
        columns.append(ColumnInfo(name, _kind(field, column), unit=str(field.unit or ""),
                                  description=" ".join(str(field.description or "").split()), ucd=str(field.ucd or "")))
        values[name] = column
    return VotableSource(path, columns, values, table.array.shape[0])


def _kind(field: Any, column: NDArray[Any]) -> Kind:
    if field.datatype in ("char", "unicodeChar"):
        return "vector" if column.ndim > 1 else "text"
    if column.ndim > 1 or column.dtype.kind not in "biuf":
        return "vector"
    kinds: dict[str, Kind] = {"b": "bool", "i": "integer", "u": "integer", "f": "float"}
    return kinds[column.dtype.kind]


def _texts(name: str, values: NDArray[Any]) -> NDArray[np.str_]:
    if values.dtype.kind == "S":
        return decode(values)
    if values.dtype.kind == "O":
        texts = [item.decode("utf-8", errors="replace") if isinstance(item, bytes) else "" if item is None
                 else str(item) for item in values.tolist()]
        refuse_long_texts(name, len(texts), max(map(len, texts), default=0))
        values = np.array(texts, dtype=np.str_) if texts else np.zeros(0, dtype="U1")
    stripped: NDArray[np.str_] = np.strings.strip(values.astype(np.str_))
    return stripped
