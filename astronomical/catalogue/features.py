"""Features: columns and combinations of columns, as input of the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical import extend
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.feature_plan import Feature, FeatureRecipe, Operation, Operations, Reader, plan_features
from astronomical.catalogue.readers.limits import memory_limit
from astronomical.catalogue.vectors import Projection, VectorReader, fill_vectors, fit_projection
from astronomical.tasks import Workers

__all__ = [
    "FeatureMatrix",
    "add",
    "apply_features",
    "build_features",
    "divide",
    "multiply",
    "subtract",
]

#: Features that would take more than this share of the memory that a table may fill are kept on disk.
_SHARE_IN_MEMORY = 0.5


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
    projections
        Principal components of the vectors that are reduced to them, by column.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    medians: NDArray[np.float32]
    complete: NDArray[np.bool_]
    means: NDArray[np.float64] | None = None
    scales: NDArray[np.float64] | None = None
    projections: Mapping[str, Projection] = field(default_factory=dict)

    def rows(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return rows in the layout of scikit-learn, shape (n, n_features), C-contiguous.

        Parameters
        ----------
        rows
            Row numbers, or a mask of shape (n_rows,).
        """
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return np.ascontiguousarray(np.take(self.values, places, axis=1).T)


def build_features(
    read: Reader,
    recipe: FeatureRecipe,
    operations: Operations,
    training: NDArray[np.bool_],
    read_double: Reader | None = None,
    read_vectors: VectorReader | None = None,
    sample: NDArray[np.intp] | None = None,
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
    read_vectors
        Returns a column of vectors in blocks, for the vectors of the recipe.
    sample
        Rows of the training set from which principal components are computed; by default all of them.

    Returns
    -------
    FeatureMatrix
        The features. Columns are rounded to float32, except those of `FeatureRecipe.double`, combined in float64, and
        rounded to float32. A feature is missing if one of its columns is missing, or if the result is not finite.

    Raises
    ------
    CatalogueError
        If the recipe is not valid, or there are too few vectors for their principal components.
    """
    plan = plan_features(recipe, operations)
    rows = np.flatnonzero(training)
    projections = {
        block.column: fit_projection(_needed(read_vectors), block, rows if sample is None else sample)
        for block in recipe.vectors
        if block.components is not None
    }
    values = _make(read, plan, operations, len(training), _doubles(recipe, read_double))
    _make_vectors(values, recipe, read_vectors, projections)
    complete = _complete(values)
    means = scales = None
    if recipe.scaling == "standard":
        means, scales = _standard(values, training)
        _scale(values, means, scales)
    # Sorting releases the global interpreter lock, so two features are processed at a time.
    medians = np.array(
        list(Workers("medians", 2).map(lambda feature: _median(feature[rows]), values)), dtype=np.float32
    )
    return _finish(plan, recipe, values, medians, complete, means, scales, projections)


def apply_features(
    read: Reader,
    recipe: FeatureRecipe,
    operations: Operations,
    fitted: FeatureMatrix,
    n_rows: int,
    read_double: Reader | None = None,
    read_vectors: VectorReader | None = None,
) -> FeatureMatrix:
    """Compute the features of another catalogue, with the medians and scales of the training catalogue.

    Parameters
    ----------
    read
        Returns a column of the other catalogue by name, with missing values as NaN.
    recipe, operations
        As for `build_features`.
    fitted
        Features of the training catalogue; only `medians`, `means`, `scales` and `projections` are used.
    n_rows
        Number of rows of the other catalogue.
    read_double, read_vectors
        As for `build_features`.

    Returns
    -------
    FeatureMatrix
        The features of the other catalogue.
    """
    plan = plan_features(recipe, operations)
    values = _make(read, plan, operations, n_rows, _doubles(recipe, read_double))
    _make_vectors(values, recipe, read_vectors, fitted.projections)
    complete = _complete(values)
    if fitted.means is not None and fitted.scales is not None:
        _scale(values, fitted.means, fitted.scales)
    return _finish(plan, recipe, values, fitted.medians, complete, fitted.means, fitted.scales, fitted.projections)


def _doubles(recipe: FeatureRecipe, read_double: Reader | None) -> dict[str, NDArray[np.float64]]:
    return {} if read_double is None else {name: np.asarray(read_double(name)) for name in recipe.double}


def _make(
    read: Reader,
    plan: Sequence[Feature],
    operations: Operations,
    n_rows: int,
    doubles: Mapping[str, NDArray[np.float64]],
) -> NDArray[np.float32]:
    inputs: dict[str, NDArray[np.float32]] = {}
    values = _allocate((len(plan), n_rows))
    plan = [feature for feature in plan if not feature.in_vector]
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


def _allocate(shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return an array in memory, or mapped to a temporary file if it is large."""
    if shape[0] * shape[1] * 4 <= memory_limit() * _SHARE_IN_MEMORY:
        return np.empty(shape, dtype=np.float32)
    with TemporaryFile() as file:
        return np.memmap(file, dtype=np.float32, mode="w+", shape=shape)


def _make_vectors(
    values: NDArray[np.float32],
    recipe: FeatureRecipe,
    read_vectors: VectorReader | None,
    projections: Mapping[str, Projection],
) -> None:
    """Fill the last features, which are made of vectors."""
    place = len(values) - sum(block.n_features for block in recipe.vectors)
    for block in recipe.vectors:
        part = values[place : place + block.n_features]
        blocks = _needed(read_vectors)(block.column)
        fill_vectors(part, blocks, projections.get(block.column), block.length, block.column)
        place += block.n_features


def _needed(read_vectors: VectorReader | None) -> VectorReader:
    if read_vectors is None:
        raise CatalogueError("These features need vectors, which cannot be read here")
    return read_vectors


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
    plan: Sequence[Feature],
    recipe: FeatureRecipe,
    values: NDArray[np.float32],
    medians: NDArray[np.float32],
    complete: NDArray[np.bool_],
    means: NDArray[np.float64] | None,
    scales: NDArray[np.float64] | None,
    projections: Mapping[str, Projection],
) -> FeatureMatrix:
    if recipe.missing == "median":
        for feature, median in zip(values, medians, strict=True):
            feature[np.isnan(feature)] = median
    for array in (values, medians, complete):
        array.setflags(write=False)
    return FeatureMatrix(tuple(feature.name for feature in plan), values, medians, complete, means, scales, projections)


#: Operations for the registry.
BUILTINS = (subtract, add, multiply, divide)
