"""Positions, units and counts as text for people."""

from __future__ import annotations

import re

__all__ = ["count_text", "dec_text", "ra_text", "unit_text"]

_SUPERSCRIPTS = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_POWER = re.compile(r"(?:\*\*|\^)\(?([-+]?\d+)\)?|(?<![\d.][eE])(?<=[A-Za-z])([-+]?\d+)(?![A-Za-z\d])")


def ra_text(ra_deg: float) -> str:
    """Return a right ascension in hours, minutes and seconds, rounded to a hundredth of a second."""
    hours, minutes, seconds = _parts(ra_deg % 360 / 15, 100, 24)
    return f"{hours:02d}h {minutes:02d}m {seconds:05.2f}s"


def dec_text(dec_deg: float) -> str:
    """Return a declination in degrees, minutes and seconds of arc, rounded to a tenth of a second."""
    degrees, minutes, seconds = _parts(abs(dec_deg), 10, 91)
    return f"{'-' if dec_deg < 0 else '+'}{degrees:02d}° {minutes:02d}′ {seconds:04.1f}″"


def unit_text(unit: str) -> str:
    """Return a unit as catalogues write it, ``10**-17 erg s-1 cm-2``, with raised powers."""
    return _POWER.sub(lambda found: (found[1] or found[2]).translate(_SUPERSCRIPTS), unit)


def count_text(count: int) -> str:
    """Return a count in at most four characters or so: 940, 6.6k, 21k, 1.2M."""
    for limit, suffix in ((1e6, "M"), (1e3, "k")):
        if count >= limit * 0.9995:
            value = count / limit
            return f"{value:.1f}{suffix}" if value < 9.95 else f"{value:.0f}{suffix}"
    return str(count)


def _parts(value: float, per_second: int, period: int) -> tuple[int, int, float]:
    """Split a value that is not negative, so that 59.999 seconds carry over; the period becomes zero."""
    total = round(value * 3600 * per_second) % (period * 3600 * per_second)
    minutes, seconds = divmod(total, 60 * per_second)
    return minutes // 60, minutes % 60, seconds / per_second
