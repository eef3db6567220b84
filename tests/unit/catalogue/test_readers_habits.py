"""Text tables as astronomical programs and people write them: read, asked about, or refused by name."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from astronomical.catalogue.errors import CatalogueError, HeaderChoiceError
from astronomical.catalogue.readers import TableSource, open_table

ROWS = "s1 10.5 -3.5 STAR\ns2 11.5 +2.5 GAL\n"
NAMES = ["id", "ra", "dec", "cls"]


def opened(tmp_path: Path, text: str, name: str = "t.txt", **options) -> TableSource:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    return open_table(tmp_path / name, **options)


def names_of(source: TableSource) -> list[str]:
    return [column.name for column in source.columns]


@pytest.mark.parametrize(
    "header",
    [
        "# id ra dec cls\n",
        "#id ra dec cls\n",
        "# Made by Jane on Monday\n# id ra dec cls\n",
        "#\n# id ra dec cls\n#\n",
        "# id ra dec cls\n# - deg deg -\n",
        "# id  ra  dec  cls\n# [] [deg] [deg] []\n",
        "id ra dec cls\n",
        "# four words of prose\nid ra dec cls\n",
        "\n\n# id ra dec cls\n",
    ],
)
@pytest.mark.parametrize("comma", [" ", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_names_are_found_in_a_comment_or_in_the_first_line(tmp_path, header, comma, end):
    prose = "# Made by Jane on Monday\n"
    table = header.removeprefix(prose) + ROWS
    text = (prose if header.startswith(prose) else "") + "\n".join(
        line
        if line in ("", "#")
        else comma.join(line.removeprefix("# ").split()).join(("# " * line.startswith("# "), ""))
        for line in table.split("\n")
    )
    source = opened(tmp_path, text.replace("\n", end))
    assert (names_of(source), source.n_rows) == (NAMES, 2)
    assert source.read(["dec", "cls"])["dec"].tolist() == [-3.5, 2.5]
    assert source.info("ra").unit == ("deg" if "deg" in header else "")


def test_the_header_of_savetxt_is_read(tmp_path):
    np.savetxt(tmp_path / "t.txt", [[1.5, 2.5], [3.5, 4.5]], header="Simulated stars\nu g")
    assert names_of(open_table(tmp_path / "t.txt")) == ["u", "g"]


@pytest.mark.parametrize(
    "text", [ROWS, ROWS.replace(" ", ","), "NGC1 12:30:45 -10:20:30 x\nNGC2 12:30:46 -10:20:31 y\n"]
)
def test_a_first_line_of_values_is_a_question_with_two_answers(tmp_path, text):
    with pytest.raises(HeaderChoiceError, match=r"t.txt: the first line, .* looks like values") as caught:
        opened(tmp_path, text)
    assert caught.value.line == text.splitlines()[0]
    without = open_table(tmp_path / "t.txt", format="text-no-header")
    assert (names_of(without), without.n_rows) == (["col1", "col2", "col3", "col4"], 2)
    with_names = open_table(tmp_path / "t.txt", format="text-header")
    assert (names_of(with_names)[0], with_names.n_rows) == (text.replace(",", " ").split()[0], 1)
    old = open_table(tmp_path / "t.txt", format="csv")
    assert (names_of(old), old.format) == (names_of(with_names), "csv")


def test_a_project_of_an_older_version_reads_its_file_as_before(tmp_path):
    (tmp_path / "t.txt").write_text("# id ra dec cls\n" + ROWS)
    assert open_table(tmp_path / "t.txt", format="csv").n_rows == 1
    assert (open_table(tmp_path / "t.txt").format, open_table(tmp_path / "t.txt", format="text").n_rows) == ("text", 2)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    assert open_table(tmp_path / "t.csv").format == "csv"


@pytest.mark.parametrize("format", ["text-header", "text-no-header"])
def test_other_formats_have_no_first_line(tmp_path, format):
    Table({"a": [1.5]}).write(tmp_path / "t.fits")
    with pytest.raises(CatalogueError, match="is not a text table"):
        open_table(tmp_path / "t.fits", format=format)


def test_blanks_within_quotes_stay(tmp_path):
    source = opened(tmp_path, '# id   name  g\n  0  "NGC  5"  1.5\n  1  x        2.5\n')
    assert source.read(["name", "g"])["name"].tolist() == ["NGC  5", "x"]
    inches = opened(tmp_path, 'id size g\n 0  5"  1.5\n 1  x  2.5\n', format="text")
    assert inches.n_rows >= 1


SEXTRACTOR = """#   1 NUMBER                 Running object number
#   2 ALPHA_J2000            Right ascension of barycenter (J2000)        [deg]
#   3 MAG_APER               Fixed aperture magnitude vector              [mag]
#   5 CLASS_STAR             S/G classifier output
         1  198.775780   19.9  19.8  0.372
         2  272.247730   19.7  19.6  0.581
