"""Guess which columns contain what of a light curve, from their names, kinds and units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from astronomical.catalogue.readers.source import ColumnInfo
from astronomical.catalogue.uncertainties import error_columns, is_error

__all__ = ["CurveColumns", "guess_columns", "guess_period"]

_TIME = re.compile(r"([mbh]|hm|bt|bk)?jd|.*(mjd|bjd|hjd|btjd|bkjd)\w*|t|times?|obs_?times?|epochs?|dates?|.*_(time|jd)")
_MAGNITUDE = re.compile(r"m|mags?|magnitudes?|mag_?psf|psf_?mag|\w*_?mag(_\w+)?|magnitude_\w+")
_FLUX = re.compile(r"f|flux(es)?|pdcsap_flux|\w*_?flux(_\w+)?|counts|brightness")
_ERROR = re.compile(r"e|err(or)?s?|sigma\w*|(mag|flux)_?(err(or)?|sigma|unc)\w*|e_\w+|\w+_err(or)?s?")
_BAND = re.compile(r"bands?|filters?|filt|fid|filter_?(code|id|name)|pass_?bands?|photometric_?band")
_LIMIT = re.compile(r"(is_)?(upper_?)?limits?|l_\w+|(diff_?)?mag_?lim(it)?|is_upper\w*|upper\w*")
_PERIOD = re.compile(r"p|per|period(_\w+)?|\w+_period|pf|p1|lc_period|prot|porb")
_NUMBERS = ("float", "integer")


@dataclass(frozen=True)
class CurveColumns:
    """The columns that were recognised; None where there is none.

    Attributes
    ----------
    time, value, error, band, limit
        Names of columns; see `astronomical.catalogue.light_curves.reading.Roles`.
    is_flux
        Whether the values are fluxes, not magnitudes.
    """

    time: str | None = None
    value: str | None = None
    error: str | None = None
    band: str | None = None
    limit: str | None = None
    is_flux: bool = False


def guess_columns(columns: Iterable[ColumnInfo]) -> CurveColumns:
    """Return which columns contain what of a light curve.

    Parameters
    ----------
    columns
        The columns of a table of epochs, or the columns of lists.
    """
    there = tuple(columns)
    numbers = [column for column in there if column.kind in _NUMBERS]
    time = _first(_TIME, [column.name for column in numbers])
    errors = error_columns(column.name for column in numbers)
    values = [
        column
        for column in numbers
        if column.name not in (time, *errors.values()) and not is_error(_last(column.name))
        and _LIMIT.fullmatch(_last(column.name)) is None
    ]  # fmt: skip
    magnitude = _first(_MAGNITUDE, [column.name for column in values])
    value = magnitude or _first(_FLUX, [column.name for column in values])
    rest = [column.name for column in numbers if column.name not in (time, value)]
    error = None if value is None else errors.get(value) or _first(_ERROR, rest)
    others = [column.name for column in there if column.name not in (time, value, error)]
    return CurveColumns(
        time, value, error, _first(_BAND, others), _first(_LIMIT, others), value is not None and magnitude is None
    )


def guess_period(columns: Iterable[ColumnInfo]) -> str | None:
    """Return the column of the catalogue that contains the period: by its UCD, or by its name and unit."""
    numbers = [column for column in columns if column.kind in _NUMBERS]
    by_ucd = [column.name for column in numbers if column.ucd.startswith("time.period")]
    named = [column.name for column in numbers if column.unit in ("", "d", "day", "days")]
    return next(iter(by_ucd), None) or _first(_PERIOD, named)


def _last(name: str) -> str:
    """Return the name of a column without that of its structure, in lower case."""
    return name.rpartition(".")[2].casefold()


def _first(pattern: re.Pattern[str], names: Sequence[str]) -> str | None:
    """Return the shortest name that a pattern matches, or None."""
    found = [name for name in names if pattern.fullmatch(_last(name))]
    return min(found, key=len, default=None)
