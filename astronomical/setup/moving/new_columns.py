"""The settings of a project for its new catalogue: path, format and names of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from astronomical.catalogue.feature_plan import feature_names
from astronomical.catalogue.joins import joined_names
from astronomical.catalogue.positions import position_unit
from astronomical.catalogue.readers import TableSource, open_table
from astronomical.config.schema import CatalogueConfig, Config
from astronomical.errors import InvalidInputError, did_you_mean
from astronomical.plugins.registry import Registry
from astronomical.session.data.catalogue_paths import join_of, moved_catalogue
from astronomical.session.data.feature_recipe import operations_of, recipe_of
from astronomical.session.errors import SessionError
from astronomical.setup.moving.columns import MissingColumnsError, missing_columns, needed_columns, renamed_project

__all__ = ["for_catalogue"]


def for_catalogue(
    config: Config,
    catalogue: Path,
    folder: Path,
    columns: Mapping[str, str],
    table: int | str | None,
    registry: Registry,
) -> Config:
    """Return a project with the path and the names of columns of its new catalogue.

    Parameters
    ----------
    config, folder
        The project, and the folder of its file.
    catalogue, table
        The new catalogue, and the table in its file; None for that of the project.
    columns
        New name of each column that has another one.
    registry
        The feature operations, whose features may have other names.

    Raises
    ------
    MissingColumnsError
        If the new catalogue has no columns of some names.
    SessionError, CatalogueError
        If a new name is not that of a column, or the catalogue cannot be read.
    """
    section = moved_catalogue(config.catalogue, folder, catalogue, {})
    if table is not None:
        section = section.model_copy(update={"table": table})
    source = open_table(catalogue, format=section.format, table=section.table)
    there = [column.name for column in source.columns]
    joined = {name for join in section.joins for name in joined_names(join_of(join, folder))}
    needed = [name for name in needed_columns(config) if name not in joined]
    names = _checked_names(columns, needed, there)
    missing = missing_columns([name for name in needed if name not in names], there)
    if missing:
        raise MissingColumnsError(missing, there)
    renamed = renamed_project(config.model_copy(update={"catalogue": _with_unit(section, names, source)}), names)
    return _with_feature_names(config, renamed, names, registry)


def _with_unit(section: CatalogueConfig, names: Mapping[str, str], source: TableSource) -> CatalogueConfig:
    """Return the section with the unit of the positions in the new catalogue, if that states one."""
    place = section.position
    if place is None:
        return section
    column = source.info(names.get(place.ra, place.ra))
    if not column.unit:
        return section
    return section.model_copy(update={"position": place.model_copy(update={"unit": position_unit(column)})})


def _checked_names(columns: Mapping[str, str], needed: Sequence[str], there: Sequence[str]) -> dict[str, str]:
    """Return the names of columns that change, after checking them."""
    for old, new in columns.items():
        if new not in there:
            raise SessionError(
                f"The new catalogue has no column {new!r}, which is to replace {old!r}{did_you_mean(new, there) or '.'}"
            )
    taken: dict[str, str] = {}
    for name in needed:
        new = columns.get(name, name)
        if taken.setdefault(new, name) != name:
            raise SessionError(f"Column {new!r} would replace both {taken[new]!r} and {name!r}. Choose another column.")
    return {old: new for old, new in columns.items() if old != new}


def _with_feature_names(config: Config, renamed: Config, names: Mapping[str, str], registry: Registry) -> Config:
    """Return the project with the new names of features, such as colours, in its plots."""
    if not names:
        return renamed
    operations = operations_of(registry, config.features.combinations)
    try:
        pairs = zip(
            feature_names(recipe_of(config.features), operations),
            feature_names(recipe_of(renamed.features), operations),
            strict=True,
        )
        features = {old: new for old, new in pairs if old != new and old not in names}
    except InvalidInputError:  # an operation of a plugin is missing
        return renamed
    layout = renamed_project(config, {**names, **features}).layout
    return renamed.model_copy(update={"layout": layout})
