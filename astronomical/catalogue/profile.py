"""What columns of numbers look like: missing values, and numbers that seem to stand for one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.readers import TableSource
from astronomical.catalogue.texts import parse_numbers

__all__ = ["SENTINELS", "ColumnProfile", "find_sentinels", "is_magnitude", "profile_columns"]

#: Numbers that catalogues put where a value is missing.
SENTINELS = (-99.0, -999.0, -9999.0, -99.9, -999.9, -99.99, -99999.0,
             99.0, 999.0, 9999.0, 99.9, 99.99, 999.99, 99999.0,
             1e20, -1e20, 1e30, -1e30, 1e31, -1e31)
#: No object but the Sun and its planets is as bright as this, in mag.
_FAINT = 4.0
#: A sentinel stands apart from the values by at least this share of their range.
_GAP = 0.5
_ROWS = 200_000
_MAGNITUDE = re.compile(r"(^|_)(mag|[a-z]{1,4}mag|mag[a-z0-9]{1,6}|[ugrizyjhk]|[ugriz]_?(psf|ab|auto|petro|model))"
                        r"(_|$)", re.IGNORECASE)
_ERROR = re.compile(r"err|sig|unc|^e_|^d[a-z]?mag", re.IGNORECASE)


@dataclass(frozen=True)
class ColumnProfile:
    """What is seen of a column of numbers.

    Attributes
    ----------
    name, unit
        As in the file.
    n, n_missing
        Number of rows looked at, and of those without a value.
    sentinels
        Numbers that seem to stand for a missing value, each with the number of its rows.
    """

    name: str
    unit: str
    n: int
    n_missing: int
    sentinels: tuple[tuple[float, int], ...] = ()


def profile_columns(source: TableSource, names: Iterable[str], n_rows: int = _ROWS) -> tuple[ColumnProfile, ...]:
    """Look at the first rows of columns of numbers; a column of texts that are no numbers is passed over."""
    wanted, found = list(names), []
    for start in range(0, len(wanted), 16):
        for name, values in source.read_head(wanted[start:start + 16], n_rows).items():
            numbers = _numbers(values)
            if numbers is not None:
                info = source.info(name)
                missing = int(np.count_nonzero(~np.isfinite(numbers)))
                found.append(ColumnProfile(name, info.unit, len(numbers), missing,
                                           find_sentinels(numbers, is_magnitude(name, info.unit))))
    return tuple(found)


def is_magnitude(name: str, unit: str = "") -> bool:
    """Tell whether a column holds magnitudes, by its unit or else by its name; errors of magnitudes are none."""
    if _ERROR.search(name):
        return False
    return "mag" in unit.lower() and "/" not in unit if unit else bool(_MAGNITUDE.search(name))


def find_sentinels(values: NDArray[np.float64], magnitudes: bool = False) -> tuple[tuple[float, int], ...]:
    """Return the usual sentinels that stand apart from all other values of a column, and how often they occur.

    Parameters
    ----------
    values
        The column; what is not finite is passed over.
    magnitudes
        Whether the column holds magnitudes: then a zero far from the others is a sentinel too.
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
    """Return the sentinel as people write it: a column of 32-bit floats holds -99.9 only nearly."""
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
