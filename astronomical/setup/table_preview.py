"""Read a table while a project is set up. These functions read files, so call them in a thread."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.almost_numbers import almost_numeric
from astronomical.catalogue.catalogue import Catalogue, IdSource
from astronomical.catalogue.column_profile import ColumnProfile, profile_columns
from astronomical.catalogue.errors import CatalogueError, IdError
from astronomical.catalogue.ids import check_exact, id_candidates
from astronomical.catalogue.labels import label_counts
from astronomical.catalogue.positions import Unit, find_position, unit_of_ra
from astronomical.catalogue.readers import ColumnInfo, open_table
from astronomical.catalogue.readers.limits import memory_limit
from astronomical.catalogue.string_arrays import as_text
from astronomical.catalogue.working_set import WorkingSet, count_labels, memory_needed, own_table
from astronomical.config.catalogue import VirtualColumnConfig
from astronomical.config.schema import JoinConfig
from astronomical.paths import local_path
from astronomical.session.data.catalogue_paths import join_of
from astronomical.session.data.virtual import virtual_columns
from astronomical.tasks import file_exists

__all__ = [
    "LARGE_ROWS",
    "LEAST_IN_MEMORY",
    "N_LOOKED_AT",
    "IdCheck",
    "IdPlan",
    "LabelColumn",
    "Table",
    "check_ids",
    "read_labels",
    "read_table",
    "resolve",
]

_IMAGE = re.compile(r"\.(jpe?g|png|gif|svg|fits?(\.gz)?)(\?.*)?$", re.IGNORECASE)
_HEAD = 100
#: Number of rows from which only the first rows of a Parquet catalogue are looked at, and how many these are.
LARGE_ROWS, N_LOOKED_AT = 1_000_000, 100_000
#: Minimum number of sources in a working set, and the number that is suggested if the memory is large enough.
LEAST_IN_MEMORY, _USUAL_IN_MEMORY = 100, 1_000_000
#: Number of columns of which the first values are shown, number of values, and maximum length of each.
_MOST_SHOWN, _N_EXAMPLES, _LONGEST = 200, 3, 24


@dataclass(frozen=True)
class Table:
    """A readable table and its properties.

    Attributes
    ----------
    path, name
        File, and table within the file.
    rows
        Catalogue that uses the row numbers as ids; of a large table, it has the first rows of each file.
    id_candidates
        Possible id columns with their numbers of distinct values, largest number first.
    position
        Columns of right ascension and declination, if they were recognised.
    profiles
        Statistics of the numeric columns.
    images
        Columns whose first values are addresses or file names of images.
    joins
        Other tables whose columns were added, with absolute paths.
    virtual
        Columns that are computed from others.
    odd_numbers
        Messages about text columns that contain numbers in a form that is not read.
    examples
        The first values of columns, as text; not of all columns if there are hundreds.
    """

    path: Path
    name: int | str | None
    rows: Catalogue
    id_candidates: tuple[tuple[str, int], ...]
    position: tuple[str, str] | None
    profiles: tuple[ColumnProfile, ...] = ()
    images: tuple[str, ...] = ()
    joins: tuple[JoinConfig, ...] = ()
    virtual: tuple[VirtualColumnConfig, ...] = ()
    odd_numbers: tuple[str, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def format(self) -> str:
        """Name of the format, as in the project file."""
        return self.rows.source.format

    @property
    def n_rows(self) -> int:
        """Number of rows of the whole table."""
        return self.rows.n_whole

    @property
    def is_large(self) -> bool:
        """Whether only the first rows of its files were looked at, and a working set can be chosen."""
        return self.rows.n_rows < self.rows.n_whole

    @property
    def suggested_working_set(self) -> int | None:
        """Number of sources to keep in memory if all would take more than it has; None for all."""
        needed = memory_needed(self.n_rows, self.columns)
        if not self.is_large or needed <= memory_limit():
            return None
        return max(min(_USUAL_IN_MEMORY, int(self.n_rows * memory_limit() / needed) // 2), LEAST_IN_MEMORY)

    def memory_text(self, n_rows: int | None) -> str:
        """Return how much memory sources take, None for all, as text to display."""
        n_bytes, most = memory_needed(self.n_rows if n_rows is None else n_rows, self.columns), memory_limit()
        return f"They take up to {n_bytes / 1e9:,.2f} GB of memory; {most / 1e9:,.1f} GB can be used."

    @property
    def columns(self) -> tuple[ColumnInfo, ...]:
        """All columns, in the order of the file."""
        return self.rows.columns

    @property
    def notes(self) -> tuple[str, ...]:
        """Messages about parts of the table that cannot be used, and what to do about them."""
        return (*self.rows.source.notes, *self.odd_numbers)

    @property
    def readable(self) -> tuple[str, ...]:
        """Names of the columns with one value per row."""
        return tuple(column.name for column in self.columns if column.kind != "vector")

    @property
    def unique(self) -> tuple[str, ...]:
        """Columns whose values are all different."""
        return tuple(name for name, n in self.id_candidates if n == self.rows.n_rows)

    def unit_of(self, ra: str) -> Unit | None:
        """Return the unit of right ascension; None if neither the file nor the values determine it."""
        return unit_of_ra(self.rows.info(ra), self.rows.number)


def resolve(text: str) -> Path:
    """Return the absolute path of a typed one: ``~`` is the home folder, and others start from the working folder."""
    path = local_path(text.strip().strip("\"'"))
    return Path(os.path.abspath(path))  # noqa: PTH100 - unlike Path.resolve, this does not access the disk


def read_table(
    path: Path,
    name: int | str | None = None,
    joins: Sequence[JoinConfig] = (),
    position: tuple[str, str, Unit] | None = None,
    format: str | None = None,
    virtual: Sequence[VirtualColumnConfig] = (),
) -> Table:
    """Read a table for the wizard.

    Parameters
    ----------
    path, name
        File, and table within the file.
    joins, position
        Other tables whose columns are added, and the position columns used to match them.
    format
        Format of the file; detected by default.
    virtual
        Columns to compute from others.

    Raises
    ------
    CatalogueError
        If the file cannot be read, or an expression is not valid; `TableChoiceError` if it has several tables and
        `name` is None; `HeaderChoiceError` if its first line may be names or values, and `format` is None.
    NoAnswerError
        If the disk does not respond.
    """
    file_exists(path)  # fails at once if the disk does not respond
    large = _is_large(path, format, name)
    rows = Catalogue.open(
        path,
        format=format,
        table=name,
        id_source="row",
        first_rows=N_LOOKED_AT if large else None,
        position=position if joins else None,
        joins=[join_of(join, Path.cwd()) for join in joins],
        virtual=virtual_columns(virtual),
    )
    own = own_table(rows.source)
    table = Table(
        path,
        name,
        rows,
        tuple(id_candidates(own)),
        find_position(own.columns),
        joins=tuple(joins),
        virtual=tuple(virtual),
    )
    if not table.readable and not rows.vectors:
        raise CatalogueError(f"{path.name} has no column of numbers or texts, so there is nothing to learn from.")
    texts = [column.name for column in table.columns if column.kind == "text"]
    heads = rows.source.read_head([*texts, *table.readable[:_MOST_SHOWN]], _HEAD)
    return replace(
        table,
        profiles=profile_columns(rows.source, rows.numeric_columns),
        odd_numbers=tuple(almost_numeric(rows.source, rows.numeric_columns).values()),
        images=tuple(name for name in texts if _are_images(heads[name])),
        examples={name: _first_values(heads[name]) for name in table.readable[:_MOST_SHOWN]},
    )


def _is_large(path: Path, format: str | None, name: int | str | None) -> bool:
    source = open_table(path, format=format, table=name)
    return source.format == "parquet" and source.n_rows >= LARGE_ROWS


def _first_values(values: NDArray[Any]) -> str:
    """Return the first values that are not missing, as text."""
    if np.issubdtype(values.dtype, np.floating):
        texts = [f"{value:.6g}" for value in values.tolist() if value == value]
    else:
        texts = [shorten(text, _LONGEST, placeholder="…") for text in as_text(values).tolist() if text.strip()]
    return ", ".join(texts[:_N_EXAMPLES])


def _are_images(values: NDArray[Any]) -> bool:
    texts = [text for text in as_text(values).tolist() if text.strip()]
    return bool(texts) and all(_IMAGE.search(text.strip()) for text in texts)


@dataclass(frozen=True)
class LabelColumn:
    """A label column and the counts of its values, most frequent first."""

    name: str
    counts: dict[str, int]


def read_labels(table: Table, name: str) -> LabelColumn:
    """Count the values of a column, including -1, which usually means unknown.

    Raises
    ------
    CatalogueError
        If the column cannot be read.
    """
    if table.is_large:
        return LabelColumn(name, count_labels(table.rows.source, name, named=("-1",)))
    return LabelColumn(name, label_counts(table.rows.raw(name), named=("-1",)))


@dataclass(frozen=True)
class IdPlan:
    """Source of the ids, with all settings that they depend on."""

    source: IdSource
    column: str | None
    position: tuple[str, str, Unit] | None
    missing: tuple[float, ...]
    working_set: WorkingSet | None = None


@dataclass(frozen=True)
class IdCheck:
    """Result of making the ids of a plan.

    Attributes
    ----------
    plan
        The plan.
    catalogue
        Catalogue with these ids, if they can be made.
    error, about
        The reason why they cannot be made, else empty; and the field that it concerns.
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
    """Try to make the ids, and to read the positions if there are any."""
    try:
        if plan.source == "column" and plan.column is not None and table.rows.info(plan.column).kind == "float":
            check_exact(table.rows.raw(plan.column), plan.column)
        catalogue = Catalogue.open(
            table.path,
            format=table.format,
            table=table.name,
            id_source=plan.source,
            id_column=plan.column,
            position=plan.position,
            missing=plan.missing,
            joins=[join_of(join, Path.cwd()) for join in table.joins],
            virtual=virtual_columns(table.virtual),
            working_set=plan.working_set,
        )
    except CatalogueError as error:
        return IdCheck(plan, None, str(error), "id" if isinstance(error, IdError) else "position")
    return IdCheck(plan, catalogue)
