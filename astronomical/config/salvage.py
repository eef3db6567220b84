"""Read a project file up to a damaged event, and return the rest as text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from astronomical.config.errors import ConfigError, problems_of
from astronomical.config.io import parse_config, read_config, read_text
from astronomical.config.parsing import TextError, parse_json, parse_yaml
from astronomical.config.schema import Config, LabelEvent

__all__ = ["Salvaged", "line_of_event", "read_undamaged", "salvage"]

#: Number of events that are validated together, as long as none is damaged.
_BLOCK_EVENTS = 500


@dataclass(frozen=True)
class Salvaged:
    """A project up to a damaged event.

    Attributes
    ----------
    config
        The project with the events before it.
    rest
        Text of the damaged event and of everything after it.
    line
        Line of the file at which `rest` begins.
    reason
        What is wrong with the event.
    """

    config: Config
    rest: str
    line: int
    reason: str


def read_undamaged(path: str | Path) -> Config:
    """Read a project file with the events before the first damaged one.

    Raises
    ------
    ConfigError
        If anything else is wrong with the file.
    """
    try:
        return read_config(path)
    except ConfigError:
        found = salvage(path)
        if found is None:
            raise
        return found.config


def salvage(path: str | Path) -> Salvaged | None:
    """Return the project before the first damaged event; None if the damage is elsewhere."""
    path = Path(path)
    suffix = path.suffix.lower()
    try:
        lines = read_text(path).splitlines(keepends=True)
        first, after, items = _items(lines, suffix == ".json")
    except (ConfigError, StopIteration):
        return None
    parse = parse_json if suffix == ".json" else parse_yaml
    bad = _first_damaged([text for _, text in items], parse, suffix == ".json")
    if bad is None:
        return None
    n, reason = bad
    good = [text for _, text in items[:n]]
    if suffix == ".json" and good:
        good[-1] = good[-1].rstrip().rstrip(",") + "\n"
    elif not good:
        lines[first - 1] = lines[first - 1].rstrip("\n") + ("" if suffix == ".json" else " []") + "\n"
    rest = "".join(text for _, text in items[n:])
    try:
        config = parse_config("".join([*lines[:first], *good, *lines[after:]]), suffix, str(path))
    except ConfigError:
        return None
    return Salvaged(config, rest, items[n][0] + 1, reason)


def line_of_event(path: str | Path, place: int) -> int | None:
    """Return the line of a project file at which its event with this index begins; None if it is not known."""
    path = Path(path)
    try:
        items = _items(read_text(path).splitlines(keepends=True), path.suffix.lower() == ".json")[2]
    except (ConfigError, StopIteration):
        return None
    return items[place][0] + 1 if place < len(items) else None


def _items(lines: Sequence[str], is_json: bool) -> tuple[int, int, list[tuple[int, str]]]:
    """Return the range of lines that hold the events, and the first line and the text of each event."""
    head = r' "events": \[\s*$' if is_json else r"events:\s*$"
    begins = r"  \{" if is_json else r" *- |[^\s]"  # continuation lines are indented
    ends = r" \]" if is_json else rf"({'|'.join(Config.model_fields)}):(\s|$)"
    first = 1 + next(i for i, line in enumerate(lines) if re.match(head, line))
    after = next((i for i in range(first, len(lines)) if re.match(ends, lines[i])), len(lines))
    starts = [i for i in range(first, after) if re.match(begins, lines[i])]
    if not starts or starts[0] != first:
        starts.insert(0, first)
    return first, after, [(i, "".join(lines[i:j])) for i, j in zip(starts, [*starts[1:], after], strict=True)]


def _first_damaged(items: Sequence[str], parse: Callable[[str], Any], is_json: bool) -> tuple[int, str] | None:
    for start in range(0, len(items), _BLOCK_EVENTS):
        some = items[start : start + _BLOCK_EVENTS]
        if _problem("".join(some), parse, is_json, len(some)) is None:
            continue
        for n, item in enumerate(some, start):
            problem = _problem(item, parse, is_json, 1)
            if problem is not None:
                return n, problem
    return None


def _problem(text: str, parse: Callable[[str], Any], is_json: bool, n: int) -> str | None:
    """Return what is wrong with the text of some events; None if they are valid."""
    try:
        data = parse(f"[{text.rstrip().rstrip(',')}]" if is_json else text)
        if not isinstance(data, list) or len(data) != n:
            return "this is not an event"
        for item in data:
            LabelEvent.model_validate(item)
    except (TextError, json.JSONDecodeError) as error:
        # The place is within the lines of this event alone.
        return re.sub(r"^(?:line \d+(?:, column \d+)?: |\.\d+\.)", "", str(error))
    except ValidationError as error:
        return str(problems_of(error, LabelEvent)[0])
    return None
