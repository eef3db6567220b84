"""Functions of expressions: their arguments, their units, and what they compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from astropy import units
from numpy.typing import NDArray

from astronomical.catalogue.expression_syntax import ExpressionError

__all__ = ["EXTINCTION", "FUNCTIONS", "LAWS", "Function", "Value", "check_same_kind", "extinction", "in_unit_of"]

#: Flux density of zero magnitude in the AB system, in Jy (Oke & Gunn 1983, doi 10.1086/160817).
AB_ZERO_JY = 3631.0
#: Name of the function whose first argument is the name of a law.
EXTINCTION = "extinction"
#: Laws of extinction by name: the class of `dust_extinction.parameter_averages`.
LAWS = ("CCM89", "O94", "F99", "F04", "VCG04", "GCC09", "M14", "F19", "G23")


@dataclass(frozen=True)
class Value:
    """Numbers with their unit.

    Parameters
    ----------
    numbers
        The values, or one number; NaN where missing. Conditions are 1, 0 and NaN.
    unit
        The unit; None if it is not known.
    literal
        Whether it is a number of the expression, which takes the unit of what it is combined with.
    condition
        Whether it is a condition, such as ``g < 20``.
    """

    numbers: NDArray[np.float64] | float
    unit: units.UnitBase | None = None
    literal: bool = False
    condition: bool = False


@dataclass(frozen=True)
class Function:
    """A function of expressions.

    Parameters
    ----------
    least, most
        Number of arguments; `most` is None for any number.
    compute
        Returns the value for the values of the arguments.
    text
        How it is written, and what it is.
    """

    least: int
    most: int | None
    compute: Callable[..., Value]
    text: str


def check_same_kind(a: Value, b: Value, what: str) -> units.UnitBase | None:
    """Return the unit that two values have in common, that of the first one; None if it is not known.

    Raises
    ------
    ExpressionError
        If both units are known, and one cannot be converted to the other.
    """
    if a.literal or b.literal:
        return b.unit if a.literal else a.unit
    if a.unit is None or b.unit is None:
        return None
    if not a.unit.is_equivalent(b.unit):
        raise ExpressionError(f"{what}: the units {_name(a.unit)} and {_name(b.unit)} do not fit together.")
    return a.unit


def in_unit_of(value: Value, unit: units.UnitBase | None) -> NDArray[np.float64] | float:
    """Return the numbers of a value in another unit; unchanged where a unit is not known."""
    if value.literal or unit is None or value.unit is None:
        return value.numbers
    factor = float(value.unit.to(unit))
    return value.numbers if factor == 1.0 else value.numbers * factor


def _name(unit: units.UnitBase) -> str:
    return str(unit) or "no unit"


def _without_unit(
    compute: Callable[[Any], Any], *, angle: bool = False, pure: bool = False
) -> Callable[[Value], Value]:
    """Return a function of one argument whose result has no unit."""

    def run(value: Value) -> Value:
        numbers = value.numbers
        if angle and value.unit is not None and value.unit.is_equivalent(units.rad):
            numbers = in_unit_of(value, units.rad)
        elif (pure or angle) and value.unit not in (None, units.one, *((units.mag, units.dex) if pure else ())):
            raise ExpressionError(f"The argument must have no unit, not {_name(value.unit)}.")
        return Value(compute(numbers), units.one, value.literal)

    return run


def _logarithm(compute: Callable[[Any], Any]) -> Callable[[Value], Value]:
    """Return a logarithm. Its unit counts as unknown, so that it can be added to magnitudes."""
    return lambda value: Value(compute(value.numbers), None, value.literal)


def _extreme(compute: Callable[[Any, Any], Any], what: str) -> Callable[..., Value]:
    def pair(a: Value, b: Value) -> Value:
        unit = check_same_kind(a, b, what)
        return Value(compute(in_unit_of(a, unit), in_unit_of(b, unit)), unit, a.literal and b.literal)

    return lambda *values: reduce(pair, values)


def _where(condition: Value, yes: Value, no: Value) -> Value:
    if not condition.condition:
        raise ExpressionError("where needs a condition as its first argument, such as where(g < 20, 1, 0).")
    unit = check_same_kind(yes, no, "where")
    chosen = np.where(condition.numbers == 1.0, in_unit_of(yes, unit), in_unit_of(no, unit))
    return Value(np.where(np.isnan(condition.numbers), np.nan, chosen), unit, yes.literal and no.literal)


def _jansky(flux: Value) -> NDArray[np.float64] | float:
    """Return a flux density in Jy; without a unit it is taken to be in Jy."""
    if flux.unit is None or flux.literal or flux.unit == units.one:
        return flux.numbers
    zero = units.zero_point_flux(AB_ZERO_JY * units.Jy)
    try:
        return flux.numbers * float(flux.unit.to(units.Jy, equivalencies=zero))
    except units.UnitConversionError:
        raise ExpressionError(f"The flux must be a flux density per frequency, not in {_name(flux.unit)}.") from None


def _constant(value: Value, what: str) -> float:
    if np.ndim(value.numbers) or not np.isfinite(value.numbers):
        raise ExpressionError(f"{what} must be a number.")
    return float(value.numbers)


def extinction(law: str, wavelength: Value, a_v: Value, r_v: Value | None = None) -> Value:
    """Return the extinction at a wavelength in magnitudes.

    Parameters
    ----------
    law
        One of `LAWS`, by the names of the papers: Cardelli et al. 1989, O'Donnell 1994, Fitzpatrick 1999 and 2004,
        Valencic et al. 2004, Gordon et al. 2009, Maiz Apellaniz et al. 2014, Fitzpatrick et al. 2019, Gordon et al.
        2023.
    wavelength
        A number, in micrometres.
    a_v, r_v
        Extinction in V in magnitudes, and its ratio to the reddening E(B-V), a number, 3.1 by default.

    Raises
    ------
    ExpressionError
        If the law is not known, or not defined for this wavelength or ratio.
    """
    if law not in LAWS:
        raise ExpressionError(f"There is no extinction law {law!r}. The laws are {', '.join(LAWS)}.")
    # Imported here because it reads tables of all laws, and few expressions need it.
    from dust_extinction import parameter_averages  # type: ignore[import-untyped]

    micron = _constant(wavelength, "The wavelength in micrometres")
    ratio = 3.1 if r_v is None else _constant(r_v, "R_V")
    try:
        share = float(getattr(parameter_averages, law)(Rv=ratio)(micron * units.micron))
    except (ValueError, ZeroDivisionError):
        raise ExpressionError(
            f"The extinction law {law} is not defined for {micron:g} micrometres and R_V = {ratio:g}."
        ) from None
    return Value(a_v.numbers * share, units.mag, a_v.literal)


def _missing(value: Value) -> Value:
    return Value(np.isnan(value.numbers).astype(np.float64), None, condition=True)


FUNCTIONS: dict[str, Function] = {
    "abs": Function(1, 1, lambda v: Value(np.abs(v.numbers), v.unit, v.literal), "abs(x): size without sign"),
    "sqrt": Function(
        1,
        1,
        lambda v: Value(np.sqrt(v.numbers), None if v.unit is None else v.unit**0.5, v.literal),
        "sqrt(x): square root",
    ),
    "log10": Function(1, 1, _logarithm(np.log10), "log10(x): logarithm to base 10"),
    "ln": Function(1, 1, _logarithm(np.log), "ln(x): natural logarithm"),
    "exp": Function(1, 1, _without_unit(np.exp, pure=True), "exp(x): exponential"),
    "sin": Function(1, 1, _without_unit(np.sin, angle=True), "sin(x): sine; without a unit in radians"),
    "cos": Function(1, 1, _without_unit(np.cos, angle=True), "cos(x): cosine; without a unit in radians"),
    "tan": Function(1, 1, _without_unit(np.tan, angle=True), "tan(x): tangent; without a unit in radians"),
    "min": Function(2, None, _extreme(np.minimum, "min"), "min(x, y, ...): smallest; missing if one is missing"),
    "max": Function(2, None, _extreme(np.maximum, "max"), "max(x, y, ...): largest; missing if one is missing"),
    "where": Function(3, 3, _where, "where(condition, x, y): x where the condition holds, else y"),
    "missing": Function(1, 1, _missing, "missing(x): condition that there is no value"),
    "flux_to_mag": Function(
        2,
        2,
        lambda flux, zero: Value(
            _constant(zero, "The zero point") - 2.5 * np.log10(flux.numbers), units.mag, flux.literal
        ),
        "flux_to_mag(flux, zero point): magnitude",
    ),
    "mag_to_flux": Function(
        2,
        2,
        lambda mag, zero: Value(10.0 ** (0.4 * (_constant(zero, "The zero point") - mag.numbers)), None, mag.literal),
        "mag_to_flux(magnitude, zero point): flux",
    ),
    "flux_to_abmag": Function(
        1,
        1,
        lambda flux: Value(-2.5 * np.log10(_jansky(flux) / AB_ZERO_JY), units.mag, flux.literal),
        "flux_to_abmag(flux): AB magnitude of a flux density; without a unit in Jy",
    ),
    "abmag_to_flux": Function(
        1,
        1,
        lambda mag: Value(AB_ZERO_JY * 10.0 ** (-0.4 * mag.numbers), units.Jy, mag.literal),
        "abmag_to_flux(magnitude): flux density in Jy of an AB magnitude",
    ),
}
