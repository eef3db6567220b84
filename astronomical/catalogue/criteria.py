"""Which sources meet a condition on a column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.texts import as_text

__all__ = ["NUMBER_OPERATORS", "TEXT_OPERATORS", "check_condition", "column_mask", "operators_for"]

#: What can be asked of a column of numbers, and of any other column.
NUMBER_OPERATORS = ("<", "<=", ">", ">=", "=", "!=", "between", "missing", "not missing")
TEXT_OPERATORS = ("is", "is not", "contains", "missing", "not missing")
#: Rows that are looked at in one go: a thread that serves a screen gets its turn in between.
_CHUNK = 50_000

_COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "=": np.equal,
            "!=": np.not_equal}


def operators_for(catalogue: Catalogue, column: str) -> tuple[str, ...]:
    """Return what can be asked of a column, by what it holds; nothing of one with several numbers in a row."""
    if catalogue.info(column).kind == "vector":
        return ()
    numeric = column in catalogue.numeric_columns and catalogue.info(column).kind != "bool"
    return NUMBER_OPERATORS if numeric else TEXT_OPERATORS


def check_condition(catalogue: Catalogue, column: str, operator: str, value: Any = None, high: Any = None) -> None:
    """Refuse a condition that cannot be asked of a column.

    Raises
    ------
    CatalogueError
        If there is no such column, the operator does not suit it, or a value is missing or of the wrong kind.
    """
    known = operators_for(catalogue, column)
    if operator not in known:
        what = f"it can be asked: {', '.join(known)}" if known else "it has several numbers in each row"
        raise CatalogueError(f"Column {column!r} cannot be asked {operator!r}; {what}")
    if operator in _COMPARE or operator == "between":
        wanted = "two numbers" if operator == "between" else "a number"
        for given in (value, high) if operator == "between" else (value,):
            if isinstance(given, bool) or not isinstance(given, int | float) or given != given:
                raise CatalogueError(f"{column} {operator}: give {wanted}, not {given!r}")
    elif operator in ("is", "is not", "contains") and (value is None or str(value) == ""):
        raise CatalogueError(f"{column} {operator}: give a text; an empty one is what 'missing' finds")


def column_mask(catalogue: Catalogue, column: str, operator: str, value: Any = None,
                high: Any = None) -> NDArray[np.bool_]:
    """Return which rows meet a condition, shape (n_rows,).

    Parameters
    ----------
    catalogue
        The table.
    column, operator
        What is asked of which column; see `operators_for`.
    value, high
        What it is compared with; `high` is the upper end of ``between``, both ends count.

    Returns
    -------
    ndarray of bool
        A missing value meets no condition but ``missing``. Texts are compared without blanks around them;
        ``contains`` does not mind capitals.

    Raises
    ------
    CatalogueError
        See `check_condition`.
    """
    check_condition(catalogue, column, operator, value, high)
    if operators_for(catalogue, column) == NUMBER_OPERATORS:
        return _number_mask(catalogue, column, operator, value, high)
    return _text_mask(catalogue, column, operator, "" if value is None else str(value).strip())


def _number_mask(catalogue: Catalogue, column: str, operator: str, value: Any, high: Any) -> NDArray[np.bool_]:
    missing = np.isnan(catalogue.number(column))
    if operator == "missing":
        return missing
    known = ~missing
    if operator == "not missing":
        return known
    # As they are in the file: an integer of 64 bits or a time is more than 32-bit floats can tell apart.
    exact = catalogue.info(column).kind in ("float", "integer")
    values = np.ma.getdata(catalogue.raw(column)) if exact else catalogue.number(column)
    if operator == "between":
        return known & _compare(np.greater_equal, values, value) & _compare(np.less_equal, values, high)
    return known & _compare(_COMPARE[operator], values, value)


def _compare(compare: np.ufunc, values: NDArray[Any], value: float) -> NDArray[np.bool_]:
    """Compare with a number as the column would hold it: 0.1 equals the 0.1 of a column of 32-bit floats."""
    with np.errstate(over="ignore", invalid="ignore"):
        if values.dtype.kind in "iu" and isinstance(value, float) and value.is_integer():
            value = int(value)
        found: NDArray[np.bool_] = compare(values, value)
        return found


def _text_mask(catalogue: Catalogue, column: str, operator: str, value: str) -> NDArray[np.bool_]:
    raw = catalogue.raw(column)
    mask = np.empty(len(raw), dtype=np.bool_)
    folded = value.lower()
    boolean = catalogue.info(column).kind == "bool"
    for start in range(0, len(raw), _CHUNK):
        texts = np.strings.strip(as_text(raw[start:start + _CHUNK]))
        if operator == "contains" or boolean:
            texts = _lower(texts)
        part = mask[start:start + _CHUNK]
        if operator in ("missing", "not missing"):
            part[:] = (texts == "") == (operator == "missing")
        elif operator == "contains":
            part[:] = np.strings.find(texts, folded) >= 0
        else:
            same = texts == (folded if boolean else value)
            part[:] = same if operator == "is" else ~same & (texts != "")
    return mask


def _lower(texts: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return texts in small letters; those of ASCII without a loop over rows."""
    width = max(texts.dtype.itemsize // 4, 1)
    points = np.ascontiguousarray(texts, dtype=f"U{width}").view(np.uint32)
    if points.size and points.max() >= 128:
        return np.strings.lower(texts)
    capital = (points >= ord("A")) & (points <= ord("Z"))
    return (points + (capital * np.uint32(32))).astype(np.uint32).view(f"U{width}")
