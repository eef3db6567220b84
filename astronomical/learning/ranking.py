"""Rank a pool by utility, with ties resolved by a seeded hash of the ids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["DECIMALS", "best_first", "percentile"]

#: Utilities that agree to this many decimals are tied, so that no query depends on the last bit of a sum.
DECIMALS = 9


def best_first(utilities: NDArray[np.float64], order: NDArray[np.uint64], n: int) -> NDArray[np.intp]:
    """Return the indices of the `n` best sources, sorted by largest utility, then lowest hash, then index.

    Parameters
    ----------
    utilities
        One utility for each source, in the order of their ids, shape (n_pool,). NaN comes last.
    order
        Seeded hash of each source, shape (n_pool,).
    n
        Number of sources; a smaller pool returns fewer.
    """
    cost = -np.round(utilities, DECIMALS)
    cost[np.isnan(cost)] = np.inf
    if n <= 0:
        return np.empty(0, dtype=np.intp)
    if n < cost.size:
        last = np.partition(cost, n - 1)[n - 1]
        surely, tied = np.flatnonzero(cost < last), np.flatnonzero(cost == last)
        places = np.concatenate([surely, _lowest(order, tied, n - surely.size)])
    else:
        places = np.arange(cost.size)
    best: NDArray[np.intp] = places[np.lexsort((places, order[places], cost[places]))][:n]
    return best


def percentile(utilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the percentile rank of each utility, from 0 to 1, shape (n_pool,). Ties get their mean rank."""
    places = np.nan_to_num(np.round(utilities, DECIMALS), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    _, group, sizes = np.unique(places, return_inverse=True, return_counts=True)
    fractions: NDArray[np.float64] = (np.cumsum(sizes) - sizes / 2) / max(1, places.size)
    return fractions[group]


def _lowest(order: NDArray[np.uint64], places: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Return the indices of the `n` lowest hashes, including all that equal the last of them."""
    if n >= places.size:
        return places
    hashes = order[places]
    lowest: NDArray[np.intp] = places[hashes <= np.partition(hashes, n - 1)[n - 1]]
    return lowest
