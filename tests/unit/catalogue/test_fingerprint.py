from __future__ import annotations

import numpy as np
import pytest

from astronomical.catalogue.fingerprint import N_BLOCKS, Change, block_digests, count_changes, fingerprint

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
        {"rows": 3, "ids": "f9ef58e5ffc12ac2", "columns": {"x": "48e07767217c2069", "t": "a722de8e4ba91c19"}}
    )


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


ALL = np.array([f"s{i}".encode() for i in range(4000)])
VALUES = np.random.default_rng(2).normal(size=len(ALL))


def blocks(ids, values):
    ids_text, columns = block_digests(ids, {"x": values})
    return ids_text, columns["x"]


def test_blocks_depend_on_neither_the_order_of_the_rows_nor_the_type():
    order = np.random.default_rng(1).permutation(len(ALL))
    assert blocks(ALL, VALUES) == blocks(ALL[order], VALUES[order].astype(np.float32))
    names = np.array(["a", "bc", ""] * 1000 + ["ü"] * 1000)
    assert blocks(ALL, names) == blocks(ALL[order], names[order].astype("U9"))
    assert blocks(IDS, np.array([1.0, np.nan, -0.0]))[1] == blocks(IDS, np.array([1.0, -np.nan, 0.0]))[1]


PINNED_IDS = [(121, 121), (149, 149), (251, 251)]


def test_blocks_are_what_they_always_were():
    ids, columns = block_digests(IDS, {"x": np.array([1.0, 2, 3])})
    assert len(ids) == 2 * N_BLOCKS
    assert [(n, byte) for n, byte in enumerate(bytes.fromhex(ids)) if byte] == PINNED_IDS
    assert [byte for byte in bytes.fromhex(columns["x"]) if byte] == [0x53, 0x81, 0x50]


@pytest.mark.parametrize("n", [1, 3, 40, 300])
def test_the_number_of_rows_that_differ_is_estimated(n):
    changed = VALUES.copy()
    changed[:n] += 1
    (ids, before), (_, after) = blocks(ALL, VALUES), blocks(ALL, changed)
    change = count_changes(before, after, (ids, ids))
    assert change.least <= n
    assert abs(change.about - n) <= max(1, 0.25 * n)
    assert count_changes(before, before) == Change(0, 0)


def test_more_than_can_be_told_apart_is_said_to_be_many():
    change = count_changes(blocks(ALL, VALUES)[1], blocks(ALL, VALUES + 1)[1])
    assert change.about is None
    assert "many rows, at least 2" in str(change)
    assert count_changes("", "") is None


def test_values_are_compared_where_the_ids_agree():
    (ids, before), (fewer, after) = blocks(ALL, VALUES), blocks(ALL[:-20], VALUES[:-20])
    assert 15 <= count_changes(ids, fewer).about <= 25
    assert count_changes(before, after, (ids, fewer)) == Change(0, 0)
