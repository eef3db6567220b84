"""Expressions of columns, such as ``g - r`` or ``flux_to_abmag(flux)``, with units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from astropy import units
from numpy.typing import NDArray

from astronomical.catalogue.expression_functions import (
    EXTINCTION,
    FUNCTIONS,
    Value,
    check_same_kind,
    extinction,
    in_unit_of,
)
from astronomical.catalogue.expression_syntax import (
    Binary,
    Call,
    Column,
    ExpressionError,
    Node,
    Number,
    Unary,
    columns_of,
    parse,
)
from astronomical.errors import did_you_mean

__all__ = ["Expression", "ExpressionError", "compute", "read_unit"]

_COMPARE: dict[str, Callable[..., NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def read_unit(text: str) -> units.UnitBase | None:
    """Return the unit that a text names, or None if there is none or it is not known.

    Magnitudes of any system, such as ``mag(AB)``, are magnitudes.
    """
    if not text.strip():
        return None
    unit = units.Unit(text, parse_strict="silent")
    if isinstance(unit, units.MagUnit):
        return units.mag
    return unit if isinstance(unit, units.UnitBase) and not isinstance(unit, units.UnrecognizedUnit) else None


@dataclass(frozen=True)
class Expression:
    """An expression of columns.

    Parameters
    ----------
    text
        The expression; see `astronomical.catalogue.expression_syntax.parse`.

    Raises
    ------
    ExpressionError
        If the text is no expression.
    """

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tree", parse(self.text))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that it needs."""
        return columns_of(self._node)

    @property
    def _node(self) -> Node:
        tree: Node = self._tree  # type: ignore[attr-defined]
        return tree

    def unit(self, units_of: Mapping[str, str]) -> str:
        """Check the expression, and return the unit of its values; empty if it has none or it is not known.

        Parameters
        ----------
        units_of
            The unit of each column of the catalogue.

        Raises
        ------
        ExpressionError
            If there is no such column or function, the number of arguments is wrong, or units do not fit together.
        """
        if not self.columns:
            raise ExpressionError("The expression has no column.")
        for name in self.columns:
            if name not in units_of:
                raise ExpressionError(f"There is no column {name!r}{did_you_mean(name, list(units_of)) or '.'}")
        value = self._value({name: np.ones(1) for name in self.columns}, units_of)
        return "" if value.unit is None or value.literal else value.unit.to_string()

    def evaluate(self, values: Mapping[str, NDArray[np.float64]], units_of: Mapping[str, str]) -> NDArray[np.float64]:
        """Compute the expression.

        Parameters
        ----------
        values
            Values of the columns, each of shape (n_rows,), with NaN where missing.
        units_of
            Their units.

        Returns
        -------
        array of shape (n_rows,)
            The values, with NaN where the expression has no finite value.

        Raises
        ------
        ExpressionError
            As for `unit`.
        """
        made = np.array(self._value(values, units_of).numbers, dtype=np.float64)
        made[~np.isfinite(made)] = np.nan
        return made

    def _value(self, values: Mapping[str, NDArray[np.float64]], units_of: Mapping[str, str]) -> Value:
        with np.errstate(all="ignore"):
            value = compute(self._node, values, units_of)
        if value.condition:
            raise ExpressionError("The expression is a condition. Write where(condition, 1, 0) to get numbers.")
        return value


def compute(node: Node, values: Mapping[str, NDArray[np.float64]], units_of: Mapping[str, str]) -> Value:
    """Compute a part of an expression; see `Expression.evaluate`."""
    match node:
        case Number(number):
            return Value(number, units.one, literal=True)
        case Column(name):
            return Value(values[name], read_unit(units_of.get(name, "")))
        case Unary(operator, operand, place):
            return _unary(operator, compute(operand, values, units_of), place)
        case Binary(operator, left, right, place):
            return _binary(operator, compute(left, values, units_of), compute(right, values, units_of), place)
        case Call(name, arguments, place):
            return _call(name, arguments, place, lambda item: compute(item, values, units_of))


def _unary(operator: str, value: Value, place: int) -> Value:
    if (operator == "not") != value.condition:
        raise ExpressionError(_at(place, _wrong_operand(operator)))
    if operator == "not":
        return Value(1.0 - value.numbers, condition=True)
    return Value(-value.numbers if operator == "-" else value.numbers, value.unit, value.literal)


