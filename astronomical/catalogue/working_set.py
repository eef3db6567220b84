"""The working set: the sources of a large catalogue that are kept in memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, IdError
from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.catalogue.ids import encode_ids
from astronomical.catalogue.joins import JoinedSource
from astronomical.catalogue.labels import label_counts
from astronomical.catalogue.readers import ColumnInfo, TableSource
from astronomical.catalogue.readers.column_store import store_for
from astronomical.catalogue.readers.parquet_parts import PartsSource, open_parts
from astronomical.catalogue.string_arrays import encode, id_words
from astronomical.catalogue.virtual_columns import VirtualSource

__all__ = ["KEPT_ROWS", "WorkingSet", "count_labels", "in_working_set", "memory_needed", "own_table", "start_of_files"]

#: Number of rows from which the working set is kept in the cache folder: finding it in fewer takes a second.
KEPT_ROWS = 2_000_000
#: Standard deviations by which more sources than needed are looked at; fewer are found once in a billion catalogues.
_MARGIN = 6.0
#: Bytes in memory of one value: numbers in 32 bits, kept once as in the file and once as a feature.
_VALUE_BYTES = 8
#: Bytes in memory of each source without its columns: the id, its place, and labels, splits and predictions.
_SOURCE_BYTES = 100


@dataclass(frozen=True)
class WorkingSet:
    """Which sources of a catalogue are in memory.

    They depend on the ids and on the seed only: not on the order of the rows, nor on the files.

    Parameters
    ----------
    size
        Number of sources: those with the smallest hashes of their ids.
    seed
        Seed of the hash.
    keep
        Ids that are in the working set in any case, in addition to these, such as those of labelled sources.
    """

    size: int
    seed: int = 0
    keep: frozenset[str] = frozenset()


def in_working_set(source: TableSource, id_column: str | None, wanted: WorkingSet) -> TableSource:
    """Return a table with the sources of the working set only.

    Parameters
    ----------
    source
        Table in one or several Parquet files. Its ids are read once, in blocks.
    id_column
        Column of the ids.
    wanted
        The working set.

    Raises
    ------
    CatalogueError
        If the table is in another format, the ids do not come from a column, or one is missing.
    """
    if id_column is None:
        raise IdError(
            "A working set needs a column of ids: positions and row numbers change with the files. Choose such a column"
        )
    if source.format != "parquet":
        raise CatalogueError(
            f"{source.path.name} is not a Parquet file, so it cannot be read in parts. Save it as Parquet, or leave "
            "out the working set"
        )
    parts = source if isinstance(source, PartsSource) else open_parts(source.path)
    if wanted.size >= parts.n_whole:
        return parts
    if parts.n_whole < KEPT_ROWS:
        return parts.only(_all_rows(_chosen_rows(parts, id_column, wanted), wanted))
    rows = _kept_rows(parts, id_column, wanted)
    digest = hashlib.sha256(rows.tobytes()).hexdigest()
    return parts.only(rows, store_for("columns", parts.files, digest))


def start_of_files(source: TableSource, n_rows: int) -> TableSource:
    """Return a Parquet table with the first rows of each file, about as many as given; other tables unchanged."""
    if source.format != "parquet" or source.n_rows <= n_rows:
        return source
    return (source if isinstance(source, PartsSource) else open_parts(source.path)).first_rows(n_rows)


def count_labels(
    source: TableSource, name: str, unknown: Collection[str] = (), named: Collection[str] = ()
) -> dict[str, int]:
    """Count the labels of a column in all files, although only some rows of the table are read.

    Parameters
    ----------
    source, name
        The table, and its column.
    unknown, named
        See `astronomical.catalogue.labels.label_counts`.
    """
    own = own_table(source)
    if not isinstance(own, PartsSource) or own.n_rows == own.n_whole or name not in {item.name for item in own.columns}:
        return label_counts(source.read([name])[name], unknown, named)
    counts: Counter[str] = Counter()
    for part in own.parts():
        counts.update(label_counts(part.read([name])[name], unknown, named))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def own_table(source: TableSource) -> TableSource:
    """Return a table without joined and virtual columns."""
    for wrapper in (VirtualSource, JoinedSource):
        source = source.main if isinstance(source, wrapper) else source
    return source


def memory_needed(n_rows: int, columns: Iterable[ColumnInfo]) -> int:
    """Return how many bytes of memory sources with these columns take, about."""
    return n_rows * (_SOURCE_BYTES + _VALUE_BYTES * sum(column.kind != "vector" for column in columns))


class _Chosen(NamedTuple):
    """Rows with the smallest hashes, and rows of other ids that were asked for: -1 for an id that is not there."""

    rows: NDArray[np.intp]
    ids: NDArray[np.bytes_]
    other_ids: NDArray[np.bytes_]
    other_rows: NDArray[np.intp]

    def all_rows(self, keep: NDArray[np.bytes_]) -> NDArray[np.intp] | None:
        """Return the rows of the working set, sorted; None if an id that has to be in it was not looked for."""
        others = keep[~np.isin(keep, self.ids)]
        if not np.isin(others, self.other_ids).all():
            return None
        found = self.other_rows[np.isin(self.other_ids, others)]
        return np.sort(np.concatenate([self.rows, found[found >= 0]]))


def _kept_rows(source: PartsSource, id_column: str, wanted: WorkingSet) -> NDArray[np.intp]:
    """Return the rows of the working set from the cache if the files are as they were, else find them again."""
    store = store_for("rows", source.files, id_column, wanted.size, wanted.seed)
    kept = [store.get(name) for name in _Chosen._fields]
    if all(values is not None for values in kept):
        rows = _Chosen(*kept).all_rows(_encoded(wanted.keep))  # type: ignore[arg-type]
        if rows is not None:
            return rows
    chosen = _chosen_rows(source, id_column, wanted)
    for name, values in chosen._asdict().items():
        store.put(name, values)
    return _all_rows(chosen, wanted)


def _all_rows(chosen: _Chosen, wanted: WorkingSet) -> NDArray[np.intp]:
    rows = chosen.all_rows(_encoded(wanted.keep))
    assert rows is not None, "all ids of the working set were looked for"
    return rows


def _encoded(ids: Collection[str]) -> NDArray[np.bytes_]:
    return encode(np.array(sorted(ids), dtype=np.str_)) if ids else np.empty(0, dtype="S1")


def _chosen_rows(source: PartsSource, id_column: str, wanted: WorkingSet) -> _Chosen:
    """Find the rows of the working set in all files."""
    fraction = wanted.size / source.n_whole
    likely = fraction + _MARGIN * (fraction / source.n_whole) ** 0.5 + _MARGIN**2 / source.n_whole
    found = _rows_below(source, id_column, wanted, likely)
    if found is None:  # ids that occur more than once have the same hash
        found = _rows_below(source, id_column, wanted, 1.0)
    if found is None:
        raise CatalogueError(f"{source.path.name} has fewer rows than before. Open the catalogue again")
    return found


def _rows_below(source: PartsSource, id_column: str, wanted: WorkingSet, fraction: float) -> _Chosen | None:
    """Return the rows of the working set, if the given fraction of all hashes contains enough; else None."""
    seed = derive_seed(wanted.seed, "working set")
    limit = np.uint64(min(int(fraction * 2.0**64), 2**64 - 1))
    kept = hash_ids(_encoded(wanted.keep), seed) if wanted.keep else None
    rows, hashes, ids = [np.empty(0, np.intp)], [np.empty(0, np.uint64)], [np.empty(0, "S1")]
    for first, values in source.text_blocks(id_column):
        block = values if values.dtype.kind == "S" else encode_ids(values, id_column)
        found = hash_ids(block, seed)
        near = found <= limit
        if kept is not None:
            near |= np.isin(found, kept)
        places = np.flatnonzero(near)
        rows.append(places + first)
        hashes.append(found[places])
        ids.append(block[places])
    all_rows, all_hashes, all_ids = np.concatenate(rows), np.concatenate(hashes), np.concatenate(ids)
    if np.count_nonzero(all_hashes <= limit) < wanted.size:
        return None
    order = np.lexsort((*id_words(all_ids)[::-1], all_hashes))
    by_hash = np.zeros(len(all_rows), dtype=np.bool_)
    by_hash[order[: wanted.size]] = True
    keep = _encoded(wanted.keep)
    others = ~by_hash & np.isin(all_ids, keep)
    absent = keep[~np.isin(keep, all_ids)]
    return _Chosen(
        all_rows[by_hash],
        all_ids[by_hash],
        np.concatenate([all_ids[others], absent]),
        np.concatenate([all_rows[others], np.full(len(absent), -1)]),
    )
