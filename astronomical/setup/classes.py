"""Names and colours of the classes while a project is set up."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from astronomical.catalogue.labels import alike
from astronomical.catalogue.readers.source import ColumnInfo
from astronomical.config.class_keys import digit_of
from astronomical.config.schema import PALETTE

__all__ = ["REST", "ClassTable", "LabelValue", "label_candidates", "shortened"]

#: Name of the class of all labels that were not selected.
REST = "Other"
MAX_NAME = 200
#: Maximum number of values in a list for the user.
_SHOWN = 12
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LABEL_NAME = re.compile(
    r"(^|_)(true_?)?(class|cls|classification|category|label|species|obj_?type|spectype|spectral_type|type)$",
    re.IGNORECASE,
)
#: Ends of names such as ``bptclass``. They say less than a whole word, so such a column needs few distinct values.
_LABEL_ENDING = re.compile(r"(class|cls|type)$", re.IGNORECASE)
_FEW_VALUES = 50


@dataclass(frozen=True)
class LabelValue:
    """A value of the label column, with its count, its class and the colour of the class."""

    value: str
    count: int
    name: str
    colour: str


@dataclass(frozen=True)
class ClassTable:
    """Values of the label column, in the order in which they are shown.

    Attributes
    ----------
    entries
        One entry for each value. Values with the same name form one class, which takes the colour of the first value.
    """

    entries: tuple[LabelValue, ...] = ()

    def with_values(self, counts: Mapping[str, int]) -> ClassTable:
        """Return a table of other values. Values that were there before keep their names and colours."""
        known = {entry.value: entry for entry in self.entries}
        taken = {known[value].colour for value in counts if value in known}
        free = iter([colour for colour in PALETTE if colour not in taken] + list(PALETTE) * len(counts))
        return ClassTable(
            tuple(
                replace(known[value], count=count) if value in known else LabelValue(value, count, value, next(free))
                for value, count in counts.items()
            )
        )

    def with_rest(self, counts: Mapping[str, int]) -> ClassTable:
        """Return a table in which more values form one class, `REST`, or join it if there is one."""
        taken = {entry.colour for entry in self.entries}
        free = next((colour for colour in PALETTE if colour not in taken), PALETTE[-1])
        colour = self.colours.get(REST, free)
        return ClassTable((*self.entries, *(LabelValue(value, n, REST, colour) for value, n in counts.items())))

    def without(self, values: Container[str]) -> ClassTable:
        """Return a table without some values."""
        return ClassTable(tuple(entry for entry in self.entries if entry.value not in values))

    def changed(self, value: str, *, name: str | None = None, colour: str | None = None) -> ClassTable:
        """Return a copy of the table in which one value has another name or colour."""
        return ClassTable(
            tuple(
                entry
                if entry.value != value
                else replace(
                    entry,
                    name=entry.name if name is None else name.strip(),
                    colour=entry.colour if colour is None else colour,
                )
                for entry in self.entries
            )
        )

    def renamed(self, meaning: Mapping[str, str]) -> ClassTable:
        """Return a copy of the table in which some values have other names, and different classes other colours."""
        named = ClassTable(
            tuple(replace(entry, name=meaning.get(entry.value, entry.name).strip()) for entry in self.entries)
        )
        return named._with_different_colours()

    def _with_different_colours(self) -> ClassTable:
        """Return a copy in which a class with the colour of an earlier class has a free one, if there is any."""
        colours = self.colours
        taken: dict[str, str] = {}
        free = iter([item for item in PALETTE if item not in colours.values()])
        for name in self.names:
            taken[name] = next(free, colours[name]) if colours[name] in taken.values() else colours[name]
        return ClassTable(tuple(replace(entry, colour=taken[entry.name]) for entry in self.entries))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, without duplicates."""
        return tuple(dict.fromkeys(entry.name for entry in self.entries))

    @property
    def counts(self) -> dict[str, int]:
        """Number of sources of each class."""
        return {name: sum(entry.count for entry in self.entries if entry.name == name) for name in self.names}

    @property
    def colours(self) -> dict[str, str]:
        """Colour of each class, taken from its first value."""
        return {entry.name: entry.colour for entry in reversed(self.entries)}

    @property
    def meaning(self) -> dict[str, str]:
        """Class of each value."""
        return {entry.value: entry.name for entry in self.entries}

    @property
    def are_digits(self) -> bool:
        """Whether the classes are called 0, 1, ..., so that the names do not say what they are."""
        return bool(self.entries) and all(digit_of(entry.name) for entry in self.entries)

    @property
    def digit_keys(self) -> dict[str, str]:
        """Digit of each class, if the table has values such as 0 and 1 that were given names; else nothing."""
        keys = {entry.name: digit_of(entry.value) for entry in self.entries}
        plain = self.are_digits or "" in keys.values() or len(set(keys.values())) < len(self.entries)
        return {} if plain else keys

    def merged(self) -> dict[str, list[str]]:
        """Return the classes that consist of several values, with these values."""
        found: dict[str, list[str]] = {}
        for entry in self.entries:
            found.setdefault(entry.name, []).append(entry.value)
        return {name: values for name, values in found.items() if len(values) > 1}

    @property
    def alike(self) -> tuple[tuple[str, ...], ...]:
        """Groups of values that look alike and are different classes."""
        meaning = self.meaning
        return tuple(group for group in alike(meaning) if len({meaning[value] for value in group}) > 1)

    def with_alike_merged(self) -> ClassTable:
        """Return a table in which values that look alike form one class, with the name of the first of them."""
        names = {value: self.meaning[group[0]] for group in self.alike for value in group}
        return ClassTable(tuple(replace(entry, name=names.get(entry.value, entry.name)) for entry in self.entries))

    def problems(self) -> list[str]:
        """Return the problems with the names and colours."""
        found = [f"The class of label {entry.value!r} has no name." for entry in self.entries if not entry.name]
        found += [
            f"The name of label {entry.value!r} is longer than {MAX_NAME} characters."
            for entry in self.entries
            if len(entry.name) > MAX_NAME
        ]
        found += [
            f"{entry.colour!r} is not a valid colour for {entry.name!r}. Use the form #0072B2."
            for entry in self.entries
            if not _COLOUR.fullmatch(entry.colour)
        ]
        return found


def table_of_names(names: Sequence[str], before: ClassTable) -> ClassTable:
    """Return a class table of the typed names, for a catalogue without a label column."""
    return before.with_values(dict.fromkeys(names, 0))


def shortened(values: Sequence[str]) -> str:
    """Return a list of values as a text; of many, only the first."""
    more = len(values) - _SHOWN
    return ", ".join(values[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def label_candidates(columns: Iterable[ColumnInfo], distinct: Mapping[str, int]) -> tuple[str, ...]:
    """Return the columns whose names suggest that they hold labels, the most likely first.

    Parameters
    ----------
    columns
        The columns.
    distinct
        Numbers of distinct values, of the columns for which they are known.
    """
    suitable = [item.name for item in columns if item.kind in ("text", "integer", "bool")]
    words = [name for name in suitable if _LABEL_NAME.search(name)]
    endings = [name for name in suitable if _LABEL_ENDING.search(name) and 1 < distinct.get(name, 0) <= _FEW_VALUES]
    return tuple(dict.fromkeys([*words, *endings]))