def _binary(operator: str, a: Value, b: Value, place: int) -> Value:
    logical = operator in ("and", "or")
    if logical != a.condition or logical != b.condition:
        raise ExpressionError(_at(place, _wrong_operand(operator)))
    if logical:
        return _logical(operator, a, b)
    try:
        if operator in ("*", "/"):
            return _product(operator, a, b)
        if operator == "**":
            return _power(a, b)
        unit = check_same_kind(a, b, operator)
    except ExpressionError as error:
        raise ExpressionError(_at(place, str(error))) from None
    x, y = in_unit_of(a, unit), in_unit_of(b, unit)
    if operator in _COMPARE:
        holds = np.asarray(_COMPARE[operator](x, y), dtype=np.float64)
        return Value(np.where(np.isnan(x) | np.isnan(y), np.nan, holds), condition=True)
    return Value(x + y if operator == "+" else x - y, unit, a.literal and b.literal)


def _logical(operator: str, a: Value, b: Value) -> Value:
    """Combine conditions; a missing value is neither true nor false, as in the logic of SQL."""
    decides = 0.0 if operator == "and" else 1.0
    decided = (a.numbers == decides) | (b.numbers == decides)
    unknown = np.isnan(a.numbers) | np.isnan(b.numbers)
    return Value(np.where(decided, decides, np.where(unknown, np.nan, 1.0 - decides)), condition=True)


def _product(operator: str, a: Value, b: Value) -> Value:
    numbers = a.numbers * b.numbers if operator == "*" else np.divide(a.numbers, b.numbers)
    unit = None
    if a.unit is not None and b.unit is not None:
        unit = a.unit * b.unit if operator == "*" else a.unit / b.unit
    return Value(numbers, unit, a.literal and b.literal)


def _power(a: Value, b: Value) -> Value:
    if not b.literal and b.unit not in (None, units.one, units.mag, units.dex):
        raise ExpressionError("The exponent must have no unit.")
    numbers = np.power(a.numbers, b.numbers)
    if a.unit is None or a.unit == units.one:
        return Value(numbers, a.unit, a.literal and b.literal)
    if not b.literal:
        raise ExpressionError("A quantity with a unit needs a number as exponent.")
    return Value(numbers, a.unit ** float(b.numbers))


def _call(name: str, arguments: tuple[Node, ...], place: int, compute: Callable[[Node], Value]) -> Value:
    if name == EXTINCTION:
        return _extinction(arguments, place, compute)
    function = FUNCTIONS.get(name)
    if function is None:
        known = [*FUNCTIONS, EXTINCTION]
        listed = did_you_mean(name, known) or f". The functions are {', '.join(known)}."
        raise ExpressionError(_at(place, f"there is no function {name!r}{listed}"))
    if len(arguments) < function.least or (function.most is not None and len(arguments) > function.most):
        raise ExpressionError(_at(place, f"write {function.text}."))
    values = [compute(item) for item in arguments]
    if any(value.condition for value in values[1 if name == "where" else 0 :]):
        raise ExpressionError(_at(place, f"{name} needs numbers, not conditions."))
    try:
        return function.compute(*values)
    except ExpressionError as error:
        raise ExpressionError(_at(place, str(error))) from None


def _extinction(arguments: tuple[Node, ...], place: int, compute: Callable[[Node], Value]) -> Value:
    """Compute an extinction; its first argument is the name of a law."""
    if len(arguments) not in (3, 4) or not isinstance(arguments[0], Column):
        raise ExpressionError(_at(place, "write extinction(law, wavelength in micrometres, A_V, R_V)."))
    try:
        return extinction(arguments[0].name, *(compute(item) for item in arguments[1:]))
    except ExpressionError as error:
        raise ExpressionError(_at(place, str(error))) from None


def _wrong_operand(operator: str) -> str:
    if operator in ("and", "or", "not"):
        return f"{operator!r} needs conditions, such as g < 20."
    return f"{operator!r} needs numbers, not conditions."


def _at(place: int, text: str) -> str:
    return f"Character {place + 1}: {text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == ' ' else text}"
