from __future__ import annotations

import numpy as np
import pytest

from astronomical.catalogue.errors import IdError
from astronomical.catalogue.hashing import derive_seed, hash_ids, hash_order
from astronomical.catalogue.ids import id_candidates, ids_from_column, ids_from_position, ids_from_rows
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.string_arrays import sort_order


def texts(ids):
    return [item.decode() for item in ids.tolist()]


def positions(*pairs):
    return texts(ids_from_position(*np.array(pairs, dtype=np.float64).T))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([5, -7]), ["5", "-7"]),
        (np.array([2**64 - 1, 1], dtype=np.uint64), ["18446744073709551615", "1"]),
        (np.array([5.0, 6.0]), ["5", "6"]),
        (np.array([5.0, 6.5]), ["5.0", "6.5"]),
        (np.array([0.1, 0.2], dtype=np.float32), ["0.1", "0.2"]),
        (np.array([" a", "ü "]), ["a", "ü"]),
        (np.ma.MaskedArray([1, 2], mask=[False, False]), ["1", "2"]),
    ],
)
def test_any_column_makes_texts(values, expected):
    assert texts(ids_from_column(values)) == expected


@pytest.mark.parametrize(
    "values",
    [
        np.array(["a", ""]),
        np.array([1.0, np.nan]),
        np.ma.MaskedArray([1, 2], mask=[False, True]),
    ],
)
def test_missing_ids_are_refused(values):
    with pytest.raises(IdError, match=r"Column 'x' .* 1 of 2 values are missing \(the first in row 2\)"):
        ids_from_column(values, "x")


def test_repeated_ids_are_refused_with_the_first_few():
    with pytest.raises(IdError, match=r"'objid' .* 1 distinct value for 3 rows \(first repeated: '7'\)"):
        ids_from_column(np.array([7, 7, 7]), "objid")
    with pytest.raises(IdError, match=r"3 distinct values for 6 rows \(first repeated: 'a', 'b', 'c'\)"):
        ids_from_column(np.array(["a", "b", "c", "c", "b", "a"]))


def test_rows():
    assert texts(ids_from_rows(11))[::5] == ["1", "6", "11"]


def test_position_names_are_truncated():
    # 12h34m56.789s, +01d23m45.67s
    assert positions(((12 + 34 / 60 + 56.789 / 3600) * 15, 1 + 23 / 60 + 45.67 / 3600)) == ["J123456.78+012345.6"]


def test_the_sign_of_zero_degrees_is_kept():
    assert positions((0, -0.5), (0, 0.5)) == ["J000000.00-003000.0", "J000000.00+003000.0"]


def test_rounding_to_a_nano_degree_comes_before_truncation():
    assert positions((15 - 1e-12, -1e-13), (360 - 1e-12, 90)) == ["J010000.00+000000.0", "J000000.00+900000.0"]


def test_colliding_names_get_more_digits_and_others_do_not():
    names = positions((10, 20), (10.00001, 20), (50, 20))
    assert names == ["J004000.000+200000.00", "J004000.002+200000.00", "J032000.00+200000.0"]


def test_positions_a_nano_degree_apart_have_names():
    assert len(set(positions((10, 20), (10 + 1e-9, 20), (10, 20 + 1e-9), (10, 20 - 1e-9)))) == 4


def test_identical_positions_are_counted_in_order_of_full_precision():
    names = positions((10 + 3e-10, 20), (10, 20), (10 + 1e-10, 20))
    assert names == ["J004000.00+200000.0-3", "J004000.00+200000.0", "J004000.00+200000.0-2"]


def test_a_missing_position_is_refused():
    with pytest.raises(IdError, match="1 of 2 positions are missing"):
        positions((1, 2), (np.nan, 2))


def test_sort_order_is_that_of_the_bytes():
    rng = np.random.default_rng(0)
    ids = np.array([b"%d" % n for n in rng.integers(0, 10**18, 500)] + ["é".encode(), b"z" * 30, b"a"])
    assert ids[sort_order(ids)].tolist() == sorted(ids.tolist())


def test_sort_order_looks_at_every_word():
    rng = np.random.default_rng(0)
    ids = np.array([b"2CXO J00%02d%02d.3+1356%02d" % tuple(part) for part in rng.integers(0, 100, (500, 3)).tolist()])
    assert ids[sort_order(ids)].tolist() == sorted(ids.tolist())


def test_sharing_right_ascension_alone_is_no_collision():
    assert positions((10, 20), (10, 30)) == ["J004000.00+200000.0", "J004000.00+300000.0"]


def test_candidates_count_distinct_values(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("ra,n,objid,name\n1.5,1,1.2E+18,a\n2.5,1,1.2E+18,b\n3.5,2,1.2E+18,\n")
    assert id_candidates(open_table(path)) == [("name", 2), ("n", 2), ("objid", 1)]


def test_the_seed_is_what_it_always_was():
    assert derive_seed(0, "split", "Star") == 16978016639082630415
    assert derive_seed(np.int64(0), "split", "Star") == derive_seed("0", "split", "Star")
    with pytest.raises(TypeError, match="texts and integers"):
        derive_seed(1.0)


def test_hashes_are_what_they_always_were():
    assert hash_ids(np.array([b"a", b"123456789"]), 42).tolist() == [4298636991054711470, 6492156611707985768]


def test_hashes_do_not_depend_on_the_width():
    ids = np.array([b"a", b"12345678", b"123456789"])
    np.testing.assert_array_equal(hash_ids(ids, 7), hash_ids(ids.astype("S40"), 7))


def test_hashes_depend_on_the_seed_and_on_every_word():
    ids = np.array([b"12345678aaaaaaaa", b"12345678aaaaaaab", b"12345678"])
    assert len({*hash_ids(ids, 1).tolist(), *hash_ids(ids, 2).tolist()}) == 6


def test_equal_hashes_are_ordered_by_id(monkeypatch):
    monkeypatch.setattr("astronomical.catalogue.hashing.hash_ids", lambda ids, seed: np.zeros(len(ids), np.uint64))
    ids = np.array([b"b", b"c", b"a"])
    assert ids[hash_order(ids, 0)].tolist() == [b"a", b"b", b"c"]
