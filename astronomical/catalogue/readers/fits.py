"""Read FITS tables, binary and ASCII.

astropy reads the headers. The values are read here, in blocks and only for the requested columns: with a memory map,
each column would touch every page of the file, and the whole file would count as used memory.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, TableChoiceError
from astronomical.catalogue.readers.fits_check import check_fits
from astronomical.catalogue.readers.short_vectors import MAX_SPREAD, part_names
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource, refuse_long_texts, unique_names
from astronomical.catalogue.readers.unpack import packed, read_whole
from astronomical.catalogue.string_arrays import MISSING_TOKENS, decode, parse_numbers

__all__ = ["FitsSource", "open_source"]

_BLOCK_BYTES = 2**22
#: Maximum number of columns in the FITS standard.
_MAX_FIELDS = 999
_BINARY = re.compile(r"^\s*(\d*)\s*([LXBIJKAEDCMPQ])(.*)$")
_ASCII = re.compile(r"^\s*([AIFED])(\d+)")
_DTYPES = {"L": "u1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
_BYTES = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
#: Generic comments that FITS writers add to the names of columns.
_EMPTY_WORDS = re.compile(
    r"^\s*(label for (field|column)|name of (field|column)|column name|field name)\b.*$|^\s*$", re.IGNORECASE
)


@dataclass(frozen=True)
class _Field:
    """A column as described by the header: its offset in a row, and the type and number of its values."""

    kind: Kind
    dtype: str
    offset: int
    null: str | None = None
    scale: float = 1.0
    zero: float = 0.0
    n_values: int = 1


@dataclass(frozen=True)
class _Table:
    """The location of a table in a file."""

    number: int
    name: str
    header: Any
    offset: int

    @property
    def n_rows(self) -> int:
        return int(self.header["NAXIS2"])

    @property
    def row_bytes(self) -> int:
        return int(self.header["NAXIS1"])

    def describe(self) -> str:
        size = f"({self.n_rows:,} rows x {self.header.get('TFIELDS', 0)} columns)"
        return f"{self.number} {self.name} {size}" if self.name else f"{self.number} {size}"


class FitsSource(TableSource):
    """A table extension of a FITS file.

    Parameters
    ----------
    path
        Path of the file.
    table
        The table in the file.
    content
        The decompressed content of a compressed file.
    """

    format: ClassVar[str] = "fits"

    def __init__(self, path: Path, table: _Table, content: bytes | None) -> None:
        self._table = table
        self._content = content
        described = _describe(table)
        self._fields = {column.name: field for column, field in described}
        super().__init__(path, table.n_rows, [column for column, _ in described])

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        return self._read_rows(names, self.n_rows)

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        return self._read_rows(names, min(n_rows, self.n_rows))

    def _read_rows(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        fields = {name: self._fields[name] for name in names}
        for name, field in fields.items():
            if field.kind == "text":
                refuse_long_texts(name, n_rows, np.dtype(field.dtype).itemsize)
        raw = self._gather(fields, n_rows)
        return {name: _convert(raw.pop(name), field) for name, field in fields.items()}

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        field = self._fields[name]
        for start, block in self._blocks({name: field}, self.n_rows):
            raw = block[name].astype(np.dtype(field.dtype).newbyteorder("="))
            yield np.arange(start, start + len(raw)), _convert(raw.ravel(), field).reshape(raw.shape)

    def _gather(self, fields: dict[str, _Field], n_rows: int) -> dict[str, NDArray[Any]]:
        """Copy columns from the rows, in the native byte order."""
        self._check_size(fields, n_rows)
        raw = {name: np.zeros(n_rows, dtype=np.dtype(field.dtype).newbyteorder("=")) for name, field in fields.items()}
        for start, block in self._blocks(fields, n_rows):
            for name, values in raw.items():
                values[start : start + len(block)] = block[name]
        return raw

    def _blocks(self, fields: dict[str, _Field], n_rows: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """Read columns in blocks of rows, in the byte order of the file; each block replaces the one before."""
        self._check_size(fields, n_rows)
        width = self._table.row_bytes
        row = np.dtype(
            {
                "names": list(fields),
                "formats": [
                    field.dtype if field.n_values == 1 else (field.dtype, (field.n_values,))
                    for field in fields.values()
                ],
                "offsets": [field.offset for field in fields.values()],
                "itemsize": max(width, 1),
            }
        )
        step = max(_BLOCK_BYTES // width, 1)
        buffer = bytearray(min(step, n_rows) * width)
        with self._stream() as stream:
            stream.seek(self._table.offset)
            for start in range(0, n_rows, step):
                count = min(step, n_rows - start)
                got = stream.readinto(memoryview(buffer)[: count * width])  # type: ignore[attr-defined]
                if got < count * width:
                    raise CatalogueError(
                        f"{self.path.name} is truncated: row {start + got // width + 1:,} of "
                        f"{self.n_rows:,} is missing; download the file again"
                    )
                yield start, np.frombuffer(buffer, dtype=row, count=count)

    def _check_size(self, fields: dict[str, _Field], n_rows: int) -> None:
        """Refuse a file that is smaller than its header says, before memory is allocated for the values."""
        width = self._table.row_bytes
        end = max(field.offset + field.n_values * np.dtype(field.dtype).itemsize for field in fields.values())
        if end > width:
            raise CatalogueError(
                f"{self.path.name} is damaged: its header declares rows of {width:,} bytes, but "
                f"columns of {end:,} bytes; download the file again"
            )
        present = self._size() - self._table.offset
        if present < n_rows * width:
            raise CatalogueError(
                f"{self.path.name} is truncated: row {max(present, 0) // width + 1:,} of "
                f"{self.n_rows:,} is missing; download the file again"
            )

    def _size(self) -> int:
        return self.path.stat().st_size if self._content is None else len(self._content)

    def _stream(self) -> IO[bytes]:
        return self.path.open("rb") if self._content is None else io.BytesIO(self._content)


def open_source(path: Path, table: int | str | None) -> FitsSource:
    """Open a table of a FITS file.

    Raises
    ------
    CatalogueError
        If the file contains no table, or not the requested one.
    TableChoiceError
        If it contains several tables and `table` is None.
    """
    content = read_whole(path) if packed(path) else None
    with path.open("rb") if content is None else io.BytesIO(content) as stream:
        check_fits(stream, path.name)
    tables = _list_tables(path, content)
    if tables and all(item.header.get("ZTABLE") for item in tables):
        raise CatalogueError(
            f"{path.name} is a table compressed by fpack, which cannot be read; unpack it with funpack"
        )
    tables = [item for item in tables if not item.header.get("ZTABLE")]
    if not tables:
        raise CatalogueError(f"{path.name} contains no table; choose a FITS file with a table extension")
    return FitsSource(path, _choose(path, tables, table), content)


def _list_tables(path: Path, content: bytes | None) -> list[_Table]:
    tables = []
    # The warnings are about deviations from the standard, which do not concern the user.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        with fits.open(path if content is None else io.BytesIO(content), memmap=True) as hdus:
            for number, hdu in enumerate(hdus):
                header = hdu.header
                if str(header.get("XTENSION", "")).strip() in ("BINTABLE", "A3DTABLE", "TABLE") and not isinstance(
                    hdu, fits.CompImageHDU
                ):
                    name = str(header.get("EXTNAME", "")).strip()
                    tables.append(_Table(number, name, header.copy(), hdu.fileinfo()["datLoc"]))
    return tables


def _choose(path: Path, tables: list[_Table], table: int | str | None) -> _Table:
    names = [
        item.name if [other.name for other in tables].count(item.name) == 1 and item.name else str(item.number)
        for item in tables
    ]
    if table is None:
        if len(tables) == 1:
            return tables[0]
        raise TableChoiceError(path.name, names, [item.describe() for item in tables])
    wanted = str(table).strip()
    for item, name in zip(tables, names, strict=True):
        if wanted.casefold() in (name.casefold(), str(item.number)):
            return item
    raise CatalogueError(f"{path.name} has no table {wanted!r}; the tables are {', '.join(names)}")


def _describe(table: _Table) -> list[tuple[ColumnInfo, _Field]]:
    header = table.header
    n_columns = int(header.get("TFIELDS", 0))
    if not 0 <= n_columns <= _MAX_FIELDS:
        raise CatalogueError(
            f"the header of table {table.number} declares {n_columns:,} columns, but FITS allows "
            f"{_MAX_FIELDS}; the file is damaged: download it again"
        )
    names = unique_names(_text(header, f"TTYPE{n}") for n in range(1, n_columns + 1))
    is_ascii = header["XTENSION"].strip() == "TABLE"
    fields = _ascii_fields(header, n_columns) if is_ascii else _binary_fields(header, n_columns)
    described = []
    for n, (name, field) in enumerate(zip(names, fields, strict=True), 1):
        for part_name, part in _spread(name, field, names):
            described.append((_column_info(header, n, part_name, part), part))
    return described


def _spread(name: str, field: _Field, taken: Sequence[str]) -> Iterator[tuple[str, _Field]]:
    """Yield the columns of the values of a short vector ``x`` as ``x_1``, ``x_2``, ..., and any other column itself."""
    if field.n_values == 1 or field.kind == "vector":
        yield name, field
        return
    size = np.dtype(field.dtype).itemsize
    for i, part in enumerate(part_names(name, field.n_values, taken)):
        yield part, replace(field, offset=field.offset + i * size, n_values=1)


def _column_info(header: Any, n: int, name: str, field: _Field) -> ColumnInfo:
    comment = header.comments[f"TTYPE{n}"] if f"TTYPE{n}" in header else ""
    description = _text(header, f"TCOMM{n}") or ("" if _EMPTY_WORDS.match(comment) else comment.strip())
    return ColumnInfo(
        name,
        field.kind,
        unit=_text(header, f"TUNIT{n}"),
        description=description,
        ucd=_text(header, f"TUCD{n}"),
        length=field.n_values if field.kind == "vector" and field.n_values > 1 else 0,
    )


def _text(header: Any, key: str) -> str:
    return str(header.get(key, "")).strip()


def _binary_fields(header: Any, n_columns: int) -> Iterable[_Field]:
    offset = 0
    for n in range(1, n_columns + 1):
        match = _BINARY.match(str(header[f"TFORM{n}"]).upper())
        if match is None:
            raise CatalogueError(f"Column {n} has the unknown format {header[f'TFORM{n}']!r}")
        repeat, code = int(match[1] or 1), match[2]
        yield _binary_field(header, n, repeat, code, match[3].strip(), offset)
        offset += -(-repeat // 8) if code == "X" else repeat * _BYTES[code]


def _binary_field(header: Any, n: int, repeat: int, code: str, rest: str, offset: int) -> _Field:
    if code == "A":
        several = "," in str(header.get(f"TDIM{n}", "")) or (rest.isdigit() and 0 < int(rest) < repeat)
        return _Field("vector" if several else "text", f"S{repeat}", offset)
    if code not in _DTYPES or repeat < 1 or (repeat > 1 and code == "L"):
        return _Field("vector", "u1", offset)
    if code == "L":
        return _Field("bool", "u1", offset)
    null = str(header[f"TNULL{n}"]) if f"TNULL{n}" in header and code in "BIJK" else None
    scale, zero = float(header.get(f"TSCAL{n}", 1)), float(header.get(f"TZERO{n}", 0))
    scaled = code in "ED" or not (scale == 1 and zero in (0, _offset_of_sign(code)))
    kind: Kind = "float" if scaled else "integer"
    if repeat > MAX_SPREAD or (repeat > 1 and "," in str(header.get(f"TDIM{n}", ""))):
        kind = "vector"
    return _Field(kind, _DTYPES[code], offset, null, scale, zero, repeat)


def _offset_of_sign(code: str) -> float:
    """Return the TZERO with which integers of the other signedness are stored."""
    return {"B": -128.0, "I": 2.0**15, "J": 2.0**31, "K": 2.0**63}[code]


def _ascii_fields(header: Any, n_columns: int) -> Iterable[_Field]:
    for n in range(1, n_columns + 1):
        match = _ASCII.match(str(header[f"TFORM{n}"]).upper())
        if match is None:
            raise CatalogueError(f"Column {n} has the unknown format {header[f'TFORM{n}']!r}")
        null = str(header[f"TNULL{n}"]).strip() if f"TNULL{n}" in header else None
        scale, zero = float(header.get(f"TSCAL{n}", 1)), float(header.get(f"TZERO{n}", 0))
        kind: Kind = "text" if match[1] == "A" else "float"
        if match[1] == "I" and (scale, zero) == (1, 0):
            kind = "integer"
        yield _Field(kind, f"S{match[2]}", int(header[f"TBCOL{n}"]) - 1, null, scale, zero)


def _convert(raw: NDArray[Any], field: _Field) -> NDArray[Any]:
    if raw.dtype.kind == "S":
        return _convert_text(decode(raw), field)
    if field.kind == "bool":
        unknown = (raw != ord("T")) & (raw != ord("F"))
        return _masked(raw == ord("T"), unknown)
    missing = raw == int(field.null) if field.null is not None else np.zeros(len(raw), dtype=np.bool_)
    if field.kind == "integer":
        return _masked(raw if field.zero == 0 else _flip_sign(raw), missing)
    if (field.scale, field.zero) == (1, 0) and field.null is None:
        return raw
    scaled: NDArray[np.float64] = raw * np.float64(field.scale) + field.zero
    scaled[missing] = np.nan
    return scaled


def _flip_sign(raw: NDArray[Any]) -> NDArray[Any]:
    """Flip the highest bit, which converts between signed and unsigned integers."""
    unsigned = raw.view(raw.dtype.str.replace("i", "u"))
    flipped = unsigned ^ np.array(1 << (raw.dtype.itemsize * 8 - 1), dtype=unsigned.dtype)
    signed: NDArray[Any] = flipped.view(np.int8)
    return signed if raw.dtype.kind == "u" else flipped


def _convert_text(texts: NDArray[np.str_], field: _Field) -> NDArray[Any]:
    if field.null is not None:
        texts = np.where(texts == field.null, "", texts)
    if field.kind == "text":
        return texts
    if field.kind == "float":
        return parse_numbers(texts) * field.scale + field.zero
    missing = np.isin(texts, MISSING_TOKENS)
    return _masked(np.where(missing, "0", texts).astype(np.int64), missing)


def _masked(values: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    return np.ma.MaskedArray(values, mask=missing) if missing.any() else values
