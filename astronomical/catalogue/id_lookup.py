"""Look up the rows of many ids at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["rows_of", "rows_there"]


def rows_of(known: NDArray[np.bytes_], ids: Sequence[str]) -> NDArray[np.intp]:
    """Return the rows of ids in a sorted array of ids.

    Raises
    ------
    KeyError
        If an id does not exist; the argument is the first such id.
    """
    rows, there = _find(known, ids)
    if not there.all():
        raise KeyError(ids[int(np.argmin(there))])
    return rows


def rows_there(known: NDArray[np.bytes_], ids: Sequence[str]) -> NDArray[np.intp]:
    """Return the rows of those ids that exist in a sorted array of ids."""
    rows, there = _find(known, ids)
    return rows[there]


def _find(known: NDArray[np.bytes_], ids: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    if not len(ids) or not len(known):
        return np.zeros(len(ids), dtype=np.intp), np.zeros(len(ids), dtype=np.bool_)
    keys = np.array([id.encode(errors="surrogatepass") for id in ids])
    rows = np.minimum(np.searchsorted(known, keys), len(known) - 1).astype(np.intp)
    return rows, known[rows] == keys
