"""Find the sources of a catalogue in another release of it, by id and by position."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from astronomical.catalogue.joins import Positions, match_keys, match_positions

__all__ = ["Release", "ReleaseMatch", "match_releases"]

_ARCSEC = np.pi / 180 / 3600
_MAS_PER_DEG = 3.6e6
#: Ids are used only if at least this share of the common ones are at the same position in both releases.
_LEAST_AGREEING = 0.5


@dataclass(frozen=True, eq=False)
class Release:
    """What identifies the sources of a release.

    Attributes
    ----------
    ids
        Ids that mean the same in every release, shape (n_rows,); None if there are none, as for row numbers.
    position
        Right ascension and declination in degrees, NaN where missing; None without positions.
    motion
        Proper motions in right ascension (times the cosine of the declination) and declination, in mas/yr, NaN where
        missing; None without them.
    epoch
        Epoch of the positions in years, for all sources or for each, shape (n_rows,); None if it is not known.
    """

    ids: NDArray[np.bytes_] | None
    position: Positions | None
    motion: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    epoch: NDArray[np.float64] | float | None = None


@dataclass(frozen=True, eq=False)
class ReleaseMatch:
    """The sources of a release in another one.

    Attributes
    ----------
    rows
        Row in the new release of each old source, -1 for none, shape (n_old,).
    by_id
        Whether it was found by its id, shape (n_old,).
    separation_arcsec
        Distance of the two positions, NaN if one is not known, shape (n_old,).
    elsewhere
        Whether the id of an old source belongs to a source at another position, shape (n_old,).
    parts
        For old sources that several new ones are close to: the rows of all of these.
    merged
        For old sources that are at the same place as another one now: the row in the new release.
    with_motion
        Whether proper motions were used.
    ids_differ
        Whether ids were not used, because most of them belong to other positions.
    """

    rows: NDArray[np.intp]
    by_id: NDArray[np.bool_]
    separation_arcsec: NDArray[np.float64]
    elsewhere: NDArray[np.bool_]
    parts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    with_motion: bool = False
    ids_differ: bool = False


def match_releases(
    old: Release, new: Release, radius_arcsec: float, of_interest: Iterable[int] | None = None
) -> ReleaseMatch:
    """Find each source of a release in another one: by its id, else as the mutual nearest neighbour on the sky.

    An id whose positions differ by more than the radius is not trusted. Sources found by id take no part in the
    search by position.

    Parameters
    ----------
    old, new
        The releases.
    radius_arcsec
        Maximum distance of the positions of one source, in arcsec.
    of_interest
        Rows of the old release for which to find out whether they were split or merged; None for all.

    Returns
    -------
    ReleaseMatch
        The matches.
    """
    here, there, with_motion = _at_one_epoch(old, new)
    n_old = len(_first(old.ids, here))
    rows = np.full(n_old, -1, dtype=np.intp)
    elsewhere = np.zeros(n_old, dtype=np.bool_)
    ids_differ = False
    if old.ids is not None and new.ids is not None:
        rows = match_keys(old.ids, new.ids).rows
        far = _separation(here, there, rows) > radius_arcsec
        n_known = np.count_nonzero(np.isfinite(_separation(here, there, rows)))
        ids_differ = bool(n_known and np.count_nonzero(far) > (1 - _LEAST_AGREEING) * n_known)
        elsewhere = np.zeros(n_old, dtype=np.bool_) if ids_differ else far
        rows = np.full(n_old, -1, dtype=np.intp) if ids_differ else np.where(far, -1, rows)
    by_id = rows >= 0
    parts: dict[int, tuple[int, ...]] = {}
    merged: dict[int, int] = {}
    if here is not None and there is not None:
        taken = np.zeros(len(there[0]), dtype=np.bool_)
        taken[rows[by_id]] = True
        left = match_positions(_without(here, by_id), _without(there, taken), radius_arcsec)
        rows = np.where(by_id, rows, left.rows)
        wanted = np.arange(n_old) if of_interest is None else np.array(sorted(of_interest), dtype=np.intp)
        parts, merged = _neighbours(here, there, rows, wanted, radius_arcsec)
    return ReleaseMatch(rows, by_id, _separation(here, there, rows), elsewhere, parts, merged, with_motion, ids_differ)


def _first(ids: NDArray[np.bytes_] | None, position: Positions | None) -> NDArray[np.generic]:
    if ids is not None:
        return ids
    assert position is not None, "a release has ids or positions"
    return position[0]


def _at_one_epoch(old: Release, new: Release) -> tuple[Positions | None, Positions | None, bool]:
    """Return the positions of both releases at one epoch, and whether proper motions were used."""
    here, there = old.position, new.position
    if here is None or there is None or old.epoch is None or new.epoch is None:
        return here, there, False
    # The epochs of single sources are not paired yet: those of the other release count as their mean.
    if old.motion is not None:
        return _moved(here, old.motion, float(np.nanmean(new.epoch)) - old.epoch), there, True
    if new.motion is not None:
        return here, _moved(there, new.motion, float(np.nanmean(old.epoch)) - new.epoch), True
    return here, there, False


def _moved(
    position: Positions, motion: tuple[NDArray[np.float64], NDArray[np.float64]], years: NDArray[np.float64] | float
) -> Positions:
    """Return positions some years later. A source without a proper motion stays where it is."""
    east, north = (np.nan_to_num(part * years / _MAS_PER_DEG) for part in motion)
    stretch = np.maximum(np.cos(np.radians(position[1])), 1e-6)
    return (position[0] + east / stretch) % 360, np.clip(position[1] + north, -90, 90)


def _without(position: Positions, rows: NDArray[np.bool_]) -> Positions:
    return np.where(rows, np.nan, position[0]), position[1]


def _vectors(position: Positions) -> NDArray[np.float64]:
    ra, dec = np.radians(position[0]), np.radians(position[1])
    return np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def _separation(here: Positions | None, there: Positions | None, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the distance of each old source from its new one in arcsec, NaN where there is none."""
    found = np.full(len(rows), np.nan)
    pairs = np.flatnonzero(rows >= 0)
    if here is None or there is None or not pairs.size:
        return found
    one = _vectors((here[0][pairs], here[1][pairs]))
    other = _vectors((there[0][rows[pairs]], there[1][rows[pairs]]))
    found[pairs] = 2 * np.arcsin(np.minimum(np.linalg.norm(one - other, axis=1) / 2, 1)) / _ARCSEC
    return found


