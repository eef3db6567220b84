"""Find text columns that contain numbers in a form that is not read, and say what to do about them."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.readers import TableSource
from astronomical.catalogue.readers.written_numbers import comma_style
from astronomical.catalogue.string_arrays import MISSING_TOKENS, as_text

__all__ = ["almost_numeric"]

_HEAD_ROWS = 2000
#: Share of the values that have to be numbers, or numbers with something added.
_SHARE = 0.5
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?"
_PLAIN = re.compile(rf"\s*(?:{_NUMBER}|[+-]?(?:inf|infinity|nan))\s*", re.IGNORECASE)
_LIMIT = re.compile(rf"\s*(?:[<>~≤≥±]|<=|>=)\s*{_NUMBER}\s*")
_UNIT = re.compile(rf"\s*{_NUMBER}\s*(?P<unit>[A-Za-zÅµ°%\"'/][A-Za-zÅµ°%\"'/^*.0-9+-]{{0,15}})\s*")


def almost_numeric(source: TableSource, numeric: Collection[str]) -> dict[str, str]:
    """Return the text columns that are numbers for the most part, each with a sentence that says why it is not read.

    Parameters
    ----------
    source
        The table.
    numeric
        Columns that are read as numbers.
    """
    texts = [column.name for column in source.columns if column.kind == "text" and column.name not in numeric]
    heads = source.read_head(texts, _HEAD_ROWS)
    likely = [name for name in texts if _reason(as_text(heads[name]))]
    found = {}
    for name in likely:
        values = as_text(source.read([name])[name])
        reason = _reason(values)
        if reason:
            found[name] = f"Column {name!r} is not read as numbers: {reason}"
    return found


def _reason(values: NDArray[np.str_]) -> str:
    """Return why a column of texts is not read as numbers; empty if it does not seem to contain numbers."""
    texts = np.strings.strip(values)
    known = ~np.isin(texts, MISSING_TOKENS)
    rows = np.flatnonzero(known)
    bad = [int(row) for row in rows.tolist() if not _is_number(str(texts[row]))]
    if not bad or not rows.size:
        return ""
    first = str(texts[bad[0]])
    where = f"{first!r} in row {bad[0] + 1:,}" + (f" and {len(bad) - 1:,} more rows" if len(bad) > 1 else "")
    if comma_style(texts) == "either":
        return f"{first!r} may be thousands or a decimal comma. Write the numbers without commas between thousands."
    limits = [row for row in bad if _LIMIT.fullmatch(str(texts[row]))]
    units = {match["unit"] for row in bad if (match := _UNIT.fullmatch(str(texts[row]))) is not None}
    if len(limits) == len(bad):
        return (
            f"it contains limits, {where}. Leave such values empty, or move the sign to a column of its own, to use it "
            "as a feature."
        )
    same_unit = len(units) == 1 and all(_UNIT.fullmatch(str(texts[row])) for row in bad)
    if same_unit and (len(bad) < rows.size or not _is_word(units)):
        return f"it contains a unit, {where}. Move the unit to the name or the description of the column."
    if (rows.size - len(bad)) >= _SHARE * rows.size:
        return f"it contains {where}. If this means missing, leave such values empty."
    return ""


def _is_word(units: Collection[str]) -> bool:
    """Return whether the common ending of the values is a single letter, as in names such as 12A."""
    return all(len(unit) == 1 for unit in units)


def _is_number(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None
