"""How a text table is written: its delimiter, its header, and where its rows begin."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from astronomical.catalogue.readers.source import unique_names

__all__ = ["TextLayout", "find_layout"]

_SAMPLE_LINES = 50
_DELIMITERS = (",", "\t", ";", "|")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class TextLayout:
    """How a text table is written.

    Attributes
    ----------
    delimiter
        What stands between two fields.
    names
        Names of the columns; ``col1`` and so on where the file gives none.
    units
        Units of the columns, where a line of the file gives them.
    skip_rows
        Lines before the first row.
    line_bytes
        Usual length of a line.
    squeeze
        Whether columns are aligned by runs of blanks, of which each counts as one.
    """

    delimiter: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    skip_rows: int
    line_bytes: int
    squeeze: bool


def find_layout(head: bytes, *, complete: bool, any_delimiter: bool) -> TextLayout | None:
    """Find out how a text table is written.

    Parameters
    ----------
    head
        The beginning of the file.
    complete
        Whether that is all of the file.
    any_delimiter
        Whether a table of a single column is acceptable.

    Returns
    -------
    TextLayout or None
        None if it does not look like a table.
    """
    lines = _LINE_END.split(_decode(head))
    if not complete and len(lines) > 1:
        del lines[-1]
    start = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if start is None:
        return None
    sample = [line for line in lines[start:] if line.strip()][:_SAMPLE_LINES]
    delimiter = _find_delimiter(sample)
    if delimiter is None and not any_delimiter:
        return None
    names, units, skip = _find_header(lines, start, delimiter or ",")
    line_bytes = sum(len(line) + 1 for line in sample) // len(sample)
    return TextLayout(delimiter or ",", tuple(unique_names(names)), tuple(units), skip, line_bytes, delimiter == " ")


def _decode(head: bytes) -> str:
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return head.decode("latin-1")


def _split(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    return [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]


def _find_delimiter(sample: Sequence[str]) -> str | None:
    """Return the delimiter that divides most lines alike; blanks only if they divide all of them."""
    best: tuple[float, int, str] | None = None
    for delimiter in _DELIMITERS:
        counts = [len(_split(line, delimiter)) for line in sample]
        if counts[0] > 1:
            rank = (counts.count(counts[0]) / len(counts), counts[0], delimiter)
            best = rank if best is None or rank[:2] > best[:2] else best
    if best is not None:
        return best[2]
    counts = [len(line.split()) for line in sample]
    return " " if counts[0] > 1 and min(counts) == max(counts) else None


def _find_header(lines: Sequence[str], start: int, delimiter: str) -> tuple[list[str], list[str], int]:
    """Return names, units, and the number of lines before the first row."""
    first = _split(lines[start], delimiter)
    if _is_row(first):
        return _names_in_comments(lines[:start], delimiter, len(first)), [], start
    following = [i for i in range(start + 1, min(start + 6, len(lines))) if lines[i].strip()][:2]
    if len(following) == 2 and _is_rule(lines[following[1]], delimiter):
        return first, _split(lines[following[0]], delimiter), following[1] + 1
    if following and _is_rule(lines[following[0]], delimiter):
        return first, [], following[0] + 1
    return first, [], start + 1


def _is_row(fields: Sequence[str]) -> bool:
    """Tell a row from a header: all of its fields are numbers."""
    given = [field for field in fields if field]
    return bool(given) and all(_is_number(field) for field in given)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_rule(line: str, delimiter: str) -> bool:
    """Tell a line of dashes, as VizieR draws it under the names, from a row of missing values."""
    fields = _split(line, delimiter)
    return "---" in line and all(field and not field.strip("-") for field in fields)


def _names_in_comments(comments: Sequence[str], delimiter: str, n: int) -> list[str]:
    """Return the names that a comment before the first row gives, or ``col1`` and so on."""
    for line in comments:
        names = _split(line.lstrip("# "), delimiter)
        if len(names) == n and not _is_row(names):
            return names
    return [f"col{place}" for place in range(1, n + 1)]
