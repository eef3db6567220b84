"""Read VOTables."""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from pathlib import Path
from typing import Any, ClassVar
from xml.sax.saxutils import quoteattr

import numpy as np
from astropy.io.votable import parse
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, TableChoiceError
from astronomical.catalogue.readers.limits import MAX_COLUMNS, refuse_beyond_memory
from astronomical.catalogue.readers.short_vectors import is_spread, part_names
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource, refuse_long_texts, unique_names
from astronomical.catalogue.readers.unpack import read_whole
from astronomical.catalogue.string_arrays import decode
from astronomical.catalogue.xml_check import XmlError, check_xml, local_name

__all__ = ["VotableSource", "open_source", "read_tables"]

#: Multi-dimensional texts, which astropy does not support; they are read as a single text.
_DIMENSIONS = re.compile(r"(?:\d+x)+(?:\d+|\d*\*)")
_NUMBER = re.compile(r"[0-9]{1,20}")
_TEXT_TYPES = ("char", "unicodeChar")
#: The first tag of well-formed XML.
_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_DECLARATION = re.compile(r"^\s*<\?xml\b[^?]*\?>")
_MAX_TABLES = 1000
_MAX_TEXT = 10_000_000
#: Maximum number of elements other than rows and cells; astropy creates an object for each.
_MAX_DESCRIBING = 200_000
#: Elements with values in forms that are not supported.
_OTHER_FORMS = {"FITS": "FITS", "PARQUET": "Parquet"}
_PLACE = re.compile(r"^.{0,200}?:(\d+|\?):(\d+|\?): ([EWU]\d+: )?", re.DOTALL)


class VotableSource(TableSource):
    """A table of a VOTable. The file can only be read as a whole.

    Parameters
    ----------
    path
        Path of the file.
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

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        yield np.arange(self.n_rows), self._values[name]

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
        If the file contains no table, or not the requested one.
    TableChoiceError
        If it contains several tables and `table` is None.
    """
    tables, overflows = _read(read_whole(path), path.name)
    source = _source(path, _choose(path, tables, table))
    if overflows:
        source.incomplete = (
            f"{path.name} is incomplete: the service that sent it stopped after {source.n_rows:,} rows (QUERY_STATUS "
            "OVERFLOW). Send the query again with a higher limit (MAXREC), or in parts."
        )
        source.notes = (source.incomplete,)
    return source


def read_tables(content: bytes, where: str) -> list[Any]:
    """Read the tables of a VOTable from a file, another program or an archive.

    Nothing outside the content is opened or downloaded.

    Parameters
    ----------
    content
        The decompressed file.
    where
        Its name, for messages.

    Returns
    -------
    list of astropy.io.votable.tree.TableElement
        At least one.

    Raises
    ------
    CatalogueError
        If the content is not a VOTable, contains no table, refers to other files, or would not fit in memory.
    """
    return _read(content, where)[0]


def _read(content: bytes, where: str) -> tuple[list[Any], bool]:
    """Return the tables of a VOTable, and whether the service says that it left out rows."""
    checked = _checked(content, where)
    # The warnings are about deviations from the standard, which do not concern the user.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            whole = parse(io.BytesIO(checked), invalid="mask", verify="ignore")
        except Exception as error:
            raise CatalogueError(f"{where} cannot be read as a VOTable: {_PLACE.sub('', str(error))[:500]}") from error
        tables = [item for item in whole.iter_tables() if len(item.fields)]
    if not tables:
        raise CatalogueError(f"{where} is a VOTable without a table{_complaint(whole)}")
    infos = [*whole.infos, *(info for item in (*whole.resources, *tables) for info in item.infos)]
    overflows = any(
        str(info.name).upper() == "QUERY_STATUS" and str(info.value).upper() == "OVERFLOW" for info in infos
    )
    return tables, overflows


