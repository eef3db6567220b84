"""The order in which a pool is asked, with ties settled by a seeded hash of the id."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["DECIMALS", "best_first", "percentile"]

#: Utilities that agree to this many decimals are a tie: no query hangs on the last bit of a sum.
DECIMALS = 9


def best_first(utilities: NDArray[np.float64], order: NDArray[np.uint64], n: int) -> NDArray[np.intp]:
    """Return the places of the `n` best, best first: largest utility, then lowest hash, then place.

    Parameters
    ----------
    utilities
        One utility for each source, in the order of their ids, shape (n_pool,). NaN comes last.
    order
        A seeded hash of each source, shape (n_pool,).
    n
        How many are wanted; fewer are returned from a smaller pool.
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
    """Return the fraction of the pool below each utility, 0..1, ties in the middle, shape (n_pool,)."""
    places = np.nan_to_num(np.round(utilities, DECIMALS), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    _, group, sizes = np.unique(places, return_inverse=True, return_counts=True)
    fractions: NDArray[np.float64] = (np.cumsum(sizes) - sizes / 2) / max(1, places.size)
    return fractions[group]


def _lowest(order: NDArray[np.uint64], places: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Return the places of the `n` lowest hashes, and of all that equal the last of them."""
    if n >= places.size:
        return places
    hashes = order[places]
    lowest: NDArray[np.intp] = places[hashes <= np.partition(hashes, n - 1)[n - 1]]
    return lowest