"""


def test_a_catalogue_of_sextractor_is_read(tmp_path):
    source = opened(tmp_path, SEXTRACTOR, "t.cat")
    assert names_of(source) == ["NUMBER", "ALPHA_J2000", "MAG_APER", "MAG_APER_1", "CLASS_STAR"]
    assert (source.info("ALPHA_J2000").unit, source.info("MAG_APER").unit) == ("deg", "mag")
    assert source.info("ALPHA_J2000").description.startswith("Right ascension of barycenter")
    assert source.read(["CLASS_STAR"])["CLASS_STAR"].tolist() == [0.372, 0.581]
    again = open_table(tmp_path / "t.cat", format=source.format)
    assert (again.format, names_of(again)) == ("sextractor", names_of(source))


def test_a_catalogue_of_sextractor_without_units_and_with_a_vector_at_its_end_is_read(tmp_path):
    text = "# 1 NUMBER\n# 2 X_IMAGE\n# 3 MAG_APER\n 1 10.5 19.9 19.8\n 2 11.5 19.7 19.6\n"
    assert names_of(opened(tmp_path, text)) == ["NUMBER", "X_IMAGE", "MAG_APER", "MAG_APER_1"]


DESCRIPTION = """Byte-by-byte Description of file: {}
--------------------------------------------------------------------------------
   Bytes Format Units   Label  Explanations
--------------------------------------------------------------------------------
   1-  2 A2     ---     Name   Name
   4-  8 F5.2   deg     RAdeg  Right ascension
  10- 13 F4.1   mag     gmag   ? g magnitude
