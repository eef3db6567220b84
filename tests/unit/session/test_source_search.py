import numpy as np
import pytest
from astropy.table import Table

from astronomical.catalogue.catalogue import Catalogue
from astronomical.session.data.source_search import Lookup


@pytest.fixture
def lookup(tmp_path):
    table = Table(
        {
            "id": ["a1", "a2", "b1", "c1"],
            "ra": [10.0, 10.001, 200.0, np.nan],
            "dec": [5.0, 5.0, -30.0, 1.0],
            "name": ["NGC 4486", "M  88", "NGC 44860", ""],
        }
    )
    table.write(tmp_path / "t.fits")
    return Lookup(Catalogue.open(tmp_path / "t.fits", id_column="id", position=("ra", "dec", "deg")), "name")


def test_by_id_name_and_position(lookup):
    assert lookup.resolve(" a2 ").id == "a2"
    assert lookup.resolve("ngc4486").id == "a1"  # a whole name comes before a part of another
    assert lookup.resolve("m 88").id == "a2"
    answer = lookup.resolve("10.0009 5.0")
    assert (answer.id, answer.notice) == ("a2", "a2 is 0.4″ from there.")
    assert lookup.resolve("00 40 00 +05 00 00").id == "a1"
    assert lookup.resolve("13 20 00.1 -30 00 00").id == "b1"


def test_what_is_not_there_is_told(lookup):
    assert lookup.resolve("ngc").notice.startswith("Several sources")
    assert lookup.resolve("nobody").notice == "Not found: no id or name contains “nobody”."
    far = lookup.resolve("201 -30")
    assert far.id is None
    assert "no source within 1′ of “201 -30”; the nearest, b1, is 52′ away" in far.notice


def test_suggestions_say_why(lookup):
    assert [(found.id, found.why) for found in lookup.suggest("ngc")] == [("a1", "NGC 4486"), ("b1", "NGC 44860")]
    assert [(found.id, found.why) for found in lookup.suggest("a")] == [("a1", ""), ("a2", "")]
    assert [found.id for found in lookup.suggest("10 5")] == ["a1", "a2"]
    assert lookup.suggest("") == []


def test_neighbours_are_sorted(lookup):
    assert lookup.near(10.0, 5.0) == [("a1", 0.0), ("a2", pytest.approx(3.586, abs=1e-3))]
