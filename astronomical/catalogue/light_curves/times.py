"""Times of light curves: scale, unit and zero point, from the description of a column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.readers.source import ColumnInfo

__all__ = ["DAYS", "SCALES", "TimeScale", "TimeUnit", "Times", "guess_times"]

TimeScale = Literal["days", "mjd", "jd", "bjd", "hjd"]
TimeUnit = Literal["d", "h", "min", "s", "yr"]
#: Titles of the scales.
SCALES: dict[TimeScale, str] = {
    "days": "days without a date",
    "mjd": "MJD",
    "jd": "JD",
    "bjd": "BJD (barycentric)",
    "hjd": "HJD (heliocentric)",
}
#: Days in each unit.
DAYS: dict[TimeUnit, float] = {"d": 1.0, "h": 1 / 24, "min": 1 / 1440, "s": 1 / 86400, "yr": 365.25}
_UNITS: dict[str, TimeUnit] = {
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "h"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("yr", "a", "year", "years"), "yr"),
}
#: Zero points that have a name: of Kepler and of TESS.
_NAMED_ZEROS = {"bkjd": 2_454_833.0, "btjd": 2_457_000.0}
_ZERO = re.compile(r"(m|b|h|t)?jd\s*[-−–]\s*(2[\d,_]{5,9}(?:\.\d+)?)", re.IGNORECASE)
_SCALE = re.compile(r"(mjd|bjd|hjd|jd)", re.IGNORECASE)
#: Ranges of dates between 1890 and 2090.
_MJD_RANGE, _JD_RANGE = (11_000.0, 85_000.0), (2_411_000.0, 2_485_000.0)


@dataclass(frozen=True)
class Times:
    """What the numbers of a column of times mean.

    Parameters
    ----------
    scale
        The scale; ``days`` if no date follows from the numbers.
    unit
        Unit of the numbers.
    zero
        Number that is added for a date in the scale, in days.
    """

    scale: TimeScale = "days"
    unit: TimeUnit = "d"
    zero: float = 0.0

    def in_days(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return times in days, without the zero point, which would cost digits."""
        days: NDArray[np.float64] = np.asarray(values, dtype=np.float64) * DAYS[self.unit]
        return days

    def label(self) -> str:
        """Return the label of an axis of these times."""
        if self.scale == "days":
            return "Time (d)"
        name = self.scale.upper()
        return f"{name} − {self.zero:,.10g} (d)" if self.zero else f"{name} (d)"


def guess_times(info: ColumnInfo, values: NDArray[np.floating]) -> Times:
    """Return what the times of a column probably mean, from its name, unit, description and first values.

    Parameters
    ----------
    info
        The column.
    values
        Some of its values.
    """
    said = " ".join((info.name, info.unit, info.description, info.ucd))
    unit = _UNITS.get(info.unit.strip().casefold(), "d")
    for name, zero in _NAMED_ZEROS.items():
        if name in said.casefold():
            return Times("bjd", "d", zero)
    found = _ZERO.search(said)
    if found is not None:
        return Times(_scale(f"{found[1] or ''}jd"), unit, float(re.sub(r"[,_]", "", found[2])))
    named = _SCALE.search(said)
    if named is not None:
        return Times(_scale(named[1]), unit)
    good = values[np.isfinite(values)]
    if unit == "d" and len(good):
        for scale, (low, high) in (("mjd", _MJD_RANGE), ("jd", _JD_RANGE)):
            if low <= good.min() and good.max() <= high:
                return Times("jd" if scale == "jd" else "mjd", unit)
    return Times("days", unit)


def _scale(text: str) -> TimeScale:
    key = text.casefold()
    return "mjd" if key == "mjd" else "bjd" if key == "bjd" else "hjd" if key == "hjd" else "jd"
