"""What can go wrong with a catalogue, in words for the person who chose the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = ["CatalogueError", "IdError", "TableChoiceError", "unknown_column"]


class CatalogueError(ValueError):
    """A catalogue cannot be used as asked; the message says why, and what to do."""


class IdError(CatalogueError):
    """The ids that were asked for are missing or not unique."""


class TableChoiceError(CatalogueError):
    """A file holds several tables and none was named.

    Parameters
    ----------
    where
        Name of the file.
    tables
        What to pass as `table`, one entry per table.
    descriptions
        One line for each table, for people.

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
        super().__init__(f"{where} holds {len(self.tables)} tables; choose one: {'; '.join(self.descriptions)}")


def unknown_column(name: str, known: Iterable[str]) -> CatalogueError:
    """Return the error for a column that is not there, with the names that come close."""
    names = list(known)
    folded = {item.casefold(): item for item in names}
    close = [folded[item] for item in difflib.get_close_matches(name.casefold(), folded, n=3)]
    if close:
        return CatalogueError(f"There is no column {name!r}; did you mean {' or '.join(map(repr, close))}?")
    listed = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    return CatalogueError(f"There is no column {name!r}; there are {listed or 'none'}")
