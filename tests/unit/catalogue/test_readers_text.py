from __future__ import annotations

import bz2
import gzip

import numpy as np
import pytest

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_table


def table(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_table(path)


def kinds(source):
    return {column.name: column.kind for column in source.columns}


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_and_line_end(tmp_path, delimiter, end):
    lines = [delimiter.join(row) for row in (("name", "x", "n"), ("a", "1.5", "1"), ("b", "2", "2"))]
    source = table(tmp_path, end.join(lines) + end)
    assert source.n_rows == 2
    assert kinds(source) == {"name": "text", "x": "float", "n": "integer"}
    assert source.read(["x"])["x"].tolist() == [1.5, 2.0]


def test_without_header_columns_are_numbered(tmp_path):
    source = table(tmp_path, "1,2.5,3\n4,5,6\n")
    assert [c.name for c in source.columns] == ["col1", "col2", "col3"]
    assert source.n_rows == 2


def test_a_blank_field_does_not_make_a_header_of_a_row(tmp_path):
    assert table(tmp_path, "1,,3\n4,5,6\n").n_rows == 2


def test_kinds_come_from_all_rows(tmp_path):
    rows = "".join(f"{i},{i},{i}\n" for i in range(5000))
    source = table(tmp_path, f"a,b,c\n{rows}7,7.5,x\n")
    assert kinds(source) == {"a": "integer", "b": "float", "c": "text"}


def test_many_columns_are_looked_at_in_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("astronomical.catalogue.readers.text._INFER_BYTES", 1)
    source = table(tmp_path, "a,b,c\n1,1.5,x\n2,2.5,y\n")
    assert kinds(source) == {"a": "integer", "b": "float", "c": "text"}


def test_long_integers_stay_exact(tmp_path):
    source = table(tmp_path, "id,u,huge\n1237648720693755918,18446744073709551615,99999999999999999999999\n1,2,3\n")
    assert kinds(source) == {"id": "integer", "u": "integer", "huge": "text"}
    values = source.read(["id", "u", "huge"])
    assert values["id"].tolist() == [1237648720693755918, 1]
    assert values["u"].tolist() == [18446744073709551615, 2]
    assert values["huge"].tolist() == ["99999999999999999999999", "3"]


def test_missing_integers_are_masked_and_not_floats(tmp_path):
    values = table(tmp_path, "id,n\n1,9007199254740993\n2,\n3,NaN\n").read(["n"])["n"]
    assert values.dtype == np.int64
    assert values.tolist() == [9007199254740993, None, None]


def test_missing_floats_and_texts(tmp_path):
    source = table(tmp_path, "x,t,b\n1.5,NA,true\n--,,\nnull, c ,false\n")
    values = source.read(["x", "t", "b"])
    np.testing.assert_array_equal(values["x"], [1.5, np.nan, np.nan])
    assert values["t"].tolist() == ["NA", "", "c"]
    assert values["b"].tolist() == [True, None, False]


def test_ids_are_read_as_they_stand(tmp_path):
    source = table(tmp_path, "id,code,x,y\n1.24E+18,007,5.0,1.50\n3.72E+18,010,6.0,2.25\n")
    texts = source.read_text(["id", "code", "x", "y"])
    assert texts["id"].tolist() == ["1.24E+18", "3.72E+18"]
    assert texts["code"].tolist() == ["007", "010"]
    assert texts["x"].tolist() == ["5", "6"]
    assert texts["y"].tolist() == ["1.50", "2.25"]


def test_numbers_with_a_plus_sign(tmp_path):
    source = table(tmp_path, "dec,n\n+12.5,+1\n-3.25,-2\n,3\n")
    assert kinds(source) == {"dec": "float", "n": "integer"}
    np.testing.assert_array_equal(source.read(["dec"])["dec"], [12.5, -3.25, np.nan])
    assert source.read(["n"])["n"].tolist() == [1, -2, 3]


def test_what_only_python_takes_for_a_number_is_text(tmp_path):
    assert kinds(table(tmp_path, "a\n1_000\n2_000\n"))["a"] == "text"


def test_times_stay_texts(tmp_path):
    rows = ("t,d,h", "2020-01-01 10:00:00,2020-01-01,10:00:00", "2020-01-02 10:00:00,2020-01-02,11:30:00")
    source = table(tmp_path, "\n".join(rows))
    assert set(kinds(source).values()) == {"text"}
    assert source.read(["d"])["d"].tolist() == ["2020-01-01", "2020-01-02"]


def test_quotes_delimiters_and_line_ends_within_fields(tmp_path):
    source = table(tmp_path, 'a,b\n"x, y","1"\n"two\nlines",2\n')
    assert source.read(["a"])["a"].tolist() == ["x, y", "two\nlines"]
    assert source.read(["b"])["b"].tolist() == [1, 2]


def test_comments_units_and_rules(tmp_path):
    source = table(tmp_path, "#VizieR\n#more\nRA\tDEC\ndeg\tmag\n---\t-----\n1.5\t2.5\n2.5\t3.5\n\n", "v.tsv")
    assert [(c.name, c.unit, c.kind) for c in source.columns] == [("RA", "deg", "float"), ("DEC", "mag", "float")]
    assert source.n_rows == 2


def test_columns_aligned_by_blanks_with_their_names_in_a_comment(tmp_path):
    source = table(tmp_path, "# id flux  z\n    1  1.5e-3   0.1\n   20  2.5     0.2  \n", "t.cat")
    assert [c.name for c in source.columns] == ["id", "flux", "z"]
    assert source.read(["id", "flux"])["id"].tolist() == [1, 20]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_compressed(tmp_path, pack):
    assert table(tmp_path, pack(b"a,b\n1,2\n"), "t.csv.packed").read(["b"])["b"].tolist() == [2]


def test_byte_order_mark_and_latin_1(tmp_path):
    assert [c.name for c in table(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n").columns] == ["a", "b"]
    assert table(tmp_path, b"a,b\ncaf\xe9,2\n").read(["a"])["a"].tolist() == ["café"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_as_spreadsheets_write_it(tmp_path, encoding):
    content = ("\ufeff" if encoding == "utf-16-be" else "") + "a\tb\r\ncafé\t2\r\nx\t3\r\n"
    source = table(tmp_path, content.encode(encoding), "t.txt")
    assert source.read(["a"])["a"].tolist() == ["café", "x"]
    assert source.read(["b"])["b"].tolist() == [2, 3]


def test_names_that_are_blank_or_the_same(tmp_path):
    source = table(tmp_path, ",a,a\n1,2,3\n")
    assert [c.name for c in source.columns] == ["col1", "a", "a_2"]
    assert source.read(["a_2"])["a_2"].tolist() == [3]


def test_a_short_line_is_named(tmp_path):
    with pytest.raises(CatalogueError, match="table of 3 columns: line 3 has 2 columns: '3,4'"):
        table(tmp_path, "a,b,c\n0,1,2\n3,4\n5,6,7\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"<?xml version='1.0'?><VOTABLE/>", "without a table"),
        (b"# %ECSV 1.0\n", "ends before the names of its columns"),
        (b"\\ x\na b\n", "no line names columns"),
        (b"\x89HDF\r\n\x1a\n", "cannot be read"),
        (b"\x93NUMPY\x01\x00", "a NumPy array"),
        (b"ab\x00\x01", "is not known"),
        (b"just some words here\nand more\n", "does not look like a table"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path, content, words):
    (tmp_path / "file.txt").write_bytes(content)
    with pytest.raises(CatalogueError, match=words):
        open_table(tmp_path / "file.txt")


def test_missing_file_folder_and_format(tmp_path):
    with pytest.raises(CatalogueError, match="There is no file"):
        open_table(tmp_path / "none.csv")
    with pytest.raises(CatalogueError, match="folder"):
        open_table(tmp_path)
    (tmp_path / "t.csv").write_text("a\n1\n")
    with pytest.raises(CatalogueError, match="Unknown format 'xls'"):
        open_table(tmp_path / "t.csv", format="xls")


def test_a_wrong_line_that_is_not_utf_8_is_named_without_a_traceback(tmp_path, capfd):
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,ra\n" + b"a,1\n" * 5 + b"\xff\xfe \xc3\xa9,1,2,3\n" + b"a,1\n" * 5)
    with pytest.raises(CatalogueError, match=r"line 7 has 4 columns: .*é,1,2,3"):
        open_table(path, format="csv").read(["id"])
    assert capfd.readouterr().err == ""
