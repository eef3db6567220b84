"""Find labels and columns that a user has named, and say which one was probably meant if there is none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from astronomical.errors import did_you_mean
from astronomical.session.errors import SessionError

__all__ = ["check_names", "named_values", "no_such_column"]

#: Maximum number of names in a message.
_SHOWN = 12
_MAX_NAME = 200


def named_values(column: str, names: Mapping[str, str], counts: Mapping[str, int]) -> dict[str, str]:
    """Return the class of each label that was named, with patterns replaced by the labels that they match.

    Parameters
    ----------
    column
        The label column.
    names
        Class of each label or pattern, such as ``G*``. A label that several match belongs to the first.
    counts
        The labels of the column.

    Raises
    ------
    SessionError
        If nothing has a name or matches a pattern.
    """
    found: dict[str, str] = {}
    for value, name in names.items():
        matching = [value] if value in counts else [label for label in counts if fnmatchcase(label, value)]
        if not matching:
            listed = ", ".join(list(counts)[:_SHOWN]) + (" …" if len(counts) > _SHOWN else "")
            hint = did_you_mean(value, counts)
            raise SessionError(f"Column {column!r} has no label {value!r}{hint or f'; it has {listed}.'}")
        for label in matching:
            found.setdefault(label, name)
    return found


def check_names(column: str, names: Sequence[str]) -> None:
    """Raise an error if the names of the classes are too long, or fewer than two.

    Raises
    ------
    SessionError
        If so; the message says what to do.
    """
    for name in names:
        if len(name) > _MAX_NAME:
            raise SessionError(
                f"Column {column!r} has the label '{name[:30]}…' of {len(name):,} characters, and the name of a class "
                f"can have {_MAX_NAME}. Give it a shorter name (--label-name VALUE=NAME), or choose another column."
            )
    if len(names) < 2:
        raise SessionError(
            f"Column {column!r} has only one class, {', '.join(names)}. A learner needs at least two."
            if names
            else f"Column {column!r} has no known labels. Choose another column, or none."
        )


def no_such_column(table: Path, name: str, columns: Collection[str]) -> str:
    """Return a message about a column that does not exist."""
    listed = ", ".join(sorted(columns)[:_SHOWN]) + (" …" if len(columns) > _SHOWN else "")
    return f"{table.name} has no column {name!r}{did_you_mean(name, columns) or f'; it has {listed}.'}"
