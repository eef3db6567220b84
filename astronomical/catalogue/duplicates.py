"""Find sources that are in the table more than once: at the same place on the sky, or with the same values.

Sources form a group if they are connected by pairs that are the same object. Two sources at the ends of a chain of
such pairs are in one group, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

__all__ = ["Duplicates", "find_duplicates", "row_keys"]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_ARCSEC = np.pi / 180 / 3600
#: Positions are too crowded for a radius if they have more neighbours than this in the mean: they are not compared.
_MAX_CROWDING = 4.0
#: Rows with the same values are the same object only if their number by chance is below this share of all rows.
_MAX_BY_CHANCE = 1e-3
#: At least this share of the rows has to differ, and each row needs at least so many values.
_MIN_DISTINCT = 0.25
_MIN_VALUES = 2


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Groups of rows that are the same object.

    Attributes
    ----------
    first
        For each row the first row of its group, shape (n_rows,); a row that is alone is its own group.
    crowded
        Whether positions were not compared, because too many sources are within the radius of each other.
    """

    first: NDArray[np.intp]
    crowded: bool = False

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """Number of rows of the group that begins with each row, shape (n_rows,); 0 where none begins."""
        return np.bincount(self.first, minlength=len(self.first))

    @cached_property
    def n_groups(self) -> int:
        """Number of groups of two or more rows."""
        return int(np.count_nonzero(self.sizes > 1))

    @property
    def n_rows(self) -> int:
        """Number of rows in these groups."""
        return int(self.sizes[self.sizes > 1].sum())

    def members(self, row: int) -> NDArray[np.intp]:
        """Return the rows of the group of a row, ascending and with the row itself."""
        first = self.first[row]
        if self.sizes[first] == 1:
            return np.array([row], dtype=np.intp)
        return self._order[self._starts[first] : self._starts[first] + self.sizes[first]]

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        return np.argsort(self.first, kind="stable")

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        return np.cumsum(self.sizes) - self.sizes


def find_duplicates(
    position: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    columns: Sequence[NDArray[Any]],
    radius_arcsec: float,
) -> Duplicates:
    """Group rows that are the same object. The order of the rows does not change the groups.

    Parameters
    ----------
    position
        Right ascension and declination in degrees, NaN where missing, shape (n_rows,); None without positions.
    columns
        Features, with missing values as NaN, each of shape (n_rows,). Rows with the same values are the same object if
        the features are precise enough that hardly any two rows agree by chance.
    radius_arcsec
        Sources at this distance or closer are the same object.

    Returns
    -------
    Duplicates
        The groups.
    """
    n_rows = len(position[0]) if position is not None else len(columns[0]) if columns else 0
    pairs, crowded = [_equal_rows(columns, n_rows)], False
    if position is not None:
        near = _near(position[0], position[1], radius_arcsec)
        crowded = near is None
        pairs += [] if near is None else [near]
    one, other = np.concatenate(pairs).T
    if not one.size:
        return Duplicates(np.arange(n_rows), crowded)
    joined = coo_array((np.ones(one.size, np.bool_), (one, other)), shape=(n_rows, n_rows))
    _, groups = connected_components(joined, directed=False)
    _, firsts = np.unique(groups, return_index=True)
    return Duplicates(firsts[groups].astype(np.intp), crowded)


def _near(ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64], radius_arcsec: float) -> NDArray[np.intp] | None:
    """Return pairs of rows that connect all positions within a radius; None if there are too many."""
    known = np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))
    ra, dec = np.radians(ra_deg[known] % 360), np.radians(dec_deg[known])
    points = np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    _, firsts, places = np.unique(row_keys(tuple(points.T)), return_index=True, return_inverse=True)
    equal = _chains(known[firsts], known, places)
    points, rows = points[firsts], known[firsts]
    radius = 2 * np.sin(radius_arcsec * _ARCSEC / 2)
    if radius <= 0 or len(rows) < 2:
        return equal
    if _crowding(points, radius) > _MAX_CROWDING:
        return None
    found = cKDTree(points, balanced_tree=False, compact_nodes=False).query_pairs(radius, output_type="ndarray")
    return np.concatenate([equal, rows[found.astype(np.intp)]])


def _crowding(points: NDArray[np.float64], size: float) -> float:
    """Return in how many others' cell of a grid a point is in the mean; this bounds the number of pairs."""
    cells = np.floor(points / size)
    _, counts = np.unique(row_keys(tuple(cells.T)), return_counts=True)
    return float((counts.astype(np.float64) ** 2).sum() / len(points)) - 1


def _equal_rows(columns: Sequence[NDArray[Any]], n_rows: int) -> NDArray[np.intp]:
    """Return pairs of rows that connect all rows with the same values."""
    nothing = np.empty((0, 2), dtype=np.intp)
    if len(columns) < _MIN_VALUES:
        return nothing
    n_values = np.zeros(n_rows, dtype=np.int32)
    for values in columns:
        n_values += np.isfinite(values)
    rows = np.flatnonzero(n_values >= max(_MIN_VALUES, len(columns) / 2))
    if len(rows) < 2:
        return nothing
    _, firsts, places = np.unique(
        row_keys([values[rows] for values in columns]), return_index=True, return_inverse=True
    )
    if len(firsts) == len(rows) or len(firsts) < _MIN_DISTINCT * len(rows):
        return nothing
    if _pairs_by_chance([values[rows[firsts]] for values in columns]) > _MAX_BY_CHANCE * len(rows):
        return nothing
    return _chains(rows[firsts], rows, places)


def _pairs_by_chance(columns: Sequence[NDArray[Any]]) -> float:
    """Return how many pairs of rows would agree by chance if the columns were independent."""
    n_pairs = len(columns[0]) * (len(columns[0]) - 1) / 2
    if not n_pairs:
        return 0.0
    expected = n_pairs
    for values in columns:
        counts = np.unique(values, return_counts=True)[1].astype(np.float64)
        expected *= float((counts * (counts - 1)).sum() / 2 / n_pairs)
    return expected


def _chains(firsts: NDArray[np.intp], rows: NDArray[np.intp], places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return a pair for each row that is not the first with its key: that row and the first."""
    others = firsts[places] != rows
    pairs: NDArray[np.intp] = np.column_stack([firsts[places][others], rows[others]])
    return pairs


def row_keys(columns: Sequence[NDArray[Any]]) -> NDArray[np.uint64]:
    """Return a key for each row; rows with the same values have the same key."""
    keys = np.zeros(len(columns[0]) if len(columns) else 0, dtype=np.uint64)
    for values in columns:
        plain = values + values.dtype.type(0)  # a copy without negative zeros
        missing = np.isnan(plain)
        if missing.any():
            plain[missing] = np.nan  # one kind of NaN
        keys ^= plain.view(np.uint32 if plain.itemsize == 4 else np.uint64)
        keys *= _MIX
        keys ^= keys >> np.uint64(29)
    return keys
