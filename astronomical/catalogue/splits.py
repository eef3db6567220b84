"""Split sources into training, validation and test set by a hash of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed, hash_order

__all__ = ["MIN_PER_CLASS", "Split", "split_rows"]

#: A class with fewer known sources is not split: all its sources are in the training set.
MIN_PER_CLASS = 5


@dataclass(frozen=True)
class Split:
    """Masks of the training, validation and test set. A row is in at most one of them.

    Attributes
    ----------
    training, validation, test
        Masks, shape (n_rows,).
    """

    training: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    test: NDArray[np.bool_]


def split_rows(
    ids: NDArray[np.bytes_],
    codes: NDArray[np.integer],
    *,
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2),
    seed: int,
    use_unknown: bool = True,
    dropped: Sequence[int] = (),
    names: Sequence[str] | None = None,
    training: NDArray[np.bool_] | None = None,
    first: NDArray[np.intp] | None = None,
    apart: NDArray[np.bool_] | None = None,
) -> Split:
    """Split the rows of each class by a hash of their ids. The order of the rows has no effect.

    Parameters
    ----------
    ids
        Ids of the rows, shape (n_rows,).
    codes
        Class of each row, shape (n_rows,); -1 for unknown.
    fractions
        Fractions of training, validation and test set; their sum is 1.
    seed
        Seed of the project.
    use_unknown
        Whether rows of unknown class are in the training set. They are never in the validation or test set.
    dropped
        Codes of excluded classes, whose rows are in no set.
    names
        Names of the classes. With names, the split of a class does not depend on its place in the list; without
        them, the code is used in place of the name.
    training
        Rows that are always in the training set, shape (n_rows,).
    first
        First row of the group of each row, shape (n_rows,); see `astronomical.catalogue.duplicates`. A group is in one
        set: that of its first known row, by the hash of its first id. Its unknown rows are in the training set or in
        none.
    apart
        Rows that are in the training set or in none, and do not change the sets of the others, shape (n_rows,).

    Returns
    -------
    Split
        Three masks. If no class is known, all rows that are not excluded are in the training set.
    """
    part = np.full(len(ids), -1, dtype=np.int8)
    known = (codes >= 0) & ~np.isin(codes, list(dropped))
    if apart is not None:
        part[apart & ~np.isin(codes, list(dropped))] = 0
        known &= ~apart
    if use_unknown or not known.any():
        part[codes < 0] = 0
    leaders = known.copy()
    if first is not None:
        rows = np.flatnonzero(known)
        leaders[:] = False
        leaders[rows[np.unique(first[rows], return_index=True)[1]]] = True
    for code in np.unique(codes[known]).tolist():
        rows = np.flatnonzero((codes == code) & known & leaders)
        name = str(code) if names is None else names[code]
        named = ids[rows if first is None else first[rows]]
        part[rows[hash_order(named, derive_seed(seed, "split", name))]] = _parts(len(rows), fractions)
    forced = None if training is None else training & ~np.isin(codes, list(dropped))
    if first is not None:
        _follow(part, leaders, known, first, forced)
    if forced is not None:
        part[forced] = 0
    return Split(part == 0, part == 1, part == 2)


def _follow(
    part: NDArray[np.int8],
    leaders: NDArray[np.bool_],
    known: NDArray[np.bool_],
    first: NDArray[np.intp],
    forced: NDArray[np.bool_] | None,
) -> None:
    """Put the rows of each group into the set of the row that leads it."""
    of_group = np.full(len(part), -1, dtype=np.int8)
    of_group[first[leaders]] = part[leaders]
    if forced is not None:
        of_group[first[forced]] = 0
    decided = of_group[first]
    part[known] = decided[known]
    part[~known & (decided > 0)] = -1


def _parts(n: int, fractions: tuple[float, float, float]) -> NDArray[np.int8]:
    """Return 0, 1 or 2 for each of `n` rows in the order of their hashes."""
    parts = np.zeros(n, dtype=np.int8)
    if n < MIN_PER_CLASS:
        return parts
    # Round first, because 0.6 + 0.2 is slightly larger than 0.8.
    first, second = (int(np.floor(round(n * share, 6) + 0.5)) for share in (fractions[0], fractions[0] + fractions[1]))
    parts[first:second] = 1
    parts[second:] = 2
    return parts
