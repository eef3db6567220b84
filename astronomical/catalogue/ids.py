"""Create unique ids of sources from a column, the position or the row number."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import IdError
from astronomical.catalogue.readers.source import ColumnInfo, TableSource
from astronomical.catalogue.string_arrays import as_text, encode, join_ranks, sort_order

__all__ = [
    "check_exact",
    "check_unique",
    "encode_ids",
    "id_candidates",
    "ids_from_column",
    "ids_from_position",
    "ids_from_rows",
    "read_ids",
]

_ADVICE = "Choose another column, or use the position or the row number as the id."
_ID_LIKE = re.compile(r"(^|_|\b)(id|ident|identifier|name|source|designation)s?($|_|\b|\d)|id$", re.IGNORECASE)
#: Number of columns read at a time to count their values.
_BATCH = 8
_NANO = 1e9
#: With this many additional digits, names differ if positions differ by 1e-9 degree.
_MAX_MORE = 5


def ids_from_column(values: NDArray[Any], name: str = "") -> NDArray[np.bytes_]:
    """Return the values of a column as ids.

    Parameters
    ----------
    values
        Texts, integers, or floats. Floats are converted like integers if all of them are whole numbers.
    name
        Name of the column, for messages.

    Returns
    -------
    ndarray of bytes
        Ids in UTF-8, in the order of the values, shape (n_rows,).

    Raises
    ------
    IdError
        If a value is missing or occurs twice.
    """
    ids = encode_ids(values, name)
    check_unique(ids[sort_order(ids)], name)
    return ids


def encode_ids(values: NDArray[Any], name: str = "") -> NDArray[np.bytes_]:
    """Return the values of a column as ids, without checking that they are unique.

    Raises
    ------
    IdError
        If a value is missing.
    """
    texts = np.strings.strip(as_text(values))
    n_blank = int(np.count_nonzero(texts == ""))
    if n_blank:
        first = int(np.flatnonzero(texts == "")[0]) + 1
        raise IdError(
            f"{_called(name)} cannot be the id: {n_blank:,} of {len(texts):,} values are missing "
            f"(the first in row {first:,}). {_ADVICE}"
        )
    return encode(texts)


def read_ids(source: TableSource, name: str) -> NDArray[np.bytes_]:
    """Read a column as ids, without checking that they are unique.

    Raises
    ------
    IdError
        If a value is missing.
    """
    found = source.read_bytes(name)
    return encode_ids(source.read_text([name])[name], name) if found is None else found


def check_exact(values: NDArray[Any], name: str, role: str = "the id", advice: str = _ADVICE) -> None:
    """Check that ids are not floats so large that whole numbers were rounded.

    Parameters
    ----------
    values, name
        The values, and the name of their column.
    role, advice
        What the column was chosen for, and what else can be chosen, for the message.

    Raises
    ------
    IdError
        If a float is 2^53 or larger.
    """
    plain = np.ma.getdata(values)
    if plain.dtype.kind != "f":
        return
    exact = 2.0 ** (np.finfo(plain.dtype).nmant + 1)
    large = np.flatnonzero(np.abs(plain) >= exact)
    if large.size:
        raise IdError(
            f"{_called(name)} cannot be {role}: it contains floating-point numbers such as {plain[large[0]]:.0f}, of "
            f"which only {np.finfo(plain.dtype).precision} digits are exact, so ids were rounded when the file was "
            f"written. Write it as integers or texts from the original table. {advice}"
        )


def check_unique(ids: NDArray[np.bytes_], name: str = "") -> None:
    """Check that ids are unique.

    Parameters
    ----------
    ids
        Ids, sorted by their bytes.
    name
        Name of the column, for messages.

    Raises
    ------
    IdError
        If an id occurs twice.
    """
    repeats = np.flatnonzero(ids[1:] == ids[:-1])
    if not repeats.size:
        return
    distinct = len(ids) - len(repeats)
    shown = ", ".join(repr(item.decode()) for item in np.unique(ids[repeats[:1000]])[:3].tolist())
    raise IdError(
        f"{_called(name)} cannot be the id: it has {distinct:,} distinct value{'s' if distinct > 1 else ''} "
        f"for {len(ids):,} rows (first repeated: {shown}). {_ADVICE}"
    )


def _called(name: str) -> str:
    return f"Column {name!r}" if name else "This column"


def ids_from_rows(n: int) -> NDArray[np.bytes_]:
    """Return row numbers from ``1`` as ids. They depend on the order of the rows in the file."""
    return np.arange(1, n + 1).astype(f"S{len(str(max(n, 1)))}")


def ids_from_position(ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> NDArray[np.bytes_]:
    """Return names in the format of the IAU, such as ``J123456.78-012345.6``.

    Positions are rounded to 1e-9 degree, then truncated. Names that would be equal get more digits. Sources at the
    same position get ``-2``, ``-3`` and so on, in the order of their full precision.

    Parameters
    ----------
    ra_deg, dec_deg
        Positions in degrees, ICRS, shape (n,).

    Returns
    -------
    ndarray of bytes
        One unique name per position.

    Raises
    ------
    IdError
        If a position is missing.
    """
    known = np.isfinite(ra_deg) & np.isfinite(dec_deg)
    if not known.all():
        raise IdError(
            f"Ids cannot be created from the position: {np.count_nonzero(~known):,} of {len(known):,} positions are "
            "missing. Choose an id column, or use the row number as the id."
        )
    ra = np.rint(ra_deg * _NANO).astype(np.int64) % 360_000_000_000
    dec = np.rint(dec_deg * _NANO).astype(np.int64)
    names = _names(ra, dec, 0)
    rows = np.flatnonzero(_shared(ra, dec, 0))
    if rows.size:
        longer = _longer_names(ra[rows], dec[rows], ra_deg[rows], dec_deg[rows])
        names = names.astype(f"S{max(longer.dtype.itemsize, names.dtype.itemsize)}")
        names[rows] = longer
    return names


def _longer_names(
    ra: NDArray[np.int64], dec: NDArray[np.int64], ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]
) -> NDArray[np.bytes_]:
    """Name positions whose usual names are equal. They are given in units of 1e-9 degree and in full precision."""
    order = np.lexsort((dec_deg, ra_deg, dec, ra))
    ra, dec = ra[order], dec[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(ra) != 0) | (np.diff(dec) != 0)
    group = np.cumsum(first) - 1
    repeat = np.arange(len(order)) - np.flatnonzero(first)[group]
    suffix = np.where(repeat > 0, np.strings.add(b"-", (repeat + 1).astype("S8")), b"")
    named = np.strings.add(_names_of_distinct(ra[first], dec[first])[group], suffix)
    names = np.empty_like(named)
    names[order] = named
    return names


def _names_of_distinct(ra: NDArray[np.int64], dec: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """Name distinct positions, each with as few digits as necessary."""
    names = np.zeros(len(ra), dtype=f"S{len('JHHMMSS.ss+DDMMSS.s') + 2 * _MAX_MORE}")
    pending = np.arange(len(ra))
    for more in range(_MAX_MORE + 1):
        names[pending] = _names(ra[pending], dec[pending], more)
        pending = pending[_shared(ra[pending], dec[pending], more)]
        if not pending.size:
            break
    return names


def _truncated(ra: NDArray[np.int64], dec: NDArray[np.int64], more: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return RA in seconds of time and Dec in arcsec, as integers in units of the last digit of a name."""
    return ra * 240 // 10 ** (7 - more), np.abs(dec) * 3600 // 10 ** (8 - more)


