"""Read text tables, such as comma-separated values.

The types of the columns are detected from all rows. Ids are read as the exact text in the file.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, HeaderChoiceError
from astronomical.catalogue.readers import ADVICE, UTF16
from astronomical.catalogue.readers.arrow import to_numpy
from astronomical.catalogue.readers.layout import Names, TextLayout, find_layout
from astronomical.catalogue.readers.limits import memory_limit, refuse_many_columns
from astronomical.catalogue.readers.lines import blank_comments, scan, squeezed
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource
from astronomical.catalogue.readers.unpack import open_unpacked, read_whole
from astronomical.catalogue.readers.written_numbers import Commas, comma_style, parse_with_commas, settle_styles
from astronomical.catalogue.string_arrays import MISSING_TOKENS, parse_numbers

__all__ = ["TextSource", "open_source"]

_HEAD_BYTES = 2**18
_BLOCK_BYTES = 2**23
#: Maximum memory, in bytes or as a share of `memory_limit`, for the values while the types of the columns are detected.
_INFER_BYTES = 2**28
#: Number of rows that decide which text columns are examined as a whole.
_HEAD_ROWS = 1000
#: Number of columns in which a row has to repeat the name of the column.
_NAMES_COMPARED = 20
_SHARE_TO_INFER = 8
_INTEGER = re.compile(r"^[+-]?\d+$")
_NUMBER_LIKE = re.compile(r"^[+-]?(\d|\.\d)")
_WHOLE = r"^[+-]?\d+\.0*$"
_ARROW_TYPES: Mapping[Kind, Any] = {
    "integer": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "text": pa.string(),
}


class TextSource(TableSource):
    """A text table.

    Parameters
    ----------
    path
        Path of the file.
    layout
        Layout of the file.
    is_utf16
        Whether the encoding is UTF-16, as written by some spreadsheets, instead of UTF-8 or Latin-1.
    format
        Name of the format.

    Attributes
    ----------
    is_plain : bool
        Whether the table is read in the same way as a ``csv``: without comments between the rows, and without commas
        in numbers.
    """

    format: ClassVar[str] = "csv"

    def __init__(self, path: Path, layout: TextLayout, *, is_utf16: bool = False, format: str = "") -> None:
        self._layout = layout
        self._is_utf16 = is_utf16
        self.format = format or self.format  # type: ignore[misc]
        self.is_plain = self.format not in ("text", "text-header", "text-no-header", "sextractor")
        self._n_bytes_unpacked, has_comments = scan(path, layout.skip_rows)
        self._drops_comments = has_comments and not self.is_plain
        self._commas: dict[str, Commas] = {}
        #: The converted content, if Arrow cannot read the file directly.
        self._rewritten: bytes | None = None
        self._newlines_in_values = False
        self._encoding = "utf8"
        #: Numeric columns that Arrow would read as texts, or would round.
        self._parsed_here: set[str] = set()
        super().__init__(path, 0, ())
        kinds = self._find_kinds()
        if not self.is_plain:
            self._find_commas(kinds)
            self.is_plain = not self._drops_comments and not self._commas
            self._refuse_repeated_names(kinds)
        units = dict(zip(layout.names, layout.units, strict=False))
        described = dict(zip(layout.names, layout.descriptions, strict=False))
        self.columns = tuple(
            ColumnInfo(name, kinds[name], unit=units.get(name, ""), description=described.get(name, ""))
            for name in layout.names
        )

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        kinds: dict[str, Kind] = {name: self.info(name).kind for name in names}
        types = {name: pa.string() if name in self._parsed_here else _ARROW_TYPES[kinds[name]] for name in names}
        table = self._table(names, types)
        return {
            name: self._parsed(name, to_numpy(name, table.column(name), "text"), kinds[name])
            if name in self._parsed_here
            else to_numpy(name, table.column(name), kinds[name])
            for name in names
        }

    def _parsed(self, name: str, texts: NDArray[np.str_], kind: Kind) -> NDArray[Any]:
        return parse_with_commas(texts, self._commas[name]) if name in self._commas else _parse(texts, kind)

    def _read_text(self, names: list[str]) -> dict[str, NDArray[np.str_]]:
        table = self._table(names, dict.fromkeys(names, pa.string()))
        return {name: to_numpy(name, _without_point_zero(table.column(name)), "text") for name in names}

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        options = self._options(names, dict.fromkeys(names, pa.string()))
        with self._stream() as stream, pacsv.open_csv(stream, **options) as reader:
            head = pa.Table.from_batches([reader.read_next_batch()]).slice(0, n_rows)
        return {name: to_numpy(name, head.column(name), "text") for name in names}

    def _stream(self) -> IO[bytes]:
        if not self._layout.squeeze and not self._is_utf16 and not self._drops_comments:
            return open_unpacked(self.path)
        if self._rewritten is None:
            content = read_whole(self.path)
            content = content.decode("utf-16").encode() if self._is_utf16 else content
            if self._drops_comments:
                content = blank_comments(content, self._layout.skip_rows)
            self._rewritten = squeezed(content) if self._layout.squeeze else content
        return io.BytesIO(self._rewritten)

    def _options(self, names: list[str], types: Mapping[str, Any]) -> dict[str, Any]:
        layout = self._layout
        return {
            "read_options": pacsv.ReadOptions(
                column_names=list(layout.names),
                skip_rows=layout.skip_rows,
                block_size=_BLOCK_BYTES,
                encoding=self._encoding,
            ),
            "parse_options": pacsv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=self._newlines_in_values
            ),
            "convert_options": pacsv.ConvertOptions(
                include_columns=names,
                column_types=dict(types),
                null_values=list(MISSING_TOKENS),
                strings_can_be_null=False,
            ),
        }

    def _table(self, names: list[str], types: Mapping[str, Any]) -> Any:
        with self._stream() as stream:
            try:
                return pacsv.read_csv(stream, **self._options(names, types))
            except pa.ArrowInvalid as error:
                if self._newlines_in_values:
                    raise CatalogueError(
                        f"{self.path.name} cannot be read as a table of {len(self._layout.names)} "
                        f"columns: {self._reason(error)}"
                    ) from error
        # A line that seems too short may continue after a line break within quotes.
        self._newlines_in_values = True
        return self._table(names, types)

    def _reason(self, error: Exception) -> str:
        """Find the number of the invalid line, which Arrow only reports without threads."""
        bad: list[Any] = []

        def skip(row: Any) -> str:
            bad.append(row)
            return "skip"

        options = self._options([], {})
        options["read_options"].use_threads = False
        # Arrow hands over a line only as text, and prints a traceback where it is not: so each byte is a character.
        in_bytes = self._encoding == "utf8"
        if in_bytes:
            options["read_options"].encoding = "latin-1"
        options["parse_options"].invalid_row_handler = skip
        with self._stream() as stream, contextlib.suppress(pa.ArrowInvalid):
            pacsv.read_csv(stream, **options)
        if not bad:
            return str(error)
        text = bad[0].text[:320]
        if in_bytes:
            text = text.encode("latin-1").decode("utf-8", errors="replace")
        return f"line {bad[0].number:,} has {bad[0].actual_columns} columns: {text[:80]!r}"

    def _find_kinds(self) -> dict[str, Kind]:
        """Detect the types of all columns, in groups to limit memory."""
        names = list(self._layout.names)
        rows = max(self._n_bytes_unpacked // max(self._layout.line_bytes, 1), 1)
        size = max(max(_INFER_BYTES, memory_limit() // _SHARE_TO_INFER) // (8 * rows), 1)
        kinds: dict[str, Kind] = {}
        for start in range(0, len(names), size):
            table = self._table(names[start : start + size], {})
            self.n_rows = table.num_rows
            unsure = []
            if any(pa.types.is_binary(column.type) for column in table.columns):
                self._encoding = "latin-1"
            for name in table.column_names:
                kind = _kind_in_text(table.column(name))
                if kind is None:
                    unsure.append(name)
                else:
                    kinds[name] = kind
            kinds.update(self._kinds_by_text(unsure))
        return kinds

    def _kinds_by_text(self, names: list[str]) -> dict[str, Kind]:
        if not names:
            return {}
        table = self._table(names, dict.fromkeys(names, pa.string()))
        kinds: dict[str, Kind] = {}
        for name in names:
            kinds[name] = _kind_of_texts(to_numpy(name, table.column(name), "text"))
            if kinds[name] != "text":
                self._parsed_here.add(name)
        return kinds

    def _refuse_repeated_names(self, kinds: Mapping[str, Kind]) -> None:
        """Refuse a table in which a row repeats the names of the columns, so that all columns are read as texts."""
        names = list(kinds)[:_NAMES_COMPARED]
        if len(names) < 2 or set(kinds.values()) != {"text"}:
            return
        table = self._table(names, dict.fromkeys(names, pa.string()))
        same = np.ones(table.num_rows, dtype=np.bool_)
        for name in names:
            same &= pc.equal(table.column(name), name).to_numpy()
        if same.any():
            raise CatalogueError(
                f"{self.path.name}: row {int(same.argmax()) + 1:,} repeats the names of the columns. Several tables "
                "seem to follow one another in the file; remove the repeated line, and rows that occur twice"
            )

    def _find_commas(self, kinds: dict[str, Kind]) -> None:
        """Find the columns of numbers with commas, and correct their kinds."""
        texts = [name for name, kind in kinds.items() if kind == "text"]
        head = self._read_head(texts, _HEAD_ROWS) if texts else {}
        likely = [name for name in texts if comma_style(head[name]) is not None]
        if not likely:
            return
        table = self._table(likely, dict.fromkeys(likely, pa.string()))
        found = {name: comma_style(to_numpy(name, table.column(name), "text")) for name in likely}
        settled = settle_styles(
            {name: style for name, style in found.items() if style is not None}, has_points="float" in kinds.values()
        )
        for name, style in settled.items():
            if style != "either":
                self._commas[name], kinds[name] = style, "float"
                self._parsed_here.add(name)


def open_source(path: Path, table: int | str | None, names: Names = "find", format: str = "") -> TextSource:
    """Open a text table. The file contains one table, so `table` is not used.

    Parameters
    ----------
    path, table
        As for the other formats.
    names
        Where the names of the columns are.
    format
        Name of the format; by default, ``csv`` if the table can be read so, else ``text``.
    """
    with open_unpacked(path) as stream:
        head = stream.read(_HEAD_BYTES)
    complete, is_utf16 = len(head) < _HEAD_BYTES, head.startswith(UTF16)
    if is_utf16:
        head = head.decode("utf-16", errors="replace").encode()
    elif b"\x00" in head and names in ("first", "none"):
        raise CatalogueError(f"{path.name} is not a text table, so it has no first line with names")
    options = {"complete": complete, "any_delimiter": _is_table_by_name(path)}
    try:
        layout = find_layout(head, **options, names=names)
    except HeaderChoiceError as error:
        raise HeaderChoiceError(error.line, path.name) from None
    if layout is None:
        raise CatalogueError(f"{path.name} does not look like a table; {ADVICE}")
    refuse_many_columns(path.name, len(layout.names))
    source = TextSource(path, layout, is_utf16=is_utf16, format=format or "text")
    if not format and source.is_plain and layout == find_layout(head, **options, names="csv"):
        source.format = "csv"  # type: ignore[misc]
    return source


def open_csv(path: Path, table: int | str | None) -> TextSource:
    """Open a text table as in projects of version 0.1, which know no other format of texts."""
    return open_source(path, table, "csv", "csv")


def open_with_names(path: Path, table: int | str | None) -> TextSource:
    """Open a text table with the names of the columns in its first line."""
    return open_source(path, table, "first", "text-header")


def open_without_names(path: Path, table: int | str | None) -> TextSource:
    """Open a text table without names of the columns in its first line."""
    return open_source(path, table, "none", "text-no-header")


def _is_table_by_name(path: Path) -> bool:
    suffixes = {suffix.lower() for suffix in path.suffixes}
    return bool(suffixes & {".csv", ".tsv", ".tab"})


def _kind_in_text(column: Any) -> Kind | None:
    """Return the type of a column as Arrow read it, or None if its texts must be examined."""
    if pa.types.is_integer(column.type):
        return "integer"
    if pa.types.is_boolean(column.type):
        return "bool"
    if pa.types.is_null(column.type):
        return "float"
    if pa.types.is_floating(column.type):
        # Arrow rounds integers of more than 63 bits, and does not accept +1.
        known = column.filter(pc.is_finite(column))
        return None if pc.all(pc.equal(pc.floor(known), known)).as_py() else "float"
    if pa.types.is_string(column.type):
        # Arrow reads 1.5D+01 as a text.
        first = next((str(item) for item in column.slice(0, 1000) if str(item).strip() not in MISSING_TOKENS), "")
        return None if _NUMBER_LIKE.match(first.strip()) else "text"
    return "text"


def _kind_of_texts(texts: NDArray[np.str_]) -> Kind:
    try:
        numbers = parse_numbers(texts)
    except ValueError:
        return "text"
    known = texts[~np.isnan(numbers)]
    if not all(_INTEGER.match(text) for text in known.tolist()):
        return "float"
    try:
        _parse(texts, "integer")
    except (OverflowError, ValueError):
        return "text"
    return "integer"


def _parse(texts: NDArray[np.str_], kind: Kind) -> NDArray[Any]:
    """Parse the texts of a column by the type from `_kind_of_texts`."""
    if kind == "float":
        return parse_numbers(texts)
    missing = np.isin(texts, MISSING_TOKENS)
    known = np.where(missing, "0", texts)
    try:
        values: NDArray[Any] = known.astype(np.int64)
    except OverflowError:
        values = known.astype(np.uint64)
    return np.ma.MaskedArray(values, mask=missing) if missing.any() else values


def _without_point_zero(column: Any) -> Any:
    """Convert 5.0 to 5 if all numbers of the column have that form."""
    texts = pc.utf8_trim_whitespace(column)
    blank = pc.equal(texts, "")
    whole = pc.match_substring_regex(texts, _WHOLE)
    if not pc.all(pc.or_(blank, whole)).as_py():
        return texts
    return pc.replace_substring_regex(texts, r"\.0*$", "")
