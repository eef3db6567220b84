"""Notes, tags and flags in exported tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.table import Table

from astronomical.labels.ledger import Ledger
from astronomical.session.errors import SessionError
from astronomical.session.export.labels import export_labels, labels_table
from astronomical.session.export.remarks import export_remarks, remarks_table

PLAIN = ["id", "label", "class", "origin", "round", "who", "when", "probable"]


def ledger_of(*entries: dict[str, object]) -> Ledger:
    return Ledger().extend({"who": "tester", "when": "", **entry} for entry in entries)[0]


@pytest.fixture
def ledger() -> Ledger:
    return ledger_of(
        {"kind": "label", "id": "a", "label": "Star", "class_name": "Star", "origin": "query"},
        {"kind": "label", "id": "b", "label": "QSO", "class_name": "Star", "origin": "query"},
        {"kind": "tag", "id": "b", "label": "Merger, merger, dusty"},
        {"kind": "note", "id": "c", "label": 'a tail,\n"faint"'},
        {"kind": "flag", "id": "b", "label": "flagged"},
        {"kind": "tag", "id": "d", "label": "gone"},
        {"kind": "tag", "id": "d", "label": None},
    )


@pytest.mark.parametrize("suffix", ["fits", "csv", "parquet", "vot", "ecsv"])
def test_every_format_has_the_same_remarks(ledger, tmp_path: Path, suffix):
    assert export_remarks(ledger, tmp_path / f"notes.{suffix}") == 2
    table = Table.read(tmp_path / f"notes.{suffix}")
    assert table.colnames == ["id", "note", "tags", "flag", "tag_Merger", "tag_dusty", "tag_merger_2"]
    table = table.filled("") if table.has_masked_values else table
    rows = {str(row["id"]): row for row in table}
    assert list(rows) == ["b", "c"]
    assert str(rows["c"]["note"]) == 'a tail,\n"faint"'
    assert str(rows["b"]["tags"]) == "Merger, dusty, merger"
    for name in ("flag", "tag_Merger", "tag_dusty", "tag_merger_2"):
        assert [str(rows["b"][name]).lower(), str(rows["c"][name]).lower()] == ["true", "false"]


def test_labels_have_the_remarks_of_their_sources(ledger):
    table = labels_table(ledger)
    assert table.colnames == [*PLAIN, "note", "flag", "tag_Merger", "tag_dusty", "tag_merger_2"]
    assert table["id"].tolist() == ["a", "b"]
    assert table["flag"].tolist() == table["tag_dusty"].tolist() == [False, True]
    assert table["note"].tolist() == ["", ""]
    assert labels_table(ledger, remarks=False).colnames == PLAIN


def test_without_remarks_the_table_of_labels_is_as_before(ledger):
    plain = ledger_of({"kind": "label", "id": "a", "label": "Star", "class_name": "Star", "origin": "query"})
    assert labels_table(plain).colnames == PLAIN
    assert len(remarks_table(plain)) == 0


def test_a_note_that_a_format_cannot_hold_is_named(tmp_path: Path):
    ledger = ledger_of({"kind": "note", "id": "a", "label": "Überrest"})
    with pytest.raises(SessionError, match=r"column 'note' contains 'Überrest'.*\.parquet, \.vot"):
        export_remarks(ledger, tmp_path / "notes.fits")
    with pytest.raises(SessionError, match="column 'note'"):
        export_labels(
            ledger.extend(
                [{"kind": "label", "id": "a", "label": "Star", "class_name": "Star", "origin": "query", "who": "t"}]
            )[0],
            tmp_path / "labels.fits",
        )
    assert not list(tmp_path.iterdir())


def test_too_many_tags_are_refused():
    tags = [f"t{n}" for n in range(901)]
    ledger = ledger_of(
        *({"kind": "tag", "id": f"s{n}", "label": ",".join(tags[n : n + 300])} for n in range(0, 901, 300))
    )
    with pytest.raises(SessionError, match="901 tags; a table has columns for at most 900"):
        remarks_table(ledger)
