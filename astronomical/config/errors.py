"""Errors of a project file that name the place, the value, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

_MAX_SHOWN = 10
_MAX_VALUE = 60


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file."""

    path: str
    value: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        got = f" (found {self.value})" if self.value else ""
        return f"{where}{self.message}{got}"


class CannotWriteError(OSError):
    """A file that could not be written, and what can be done about it."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(error.errno, error.strerror or str(error))
        self.path = path

    def __str__(self) -> str:
        return (f"{self.path} could not be written ({self.strerror}). Make room on the disk, or make the folder "
                "writable, then try again.")


class ConfigError(ValueError):
    """A config that cannot be used, with every problem found in it."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        shown = [f"  {p}" for p in self.problems[:_MAX_SHOWN]]
        if len(self.problems) > _MAX_SHOWN:
            shown.append(f"  and {len(self.problems) - _MAX_SHOWN} more")
        super().__init__("\n".join([f"{source} cannot be used:", *shown]))


def shorten(value: Any) -> str:
    """Return a value as text that fits in a line."""
    text = repr(value)
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint at the known word nearest to `word`, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Translate what pydantic found into problems of the file."""
    found = []
    for item in error.errors(include_url=False):
        path = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            last = str(item["loc"][-1])
            hint = did_you_mean(last, _keys_at(model, item["loc"][:-1]))
            found.append(Problem(path, "", f"no such key{hint}"))
        elif item["type"] == "missing":
            found.append(Problem(path, "", "this key is required"))
        else:
            message = item["msg"].removeprefix("Value error, ")
            shown = "" if isinstance(item["input"], dict | list) else shorten(item["input"])
            found.append(Problem(path, shown, message[0].lower() + message[1:]))
    return found


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys allowed where `loc` leads to in the model."""
    for part in loc:
        if isinstance(part, int):
            continue
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        inner = _model_in(field.annotation) if field is not None else None
        if inner is None:
            return []
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)
