"""Seeds and hashes that do not depend on the machine or on the order of the rows."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.string_arrays import id_words

__all__ = ["derive_seed", "first_by_hash", "hash_ids", "hash_order", "hash_pairs"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def derive_seed(*parts: str | int) -> int:
    """Derive a seed from texts and integers.

    The parts are converted to text, integers in decimal, joined by U+001F and encoded as UTF-8. The seed is the first
    eight bytes of the SHA-256 digest of the result, as a big-endian unsigned integer. Saved projects depend on this
    definition, so it must not change.

    Parameters
    ----------
    *parts
        Texts and integers, such as the seed of a project and a purpose.

    Returns
    -------
    int
        A number from 0 to 2**64 - 1.

    Examples
    --------
    >>> derive_seed(0, "split", "Star")
    16978016639082630415
    """
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, str | int | np.integer):
            raise TypeError(f"a seed is derived from texts and integers, not from {part!r}")
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


def hash_ids(ids: NDArray[np.bytes_], seed: int) -> NDArray[np.uint64]:
    """Hash each id together with a seed.

    The finaliser of SplitMix64 is applied to the big-endian eight-byte words of an id, the last one padded with
    zeros. Words beyond the end of an id are skipped, so that the hash does not depend on the width of the array. Saved
    projects depend on this definition, so it must not change.

    Parameters
    ----------
    ids
        Array of dtype ``S``.
    seed
        A number from 0 to 2**64 - 1.

    Returns
    -------
    ndarray of uint64
        One hash per id.
    """
    with np.errstate(over="ignore"):
        start = _mix(np.array([seed], dtype=np.uint64) + _GOLDEN)
        state = np.repeat(start, len(ids))
        for word in id_words(ids):
            # Ids contain no NUL, so a word is zero only beyond the end of the id.
            state = np.where(word == 0, state, _mix((state ^ word) + _GOLDEN))
    return state


def hash_pairs(hashes: NDArray[np.uint64], words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Combine hashes with numbers. Saved projects depend on this definition, so it must not change."""
    with np.errstate(over="ignore"):
        return _mix((hashes ^ words) + _GOLDEN)


def hash_order(ids: NDArray[np.bytes_], seed: int) -> NDArray[np.intp]:
    """Return the order of the rows sorted by hash, and by id for equal hashes."""
    hashes = hash_ids(ids, seed)
    order: NDArray[np.intp] = np.argsort(hashes)
    ranked = hashes[order]
    if np.any(ranked[1:] == ranked[:-1]):
        order = np.lexsort((*id_words(ids)[::-1], hashes))
    return order


def first_by_hash(ids: NDArray[np.bytes_], seed: int, n: int) -> NDArray[np.intp]:
    """Return the first `n` rows of `hash_order`, without sorting the rest."""
    if n >= len(ids):
        return hash_order(ids, seed)
    hashes = hash_ids(ids, seed)
    places = np.flatnonzero(hashes <= np.partition(hashes, n - 1)[n - 1]) if n else np.empty(0, np.intp)
    first: NDArray[np.intp] = places[hash_order(ids[places], seed)][:n]
    return first