--------------------------------------------------------------------------------
"""
CDS_ROWS = "s1 10.50 19.5\ns2 11.50     \ns3 12.50 21.5\n"


@pytest.mark.parametrize("place", ["in the file", "in a ReadMe"])
def test_a_table_of_the_cds_is_read(tmp_path, place):
    title = "Title: Stars\nAuthors: A.\nTable: Stars\n" + "=" * 80 + "\n"
    if place == "in the file":
        source = opened(tmp_path, title + DESCRIPTION.format("t.txt") + CDS_ROWS)
    else:
        (tmp_path / "ReadMe").write_text(title + DESCRIPTION.format("t.txt"))
        source = opened(tmp_path, CDS_ROWS)
    assert (names_of(source), source.format) == (["Name", "RAdeg", "gmag"], "cds")
    assert source.info("RAdeg").unit == "deg"
    values = source.read(["Name", "gmag"])
    assert values["Name"].tolist() == ["s1", "s2", "s3"]
    np.testing.assert_array_equal(values["gmag"], [19.5, np.nan, 21.5])


def test_a_readme_that_describes_other_files_changes_nothing(tmp_path):
    (tmp_path / "ReadMe").write_text(DESCRIPTION.format("other.dat"))
    assert opened(tmp_path, "id g\ns1 1.5\ns2 2.5\n").format == "csv"


def test_a_table_of_daophot_is_read(tmp_path):
    text = (
        "#K IRAF       = NOAO/IRAFV2.10EXPORT    version    %-23s\n"
        "#N ID    XCENTER   YCENTER   MAG         MERR\n"
        "#U ##    pixels    pixels    magnitudes  magnitudes\n"
        "#F %-9d  %-10.3f   %-10.3f   %-12.3f     %-14.3f\n"
        "1        219.045   463.667   INDEF       0.05\n"
        "2        136.681   121.711   19.986      0.05\n"
    )
    source = opened(tmp_path, text, "t.als")
    assert (names_of(source), source.n_rows) == (["ID", "XCENTER", "YCENTER", "MAG", "MERR"], 2)
    np.testing.assert_array_equal(source.read(["MAG"])["MAG"], [np.nan, 19.986])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comments_between_the_rows_are_passed_over(tmp_path, end):
    text = "# made today\nid,g\ns1,1.5\n# a,b\ns2,2.5\n#\ns3,3.5\n# 3 rows".replace("\n", end)
    source = opened(tmp_path, text, "t.csv")
    assert (source.format, source.read(["g"])["g"].tolist()) == ("text", [1.5, 2.5, 3.5])


def test_a_second_header_is_named_with_its_row(tmp_path):
    with pytest.raises(CatalogueError, match=r"row 3 repeats the names of the columns"):
        opened(tmp_path, "id,g\ns1,1.5\ns2,2.5\nid,g\ns3,3.5\n", "t.csv")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("id;g;r\na;19,911;1,5\nb;18,96;\n", [19.911, 18.96]),
        ("id;g\na;1.234,5\nb;7\n", [1234.5, 7]),
        ("id;g;r\na;19,911;1,25\nb;18,961;2,5\n", [19.911, 18.961]),
        ('id,g,r\na,"30,463",1.5\nb,"45,360",2.5\n', [30463, 45360]),
        ('id,g\na,"1,030,463.25"\nb,"45,360"\n', [1030463.25, 45360]),
        ("id\tg\na\t-1,5e3\nb\tINDEF\n", [-1500, np.nan]),
    ],
)
def test_numbers_with_commas_are_read(tmp_path, text, values):
    source = opened(tmp_path, text)
    assert (source.info("g").kind, source.format) == ("float", "text")
    np.testing.assert_array_equal(source.read(["g"])["g"], values)
    assert open_table(tmp_path / "t.txt", format="csv").info("g").kind == "text"


def test_numbers_that_may_be_thousands_or_decimals_stay_texts(tmp_path):
    source = opened(tmp_path, "id;g\na;30,463\nb;45,360\n")
    assert source.info("g").kind == "text"


@pytest.mark.parametrize("word", ["INDEF", "?", "unknown", "masked", "N/A", "--", "null", "None"])
def test_words_for_missing_are_missing_numbers(tmp_path, word):
    source = opened(tmp_path, f"id,g\na,1.5\nb,{word}\nc,2.5\n", "t.csv")
    np.testing.assert_array_equal(source.read(["g"])["g"], [1.5, np.nan, 2.5])


FRAME = pd.DataFrame({"id": ["a", "b"], "ra": [1.5, 2.5]})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("| id | ra  |\n|----|-----|\n| a  | 1.5 |\n", "a Markdown table"),
        ("id | ra\n--- | ---\na | 1.5\n", "a Markdown table"),
        (" id | ra  \n----+-----\n a  | 1.5\n(1 row)\n", "psql"),
        ("+----+-----+\n| id | ra  |\n+----+-----+\n| a  | 1.5 |\n", "MySQL"),
        ("┌────┬─────┐\n│ id │ ra  │\n", "box characters"),
        ("==== =====\n id   ra\n==== =====\n a    1.5\n", "reStructuredText"),
        (FRAME.to_json(orient="records"), "JSON,"),
        (FRAME.to_json(orient="split"), "JSON,"),
        (FRAME.to_json(orient="records", lines=True), "JSON lines"),
        ("[\n  [1, 2],\n  [3, 4]\n]", "JSON,"),
        ("% made today\n\\begin{table}\n\\begin{tabular}{cc}\nid & ra \\\\\n", "LaTeX"),
        ("<html><table><tr><td>id</td></tr></table></html>", "a web page"),
    ],
)
@pytest.mark.parametrize("name", ["t.csv", "t.txt"])
def test_tables_for_people_and_documents_are_refused_by_name(tmp_path, text, words, name):
    with pytest.raises(CatalogueError, match=words):
        opened(tmp_path, text, name)


@pytest.mark.parametrize("format", ["ascii.csv", "ascii.tab", "ascii.commented_header", "ascii.basic", "ascii.ipac"])
def test_what_astropy_writes_is_still_read(tmp_path, format):
    stream = io.StringIO()
    Table({"id": ["a b", "c"], "ra": [1.5, 2.5]}).write(stream, format=format)
    source = opened(tmp_path, stream.getvalue())
    assert (names_of(source), source.read(["id"])["id"].tolist()) == (["id", "ra"], ["a b", "c"])


@pytest.mark.parametrize(
    ("name", "n_rows", "first"),
    [
        ("hash_header.csv", 120, "id"),
        ("hash_header.txt", 120, "id"),
        ("topcat_ascii.txt", 120, "id"),
        ("sextractor.cat", 120, "NUMBER"),
        ("mrt.txt", 120, "Name"),
        ("cds/table1.dat", 120, "Name"),
        ("daophot.als", 120, "ID"),
        ("comment_inside.csv", 120, "id"),
        ("decimal_comma.csv", 120, "id"),
    ],
)
def test_reported_files_are_read(shared: Path, name: str, n_rows: int, first: str):
    source = open_table(shared / "reported" / name)
    assert (source.n_rows, source.columns[0].name) == (n_rows, first)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_header.dat", "looks like values"),
        ("header_twice.csv", "row 121 repeats"),
        ("records.json", "is JSON,"),
        ("records.jsonl", "is JSON lines"),
    ],
)
def test_reported_files_are_refused_in_words(shared: Path, name: str, words: str):
    with pytest.raises(CatalogueError, match=words):
        open_table(shared / "reported" / name)
