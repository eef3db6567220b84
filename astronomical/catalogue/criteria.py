"""Find the sources that meet a condition on a column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.string_arrays import as_text

__all__ = ["NUMBER_OPERATORS", "TEXT_OPERATORS", "check_condition", "column_mask", "operators_for"]

#: Operators for numeric columns, and for all other columns.
NUMBER_OPERATORS = ("<", "<=", ">", ">=", "=", "!=", "between", "missing", "not missing")
TEXT_OPERATORS = ("is", "is not", "contains", "missing", "not missing")
#: Rows per chunk, so that other threads can run in between.
_CHUNK = 50_000

_COMPARE = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
    "!=": np.not_equal,
}


def operators_for(catalogue: Catalogue, column: str) -> tuple[str, ...]:
    """Return the operators for a column, depending on its type. A column of vectors has none."""
    if catalogue.info(column).kind == "vector":
        return ()
    numeric = column in catalogue.numeric_columns and catalogue.info(column).kind != "bool"
    return NUMBER_OPERATORS if numeric else TEXT_OPERATORS


def check_condition(catalogue: Catalogue, column: str, operator: str, value: Any = None, high: Any = None) -> None:
    """Check that a condition is valid.

    Raises
    ------
    CatalogueError
        If the column does not exist, does not support the operator, or a value is missing or of the wrong type.
    """
    known = operators_for(catalogue, column)
    if operator not in known:
        what = f"choose one of: {', '.join(known)}" if known else "it has several numbers in each row"
        raise CatalogueError(f"Column {column!r} does not support the operator {operator!r}; {what}")
    if operator in _COMPARE or operator == "between":
        wanted = "two numbers" if operator == "between" else "a number"
        for given in (value, high) if operator == "between" else (value,):
            if isinstance(given, bool) or not isinstance(given, int | float) or given != given:
                raise CatalogueError(f"{column} {operator}: enter {wanted}, not {given!r}")
    elif operator in ("is", "is not", "contains") and (value is None or str(value) == ""):
        raise CatalogueError(f"{column} {operator}: enter a text. To find empty texts, use 'missing'")


def column_mask(
    catalogue: Catalogue, column: str, operator: str, value: Any = None, high: Any = None
) -> NDArray[np.bool_]:
    """Return the mask of the rows that meet a condition.

    Parameters
    ----------
    catalogue
        The catalogue.
    column, operator
        Name of the column and an operator; see `operators_for`.
    value, high
        Value to compare with; `high` is the upper limit of ``between``, which includes both limits.

    Returns
    -------
    ndarray of bool
        Mask of shape (n_rows,). A missing value only meets the condition ``missing``. Texts are compared without
        leading and trailing blanks; ``contains`` ignores case.

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
    # Compare the values of the file: 32-bit floats cannot represent 64-bit integers or times.
    exact = catalogue.info(column).kind in ("float", "integer")
    values = np.ma.getdata(catalogue.raw(column)) if exact else catalogue.number(column)
    if operator == "between":
        return known & _compare(np.greater_equal, values, value) & _compare(np.less_equal, values, high)
    return known & _compare(_COMPARE[operator], values, value)


def _compare(compare: np.ufunc, values: NDArray[Any], value: float) -> NDArray[np.bool_]:
    """Compare in the precision of the column, so that 0.1 equals the 0.1 of a column of 32-bit floats."""
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
        texts = np.strings.strip(as_text(raw[start : start + _CHUNK]))
        if operator == "contains" or boolean:
            texts = _lower(texts)
        part = mask[start : start + _CHUNK]
        if operator in ("missing", "not missing"):
            part[:] = (texts == "") == (operator == "missing")
        elif operator == "contains":
            part[:] = np.strings.find(texts, folded) >= 0
        else:
            same = texts == (folded if boolean else value)
            part[:] = same if operator == "is" else ~same & (texts != "")
    return mask


def _lower(texts: NDArray[np.str_]) -> NDArray[np.str_]:
    """Convert texts to lower case, without a loop over rows for ASCII."""
    width = max(texts.dtype.itemsize // 4, 1)
    points = np.ascontiguousarray(texts, dtype=f"U{width}").view(np.uint32)
    if points.size and points.max() >= 128:
        return np.strings.lower(texts)
    capital = (points >= ord("A")) & (points <= ord("Z"))
    return (points + (capital * np.uint32(32))).astype(np.uint32).view(f"U{width}")
