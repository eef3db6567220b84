"""Conditions on the sources of a catalogue, such as ``r < 20 and not contains(type, "star")``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.compact_columns import is_exact
from astronomical.catalogue.criteria import TEXT_OPERATORS, check_condition, column_mask, operators_for
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.expression_functions import EXTINCTION, FUNCTIONS
from astronomical.catalogue.expression_syntax import Binary, Call, Column, Node, Number, Unary, columns_of, parse
from astronomical.catalogue.expressions import ExpressionError, compute
from astronomical.catalogue.sky import separation_arcsec
from astronomical.errors import did_you_mean

__all__ = ["Arguments", "Condition", "Predicate", "number_of", "numbers_of", "word_of"]

Arguments = tuple[Node, ...]

_COMPARISONS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "!="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_TEXT_COMPARISONS = {"==": "is", "!=": "is not"}
#: Arcseconds in a degree, and the declination of a pole in degrees.
_ARCSEC, _POLE = 3600.0, 90.0


@dataclass(frozen=True)
class Predicate:
    """A function of conditions, which says which sources meet it.

    Parameters
    ----------
    text
        How it is written.
    least, most
        Least and greatest number of arguments.
    check
        Raises an `ExpressionError` if the arguments are not valid.
    mask
        Returns which sources meet it, shape (n_rows,).
    """

    text: str
    least: int
    most: int
    check: Callable[[Arguments], object]
    mask: Callable[[Arguments], NDArray[np.bool_]]


@dataclass(frozen=True)
class Condition:
    """A condition on the sources of a catalogue.

    It is written as an expression, see `astronomical.catalogue.expression_syntax.parse`, of comparisons joined by
    ``and``, ``or`` and ``not``. Columns of texts are compared with a text in double quotes. There are also the
    functions ``missing(column)``, ``contains(column, "text")`` and ``cone(ra, dec, radius)`` in degrees.

    A missing value meets no comparison, and no negated one either: as in SQL, the result is unknown.

    Parameters
    ----------
    text
        The condition.

    Raises
    ------
    ExpressionError
        If the text is no expression.
    """

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tree", parse(self.text))

    @property
    def node(self) -> Node:
        """The condition as a tree."""
        tree: Node = self._tree  # type: ignore[attr-defined]
        return tree

    def calls(self, name: str) -> tuple[tuple[Node, ...], ...]:
        """Return the arguments of each call of a function."""
        return tuple(node.arguments for node in _nodes(self.node) if isinstance(node, Call) and node.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the condition, among them those of all columns that it needs, without duplicates."""
        return columns_of(self.node)

    def check(self, catalogue: Catalogue, tests: Mapping[str, Predicate]) -> None:
        """Raise an error if the condition cannot be applied; see `mask`."""
        _Evaluation(catalogue, tests, only_check=True).truth(self.node)

    def mask(
        self, catalogue: Catalogue, tests: Mapping[str, Predicate], cancelled: Callable[[], bool] = lambda: False
    ) -> NDArray[np.bool_]:
        """Return which sources meet the condition, shape (n_rows,).

        Parameters
        ----------
        catalogue
            The catalogue.
        tests
            Further functions by name.
        cancelled
            Called between the parts; the result is of no use if it returns true.

        Raises
        ------
        ExpressionError
            If a column or function does not exist, a value has the wrong type, or units do not fit together.
        """
        truth = _Evaluation(catalogue, tests, cancelled=cancelled).truth(self.node)
        found: NDArray[np.bool_] = truth == 1.0
        return np.broadcast_to(found, (catalogue.n_rows,)).copy()


