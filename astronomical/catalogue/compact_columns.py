"""Store columns in less memory: numbers in fewer bytes, and repeated texts once each.

Features, fingerprints and labels do not change, because they use 32-bit floats or columns that are not compressed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from astronomical.catalogue.readers.source import ColumnInfo

__all__ = ["Categories", "MemoryUse", "is_exact", "smaller"]

#: Names of positions and times, which need more digits than 32-bit floats have.
_EXACT_NAME = re.compile(
    r"(^|_)(ra|de|dec|decl|ra_?deg|de_?deg|dec_?deg|raj2000|dej2000|decj2000|right_?ascension|declination|alpha|delta|"
    r"l|b|glon|glat|gal_?lon|gal_?lat|elon|elat|ecl_?lon|ecl_?lat|lon|lat|healpix|"
    r"m?jd|b?jd|hjd|tjd|bkjd|btjd|date|time|epoch|tai|utc?|tdb|tcb|year|period)(_|\d*$)|mjd|time|date",
    re.IGNORECASE,
)
_EXACT_UNIT = re.compile(
    r"^(deg|degrees?|°|hourangle|rad|h|hr|hours?|min|s|sec|d|days?|yr|years?|[mb]?jd)$", re.IGNORECASE
)
_EXACT_UCD = re.compile(r"(^|;)(pos|time)([._]|$)", re.IGNORECASE)
#: Number of texts examined before deciding whether to examine all of them.
_SAMPLE = 1000
_PIECE = 20_000


@dataclass(frozen=True)
class MemoryUse:
    """Memory used by columns.

    Attributes
    ----------
    n_columns
        Number of columns in memory.
    n_bytes, n_bytes_before
        Their size in bytes as stored, and as in the file.
    """

    n_columns: int
    n_bytes: int
    n_bytes_before: int


@dataclass(frozen=True, eq=False)
class Categories:
    """A text column that stores each distinct text once.

    Attributes
    ----------
    codes
        Index into `texts` for each row, shape (n_rows,).
    texts
        The distinct texts.
    """

    codes: NDArray[np.unsignedinteger[Any]]
    texts: NDArray[np.str_]

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.codes.nbytes + self.texts.nbytes

    def __getitem__(self, rows: Any) -> Any:
        return self.texts[self.codes[rows]]


def is_exact(info: ColumnInfo) -> bool:
    """Return whether a numeric column seems to contain positions or times, which need full precision."""
    return bool(_EXACT_UCD.search(info.ucd) or _EXACT_UNIT.match(info.unit.strip()) or _EXACT_NAME.search(info.name))


def smaller(values: NDArray[Any], exact: bool) -> NDArray[Any] | Categories:
    """Return a column in a form that uses less memory, or unchanged.

    Parameters
    ----------
    values
        The column as `TableSource.read` returns it.
    exact
        Whether to leave numbers unchanged. Integers of 64 bits are never changed; other integers and texts keep their
        values.
    """
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "U":
        return _categories(values)
    if exact or not values.size:
        return values
    if kind == "f" and size > 4:
        return _floats(values)
    if kind in "iu" and 1 < size < 8:
        return _integers(values)
    return values


def _floats(values: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore", under="ignore"):
        made = values.astype(np.float32)
    plain, kept = np.ma.getdata(values), np.ma.getdata(made)
    lost = (np.isinf(kept) & np.isfinite(plain)) | ((kept == 0) & (plain != 0))
    return values if lost.any() else made


def _integers(values: NDArray[Any]) -> NDArray[Any]:
    plain = values.filled(0) if isinstance(values, np.ma.MaskedArray) else values
    fitting = np.result_type(np.min_scalar_type(plain.min()), np.min_scalar_type(plain.max()))
    if fitting.itemsize >= values.dtype.itemsize:
        return values
    made = plain.astype(fitting)
    return np.ma.MaskedArray(made, mask=values.mask) if isinstance(values, np.ma.MaskedArray) else made


def _categories(values: NDArray[np.str_]) -> NDArray[np.str_] | Categories:
    head = values[:_SAMPLE]
    if len(np.unique(head)) > len(head) / 2:
        return values
    # In chunks, because the conversion of a chunk blocks all other threads.
    pieces = [pa.array(values[start : start + _PIECE], type=pa.string()) for start in range(0, len(values), _PIECE)]
    coded = pa.chunked_array(pieces, type=pa.string()).dictionary_encode().combine_chunks()
    texts = np.array(coded.dictionary.to_pylist(), dtype=values.dtype)
    made = Categories(coded.indices.to_numpy().astype(np.min_scalar_type(max(len(texts) - 1, 0))), texts)
    return made if made.nbytes < values.nbytes else values
