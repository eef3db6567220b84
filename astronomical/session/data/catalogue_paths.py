"""Paths of the catalogue and of the tables that are joined to it."""

from __future__ import annotations

import os
from pathlib import Path

from astronomical.catalogue.joins import Join
from astronomical.config.schema import CatalogueConfig, JoinConfig
from astronomical.paths import local_path

__all__ = ["absolute_path", "catalogue_path", "join_of"]


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
