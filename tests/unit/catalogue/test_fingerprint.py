from __future__ import annotations

import numpy as np

from astronomical.catalogue.fingerprint import fingerprint

IDS = np.array([b"a", b"b", b"c"])


def digest(values):
    return fingerprint(IDS, {"x": values})["columns"]["x"]


def test_what_it_holds():
    found = fingerprint(IDS, {"x": np.array([1.0, 2, 3]), "t": np.array(["p", "q", "r"])})
    assert found["rows"] == 3
    assert list(found["columns"]) == ["x", "t"]
    assert all(len(item) == 16 and int(item, 16) >= 0 for item in (found["ids"], *found["columns"].values()))


def test_it_is_what_it_always_was():
    assert fingerprint(IDS, {"x": np.array([1.0, np.nan, -0.0]), "t": np.array(["p", "", "ü"])}) == (
        {"rows": 3, "ids": "f9ef58e5ffc12ac2", "columns": {"x": "48e07767217c2069", "t": "a722de8e4ba91c19"}})


def test_numbers_of_all_types_are_alike():
    expected = digest(np.array([1, 2, 3]))
    for dtype in (np.float32, np.float64, np.int16, ">f8", np.uint64):
        assert digest(np.array([1, 2, 3], dtype=dtype)) == expected
    assert digest(np.array([1, 2, 3.5])) != expected


def test_zero_nan_and_masked_have_one_form():
    assert digest(np.array([0.0, np.nan, 1])) == digest(np.array([-0.0, -np.nan, 1]))
    assert digest(np.ma.MaskedArray([0, 7, 1], mask=[False, True, False])) == digest(np.array([0.0, np.nan, 1]))


def test_the_width_of_texts_does_not_matter_but_their_borders_do():
    assert digest(np.array(["ab", "c", ""])) == digest(np.array(["ab", "c", ""], dtype="U30"))
    assert digest(np.array(["ab", "c", ""])) != digest(np.array(["a", "bc", ""]))


def test_ids_matter():
    other = fingerprint(np.array([b"a", b"b", b"d"]), {})
    assert other["ids"] != fingerprint(IDS, {})["ids"]
