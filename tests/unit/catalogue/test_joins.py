from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.joins import Join, match_keys, match_positions

ARCSEC = 1 / 3600


def positions(*pairs):
    return np.array([ra for ra, _ in pairs], dtype=float), np.array([dec for _, dec in pairs], dtype=float)


def test_ids_are_compared_as_text():
    match = match_keys(np.array([3, 1, 2, 9]), np.array(["1", " 2", "3.5", "3"]))
    assert match.rows.tolist() == [3, 0, 1, -1]
    assert match_keys(np.array([1.0, 2.0]), np.array([2, 1], dtype=np.int64)).rows.tolist() == [1, 0]
    assert str(match) == "3 matched, 1 unmatched, 0 ambiguous"


def test_repeated_and_missing_ids_match_nothing():
    match = match_keys(np.array(["a", "b", ""]), np.array(["a", "a", "b", ""]))
    assert match.rows.tolist() == [-1, 2, -1]
    assert match.n_ambiguous == 1
    assert match_keys(np.array(["a"]), np.zeros(0, dtype="U1")).rows.tolist() == [-1]


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ((359.9999, 0.0), (0.0001, 0.0)),  # across 0 h: 0.72 arcsec
        ((10.0, 89.9999), (190.0, 89.9999)),  # across the pole: 0.72 arcsec
        ((0.0, -90.0), (123.0, -89.9999)),
        ((180.0, 60.0), (180.0003, 60.0)),  # 0.54 arcsec, though 1.08 in right ascension
    ],
)
def test_neighbours_wherever_they_are(here, there):
    assert match_positions(positions(here), positions(there), 1.0).rows.tolist() == [0]
    assert match_positions(positions(here), positions(there), 0.3).rows.tolist() == [-1]


def test_best_pairs_are_each_others_nearest():
    here = positions((10, 0), (10 + 0.5 * ARCSEC, 0), (20, 0), (np.nan, 0))
    there = positions((10 + 0.6 * ARCSEC, 0), (50, 0), (20, 0.4 * ARCSEC), (20, -0.8 * ARCSEC), (0, np.nan))
    best = match_positions(here, there, 1.0)
    assert best.rows.tolist() == [-1, 0, 2, -1]
    assert best.n_ambiguous == 1
    assert match_positions(here, there, 1.0, "all").rows.tolist() == [0, 0, 2, -1]
    assert match_positions(here, positions(), 1.0).n_matched == 0


@pytest.mark.parametrize("seed", range(3))
def test_matches_are_those_of_all_pairs_compared(seed):
    rng = np.random.default_rng(seed)
    here = rng.uniform(0, 0.01, 60) % 360, rng.uniform(-0.005, 0.005, 60)
    there = (rng.uniform(0, 0.01, 80) - 0.001) % 360, rng.uniform(-0.005, 0.005, 80)
    apart = np.hypot(((here[0][:, None] - there[0] + 180) % 360 - 180), here[1][:, None] - there[1]) * 3600
    found = match_positions(here, there, 3.0)
    nearest = apart.argmin(1)
    expected = [j if apart[i, j] <= 3 and apart[:, j].argmin() == i else -1 for i, j in enumerate(nearest)]
    assert found.rows.tolist() == expected
    assert found.n_ambiguous == int(((apart <= 3).sum(1) > 1).sum())


@pytest.fixture
def tables(tmp_path):
    Table({"id": [3, 1, 2], "ra": [10.0, 20.0, 30.0], "dec": [0.0, 1.0, 2.0], "mag": [1.0, 2.0, 3.0]}).write(
        tmp_path / "main.fits"
    )
    Table(
        {
            "name": ["1", "3"],
            "RA": [20.0, 10.0],
            "DEC": [1.0, 0.0],
            "mag": [-99.0, 5.5],
            "n": [7, 8],
            "flag": [True, False],
            "t": ["x", "y"],
        }
    ).write(tmp_path / "other.csv")
    return tmp_path


def joined(folder, **options):
    join = Join(folder / "other.csv", **{"by": "id", "id_column": "name", "suffix": "_b", **options})
    return Catalogue.open(
        folder / "main.fits", id_column="id", position=("ra", "dec", "deg"), missing=(-99,), joins=[join]
    )


@pytest.mark.parametrize("options", [{}, {"by": "position", "id_column": None}, {"key": "id"}])
def test_columns_of_another_catalogue(tables, options):
    catalogue = joined(tables, **options)
    assert catalogue.ids.tolist() == [b"1", b"2", b"3"]
    np.testing.assert_array_equal(catalogue.number("mag_b"), [np.nan, np.nan, 5.5])
    np.testing.assert_array_equal(catalogue.number("n_b"), [7, np.nan, 8])
    assert catalogue.text("t_b").tolist() == ["x", "", "y"]
    assert np.ma.getmaskarray(catalogue.raw("flag_b")).tolist() == [False, True, False]
    assert {"mag", "mag_b", "n_b", "RA_b"} <= set(catalogue.numeric_columns)
    assert catalogue.describe("2", ["n_b", "t_b"]) == [("n_b", "—", ""), ("t_b", "—", "")]


def test_some_columns_only(tables):
    names = [column.name for column in joined(tables, columns=("n",), prefix="o_").columns]
    assert names == ["id", "ra", "dec", "mag", "o_n_b"]


def test_what_cannot_be_joined_is_refused_in_words(tables):
    with pytest.raises(CatalogueError, match="already a column 'mag'"):
        joined(tables, suffix="")
    with pytest.raises(CatalogueError, match="no column 'nam'; did you mean 'name'"):
        joined(tables, id_column="nam")
    with pytest.raises(CatalogueError, match="no column 'q'"):
        joined(tables, columns=("q",))
    join = Join(tables / "other.csv", "position", suffix="_b")
    with pytest.raises(CatalogueError, match="cannot be matched by position"):
        Catalogue.open(tables / "main.fits", id_column="id", joins=[join])


def test_the_id_of_another_table_may_have_the_name_of_the_id_here(tmp_path):
    Table({"id": ["a", "b"], "g": [1.0, 2.0]}).write(tmp_path / "c.csv")
    Table({"id": ["b", "a"], "w": [20.0, 10.0]}).write(tmp_path / "other.csv")
    join = Join(tmp_path / "other.csv", "id", id_column="id")
    found = Catalogue.open(tmp_path / "c.csv", id_source="column", id_column="id", joins=[join])
    assert [column.name for column in found.columns] == ["id", "g", "w"]
    assert found.number("w").tolist() == [10.0, 20.0]
