"""Classes while they are set up: which values mean what, under which name and in which colour."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from astronomical.config.schema import PALETTE

__all__ = ["ClassTable", "LabelValue"]

MAX_NAME = 200
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class LabelValue:
    """A value of the label column: how often it occurs, the class that it means, and the colour of that class."""

    value: str
    count: int
    name: str
    colour: str


@dataclass(frozen=True)
class ClassTable:
    """The values that are used, in the order in which they are shown.

    Attributes
    ----------
    entries
        One for each value. Values with one name are one class, in the colour of the first of them.
    """

    entries: tuple[LabelValue, ...] = ()

    def with_values(self, counts: Mapping[str, int]) -> ClassTable:
        """Return a table of other values; those that stay keep their names and colours."""
        known = {entry.value: entry for entry in self.entries}
        taken = {known[value].colour for value in counts if value in known}
        free = iter([colour for colour in PALETTE if colour not in taken] + list(PALETTE) * len(counts))
        return ClassTable(tuple(
            replace(known[value], count=count) if value in known else LabelValue(value, count, value, next(free))
            for value, count in counts.items()))

    def changed(self, value: str, *, name: str | None = None, colour: str | None = None) -> ClassTable:
        """Return the table with the name or the colour of one value changed."""
        return ClassTable(tuple(
            entry if entry.value != value else
            replace(entry, name=entry.name if name is None else name.strip(),
                    colour=entry.colour if colour is None else colour)
            for entry in self.entries))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, each once."""
        return tuple(dict.fromkeys(entry.name for entry in self.entries))

    @property
    def counts(self) -> dict[str, int]:
        """Number of sources of each class."""
        return {name: sum(entry.count for entry in self.entries if entry.name == name) for name in self.names}

    @property
    def colours(self) -> dict[str, str]:
        """Colour of each class: that of its first value."""
        return {entry.name: entry.colour for entry in reversed(self.entries)}

    @property
    def meaning(self) -> dict[str, str]:
        """The class that each value means."""
        return {entry.value: entry.name for entry in self.entries}

    def merged(self) -> dict[str, list[str]]:
        """Return the classes that several values mean, with these values."""
        found: dict[str, list[str]] = {}
        for entry in self.entries:
            found.setdefault(entry.name, []).append(entry.value)
        return {name: values for name, values in found.items() if len(values) > 1}

    def problems(self) -> list[str]:
        """Return what is wrong with names and colours."""
        found = [f"The class of label {entry.value!r} has no name." for entry in self.entries if not entry.name]
        found += [f"The name of label {entry.value!r} is longer than {MAX_NAME} characters."
                  for entry in self.entries if len(entry.name) > MAX_NAME]
        found += [f"{entry.colour!r} is no colour for {entry.name!r}: write it like #0072B2."
                  for entry in self.entries if not _COLOUR.fullmatch(entry.colour)]
        return found


def table_of_names(names: Sequence[str], before: ClassTable) -> ClassTable:
    """Return the table of classes that were typed, where there is no label column."""
    return before.with_values(dict.fromkeys(names, 0))
