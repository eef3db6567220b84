"""Errors about catalogues, with messages for the user."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from astronomical.errors import InvalidInputError

#: No similar names are suggested for shorter names, because too many names would match.
_LEAST_TO_COMPARE = 3

__all__ = ["CatalogueError", "HeaderChoiceError", "IdError", "TableChoiceError", "unknown_column"]


class CatalogueError(InvalidInputError):
    """A catalogue cannot be used as requested; the message says why and what to do."""


class IdError(CatalogueError):
    """The requested ids are missing or not unique."""


class TableChoiceError(CatalogueError):
    """A file contains several tables, and none was chosen.

    Parameters
    ----------
    where
        Name of the file.
    tables
        Values to pass as `table`, one for each table.
    descriptions
        One line about each table, to display.

    Attributes
    ----------
    tables : list of str
        What to pass as `table`, one entry per table.
    descriptions : list of str
        One line for each table, for people.
    """

    def __init__(self, where: str, tables: Sequence[str], descriptions: Sequence[str] | None = None) -> None:
        self.tables = list(tables)
        self.descriptions = list(descriptions or tables)
        super().__init__(f"{where} contains {len(self.tables)} tables; choose one: {'; '.join(self.descriptions)}")


class HeaderChoiceError(CatalogueError):
    """The first line of a text table may contain the names of the columns or the values of the first row.

    Parameters
    ----------
    line
        The line.
    where
        Name of the file.

    Attributes
    ----------
    line : str
        The line, shortened.
    """

    def __init__(self, line: str, where: str = "") -> None:
        self.line = line[:120]
        super().__init__(
            f"{where}: the first line, {self.line!r}, looks like values, not like the names of the columns. "
            "Add a line of names before it, or say whether it contains the names"
        )


def unknown_column(name: str, known: Iterable[str]) -> CatalogueError:
    """Return the error for a column that does not exist, with similar names as suggestions."""
    names = list(known)
    folded = {item.casefold(): item for item in names}
    wanted = name.casefold()
    if len(wanted) < _LEAST_TO_COMPARE:
        matches = [wanted] if wanted in folded else []
    else:
        matches = difflib.get_close_matches(wanted, [item for item in folded if len(item) >= _LEAST_TO_COMPARE], n=3)
    close = [folded[item] for item in matches]
    if close:
        return CatalogueError(f"There is no column {name!r}; did you mean {' or '.join(map(repr, close))}?")
    listed = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    return CatalogueError(f"There is no column {name!r}; the columns are {listed or 'none'}")
