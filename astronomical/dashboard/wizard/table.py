"""What has to be read from a table while a project is set up. All of it may take a while: call it in a thread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue, IdSource
from astronomical.catalogue.errors import CatalogueError, IdError
from astronomical.catalogue.ids import id_candidates
from astronomical.catalogue.joins import JoinedSource
from astronomical.catalogue.labels import label_counts
from astronomical.catalogue.positions import Unit, find_position, position_unit
from astronomical.catalogue.profile import ColumnProfile, profile_columns
from astronomical.catalogue.readers import ColumnInfo
from astronomical.catalogue.texts import as_text
from astronomical.config.io import local_path
from astronomical.config.schema import JoinConfig
from astronomical.session.dataset import join_of

__all__ = ["IdCheck", "IdPlan", "LabelColumn", "Table", "check_ids", "read_labels", "read_table", "resolve"]

_IMAGE = re.compile(r"\.(jpe?g|png|gif|svg|fits?(\.gz)?)(\?.*)?$", re.IGNORECASE)
_HEAD = 100
#: Right ascension that stays below this, without a unit, may be in hours.
_DAY_HOURS = 24.0


@dataclass(frozen=True)
class Table:
    """A table that can be read, and what was found in it.

    Attributes
    ----------
    path, name
        The file, and which of its tables.
    rows
        The table with the numbers of the rows as ids.
    id_candidates
        Columns that may be meant as the id, with their numbers of distinct values, the most first.
    position
        Columns of right ascension and declination, if they were recognised.
    profiles
        What its columns of numbers look like.
    images
        Columns whose first values are addresses or names of images.
    joins
        Other tables whose columns are among those of this one; their paths are absolute.
    """

    path: Path
    name: int | str | None
    rows: Catalogue
    id_candidates: tuple[tuple[str, int], ...]
    position: tuple[str, str] | None
    profiles: tuple[ColumnProfile, ...] = ()
    images: tuple[str, ...] = ()
    joins: tuple[JoinConfig, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.rows.n_rows

    @property
    def columns(self) -> tuple[ColumnInfo, ...]:
        """All columns, in the order of the file."""
        return self.rows.columns

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the table cannot be had, and what to do about it."""
        return self.rows.source.notes

    @property
    def readable(self) -> tuple[str, ...]:
        """Names of the columns with one value in each row."""
        return tuple(column.name for column in self.columns if column.kind != "vector")

    @property
    def unique(self) -> tuple[str, ...]:
        """Columns with a different value in each row."""
        return tuple(name for name, n in self.id_candidates if n == self.n_rows)

    def unit_of(self, ra: str) -> Unit | None:
        """Return the unit of right ascension; None if neither the file nor the values tell."""
        column = self.rows.info(ra)
        if column.unit or column.kind == "text":
            return position_unit(column)
        values = self.rows.number(ra)
        highest = np.nanmax(values, initial=-np.inf)
        return None if -np.inf < highest <= _DAY_HOURS else "deg"


def resolve(text: str) -> Path:
    """Return the path that a person typed: ``~`` is the home folder, others start from the working folder."""
    return local_path(text.strip().strip("\"'")).resolve()


def read_table(path: Path, name: int | str | None = None, joins: Sequence[JoinConfig] = (),
               position: tuple[str, str, Unit] | None = None) -> Table:
    """Read what the wizard needs to know of a table.

    Parameters
    ----------
    path, name
        The file, and which of its tables.
    joins, position
        Other tables whose columns are added, and the columns of the position by which some are matched.

    Raises
    ------
    CatalogueError
        If it cannot be read; `TableChoiceError` if the file holds several tables and none was named.
    """
    rows = Catalogue.open(path, table=name, id_source="row", position=position if joins else None,
                          joins=[join_of(join, Path.cwd()) for join in joins])
    own = rows.source.main if isinstance(rows.source, JoinedSource) else rows.source
    table = Table(path, name, rows, tuple(id_candidates(own)), find_position(own.columns), joins=tuple(joins))
    if not table.readable:
        raise CatalogueError(f"{path.name} has no column with one value in each row: there is nothing to learn from.")
    texts = [column.name for column in table.columns if column.kind == "text"]
    heads = rows.source.read_head(texts, _HEAD)
    return replace(table, profiles=profile_columns(rows.source, rows.numeric_columns),
                   images=tuple(name for name, head in heads.items() if _are_images(head)))


def _are_images(values: NDArray[Any]) -> bool:
    texts = [text for text in as_text(values).tolist() if text.strip()]
    return bool(texts) and all(_IMAGE.search(text.strip()) for text in texts)


@dataclass(frozen=True)
class LabelColumn:
    """A label column, and how often each of its values occurs, the most frequent first."""

    name: str
    counts: dict[str, int]


def read_labels(table: Table, name: str) -> LabelColumn:
    """Count the values of a column.

    Raises
    ------
    CatalogueError
        If the column cannot be read.
    """
    return LabelColumn(name, label_counts(table.rows.raw(name)))


@dataclass(frozen=True)
class IdPlan:
    """Where ids come from, with everything on which it depends whether that works."""

    source: IdSource
    column: str | None
    position: tuple[str, str, Unit] | None
    missing: tuple[float, ...]


@dataclass(frozen=True)
class IdCheck:
    """Whether the ids that were planned can be made.

    Attributes
    ----------
    plan
        What was tried.
    catalogue
        The table with these ids, if they can be made.
    error, about
        Why not, else empty; and which question that concerns.
    """

    plan: IdPlan
    catalogue: Catalogue | None
    error: str = ""
    about: Literal["id", "position"] = "id"

    @property
    def examples(self) -> tuple[str, ...]:
        """The first few ids."""
        return () if self.catalogue is None else self.catalogue.ids_at(range(min(3, self.catalogue.n_rows)))


def check_ids(table: Table, plan: IdPlan) -> IdCheck:
    """Try to make the ids, and to read the positions where there are any."""
    try:
        catalogue = Catalogue.open(table.path, table=table.name, id_source=plan.source, id_column=plan.column,
                                   position=plan.position, missing=plan.missing,
                                   joins=[join_of(join, Path.cwd()) for join in table.joins])
    except CatalogueError as error:
        return IdCheck(plan, None, str(error), "id" if isinstance(error, IdError) else "position")
    return IdCheck(plan, catalogue)
