from __future__ import annotations

import numpy as np

from astronomical.catalogue.ids import ids_from_rows
from astronomical.catalogue.splits import split_rows


def counts(split, rows=slice(None)):
    return [int(np.count_nonzero(mask[rows])) for mask in (split.training, split.validation, split.test)]


IDS = ids_from_rows(130)
CODES = np.repeat([0, 1, 2, -1], [100, 10, 4, 16])


def test_each_class_is_divided_and_small_ones_stay_in_training():
    split = split_rows(IDS, CODES, seed=1)
    assert counts(split, CODES == 0) == [60, 20, 20]
    assert counts(split, CODES == 1) == [6, 2, 2]
    assert counts(split, CODES == 2) == [4, 0, 0]
    assert counts(split, CODES == -1) == [16, 0, 0]


def test_five_are_divided():
    assert counts(split_rows(IDS[:5], np.zeros(5, dtype=int), seed=0)) == [3, 1, 1]


def test_other_fractions():
    assert counts(split_rows(IDS, CODES, seed=1, fractions=(0.5, 0.5, 0.0)), CODES == 0) == [50, 50, 0]
    assert counts(split_rows(IDS, CODES, seed=1, fractions=(0.7, 0.1, 0.2)), CODES == 0) == [70, 10, 20]


def test_unknowns_can_be_left_out_and_classes_dropped():
    split = split_rows(IDS, CODES, seed=1, use_unknown=False, dropped=(0,))
    assert counts(split, CODES == -1) == [0, 0, 0]
    assert counts(split, CODES == 0) == [0, 0, 0]
    assert counts(split, CODES == 1) == [6, 2, 2]


def test_without_any_known_label_all_is_training():
    split = split_rows(IDS, np.full(130, -1), seed=1, use_unknown=False)
    assert counts(split) == [130, 0, 0]


def test_the_seed_matters():
    assert (split_rows(IDS, CODES, seed=1).test != split_rows(IDS, CODES, seed=2).test).any()


def test_with_names_the_place_of_a_class_in_the_list_does_not_matter():
    swapped = np.choose(CODES, [1, 0, 2, -1], mode="wrap")
    one = split_rows(IDS, CODES, seed=1, names=["Star", "QSO", "Galaxy"])
    other = split_rows(IDS, swapped, seed=1, names=["QSO", "Star", "Galaxy"])
    np.testing.assert_array_equal(one.test, other.test)
    np.testing.assert_array_equal(one.validation, other.validation)


def test_rows_apart_are_in_training_and_change_no_other_row():
    apart = np.zeros(len(IDS), dtype=bool)
    apart[[3, 50, 99, 104, 120]] = True
    for use_unknown in (True, False):
        split = split_rows(IDS, CODES, seed=1, use_unknown=use_unknown, apart=apart, dropped=[1])
        others = split_rows(IDS[~apart], CODES[~apart], seed=1, use_unknown=use_unknown, dropped=[1])
        for name in ("training", "validation", "test"):
            assert np.array_equal(getattr(split, name)[~apart], getattr(others, name))
        assert split.training[apart].tolist() == [True, True, True, False, True]
        assert not split.training[104], "an excluded class stays excluded"
