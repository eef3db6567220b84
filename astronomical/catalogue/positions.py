"""Detect the columns of positions, and convert their values to degrees."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.source import ColumnInfo
from astronomical.catalogue.string_arrays import parse_numbers

__all__ = [
    "Axis",
    "Unit",
    "dec_unit",
    "find_position",
    "is_position",
    "position_problem",
    "position_unit",
    "to_degrees",
    "unit_of_ra",
]

Axis = Literal["ra", "dec"]
Unit = Literal["deg", "hourangle", "rad"]

#: Spellings of right ascension and declination, the most reliable first.
_SPELLINGS = (
    ("ra", "dec"),
    ("ra", "decl"),
    ("ra", "de"),
    ("alpha", "delta"),
    ("right_ascension", "declination"),
    ("rightascension", "declination"),
)
#: What surveys write before and after these words without a separator, the most reliable first.
_BEFORE = ("", "obj", "target", "source", "src", "cat", "fiber", "plug", "ifu", "obs", "tile", "field", "psf", "opt")
_AFTER = r"(j|win|mean|stack|psf|best|cat|deg|rad|hr|hms|dms|icrs)?_?(j?2000|icrs|world|sky|deg)?"
#: Parts of column names that mean an error, a motion or another frame instead of the position.
_OTHER = re.compile(
    r"(^|_)(e|err|errors?|pm|sig|sigma|std|var|ivar|cov|corr|unc|rms|offset)(_|$)"
    r"|1950|fk4|^pm|err$|error$",
    re.IGNORECASE,
)
_UCD = (
    re.compile(r"^pos\.eq\.ra(;meta\.main)?$|^pos_eq_ra(_main)?$", re.IGNORECASE),
    re.compile(r"^pos\.eq\.dec(;meta\.main)?$|^pos_eq_dec(_main)?$", re.IGNORECASE),
)
#: Names of coordinates in other systems.
_SYSTEMS = {
    "galactic": r"_?(l|b|[lb]_?ii|[lb]_?(deg|gal)|g_?(l|b|lon|lat)|gal_?(l|b|lon|lat|long)|galactic_?\w*)",
    "ecliptic": r"_?(e(cl)?_?(lon|lat|long)|ecliptic_?\w*|lambda|beta)",
    "supergalactic": r"_?(sg[lb]|supergalactic_?\w*)",
    "B1950": r".*(b?1950|fk4).*",
}
_OTHER_UCD = re.compile(r"^pos\.(galactic|ecliptic|supergalactic)")
#: Right ascension without a unit may be in hours or radians if no value exceeds this.
_DAY_HOURS = 24.0
_RADIANS = {"rad", "radian", "radians"}
_HOURS = {"h", "hr", "hour", "hours", "hourangle", "hms", "h:m:s", "hh:mm:ss", "hh:mm:ss.s", "hh:mm:ss.ss"}
_SEXAGESIMAL = (
    r"^\s*(?P<sign>[+-]?)\s*(?P<whole>\d+)[\s:hd°]+(?P<minutes>\d+(?:\.\d*)?)"
    r"(?:[\s:m'′]+(?P<seconds>\d+(?:\.\d*)?)?\s*(?:s|\"|″|'')?)?\s*$"
)


def find_position(columns: Sequence[ColumnInfo]) -> tuple[str, str] | None:
    """Find the columns of right ascension and declination by UCD, name and unit.

    Parameters
    ----------
    columns
        All columns of a table.

    Returns
    -------
    tuple of str or None
        Names of the two columns; None if no pair is found. Galactic and B1950 positions are not detected.
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
    if not unit or unit in _HOURS or unit in _RADIANS or unit == "d":
        return True
    return unit.startswith(("deg", "°", "d:m", "dd:mm", "dms", "angle"))


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
    """Return a sort key for how well a name matches `spelling`, lower for better; None for no match."""
    if name == spelling:
        return 0, 0
    if re.fullmatch(rf"_?{spelling}_?(j?2000|icrs|deg|degrees)(_?deg)?", name):
        return 1, len(name)
    if re.search(rf"(^|[^a-z]){spelling}(j?2000|deg|mean)?([^a-z]|$)", name):
        return 2, len(name)
    for place, before in enumerate(_BEFORE):
        if re.fullmatch(rf"_?{before}_?{spelling}{_AFTER}", name):
            return 3, place
    return None