def _shared(ra: NDArray[np.int64], dec: NDArray[np.int64], more: int) -> NDArray[np.bool_]:
    """Return which positions share their name with another one if names have `more` additional digits."""
    seconds, arcsec = (part.astype(np.uint64) for part in _truncated(ra, dec, more))
    key = join_ranks((seconds, arcsec * np.uint64(2) + (dec < 0)))
    order = np.argsort(key)
    same = key[order][1:] == key[order][:-1]
    shared = np.zeros(len(key), dtype=np.bool_)
    shared[order[1:][same]] = True
    shared[order[:-1][same]] = True
    return shared


def _names(ra: NDArray[np.int64], dec: NDArray[np.int64], more: int) -> NDArray[np.bytes_]:
    """Format positions with `more` additional digits."""
    seconds, arcsec = _truncated(ra, dec, more)
    sign = np.where(dec < 0, ord("-"), ord("+")).astype(np.uint8)
    columns = [
        np.full(len(ra), ord("J"), dtype=np.uint8),
        *_sexagesimal(seconds, 2 + more),
        sign,
        *_sexagesimal(arcsec, 1 + more),
    ]
    matrix = np.ascontiguousarray(np.stack(columns).T)
    return matrix.view(f"S{len(columns)}").ravel()


def _sexagesimal(value: NDArray[np.int64], decimals: int) -> list[NDArray[np.uint8]]:
    """Format seconds as two digits each for hours or degrees, minutes and seconds, followed by decimals."""
    whole, fraction = np.divmod(value, 10**decimals)
    point = np.full(len(value), ord("."), dtype=np.uint8)
    return [
        *_digits(whole // 3600, 2),
        *_digits(whole // 60 % 60, 2),
        *_digits(whole % 60, 2),
        point,
        *_digits(fraction, decimals),
    ]


def _digits(value: NDArray[np.int64], n: int) -> list[NDArray[np.uint8]]:
    return [(value // 10**place % 10 + ord("0")).astype(np.uint8) for place in range(n - 1, -1, -1)]


def id_candidates(source: TableSource) -> list[tuple[str, int]]:
    """Return the columns that may be the id, with their numbers of distinct values.

    Candidates are integer and text columns, and others that are named like an id. The columns with the most distinct
    values come first; among equal numbers, those that are named like an id.
    """
    columns = [column for column in source.columns if _may_be_id(column)]
    counted: list[tuple[str, int]] = []
    for start in range(0, len(columns), _BATCH):
        names = [column.name for column in columns[start : start + _BATCH]]
        counted += [(name, _count_distinct(values)) for name, values in source.read(names).items()]
    return sorted(counted, key=lambda item: (-item[1], _ID_LIKE.search(item[0]) is None))


def _may_be_id(column: ColumnInfo) -> bool:
    return column.kind in ("integer", "text") or (column.kind == "float" and _ID_LIKE.search(column.name) is not None)


def _count_distinct(values: NDArray[Any]) -> int:
    plain = values.compressed() if isinstance(values, np.ma.MaskedArray) else values
    if plain.dtype.kind == "U":
        ids = encode(plain[plain != ""])
        ranked = ids[sort_order(ids)]
    else:
        ranked = np.sort(plain[~np.isnan(plain)] if plain.dtype.kind == "f" else plain)
    return int(np.count_nonzero(ranked[1:] != ranked[:-1]) + 1) if len(ranked) else 0