@dataclass
class _Check:
    """Check the elements of a VOTable while it is parsed."""

    where: str
    n_elements: int = 0
    n_describing: int = 0
    n_tables: int = 0
    n_fields: int = 0
    row_bytes: int = 0
    n_bytes: int = 0
    #: Tags that astropy cannot handle: byte offset and replacement of each.
    replaced: list[tuple[int, str]] = made_by(default_factory=list)

    def start(self, name: str, attributes: Mapping[str, str], place: int) -> None:
        """Check one element; refuse references to other files and tables that are too large."""
        kind = local_name(name).upper()
        if not self.n_elements and kind != "VOTABLE":
            raise CatalogueError(
                f"{self.where} is an XML file, but not a VOTable (it begins with <{name[:40]}>); choose a table"
            )
        self.n_elements += 1
        self.n_describing += kind not in ("TR", "TD")
        if self.n_describing > _MAX_DESCRIBING:
            raise CatalogueError(
                f"{self.where} describes its tables in more than {_MAX_DESCRIBING:,} elements; save "
                "the table that you need as a separate file"
            )
        match kind:
            case "TR":
                self.n_bytes += self.row_bytes
                refuse_beyond_memory(self.where, self.n_bytes)
            case "STREAM":
                self._stream(attributes)
            case "TABLE":
                self._table(name, attributes, place)
            case "FIELD" | "PARAM":
                self._field(name, kind, attributes, place)
            case "FITS" | "PARQUET":
                raise CatalogueError(
                    f"The values of {self.where} are in {_OTHER_FORMS[kind]} within the VOTable, "
                    "which is not supported; save the table as a FITS or Parquet file"
                )
            case _:
                pass

    def _stream(self, attributes: Mapping[str, str]) -> None:
        found = {local_name(key).lower(): value for key, value in attributes.items()}
        if "href" in found:
            raise CatalogueError(
                f"The values of {self.where} are in another file, {found['href'][:200]!r}, which is "
                "not downloaded; open that file, or save the table together with its values"
            )
        encoding = found.get("encoding", "base64").strip().lower()
        if encoding != "base64":
            raise CatalogueError(
                f"The values of {self.where} are written in the encoding {encoding[:40]!r}; save the "
                "table with its values in base64 or as TABLEDATA"
            )

    def _table(self, name: str, attributes: Mapping[str, str], place: int) -> None:
        self.n_tables += 1
        self.n_fields = self.row_bytes = 0
        if self.n_tables > _MAX_TABLES:
            raise CatalogueError(
                f"{self.where} holds more than {_MAX_TABLES:,} tables; save the one that you need as a separate file"
            )
        if "nrows" in attributes:  # astropy would allocate memory for them
            self._replace(place, name, {key: value for key, value in attributes.items() if key != "nrows"})

    def _field(self, name: str, kind: str, attributes: Mapping[str, str], place: int) -> None:
        self.n_fields += kind == "FIELD"
        if self.n_fields > MAX_COLUMNS:
            raise CatalogueError(
                f"{self.where} has a table of more than {MAX_COLUMNS:,} columns; save those that you "
                "need as a separate table"
            )
        declared = "".join(attributes.get("arraysize", "1").split())
        size = math.prod(int(part) for part in declared.rstrip("*").split("x") if _NUMBER.fullmatch(part))
        if size > _MAX_TEXT:
            raise CatalogueError(
                f"{self.where} declares {size:,} values in each row of the column "
                f"{attributes.get('name', '')[:80]!r}; at most {_MAX_TEXT:,} can be read"
            )
        if attributes.get("datatype") in _TEXT_TYPES:
            if _DIMENSIONS.fullmatch(declared):
                whole = "*" if declared.endswith("*") else str(size)
                self._replace(place, name, {**attributes, "arraysize": whole})
            size = 0 if declared.endswith("*") else size * 4
        if kind == "FIELD":
            self.row_bytes += max(size, 8)

    def _replace(self, place: int, name: str, attributes: Mapping[str, str]) -> None:
        tag = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
        self.replaced.append((place, f"<{name}{tag}"))


def _checked(content: bytes, where: str) -> bytes:
    """Check a VOTable, and return it in UTF-8 or a compatible encoding."""
    content = _as_utf8(content, where)
    check = _Check(where)
    try:
        check_xml(content, check.start)
    except XmlError as error:
        raise CatalogueError(f"{where} cannot be read as a VOTable: {error}") from None
    parts, done = [], 0
    for place, tag in check.replaced:
        found = _TAG.match(content, place)
        if found is not None:
            end = b"/>" if found[0].endswith(b"/>") else b">"
            parts += [content[done:place], tag.encode("ascii", errors="xmlcharrefreplace"), end]
            done = found.end()
    return b"".join([*parts, content[done:]])


