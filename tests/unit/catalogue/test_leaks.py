"""Signs that scores will be too good, and tables in which there are none."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.catalogue.leaks import find_leaks
from astronomical.catalogue.splits import Split, split_rows

N = 300


@pytest.fixture
def leaks():
    """Return a function that makes a table of two noisy features and returns the warnings about it."""

    def find(position=None, codes=None, names=("GAL", "STAR"), split=None, order=None, **columns):
        rng = np.random.default_rng(1)
        codes = np.repeat((0, 1), N // 2) if codes is None else codes
        noise = {"g": rng.normal(size=N).astype(np.float32), "r": rng.normal(size=N).astype(np.float32)}
        table = noise | {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}
        ids = np.array([f"s{n:04d}".encode() for n in range(N)])
        split = split or split_rows(ids, codes, seed=0)
        rows = np.arange(N) if order is None else order
        return find_leaks(table.__getitem__, tuple(table), codes, names, split, rows, position)

    return find


def test_noise_gives_no_warning(leaks):
    assert leaks() == ()


def test_an_index_in_a_sorted_table(leaks):
    (warning,) = leaks(index=np.arange(N))
    assert "'index' numbers the rows" in warning


@pytest.mark.parametrize("values", [np.arange(N)[::-1], 5 + np.arange(N), np.cumsum(1 + np.arange(N) % 3)])
def test_an_index_that_starts_elsewhere_or_has_gaps(leaks, values):
    assert "'index' numbers the rows" in leaks(index=values)[0]


def test_an_index_of_a_table_that_was_shuffled_and_ids_in_another_order(leaks):
    order = np.random.default_rng(2).permutation(N)
    assert "'index' numbers the rows" in leaks(index=order, codes=np.arange(N) % 2)[0]
    assert "'index' numbers the rows" in leaks(index=order, order=order, codes=np.arange(N) % 2)[0]


def test_a_sorted_magnitude_is_no_index(leaks):
    assert leaks(z=np.sort(np.random.default_rng(3).normal(size=N)), codes=np.arange(N) % 2) == ()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_column_that_alone_separates_a_class(leaks, sign):
    values = sign * (np.repeat((0.0, 1.0), N // 2) + np.random.default_rng(4).normal(0, 0.1, N))
    (warning,) = leaks(score=values)
    assert "'score' alone separates GAL from all others (area under the ROC curve 1.000)" in warning


def test_a_good_feature_is_no_leak(leaks):
    """Two sigma between the classes: an area of 0.92."""
    assert leaks(u=np.repeat((0.0, 2.0), N // 2) + np.random.default_rng(5).normal(size=N)) == ()


def test_one_class_of_several(leaks):
    codes = np.arange(N) % 3
    (warning,) = leaks(code=codes, codes=codes, names=("A", "B", "C"))
    assert "separates A" in warning


def test_a_few_labels_are_separated_by_chance(leaks):
    codes = np.full(N, -1)
    codes[:5], codes[5:10] = 0, 1
    assert leaks(u=np.arange(N) % 10 + 0.5, codes=codes) == ()


def test_a_column_with_values_for_one_class_only(leaks):
    z = np.random.default_rng(6).normal(size=N)
    z[N // 2 :] = np.nan
    (warning,) = leaks(z=z)
    assert "'z' has a value only for one side" in warning


@pytest.mark.parametrize("name", ["prob_star", "CLASS_CODE", "p_GAL", "combined_STAR", "photo_class", "pred"])
def test_names_of_results_of_a_classification(leaks, name):
    (warning,) = leaks(**{name: np.random.default_rng(7).normal(size=N)})
    assert repr(name) in warning
    assert "result of a classification" in warning


@pytest.mark.parametrize("name", ["p_value", "parallax", "classical_radius", "probe", "labelled"])
def test_names_of_measurements(leaks, name):
    assert leaks(**{name: np.random.default_rng(7).normal(size=N)}) == ()


def test_copies_of_training_sources_are_counted(leaks):
    rng = np.random.default_rng(8)
    half = {name: np.tile(rng.normal(size=N // 2), 2) for name in "gr"}
    training = np.arange(N) < N // 2
    validation = np.arange(N) >= N - 50
    split = Split(training, validation, np.zeros(N, dtype=bool))
    (warning,) = leaks(**half, codes=np.arange(N) % 2, split=split)
    assert warning.startswith("50 of the 50 sources in the validation set have exactly the features of a source in")


def test_missing_values_are_equal_and_zero_has_no_sign(leaks):
    g, r = np.zeros(N), np.random.default_rng(9).normal(size=N)
    g[: N // 2], r[:] = -0.0, np.nan
    split = Split(np.arange(N) < N // 2, np.arange(N) >= N // 2, np.zeros(N, dtype=bool))
    assert "150 of the 150" in leaks(g=g, r=r, codes=np.arange(N) % 2, split=split)[0]


def test_sources_without_any_value_are_no_copies(leaks):
    rng = np.random.default_rng(11)
    g, r = rng.normal(size=N), rng.normal(size=N)
    g[::3] = r[::3] = np.nan
    split = Split(np.arange(N) < N // 2, np.arange(N) >= N // 2, np.zeros(N, dtype=bool))
    assert leaks(g=g, r=r, codes=np.arange(N) % 2, split=split) == ()


def test_the_same_position(leaks):
    rng = np.random.default_rng(10)
    ra, dec = rng.uniform(0, 360, N), rng.uniform(-90, 90, N)
    ra[N - 1], dec[N - 1] = ra[0], dec[0]
    ra[N - 2] = ra[1] = np.nan
    dec[N - 2] = dec[1]
    split = Split(np.arange(N) < 200, np.zeros(N, dtype=bool), np.arange(N) >= 200)
    (warning,) = leaks(position=(ra, dec), codes=np.arange(N) % 2, split=split)
    assert warning.startswith("1 of the 100 sources in the test set has exactly the position of a source in")


def test_few_equal_features_are_chance(leaks):
    g = np.random.default_rng(11).normal(size=N)
    r = g.copy()
    g[N - 1], r[N - 1] = g[0], r[0]
    split = Split(np.arange(N) < 150, np.arange(N) >= 150, np.zeros(N, dtype=bool))
    assert leaks(g=g, r=r, codes=np.arange(N) % 2, split=split) == ()


def test_unknown_sources_are_not_counted(leaks):
    g = np.tile(np.random.default_rng(12).normal(size=N // 2), 2)
    codes = np.where(np.arange(N) < N // 2, np.arange(N) % 2, -1)
    split = Split(np.arange(N) < N // 2, np.arange(N) >= N // 2, np.zeros(N, dtype=bool))
    assert leaks(g=g, r=g + 1, codes=codes, split=split) == ()


def test_an_empty_table_of_features_and_few_rows(leaks):
    nothing = np.zeros(3, dtype=bool)
    values = {"i": np.arange(3.0)}
    assert (
        find_leaks(
            values.__getitem__, ("i",), np.array([0, 1, -1]), ("A", "B"), Split(nothing, nothing, nothing), np.arange(3)
        )
        == ()
    )


def test_equal_values_of_one_rounded_column_are_no_copies(leaks):
    split = Split(np.arange(N) < N // 2, np.arange(N) >= N // 2, np.zeros(N, dtype=bool))
    g = np.random.default_rng(11).normal(size=N).round(1)
    assert leaks(g=g, codes=np.arange(N) % 2, split=split) == ()
