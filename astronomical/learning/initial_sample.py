"""Draw initial labels from the catalogue labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import first_by_hash
from astronomical.errors import InvalidInputError

__all__ = ["InitialDraw", "StartError", "draw_start", "random_start"]


@dataclass(frozen=True)
class InitialDraw:
    """Initial labels.

    Attributes
    ----------
    rows
        Row numbers in the order in which they were drawn.
    put_in
        The side that a random draw did not have, so that one source of it was put in: 1 for the class, 0 for the rest;
        None if both sides were drawn.
    """

    rows: tuple[int, ...]
    put_in: int | None


class StartError(InvalidInputError):
    """The catalogue labels do not provide the requested initial labels."""


def random_start(
    ids: NDArray[np.bytes_],
    truth: NDArray[np.int8],
    training: NDArray[np.bool_],
    n: int,
    seed: int,
    class_name: str = "this class",
) -> tuple[int, ...]:
    """Draw sources with a catalogue label from the training set at random, with at least one of each side.

    Parameters
    ----------
    ids
        Ids of all sources, shape (n_rows,).
    truth
        1 for the class, 0 for the rest, -1 for unknown, shape (n_rows,).
    training
        Which sources are in the training set, shape (n_rows,).
    n
        Number of initial labels, at least 2.
    seed
        Seed of the random draw.
    class_name
        Name of the class, for messages.

    Returns
    -------
    tuple of int
        Row numbers in the order in which they were drawn.

    Raises
    ------
    StartError
        If the training set has too few labelled sources, or none of one side.
    """
    return draw_start(ids, truth, training, n, seed, class_name).rows


def draw_start(
    ids: NDArray[np.bytes_],
    truth: NDArray[np.int8],
    training: NDArray[np.bool_],
    n: int,
    seed: int,
    class_name: str = "this class",
) -> InitialDraw:
    """Return the same as `random_start`, and whether a source was put in because a side was not drawn."""
    if n < 2:
        raise StartError(f"At least 2 initial labels are needed, one of each side; {n} requested")
    candidates = np.flatnonzero(training & (truth >= 0))
    _check(truth[candidates], n, class_name)
    rows = candidates[first_by_hash(ids[candidates], seed, n)]
    put_in = None
    for side in (0, 1):
        if not np.any(truth[rows] == side):
            others = candidates[truth[candidates] == side]
            rows[-1] = others[first_by_hash(ids[others], seed, 1)[0]]
            put_in = side
    return InitialDraw(tuple(int(row) for row in rows), put_in)


def _check(sides: NDArray[np.int8], n: int, class_name: str) -> None:
    for side, what in ((1, f"of {class_name}"), (0, f"other than {class_name}")):
        if not np.any(sides == side):
            raise StartError(f"No source {what} has a catalogue label in the training set. Choose 'I label them'")
    if sides.size < n:
        raise StartError(
            f"Only {sides.size} sources have a catalogue label in the training set. "
            f"Request at most {sides.size} initial labels, or choose 'I label them'"
        )
