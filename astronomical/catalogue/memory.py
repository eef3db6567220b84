"""Columns in less memory: numbers of fewer bytes, and texts that repeat kept once each.

Features, fingerprints and labels are the same either way: they are made from 32-bit floats, or from columns that
are left alone here.
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

#: Positions and times need more digits than 32 bits have.
_EXACT_NAME = re.compile(
    r"(^|_)(ra|de|dec|decl|ra_?deg|de_?deg|dec_?deg|raj2000|dej2000|decj2000|right_?ascension|declination|alpha|delta|"
    r"l|b|glon|glat|gal_?lon|gal_?lat|elon|elat|ecl_?lon|ecl_?lat|lon|lat|healpix|"
    r"m?jd|b?jd|hjd|tjd|bkjd|btjd|date|time|epoch|tai|utc?|tdb|tcb|year|period)(_|\d*$)|mjd|time|date", re.IGNORECASE)
_EXACT_UNIT = re.compile(r"^(deg|degrees?|°|hourangle|rad|h|hr|hours?|min|s|sec|d|days?|yr|years?|[mb]?jd)$",
                         re.IGNORECASE)
_EXACT_UCD = re.compile(r"(^|;)(pos|time)([._]|$)", re.IGNORECASE)
#: Texts are looked at so far before all of them are.
_SAMPLE = 1000
_PIECE = 20_000


@dataclass(frozen=True)
class MemoryUse:
    """What the columns in memory take up.

    Attributes
    ----------
    n_columns
        How many they are.
    n_bytes, n_bytes_before
        As they are kept, and as they are in the file.
    """

    n_columns: int
    n_bytes: int
    n_bytes_before: int


@dataclass(frozen=True, eq=False)
class Categories:
    """A column of texts, each different text once.

    Attributes
    ----------
    codes
        Place in `texts` of each row, shape (n_rows,).
    texts
        The different texts.
    """

    codes: NDArray[np.unsignedinteger[Any]]
    texts: NDArray[np.str_]

    @property
    def nbytes(self) -> int:
        """Bytes taken up."""
        return self.codes.nbytes + self.texts.nbytes

    def __getitem__(self, rows: Any) -> Any:
        return self.texts[self.codes[rows]]


def is_exact(info: ColumnInfo) -> bool:
    """Tell whether a column of numbers seems to hold positions or times, which need all their digits."""
    return bool(_EXACT_UCD.search(info.ucd) or _EXACT_UNIT.match(info.unit.strip()) or _EXACT_NAME.search(info.name))


def smaller(values: NDArray[Any], exact: bool) -> NDArray[Any] | Categories:
    """Return a column in less memory, or as it is.

    Parameters
    ----------
    values
        The column as `TableSource.read` returns it.
    exact
        Whether numbers are left alone. Integers of 64 bits always are; other integers, and texts, keep their values.
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
    # In pieces, because no other thread gets on while one piece is converted.
    pieces = [pa.array(values[start:start + _PIECE], type=pa.string()) for start in range(0, len(values), _PIECE)]
    coded = pa.chunked_array(pieces, type=pa.string()).dictionary_encode().combine_chunks()
    texts = np.array(coded.dictionary.to_pylist(), dtype=values.dtype)
    made = Categories(coded.indices.to_numpy().astype(np.min_scalar_type(max(len(texts) - 1, 0))), texts)
    return made if made.nbytes < values.nbytes else values
