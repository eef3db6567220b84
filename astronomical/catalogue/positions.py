"""Positions on the sky: which columns hold them, and their values in degrees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.source import ColumnInfo
from astronomical.catalogue.texts import parse_numbers

__all__ = ["Axis", "Unit", "find_position", "position_unit", "to_degrees"]

Axis = Literal["ra", "dec"]
Unit = Literal["deg", "hourangle"]

#: How right ascension and declination are spelt, the surest first.
_SPELLINGS = (("ra", "dec"), ("ra", "de"), ("alpha", "delta"), ("right_ascension", "declination"))
#: Parts of names of columns that are not the position but its error, motion, or in another frame.
_OTHER = re.compile(r"(^|_)(e|err|errors?|pm|sig|sigma|std|var|ivar|cov|corr|unc|rms|offset)(_|$)"
                    r"|1950|fk4|^pm|err$|error$", re.IGNORECASE)
_UCD = (re.compile(r"^pos\.eq\.ra(;meta\.main)?$|^pos_eq_ra(_main)?$", re.IGNORECASE),
        re.compile(r"^pos\.eq\.dec(;meta\.main)?$|^pos_eq_dec(_main)?$", re.IGNORECASE))
_HOURS = {"h", "hr", "hour", "hours", "hourangle", "hms", "h:m:s", "hh:mm:ss", "hh:mm:ss.s", "hh:mm:ss.ss"}
_SEXAGESIMAL = (r"^\s*(?P<sign>[+-]?)\s*(?P<whole>\d+)[\s:hd°]+(?P<minutes>\d+(?:\.\d*)?)"
                r"(?:[\s:m'′]+(?P<seconds>\d+(?:\.\d*)?)?\s*(?:s|\"|″|'')?)?\s*$")


def find_position(columns: Sequence[ColumnInfo]) -> tuple[str, str] | None:
    """Find the columns of right ascension and declination by UCD, name and unit.

    Parameters
    ----------
    columns
        All columns of a table.

    Returns
    -------
    tuple of str or None
        Names of the two columns; None if no pair is found. Galactic and B1950 positions are not looked for.
    """
    usable = [column for column in columns if column.kind in ("float", "integer", "text") and _may_be_angle(column)]
    by_ucd = _by_ucd(usable)
    if by_ucd is not None:
        return by_ucd
    names = {column.name.casefold(): column.name for column in usable if not _OTHER.search(column.name)}
    for ra, dec in _SPELLINGS:
        ranked = sorted((rank, name) for name in names if (rank := _rank(name, ra)) is not None)
        for _, name in ranked:
            for partner in _partners(name, ra, dec):
                if partner in names:
                    return names[name], names[partner]
    return None


def _may_be_angle(column: ColumnInfo) -> bool:
    unit = column.unit.strip().strip('"').casefold()
    return not unit or unit.startswith(("deg", "°", "d:m", "dd:mm", "dms", "angle")) or unit in _HOURS or unit == "d"


def _by_ucd(columns: Sequence[ColumnInfo]) -> tuple[str, str] | None:
    found = []
    for pattern in _UCD:
        matches = [column for column in columns if pattern.search(column.ucd.strip())]
        matches.sort(key=lambda column: "main" not in column.ucd.casefold())
        if not matches:
            return None
        found.append(matches[0].name)
    return found[0], found[1]


def _rank(name: str, spelling: str) -> tuple[int, int] | None:
    """Return how sure it is that a name means `spelling`, less being surer; None if it does not."""
    if name == spelling:
        return 0, 0
    if re.fullmatch(rf"_?{spelling}_?(j?2000|icrs|deg|degrees)(_?deg)?", name):
        return 1, len(name)
    if re.search(rf"(^|[^a-z]){spelling}(j?2000|deg|mean)?([^a-z]|$)", name):
        return 2, len(name)
    return None


def _partners(name: str, ra: str, dec: str) -> list[str]:
    """Return the names with each occurrence of one spelling replaced by the other."""
    return [name[:match.start()] + dec + name[match.end():] for match in re.finditer(re.escape(ra), name)]


def position_unit(column: ColumnInfo) -> Unit:
    """Return ``hourangle`` where a column says that it is in hours, else ``deg``."""
    return "hourangle" if column.unit.strip().strip('"').casefold() in _HOURS else "deg"


def to_degrees(values: NDArray[Any], kind: Axis, unit: Unit = "deg") -> NDArray[np.float64]:
    """Return coordinates in degrees.

    Parameters
    ----------
    values
        Numbers, or texts that hold decimal numbers or sexagesimal ones such as ``12:34:56.7``, ``12h34m56.7s``
        and ``-01 23 45``. Sexagesimal right ascension is in hours, whatever `unit` says.
    kind
        Which of the two coordinates it is.
    unit
        Unit of decimal right ascension.

    Returns
    -------
    ndarray of float64
        Degrees, NaN where missing; right ascension from 0 to 360.

    Raises
    ------
    CatalogueError
        If a text cannot be read, or a coordinate is out of range.
    """
    if np.ma.getdata(values).dtype.kind == "U":
        degrees = _parse(np.asarray(values), kind, unit)
    else:
        numbers = values.astype(np.float64)
        degrees = np.array(np.ma.filled(numbers, np.nan) if isinstance(numbers, np.ma.MaskedArray) else numbers)
        degrees *= _factor(kind, unit)
    degrees[np.isinf(degrees)] = np.nan
    return _in_range(degrees, kind, unit)


def _factor(kind: Axis, unit: Unit) -> float:
    return 15.0 if kind == "ra" and unit == "hourangle" else 1.0


def _parse(texts: NDArray[np.str_], kind: Axis, unit: Unit) -> NDArray[np.float64]:
    try:
        return parse_numbers(texts) * _factor(kind, unit)
    except ValueError:
        pass
    parts = pc.extract_regex(pa.array(texts.tolist()), _SEXAGESIMAL)
    matched = parts.is_valid().to_numpy(zero_copy_only=False)
    degrees = np.full(len(texts), np.nan)
    magnitude = _part(parts, "whole") + _part(parts, "minutes") / 60 + _part(parts, "seconds") / 3600
    negative = pc.equal(parts.field("sign"), "-").to_numpy(zero_copy_only=False).astype(np.bool_)
    degrees[matched] = (np.where(negative, -magnitude, magnitude) * _factor(kind, "hourangle"))[matched]
    try:
        degrees[~matched] = parse_numbers(texts[~matched]) * _factor(kind, unit)
    except ValueError as error:
        raise CatalogueError(f"{str(error)!r} is no {_title(kind)}; give degrees, or hours, minutes and seconds"
                             ) from error
    return degrees


def _part(parts: Any, name: str) -> NDArray[np.float64]:
    texts = pc.if_else(pc.equal(pc.fill_null(parts.field(name), ""), ""), "0", pc.fill_null(parts.field(name), ""))
    return np.asarray(pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _title(kind: Axis) -> str:
    return "right ascension" if kind == "ra" else "declination"


def _in_range(degrees: NDArray[np.float64], kind: Axis, unit: Unit) -> NDArray[np.float64]:
    low, high = (-180.0, 360.0) if kind == "ra" else (-90.0, 90.0)
    outside = (degrees < low) | (degrees > high)
    if outside.any():
        worst = degrees[outside][0] / _factor(kind, unit)
        advice = "declare it missing if it stands for no value" if worst < 0 or kind == "dec" else "check the unit"
        raise CatalogueError(f"{_title(kind).capitalize()} {worst:g} is out of range in "
                             f"{np.count_nonzero(outside):,} of {len(degrees):,} rows; choose another column, or "
                             f"{advice}")
    if kind == "ra":
        degrees[degrees < 0] += 360.0
        degrees[degrees >= 360.0] -= 360.0
    return degrees
