"""Add columns to a table that are computed from others. This reads files, so call it in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astronomical.catalogue.errors import CatalogueError
from astronomical.setup.input_parsing import virtual_of
from astronomical.setup.table_preview import Table, read_table

if TYPE_CHECKING:
    from astronomical.setup.draft import Draft

__all__ = ["with_virtual"]


def with_virtual(draft: Draft, text: str) -> Table:
    """Return the table of a draft with virtual columns in place of those that it had.

    Parameters
    ----------
    draft
        The project that is being set up.
    text
        One line for each column, such as ``colour = g - r``.

    Raises
    ------
    CatalogueError, InvalidInputError
        If there is no table, or a line or an expression is not valid.
    """
    table = draft.table
    if table is None:
        raise CatalogueError("Choose a catalogue first.")
    virtual = virtual_of(text.splitlines(), table.virtual)
    return read_table(table.path, table.name, table.joins, draft.position_for_reading(), table.format, virtual)
