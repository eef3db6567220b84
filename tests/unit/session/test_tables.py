"""Tables on disk: what a spreadsheet makes of them, and what a program does."""

from __future__ import annotations

import csv

import pytest
from astropy.table import Table

from astronomical.session.tables import write_table

HARMLESS = ["J1230", "-", "1=2", "'=1", "", " =1"]
FORMULAE = ["=1+1", "+2", "-12.5", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://evil.example\")"]


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("name", ["t.csv", "t.fits", "t.parquet", "t.vot", "t.ecsv"])
def test_texts_stay_as_they_are_for_programs(tmp_path, name):
    texts = FORMULAE[:4] + HARMLESS[:4]
    write_table(Table({"id": texts, "p": range(8)}), tmp_path / name, for_spreadsheets=name != "t.csv")
    assert [str(text) for text in Table.read(tmp_path / name, **({"format": "csv", "converters": {"id": str}}
                                                                 if name == "t.csv" else {}))["id"]] == texts


@pytest.mark.parametrize("as_bytes", [False, True])
def test_no_text_for_a_spreadsheet_begins_like_a_formula(tmp_path, as_bytes):
    table = Table({"=id": HARMLESS[:1] + HARMLESS[2:] + FORMULAE, "x": [-1.5] * 12})
    if as_bytes:
        table.convert_unicode_to_bytestring()
    write_table(table, tmp_path / "t.csv", for_spreadsheets=True)
    rows = read(tmp_path / "t.csv")
    assert rows[0] == ["'=id", "x"]
    assert [row[0] for row in rows[1:]] == HARMLESS[:1] + HARMLESS[2:] + [f"'{text}" for text in FORMULAE]
    assert {row[1] for row in rows[1:]} == {"-1.5"}, "numbers are numbers"
    assert table.colnames == ["=id", "x"], "the table itself is not changed"
