"""Parse lists and patterns that a user types."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from astronomical.config.catalogue import VirtualColumnConfig
from astronomical.errors import InvalidInputError

__all__ = ["groups_of", "match_columns", "numbers_of", "pairs_of", "virtual_lines", "virtual_of", "words_of"]


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a comma-separated list, without duplicates."""
    return tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))


def numbers_of(text: str) -> tuple[float, ...]:
    """Return the numbers of a comma-separated list. Infinity is omitted, because it always counts as missing.

    Raises
    ------
    ValueError
        If a word is not a number; the message names it.
    """
    numbers = []
    for word in words_of(text):
        try:
            number = float(word)
        except ValueError:
            raise InvalidInputError(
                f"{word!r} is not a number. Separate numbers with commas, for example -99, -999."
            ) from None
        if math.isfinite(number):
            numbers.append(number)
    return tuple(numbers)


def match_columns(text: str, columns: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find columns by name or pattern.

    Parameters
    ----------
    text
        Names, patterns such as ``*mag``, or regular expressions between slashes such as ``/^w[12]/``, separated by
        commas. If no column has exactly this name, a unique match that ignores case is accepted.
    columns
        The columns to choose from.

    Returns
    -------
    tuple
        The columns found, in the order of the text, and the words that match no column.
    """
    found: list[str] = []
    unknown: list[str] = []
    for word in words_of(text):
        hits = [word] if word in columns else [name for name in columns if _matches(name, word)]
        if not hits:
            folded = [name for name in columns if name.casefold() == word.casefold()]
            hits = folded if len(folded) == 1 else []
        found += hits
        unknown += [] if hits else [word]
    return tuple(dict.fromkeys(found)), tuple(unknown)


def _matches(name: str, pattern: str) -> bool:
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        try:
            return re.search(pattern[1:-1], name) is not None
        except re.error:
            return False
    return fnmatchcase(name, pattern)


def pairs_of(text: str, separator: str = ",") -> dict[str, str]:
    """Return the pairs of a text such as ``Galaxy = G*; QSO = QSO*``.

    Raises
    ------
    ValueError
        If a part has no equals sign, or nothing on one side of it; the message names it.
    """
    pairs = {}
    for part in text.split(separator):
        left, sign, right = (item.strip() for item in part.partition("="))
        if left or sign:
            if not (left and sign and right):
                raise InvalidInputError(f"{part.strip()!r} is not valid. Use the form name = value.")
            pairs[left] = right
    return pairs


def groups_of(text: str, values: Sequence[str]) -> dict[str, str]:
    """Return the class of each value for a grouping such as ``Galaxy = G*, E*; QSO = QSO*``.

    Raises
    ------
    ValueError
        If a part is not valid, or a pattern matches no value.
    """
    meaning: dict[str, str] = {}
    for name, words in pairs_of(text, ";").items():
        found, unknown = match_columns(words, [value for value in values if value not in meaning])
        if unknown:
            raise InvalidInputError(f"No label matches {', '.join(unknown)}.")
        meaning |= dict.fromkeys(found, name)
    return meaning


def virtual_of(lines: Iterable[str], before: Sequence[VirtualColumnConfig] = ()) -> tuple[VirtualColumnConfig, ...]:
    """Return the virtual columns that lines such as ``colour = g - r`` define; empty lines are skipped.

    Parameters
    ----------
    lines
        One line for each column: its name, an equals sign, and its expression.
    before
        Virtual columns of the project; one whose line has not changed keeps its unit.

    Raises
    ------
    InvalidInputError
        If a line has not this form, or a name occurs twice.
    """
    known = {(item.name, item.expression): item for item in before}
    found: dict[str, VirtualColumnConfig] = {}
    for line in lines:
        if not line.strip():
            continue
        name, sign, expression = (part.strip() for part in line.partition("="))
        if not (name and sign and expression):
            raise InvalidInputError(f"{line.strip()!r} is not valid. Use the form name = expression.")
        if name in found:
            raise InvalidInputError(f"Two columns are named {name!r}.")
        found[name] = known.get((name, expression)) or VirtualColumnConfig(name=name, expression=expression)
    return tuple(found.values())


def virtual_lines(virtual: Iterable[VirtualColumnConfig]) -> str:
    """Return virtual columns as text, one line each; the inverse of `virtual_of`."""
    return "\n".join(f"{item.name} = {item.expression}" for item in virtual)
