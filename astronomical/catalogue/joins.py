"""Join columns of another catalogue by id or by position."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord, match_coordinates_sky
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.positions import Unit, dec_unit, find_position, position_unit, to_degrees
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.readers.source import ColumnInfo, TableSource
from astronomical.catalogue.string_arrays import as_text

__all__ = ["Join", "JoinedSource", "Match", "join_tables", "joined_names", "match_keys", "match_positions"]

Positions = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Join:
    """Settings of a join with another catalogue.

    Attributes
    ----------
    path, format, table
        The other table; see `astronomical.catalogue.readers.open_table`.
    by
        Whether to match rows by ``id`` or by ``position``, or the first ``row`` with the first, and so on.
    id_column, key
        By id: the id column of the other table, and the matching column of this catalogue; None for its id.
    position
        By position: columns of right ascension and declination of the other table, and the unit of right ascension;
        None to detect them.
    radius_arcsec
        By position: maximum separation of a pair, in arcsec.
    match
        By position: ``best`` for pairs that are mutual nearest neighbours, ``all`` for the nearest neighbour of each
        source of this catalogue.
    prefix, suffix
        Added to the names of the columns.
    columns
        Names of the columns to add; empty for all.
    name
        New name of the column, if there is only one; empty to keep its name.
    """

    path: Path
    by: Literal["id", "position", "row"]
    format: str | None = None
    table: int | str | None = None
    id_column: str | None = None
    key: str | None = None
    position: tuple[str, str, Unit] | None = None
    radius_arcsec: float = 1.0
    match: Literal["best", "all"] = "best"
    prefix: str = ""
    suffix: str = ""
    columns: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Match:
    """Matches between the rows of this catalogue and another table.

    Attributes
    ----------
    rows
        Row of the other table in the order of its file, -1 for no match, shape (n_rows,).
    n_matched, n_unmatched
        Number of rows of this catalogue with and without a match.
    n_ambiguous
        Number of rows of this catalogue with more than one candidate. By id they are not matched; by position the
        nearest candidate is chosen.
    """

    rows: NDArray[np.intp]
    n_ambiguous: int

    @property
    def n_matched(self) -> int:
        """Number of rows of this catalogue with a match."""
        return int(np.count_nonzero(self.rows >= 0))

    @property
    def n_unmatched(self) -> int:
        """Number of rows of this catalogue without a match."""
        return len(self.rows) - self.n_matched

    def __str__(self) -> str:
        return f"{self.n_matched:,} matched, {self.n_unmatched:,} unmatched, {self.n_ambiguous:,} ambiguous"


def match_keys(here: NDArray[Any], there: NDArray[Any]) -> Match:
    """Match rows by id. Ids are compared as texts; missing ids have no match.

    Parameters
    ----------
    here, there
        Ids of this catalogue and of the other table, of any type. Ids that are not unique in the other table have no
        match.
    """
    mine, others = (np.strings.strip(as_text(values)) for values in (here, there))
    distinct, first, counts = np.unique(others, return_index=True, return_counts=True)
    place = np.minimum(np.searchsorted(distinct, mine), max(len(distinct) - 1, 0))
    found = (distinct[place] == mine) & (mine != "") if len(distinct) else np.zeros(len(mine), dtype=np.bool_)
    several = found & (counts[place] > 1) if len(distinct) else found
    rows = np.where(found & ~several, first[place] if len(distinct) else -1, -1)
    return Match(rows.astype(np.intp), int(np.count_nonzero(several)))


def match_positions(
    here: Positions, there: Positions, radius_arcsec: float, match: Literal["best", "all"] = "best"
) -> Match:
    """Match rows by their positions on the sky.

    Parameters
    ----------
    here, there
        Right ascension and declination in degrees. Rows without a position have no match.
    radius_arcsec
        Maximum separation of a pair, in arcsec.
    match
        ``best`` for pairs that are mutual nearest neighbours, ``all`` for the nearest neighbour of each row.
    """
    rows = np.full(len(here[0]), -1, dtype=np.intp)
    mine, others = (np.flatnonzero(np.isfinite(ra) & np.isfinite(dec)) for ra, dec in (here, there))
    if not len(mine) or not len(others):
        return Match(rows, 0)
    sky_here, sky_there = _sky(here, mine), _sky(there, others)
    nearest, distance, _ = match_coordinates_sky(sky_here, sky_there)
    within = distance.arcsec <= radius_arcsec
    ambiguous = np.zeros(len(mine), dtype=np.bool_)
    if len(others) > 1:
        _, second, _ = match_coordinates_sky(sky_here, sky_there, nthneighbor=2)
        ambiguous = second.arcsec <= radius_arcsec
    if match == "best":
        back, _, _ = match_coordinates_sky(sky_there, sky_here)
        mutual = back[nearest] == np.arange(len(mine))
        # Several sources at the same position are equally near: the first one is matched.
        within &= mutual
    rows[mine[within]] = others[nearest[within]]
    return Match(rows, int(np.count_nonzero(ambiguous)))


def _sky(positions: Positions, rows: NDArray[np.intp]) -> SkyCoord:
    return SkyCoord(positions[0][rows] * units.deg, positions[1][rows] * units.deg)


class JoinedSource(TableSource):
    """A table with the columns of other tables, which are missing where there is no match.

    Parameters
    ----------
    main
        The main table.
    others
        The other tables, each with its match and a mapping from new to original column names.
    """

    def __init__(self, main: TableSource, others: Sequence[tuple[TableSource, Match, dict[str, str]]]) -> None:
        self._main, self._others = main, tuple(others)
        self.format = main.format  # type: ignore[misc]
        super().__init__(
            main.path,
            main.n_rows,
            [
                *main.columns,
                *(
                    replace(source.info(original), name=name)
                    for source, _, names in others
                    for name, original in names.items()
                ),
            ],
        )
        self.notes = tuple(note for source in (main, *(other[0] for other in others)) for note in source.notes)
        self.incomplete = main.incomplete

    @property
    def n_whole(self) -> int:
        """Number of rows in the files of the main table."""
        return self._main.n_whole

    @property
    def main(self) -> TableSource:
        """The main table, without the columns of other tables."""
        return self._main

    @property
    def matches(self) -> tuple[Match, ...]:
        """The matches of each table."""
        return tuple(match for _, match, _ in self._others)

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        return self._gather(names, lambda source, wanted: source.read(wanted), self.n_rows)

    def _read_text(self, names: list[str]) -> dict[str, NDArray[np.str_]]:
        return self._gather(names, lambda source, wanted: source.read_text(wanted), self.n_rows)

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        own = {column.name for column in self._main.columns}
        values = self._main.read_head([name for name in names if name in own], n_rows)
        added = [name for name in names if name not in own]
        return values | {name: column[:n_rows] for name, column in self._read(added).items()}

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        for source, match, originals in self._others:
            if name in originals:
                yield from _taken_blocks(source.vector_blocks(originals[name]), match.rows)
                return
        yield from self._main.vector_blocks(name)

    def _gather(self, names: list[str], read: Any, n_rows: int) -> dict[str, NDArray[Any]]:
        own = {column.name for column in self._main.columns}
        values: dict[str, NDArray[Any]] = dict(read(self._main, [name for name in names if name in own]))
        for source, match, originals in self._others:
            wanted = [name for name in names if name in originals]
            found = read(source, [originals[name] for name in wanted])
            values |= {name: _taken(found[originals[name]], match.rows) for name in wanted}
        return values


def _taken(values: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[Any]:
    """Return the values of rows, with a missing value where the row is -1."""
    absent = rows < 0
    if not len(values):
        values = np.zeros(1, dtype=values.dtype)
    taken: NDArray[Any] = values[np.where(absent, 0, rows)]
    if not absent.any():
        return taken
    if taken.dtype.kind == "U":
        return np.where(absent, "", taken)
    if taken.dtype.kind == "f":
        return np.where(absent, taken.dtype.type(np.nan), taken)
    return np.ma.MaskedArray(np.ma.getdata(taken), mask=np.ma.getmaskarray(taken) | absent)


def _taken_blocks(
    blocks: Iterable[tuple[NDArray[np.intp], NDArray[Any]]], rows: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
    """Yield blocks of another table by the rows of this one; `rows` as in `Match`."""
    if np.array_equal(rows, np.arange(len(rows))):
        yield from blocks
        return
    order = np.argsort(rows, kind="stable")
    ranked = rows[order]
    for there, block in blocks:
        first = np.searchsorted(ranked, there, "left")
        counts = np.searchsorted(ranked, there, "right") - first
        places = np.repeat(np.arange(len(there)), counts)
        within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
        yield order[np.repeat(first, counts) + within], block[places]


def join_tables(
    main: TableSource, joins: Iterable[Join], ids: NDArray[np.bytes_], positions: Positions | None
) -> JoinedSource:
    """Join other tables to a table.

    Parameters
    ----------
    main
        The main table.
    joins
        Settings of the joins.
    ids, positions
        Ids and positions of the main table in the order of the file; None without positions.

    Raises
    ------
    CatalogueError
        If a table cannot be read or matched, or two columns would have the same name.
    """
    taken = {column.name for column in main.columns}
    others = []
    for join in joins:
        source = _open(join)
        names = _names(join, source, taken)
        twice = next((name for name in names if name in taken), None)
        if twice is not None:
            raise CatalogueError(
                f"There is already a column {twice!r}. Add a prefix or a suffix to the columns of {join.path.name}"
            )
        taken |= set(names)
        others.append((source, _match(join, main, source, ids, positions), names))
    return JoinedSource(main, others)


def joined_names(join: Join) -> tuple[str, ...]:
    """Return the new names of the joined columns.

    Raises
    ------
    CatalogueError
        If the table cannot be read, or a requested column does not exist.
    """
    return tuple(_names(join, _open(join)))


def _open(join: Join) -> TableSource:
    return open_table(join.path, format=join.format, table=join.table)


def _names(join: Join, source: TableSource, taken: Collection[str] = ()) -> dict[str, str]:
    """Return the new names of the columns to add, with the original ones."""

    def named(name: str) -> str:
        return f"{join.prefix}{name}{join.suffix}"

    def is_added(column: ColumnInfo) -> bool:
        # Vectors were not added by default in earlier versions, so their names may be in use.
        may_be_there = column.kind == "vector" or column.name == join.id_column
        return (column.kind != "vector" or bool(column.length)) and not (may_be_there and named(column.name) in taken)

    wanted = join.columns or tuple(column.name for column in source.columns if is_added(column))
    for name in wanted:
        source.info(name)
    if not join.name:
        return {named(name): name for name in wanted}
    if len(wanted) != 1:
        raise CatalogueError(
            f"{join.path.name} has {len(wanted)} columns to add, of which one is to be named {join.name!r}. Choose one"
        )
    return {join.name: wanted[0]}


def _match(
    join: Join, main: TableSource, source: TableSource, ids: NDArray[np.bytes_], positions: Positions | None
) -> Match:
    if join.by == "id":
        if join.id_column is None:
            raise CatalogueError(f"Choose the id column of {join.path.name}")
        here = ids if join.key is None else main.read_text([join.key])[join.key]
        return match_keys(here, source.read_text([join.id_column])[join.id_column])
    if join.by == "row":
        if source.n_rows != main.n_rows:
            raise CatalogueError(
                f"{join.path.name} has {source.n_rows:,} rows, but {main.path.name} has {main.n_rows:,}. To match row "
                "by row, both need the same sources in the same order; otherwise match by an id"
            )
        return Match(np.arange(main.n_rows, dtype=np.intp), 0)
    if positions is None:
        raise CatalogueError(
            f"{join.path.name} cannot be matched by position, because this catalogue has no positions. Choose its "
            "columns of right ascension and declination"
        )
    place = join.position or _find_position(join, source)
    values = source.read(place[:2])
    there = to_degrees(values[place[0]], "ra", place[2]), to_degrees(values[place[1]], "dec", dec_unit(place[2]))
    return match_positions(positions, there, join.radius_arcsec, join.match)


def _find_position(join: Join, source: TableSource) -> tuple[str, str, Unit]:
    found = find_position(source.columns)
    if found is None:
        raise CatalogueError(
            f"No columns of right ascension and declination were found in {join.path.name}. Choose these columns"
        )
    return (*found, position_unit(source.info(found[0])))
