"""Tables on disk: what a spreadsheet makes of them, and what a program does."""

from __future__ import annotations

import csv

import pytest
from astropy.table import Table
from pyarrow import parquet

from astronomical.catalogue.readers import open_table
from astronomical.session.errors import SessionError
from astronomical.session.export.table_io import TABLE_SUFFIXES, write_table

HARMLESS = ["J1230", "-", "1=2", "'=1", "", " =1"]
FORMULAE = ["=1+1", "+2", "-12.5", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil.example")']


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("name", ["t.csv", "t.fits", "t.parquet", "t.vot", "t.ecsv"])
def test_texts_stay_as_they_are_for_programs(tmp_path, name):
    texts = FORMULAE[:4] + HARMLESS[:4]
    write_table(Table({"id": texts, "p": range(8)}), tmp_path / name, for_spreadsheets=name != "t.csv")
    assert [
        str(text)
        for text in Table.read(
            tmp_path / name, **({"format": "csv", "converters": {"id": str}} if name == "t.csv" else {})
        )["id"]
    ] == texts


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


TEXTS = {
    "accent": "Étoile",
    "accent composed of two characters": "E\u0301toile",
    "beyond the basic plane": "a🌟b",
    "ideographs": "銀河",
    "quotes": "a\"b'c",
    "comma": "a,b",
    "line break": "a\nb",
    "tab": "a\tb",
    "markup": "<a&b>",
    "backslash": "a\\b",
    "missing": "NA",
    "digits": "0012",
    "blank at the end": "a ",
    "blank at the start": " a",
    "blank alone": " ",
    "tab at the end": "a\t",
    "line break at the end": "a\n",
    "other line break": "a\rb",
    "control character": "a\x1bb",
}


def texts_in(path):
    """Read the column of texts without a conversion of its values."""
    if path.suffix == ".csv":
        return [row[0] for row in read(path)[1:]]
    if path.suffix == ".parquet":
        return parquet.read_table(path)["label"].to_pylist()
    if path.suffix == ".ecsv":
        return [str(text) for text in Table.read(path, fast_reader=False)["label"]]
    return [str(text) for text in Table.read(path)["label"]]


def is_held(suffix, text):
    """Return whether a format holds a text so that it reads back the same."""
    if suffix == ".fits":
        return text.isascii() and text == text.rstrip()
    return suffix != ".ecsv" or (text == text.strip() and "\r" not in text)


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_reads_back_the_same_or_is_refused_with_formats_that_hold_it(tmp_path, suffix, text):
    path = tmp_path / f"labels{suffix}"
    table = Table({"label": ["x", text, "a longer text"], "n": [1, 2, 3]})
    if not is_held(suffix, text):
        with pytest.raises(SessionError, match=r"'label' .* ends in \.parquet, \.vot(, \.ecsv)? or \.csv"):
            write_table(table, path)
        assert list(tmp_path.iterdir()) == [], "no part of a file remains"
        return
    write_table(table, path)
    assert texts_in(path) == ["x", text, "a longer text"]


@pytest.mark.parametrize("text", ["a\ud800b", "a\0b"])
@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_what_is_no_text_is_refused_by_every_format(tmp_path, suffix, text):
    with pytest.raises(SessionError, match=r"column 'who' contains .*not valid text"):
        write_table(Table({"who": [text]}), tmp_path / f"t{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["p_Étoile", "p_🌟"])
def test_names_of_columns_beyond_ascii(tmp_path, name):
    table = Table({"id": ["a"], name: [0.5]})
    with pytest.raises(SessionError, match="ASCII"):
        write_table(table, tmp_path / "t.fits")
    for suffix in (".csv", ".parquet", ".vot", ".ecsv"):
        write_table(table, tmp_path / f"t{suffix}")
        assert [column.name for column in open_table(tmp_path / f"t{suffix}").columns] == ["id", name]


def test_a_class_whose_name_ends_in_a_blank_is_refused_where_the_blank_is_lost(tmp_path):
    table = Table({"id": ["a"], "p_Star ": [0.5]})
    for suffix in (".fits", ".ecsv"):
        with pytest.raises(SessionError, match=r"the name of a column .* does not keep blanks"):
            write_table(table, tmp_path / f"t{suffix}")


def test_a_line_break_in_a_name_is_refused_where_it_would_break_the_table(tmp_path):
    table = Table({"id": ["a"], "p_a\nb": [0.5]})
    for suffix in (".csv", ".fits", ".vot", ".ecsv"):
        with pytest.raises(SessionError, match=r"ends in \.parquet"):
            write_table(table, tmp_path / f"t{suffix}")
    write_table(table, tmp_path / "t.parquet")
    assert parquet.read_table(tmp_path / "t.parquet").column_names == ["id", "p_a\nb"]


def test_an_old_file_is_kept_if_the_new_one_is_refused(tmp_path):
    write_table(Table({"id": ["a"]}), tmp_path / "t.fits")
    before = (tmp_path / "t.fits").read_bytes()
    with pytest.raises(SessionError):
        write_table(Table({"id": ["é"]}), tmp_path / "t.fits", overwrite=True)
    assert (tmp_path / "t.fits").read_bytes() == before
