"""Open a table for predictions: read only what a model needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import HeaderChoiceError, IdError
from astronomical.catalogue.joins import Join
from astronomical.catalogue.readers import open_table
from astronomical.config.schema import CatalogueConfig
from astronomical.errors import did_you_mean
from astronomical.session.data.virtual import virtual_columns
from astronomical.session.errors import SessionError

__all__ = ["open_to_predict"]


def open_to_predict(
    section: CatalogueConfig,
    path: str | Path,
    *,
    format: str | None = None,
    table: int | str | None = None,
    id: str | None = None,
    joins: Sequence[Join] = (),
) -> Catalogue:
    """Open a table for predictions. Ids may occur more than once, and positions are read only if ids are made of them.

    Parameters
    ----------
    section
        How the catalogue of the project is read.
    path, format, table
        The file, its format, and the table in it. By default the format is recognised; whether the first line of a
        text table contains the names of the columns is then answered as for the project.
    id
        Name of a column, or ``row`` for row numbers; by default what the project uses.
    joins
        Other tables whose columns are added.

    Raises
    ------
    SessionError, CatalogueError
        If the table cannot be read, or ids cannot be made.
    """
    try:
        opened = open_table(path, format=format, table=table)
    except HeaderChoiceError:
        if section.format not in ("text-header", "text-no-header"):
            raise
        format = section.format
        opened = open_table(path, format=format, table=table)
    there = [column.name for column in opened.columns]
    source, column, position = section.id.source, section.id.column, section.position
    if id is not None:
        source, column = ("column", id) if id in there else ("row", None)
        if source == "row" and id != "row":
            raise SessionError(f"{Path(path).name} has no column {id!r}{did_you_mean(id, there) or '.'}")
    if source == "column":
        needed = [column]
    elif source == "position" and position is not None:
        needed = [position.ra, position.dec]
    else:
        needed = []
    missing = [name for name in needed if name not in there]
    if missing:
        raise SessionError(
            f"{Path(path).name} has no column {missing[0]!r}, from which this model makes the ids. Choose another id "
            "column (--id COLUMN), or use row numbers (--id row)."
        )
    try:
        return Catalogue.open(
            path,
            format=format,
            table=table,
            id_source=source,
            id_column=column,
            position=(position.ra, position.dec, position.unit) if source == "position" and position else None,
            missing=section.missing,
            joins=joins,
            virtual=virtual_columns(section.virtual),
            unique=False,
        )
    except IdError as error:
        raise SessionError(f"{error} On the command line, --id row uses row numbers.") from None
