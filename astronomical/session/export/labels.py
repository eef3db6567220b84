"""Export the labels as a table."""

from __future__ import annotations

from pathlib import Path

from astropy.table import Table

from astronomical.labels.ledger import Ledger
from astronomical.session.export.remarks import add_remarks
from astronomical.session.export.table_io import check_table_name, write_table

COLUMNS = ("id", "label", "class", "origin", "round", "who", "when", "probable")

#: Types of the columns that are not texts.
_TYPES = {"round": int, "probable": bool}


def export_labels(
    ledger: Ledger,
    path: str | Path,
    *,
    remarks: bool = True,
    for_spreadsheets: bool = False,
    overwrite: bool = False,
) -> int:
    """Write the labels in effect to a table, and return their number.

    The table has one row for each label of each learner: a source that two learners share has two rows.

    Parameters
    ----------
    ledger
        The labels.
    path
        The file; its extension determines the format, see `astronomical.session.export.table_io`.
    remarks
        Whether to include the notes, tags and flags.
    for_spreadsheets, overwrite
        See `astronomical.session.export.table_io.write_table`.

    Raises
    ------
    SessionError
        If the extension is unknown, the notes or tags are too many, or the file cannot be written.
    """
    path = check_table_name(path)
    table = labels_table(ledger, remarks=remarks)
    write_table(table, path, for_spreadsheets=for_spreadsheets, overwrite=overwrite)
    return len(table)


def labels_table(ledger: Ledger, *, remarks: bool = True) -> Table:
    """Return the labels in effect as a table, in the order in which they were given.

    If a source of the project has a note, a tag or a flag, the table also has the columns of
    `astronomical.session.export.remarks.add_remarks`, unless `remarks` is false.
    """
    newest = {}
    for event in ledger.effective:
        newest[event.id, event.class_name] = event
    events = sorted((e for e in newest.values() if e.kind == "label"), key=lambda e: e.n)
    rows = [
        (
            e.id or "",
            e.label or "",
            e.class_name or "",
            e.origin or "",
            -1 if e.round is None else e.round,
            e.who,
            e.when,
            e.probable is not None,
        )
        for e in events
    ]
    dtypes = [_TYPES.get(name, str) for name in COLUMNS]
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else None
    table = Table(columns, names=COLUMNS, dtype=dtypes)
    table["round"].description = "Number of labels of the learner when the source was chosen; -1 means none"
    table["probable"].description = "Whether the annotator was less certain of the label"
    if remarks and len(ledger.remarks):
        add_remarks(table, ledger)
    table.meta["NLABELS"] = len(table)
    table.meta["NCATLAB"] = sum(e.who == "catalogue" for e in events)
    return table
