"""Paths of the catalogue and of the tables that are joined to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from astronomical.catalogue.joins import Join
from astronomical.catalogue.readers import TEXT_FORMATS
from astronomical.config.schema import CatalogueConfig, JoinConfig
from astronomical.paths import local_path, relative_to

__all__ = ["absolute_path", "catalogue_path", "join_of", "moved_catalogue"]


def catalogue_path(config: CatalogueConfig, folder: Path) -> Path:
    """Return the path of the catalogue, which is relative to the folder of the project file."""
    return absolute_path(config.path, folder)


def absolute_path(text: str, folder: Path) -> Path:
    """Return the path that a project file in a folder states; unlike `Path.resolve`, this does not access a disk."""
    path = local_path(text)
    return path if path.is_absolute() else Path(os.path.abspath(folder / path))  # noqa: PTH100


def join_of(config: JoinConfig, folder: Path) -> Join:
    """Return how another table is joined, with its path relative to a folder."""
    position = config.position
    return Join(
        path=absolute_path(config.path, folder),
        by=config.by,
        format=config.format,
        table=config.table,
        id_column=config.id,
        key=config.key,
        position=None if position is None else (position.ra, position.dec, position.unit),
        radius_arcsec=config.radius_arcsec,
        match=config.match,
        prefix=config.prefix,
        suffix=config.suffix,
        columns=config.columns,
        name=config.name,
    )


def moved_catalogue(
    config: CatalogueConfig, folder: Path, elsewhere: str | Path | None, joined: Mapping[int, Path]
) -> CatalogueConfig:
    """Return the catalogue section with the current paths of the tables; see `astronomical.session.data.dataset`."""
    joins = list(config.joins)
    for place, where in joined.items():
        joins[place] = joins[place].model_copy(update=_moved(joins[place], where, folder))
    path = {} if elsewhere is None else _moved(config, local_path(elsewhere), folder)
    return config.model_copy(update={**path, "joins": tuple(joins)})


def _moved(config: CatalogueConfig | JoinConfig, where: Path, folder: Path) -> dict[str, str | None]:
    """Return the path and the format of a table that moved: it may have another format now."""
    kept = config.format in TEXT_FORMATS and where.suffix == Path(config.path).suffix
    return {"path": relative_to(where, folder), "format": config.format if kept else None}
