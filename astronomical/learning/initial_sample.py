"""Choose initial labels among the sources with catalogue labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import first_by_hash, hash_ids
from astronomical.errors import InvalidInputError
from astronomical.learning.farthest_first import farthest_first

__all__ = ["InitialDraw", "StartError", "diverse_start", "draw_start", "random_start"]


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
    candidates = _candidates(truth, training, n, class_name)
    rows = candidates[first_by_hash(ids[candidates], seed, n)]
    return _with_both_sides(ids, truth, candidates, rows, seed)


def diverse_start(
    ids: NDArray[np.bytes_],
    truth: NDArray[np.int8],
    training: NDArray[np.bool_],
    n: int,
    seed: int,
    class_name: str,
    features: FeatureMatrix,
) -> InitialDraw:
    """Choose diverse sources, as a learner queries them before it has a model; see `farthest_first`.

    If a side is not among them, one source of it is drawn at random in place of the last one, as in a random draw.

    Parameters
    ----------
    ids, truth, training, n, seed, class_name
        As for `random_start`.
    features
        Features of all sources.

    Returns
    -------
    InitialDraw
        The initial labels.

    Raises
    ------
    StartError
        If the training set has too few labelled sources, or none of one side.
    """
    candidates = _candidates(truth, training, n, class_name)
    order = hash_ids(ids[candidates], seed)
    rows, _ = farthest_first(features, candidates, order, np.empty(0, dtype=np.intp), n)
    return _with_both_sides(ids, truth, candidates, rows, seed)


def _candidates(truth: NDArray[np.int8], training: NDArray[np.bool_], n: int, class_name: str) -> NDArray[np.intp]:
    """Return the rows that may be initial labels."""
    if n < 2:
        raise StartError(f"At least 2 initial labels are needed, one of each side; {n} requested")
    candidates = np.flatnonzero(training & (truth >= 0))
    _check(truth[candidates], n, class_name)
    return candidates


def _with_both_sides(
    ids: NDArray[np.bytes_], truth: NDArray[np.int8], candidates: NDArray[np.intp], rows: NDArray[np.intp], seed: int
) -> InitialDraw:
    """Replace the last row if a side is missing."""
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