def is_position(column: ColumnInfo) -> bool:
    """Return whether a column seems to contain one coordinate of a position, in any system."""
    name, ucd = column.name.casefold(), column.ucd.strip().casefold()
    if _UCD[0].search(ucd) or _UCD[1].search(ucd) or _OTHER_UCD.search(ucd):
        return True
    if any(re.fullmatch(pattern, name) for pattern in _SYSTEMS.values()):
        return True
    if _OTHER.search(column.name):
        return False
    for word in {word for pair in _SPELLINGS for word in pair}:
        rank = _rank(name, word)
        # Delta and "de" in a longer name often mean a difference.
        if rank is not None and (rank[0] != 2 or word not in ("alpha", "delta", "de")):
            return True
    return False


def position_problem(ra: ColumnInfo, dec: ColumnInfo) -> str:
    """Return why two columns cannot be used as right ascension and declination; empty if they can."""
    for column in (ra, dec):
        name = column.name.casefold()
        found = _OTHER_UCD.match(column.ucd.strip().casefold())
        system = found[1] if found else next((s for s, rule in _SYSTEMS.items() if re.fullmatch(rule, name)), "")
        if system:
            frame = {"B1950": "fk4", "ecliptic": "barycentricmeanecliptic"}.get(system, system)
            kind = "a position of equinox B1950" if system == "B1950" else f"{_an(system)} coordinate"
            return (
                f"Column {column.name!r} seems to be {kind}, not an ICRS position. Choose other columns, or convert "
                f"it, for example with astropy: SkyCoord(lon, lat, unit='deg', frame='{frame}').icrs."
            )
        if not _may_be_angle(column):
            return (
                f"Column {column.name!r} has the unit {column.unit!r}, but a position must be in degrees, hours or "
                "radians. Choose other columns, or convert the values."
            )
    if ra.unit and dec.unit and (position_unit(ra) == "rad") != (position_unit(dec) == "rad"):
        return f"Column {ra.name!r} is in {ra.unit}, but {dec.name!r} in {dec.unit}. Convert one of them."
    return ""


def _an(system: str) -> str:
    return f"an {system}" if system[0] in "aeiou" else f"a {system}"


def _partners(name: str, ra: str, dec: str) -> list[str]:
    """Return the names with each occurrence of one spelling replaced by the other."""
    return [name[: match.start()] + dec + name[match.end() :] for match in re.finditer(re.escape(ra), name)]


def position_unit(column: ColumnInfo) -> Unit:
    """Return the unit of a column: ``hourangle`` for hours, ``rad`` for radians, else ``deg``."""
    unit = column.unit.strip().strip('"').casefold()
    return "hourangle" if unit in _HOURS else "rad" if unit in _RADIANS else "deg"


def unit_of_ra(column: ColumnInfo, read: Callable[[str], NDArray[Any]]) -> Unit | None:
    """Return the unit of right ascension; None if neither the file nor the values determine it.

    Parameters
    ----------
    column
        Description of the column.
    read
        Returns a numeric column by name; only called for a column without a unit.
    """
    if column.unit or column.kind == "text":
        return position_unit(column)
    values = np.ma.filled(np.ma.asarray(read(column.name)).astype(np.float64), np.nan)
    highest = np.nanmax(values[np.isfinite(values)], initial=-np.inf)
    return None if -np.inf < highest <= _DAY_HOURS else "deg"


def dec_unit(unit: Unit) -> Unit:
    """Return the unit of decimal declination for the unit of right ascension."""
    return "rad" if unit == "rad" else "deg"


def to_degrees(values: NDArray[Any], kind: Axis, unit: Unit = "deg") -> NDArray[np.float64]:
    """Convert coordinates to degrees.

    Parameters
    ----------
    values
        Numbers, or texts with decimal or sexagesimal numbers such as ``12:34:56.7``, ``12h34m56.7s`` and
        ``-01 23 45``. Sexagesimal right ascension is always in hours, independent of `unit`.
    kind
        Whether the values are right ascension or declination.
    unit
        Unit of decimal values. Declination is in radians or degrees, see `dec_unit`.

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
    if unit == "rad":
        return 180 / np.pi
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
        raise CatalogueError(
            f"{str(error)!r} is not a valid {_title(kind)}; use degrees, or hours, minutes and seconds"
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
        advice = "add it to the missing-value codes" if worst < 0 or kind == "dec" else "check the unit"
        raise CatalogueError(
            f"{_title(kind).capitalize()} {worst:g} is out of range in "
            f"{np.count_nonzero(outside):,} of {len(degrees):,} rows; choose another column, or "
            f"{advice}"
        )
    if kind == "ra":
        degrees[degrees < 0] += 360.0
        degrees[degrees >= 360.0] -= 360.0
    return degrees