def _as_utf8(content: bytes, where: str) -> bytes:
    """Convert XML from UTF-16 to UTF-8; return other XML unchanged."""
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    if encoding is None:
        return content
    try:
        return _DECLARATION.sub("", content.decode(encoding)).encode()
    except UnicodeError as error:
        raise CatalogueError(
            f"{where} begins like XML in UTF-16, but is not valid UTF-16 ({error}); download the file again"
        ) from None


def _complaint(whole: Any) -> str:
    """Return the error message of the service that wrote the file."""
    infos = [*whole.infos, *(info for resource in whole.resources for info in resource.infos)]
    for info in infos:
        if "ERROR" in (str(info.name).upper(), str(info.value).upper()):
            said = str(info.content or (info.value if str(info.name).upper() == "ERROR" else "")).strip()
            return f": the service that sent it reported an error{f' ({said[:200]})' if said else ''}"
    return "; choose another file"


def _choose(path: Path, tables: list[Any], table: int | str | None) -> Any:
    titles = [str(item.name or item.ID or "").strip() for item in tables]
    names = [
        title if title and titles.count(title) == 1 and not title.isdigit() else str(number)
        for number, title in enumerate(titles, 1)
    ]
    if table is None:
        if len(tables) == 1:
            return tables[0]
        described = [
            f"{number} {title} ({item.array.shape[0]:,} rows x {len(item.fields)} columns)".replace("  ", " ")
            for number, (title, item) in enumerate(zip(titles, tables, strict=True), 1)
        ]
        raise TableChoiceError(path.name, names, described)
    wanted = str(table).strip().casefold()
    for number, (name, item) in enumerate(zip(names, tables, strict=True), 1):
        if wanted in (name.casefold(), str(number), str(item.ID or "").casefold()):
            return item
    raise CatalogueError(f"{path.name} has no table {str(table)!r}; the tables are {', '.join(names)}")


def _source(path: Path, table: Any) -> VotableSource:
    if table.array.dtype.names is None:  # a description without values
        table.create_arrays(0)
    columns, values = [], {}
    names = unique_names(str(field.name or field.ID or "") for field in table.fields)
    for name, field in zip(names, table.fields, strict=True):
        for part, column in _parts(name, field, table.array[field.ID], names):
            columns.append(
                ColumnInfo(
                    part,
                    _kind(field, column),
                    unit=str(field.unit or ""),
                    description=" ".join(str(field.description or "").split()),
                    ucd=str(field.ucd or ""),
                    length=column.shape[1] if _is_vector(field, column) else 0,
                )
            )
            values[part] = column
    return VotableSource(path, columns, values, table.array.shape[0])


def _parts(name: str, field: Any, column: NDArray[Any], names: list[str]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the values of a short vector each as a column, and any other column itself."""
    if not (_is_vector(field, column) and is_spread(column.shape[1])):
        yield name, column
        return
    for i, part in enumerate(part_names(name, column.shape[1], names)):
        yield part, column[:, i]


def _is_vector(field: Any, column: NDArray[Any]) -> bool:
    """Return whether a column has several numbers in each row, and as many in all rows."""
    return field.datatype not in _TEXT_TYPES and column.ndim == 2 and column.dtype.kind in "biuf"


def _kind(field: Any, column: NDArray[Any]) -> Kind:
    if field.datatype in _TEXT_TYPES:
        return "vector" if column.ndim > 1 else "text"
    if column.ndim > 1 or column.dtype.kind not in "biuf":
        return "vector"
    kinds: dict[str, Kind] = {"b": "bool", "i": "integer", "u": "integer", "f": "float"}
    return kinds[column.dtype.kind]


def _texts(name: str, values: NDArray[Any]) -> NDArray[np.str_]:
    if values.dtype.kind == "S":
        return decode(values)
    if values.dtype.kind == "O":
        texts = [
            item.decode("utf-8", errors="replace") if isinstance(item, bytes) else "" if item is None else str(item)
            for item in values.tolist()
        ]
        refuse_long_texts(name, len(texts), max(map(len, texts), default=0))
        values = np.array(texts, dtype=np.str_) if texts else np.zeros(0, dtype="U1")
    stripped: NDArray[np.str_] = np.strings.strip(values.astype(np.str_))
    return stripped
