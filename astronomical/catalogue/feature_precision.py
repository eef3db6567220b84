"""Find columns whose combinations need double precision: differences of large numbers that are nearly equal."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.feature_plan import FeatureRecipe, Operation, Operations, Reader

__all__ = ["columns_in_double"]

#: Number of rows that are examined.
_ROWS = 2000
#: Largest error from rounding the columns to single precision, as a fraction of the spread of the combination.
_TOLERANCE = 1e-3
_SINGLE = 2.0**-24
#: The built-in operations. Those of plugins are not called here: they may be slow.
_OPERATIONS = ("subtract", "add", "multiply", "divide")


def columns_in_double(
    recipe: FeatureRecipe, operations: Operations, read: Reader, read_double: Reader, n_rows: int
) -> tuple[str, ...]:
    """Return the columns that have to be combined in double precision, by their values alone.

    Parameters
    ----------
    recipe, operations
        Definition of the features.
    read, read_double
        Return a column by name in single and in double precision. The second is only called for columns in question.
    n_rows
        Number of rows.
    """
    rows = np.unique(np.linspace(0, max(n_rows - 1, 0), _ROWS).astype(np.intp)) if n_rows else np.zeros(0, np.intp)
    single: dict[str, NDArray[np.float64]] = {}
    double: dict[str, NDArray[np.float64]] = {}
    found: dict[str, None] = {}
    with np.errstate(all="ignore"):
        for name, n, columns in recipe.combinations:
            if name not in _OPERATIONS or name not in operations:
                continue
            for subset in combinations(tuple(dict.fromkeys(columns or recipe.columns)), n):
                for column in subset:
                    if column not in single:
                        single[column] = np.asarray(read(column))[rows].astype(np.float64)
                values = [single[column] for column in subset]
                if not _is_sensitive(operations[name], values):
                    continue
                for column in subset:
                    if column not in double:
                        double[column] = np.asarray(read_double(column))[rows].astype(np.float64)
                exact = operations[name]([double[column] for column in subset])
                if _exceeds(np.abs(exact - operations[name](values)), exact):
                    found |= dict.fromkeys(subset)
    return tuple(found)


def _is_sensitive(operation: Operation, values: list[NDArray[np.float64]]) -> bool:
    """Return whether rounding the columns to single precision may change a combination noticeably."""
    result = operation(values)
    changes = [
        np.abs(operation([*values[:k], value * (1 + _SINGLE), *values[k + 1 :]]) - result)
        for k, value in enumerate(values)
    ]
    return _exceeds(np.sum(changes, axis=0), result)


def _exceeds(errors: NDArray[np.float64], values: NDArray[np.float64]) -> bool:
    known = np.isfinite(errors) & np.isfinite(values)
    if not known.any():
        return False
    low, high = np.percentile(values[known], (16, 84))
    return bool(np.percentile(errors[known], 84) > _TOLERANCE * (high - low))
