"""The recipe of the features, from a config and the operations that are registered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureRecipe
from astronomical.config.schema import CombinationConfig, FeaturesConfig
from astronomical.plugins.registry import Entry, Registry
from astronomical.session.errors import SessionError

__all__ = ["combination_text", "combinations_of", "operations_of", "recipe_of"]

Operation = Callable[..., NDArray[np.float64]]


def recipe_of(features: FeaturesConfig) -> FeatureRecipe:
    """Return the recipe of the features of a config."""
    return FeatureRecipe(
        columns=features.columns,
        combinations=combinations_of(features.combinations),
        scaling=features.scaling,
        missing=features.missing,
    )


def combinations_of(combinations: Iterable[CombinationConfig]) -> tuple[tuple[str, int, tuple[str, ...] | None], ...]:
    """Return combinations as a recipe has them: operation, number of columns, columns.

    An operation with parameters of its own is one under another name, such as ``power[exponent=2]``.
    """
    return tuple((_name_of(item), item.n, item.columns) for item in combinations)


def operations_of(registry: Registry, combinations: Iterable[CombinationConfig] = ()) -> dict[str, Operation]:
    """Return the registered feature operations by name, and those that combinations give parameters to.

    Raises
    ------
    SessionError
        If a combination gives a parameter that its operation does not take.
    """
    entries = {entry.extension.name: entry for entry in registry.entries("feature")}
    found: dict[str, Operation] = {name: _with_parameters(entry, {}) for name, entry in entries.items()}
    for item in combinations:
        if item.parameters and item.operation in entries:
            found[_name_of(item)] = _with_parameters(entries[item.operation], item.parameters)
    return found


def combination_text(item: CombinationConfig, registry: Registry) -> str:
    """Return a combination in words, with all parameters of its operation: power (exponent 2) of every 2 of u, g, r."""
    entry = next((entry for entry in registry.entries("feature") if entry.extension.name == item.operation), None)
    try:
        values = item.parameters if entry is None else entry.extension.check(dict(item.parameters))
    except ValueError:  # parameters that the operation does not take are refused where it is used
        values = item.parameters
    said = ", ".join(f"{name} {value}" for name, value in values.items())
    return (f"{item.operation}{f' ({said})' if said else ''} of every {item.n} of "
            f"{', '.join(item.columns) if item.columns else 'the feature columns'}")


def _name_of(item: CombinationConfig) -> str:
    if not item.parameters:
        return item.operation
    return f"{item.operation}[{','.join(f'{name}={value}' for name, value in sorted(item.parameters.items()))}]"


def _with_parameters(entry: Entry, given: dict[str, Any]) -> Operation:
    """Return an operation that takes columns only; it stays marked as what it is."""
    try:
        values = entry.extension.check(given)
    except ValueError as error:
        raise SessionError(f"Feature operation: {error}.") from None
    if not values:
        return entry.obj  # type: ignore[no-any-return]

    @functools.wraps(entry.obj)
    def combine(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        return entry.obj(columns, **values)  # type: ignore[no-any-return]

    return combine
