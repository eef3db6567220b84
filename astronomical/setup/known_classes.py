"""A label column from catalogues of known classes: sources are matched on the sky, and their types become classes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.positions import Unit, dec_unit, find_position, to_degrees, unit_of_ra
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.readers.source import TableSource
from astronomical.catalogue.string_arrays import as_text
from astronomical.errors import InvalidInputError
from astronomical.paths import writing
from astronomical.services.archives.class_catalogues import CATALOGUES, ClassCatalogue
from astronomical.services.archives.parquet import ORIGIN_KEY
from astronomical.services.archives.tap import Fetched
from astronomical.services.archives.xmatch import MAX_RADIUS_ARCSEC, TypeMatches, XMatch
from astronomical.setup.class_types import CatalogueType

__all__ = [
    "CLASS_COLUMN",
    "COLUMNS",
    "ClassMatches",
    "KnownClasses",
    "Positions",
    "find_classes",
    "label_sources",
    "read_positions",
    "write_known_classes",
]

#: Name of the label column.
CLASS_COLUMN = "known_class"
#: Columns that can be joined to the table.
COLUMNS = (CLASS_COLUMN, f"{CLASS_COLUMN}_type", f"{CLASS_COLUMN}_distance")
#: Key of the metadata of the Parquet file that says which type means which class.
_TYPES_KEY = b"astronomical known classes"


@dataclass(frozen=True)
class Positions:
    """The positions of a table, and the column by which its rows are recognised.

    Attributes
    ----------
    ra_deg, dec_deg
        Positions in degrees, shape (n_rows,), in the order of the file.
    id_column, ids
        Column of unique ids, and its values; None if rows are recognised by their order.
    """

    ra_deg: NDArray[np.float64]
    dec_deg: NDArray[np.float64]
    id_column: str | None = None
    ids: NDArray[np.str_] | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.ra_deg)


@dataclass(frozen=True)
class ClassMatches:
    """What catalogues of known classes have near the sources of a table.

    Attributes
    ----------
    matches
        Matches by key of the catalogue.
    counts
        Number of matches of each type, the most frequent first.
    radius_arcsec, service, fetched
        Maximum separation, address of the service, and time of the requests (UTC, ISO 8601).
    """

    matches: Mapping[str, TypeMatches]
    counts: Mapping[CatalogueType, int]
    radius_arcsec: float
    service: str
    fetched: str


@dataclass(frozen=True)
class KnownClasses:
    """Known classes of the sources of a table.

    Attributes
    ----------
    labels
        Class of each source, shape (n_rows,); empty if it is unknown, or if matches disagree.
    types
        Catalogue and type of the match that gave the class, shape (n_rows,). For sources whose matches disagree, those
        of one match of each class.
    distances
        Separation of this match in arcsec, shape (n_rows,), NaN where there is none.
    conflicts
        Whether matches give different classes, shape (n_rows,).
    """

    labels: NDArray[np.str_]
    types: NDArray[np.str_]
    distances: NDArray[np.float64]
    conflicts: NDArray[np.bool_]

    @property
    def n_known(self) -> int:
        """Number of sources whose class is known."""
        return int(np.count_nonzero(self.labels != ""))

    @property
    def summary(self) -> str:
        """One sentence with the numbers of sources."""
        counts = Counter(self.labels[self.labels != ""].tolist())
        named = ", ".join(f"{name} {n:,}" for name, n in counts.most_common(8)) or "none"
        n_matched, n_conflicts = int(np.isfinite(self.distances).sum()), int(self.conflicts.sum())
        return (
            f"{len(self.labels):,} sources, {n_matched:,} with a match; classes: {named}; "
            f"{n_conflicts:,} unknown because their matches disagree."
        )


def read_positions(
    path: Path,
    *,
    format: str | None = None,
    table: int | str | None = None,
    position: tuple[str, str] | None = None,
    unit: Unit | None = None,
    id_column: str | None = None,
) -> Positions:
    """Read the positions of a table.

    Parameters
    ----------
    path, format, table
        The table; see `astronomical.catalogue.readers.open_table`.
    position, unit
        Columns of right ascension and declination, and the unit of right ascension; recognised by default.
    id_column
        Column of unique ids.

    Raises
    ------
    CatalogueError
        If the table cannot be read, or has no positions, or the ids are not unique.
    """
    source = open_table(path, format=format, table=table)
    place = position or find_position(source.columns)
    if place is None:
        raise CatalogueError(f"{path.name} has no columns of positions that are recognised. Name them.")
    ra, dec = place
    unit = unit or unit_of_ra(source.info(ra), lambda name: source.read([name])[name])
    if unit is None:
        raise CatalogueError(f"The unit of {ra!r} is not known: it may be degrees or hours. State it.")
    read = source.read([ra, dec])
    return Positions(
        to_degrees(read[ra], "ra", unit),
        to_degrees(read[dec], "dec", dec_unit(unit)),
        id_column,
        None if id_column is None else _unique_ids(source, id_column),
    )


def _unique_ids(source: TableSource, name: str) -> NDArray[np.str_]:
    ids = np.strings.strip(as_text(source.read([name])[name]))
    if len(np.unique(ids)) < len(ids) or (ids == "").any():
        raise CatalogueError(f"The values of {name!r} are not unique, or some are missing. Choose another column.")
    return ids


def find_classes(
    service: XMatch,
    positions: Positions,
    catalogues: Sequence[ClassCatalogue],
    radius_arcsec: float,
    *,
    progress: Callable[[str], None] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ClassMatches:
    """Ask the X-Match service which objects of known type are near the sources of a table.

    Parameters
    ----------
    service, positions, catalogues, radius_arcsec
        The service, the sources, the catalogues to match, and the maximum separation.
    progress
        Called with what is being done.
    cancelled
        Called from another thread; once it returns True, all requests are stopped.

    Raises
    ------
    InvalidInputError
        If the radius is not between 0 and 180 arcsec.
    FetchError
        If a request fails or is cancelled.
    """
    if not 0 < radius_arcsec <= MAX_RADIUS_ARCSEC:
        raise InvalidInputError(f"The radius must be above 0, and at most {MAX_RADIUS_ARCSEC:g} arcsec.")
    service.reach()
    fetched = datetime.now(UTC).isoformat(timespec="seconds")
    matches = {}
    for catalogue in catalogues:

        def said(n: int, title: str = catalogue.title) -> None:
            progress(f"Matching with {title}: {n:,} of {positions.n_rows:,} sources")

        said(0)
        matches[catalogue.key] = service.match(
            catalogue, positions.ra_deg, positions.dec_deg, radius_arcsec, progress=said, cancelled=cancelled
        )
    counts: Counter[CatalogueType] = Counter()
    for key, found in matches.items():
        types, numbers = np.unique(found.types[found.types != ""], return_counts=True)
        counts.update({(key, name): int(n) for name, n in zip(types.tolist(), numbers, strict=True)})
    return ClassMatches(matches, dict(counts.most_common()), radius_arcsec, service.url, fetched)


def label_sources(
    n_rows: int, matches: Mapping[str, TypeMatches], classes: Mapping[CatalogueType, str]
) -> KnownClasses:
    """Return the class of each source from its matches.

    Matches whose type has no class do not count. A source whose other matches give different classes is unknown.

    Parameters
    ----------
    n_rows
        Number of sources.
    matches
        Matches by key of the catalogue.
    classes
        Class of each type of a catalogue.
    """
    rows, distances, codes, titles, names = _flat(matches, classes)
    order = np.lexsort((distances, codes < 0, rows))
    rows, distances, codes, titles = rows[order], distances[order], codes[order], titles[order]
    first = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if len(rows) else np.zeros(0, dtype=np.intp)
    largest = np.full(n_rows, -1)
    np.maximum.at(largest, rows, codes)
    smallest = np.full(n_rows, len(names))
    counted = codes >= 0
    np.minimum.at(smallest, rows[counted], codes[counted])
    conflicts = (largest >= 0) & (smallest != largest)
    labels = np.where(conflicts | (largest < 0), "", np.array([*names, ""])[largest])
    types: NDArray[Any] = np.full(n_rows, "", dtype=object)
    separations = np.full(n_rows, np.nan)
    types[rows[first]], separations[rows[first]] = titles[first], distances[first]
    for row in np.flatnonzero(conflicts).tolist():
        begin, end = np.searchsorted(rows, [row, row + 1])
        one_of_each = {int(codes[at]): titles[at] for at in range(end - 1, begin - 1, -1) if codes[at] >= 0}
        types[row] = " / ".join(one_of_each[code] for code in sorted(one_of_each))
    return KnownClasses(labels, types.astype(np.str_), separations, conflicts)


def _flat(
    matches: Mapping[str, TypeMatches], classes: Mapping[CatalogueType, str]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp], NDArray[np.str_], list[str]]:
    """Return rows, distances, codes of classes (-1 for none) and titles of all matches, and the names of the codes."""
    names = sorted({name for name in classes.values() if name})
    codes_of = {name: code for code, name in enumerate(names)}
    parts: list[tuple[Any, ...]] = [(np.zeros(0, np.intp), np.zeros(0), np.zeros(0, np.intp), np.zeros(0, "U1"))]
    for key, found in matches.items():
        types, place = np.unique(found.types, return_inverse=True)
        codes = np.array([codes_of.get(classes.get((key, name), ""), -1) for name in types.tolist()], dtype=np.intp)
        titles = np.array([f"{CATALOGUES[key].title} {name}".strip() for name in types.tolist()], dtype=np.str_)
        if len(types):
            parts.append((found.rows, found.distances, codes[place], titles[place]))
    rows, distances, codes, titles = (np.concatenate([part[place] for part in parts]) for place in range(4))
    return rows, distances, codes, titles, names


def write_known_classes(
    path: Path,
    positions: Positions,
    found: ClassMatches,
    classes: Mapping[CatalogueType, str],
    *,
    overwrite: bool = False,
) -> KnownClasses:
    """Write the known classes of sources to a Parquet file, whose columns can be joined to the table.

    The columns are the id if there is one, ``known_class``, ``known_class_type`` and ``known_class_distance``.

    Parameters
    ----------
    path
        The file.
    positions, found, classes
        The sources, their matches, and the class of each type.
    overwrite
        Whether to replace an existing file.

    Raises
    ------
    InvalidInputError
        If the file cannot be written.
    """
    made = label_sources(positions.n_rows, found.matches, classes)
    columns: dict[str, Any] = {}
    if positions.id_column is not None:
        columns[positions.id_column] = positions.ids
    columns |= dict(zip(COLUMNS, (made.labels, made.types), strict=False))
    arrays = [pa.array(values, mask=values == "") for values in columns.values()]
    fields = [pa.field(name, array.type) for name, array in zip(columns, arrays, strict=True)]
    arrays.append(pa.array(made.distances, mask=np.isnan(made.distances)))
    fields.append(pa.field(COLUMNS[2], pa.float64(), metadata={"unit": "arcsec"}))
    tables = ", ".join(CATALOGUES[key].table for key in found.matches)
    digest = hashlib.sha256("".join(item.sha256 for item in found.matches.values()).encode()).hexdigest()
    origin = Fetched(
        found.service,
        f"X-Match with {tables} within {found.radius_arcsec:g} arcsec",
        found.fetched,
        positions.n_rows,
        digest,
    )
    types = {"types": [[*item, name] for item, name in classes.items()], "conflicts": int(made.conflicts.sum())}
    metadata = {ORIGIN_KEY: origin.plain().encode(), _TYPES_KEY: json.dumps(types).encode()}
    try:
        with writing(path, overwrite=overwrite) as file:
            pq.write_table(pa.table(arrays, schema=pa.schema(fields, metadata=metadata)), file)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror or error}") from None
    return made
