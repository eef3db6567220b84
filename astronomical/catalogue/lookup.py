"""From many ids to their rows at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["rows_of"]


def rows_of(known: NDArray[np.bytes_], ids: Sequence[str]) -> NDArray[np.intp]:
    """Return the rows of ids in a sorted array of ids.

    Raises
    ------
    KeyError
        With the first id that is not there.
    """
    if not len(ids):
        return np.empty(0, dtype=np.intp)
    keys = np.array([id.encode(errors="surrogatepass") for id in ids])
    rows = np.minimum(np.searchsorted(known, keys), len(known) - 1).astype(np.intp)
    strange = np.flatnonzero(known[rows] != keys)
    if strange.size:
        raise KeyError(ids[int(strange[0])])
    return rows
