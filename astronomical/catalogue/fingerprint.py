"""Digests by which a catalogue is known again, whatever its format and the order of its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.texts import encode, sort_order

__all__ = ["fingerprint"]

_DIGITS = 16


def fingerprint(ids: NDArray[np.bytes_], columns: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Return digests of the ids and of columns.

    Numbers are compared as float32, with all NaN alike and -0.0 as 0.0, since other formats keep
    fewer digits; texts as UTF-8. Rows are taken in the order of their ids.

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


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def _column_bytes(values: NDArray[Any]) -> bytes:
    if values.dtype.kind == "U":
        return _text_bytes(encode(values))
    if values.dtype.kind == "S":
        return _text_bytes(values)
    with np.errstate(over="ignore"):
        numbers = np.array(np.ma.getdata(values), dtype="<f4")
    numbers[np.ma.getmaskarray(values) | np.isnan(numbers)] = np.nan
    return (numbers + np.float32(0)).astype("<f4").tobytes()


def _text_bytes(texts: NDArray[np.bytes_]) -> bytes:
    """Join texts by a byte that no text holds, without their padding."""
    width = texts.dtype.itemsize
    matrix = np.zeros((len(texts), width + 1), dtype=np.uint8)
    matrix[:, :width] = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), width)
    matrix[:, width] = 0xFF
    return bytes(matrix[matrix != 0].tobytes())
