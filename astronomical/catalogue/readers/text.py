"""Text tables: comma-separated values and their relatives.

The kinds of the columns are decided from all rows. Ids are read as the text that stands in the file.
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

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import ADVICE, UTF16, open_stream
from astronomical.catalogue.readers.arrow import to_numpy
from astronomical.catalogue.readers.layout import TextLayout, find_layout
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource
from astronomical.catalogue.texts import MISSING_TOKENS, parse_numbers

__all__ = ["TextSource", "open_source"]

_HEAD_BYTES = 2**18
_BLOCK_BYTES = 2**23
#: Bytes of values that may be held at a time while the kinds of the columns are found.
_INFER_BYTES = 2**28
_INTEGER = re.compile(r"^[+-]?\d+$")
_NUMBER_LIKE = re.compile(r"^[+-]?(\d|\.\d)")
_WHOLE = r"^[+-]?\d+\.0*$"
_ARROW_TYPES: Mapping[Kind, Any] = {"integer": pa.int64(), "float": pa.float64(), "bool": pa.bool_(),
                                    "text": pa.string()}


class TextSource(TableSource):
    """A text table.

    Parameters
    ----------
    path
        Where the file lies.
    layout
        How it is written.
    is_utf16
        Whether it is encoded in UTF-16, as some spreadsheets do it, rather than in UTF-8 or Latin-1.
    """

    format: ClassVar[str] = "csv"

    def __init__(self, path: Path, layout: TextLayout, *, is_utf16: bool = False) -> None:
        self._layout = layout
        self._is_utf16 = is_utf16
        #: The content as Arrow can read it, where it cannot as it stands.
        self._rewritten: bytes | None = None
        self._newlines_in_values = False
        self._encoding = "utf8"
        #: Columns of numbers that Arrow takes for texts or would round.
        self._parsed_here: set[str] = set()
        super().__init__(path, 0, ())
        kinds = self._find_kinds()
        units = dict(zip(layout.names, layout.units, strict=False))
        self.columns = tuple(ColumnInfo(name, kinds[name], unit=units.get(name, "")) for name in layout.names)

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        kinds: dict[str, Kind] = {name: self.info(name).kind for name in names}
        types = {name: pa.string() if name in self._parsed_here else _ARROW_TYPES[kinds[name]] for name in names}
        table = self._table(names, types)
        return {name: _parse(to_numpy(name, table.column(name), "text"), kinds[name]) if name in self._parsed_here
                else to_numpy(name, table.column(name), kinds[name]) for name in names}

    def _read_text(self, names: list[str]) -> dict[str, NDArray[np.str_]]:
        table = self._table(names, dict.fromkeys(names, pa.string()))
        return {name: to_numpy(name, _without_point_zero(table.column(name)), "text") for name in names}

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        options = self._options(names, dict.fromkeys(names, pa.string()))
        with self._stream() as stream, pacsv.open_csv(stream, **options) as reader:
            head = pa.Table.from_batches([reader.read_next_batch()]).slice(0, n_rows)
        return {name: to_numpy(name, head.column(name), "text") for name in names}

    def _stream(self) -> IO[bytes]:
        if not self._layout.squeeze and not self._is_utf16:
            return open_stream(self.path)
        if self._rewritten is None:
            with open_stream(self.path) as stream:
                content = stream.read()
            content = content.decode("utf-16").encode() if self._is_utf16 else content
            if self._layout.squeeze:
                content = re.sub(rb"(?m)^ | (?=\r?$)", b"", re.sub(rb"[ \t]+", b" ", content))
            self._rewritten = content
        return io.BytesIO(self._rewritten)

    def _options(self, names: list[str], types: Mapping[str, Any]) -> dict[str, Any]:
        layout = self._layout
        return {
            "read_options": pacsv.ReadOptions(column_names=list(layout.names), skip_rows=layout.skip_rows,
                                              block_size=_BLOCK_BYTES, encoding=self._encoding),
            "parse_options": pacsv.ParseOptions(delimiter=layout.delimiter,
                                                newlines_in_values=self._newlines_in_values),
            "convert_options": pacsv.ConvertOptions(include_columns=names, column_types=dict(types),
                                                    null_values=list(MISSING_TOKENS), strings_can_be_null=False),
        }

    def _table(self, names: list[str], types: Mapping[str, Any]) -> Any:
        with self._stream() as stream:
            try:
                return pacsv.read_csv(stream, **self._options(names, types))
            except pa.ArrowInvalid as error:
                if self._newlines_in_values:
                    raise CatalogueError(f"{self.path.name} cannot be read as a table of {len(self._layout.names)} "
                                         f"columns: {self._reason(error)}") from error
        # A line that seems too short may be one that goes on after a line end within quotes.
        self._newlines_in_values = True
        return self._table(names, types)

    def _reason(self, error: Exception) -> str:
        """Say which line it is, which Arrow knows only when it reads line after line."""
        bad: list[Any] = []

        def skip(row: Any) -> str:
            bad.append(row)
            return "skip"

        options = self._options([], {})
        options["read_options"].use_threads = False
        options["parse_options"].invalid_row_handler = skip
        with self._stream() as stream, contextlib.suppress(pa.ArrowInvalid):
            pacsv.read_csv(stream, **options)
        if not bad:
            return str(error)
        return f"line {bad[0].number:,} has {bad[0].actual_columns} of them: {bad[0].text[:80]!r}"

    def _find_kinds(self) -> dict[str, Kind]:
        """Find the kinds of all columns, group by group, so that a large file does not fill the memory."""
        names = list(self._layout.names)
        rows = max(self.path.stat().st_size // max(self._layout.line_bytes, 1), 1)
        size = max(_INFER_BYTES // (8 * rows), 1)
        kinds: dict[str, Kind] = {}
        for start in range(0, len(names), size):
            table = self._table(names[start:start + size], {})
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


def open_source(path: Path, table: int | str | None) -> TextSource:
    """Open a text table; the file holds one, so that `table` says nothing."""
    with open_stream(path) as stream:
        head = stream.read(_HEAD_BYTES)
    complete, is_utf16 = len(head) < _HEAD_BYTES, head.startswith(UTF16)
    if is_utf16:
        head = head.decode("utf-16", errors="replace").encode()
    layout = find_layout(head, complete=complete, any_delimiter=_is_table_by_name(path))
    if layout is None:
        raise CatalogueError(f"{path.name} does not look like a table; {ADVICE}")
    return TextSource(path, layout, is_utf16=is_utf16)


def _is_table_by_name(path: Path) -> bool:
    suffixes = {suffix.lower() for suffix in path.suffixes}
    return bool(suffixes & {".csv", ".tsv", ".tab"})


def _kind_in_text(column: Any) -> Kind | None:
    """Return the kind of a column as Arrow read it, or None if only its text can tell."""
    if pa.types.is_integer(column.type):
        return "integer"
    if pa.types.is_boolean(column.type):
        return "bool"
    if pa.types.is_null(column.type):
        return "float"
    if pa.types.is_floating(column.type):
        # Integers of more than 63 bits were rounded, and +1 is none to Arrow.
        known = column.filter(pc.is_finite(column))
        return None if pc.all(pc.equal(pc.floor(known), known)).as_py() else "float"
    if pa.types.is_string(column.type):
        # Arrow takes 1.5D+01 for a text.
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
    """Parse the texts of a column whose kind `_kind_of_texts` found."""
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
    """Write 5.0 as 5 if all numbers of the column are whole and written like that."""
    texts = pc.utf8_trim_whitespace(column)
    blank = pc.equal(texts, "")
    whole = pc.match_substring_regex(texts, _WHOLE)
    if not pc.all(pc.or_(blank, whole)).as_py():
        return texts
    return pc.replace_substring_regex(texts, r"\.0*$", "")
