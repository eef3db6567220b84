"""Notes, tags and flags as a table, and as columns of the table of labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.table import Column, Table

from astronomical.labels.annotations import Remark, join_tags
from astronomical.labels.ledger import Ledger
from astronomical.session.errors import SessionError
from astronomical.session.export.table_io import check_table_name, write_table

__all__ = ["add_remarks", "export_remarks", "remarks_table"]

#: Maximum size of the notes in a table, in bytes: each row has room for the longest one.
_MAX_NOTES = 500_000_000
#: Maximum number of tags with a column; a FITS table has at most 999 columns.
_MAX_TAGS = 900
_BYTES_OF_CHARACTER = 4


def export_remarks(ledger: Ledger, path: str | Path, *, for_spreadsheets: bool = False, overwrite: bool = False) -> int:
    """Write the notes, tags and flags to a table with one row for each source, and return the number of sources.

    Parameters
    ----------
    ledger
        The labels.
    path
        The file; its extension determines the format, see `astronomical.session.export.table_io`.
    for_spreadsheets, overwrite
        See `astronomical.session.export.table_io.write_table`.

    Raises
    ------
    SessionError
        If the extension is unknown, or the file cannot be written.
    """
    path = check_table_name(path)
    table = remarks_table(ledger)
    write_table(table, path, for_spreadsheets=for_spreadsheets, overwrite=overwrite)
    return len(table)


def remarks_table(ledger: Ledger) -> Table:
    """Return the sources with a note, a tag or a flag as a table, in the order of their first entry.

    The columns are id, note, tags (separated by commas), flag, and ``tag_NAME`` for each tag.

    Raises
    ------
    SessionError
        If the notes or the tags are too many for a table.
    """
    ids = list(ledger.remarks)
    table = Table([np.array(ids, dtype=str)], names=["id"])
    add_remarks(table, ledger)
    tags = [join_tags(ledger.remarks[id].tags) for id in ids]
    table.add_column(Column(np.array(tags, dtype=str), description="Tags, separated by commas"), index=2, name="tags")
    return table


def add_remarks(table: Table, ledger: Ledger) -> None:
    """Add the columns note, flag, and ``tag_NAME`` for each tag to a table of sources.

    Tags whose names differ only in capitals get a number, because FITS does not distinguish such columns.

    Parameters
    ----------
    table
        A table with the column id.
    ledger
        The labels.

    Raises
    ------
    SessionError
        If the notes or the tags are too many for a table.
    """
    known = ledger.remarks
    found = [known.get(id, Remark()) for id in table["id"].tolist()]
    table["note"] = Column(_notes([remark.note for remark in found]), description="Note")
    table["flag"] = Column(np.array([remark.flag for remark in found], dtype=np.bool_), description="Flagged")
    tags = sorted({tag for remark in known.values() for tag in remark.tags})
    if len(tags) > _MAX_TAGS:
        raise SessionError(
            f"There are {len(tags):,} tags; a table has columns for at most {_MAX_TAGS}. Use fewer tags, or export "
            "the labels without notes, tags and flags."
        )
    taken = {name.lower() for name in table.colnames}
    for tag in tags:
        name = _free_name(f"tag_{tag}", taken)
        taken.add(name.lower())
        has = np.array([tag in remark.tags for remark in found], dtype=np.bool_)
        table[name] = Column(has, description=f"Whether the source has the tag {tag}")


def _notes(notes: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    needed = len(notes) * max(map(len, notes), default=0) * _BYTES_OF_CHARACTER
    if needed > _MAX_NOTES:
        raise SessionError(
            f"The notes need {needed / 1e9:.1f} GB in a table with {len(notes):,} rows. Export the labels without "
            "notes, tags and flags, and the notes in a file of their own."
        )
    return np.array(notes, dtype=str)


def _free_name(name: str, taken: set[str]) -> str:
    n, free = 1, name
    while free.lower() in taken:
        n += 1
        free = f"{name}_{n}"
    return free