def _neighbours(
    here: Positions, there: Positions, rows: NDArray[np.intp], wanted: NDArray[np.intp], radius_arcsec: float
) -> tuple[dict[int, tuple[int, ...]], dict[int, int]]:
    """Return the old sources that were split, with their parts, and those that were merged, with where they are now."""
    old_known, new_known = (np.flatnonzero(np.isfinite(ra) & np.isfinite(dec)) for ra, dec in (here, there))
    if not old_known.size or not new_known.size:
        return {}, {}
    radius = 2 * np.sin(radius_arcsec * _ARCSEC / 2)
    new_vectors = _vectors((there[0][new_known], there[1][new_known]))
    tree_new = cKDTree(new_vectors, balanced_tree=False, compact_nodes=False)
    owner = np.full(len(there[0]), -1, dtype=np.intp)
    owner[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    wanted = wanted[np.isin(wanted, old_known)]
    vectors = _vectors((here[0][wanted], here[1][wanted]))
    parts: dict[int, tuple[int, ...]] = {}
    merged: dict[int, int] = {}
    for row, near in zip(wanted.tolist(), tree_new.query_ball_point(vectors, radius), strict=True):
        close = new_known[near]
        if rows[row] >= 0:
            free = [int(item) for item in close if owner[item] < 0]
            if free:
                parts[row] = (int(rows[row]), *sorted(free))
        elif close.size:
            nearest = close[np.argmin(np.linalg.norm(new_vectors[near] - _vectors_of(here, row), axis=1))]
            merged[row] = int(nearest)
            if owner[nearest] >= 0:
                merged[int(owner[nearest])] = int(nearest)
    return parts, merged


def _vectors_of(position: Positions, row: int) -> NDArray[np.float64]:
    found: NDArray[np.float64] = _vectors((position[0][row : row + 1], position[1][row : row + 1]))[0]
    return found
