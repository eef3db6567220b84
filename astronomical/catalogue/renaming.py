"""Rename the columns that an expression or a condition names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from astronomical.catalogue.expression_functions import EXTINCTION, FUNCTIONS
from astronomical.catalogue.expression_syntax import WORDS, Binary, Call, Column, Node, Unary, parse

__all__ = ["columns_in", "rename_columns"]

_WORD = re.compile(r"[^\W\d]\w*")
_QUOTED = re.compile(r'"(?:[^"]|"")+"')
#: Functions of conditions whose first argument is a column; the words in other functions are no columns.
_OF_A_COLUMN = frozenset({"missing", "contains"})


def columns_in(text: str) -> tuple[str, ...]:
    """Return the names of the columns in an expression or a condition, without duplicates.

    Unlike `columns_of`, this leaves out texts that columns are compared with, and the words in functions of conditions,
    such as the names of subsets.

    Raises
    ------
    ExpressionError
        If the text is no expression.
    """
    return tuple(dict.fromkeys(node.name for node in _columns(parse(text), text)))


def rename_columns(text: str, names: Mapping[str, str]) -> str:
    """Return an expression or a condition with other names of columns; the rest of the text is kept.

    Parameters
    ----------
    text
        The expression.
    names
        New name of each column that has another one.

    Raises
    ------
    ExpressionError
        If the text is no expression.
    """
    found = sorted((node for node in _columns(parse(text), text) if node.name in names), key=lambda node: node.place)
    for node in reversed(found):
        written = (_QUOTED if text[node.place] == '"' else _WORD).match(text, node.place)
        assert written is not None, "a column has a name"
        text = text[: node.place] + _spelt(names[node.name]) + text[written.end() :]
    return text


def _spelt(name: str) -> str:
    """Return a name as it is written in an expression."""
    if _WORD.fullmatch(name) and name.lower() not in WORDS:
        return name
    return '"{}"'.format(name.replace('"', '""'))


def _columns(node: Node, text: str) -> Iterator[Column]:
    match node:
        case Column():
            yield node
        case Unary(_, operand):
            yield from _columns(operand, text)
        case Binary(operator, Column() as left, Column() as right) if operator in ("==", "!="):
            yield left
            if text[right.place] != '"':  # else a text that the column is compared with
                yield right
        case Binary(_, left, right):
            yield from _columns(left, text)
            yield from _columns(right, text)
        case Call(name, arguments):
            for argument in _of_columns(name, arguments):
                yield from _columns(argument, text)


def _of_columns(name: str, arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the arguments of a function in which columns are named."""
    if name in _OF_A_COLUMN:
        return arguments[:1]
    if name == EXTINCTION:
        return arguments[1:]
    return arguments if name in FUNCTIONS else ()
