"""Definition of the features, and the names that follow from it."""

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
from astronomical.catalogue.vectors import VectorFeatures
from astronomical.errors import did_you_mean

__all__ = [
    "MAX_FEATURES",
    "Feature",
    "FeatureRecipe",
    "Operation",
    "Operations",
    "Reader",
    "columns_of_features",
    "count_features",
    "feature_names",
    "plan_features",
]

#: Maximum number of features.
MAX_FEATURES = 2000

Operation = Callable[[list[NDArray[np.float64]]], NDArray[np.float64]]
Operations = Mapping[str, Operation]
Reader = Callable[[str], NDArray[Any]]


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
    vectors
        Columns of vectors that are used as features. Their features come after all others.
    """

    columns: tuple[str, ...]
    combinations: tuple[tuple[str, int, tuple[str, ...] | None], ...] = ()
    scaling: Literal["none", "standard"] = "none"
    missing: Literal["native", "median", "drop"] = "native"
    double: tuple[str, ...] = ()
    vectors: tuple[VectorFeatures, ...] = ()


@dataclass(frozen=True)
class Feature:
    """A feature: a column, a combination of columns, or a value of a vector."""

    name: str
    columns: tuple[str, ...]
    operation: str | None = None
    in_vector: bool = False


def count_features(recipe: FeatureRecipe) -> int:
    """Return the number of features of a recipe, without computing them.

    A combination that is listed twice is counted once; beyond `MAX_FEATURES` it may be counted twice.
    """
    most = len(recipe.columns) + sum(comb(len(_operands(recipe, columns)), n) for _, n, columns in recipe.combinations)
    n_in_vectors = sum(block.n_features for block in recipe.vectors)
    if most > MAX_FEATURES:
        return most + n_in_vectors
    return len({(operation, columns) for operation, columns in _subsets(recipe)}) + n_in_vectors


def feature_names(recipe: FeatureRecipe, operations: Operations) -> tuple[str, ...]:
    """Return the names of the features of a recipe, such as ``u`` and ``u-g``.

    Raises
    ------
    CatalogueError
        If there are no or too many features, an operation is unknown, or two features have the same name.
    """
    return tuple(feature.name for feature in plan_features(recipe, operations))


def columns_of_features(recipe: FeatureRecipe) -> tuple[tuple[str, ...], ...]:
    """Return the columns of which each feature is made, in the order of the features."""
    in_vectors = tuple((block.column,) for block in recipe.vectors for _ in range(block.n_features))
    return (*(columns for _, columns in dict.fromkeys(_subsets(recipe))), *in_vectors)


def _operands(recipe: FeatureRecipe, columns: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(recipe.columns if columns is None else columns))


def _subsets(recipe: FeatureRecipe) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    for name in recipe.columns:
        yield None, (name,)
    for operation, n, columns in recipe.combinations:
        for subset in combinations(_operands(recipe, columns), n):
            yield operation, subset


def plan_features(recipe: FeatureRecipe, operations: Operations) -> list[Feature]:
    """Return the features of a recipe, in their order; see `feature_names` for the errors."""
    count = count_features(recipe)
    if count == 0:
        raise CatalogueError("No features selected. Choose at least one column")
    if count > MAX_FEATURES:
        raise CatalogueError(
            f"Too many features: {count:,}, at most {MAX_FEATURES:,}. Choose fewer columns to combine, "
            "or principal components of vectors"
        )
    for operation, _, _ in recipe.combinations:
        if operation not in operations:
            listed = f"; the operations are {', '.join(sorted(operations))}"
            raise CatalogueError(f"There is no operation {operation!r}{did_you_mean(operation, operations) or listed}")
    plan = [
        Feature(_name(operation, columns, operations), columns, operation)
        for operation, columns in dict.fromkeys(_subsets(recipe))
    ]
    plan += [Feature(name, (block.column,), in_vector=True) for block in recipe.vectors for name in block.names]
    names = [feature.name for feature in plan]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise CatalogueError(f"Two features have the name {twice!r}; remove the column, the combination or the vector")
    return plan


def _name(operation: str | None, columns: tuple[str, ...], operations: Operations) -> str:
    if operation is None:
        return columns[0]
    mark = extend.extension_of(operations[operation])
    symbol = mark.option("symbol", "") if mark else ""
    name, bracket, parameters = operation.partition("[")
    return (symbol.join(columns) if symbol else f"{name}({','.join(columns)})") + bracket + parameters
