"""Fast reader of the long lists of a project file: events and rounds, one line each.

A general YAML parser takes some 200 microseconds for each event, and a project may have 100,000 events. Most of these
lines have one plain form, which can be converted to JSON. This reader removes runs of such lines from the text, puts a
short marker in place of each, and passes the rest to the general parser, including lines in any other form. If that
does not work, the general parser reads the whole text.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["UnusualText", "read_with_runs"]

#: Shorter runs are left to the general parser.
_MIN_RUN = 20

_QUOTED = r"'(?:[^'\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]++|'')*+'"
_PLAIN = r"(?>[\w+.\-]++(?: [\w+.\-]++)*+)"
_KEY = r"[a-z][a-z_]*+"
#: One line of the plain form: brackets, keys, and texts in single quotes or without quotes.
_LINE = re.compile(rf"\{{(?>[{{}}\[\]]|, |{_KEY}: |{_QUOTED}|{_PLAIN})++")
#: A line without inner brackets, as events are, and what it consists of.
_FLAT = re.compile(rf"\{{(?>{_KEY}: (?>{_QUOTED}|{_PLAIN}), )*+{_KEY}: (?>{_QUOTED}|{_PLAIN})\}}")
_SCALAR = rf"(?>{_QUOTED}|{_PLAIN})"
_PAIR = re.compile(rf"({_KEY}): ({_SCALAR})")
_TOKEN = re.compile(rf"({_KEY}): |({_QUOTED})|({_PLAIN})")
_RUN = re.compile(rf"(?:^(?P<indent> *)- \{{.*\}}\n)(?:^(?P=indent)- \{{.*\}}\n){{{_MIN_RUN - 1},}}", re.MULTILINE)
#: Lines with more different forms than this are read in a slower way.
_MOST_SHAPES = 12
#: Number of lines that are converted together.
_BLOCK = 5000
#: Unquoted text that no reader takes for a number.
_DIGEST = re.compile(r"[0-9a-f]*[abcdf][0-9a-f]*", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,20}\.[0-9]{1,20}(?:e[-+]?[0-9]{1,3})?")
#: Line ends of YAML besides the line feed.
_LINE_BREAK = re.compile("[\r\x85\u2028\u2029]")
#: Texts with the form of a key that YAML does not read as text.
_NO_KEYS = frozenset({"null", "true", "false"})
#: An unquoted text that could start something else in YAML: a dash alone, or one before a space.
_DASH = re.compile(r"-(?: |$)")


_Match = Callable[[str], re.Match[str] | None]


class UnusualText(ValueError):  # noqa: N818 - users never see it
    """Text that only the general parser can read."""


def read_with_runs(text: str, parse: Callable[[str], Any], plain: Callable[[str], Any]) -> Any:
    """Return the data of a YAML document with long runs of one-line mappings.

    Parameters
    ----------
    text
        The document.
    parse
        The general parser. It reads the text that remains when the runs are removed.
    plain
        Function that returns the value of an unquoted scalar.

    Raises
    ------
    UnusualText
        If the general parser has to read the whole text.
    """
    runs: list[list[Any]] = []
    unusual: list[_Unusual] = []
    marker = f"lines_{secrets.token_hex(8)}"
    convert = _Converter(plain)

    def taken_out(found: re.Match[str]) -> str:
        indent = found["indent"]
        skip = len(indent) + 2
        lines = [line[skip:] for line in found[0].split("\n")[:-1]]
        run = convert.many(lines)
        unusual.extend(
            _Unusual(run, place, found.start(), lines[place]) for place, item in enumerate(run) if item is None
        )
        runs.append(run)
        # As many lines as there were, so that an error names the right one.
        return f"{indent}- {{{marker}: {len(runs) - 1}}}" + "\n" * len(run)

    rest = _RUN.sub(taken_out, text)
    if not runs:
        raise UnusualText("no long runs")
    _read_unusual(unusual, text, parse)
    data = parse(rest)
    if _restore_runs(data, marker, runs) != len(runs):
        raise UnusualText("a run is part of a text")
    return data


@dataclass(frozen=True)
class _Unusual:
    """A line of another form: the items of its run and its place among them, where the run starts, and the line."""

    run: list[Any]
    place: int
    start: int
    text: str


def _read_unusual(lines: list[_Unusual], text: str, parse: Callable[[str], Any]) -> None:
    """Read lines of another form, and put what they hold in their places.

    They are read together, so that the limits of the general parser hold for all of them.
    """
    if not lines:
        return
    if any(_LINE_BREAK.search(line.text) for line in lines):
        raise UnusualText("a line break of YAML within a line")
    parts = []
    start = n_before = n_written = 0
    for line in lines:
        n_before += text.count("\n", start, line.start)
        start = line.start
        parts.append("\n" * (n_before + line.place - n_written) + f"- {line.text}\n")
        n_written = n_before + line.place + 1
    found = parse("".join(parts))
    if len(found) != len(lines) or not all(isinstance(item, dict) for item in found):
        raise UnusualText("a line that holds no mapping, or goes on in the next")
    for line, item in zip(lines, found, strict=True):
        line.run[line.place] = item


def _restore_runs(data: Any, marker: str, runs: list[list[Any]]) -> int:
    """Put the items of the runs back in their places, and return the number of runs found."""
    n_found = 0
    if isinstance(data, dict):
        return sum(_restore_runs(item, marker, runs) for item in data.values())
    if isinstance(data, list):
        places = [place for place, item in enumerate(data) if isinstance(item, dict) and marker in item]
        for place in reversed(places):
            data[place : place + 1] = runs[data[place][marker]]
        n_found = len(places)
        if not places:
            n_found = sum(_restore_runs(item, marker, runs) for item in data)
    return n_found


class _Converter:
    """Parser of the data of one line.

    Parameters
    ----------
    plain
        Function that returns the value of an unquoted scalar.
    """

    def __init__(self, plain: Callable[[str], Any]) -> None:
        self._plain = plain
        self._known: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        #: The keys that lines had, in their order, and what finds the values of a line with these keys.
        self._shapes: dict[tuple[str, ...], _Match] = {}
        self._decode = json.JSONDecoder(object_pairs_hook=_unique).decode

    def many(self, lines: list[str]) -> list[Any]:
        """Return what some lines hold; None in place of each line that only the general parser can read."""
        found: list[Any] = []
        for start in range(0, len(lines), _BLOCK):
            found += self._block(lines[start : start + _BLOCK])
        return found

    def _block(self, lines: list[str]) -> list[Any]:
        """Sort lines by their keys, and convert those with the same keys together."""
        found: list[Any] = [None] * len(lines)
        alike: dict[tuple[str, ...], tuple[list[int], list[tuple[str, ...]]]] = {}
        keys: tuple[str, ...] = ()
        match: _Match = _no_match
        for place, line in enumerate(lines):
            values = match(line)
            if values is None:  # neighbours mostly have the same keys, but not this one
                keys, match, values = self._find_shape(line)
            if values is None:
                found[place] = self._one(line)
                continue
            places, rows = alike.setdefault(keys, ([], []))
            places.append(place)
            rows.append(values.groups())
        for names, (places, rows) in alike.items():
            try:
                columns = [self._column(column) for column in zip(*rows, strict=True)]
                items: Iterable[Any] = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
            except UnusualText:
                items = (self._one(lines[place]) for place in places)
            for place, item in zip(places, items, strict=True):
                found[place] = item
        return found

    def _find_shape(self, line: str) -> tuple[tuple[str, ...], _Match, re.Match[str] | None]:
        """Return the keys of a line, what finds the values of such lines, and its values; None if it is new."""
        for keys, match in self._shapes.items():
            if (values := match(line)) is not None:
                return keys, match, values
        return (), _no_match, None

    def _column(self, texts: tuple[str, ...]) -> list[Any]:
        """Return the values of many scalars with the same key."""
        joined = "".join(texts)
        if joined.isdigit() and joined.isascii() and max(map(len, texts)) < 20:
            return list(map(int, texts))
        if joined.count("'") == 2 * len(texts) and all(text[0] == "'" for text in texts):
            return [text[1:-1] for text in texts]
        values, scalar = self._values, self._scalar
        return [values[text] if text in values else text if _DIGEST.fullmatch(text) else scalar(text) for text in texts]

    def _one(self, line: str) -> Any:
        """Return what one line holds; None if only the general parser can read it."""
        try:
            if _FLAT.fullmatch(line) is not None:
                return self._flat(line)
            if _LINE.fullmatch(line) is None:
                return None
            return self._decode(_TOKEN.sub(self._as_json, line))
        except (ValueError, RecursionError):
            return None

    def _flat(self, line: str) -> dict[str, Any]:
        pairs = _PAIR.findall(line)
        found = {key: self._scalar(text) for key, text in pairs}
        if len(found) != len(pairs) or not _NO_KEYS.isdisjoint(found):
            raise UnusualText(line)
        if len(self._shapes) < _MOST_SHAPES:
            values = ", ".join(f"{key}: ({_SCALAR})" for key in found)
            self._shapes[tuple(found)] = re.compile(rf"\{{{values}\}}").fullmatch
        return found

    def _scalar(self, text: str) -> Any:
        value = text[1:-1].replace("''", "'") if text[0] == "'" else self._value(text)
        # Names of classes and annotators come again and again; the first lines have most of them.
        if len(self._values) < 10_000 and len(text) < 40:
            self._values[text] = value
        return value

    def _value(self, plain: str) -> Any:
        if _DECIMAL.fullmatch(plain):
            return float(plain)
        if (plain[0] == "-" and _DASH.match(plain)) or len(plain) > 300:
            raise UnusualText(plain)
        return self._plain(plain)

    def _as_json(self, token: re.Match[str]) -> str:
        text = token[0]
        found = self._known.get(text)
        if found is None:
            found = self._converted(token)
            if len(text) < 40 and len(self._known) < 10_000:
                self._known[text] = found
        return found

    def _converted(self, token: re.Match[str]) -> str:
        if token[1]:
            if token[1] in _NO_KEYS:
                raise UnusualText(token[1])
            return f'"{token[1]}":'
        if token[2]:
            return json.dumps(token[2][1:-1].replace("''", "'"))
        return json.dumps(self._value(token[3]))


def _no_match(line: str) -> None:
    return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnusualText("a duplicate key")
    return found
