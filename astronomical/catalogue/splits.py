"""Training, validation and test set, the same for the same ids in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed, hash_order

__all__ = ["MIN_PER_CLASS", "Split", "split_rows"]

#: A class with fewer known sources than this is not divided: all of it is for training.
MIN_PER_CLASS = 5


@dataclass(frozen=True)
class Split:
    """Which rows are for training, validation and test; a row is in one of them or in none.

    Attributes
    ----------
    training, validation, test
        Masks, shape (n_rows,).
    """

    training: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    test: NDArray[np.bool_]


def split_rows(ids: NDArray[np.bytes_], codes: NDArray[np.integer], *,
               fractions: tuple[float, float, float] = (0.6, 0.2, 0.2), seed: int, use_unknown: bool = True,
               dropped: Sequence[int] = (), names: Sequence[str] | None = None,
               training: NDArray[np.bool_] | None = None) -> Split:
    """Divide the rows, class by class, by a hash of their ids.

    Parameters
    ----------
    ids
        Ids of the rows, shape (n_rows,).
    codes
        Class of each row, shape (n_rows,); -1 is unknown.
    fractions
        Share of training, validation and test set; they add up to 1.
    seed
        Seed of the project.
    use_unknown
        Whether rows of unknown class are for training; they are never for validation or test.
    dropped
        Codes of classes that are in no set.
    names
        Names of the classes. With them a class is divided the same way wherever it stands in the list;
        without them its code takes the place of its name.
    training
        Rows that are for training whatever their hash, shape (n_rows,).

    Returns
    -------
    Split
        Three masks. Where no class is known every row that is not dropped is for training.
    """
    part = np.full(len(ids), -1, dtype=np.int8)
    known = (codes >= 0) & ~np.isin(codes, list(dropped))
    if use_unknown or not known.any():
        part[codes < 0] = 0
    for code in np.unique(codes[known]).tolist():
        rows = np.flatnonzero(codes == code)
        name = str(code) if names is None else names[code]
        part[rows[hash_order(ids[rows], derive_seed(seed, "split", name))]] = _parts(len(rows), fractions)
    if training is not None:
        part[training & ~np.isin(codes, list(dropped))] = 0
    return Split(part == 0, part == 1, part == 2)


def _parts(n: int, fractions: tuple[float, float, float]) -> NDArray[np.int8]:
    """Return 0, 1 or 2 for each of `n` rows in the order of their hashes."""
    parts = np.zeros(n, dtype=np.int8)
    if n < MIN_PER_CLASS:
        return parts
    # Rounded first: 0.6 + 0.2 is a little more than 0.8.
    first, second = (int(np.floor(round(n * share, 6) + 0.5)) for share in (fractions[0], fractions[0] + fractions[1]))
    parts[first:second] = 1
    parts[second:] = 2
    return parts
