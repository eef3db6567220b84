"""What has to be read to add columns of another catalogue. All of it may take a while: call it in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.ids import id_candidates
from astronomical.catalogue.joins import JoinedSource, Match
from astronomical.catalogue.positions import find_position
from astronomical.catalogue.readers import open_table
from astronomical.config.schema import JoinConfig
from astronomical.dashboard.wizard.table import Table, read_table

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.model import Draft

__all__ = ["JoinTrial", "OtherTable", "default_suffix", "read_other", "try_join"]


@dataclass(frozen=True)
class OtherTable:
    """A table whose columns may be added.

    Attributes
    ----------
    path, name, format
        Which table.
    n_rows
        Number of its rows.
    readable
        Columns with one value in each row.
    position
        Columns of right ascension and declination, if they were recognised.
    likely_id
        The column that is most like an id.
    """

    path: Path
    name: int | str | None
    format: str
    n_rows: int
    readable: tuple[str, ...]
    position: tuple[str, str] | None
    likely_id: str | None


@dataclass(frozen=True)
class JoinTrial:
    """A table with further columns, and how the rows of the last one were matched."""

    table: Table
    match: Match

    @property
    def meaning(self) -> str:
        """What the numbers mean, in words."""
        if not self.match.n_matched:
            return "Nothing was matched: check the columns, or the radius."
        return ("Ambiguous sources have more than one candidate." if self.match.n_ambiguous
                else "Each source has at most one candidate.")


def read_other(path: Path, name: int | str | None = None) -> OtherTable:
    """Read what has to be known of a table whose columns may be added.

    Raises
    ------
    CatalogueError
        If it cannot be read; `TableChoiceError` if the file holds several tables and none was named.
    """
    source = open_table(path, table=name)
    readable = tuple(column.name for column in source.columns if column.kind != "vector")
    if not readable or not source.n_rows:
        raise CatalogueError(f"{path.name} has no values that could be added.")
    ids = id_candidates(source)
    return OtherTable(path, name, source.format, source.n_rows, readable, find_position(source.columns),
                      ids[0][0] if ids else readable[0])


def default_suffix(table: Table, other: OtherTable) -> str:
    """Return what makes the names of the other columns differ from those that are there."""
    here = {column.name for column in table.columns}
    suffix, n = "", 2
    while any(f"{name}{suffix}" in here for name in other.readable):
        suffix, n = f"_{n}", n + 1
    return suffix


def try_join(draft: Draft, *joins: JoinConfig, afresh: bool = False) -> JoinTrial:
    """Return the table of a draft with further columns; with `afresh` instead of those that were added before.

    Raises
    ------
    CatalogueError
        If the other table cannot be read or matched.
    """
    table = draft.table
    if table is None:
        raise CatalogueError("Choose a catalogue first.")
    wanted = joins if afresh else (*table.joins, *joins)
    made = read_table(table.path, table.name, wanted, draft.position_for_reading())
    source = made.rows.source
    match = source.matches[-1] if isinstance(source, JoinedSource) else Match(np.zeros(0, dtype=np.intp), 0)
    return JoinTrial(made, match)
