"""Build the recipe of the features from a project file and the registered operations."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.feature_plan import FeatureRecipe
from astronomical.catalogue.feature_precision import columns_in_double
from astronomical.catalogue.features import FeatureMatrix, build_features
from astronomical.catalogue.splits import Split
from astronomical.catalogue.vectors import VectorFeatures
from astronomical.config.schema import CombinationConfig, FeaturesConfig
from astronomical.errors import InvalidInputError, is_bug
from astronomical.plugins.registry import Entry, Registry
from astronomical.session.data.vectors import projection_rows
from astronomical.session.errors import SessionError
from astronomical.tasks import GivenUpError, Workers, time_limit

log = logging.getLogger(__name__)

#: Time limit of one call of a plugin's feature operation, in s.
_TIME_LIMIT_S = 300.0

__all__ = [
    "FeatureGivenUpError",
    "combination_text",
    "combinations_of",
    "complete_split",
    "features_of",
    "natural_feature",
    "operations_of",
    "recipe_of",
    "with_double",
]

Operation = Callable[..., NDArray[np.float64]]


class FeatureGivenUpError(GivenUpError):
    """A feature operation of a plugin did not finish.

    Parameters
    ----------
    operation
        Name of the operation.
    text
        The message.
    """

    def __init__(self, operation: str, text: str) -> None:
        super().__init__(text)
        self.operation = operation


def recipe_of(features: FeaturesConfig) -> FeatureRecipe:
    """Return the recipe of the features of a project."""
    return FeatureRecipe(
        columns=features.columns,
        combinations=combinations_of(features.combinations),
        scaling=features.scaling,
        missing=features.missing,
        double=features.double,
        vectors=tuple(VectorFeatures(item.column, item.length, item.components) for item in features.vectors),
    )


def with_double(features: FeaturesConfig, catalogue: Catalogue, operations: Mapping[str, Operation]) -> FeaturesConfig:
    """Return features that list the columns to be combined in double precision."""
    recipe = recipe_of(features)
    found = columns_in_double(recipe, operations, catalogue.number, catalogue.double, catalogue.n_rows)
    return features.model_copy(update={"double": found})


def combinations_of(combinations: Iterable[CombinationConfig]) -> tuple[tuple[str, int, tuple[str, ...] | None], ...]:
    """Return combinations in the form of a recipe: operation, number of columns, columns.

    An operation with its own parameters gets a name such as ``power[exponent=2]``.
    """
    return tuple((_name_of(item), item.n, item.columns) for item in combinations)


def operations_of(registry: Registry, combinations: Iterable[CombinationConfig] = ()) -> dict[str, Operation]:
    """Return the feature operations by name, including those with parameters from a combination.

    Raises
    ------
    SessionError
        If a combination gives a parameter that its operation does not have.
    """
    entries = {entry.extension.name: entry for entry in registry.entries("feature")}
    found: dict[str, Operation] = {name: _with_parameters(entry, {}) for name, entry in entries.items()}
    for item in combinations:
        if item.parameters and item.operation in entries:
            found[_name_of(item)] = _with_parameters(entries[item.operation], item.parameters)
    return found


def combination_text(item: CombinationConfig, registry: Registry) -> str:
    """Return a text for a combination with all parameters, such as "power (exponent 2) of every 2 of u, g, r"."""
    entry = next((entry for entry in registry.entries("feature") if entry.extension.name == item.operation), None)
    try:
        values = item.parameters if entry is None else entry.extension.check(dict(item.parameters))
    except InvalidInputError:  # invalid parameters are refused where the operation is used
        values = item.parameters
    values_text = ", ".join(f"{name} {value}" for name, value in values.items())
    return (
        f"{item.operation}{f' ({values_text})' if values_text else ''} of every {item.n} of "
        f"{', '.join(item.columns) if item.columns else 'the feature columns'}"
    )


def _name_of(item: CombinationConfig) -> str:
    if not item.parameters:
        return item.operation
    return f"{item.operation}[{','.join(f'{name}={value}' for name, value in sorted(item.parameters.items()))}]"


def _with_parameters(entry: Entry, given: dict[str, Any]) -> Operation:
    """Return an operation with its parameters bound; it keeps its mark."""
    try:
        values = entry.extension.check(given)
    except InvalidInputError as error:
        raise SessionError(f"Feature operation: {error}.") from None
    if not values and entry.plugin is None:
        return entry.obj  # type: ignore[no-any-return]

    @functools.wraps(entry.obj)
    def combine(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        if entry.plugin is None:
            return entry.obj(columns, **values)  # type: ignore[no-any-return]
        return _limited(entry, functools.partial(entry.obj, columns, **values))

    return combine


def _limited(entry: Entry, work: Callable[[], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Call an operation of a plugin with a time limit."""
    name = entry.extension.name
    workers = Workers.of(("feature", name), 4, give_up_s=time_limit(_TIME_LIMIT_S))
    try:
        return workers.run(work, f"The feature operation {name!r} of a plugin")
    except GivenUpError as error:
        raise FeatureGivenUpError(name, str(error)) from None
    except Exception as error:
        if not is_bug(error):
            raise
        log.warning("the feature operation %r of a plugin failed", name, exc_info=error)
        raise SessionError(
            f"The feature operation {name!r} of a plugin failed ({type(error).__name__}: {error})."
        ) from error


def features_of(
    section: FeaturesConfig,
    catalogue: Catalogue,
    operations: Mapping[str, Operation],
    training: NDArray[np.bool_],
    seed: int,
    *,
    allow_missing: bool,
) -> tuple[FeatureMatrix, tuple[str, ...]]:
    """Return the features of a recipe, and the operations of plugins that did not finish.

    Parameters
    ----------
    section, catalogue, operations
        The recipe, the catalogue, and the operations by name.
    training
        The training set, shape (n_rows,), over which scales, medians and principal components are taken.
    seed
        Seed of the project.
    allow_missing
        Whether to leave out combinations whose operation does not finish.

    Raises
    ------
    FeatureGivenUpError
        If an operation does not finish, and this is not allowed.
    """
    missing_features: tuple[str, ...] = ()
    while True:
        try:
            features = build_features(
                catalogue.number,
                recipe_of(section),
                operations,
                training,
                catalogue.double,
                catalogue.vector_blocks,
                projection_rows(section, catalogue.ids, training, seed),
            )
            return features, missing_features
        except FeatureGivenUpError as error:
            if not allow_missing:
                raise
            missing_features = (*missing_features, error.operation)
            kept = tuple(item for item in section.combinations if item.operation != error.operation)
            section = section.model_copy(update={"combinations": kept})


def natural_feature(features: FeatureMatrix, name: str) -> NDArray[np.float32]:
    """Return a feature of all sources in its original units, even if it is scaled for the learners; shape (n_rows,)."""
    place = features.names.index(name)
    values: NDArray[np.float32] = features.values[place]
    if features.means is None or features.scales is None:
        return values
    natural: NDArray[np.float32] = (values * features.scales[place] + features.means[place]).astype(np.float32)
    return natural


def complete_split(split: Split, features: FeatureMatrix, missing: str) -> Split:
    """Exclude sources with missing features from all sets, if the policy is to drop them."""
    if missing != "drop":
        return split
    complete = features.complete
    return Split(split.training & complete, split.validation & complete, split.test & complete)
