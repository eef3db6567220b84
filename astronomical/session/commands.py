"""Marks for the public methods of a session: which change the project, and which only read it.

A page may be read-only because another page edits the project. It has parts of its own, which share everything with
those of the other pages except for `Access`: a command asks it first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

__all__ = ["Access", "command", "commands_of", "full_access", "is_command", "is_query", "reads"]

#: Called before each command; raises `ReadOnlyError` if the caller may not change the project.
Access = Callable[[], None]


class _Part(Protocol):
    _access: Access


P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=_Part)
F = TypeVar("F", bound=Callable[..., Any])


def full_access() -> None:
    """Allow every command."""


def command(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Mark a method that changes the project or what its pages show. It is refused if its caller has no access."""

    @wraps(method)
    def checked(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        self._access()
        return method(self, *args, **kwargs)

    checked.__dict__["is_command"] = True
    return checked


def reads(method: F) -> F:
    """Mark a method that leaves the project and the source shown unchanged. A read-only page may call it."""
    method.__dict__["is_query"] = True
    return method


def is_command(method: object) -> bool:
    """Return whether a method is marked with `command`."""
    return bool(getattr(method, "is_command", False))


def is_query(method: object) -> bool:
    """Return whether a method is marked with `reads`."""
    return bool(getattr(method, "is_query", False))


def commands_of(part: object) -> Iterator[Callable[..., Any]]:
    """Yield the commands of a part."""
    for name in dir(type(part)):
        if is_command(getattr(type(part), name)):
            yield getattr(part, name)
