"""Checks for feature operations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.extend import extension_of
from astronomical.plugins.testing.samples import unchanged

__all__ = ["CHECKS"]


def makes_one_column(make: Any) -> None:
    """From 2 to 5 columns it makes one, of as many rows, in float64."""
    for n in range(2, 6):
        made = make(_columns(n))
        assert isinstance(made, np.ndarray), f"it returned a {type(made).__name__}, not an array"
        assert made.shape == (50,), f"{n} columns of 50 rows gave an array of shape {made.shape}"
        assert made.dtype == np.float64, f"the array is of {made.dtype}, not float64"


def is_repeatable(make: Any) -> None:
    """The same columns give the same feature."""
    assert np.array_equal(make(_columns(2)), make(_columns(2)), equal_nan=True), "two calls differ"


def goes_row_by_row(make: Any) -> None:
    """A source's feature depends on that source only."""
    columns = _columns(2)
    whole = make(columns)
    part = make([column[10:20] for column in columns])
    assert np.array_equal(whole[10:20], part, equal_nan=True), (
        "some rows alone give other values than all rows: the feature of a source depends on other sources"
    )


def keeps_missing_missing(make: Any) -> None:
    """A missing input gives a missing feature."""
    columns = _columns(2)
    columns[0][3] = columns[1][5] = np.nan
    made = make(columns)
    assert np.isnan(made[[3, 5]]).all(), "a missing input gave a value"


def stands_few_rows(make: Any) -> None:
    """One row and no row at all are fine."""
    for n in (1, 0):
        assert make([column[:n] for column in _columns(2)]).shape == (n,)


def changes_nothing(make: Any) -> None:
    """The columns are not changed."""
    columns = _columns(2)
    kept = [column.copy() for column in columns]
    make(columns)
    for before, after in zip(kept, columns, strict=True):
        unchanged(before, after)


def takes_its_parameters(make: Any) -> None:
    """Every choice and bound of a parameter makes a column."""
    extension = extension_of(make)
    for parameter in extension.parameters if extension is not None else ():
        for value in (parameter.default, *(parameter.choices or ()), *(parameter.bounds or ())):
            of_its_type = type(parameter.default)(value) if parameter.bounds is not None else value
            made = make(_columns(2), **{parameter.name: parameter.check(of_its_type)})
            assert made.shape == (50,), f"{parameter.name}={value!r} gave an array of shape {made.shape}"


def _columns(n: int) -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(3)
    return [rng.normal(18, 2, 50) for _ in range(n)]


CHECKS = (
    makes_one_column,
    is_repeatable,
    goes_row_by_row,
    keeps_missing_missing,
    stands_few_rows,
    changes_nothing,
    takes_its_parameters,
)
