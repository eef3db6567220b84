"""Lists and patterns as a person types them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase

__all__ = ["match_columns", "numbers_of", "words_of"]


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
        Names or patterns such as ``*mag``, with commas between them. A name in other capitals is found too,
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
        hits = [word] if word in columns else [name for name in columns if fnmatchcase(name, word)]
        if not hits:
            folded = [name for name in columns if name.casefold() == word.casefold()]
            hits = folded if len(folded) == 1 else []
        found += hits
        unknown += [] if hits else [word]
    return tuple(dict.fromkeys(found)), tuple(unknown)
