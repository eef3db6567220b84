"""Scope and askable: which sources the learners look at, and which they may query."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.conditions import Condition
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.expressions import Expression
from astronomical.catalogue.splits import Split
from astronomical.config.catalogue import VirtualColumnConfig
from astronomical.config.schema import Config, PopulationConfig, SubsetConfig
from astronomical.session.data.subsets import SubsetReader, definition, definitions_of
from astronomical.session.data.virtual import needed_virtual
from astronomical.session.errors import SessionError

if TYPE_CHECKING:
    from astronomical.session.data.dataset import Dataset

__all__ = [
    "check_population",
    "population_digest",
    "population_lines",
    "population_masks",
    "population_names",
    "population_subsets",
    "scope_text",
    "sources_text",
    "within_scope",
]

Mask = NDArray[np.bool_]


def check_population(config: Config, catalogue: Catalogue) -> None:
    """Raise an error if the scope or askable of a project cannot be applied to a catalogue.

    Raises
    ------
    SessionError
        If a condition is not valid, or depends on notes, tags or flags; the message says which.
    """
    for title, item in _roots(config.population):
        try:
            SubsetReader(definitions_of(config.subsets, [item]), catalogue, Path()).check(item)
        except SessionError as error:
            raise SessionError(f"{title}: {error}") from None


def population_masks(config: Config, catalogue: Catalogue, folder: Path) -> tuple[Mask | None, Mask | None]:
    """Return which sources are in scope and which may be queried, shape (n_rows,); None for all. It takes time.

    Parameters
    ----------
    config, catalogue
        The project and its table.
    folder
        Folder of the project file.

    Raises
    ------
    SessionError
        As for `check_population`, or if a MOC file cannot be read or has changed.
    """
    check_population(config, catalogue)
    found: dict[str, Mask] = {}
    for title, item in _roots(config.population):
        try:
            found[title] = SubsetReader(definitions_of(config.subsets, [item]), catalogue, folder).mask(item)
        except SessionError as error:
            raise SessionError(f"{title}: {error}") from None
    return found.get("Scope"), found.get("Askable")


def within_scope(split: Split, scope: Mask | None, askable: Mask | None) -> Split:
    """Return the sets without the sources that are out of scope.

    Raises
    ------
    SessionError
        If no source of the training set is in scope, or none of those may be queried.
    """
    if scope is not None:
        split = Split(split.training & scope, split.validation & scope, split.test & scope)
        if not split.training.any():
            raise SessionError("Scope: no source of the training set meets this condition. Change the scope.")
    if askable is not None and not (split.training & askable).any():
        raise SessionError("Askable: no source of the training set in scope meets this condition. Change it.")
    return split


def population_digest(config: Config) -> str:
    """Return a digest of scope and askable with all that they are defined by; empty if neither is set."""
    if config.population == PopulationConfig():
        return ""
    return _digest(config.population, config.subsets, config.catalogue.virtual)


@lru_cache(maxsize=8)
def _digest(
    population: PopulationConfig, subsets: tuple[SubsetConfig, ...], virtual: tuple[VirtualColumnConfig, ...]
) -> str:
    plain: dict[str, object] = {}
    names: set[str] = set()
    for title, item in _roots(population):
        definitions = definitions_of(subsets, [item])
        plain[title] = [definition(used) for used in definitions]
        names.update(*map(_names_in, definitions))
    plain["virtual"] = {item.name: item.expression for item in needed_virtual(virtual, names)}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:32]


def population_names(config: Config) -> frozenset[str]:
    """Return the names in the definitions of scope and askable, among them those of all columns that they need."""
    found: set[str] = set()
    for _, item in _roots(config.population):
        try:
            found.update(*map(_names_in, definitions_of(config.subsets, [item])))
        except SessionError:
            continue  # reported where it is applied
    return frozenset(found)


def population_subsets(config: Config) -> dict[str, str]:
    """Return the subsets that define scope and askable, with the one of these two that they define."""
    found: dict[str, str] = {}
    for title, item in _roots(config.population):
        found.update({used.name: title.lower() for used in definitions_of(config.subsets, [item]) if used is not item})
    return found


def scope_text(dataset: Dataset) -> str:
    """Return the number of sources in scope as text, such as "of 12,034 sources in scope"; empty without a scope."""
    return "" if dataset.scope is None else f"of {np.count_nonzero(dataset.scope):,} sources in scope"


def sources_text(catalogue: Catalogue) -> str:
    """Return the number of sources as text, such as "1,000,000 of 120,000,000 sources" with a working set."""
    if catalogue.n_rows < catalogue.n_whole:
        return f"{catalogue.n_rows:,} of {catalogue.n_whole:,} sources"
    return f"{catalogue.n_rows:,} source{'' if catalogue.n_rows == 1 else 's'}"


def population_lines(config: Config, dataset: Dataset) -> tuple[str, ...]:
    """Return one line that names the sources on which scores are based; nothing if these are all of the catalogue."""
    population, parts = config.population, []
    if dataset.catalogue.n_rows < dataset.catalogue.n_whole:
        parts.append(f"Working set: {sources_text(dataset.catalogue)}.")
    if dataset.scope is not None:
        n, n_all = np.count_nonzero(dataset.scope), dataset.catalogue.n_rows
        parts.append(f"In scope: {n:,} of {n_all:,} sources ({population.scope}).")
    if dataset.may_query is not None:
        n = np.count_nonzero(dataset.askable)
        parts.append(f"Askable: {n:,} sources of the training set ({population.askable}).")
    return (" ".join(parts),) if parts else ()


def _roots(population: PopulationConfig) -> list[tuple[str, SubsetConfig]]:
    given = (("Scope", population.scope), ("Askable", population.askable))
    return [(title, SubsetConfig.model_construct(name="", condition=text)) for title, text in given if text is not None]


def _names_in(item: SubsetConfig) -> tuple[str, ...]:
    if item.condition is not None:
        return Condition(item.condition).names
    if item.lasso is None:
        return ()  # columns of the position have a fingerprint in any case
    names = [item.lasso.x, item.lasso.y]
    for text in (item.lasso.x, item.lasso.y):
        try:
            names += Expression(text).columns
        except CatalogueError:
            continue  # a name that is not a single word
    return tuple(names)
