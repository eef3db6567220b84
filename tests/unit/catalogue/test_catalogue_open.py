from __future__ import annotations

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError, IdError

TEXT = """id,ra,dec,mag,n,name,flag,text_number
b10,10.5,-0.5,18.25,5,Star,true,1.5
a2,200.123456789,45,-99,,Galaxy,false,
a1,,,21.123456789,-99,,,2.5
c3,359.5,89,inf,7,QSO,true,-99
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TEXT)
    return path


@pytest.fixture
def catalogue(path):
    return Catalogue.open(path, id_column="id", position=("ra", "dec", "deg"), missing=(-99,))


def test_rows_are_in_the_order_of_the_ids(catalogue):
    assert catalogue.ids.tolist() == [b"a1", b"a2", b"b10", b"c3"]
    assert catalogue.text("name").tolist() == ["", "Galaxy", "Star", "QSO"]
    np.testing.assert_array_equal(catalogue.raw("mag"), [21.123456789, -99, 18.25, np.inf])
    assert catalogue.n_rows == 4


def test_ids_and_rows(catalogue):
    assert [catalogue.row(item) for item in ("a1", "a2", "b10", "c3")] == [0, 1, 2, 3]
    assert catalogue.id_at(2) == "b10"
    assert catalogue.ids_at(np.array([3, 0])) == ("c3", "a1")
    assert catalogue.ids_at([]) == ()
    assert "a2" in catalogue


@pytest.mark.parametrize("unknown", ["", "a", "a22", "zz", "much longer than any id", "a1\x00", "\ud800", None, 5])
def test_unknown_ids(catalogue, unknown):
    assert unknown not in catalogue
    if isinstance(unknown, str):
        with pytest.raises(KeyError):
            catalogue.row(unknown)


def test_numbers_are_float32_with_sentinels_and_infinity_as_nan(catalogue):
    mag = catalogue.number("mag")
    assert mag.dtype == np.float32
    np.testing.assert_array_equal(mag, np.float32([21.123456789, np.nan, 18.25, np.nan]))
    np.testing.assert_array_equal(catalogue.number("n"), [np.nan, np.nan, 5, 7])
    np.testing.assert_array_equal(catalogue.number("flag"), [np.nan, 0, 1, 1])
    assert catalogue.number("mag") is mag


def test_prefetched_numbers_are_the_same(path, catalogue):
    other = Catalogue.open(path, id_column="id", missing=(-99,))
    other.prefetch(("mag", "n"))
    for name in ("mag", "n"):
        np.testing.assert_array_equal(other.number(name), catalogue.number(name))


def test_texts_are_no_numbers(catalogue):
    with pytest.raises(CatalogueError, match="'name' contains texts that are not numbers, such as 'Galaxy'"):
        catalogue.number("name")


def test_nothing_can_be_written_to(catalogue):
    arrays = (catalogue.ids, catalogue.raw("n"), catalogue.number("mag"), catalogue.text("name"), *catalogue.position)
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_positions(catalogue):
    assert catalogue.position_of("b10") == (10.5, -0.5)
    assert catalogue.position_of("a1") is None
    assert catalogue.position[0].dtype == np.float64
    assert catalogue.position[0][1] == 200.123456789
    with pytest.raises(KeyError):
        catalogue.position_of("none")


def test_without_positions(path):
    catalogue = Catalogue.open(path, id_column="id")
    assert catalogue.position is None
    assert catalogue.position_of("a1") is None


def test_description(catalogue):
    assert catalogue.describe("a1", ["mag", "n", "name", "id"]) == [
        ("mag", "21.12346", ""),
        ("n", "—", ""),
        ("name", "—", ""),
        ("id", "a1", ""),
    ]
    assert catalogue.describe("a2", ["mag", "n", "flag"]) == [("mag", "—", ""), ("n", "—", ""), ("flag", "False", "")]
    assert catalogue.describe("c3", ["mag", "n"]) == [("mag", "—", ""), ("n", "7", "")]


def test_search(catalogue):
    assert catalogue.search("a") == ["a1", "a2"]
    assert catalogue.search("A2") == ["a2"]
    assert catalogue.search("1") == ["a1", "b10"]
    assert catalogue.search("1", limit=1) == ["a1"]
    assert catalogue.search("") == catalogue.search("x") == catalogue.search("far too long for any") == []


def test_search_does_not_match_across_two_ids(tmp_path):
    (tmp_path / "t.csv").write_text("id\nab\nba\n")
    assert Catalogue.open(tmp_path / "t.csv", id_column="id").search("bb") == []


def test_numeric_columns(catalogue):
    assert catalogue.numeric_columns == ("ra", "dec", "mag", "n", "flag", "text_number")


def test_numeric_columns_of_bytes(tmp_path):
    Table({"id": ["x", "y"], "z": ["1.5", "  "], "blank": ["", " "]}).write(tmp_path / "t.fits")
    catalogue = Catalogue.open(tmp_path / "t.fits", id_column="id")
    assert catalogue.numeric_columns == ("z",)
    np.testing.assert_array_equal(catalogue.number("z"), [1.5, np.nan])


def test_ids_from_the_position_find_its_columns(path):
    with pytest.raises(IdError, match="1 of 4 positions are missing"):
        Catalogue.open(path, id_source="position")
    path.write_text("RA,Dec\n10:00:00,-00:30:00\n11:00:00,20:00:00\n")
    catalogue = Catalogue.open(path, id_source="position")
    assert catalogue.ids_at([0, 1]) == ("J100000.00-003000.0", "J110000.00+200000.0")
    assert catalogue.position_of("J100000.00-003000.0") == (150.0, -0.5)


def test_ids_from_the_position_without_position(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    with pytest.raises(IdError, match="no columns of right ascension"):
        Catalogue.open(tmp_path / "t.csv", id_source="position")


def test_ids_from_the_row(path):
    catalogue = Catalogue.open(path, id_source="row")
    assert catalogue.text("id")[catalogue.row("3")] == "a1"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"id_column": "n"}, "'n' cannot be the id: 1 of 4 values are missing"),
        ({"id_column": "flag"}, "'flag' cannot be the id"),
        ({}, "Choose where the ids come from"),
        ({"id_column": "Id"}, "did you mean 'id'"),
        ({"id_column": "id", "position": ("ra", "mag", "deg")}, "Declination -99"),
        ({"id_column": "id", "position": ("ra", "dec", "gon")}, "not 'gon'"),
    ],
)
def test_what_cannot_be_opened(path, settings, words):
    with pytest.raises(CatalogueError, match=words):
        Catalogue.open(path, **settings)


def test_a_table_without_rows(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(CatalogueError, match="no rows"):
        Catalogue.open(tmp_path / "t.csv", id_column="a")


def test_sentinels_of_coordinates_are_no_error(tmp_path):
    (tmp_path / "t.csv").write_text("id,ra,dec\n1,-999,-999\n2,5,6\n")
    catalogue = Catalogue.open(tmp_path / "t.csv", id_column="id", position=("ra", "dec", "deg"), missing=(-999,))
    assert catalogue.position_of("1") is None


@pytest.mark.parametrize("suffix", ["fits", "csv", "parquet"])
def test_an_integer_id_is_the_same_text_in_every_format(tmp_path, suffix):
    table = Table({"id": MaskedColumn([2**62 + 1, 5, 40]), "x": np.float32([1.5, 2.5, 3.5])})
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        table.to_pandas().to_parquet(path)
    else:
        table.write(path)
    catalogue = Catalogue.open(path, id_column="id")
    assert catalogue.ids_at([0, 1, 2]) == ("40", str(2**62 + 1), "5")
    assert catalogue.number("x").tolist() == [3.5, 1.5, 2.5]


def test_only_what_is_asked_for_is_read(path, monkeypatch):
    asked = []
    catalogue = Catalogue.open(path, id_column="id")
    read = type(catalogue.source)._read
    monkeypatch.setattr(type(catalogue.source), "_read", lambda self, names: asked.extend(names) or read(self, names))
    catalogue.number("mag")
    catalogue.number("mag")
    catalogue.text("name")
    assert asked == ["mag", "name"]
