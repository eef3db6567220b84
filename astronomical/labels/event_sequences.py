"""Sequences and maps of events that share the data of a ledger instead of copying it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from astronomical.config.schema import LabelEvent

__all__ = ["NumberedEvents", "Ordered", "PendingEvents", "PendingUndone"]

T = TypeVar("T")


class Ordered(Mapping[str, T]):
    """A map of sources with its own order of iteration."""

    def __init__(self, items: Mapping[str, T], order: Sequence[tuple[int, str]]) -> None:
        self._items, self._order = items, order

    def __getitem__(self, id: str) -> T:
        return self._items[id]

    def get(self, id: str, default: Any = None) -> Any:
        """Return the value of a source."""
        return self._items.get(id, default)

    def __contains__(self, id: object) -> bool:
        return id in self._items

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[str]:
        return (id for _, id in self._order)

    def __reversed__(self) -> Iterator[str]:
        return (id for _, id in reversed(self._order))

    def __repr__(self) -> str:
        return repr(dict(self))


class NumberedEvents(Sequence[LabelEvent]):
    """Events by number."""

    def __init__(self, events: Sequence[LabelEvent], numbers: Sequence[int]) -> None:
        self._events, self._numbers = events, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(self._events[n - 1] for n in self._numbers[index])
        return self._events[self._numbers[index] - 1]


class PendingEvents(Sequence[LabelEvent]):
    """The events of a ledger, followed by those about to be added."""

    def __init__(self, known: Sequence[LabelEvent]) -> None:
        self._known, self.new = known, list[LabelEvent]()

    def __len__(self) -> int:
        return len(self._known) + len(self.new)

    def __getitem__(self, index: Any) -> Any:
        if index < 0:
            index += len(self)
        return self._known[index] if index < len(self._known) else self.new[index - len(self._known)]


class PendingUndone:
    """The undone numbers of a ledger, with those about to change."""

    def __init__(self, known: Mapping[int, None]) -> None:
        self._known, self._changes = known, dict[int, bool]()

    def __contains__(self, n: object) -> bool:
        return bool(self._changes[n]) if n in self._changes else n in self._known

    def add(self, n: int) -> None:
        """Mark an event as undone."""
        self._changes[n] = True

    def discard(self, n: int) -> None:
        """Mark an event as in force again."""
        self._changes[n] = False
