"""Format positions, units, counts and scores."""

from __future__ import annotations

import re

from astronomical.learning.intervals import wilson_interval

__all__ = [
    "FEW",
    "count_text",
    "dec_text",
    "decimals_for",
    "interval_text",
    "percent_text",
    "proportion_text",
    "ra_text",
    "time_left",
    "unit_text",
]

#: With fewer sources, the interval of a score is so wide that the score says little.
FEW = 30
#: Fraction of work below which the time that it takes cannot be estimated.
_LEAST_DONE = 0.02
#: Up to this time in s, it is given in seconds.
_IN_SECONDS = 90

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
    """Return a unit in the form of catalogues, such as ``10**-17 erg s-1 cm-2``, with superscripts."""
    return _POWER.sub(lambda found: (found[1] or found[2]).translate(_SUPERSCRIPTS), unit)


def count_text(count: int) -> str:
    """Return a count in about four characters: 940, 6.6k, 21k, 1.2M."""
    for limit, suffix in ((1e6, "M"), (1e3, "k")):
        if count >= limit * 0.9995:
            value = count / limit
            return f"{value:.1f}{suffix}" if value < 9.95 else f"{value:.0f}{suffix}"
    return str(count)


def decimals_for(n: int) -> int:
    """Return the number of decimals of a percentage of `n` sources."""
    return 0 if n < 1000 else 1 if n < 100_000 else 2


def percent_text(value: float, n: int) -> str:
    """Return a fraction of `n` sources as a percentage, with as many decimals as their number justifies."""
    return f"{100 * value:.{decimals_for(n)}f} %"


def interval_text(low: float, high: float, n: int) -> str:
    """Return an interval of a fraction of `n` sources, in percent."""
    return f"{100 * low:.{decimals_for(n)}f}–{100 * high:.{decimals_for(n)}f} %"


def proportion_text(k: int, n: int) -> str:
    """Return a proportion with its 95 % interval: ``94 % (91-96 %)``, or ``9 of 9 (70-100 %)`` of few sources."""
    if n == 0:
        return "n/a"
    value = f"{k} of {n}" if n < FEW else percent_text(k / n, n)
    return f"{value} ({interval_text(*wilson_interval(k, n), n)})"


def time_left(elapsed_s: float, fraction: float) -> str:
    """Return an estimate of the time until work is done, as a sentence; empty while too little of it is done.

    Parameters
    ----------
    elapsed_s
        Time since the work began, in s.
    fraction
        Fraction of the work that is done.
    """
    if not _LEAST_DONE <= fraction < 1:
        return ""
    seconds = elapsed_s * (1 - fraction) / fraction
    if seconds < _IN_SECONDS:
        return f"About {max(round(seconds), 1)} s left."
    return f"About {round(seconds / 60)} min left."


def _parts(value: float, per_second: int, period: int) -> tuple[int, int, float]:
    """Split a non-negative value such that 59.999 seconds carry over. A value equal to the period becomes zero."""
    total = round(value * 3600 * per_second) % (period * 3600 * per_second)
    minutes, seconds = divmod(total, 60 * per_second)
    return minutes // 60, minutes % 60, seconds / per_second
