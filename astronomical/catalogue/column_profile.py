"""Profile numeric columns: missing values and possible missing-value codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.column_uses import is_row_number
from astronomical.catalogue.readers import TableSource
from astronomical.catalogue.string_arrays import parse_numbers

__all__ = ["SENTINELS", "ColumnProfile", "find_sentinels", "is_magnitude", "profile_columns"]

#: Common missing-value codes.
SENTINELS = (
    -99.0,
    -999.0,
    -9999.0,
    -99.9,
    -999.9,
    -99.99,
    -99999.0,
    99.0,
    999.0,
    9999.0,
    99.9,
    99.99,
    999.99,
    99999.0,
    1e20,
    -1e20,
    1e30,
    -1e30,
    1e31,
    -1e31,
)
#: Brighter magnitudes occur only for the Sun, the Moon and planets.
_FAINT = 4.0
#: A missing-value code is separated from the other values by at least this fraction of their range.
_GAP = 0.5
_ROWS = 200_000
_MAGNITUDE = re.compile(
    r"(^|_)(mag|[a-z]{1,4}mag|mag[a-z0-9]{1,6}|[ugrizyjhk]|[ugriz]_?(psf|ab|auto|petro|model))"
    r"(_|$)",
    re.IGNORECASE,
)
_ERROR = re.compile(r"err|sig|unc|^e_|^d[a-z]?mag", re.IGNORECASE)


@dataclass(frozen=True)
class ColumnProfile:
    """Profile of a numeric column.

    Attributes
    ----------
    name, unit
        As in the file.
    n, n_missing
        Number of rows examined, and number of missing values among them.
    sentinels
        Possible missing-value codes, each with its number of rows.
    constant
        Whether all values are equal.
    counts_rows
        Whether the values count the rows of the file.
    """

    name: str
    unit: str
    n: int
    n_missing: int
    sentinels: tuple[tuple[float, int], ...] = ()
    constant: bool = False
    counts_rows: bool = False


def profile_columns(source: TableSource, names: Iterable[str], n_rows: int = _ROWS) -> tuple[ColumnProfile, ...]:
    """Profile the first rows of numeric columns. Text columns that are not numeric are skipped."""
    wanted, found = list(names), []
    for start in range(0, len(wanted), 16):
        for name, values in source.read_head(wanted[start : start + 16], n_rows).items():
            numbers = _numbers(values)
            if numbers is not None:
                info = source.info(name)
                finite = numbers[np.isfinite(numbers)]
                found.append(
                    ColumnProfile(
                        name,
                        info.unit,
                        len(numbers),
                        len(numbers) - len(finite),
                        find_sentinels(numbers, is_magnitude(name, info.unit)),
                        constant=len(finite) > 1 and bool((finite == finite[0]).all()),
                        counts_rows=len(finite) == len(numbers) and is_row_number(info, numbers),
                    )
                )
    return tuple(found)


def is_magnitude(name: str, unit: str = "") -> bool:
    """Return whether a column contains magnitudes, judged by its unit or else its name. Errors do not count."""
    if _ERROR.search(name):
        return False
    return "mag" in unit.lower() and "/" not in unit if unit else bool(_MAGNITUDE.search(name))


def find_sentinels(values: NDArray[np.float64], magnitudes: bool = False) -> tuple[tuple[float, int], ...]:
    """Return common missing-value codes that are separated from all other values, with their numbers of rows.

    Parameters
    ----------
    values
        The column, shape (n_rows,). Values that are not finite are ignored.
    magnitudes
        Whether the column contains magnitudes. Then a zero far from the other values is a code too.
    """
    rest = values[np.isfinite(values)]
    found: list[tuple[float, int]] = []
    while rest.size:
        low, high = float(rest.min()), float(rest.max())
        edge = next((value for value in (low, high) if _is_sentinel(value)), None)
        if edge is None:
            break
        others = rest[rest != edge]
        if not _stands_apart(edge, others):
            break
        found.append((_plain(edge), int(rest.size - others.size)))
        rest = others
    if magnitudes:
        others = rest[rest != 0]
        if others.size < rest.size and others.size and float(others.min()) > _FAINT:
            found.append((0.0, int(rest.size - others.size)))
    return tuple(found)


def _is_sentinel(value: float) -> bool:
    with np.errstate(over="ignore"):
        return any(np.float32(value) == np.float32(known) for known in SENTINELS)


def _plain(value: float) -> float:
    """Round a code to its usual notation: a column of 32-bit floats contains -99.9 only approximately."""
    return next(known for known in SENTINELS if np.float32(value) == np.float32(known))


def _stands_apart(edge: float, others: NDArray[np.float64]) -> bool:
    kept = others[[not _is_sentinel(float(value)) for value in others]] if others.size < 50 else others
    if not kept.size:
        return False
    low, high = np.percentile(kept, (1, 99))
    nearest = float(np.abs(kept - edge).min())
    return nearest > max(_GAP * float(high - low), 0.5) and not low <= edge <= high


def _numbers(values: NDArray[Any]) -> NDArray[np.float64] | None:
    missing = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values)
    if plain.dtype.kind == "U":
        try:
            numbers = parse_numbers(plain)
        except ValueError:
            return None
    elif plain.dtype.kind in "iufb":
        numbers = plain.astype(np.float64)
    else:
        return None
    numbers[missing] = np.nan
    return numbers
