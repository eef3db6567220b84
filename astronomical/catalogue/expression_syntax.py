"""Syntax of expressions of columns: from a text to a tree. No text is ever run as code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from astronomical.catalogue.errors import CatalogueError

__all__ = ["WORDS", "Binary", "Call", "Column", "ExpressionError", "Node", "Number", "Unary", "columns_of", "parse"]

#: Limits of a text, so that no text takes long or exhausts the stack.
MAX_LENGTH, MAX_TOKENS, MAX_DEPTH = 2000, 200, 60

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | "(?P<quoted>(?:[^"]|"")+)"
      | (?P<operator>\*\*|<=|>=|==|!=|[-+*/^<>=(),])
    )""",
    re.VERBOSE,
)
#: Strength of the binary operators; the right operand of a power may be another power.
_BINARY = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/"), 6),
    "**": 8,
}
_NOT, _SIGN, _POWER = 3, 7, 8
_SAME = {"^": "**", "=": "=="}
#: Operators that are words.
WORDS = frozenset({"and", "or", "not"})


class ExpressionError(CatalogueError):
    """An expression is not valid; the message says where and why."""


@dataclass(frozen=True)
class Number:
    """A number, with its place in the text."""

    value: float
    place: int


@dataclass(frozen=True)
class Column:
    """The name of a column, with its place in the text."""

    name: str
    place: int


@dataclass(frozen=True)
class Unary:
    """An operator with one operand: ``-``, ``+`` or ``not``."""

    operator: str
    operand: Node
    place: int


@dataclass(frozen=True)
class Binary:
    """An operator with two operands."""

    operator: str
    left: Node
    right: Node
    place: int


@dataclass(frozen=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]
    place: int


Node = Number | Column | Unary | Binary | Call


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def parse(text: str) -> Node:
    """Parse an expression.

    Parameters
    ----------
    text
        Numbers, names of columns (in double quotes if they are not words), the operators
        ``+ - * / ** < <= > >= == != and or not``, brackets, and functions with arguments in brackets.

    Raises
    ------
    ExpressionError
        If the text is no expression; the message gives the character, counted from 1.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"An expression has at most {MAX_LENGTH:,} characters; this one has {len(text):,}.")
    if not text.strip():
        raise ExpressionError("The expression is empty. Enter one such as g - r, or log10(flux).")
    tokens = list(islice(_tokens(text), MAX_TOKENS + 2))
    if len(tokens) > MAX_TOKENS + 1:
        raise ExpressionError(
            f"The expression has more than {MAX_TOKENS} names, numbers and operators. Split it into several columns."
        )
    return _Parser(tokens).parse()


def columns_of(node: Node) -> tuple[str, ...]:
    """Return the names of columns in a tree, in the order of the text and without duplicates.

    The first argument of ``extinction`` names a law, not a column.
    """
    return tuple(dict.fromkeys(_columns(node)))


def _columns(node: Node) -> Iterator[str]:
    match node:
        case Column(name):
            yield name
        case Unary(_, operand):
            yield from _columns(operand)
        case Binary(_, left, right):
            yield from _columns(left)
            yield from _columns(right)
        case Call(name, arguments):
            for argument in arguments[1:] if name == "extinction" else arguments:
                yield from _columns(argument)


def _tokens(text: str) -> Iterator[_Token]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            raise ExpressionError(f"Character {start + 1}: {text[start]!r} has no meaning here.{_advice(text[start])}")
        kind = str(found.lastgroup)
        value = found.group(kind)
        start = found.start(kind) - (kind == "quoted")
        if kind == "quoted":
            value = value.replace('""', '"')
        elif kind == "operator":
            value = _SAME.get(value, value)
        elif kind == "name" and value.lower() in WORDS:
            kind, value = "operator", value.lower()
        yield _Token(kind, value, start)
        place = found.end()
    yield _Token("end", "", end)


def _advice(character: str) -> str:
    if character == '"':
        return " Close the double quotes."
    if character in "'`[":
        return " Write names of columns in double quotes."
    if character in "&|!~":
        return " Write and, or, not."
    return ""


class _Parser:
    """A parser by the strength of operators (Pratt 1973, doi 10.1145/512927.512931)."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._next = tokens, 0

    def parse(self) -> Node:
        tree = self._expression(0, 0)
        token = self._peek()
        if token.kind != "end":
            raise ExpressionError(
                f"Character {token.place + 1}: expected an operator before {token.text!r}. "
                "Write names that are not single words in double quotes."
            )
        return tree

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _expression(self, weakest: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"The expression has more than {MAX_DEPTH} levels. Split it into several columns.")
        left = self._operand(depth)
        while (strength := _BINARY.get(self._peek().text, 0) if self._peek().kind == "operator" else 0) > weakest:
            token = self._take()
            # Powers are grouped from the right: 2 ** 3 ** 2 is 2 ** 9.
            right = self._expression(strength - (token.text == "**"), depth + 1)
            left = Binary(token.text, left, right, token.place)
        return left

    def _operand(self, depth: int) -> Node:
        token = self._take()
        if token.kind == "number":
            return Number(float(token.text), token.place)
        if token.kind == "quoted":
            return Column(token.text, token.place)
        if token.kind == "name":
            if self._peek().text == "(" and self._peek().kind == "operator":
                return Call(token.text, self._arguments(depth), token.place)
            return Column(token.text, token.place)
        if token.text in ("-", "+"):
            return Unary(token.text, self._expression(_SIGN, depth + 1), token.place)
        if token.text == "not":
            return Unary("not", self._expression(_NOT, depth + 1), token.place)
        if token.text == "(":
            inner = self._expression(0, depth + 1)
            self._close()
            return inner
        self._next -= 1
        where = "at the end" if token.kind == "end" else f"before {token.text!r}"
        raise ExpressionError(f"Character {token.place + 1}: expected a number, a column or a function {where}.")

    def _arguments(self, depth: int) -> tuple[Node, ...]:
        self._take()
        if self._peek().text == ")":
            self._take()
            return ()
        found = [self._expression(0, depth + 1)]
        while self._peek().text == ",":
            self._take()
            found.append(self._expression(0, depth + 1))
        self._close()
        return tuple(found)

    def _close(self) -> None:
        token = self._take()
        if token.text != ")":
            self._next -= 1
            raise ExpressionError(f"Character {token.place + 1}: expected a closing bracket.")
