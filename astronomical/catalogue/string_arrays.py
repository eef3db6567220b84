"""Vectorised functions for fixed-width arrays of texts: format, encode, parse and sort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MISSING_TOKENS",
    "as_text",
    "decode",
    "encode",
    "id_words",
    "join_ranks",
    "look_like_numbers",
    "parse_numbers",
    "sort_order",
]

#: Usual texts for a missing number.
MISSING_TOKENS = (
    "",
    "nan",
    "NaN",
    "NAN",
    "-nan",
    "-NaN",
    "null",
    "NULL",
    "Null",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "None",
    "none",
    "--",
    "---",
    "...",
    "-",
    "*",
    "?",
    "INDEF",
    "indef",
    "masked",
    "unknown",
    "Unknown",
    "UNKNOWN",
)

#: How many bytes of texts are decoded at a time.
_BLOCK_BYTES = 2**22


def as_text(values: NDArray[Any]) -> NDArray[np.str_]:
    """Convert an array of any type to texts: integers exactly, missing values to empty texts.

    Floats get the fewest digits from which the same number can be read again. If all of them are whole numbers, they
    have no decimal point: 5.0 becomes ``"5"``.
    """
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    plain = np.asarray(np.ma.getdata(values))
    if plain.dtype.kind == "S":
        texts = decode(plain)
    elif plain.dtype.kind == "f":
        texts = _floats_as_text(plain)
    elif plain.dtype.kind == "O":
        texts = np.array(["" if _is_none(item) else str(item) for item in plain.tolist()], dtype=np.str_)
    else:
        texts = plain.astype(np.str_)
    if missing is not None and missing.any():
        texts = np.where(missing, "", texts)
    return _narrow(texts)


def _is_none(item: Any) -> bool:
    return item is None or item is np.ma.masked or (isinstance(item, float) and item != item)


def _floats_as_text(values: NDArray[Any]) -> NDArray[np.str_]:
    known = ~np.isnan(values)
    whole = values[known]
    if np.all((whole == np.floor(whole)) & (np.abs(whole) < 2.0**63)):
        texts = np.where(known, values, 0).astype(np.int64).astype(np.str_)
    else:
        texts = values.astype(np.str_)
    return np.where(known, texts, "")


def _narrow(texts: NDArray[np.str_]) -> NDArray[np.str_]:
    width = int(np.strings.str_len(texts).max(initial=1))
    return texts.astype(f"U{max(width, 1)}", copy=False)


def encode(texts: NDArray[np.str_]) -> NDArray[np.bytes_]:
    """Encode an array of texts as UTF-8."""
    width = max(texts.dtype.itemsize // 4, 1)
    points = np.ascontiguousarray(texts, dtype=f"U{width}").view(np.uint32)
    if points.size == 0 or points.max() < 128:
        return points.astype(np.uint8).view(f"S{width}")
    return np.strings.encode(texts, "utf-8")


def decode(raw: NDArray[np.bytes_]) -> NDArray[np.str_]:
    """Decode an array of bytes as UTF-8, or as Latin-1 if they are not valid UTF-8. Padding is stripped.

    A NUL ends a text.
    """
    width = raw.dtype.itemsize
    if width == 0 or raw.size == 0:
        return np.zeros(raw.shape, dtype="U1")
    flat = np.ascontiguousarray(raw).reshape(-1)
    step = max(_BLOCK_BYTES // width, 1)
    blocks = [slice(start, start + step) for start in range(0, flat.size, step)]
    try:
        return _decode_blocks(flat, blocks, "utf-8").reshape(raw.shape)
    except UnicodeDecodeError:
        return _decode_blocks(flat, blocks, "latin-1").reshape(raw.shape)


def _decode_blocks(raw: NDArray[np.bytes_], blocks: Sequence[slice], encoding: str) -> NDArray[np.str_]:
    """Decode block by block, so that little more memory is needed than for the result."""
    # A character has at least one byte. Padding by NUL is not stored in the result.
    widest = max(int(np.strings.str_len(np.strings.rstrip(raw[block])).max()) for block in blocks)
    texts = np.empty(raw.size, dtype=f"U{max(widest, 1)}")
    width = 1
    for block in blocks:
        piece = np.strings.strip(_decode_block(raw[block], encoding))
        texts[block] = piece
        width = max(width, int(np.strings.str_len(piece).max()))
    return texts.astype(f"U{width}", copy=False)


def _decode_block(raw: NDArray[np.bytes_], encoding: str) -> NDArray[np.str_]:
    width = raw.dtype.itemsize
    matrix = raw.view(np.uint8).reshape(raw.size, width)
    ended = np.logical_or.accumulate(matrix == 0, axis=1) if (matrix == 0).any() else None
    if ended is not None:
        matrix = np.where(ended, np.uint8(0), matrix)
    if matrix.max() < 128:
        return matrix.astype(np.uint32).view(f"U{width}").reshape(raw.shape)
    return np.strings.decode(np.ascontiguousarray(matrix).view(f"S{width}").reshape(raw.shape), encoding)


def parse_numbers(texts: NDArray[np.str_]) -> NDArray[np.float64]:
    """Parse texts as numbers, with NaN for the usual words for a missing value.

    Raises
    ------
    ValueError
        If a text is neither a number nor a missing value. The argument of the error is the text.
    """
    stripped = np.strings.strip(texts)
    missing = np.isin(stripped, MISSING_TOKENS)
    numbers = np.full(len(stripped), np.nan)
    known = stripped[~missing]
    # Python and NumPy accept 1_000 as a number.
    odd = known[np.strings.find(known, "_") >= 0]
    if odd.size:
        raise ValueError(str(odd[0]))
    try:
        numbers[~missing] = known.astype(np.float64)
    except ValueError:
        # Fortran writes the exponent of double-precision numbers with a D.
        known = np.strings.replace(np.strings.replace(known, "D", "E"), "d", "e")
        try:
            numbers[~missing] = known.astype(np.float64)
        except ValueError:
            raise ValueError(_first_bad(stripped[~missing])) from None
    return numbers


def look_like_numbers(texts: NDArray[np.str_]) -> bool:
    """Return whether all texts are numbers or missing, and some are numbers."""
    if np.isin(texts, MISSING_TOKENS).all():
        return False
    try:
        parse_numbers(texts)
    except ValueError:
        return False
    return True


def _first_bad(texts: NDArray[np.str_]) -> str:
    for text in texts.tolist():
        try:
            float(text)
        except ValueError:
            return str(text)
    return ""


def id_words(ids: NDArray[np.bytes_]) -> tuple[NDArray[np.uint64], ...]:
    """Return the ids as columns of eight-byte words, which sort like the bytes."""
    width = max(-(-ids.dtype.itemsize // 8), 1) * 8
    matrix = np.ascontiguousarray(ids, dtype=f"S{width}").view(">u8").reshape(len(ids), width // 8)
    return tuple(matrix[:, k].astype(np.uint64) for k in range(matrix.shape[1]))


def sort_order(ids: NDArray[np.bytes_]) -> NDArray[np.intp]:
    """Return the order of the rows by the bytes of their ids."""
    return np.argsort(join_ranks(id_words(ids)))


def join_ranks(keys: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Combine several sort keys to one number per row. The first key is the most significant.

    Sorting integers is several times faster than sorting bytes. Ranks are smaller than the number of rows, so that the
    product of two ranks fits in 64 bits.
    """
    differing = [key for key in keys if key.size and (key != key[0]).any()]
    joined = differing[0] if differing else np.zeros(len(keys[0]), dtype=np.uint64)
    for key in differing[1:]:
        ranks, n_ranks = _ranks(joined)
        if n_ranks == len(ranks):
            break
        more, n_more = _ranks(key)
        joined = ranks * np.uint64(n_more) + more
    return joined


def _ranks(key: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], int]:
    """Return the rank of each number, the same for equal numbers, and the number of ranks."""
    order = np.argsort(key)
    ranked = key[order]
    steps = np.zeros(len(key), dtype=np.uint64)
    np.cumsum(ranked[1:] != ranked[:-1], out=steps[1:])
    ranks = np.empty_like(steps)
    ranks[order] = steps
    return ranks, int(steps[-1]) + 1
