"""Starting points drawn from catalogue labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import first_by_hash

__all__ = ["StartError", "random_start"]


class StartError(ValueError):
    """The catalogue labels do not give the starting points asked for."""


def random_start(ids: NDArray[np.bytes_], truth: NDArray[np.int8], training: NDArray[np.bool_], n: int,
                 seed: int, class_name: str = "this class") -> tuple[int, ...]:
    """Draw labelled sources of the training set at random, at least one of each side.

    Parameters
    ----------
    ids
        Ids of all sources, shape (n_rows,).
    truth
        1 for the class, 0 for the rest, -1 for unknown, shape (n_rows,).
    training
        Which sources are in the training set, shape (n_rows,).
    n
        Number of starting points, at least 2.
    seed
        Seed of the draw.
    class_name
        What the class is called in a message.

    Returns
    -------
    tuple of int
        Row numbers in the order drawn.

    Raises
    ------
    StartError
        If the training set has too few labelled sources, or none of one side.
    """
    if n < 2:
        raise StartError(f"{n} starting points cannot hold one of each side: ask for at least 2")
    candidates = np.flatnonzero(training & (truth >= 0))
    _check(truth[candidates], n, class_name)
    rows = candidates[first_by_hash(ids[candidates], seed, n)]
    for side in (0, 1):
        if not np.any(truth[rows] == side):
            others = candidates[truth[candidates] == side]
            rows[-1] = others[first_by_hash(ids[others], seed, 1)[0]]
    return tuple(int(row) for row in rows)


def _check(sides: NDArray[np.int8], n: int, class_name: str) -> None:
    for side, what in ((1, f"of {class_name}"), (0, f"other than {class_name}")):
        if not np.any(sides == side):
            raise StartError(
                f"no source {what} has a catalogue label in the training set: choose 'I label them'"
            )
    if sides.size < n:
        raise StartError(
            f"only {sides.size} sources have a catalogue label in the training set: "
            f"ask for at most {sides.size} starting points, or choose 'I label them'"
        )
