from __future__ import annotations

import numpy as np
import pytest

from astronomical.catalogue.labels import code_labels, label_counts, normalise_labels

MASKED = np.ma.MaskedArray([0, 1, -1, 7], mask=[False, False, False, True])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 1, -1, 12]), ["0", "1", "", "12"]),
        (MASKED, ["0", "1", "", ""]),
        (np.array([0.0, 1.0, -1.0, np.nan]), ["0", "1", "", ""]),
        (np.array([0.0, 1.5, -1.0], dtype=np.float32), ["0", "1.5", ""]),
        (np.array(["STAR ", " QSO", "", "-1", "nan", "NaN"]), ["STAR", "QSO", "", "", "", ""]),
        (np.array(["0.0", "1.", "-1.0", "1.5", "v1.0", "2.00"]), ["0", "1", "", "1.5", "v1.0", "2"]),
        (np.array([b"STAR  ", b"-1    "]), ["STAR", ""]),
        (np.array([True, False]), ["True", "False"]),
        (np.array([None, "a", np.nan], dtype=object), ["", "a", ""]),
        (np.array([], dtype="U4"), []),
    ],
)
def test_one_spelling_for_each_label(values, expected):
    assert normalise_labels(values).tolist() == expected


def test_normalising_does_not_write_to_its_input():
    values = np.array(["1.0", "-1"])
    values.setflags(write=False)
    normalise_labels(values)
    assert values.tolist() == ["1.0", "-1"]


def test_normalising_twice_changes_nothing():
    once = normalise_labels(np.array(["1.0", "-1", " a "]))
    assert normalise_labels(once).tolist() == once.tolist()


def test_counts_are_largest_first_then_by_name_without_unknown():
    values = np.array(["b", "a", "b ", "a", "c", "", "-1", "?", "?", "?"])
    assert list(label_counts(values, unknown=("?",)).items()) == [("a", 2), ("b", 2), ("c", 1)]


def test_codes_merge_values_and_leave_out_unknown_and_unlisted():
    texts = np.array(["1", "2", "3", "", "9", "8"])
    meaning = {"1": "Star", "2": "Galaxy", "3": "Star", "8": "Galaxy"}
    codes = code_labels(texts, meaning, ["Galaxy", "Star"], ("8",))
    assert codes.dtype == np.int16
    assert codes.tolist() == [1, 0, 1, -1, -1, -1]


def test_codes_of_nothing():
    assert code_labels(np.array([], dtype="U1"), {}, ["a"]).shape == (0,)
