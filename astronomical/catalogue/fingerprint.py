"""Digests that identify a catalogue, independent of file format and row order."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed, hash_ids, hash_pairs
from astronomical.catalogue.string_arrays import encode, sort_order

__all__ = ["N_BLOCKS", "Change", "block_digests", "count_changes", "fingerprint"]

_DIGITS = 16
#: Number of blocks to which sources are assigned by their ids. Each block has a digest of one byte.
N_BLOCKS = 256
#: If a larger fraction of the blocks differs, the number of changed rows is not estimated.
_TOO_MANY = 0.9


@dataclass(frozen=True)
class Change:
    """Number of rows in which two tables differ.

    Attributes
    ----------
    least
        Lower limit.
    about
        Estimate; None if no estimate is possible.
    """

    least: int
    about: int | None

    def __str__(self) -> str:
        if self.about is None:
            return f"many rows, at least {self.least:,}"
        many = f"about {self.about:,} row{'' if self.about == 1 else 's'}"
        return many if self.about == self.least else f"{many}, at least {self.least:,}"


def fingerprint(ids: NDArray[np.bytes_], columns: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Compute digests of the ids and of columns.

    Numbers are converted to float32, because some formats store fewer digits; all NaN are equal, and -0.0 equals 0.0.
    Texts are encoded as UTF-8. Rows are in the order of their ids.

    Parameters
    ----------
    ids
        Ids of the rows, shape (n_rows,).
    columns
        Columns by name, each of shape (n_rows,): numbers, booleans or texts.

    Returns
    -------
    dict
        ``rows``, the number of rows; ``ids``, a digest; ``columns``, a digest by name.
    """
    order = sort_order(ids)
    return {
        "rows": len(ids),
        "ids": _digest(_text_bytes(ids[order])),
        "columns": {name: _digest(_column_bytes(values[order])) for name, values in columns.items()},
    }


def block_digests(ids: NDArray[np.bytes_], columns: Mapping[str, NDArray[Any]]) -> tuple[str, dict[str, str]]:
    """Compute digests of blocks of sources, from which `count_changes` estimates how many rows differ.

    Parameters
    ----------
    ids, columns
        See `fingerprint`. The digest of a block does not depend on the order of the rows or on other blocks.

    Returns
    -------
    tuple
        Digests of the ids, and of each column with them: two hexadecimal digits for each of `N_BLOCKS` blocks.
    """
    hashes = hash_ids(ids, derive_seed("fingerprint"))
    blocks = (hashes >> np.uint64(56)).astype(np.intp)
    return _blocks_text(blocks, hashes), {
        name: _blocks_text(blocks, hash_pairs(hashes, _words(values))) for name, values in columns.items()
    }


def count_changes(recorded: str, found: str, where: tuple[str, str] | None = None) -> Change | None:
    """Estimate in how many rows two tables differ from the digests of their blocks.

    Parameters
    ----------
    recorded, found
        Digests of the same column in two tables.
    where
        Digests of the ids of both tables. Only blocks in which these agree are compared.

    Returns
    -------
    Change or None
        The change, or None if no block can be compared.
    """
    if not len(recorded) == len(found) == 2 * N_BLOCKS:
        return None
    alike = np.ones(N_BLOCKS, dtype=np.bool_) if where is None else ~_differ(*where)
    n_blocks, n_differing = int(alike.sum()), int((_differ(recorded, found) & alike).sum())
    if not n_blocks:
        return None
    if n_differing > _TOO_MANY * n_blocks:
        return Change(n_differing, None)
    # Rows are in random blocks, so the fraction of unchanged blocks gives the expected number of changed rows.
    about = -N_BLOCKS * math.log(1 - n_differing / n_blocks)
    return Change(n_differing, max(n_differing, round(about)))


def _differ(recorded: str, found: str) -> NDArray[np.bool_]:
    first, second = (np.frombuffer(bytes.fromhex(text), dtype=np.uint8) for text in (recorded, found))
    differing: NDArray[np.bool_] = first != second
    return differing


def _blocks_text(blocks: NDArray[np.intp], hashes: NDArray[np.uint64]) -> str:
    sums = np.zeros(N_BLOCKS, dtype=np.uint64)
    np.add.at(sums, blocks, hashes)
    return (sums >> np.uint64(56)).astype(np.uint8).tobytes().hex()


def _words(values: NDArray[Any]) -> NDArray[np.uint64]:
    if values.dtype.kind in "US":
        texts = encode(values) if values.dtype.kind == "U" else values
        return hash_ids(texts, 0)
    return _numbers(values).view("<u4").astype(np.uint64)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def _column_bytes(values: NDArray[Any]) -> bytes:
    if values.dtype.kind == "U":
        return _text_bytes(encode(values))
    if values.dtype.kind == "S":
        return _text_bytes(values)
    return _numbers(values).tobytes()


def _numbers(values: NDArray[Any]) -> NDArray[np.float32]:
    """Convert numbers to float32 with a single representation of zero and of NaN."""
    with np.errstate(over="ignore"):
        numbers = np.array(np.ma.getdata(values), dtype="<f4")
    numbers[np.ma.getmaskarray(values) | np.isnan(numbers)] = np.nan
    return (numbers + np.float32(0)).astype("<f4")


def _text_bytes(texts: NDArray[np.bytes_]) -> bytes:
    """Join texts without their padding, separated by a byte that does not occur in them."""
    width = texts.dtype.itemsize
    matrix = np.zeros((len(texts), width + 1), dtype=np.uint8)
    matrix[:, :width] = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), width)
    matrix[:, width] = 0xFF
    return bytes(matrix[matrix != 0].tobytes())
