"""The parts of a Parquet catalogue that is larger than the memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from astronomical.catalogue.readers import open_table
from astronomical.catalogue.readers.parquet_parts import PartsSource, open_parts
from astronomical.paths import local_path
from astronomical.plugins.loader import Plugins, load_plugins
from astronomical.plugins.registry import Registry
from astronomical.session.errors import SessionError

__all__ = ["WholePart", "open_whole", "plugin_files", "registry_with", "whole_parts"]

#: Maximum number of rows that are read at a time.
PART_ROWS = 500_000


@dataclass(frozen=True)
class WholePart:
    """Some consecutive rows of a catalogue.

    Attributes
    ----------
    source
        The rows.
    first_row
        Number of the first one in the whole catalogue.
    """

    source: PartsSource
    first_row: int


def open_whole(catalogue: str | Path) -> PartsSource:
    """Open a Parquet catalogue; only its metadata are read.

    Parameters
    ----------
    catalogue
        File, folder or pattern of Parquet files, or a HATS catalogue.

    Raises
    ------
    CatalogueError, SessionError
        If it cannot be read, is of another format, or has no rows.
    """
    source = open_table(local_path(catalogue))
    if source.format != "parquet":
        raise SessionError(
            f"{source.path.name} is not a Parquet catalogue, so it cannot be predicted in parts. Write the predictions "
            "to a file (-o FILE), or save the catalogue as Parquet."
        )
    if not source.n_rows:
        raise SessionError(f"{source.path.name}: the table has no rows.")
    return source if isinstance(source, PartsSource) else open_parts(source.path)


def whole_parts(source: PartsSource) -> Iterator[WholePart]:
    """Yield the parts of a catalogue in the order of its rows. None has rows of two files."""
    first_row = 0
    for file in source.parts():
        for start in range(0, file.n_whole, PART_ROWS):
            rows = np.arange(start, min(start + PART_ROWS, file.n_whole))
            some = file if len(rows) == file.n_whole else file.only(rows)
            yield WholePart(some, first_row + start)
        first_row += file.n_whole


def plugin_files(plugins: Plugins) -> tuple[Path, ...]:
    """Return the plugin files that were loaded, for the workers to load them too."""
    found = (Path(report.source) for report in plugins.found if report.status == "loaded")
    return tuple(dict.fromkeys(path for path in found if path.is_file()))


@lru_cache(maxsize=4)
def registry_with(plugins: tuple[Path, ...]) -> Registry:
    """Return a registry with plugin files that the user has trusted; it is kept from part to part."""
    return load_plugins(list(plugins)).registry
