"""Lists and patterns as a person types them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

__all__ = ["groups_of", "match_columns", "numbers_of", "pairs_of", "words_of"]


def words_of(text: str) -> tuple[str, ...]:
    """Return the words between commas, each once."""
    return tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))


def numbers_of(text: str) -> tuple[float, ...]:
    """Return the numbers between commas.

    Raises
    ------
    ValueError
        Naming the first that is no number. Infinity is left out: it is always missing.
    """
    numbers = []
    for word in words_of(text):
        try:
            number = float(word)
        except ValueError:
            raise ValueError(f"{word!r} is no number. Separate the numbers by commas, as in -99, -999.") from None
        if math.isfinite(number):
            numbers.append(number)
    return tuple(numbers)


def match_columns(text: str, columns: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find columns by names and patterns.

    Parameters
    ----------
    text
        Names, patterns such as ``*mag``, or regular expressions between strokes such as ``/^w[12]/``, with commas
        between them. A name in other capitals is found too,
        unless there are several.
    columns
        The columns to choose from.

    Returns
    -------
    tuple
        The columns found, in the order of the text, and the words for which there is none.
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
    """Return what stands left and right of the equals signs, as in ``Galaxy = G*; QSO = QSO*``.

    Raises
    ------
    ValueError
        Naming the first part that has no equals sign, or nothing on one side of it.
    """
    pairs = {}
    for part in text.split(separator):
        left, sign, right = (item.strip() for item in part.partition("="))
        if left or sign:
            if not (left and sign and right):
                raise ValueError(f"{part.strip()!r} is not understood: write it like name = value.")
            pairs[left] = right
    return pairs


def groups_of(text: str, values: Sequence[str]) -> dict[str, str]:
    """Return the class of each value that a grouping names, as in ``Galaxy = G*, E*; QSO = QSO*``.

    Raises
    ------
    ValueError
        If a part is not understood, or no value goes with a word.
    """
    meaning: dict[str, str] = {}
    for name, words in pairs_of(text, ";").items():
        found, unknown = match_columns(words, [value for value in values if value not in meaning])
        if unknown:
            raise ValueError(f"No label goes with {', '.join(unknown)}.")
        meaning |= dict.fromkeys(found, name)
    return meaning
