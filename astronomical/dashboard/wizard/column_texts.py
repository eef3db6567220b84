"""Texts of the fields for the columns of a catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from astronomical.setup.classes import ClassTable

__all__ = ["distinct", "likely_first", "meaning_question", "proposal", "with_counts"]

#: Maximum number of classes that are listed in the question about their names.
_MOST_ASKED = 4
#: Maximum number of labels to choose from.
_MOST_LABELS = 1000


def meaning_question(classes: ClassTable) -> str:
    """Return a question about classes that are called by digits; empty if there are none."""
    if not classes.are_digits:
        return ""
    values = [entry.value for entry in classes.entries]
    *others, last = values[:_MOST_ASKED]
    listed = f"{', '.join(others)} and {last}" if others else last
    return (
        f"What do {listed}{' …' if len(values) > _MOST_ASKED else ''} mean? Give each class a name below, for example "
        "Pulsar. Class 1 keeps the key 1."
    )


def proposal(value: float, columns: Sequence[tuple[str, int]]) -> str:
    """Return the text of a possible missing-value code, with the columns that have it."""
    names = [name for name, _ in columns]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{value:g}: {sum(n for _, n in columns):,} values in {', '.join(names[:3])}{more}"


def distinct(n: int, n_rows: int) -> str:
    """Return a text with the number of distinct values of a column."""
    return "unique in every row" if n == n_rows else f"{n:,} distinct value{'' if n == 1 else 's'}"


def with_counts(counts: dict[str, int]) -> dict[str, str]:
    """Return the labels to choose from, by a text with their number of sources."""
    shown = list(counts.items())[:_MOST_LABELS]
    return {f"{value} ({n:,})": value for value, n in shown}


def likely_first(columns: Sequence[str], likely: Sequence[str]) -> dict[str, str]:
    """Return the columns to choose from, the likely label columns first."""
    return {name: name for name in (*likely, *columns)}
