"""Detect the layout of a text table: delimiter, header and first row."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from astropy.units import Unit

from astronomical.catalogue.errors import HeaderChoiceError
from astronomical.catalogue.readers.source import unique_names

__all__ = ["Names", "TextLayout", "find_layout"]

#: Where the names of the columns are: in the first line or, if that contains only numbers, in a comment or nowhere
#: (``csv``, as in projects of version 0.1); to be found in a comment or in the first line (``find``); in the first
#: line (``first``); in a comment or nowhere (``none``).
Names = Literal["csv", "find", "first", "none"]


_SAMPLE_LINES = 50
_DELIMITERS = (",", "\t", ";", "|")
_LINE_END = re.compile(r"\r\n|\r|\n")
#: A number or a sexagesimal position, which is unusual as the name of a column.
_VALUE = re.compile(r"[+-]?(\d+([.,]\d*)?|\.\d+)([eEdD][+-]?\d+)?|[+-]?\d{1,3}[:hd]\d{1,2}([:m]\d{1,2}(\.\d*)?s?)?")


@dataclass(frozen=True)
class TextLayout:
    """Layout of a text table.

    Attributes
    ----------
    delimiter
        Character between two fields.
    names
        Names of the columns; ``col1`` and so on if the file has none.
    units
        Units of the columns, if the file has a line of units.
    skip_rows
        Number of lines before the first row.
    line_bytes
        Typical length of a line in bytes.
    squeeze
        Whether consecutive blanks count as one delimiter.
    descriptions
        Descriptions of the columns, if the file has them.
    """

    delimiter: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    skip_rows: int
    line_bytes: int
    squeeze: bool
    descriptions: tuple[str, ...] = ()


def find_layout(head: bytes, *, complete: bool, any_delimiter: bool, names: Names = "find") -> TextLayout | None:
    """Detect the layout of a text table.

    Parameters
    ----------
    head
        The beginning of the file.
    complete
        Whether `head` is the whole file.
    any_delimiter
        Whether to accept a table with a single column.
    names
        Where the names of the columns are.

    Returns
    -------
    TextLayout or None
        The layout, or None if the file does not look like a table.

    Raises
    ------
    HeaderChoiceError
        If the names are to be found, and the first line may be names or values.
    """
    lines = _LINE_END.split(_decode(head))
    if not complete and len(lines) > 1:
        del lines[-1]
    start = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if start is None:
        return None
    sample = [line for line in lines[start:] if line.strip() and (names == "csv" or not line.startswith("#"))]
    sample = sample[:_SAMPLE_LINES]
    delimiter = _find_delimiter(sample)
    if delimiter is None and not any_delimiter:
        return None
    titles, units, skip = _find_header(lines, start, delimiter or ",", names)
    line_bytes = sum(len(line) + 1 for line in sample) // len(sample)
    return TextLayout(delimiter or ",", tuple(unique_names(titles)), tuple(units), skip, line_bytes, delimiter == " ")


def _decode(head: bytes) -> str:
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return head.decode("latin-1")


def _split(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return (
            next(csv.reader([line.strip()], delimiter=" ", skipinitialspace=True), []) if '"' in line else line.split()
        )
    return [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]


def _find_delimiter(sample: Sequence[str]) -> str | None:
    """Return the delimiter that splits most lines into the same number of fields; blanks must split all lines so."""
    best: tuple[float, int, str] | None = None
    for delimiter in _DELIMITERS:
        counts = [len(_split(line, delimiter)) for line in sample]
        if counts[0] > 1:
            rank = (counts.count(counts[0]) / len(counts), counts[0], delimiter)
            best = rank if best is None or rank[:2] > best[:2] else best
    if best is not None:
        return best[2]
    counts = [len(_split(line, " ")) for line in sample]
    return " " if counts[0] > 1 and min(counts) == max(counts) else None


def _find_header(lines: Sequence[str], start: int, delimiter: str, where: Names) -> tuple[list[str], list[str], int]:
    """Return names, units, and the number of lines before the first row."""
    first = _split(lines[start], delimiter)
    if where == "none" or (where != "first" and _is_row(first)):
        names, units = _names_in_comments(lines[:start], delimiter, len(first), where)
        return names or [f"col{place}" for place in range(1, len(first) + 1)], units, start
    following = [i for i in range(start + 1, min(start + 6, len(lines))) if lines[i].strip()][:2]
    if len(following) == 2 and _is_rule(lines[following[1]], delimiter):
        return first, _split(lines[following[0]], delimiter), following[1] + 1
    if following and _is_rule(lines[following[0]], delimiter):
        return first, [], following[0] + 1
    if where == "find":
        names, units = _names_in_comments(lines[:start], delimiter, len(first), where)
        rows = [_split(lines[i], delimiter) for i in following]
        if names and (_has_values(first) or not any(map(_has_values, rows))):
            return names, units, start
        if _has_values(first):
            raise HeaderChoiceError(lines[start].strip())
    return first, [], start + 1


def _has_values(fields: Sequence[str]) -> bool:
    return any(_VALUE.fullmatch(field) for field in fields)


def _is_row(fields: Sequence[str]) -> bool:
    """Return whether all fields are numbers, as in a row but not in a header."""
    given = [field for field in fields if field]
    return bool(given) and all(_is_number(field) for field in given)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_rule(line: str, delimiter: str) -> bool:
    """Return whether a line is a rule of dashes below the header, as in VizieR, not a row of missing values."""
    fields = _split(line, delimiter)
    return "---" in line and all(field and not field.strip("-") for field in fields)


def _names_in_comments(comments: Sequence[str], delimiter: str, n: int, where: Names) -> tuple[list[str], list[str]]:
    """Return the names and units from comments before the first row; empty if there are none."""
    found = [
        names
        for line in comments
        if len(names := _split(line.lstrip("# "), delimiter)) == n
        and not (_is_row if where == "csv" else _has_values)(names)
    ]
    if not found:
        return [], []
    if where == "csv":
        return found[0], []
    # Bands such as g and K are units, too.
    if len(found) > 1 and all(map(_is_unit, found[-1])) and max(map(len, found[-1])) > 1:
        return found[-2], [unit.strip("[]()-") for unit in found[-1]]
    return found[-1], []


def _is_unit(text: str) -> bool:
    bare = text.strip("[]()-")
    try:
        return not bare or Unit(bare) is not None
    except ValueError:
        return False