class _Evaluation:
    """Evaluation of a condition: 1 where it is true, 0 where it is false, and NaN where that is unknown.

    Parameters
    ----------
    catalogue, tests
        See `Condition.mask`.
    only_check
        Whether to look for errors without reading columns.
    cancelled
        See `Condition.mask`.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        tests: Mapping[str, Predicate],
        *,
        only_check: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._catalogue, self._tests = catalogue, tests
        self._only_check, self._cancelled = only_check, cancelled
        self._infos = {column.name: column for column in catalogue.columns}

    def truth(self, node: Node) -> NDArray[np.float64]:
        """Return whether each source meets a condition, shape (n_rows,); only (1,) if it is only checked."""
        if self._cancelled():
            return np.zeros(1)
        match node:
            case Unary("not", operand):
                return 1.0 - self.truth(operand)
            case Binary("and" | "or", left, right):
                return self._joined(node.operator, self.truth(left), self.truth(right))
            case Binary(operator, left, right) if operator in _COMPARISONS:
                return self._compared(node, left, right)
            case Call(name) if name in self._tests or name in _OWN:
                return self._called(node)
            case Call(name, _, place) if name not in FUNCTIONS and name != EXTINCTION:
                raise ExpressionError(f"Character {place + 1}: there is no function {name!r}{self._advice(name)}")
            case Column(name) if self._kind(name, node.place) == "bool":
                return self._of_column(name, "is", "true")
        return self._computed(node)

    @staticmethod
    def _joined(operator: str, a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        decides = 0.0 if operator == "and" else 1.0
        decided = (a == decides) | (b == decides)
        return np.where(decided, decides, np.where(np.isnan(a) | np.isnan(b), np.nan, 1.0 - decides))

    def _compared(self, node: Binary, left: Node, right: Node) -> NDArray[np.float64]:
        """Compare a column with a constant in the precision of the column, and anything else as an expression."""
        operator = node.operator
        if number_of(left) is not None and isinstance(right, Column):
            left, right, operator = right, left, _MIRRORED[operator]
        if isinstance(left, Column):
            if self._takes_texts(left):
                return self._compared_text(left.name, operator, right)
            if (value := number_of(right)) is not None:
                return self._of_column(left.name, _COMPARISONS[operator], value)
        return self._computed(node)

    def _compared_text(self, name: str, operator: str, right: Node) -> NDArray[np.float64]:
        if operator not in _TEXT_COMPARISONS or not isinstance(right, Column):
            raise ExpressionError(
                f"Column {name!r} contains texts. Compare it with a text in double quotes: "
                f'{name} == "text", or contains({name}, "text").'
            )
        return self._of_column(name, _TEXT_COMPARISONS[operator], right.name)

    def _of_column(self, name: str, operator: str, value: Any) -> NDArray[np.float64]:
        try:
            check_condition(self._catalogue, name, operator, value)
        except CatalogueError as error:
            raise ExpressionError(f"{error}.") from None
        if self._only_check:
            return np.zeros(1)
        truth = column_mask(self._catalogue, name, operator, value).astype(np.float64)
        truth[column_mask(self._catalogue, name, "missing")] = np.nan
        return truth

    def _computed(self, node: Node) -> NDArray[np.float64]:
        names = columns_of(node)
        for name in names:
            self._check_number(name, node.place)
        with np.errstate(all="ignore"):
            value = compute(
                node,
                {name: np.ones(1) if self._only_check else numbers_of(self._catalogue, name) for name in names},
                {name: self._infos[name].unit for name in names},
            )
        if not value.condition:
            raise ExpressionError(f"Character {node.place + 1}: expected a condition, such as g < 20, not a number.")
        return np.atleast_1d(np.asarray(value.numbers, dtype=np.float64))

    def _called(self, node: Call) -> NDArray[np.float64]:
        test = self._tests.get(node.name) or _OWN[node.name](self._catalogue)
        if not test.least <= len(node.arguments) <= test.most:
            raise ExpressionError(f"Character {node.place + 1}: write {test.text}.")
        try:
            test.check(node.arguments)
            return np.zeros(1) if self._only_check else test.mask(node.arguments).astype(np.float64)
        except ExpressionError as error:
            raise ExpressionError(f"Character {node.place + 1}: {error}") from None

    def _advice(self, name: str) -> str:
        known = [*_OWN, *self._tests]
        return did_you_mean(name, known) or f". The functions of conditions are {', '.join(known)}."

    def _kind(self, name: str, place: int) -> str:
        if name not in self._infos:
            known = [*self._infos]
            raise ExpressionError(
                f"Character {place + 1}: there is no column {name!r}{did_you_mean(name, known) or '.'}"
            )
        return self._infos[name].kind

    def _takes_texts(self, column: Column) -> bool:
        self._kind(column.name, column.place)
        return operators_for(self._catalogue, column.name) == TEXT_OPERATORS

    def _check_number(self, name: str, place: int) -> None:
        self._kind(name, place)
        if name not in self._catalogue.numeric_columns:
            raise ExpressionError(f"Character {place + 1}: column {name!r} does not contain numbers.")


def numbers_of(catalogue: Catalogue, name: str) -> NDArray[np.float64]:
    """Return a column as expressions use it: in single precision, or in double if it has positions or times."""
    exact = is_exact(catalogue.info(name))
    found: NDArray[np.float64] = catalogue.double(name) if exact else catalogue.number(name).astype(np.float64)
    return found


def number_of(node: Node) -> float | None:
    """Return the number that an argument is, with its sign; None if it is something else."""
    match node:
        case Number(value):
            return value
        case Unary("-", Number(value)):
            return -value
        case Unary("+", Number(value)):
            return value
    return None


def word_of(node: Node, wanted: str) -> str:
    """Return the word or the quoted text that an argument is.

    Raises
    ------
    ExpressionError
        If it is something else; the message says what is wanted.
    """
    if not isinstance(node, Column):
        raise ExpressionError(f"{wanted} is needed, in double quotes unless it is a single word.")
    return node.name


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    match node:
        case Unary(_, operand):
            yield from _nodes(operand)
        case Binary(_, left, right):
            yield from _nodes(left)
            yield from _nodes(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from _nodes(argument)


def _missing(catalogue: Catalogue) -> Predicate:
    """Return the function that says whether a column has no value."""

    def column(arguments: Arguments) -> str:
        return _existing(catalogue, arguments[0], "missing")

    return Predicate(
        "missing(column)", 1, 1, column, lambda arguments: column_mask(catalogue, column(arguments), "missing")
    )


def _contains(catalogue: Catalogue) -> Predicate:
    """Return the function that says whether a column contains a text, ignoring case."""

    def column(arguments: Arguments) -> str:
        return _existing(catalogue, arguments[0], "contains", text(arguments))

    def text(arguments: Arguments) -> str:
        return word_of(arguments[1], "A text")

    return Predicate(
        'contains(column, "text")',
        2,
        2,
        column,
        lambda arguments: column_mask(catalogue, column(arguments), "contains", text(arguments)),
    )


def _cone(catalogue: Catalogue) -> Predicate:
    """Return the function that says whether a source is within a radius of a position, all in degrees."""
    how = "cone(ra, dec, radius), with three numbers in degrees"

    def cone(arguments: Arguments) -> tuple[float, float, float]:
        if catalogue.position is None:
            raise ExpressionError("the project has no positions.")
        numbers = [number_of(argument) for argument in arguments]
        if any(number is None for number in numbers):
            raise ExpressionError(f"write {how}.")
        ra, dec, radius = (float(number or 0.0) for number in numbers)
        if abs(dec) > _POLE or radius < 0:
            raise ExpressionError("a declination is between -90 and 90, and a radius is not negative.")
        return ra, dec, radius

    def mask(arguments: Arguments) -> NDArray[np.bool_]:
        ra, dec, radius = cone(arguments)
        assert catalogue.position is not None
        found: NDArray[np.bool_] = separation_arcsec(*catalogue.position, ra, dec) <= radius * _ARCSEC
        return found

    return Predicate(how, 3, 3, cone, mask)


def _existing(catalogue: Catalogue, node: Node, operator: str, value: str | None = None) -> str:
    """Return the column that an argument names, after checking that an operator fits it."""
    name = word_of(node, "The name of a column")
    there = [column.name for column in catalogue.columns]
    if name not in there:
        raise ExpressionError(f"there is no column {name!r}{did_you_mean(name, there) or '.'}")
    try:
        check_condition(catalogue, name, operator, value)
    except CatalogueError as error:
        raise ExpressionError(f"{error}.") from None
    return name


_OWN: dict[str, Callable[[Catalogue], Predicate]] = {"missing": _missing, "contains": _contains, "cone": _cone}
