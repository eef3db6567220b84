"""The columns that a project needs, and the same project with other names of columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.renaming import columns_in, rename_columns
from astronomical.config.schema import (
    CatalogueConfig,
    Config,
    CuratedConfig,
    FeaturesConfig,
    LayoutConfig,
    SubsetConfig,
)
from astronomical.session.data.catalogue_values import used_columns
from astronomical.session.errors import SessionError

__all__ = ["MissingColumnsError", "needed_columns", "renamed_project", "without_missing"]

_SHOWN = 5
#: Uses of a column that a project can do without.
_SINGLE_USES = ("name_column", "spectrum_column", "redshift_column")
_LISTS = ("extra_columns", "image_columns")


class MissingColumnsError(SessionError):
    """The new catalogue has no columns of some names that the project needs.

    Parameters
    ----------
    missing
        The columns, each with the most similar name in the new catalogue, or None.
    there
        The columns of the new catalogue.
    """

    def __init__(self, missing: Mapping[str, str | None], there: Sequence[str]) -> None:
        self.missing, self.there = dict(missing), tuple(there)
        shown = ", ".join(
            repr(name) + (f" (similar: {like!r})" if like is not None else "")
            for name, like in list(missing.items())[:_SHOWN]
        )
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        super().__init__(
            f"The new catalogue has no column {shown}{more}. Say which columns replace them "
            f"(--map {next(iter(missing))}=NEW on the command line)."
        )


def needed_columns(config: Config) -> tuple[str, ...]:
    """Return the columns of the table without which the project cannot be opened, without duplicates."""
    section, needed = config.catalogue, list(used_columns(config))
    needed += [section.id.column] if section.id.column is not None else []
    needed += [section.position.ra, section.position.dec] if section.position is not None else []
    needed += [item.column for item in config.features.vectors]
    needed += [item.key for item in section.joins if item.key is not None]
    if section.light_curves is not None:
        needed += filter(None, (section.light_curves.files, section.light_curves.period))
    for text in (config.population.scope, config.population.askable):
        needed += _columns_of(text)
    for item in section.virtual:
        needed += _columns_of(item.expression)
    computed = {item.name for item in section.virtual}
    return tuple(name for name in dict.fromkeys(needed) if name not in computed)


def _columns_of(text: str | None) -> tuple[str, ...]:
    try:
        return () if text is None else columns_in(text)
    except CatalogueError:  # reported where it is applied
        return ()


def missing_columns(needed: Sequence[str], there: Sequence[str]) -> dict[str, str | None]:
    """Return the needed columns that are not there, each with the most similar name that is, or None."""
    free = [name for name in there if name not in needed]
    return {name: _similar(name, free) for name in needed if name not in there}


def _similar(name: str, there: Sequence[str]) -> str | None:
    """Return the most similar name: one that differs in capitals, has the name as a word, or is spelt like it."""
    folded = {item.casefold(): item for item in there}
    plain = name.casefold()
    words = sorted((key for key in folded if plain in re.split(r"[^a-z0-9]+", key)), key=len)
    close = [plain] if plain in folded else words or get_close_matches(plain, folded, n=1)
    return folded[close[0]] if close else None


def renamed_project(config: Config, names: Mapping[str, str]) -> Config:
    """Return a project in which columns have other names; what is computed stays the same.

    Parameters
    ----------
    config
        The project.
    names
        New name of each column, or feature, that has another one.
    """
    if not names:
        return config

    def text(expression: str) -> str:
        try:
            return rename_columns(expression, names)
        except CatalogueError:  # not valid before either
            return expression

    def name(column: str) -> str:
        return names.get(column, column)

    return config.model_copy(
        update={
            "catalogue": _catalogue(config.catalogue, name, text),
            "features": _features(config.features, name),
            "curated": _curated(config.curated, name),
            "subsets": tuple(_subset(item, name, text) for item in config.subsets),
            "population": config.population.model_copy(
                update={
                    role: text(condition)
                    for role in ("scope", "askable")
                    if (condition := getattr(config.population, role)) is not None
                }
            ),
            "layout": _layout(config.layout, name),
        }
    )


def _catalogue(section: CatalogueConfig, name: Callable[[str], str], text: Callable[[str], str]) -> CatalogueConfig:
    changes: dict[str, Any] = {
        use: name(column) for use in (*_SINGLE_USES, "label") if (column := getattr(section, use)) is not None
    }
    changes |= {use: tuple(map(name, getattr(section, use))) for use in _LISTS}
    if section.id.column is not None:
        changes["id"] = section.id.model_copy(update={"column": name(section.id.column)})
    if section.position is not None:
        place = {"ra": name(section.position.ra), "dec": name(section.position.dec)}
        changes["position"] = section.position.model_copy(update=place)
    changes["joins"] = tuple(
        item if item.key is None else item.model_copy(update={"key": name(item.key)}) for item in section.joins
    )
    changes["virtual"] = tuple(
        item.model_copy(update={"expression": text(item.expression)}) for item in section.virtual
    )
    curves = section.light_curves
    if curves is not None:
        own = {use: name(column) for use in ("files", "period") if (column := getattr(curves, use)) is not None}
        if curves.source == "lists" and curves.path is None:  # the lists are columns of the catalogue
            parts = ("time", "value", "error", "band", "limit")
            own |= {use: name(column) for use in parts if (column := getattr(curves, use)) is not None}
        changes["light_curves"] = curves.model_copy(update=own)
    return section.model_copy(update=changes)


def _features(section: FeaturesConfig, name: Callable[[str], str]) -> FeaturesConfig:
    return section.model_copy(
        update={
            "columns": tuple(map(name, section.columns)),
            "double": tuple(map(name, section.double)),
            "combinations": tuple(
                item if item.columns is None else item.model_copy(update={"columns": tuple(map(name, item.columns))})
                for item in section.combinations
            ),
            "vectors": tuple(item.model_copy(update={"column": name(item.column)}) for item in section.vectors),
        }
    )


def _curated(section: CuratedConfig, name: Callable[[str], str]) -> CuratedConfig:
    return section.model_copy(
        update={
            "criteria": tuple(
                item if item.column is None else item.model_copy(update={"column": name(item.column)})
                for item in section.criteria
            )
        }
    )


def _subset(item: SubsetConfig, name: Callable[[str], str], text: Callable[[str], str]) -> SubsetConfig:
    if item.condition is not None:
        return item.model_copy(update={"condition": text(item.condition)})
    if item.lasso is not None:
        axes = {axis: _axis(getattr(item.lasso, axis), name, text) for axis in ("x", "y")}
        return item.model_copy(update={"lasso": item.lasso.model_copy(update=axes)})
    return item


def _axis(axis: str, name: Callable[[str], str], text: Callable[[str], str]) -> str:
    """Return an axis of a lasso: a column or feature, else an expression."""
    return name(axis) if name(axis) != axis else text(axis)


def _layout(section: LayoutConfig, name: Callable[[str], str]) -> LayoutConfig:
    """Return the layout; each setting of a pane that is the name of a renamed column is taken for it."""

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            return name(value)
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return value

    return section.model_copy(
        update={
            "axes": None if section.axes is None else (name(section.axes[0]), name(section.axes[1])),
            "panes": tuple(
                pane.model_copy(update={"settings": plain(pane.settings)}) if pane.settings else pane
                for pane in section.panes
            ),
        }
    )


def without_missing(config: Config, there: Collection[str], notes: list[str]) -> Config:
    """Return a project without the optional uses of columns that a catalogue does not have.

    Parameters
    ----------
    config
        The project.
    there
        All columns of the catalogue, also joined and virtual ones.
    notes
        What was left out is added to these, one sentence each.
    """
    section = config.catalogue
    changes: dict[str, Any] = {use: None for use in _SINGLE_USES if getattr(section, use) not in (None, *there)}
    changes |= {use: tuple(name for name in getattr(section, use) if name in there) for use in _LISTS}
    gone = [getattr(section, use) for use in _SINGLE_USES if use in changes]
    gone += [name for use in _LISTS for name in getattr(section, use) if name not in there]
    criteria = tuple(item for item in config.curated.criteria if item.column is None or item.column in there)
    gone += [item.column for item in config.curated.criteria if item not in criteria and item.column is not None]
    if gone:
        notes.append(f"Not in the new catalogue, and no longer shown: {', '.join(dict.fromkeys(gone))}.")
    return config.model_copy(
        update={
            "catalogue": section.model_copy(update=changes),
            "curated": config.curated.model_copy(update={"criteria": criteria}),
        }
    )
