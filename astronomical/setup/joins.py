"""Add columns of another catalogue. These functions read files, so call them in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.ids import check_exact, id_candidates
from astronomical.catalogue.joins import JoinedSource, Match
from astronomical.catalogue.positions import find_position
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.virtual_columns import VirtualSource
from astronomical.config.schema import JoinConfig
from astronomical.setup.table_preview import Table, read_table

if TYPE_CHECKING:
    from astronomical.setup.draft import Draft

__all__ = ["JoinTrial", "OtherTable", "default_suffix", "read_other", "try_join"]


@dataclass(frozen=True)
class OtherTable:
    """A table whose columns can be added.

    Attributes
    ----------
    path, name, format
        File, table within the file, and format.
    n_rows
        Number of rows.
    readable
        Columns with one value per row.
    position
        Columns of right ascension and declination, if they were recognised.
    likely_id
        The column that is most likely to be an id; None if there are only vectors.
    vectors
        Columns of vectors.
    """

    path: Path
    name: int | str | None
    format: str
    n_rows: int
    readable: tuple[str, ...]
    position: tuple[str, str] | None
    likely_id: str | None
    vectors: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that can be added."""
        return (*self.readable, *self.vectors)


@dataclass(frozen=True)
class JoinTrial:
    """A table with added columns, and the statistics of the last match."""

    table: Table
    match: Match

    @property
    def meaning(self) -> str:
        """Explanation of the statistics."""
        if not self.match.n_matched:
            return "No rows were matched. Check the columns or the radius."
        return (
            "Ambiguous sources have more than one candidate."
            if self.match.n_ambiguous
            else "Each source has at most one candidate."
        )


def read_other(path: Path, name: int | str | None = None, format: str | None = None) -> OtherTable:
    """Read the columns of a table, so that they can be added to a catalogue.

    Raises
    ------
    CatalogueError
        If the file cannot be read; `TableChoiceError` if it has several tables and `name` is None;
        `HeaderChoiceError` if its first line may be names or values, and `format` is None.
    """
    source = open_table(path, table=name, format=format)
    readable = tuple(column.name for column in source.columns if column.kind != "vector")
    vectors = tuple(column.name for column in source.columns if column.length)
    if not (readable or vectors) or not source.n_rows:
        raise CatalogueError(f"{path.name} has no columns that can be added.")
    ids = id_candidates(source)
    return OtherTable(
        path,
        name,
        source.format,
        source.n_rows,
        readable,
        find_position(source.columns),
        ids[0][0] if ids else next(iter(readable), None),
        vectors,
    )


def _check_keys(table: Table, join: JoinConfig) -> None:
    """Refuse to match by floats that were rounded: different sources would be taken for the same."""
    if join.by != "id" or join.id is None:
        return
    other = open_table(Path(join.path), table=join.table, format=join.format)
    for source, name in ((other, join.id), (table.rows.source, join.key)):
        if name is not None and source.info(name).kind == "float":
            role = f"a column to match by in {source.path.name}"
            check_exact(source.read([name])[name], name, role, "Choose another column, or match by position.")


def default_suffix(table: Table, names: Sequence[str]) -> str:
    """Return a suffix that makes the names of the added columns unique."""
    here = {column.name for column in table.columns}
    suffix, n = "", 2
    while any(f"{name}{suffix}" in here for name in names):
        suffix, n = f"_{n}", n + 1
    return suffix


def try_join(draft: Draft, *joins: JoinConfig, replace: bool = False) -> JoinTrial:
    """Return the table of a draft with added columns.

    With `replace`, these columns replace those that were added before.

    Raises
    ------
    CatalogueError
        If the other table cannot be read or matched.
    """
    table = draft.table
    if table is None:
        raise CatalogueError("Choose a catalogue first.")
    for join in joins:
        _check_keys(table, join)
    wanted = joins if replace else (*table.joins, *joins)
    made = read_table(table.path, table.name, wanted, draft.position_for_reading(), table.format, table.virtual)
    source = made.rows.source
    source = source.main if isinstance(source, VirtualSource) else source
    match = source.matches[-1] if isinstance(source, JoinedSource) else Match(np.zeros(0, dtype=np.intp), 0)
    return JoinTrial(made, match)
