"""Open a table for predictions: read only what a model needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import HeaderChoiceError, IdError
from astronomical.catalogue.joins import Join
from astronomical.catalogue.readers import TableSource, open_table
from astronomical.config.schema import CatalogueConfig, FeaturesConfig
from astronomical.errors import did_you_mean
from astronomical.session.data.catalogue_values import feature_columns
from astronomical.session.data.virtual import virtual_columns
from astronomical.session.errors import SessionError

__all__ = ["check_feature_columns", "open_to_predict"]


def check_feature_columns(features: FeaturesConfig, there: Collection[str], where: str) -> None:
    """Check that a table has the columns of the features of a model.

    Parameters
    ----------
    features, there, where
        The recipe of the features, the columns of the table, and its name for messages.

    Raises
    ------
    SessionError
        If a column is missing.
    """
    missing = [name for name in feature_columns(features) if name not in there]
    if missing:
        raise SessionError(
            f"The model needs {', '.join(map(repr, missing[:5]))}, and {where} has no such "
            f"column{'s' if len(missing) > 1 else ''}{did_you_mean(missing[0], there) or '.'}"
        )


def open_to_predict(
    section: CatalogueConfig,
    path: str | Path | TableSource,
    *,
    format: str | None = None,
    table: int | str | None = None,
    id: str | None = None,
    joins: Sequence[Join] = (),
    in_order_of_file: bool = False,
) -> Catalogue:
    """Open a table for predictions. Ids may occur more than once, and positions are read only if ids are made of them.

    Parameters
    ----------
    section
        How the catalogue of the project is read.
    path, format, table
        The file or an open table, its format, and the table in it. By default the format is recognised; whether the
        first line of a text table contains the names of the columns is then answered as for the project.
    id
        Name of a column, or ``row`` for row numbers; by default what the project uses.
    joins
        Other tables whose columns are added.
    in_order_of_file
        Whether the rows are in the order of the file, which is faster than in the order of the ids.

    Raises
    ------
    SessionError, CatalogueError
        If the table cannot be read, or ids cannot be made.
    """
    opened = path if isinstance(path, TableSource) else _open(section, path, format, table)
    there = [column.name for column in opened.columns]
    source, column, position = section.id.source, section.id.column, section.position
    if id is not None:
        source, column = ("column", id) if id in there else ("row", None)
        if source == "row" and id != "row":
            raise SessionError(f"{opened.path.name} has no column {id!r}{did_you_mean(id, there) or '.'}")
    if source == "column":
        needed = [column]
    elif source == "position" and position is not None:
        needed = [position.ra, position.dec]
    else:
        needed = []
    missing = [name for name in needed if name not in there]
    if missing:
        raise SessionError(
            f"{opened.path.name} has no column {missing[0]!r}, from which this model makes the ids. Choose another id "
            "column (--id COLUMN), or use row numbers (--id row)."
        )
    try:
        return Catalogue.open(
            opened,
            id_source=source,
            id_column=column,
            position=(position.ra, position.dec, position.unit) if source == "position" and position else None,
            missing=section.missing,
            joins=joins,
            virtual=virtual_columns(section.virtual),
            unique=False,
            in_order_of_file=in_order_of_file,
        )
    except IdError as error:
        raise SessionError(f"{error} On the command line, --id row uses row numbers.") from None


def _open(section: CatalogueConfig, path: str | Path, format: str | None, table: int | str | None) -> TableSource:
    try:
        return open_table(path, format=format, table=table)
    except HeaderChoiceError:
        if section.format not in ("text-header", "text-no-header"):
            raise
        return open_table(path, format=section.format, table=table)
