"""Features: columns and combinations of columns, as input of the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical import extend
from astronomical.catalogue.errors import CatalogueError
from astronomical.errors import did_you_mean
from astronomical.tasks import Workers

__all__ = [
    "MAX_FEATURES",
    "FeatureMatrix",
    "FeatureRecipe",
    "Operation",
    "Operations",
    "Reader",
    "add",
    "apply_features",
    "build_features",
    "columns_of_features",
    "count_features",
    "divide",
    "feature_names",
    "multiply",
    "subtract",
]

#: Maximum number of features.
MAX_FEATURES = 2000

Operation = Callable[[list[NDArray[np.float64]]], NDArray[np.float64]]
Operations = Mapping[str, Operation]
Reader = Callable[[str], NDArray[Any]]


@extend.feature("subtract", title="a-b", symbol="-")
def subtract(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Subtract all other columns from the first column."""
    result = columns[0]
    for column in columns[1:]:
        result = result - column
    return result


@extend.feature("add", title="a+b", symbol="+")
def add(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Add the columns."""
    result = columns[0]
    for column in columns[1:]:
        result = result + column
    return result


@extend.feature("multiply", title="a*b", symbol="*")
def multiply(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Multiply the columns."""
    result = columns[0]
    for column in columns[1:]:
        result = result * column
    return result


@extend.feature("divide", title="a/b", symbol="/")
def divide(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Divide the first column by all other columns. Division by zero gives a missing value."""
    result = columns[0]
    for column in columns[1:]:
        result = result / column
    return result


@dataclass(frozen=True)
class FeatureRecipe:
    """Definition of the features.

    Parameters
    ----------
    columns
        Columns that are used as features.
    combinations
        For each combination: the operation, with its parameters in brackets if there are any; the number n of
        columns; and the columns of which all n-subsets are combined, or None for all of `columns`.
    scaling
        ``standard`` for mean 0 and standard deviation 1 over the training set.
    missing
        ``median`` to replace missing values by the median over the training set, ``native`` to pass them to the
        model, ``drop`` to exclude sources with missing values.
    double
        Columns that are combined in double precision, without being rounded to float32 before.
    """

    columns: tuple[str, ...]
    combinations: tuple[tuple[str, int, tuple[str, ...] | None], ...] = ()
    scaling: Literal["none", "standard"] = "none"
    missing: Literal["native", "median", "drop"] = "native"
    double: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeatureMatrix:
    """Features of all rows, stored feature by feature.

    Attributes
    ----------
    names
        Names of the features.
    values
        Shape (n_features, n_rows), C-contiguous.
    medians
        Median of each feature over the training set, in the units of `values`, shape (n_features,); 0 for a
        feature that has no values there.
    complete
        Whether a row had no missing features before they were filled, shape (n_rows,).
    means, scales
        Offset subtracted from each feature, and its divisor, shape (n_features,); None if features are not scaled.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    medians: NDArray[np.float32]
    complete: NDArray[np.bool_]
    means: NDArray[np.float64] | None = None
    scales: NDArray[np.float64] | None = None

    def rows(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return rows in the layout of scikit-learn, shape (n, n_features), C-contiguous.

        Parameters
        ----------
        rows
            Row numbers, or a mask of shape (n_rows,).
        """
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return np.ascontiguousarray(np.take(self.values, places, axis=1).T)


@dataclass(frozen=True)
class _Feature:
    name: str
    columns: tuple[str, ...]
    operation: str | None = None


def count_features(recipe: FeatureRecipe) -> int:
    """Return the number of features of a recipe, without computing them.

    A combination that is listed twice is counted once; beyond `MAX_FEATURES` it may be counted twice.
    """
    most = len(recipe.columns) + sum(comb(len(_operands(recipe, columns)), n) for _, n, columns in recipe.combinations)
    if most > MAX_FEATURES:
        return most
    return len({(operation, columns) for operation, columns in _subsets(recipe)})


def feature_names(recipe: FeatureRecipe, operations: Operations) -> tuple[str, ...]:
    """Return the names of the features of a recipe, such as ``u`` and ``u-g``.

    Raises
    ------
    CatalogueError
        If there are no or too many features, an operation is unknown, or two features have the same name.
    """
    return tuple(feature.name for feature in _plan(recipe, operations))


def columns_of_features(recipe: FeatureRecipe) -> tuple[tuple[str, ...], ...]:
    """Return the columns of which each feature is made, in the order of the features."""
    return tuple(columns for _, columns in dict.fromkeys(_subsets(recipe)))


def _operands(recipe: FeatureRecipe, columns: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(recipe.columns if columns is None else columns))


def _subsets(recipe: FeatureRecipe) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    for name in recipe.columns:
        yield None, (name,)
    for operation, n, columns in recipe.combinations:
        for subset in combinations(_operands(recipe, columns), n):
            yield operation, subset


def _plan(recipe: FeatureRecipe, operations: Operations) -> list[_Feature]:
    count = count_features(recipe)
    if count == 0:
        raise CatalogueError("No features selected. Choose at least one column")
    if count > MAX_FEATURES:
        raise CatalogueError(f"Too many features: {count:,}, at most {MAX_FEATURES:,}. Choose fewer columns to combine")
    for operation, _, _ in recipe.combinations:
        if operation not in operations:
            listed = f"; the operations are {', '.join(sorted(operations))}"
            raise CatalogueError(f"There is no operation {operation!r}{did_you_mean(operation, operations) or listed}")
    plan = [
        _Feature(_name(operation, columns, operations), columns, operation)
        for operation, columns in dict.fromkeys(_subsets(recipe))
    ]
    names = [feature.name for feature in plan]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise CatalogueError(f"Two features have the name {twice!r}; remove the column or the combination")
    return plan


def _name(operation: str | None, columns: tuple[str, ...], operations: Operations) -> str:
    if operation is None:
        return columns[0]
    mark = extend.extension_of(operations[operation])
    symbol = mark.option("symbol", "") if mark else ""
    name, bracket, parameters = operation.partition("[")
    return (symbol.join(columns) if symbol else f"{name}({','.join(columns)})") + bracket + parameters


def build_features(
    read: Reader,
    recipe: FeatureRecipe,
    operations: Operations,
    training: NDArray[np.bool_],
    read_double: Reader | None = None,
) -> FeatureMatrix:
    """Compute the features of a catalogue.

    Parameters
    ----------
    read
        Returns a column by name, with missing values as NaN.
    recipe
        Definition of the features.
    operations
        Functions that combine columns, by name.
    training
        Mask of the training set, shape (n_rows,). Medians and scales are computed from these rows.
    read_double
        Returns a column in double precision, for the columns of the recipe that need it.

    Returns
    -------
    FeatureMatrix
        The features. Columns are rounded to float32, except those of `FeatureRecipe.double`, combined in float64, and
        rounded to float32. A feature is missing if one of its columns is missing, or if the result is not finite.

    Raises
    ------
    CatalogueError
        If the recipe is not valid.
    """
    plan = _plan(recipe, operations)
    values = _make(read, plan, operations, len(training), _doubles(recipe, read_double))
    complete = _complete(values)
    means = scales = None
    if recipe.scaling == "standard":
        means, scales = _standard(values, training)
        _scale(values, means, scales)
    rows = np.flatnonzero(training)
    # Sorting releases the global interpreter lock, so two features are processed at a time.
    medians = np.array(
        list(Workers("medians", 2).map(lambda feature: _median(feature[rows]), values)), dtype=np.float32
    )
    return _finish(plan, recipe, values, medians, complete, means, scales)


def apply_features(
    read: Reader,
    recipe: FeatureRecipe,
    operations: Operations,
    fitted: FeatureMatrix,
    read_double: Reader | None = None,
) -> FeatureMatrix:
    """Compute the features of another catalogue, with the medians and scales of the training catalogue.

    Parameters
    ----------
    read
        Returns a column of the other catalogue by name, with missing values as NaN.
    recipe, operations
        As for `build_features`.
    fitted
        Features of the training catalogue; only `medians`, `means` and `scales` are used.
    read_double
        As for `build_features`.

    Returns
    -------
    FeatureMatrix
        The features of the other catalogue.
    """
    plan = _plan(recipe, operations)
    values = _make(read, plan, operations, len(read(plan[0].columns[0])), _doubles(recipe, read_double))
    complete = _complete(values)
    if fitted.means is not None and fitted.scales is not None:
        _scale(values, fitted.means, fitted.scales)
    return _finish(plan, recipe, values, fitted.medians, complete, fitted.means, fitted.scales)


def _doubles(recipe: FeatureRecipe, read_double: Reader | None) -> dict[str, NDArray[np.float64]]:
    return {} if read_double is None else {name: np.asarray(read_double(name)) for name in recipe.double}


def _make(
    read: Reader,
    plan: Sequence[_Feature],
    operations: Operations,
    n_rows: int,
    doubles: Mapping[str, NDArray[np.float64]],
) -> NDArray[np.float32]:
    inputs: dict[str, NDArray[np.float32]] = {}
    values = np.empty((len(plan), n_rows), dtype=np.float32)
    with np.errstate(all="ignore"):
        for name in dict.fromkeys(name for feature in plan for name in feature.columns):
            column = np.array(read(name), dtype=np.float32)
            column[~np.isfinite(column)] = np.nan
            inputs[name] = column
        for place, feature in enumerate(plan):
            columns = [inputs[name] for name in feature.columns]
            operation = feature.operation
            exact = [doubles.get(name, inputs[name]) for name in feature.columns]
            values[place] = columns[0] if operation is None else _combine(operations[operation], columns, exact)
    return values


def _combine(
    operation: Operation, columns: list[NDArray[np.float32]], exact: Sequence[NDArray[Any]]
) -> NDArray[np.float32]:
    combined = np.asarray(operation([column.astype(np.float64) for column in exact])).astype(np.float32)
    if combined.shape != columns[0].shape:
        raise CatalogueError(f"A feature operation returned shape {combined.shape}; expected {columns[0].shape}")
    combined[~np.isfinite(combined)] = np.nan
    for column in columns:
        combined[np.isnan(column)] = np.nan
    return combined


def _complete(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    complete = np.ones(values.shape[1], dtype=np.bool_)
    for feature in values:
        complete &= ~np.isnan(feature)
    return complete


def _median(values: NDArray[np.float32]) -> float:
    """Return the median of the values that are not missing, computed in float64."""
    missing = np.isnan(values)
    known = values[~missing] if missing.any() else values
    middle = known.size // 2
    if not known.size:
        return 0.0
    if known.size % 2:
        return float(np.partition(known, middle)[middle])
    low, high = np.partition(known, (middle - 1, middle))[middle - 1 : middle + 1].tolist()
    return float((low + high) / 2)


def _standard(
    values: NDArray[np.float32], training: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    means, scales = np.zeros(len(values)), np.ones(len(values))
    for place, feature in enumerate(values):
        known = feature[training & ~np.isnan(feature)].astype(np.float64)
        if known.size:
            means[place] = known.mean()
            scales[place] = known.std() or 1.0
    return means, scales


def _scale(values: NDArray[np.float32], means: NDArray[np.float64], scales: NDArray[np.float64]) -> None:
    for feature, mean, scale in zip(values, means, scales, strict=True):
        feature[:] = (feature.astype(np.float64) - mean) / scale


def _finish(
    plan: Sequence[_Feature],
    recipe: FeatureRecipe,
    values: NDArray[np.float32],
    medians: NDArray[np.float32],
    complete: NDArray[np.bool_],
    means: NDArray[np.float64] | None,
    scales: NDArray[np.float64] | None,
) -> FeatureMatrix:
    if recipe.missing == "median":
        for feature, median in zip(values, medians, strict=True):
            feature[np.isnan(feature)] = median
    for array in (values, medians, complete):
        array.setflags(write=False)
    return FeatureMatrix(tuple(feature.name for feature in plan), values, medians, complete, means, scales)


#: Operations for the registry.
BUILTINS = (subtract, add, multiply, divide)
