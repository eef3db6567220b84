"""Errors in a project file, with the place, the value and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from astronomical.config.base import Section
from astronomical.config.validation_text import address_of, keys_at, message_of
from astronomical.errors import AstronomicalError, InvalidInputError, did_you_mean, register_input_error

_MAX_SHOWN = 10
_MAX_VALUE = 60
_MAX_PATH = 200
#: Sections with an item for each label; in events and rounds, validation stops at the first error.
_LONG_SECTIONS = ("events", "results", "checkpoints", "curated", "split")
#: Limits on the keys of one mapping in these sections, and on the values of any other section. Reporting each wrong one
#: takes time and memory.
_MAX_KEYS = 1000
_MAX_VALUES = 200_000
#: The types of plain data that hold no others.
_SCALARS = frozenset({str, int, float, bool, type(None)})


@dataclass(frozen=True)
class Problem:
    """A single problem in a file."""

    path: str
    value: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        got = f" (found {self.value})" if self.value else ""
        return f"{where}{self.message}{got}"


class CannotWriteError(AstronomicalError, OSError):
    """A file could not be written; the message suggests a remedy."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(error.errno, error.strerror or str(error))
        self.path = path

    def __str__(self) -> str:
        return (
            f"{self.path} could not be written ({self.strerror}). Free space on the disk, or make the folder "
            "writable, then try again."
        )


class ConfigError(InvalidInputError):
    """A project file is invalid; the message lists the problems."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        shown = [f"  {p}" for p in self.problems[:_MAX_SHOWN]]
        if len(self.problems) > _MAX_SHOWN:
            shown.append(f"  and {len(self.problems) - _MAX_SHOWN} more")
        super().__init__("\n".join([f"{source} cannot be used:", *shown]))


def shorten(value: Any) -> str:
    """Return a value as text that fits on a line."""
    text = repr(value)
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"


def containers(items: Iterable[Any]) -> list[Any]:
    """Return those of some items that hold other items; there may be millions."""
    kinds = (dict, list)
    return [item for item in items if isinstance(item, kinds)]


#: Exact types of plain data that hold other items.
_CONTAINERS = frozenset({dict, list})


def crowded(data: Mapping[Any, Any]) -> list[Problem]:
    """Return the problem of data with far more values than any project has, if it is one."""
    if len(data) > _MAX_KEYS:
        return [Problem("", "", f"it has {len(data):,} sections; the limit is {_MAX_KEYS:,}")]
    for section, value in data.items():
        long = section in _LONG_SECTIONS
        n_values = 0
        waiting = containers([value])
        while waiting:
            item = waiting.pop()
            n_values += len(item)
            if not long and n_values > _MAX_VALUES:
                return [Problem(shorten(section), "", f"this section has more than {_MAX_VALUES:,} values")]
            if long and isinstance(item, dict) and len(item) > _MAX_KEYS:
                message = f"a mapping in it has {len(item):,} keys; the limit is {_MAX_KEYS:,}"
                return [Problem(shorten(section), "", message)]
            inner = item.values() if isinstance(item, dict) else item
            if not _CONTAINERS.isdisjoint(map(type, inner)):
                waiting += containers(inner)
    return []


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Convert the errors of pydantic to problems of the file.

    Parameters
    ----------
    error
        The errors.
    model
        The section that was validated.
    """
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        unknown = item["type"] == "extra_forbidden"
        loc = item["loc"][:-1] if unknown else item["loc"]
        # A section that was made by itself reports places inside of it.
        above = address_of(model, loc) if error.title == model.__name__ else loc
        path = _path_of((*above, *item["loc"][-1:] * unknown))
        if unknown:
            found[path] = Problem(path, "", f"no such key{did_you_mean(str(item['loc'][-1]), keys_at(model, above))}")
            continue
        message = message_of(item)
        if path in found:  # a value that may be of several types, and is of none
            message = f"{found[path].message} or {message.removeprefix('this must be ')}"
        shown = "" if item["type"] == "missing" or isinstance(item["input"], dict | list) else shorten(item["input"])
        found[path] = Problem(path, shown, message)
    return list(found.values())


@contextmanager
def naming_input(what: str) -> Iterator[None]:
    """Raise `InvalidInputError` in place of an error of pydantic, for a section that is made from input of the user.

    Parameters
    ----------
    what
        The input, as the user knows it.
    """
    try:
        yield
    except ValidationError as error:
        raise InvalidInputError(f"{what}: {first_problem(error)}.") from None


def _path_of(loc: Iterable[int | str]) -> str:
    """Return the path of a key as text that fits on a line, however long the key is."""
    path = ".".join(map(str, loc))
    return path if len(path) <= _MAX_PATH else path[: _MAX_PATH - 1] + "…"


def first_problem(error: ValidationError) -> Problem:
    """Return the first problem of a section that was made from input of the user."""
    item = error.errors(include_url=False)[0]
    shown = "" if item["type"] == "missing" or isinstance(item["input"], dict | list) else shorten(item["input"])
    return Problem(_path_of(item["loc"]), shown, message_of(item))


def _input_text(error: ValidationError) -> str:
    """Return the message for a section that was made from input of the user; empty for another error of pydantic."""
    sections, waiting = set(), [Section]
    while waiting:
        section = waiting.pop()
        sections.add(section.__name__)
        waiting += section.__subclasses__()
    return f"{first_problem(error)}." if error.title in sections else ""


register_input_error(ValidationError, _input_text)
