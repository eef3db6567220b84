"""Give the table of a draft a label column of known classes. These functions read files and ask the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.schema import JoinConfig
from astronomical.paths import free_name
from astronomical.services.archives.class_catalogues import ClassCatalogue
from astronomical.services.archives.xmatch import XMatch, xmatch_address
from astronomical.services.network import allows_private, refuse_offline
from astronomical.services.proxy import read_proxy
from astronomical.session.project.example import projects_folder
from astronomical.setup.class_types import CatalogueType
from astronomical.setup.default_path import stem_of
from astronomical.setup.joins import default_suffix, read_other, try_join
from astronomical.setup.known_classes import (
    CLASS_COLUMN,
    COLUMNS,
    ClassMatches,
    Positions,
    find_classes,
    read_positions,
    write_known_classes,
)
from astronomical.setup.table_preview import LabelColumn, Table, read_labels

if TYPE_CHECKING:
    from astronomical.setup.draft import Draft

__all__ = ["LabelledTable", "find_for_table", "with_known_classes"]


@dataclass(frozen=True)
class LabelledTable:
    """A table with a label column of known classes.

    Attributes
    ----------
    table, labels
        The table, and its label column.
    path, summary
        The file with the classes, and the numbers of sources.
    """

    table: Table
    labels: LabelColumn
    path: Path
    summary: str


def find_for_table(
    draft: Draft,
    catalogues: Sequence[ClassCatalogue],
    radius_arcsec: float,
    *,
    progress: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Positions, ClassMatches]:
    """Find objects of known type near the sources of a draft; see `astronomical.setup.known_classes.find_classes`.

    Raises
    ------
    CatalogueError, InvalidInputError, FetchError
        If the table has no positions, the server may send no requests, or a request fails.
    """
    table = _table(draft)
    refuse_offline()
    ra, dec = draft.position
    positions = read_positions(
        table.path,
        format=table.format,
        table=table.name,
        position=None if ra is None or dec is None else (ra, dec),
        unit=draft.unit,
        id_column=next((name for name in table.unique if table.rows.info(name).kind != "float"), None),
    )
    service = XMatch(xmatch_address(), allow_private=allows_private(), proxy=read_proxy())
    try:
        return positions, find_classes(
            service, positions, catalogues, radius_arcsec, progress=progress, cancelled=cancelled
        )
    finally:
        service.close()


def with_known_classes(
    draft: Draft, positions: Positions, found: ClassMatches, classes: Mapping[CatalogueType, str]
) -> LabelledTable:
    """Write known classes to a file in the folder of projects, and join it to the table of a draft.

    Raises
    ------
    CatalogueError, InvalidInputError
        If the file cannot be written or joined.
    """
    table = _table(draft)
    folder = projects_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = free_name(folder / f"{stem_of(table.path)}_known_classes.parquet")
    made = write_known_classes(path, positions, found, classes)
    other = read_other(path)
    name = positions.id_column
    how = {"by": "row"} if name is None else {"by": "id", "id": name, "key": name}
    suffix = default_suffix(table, COLUMNS)
    what = {"path": str(path), "format": other.format, "columns": COLUMNS, "suffix": suffix}
    join = JoinConfig.model_validate({**what, **how})
    joined = try_join(draft, join).table
    return LabelledTable(joined, read_labels(joined, f"{CLASS_COLUMN}{suffix}"), path, made.summary)


def _table(draft: Draft) -> Table:
    if draft.table is None:
        raise CatalogueError("Choose a catalogue first.")
    return draft.table
