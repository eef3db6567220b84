"""Sources that are in a catalogue more than once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table, vstack

from astronomical.catalogue.duplicates import find_duplicates


def far_apart(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(n, dtype=float), np.zeros(n)


def test_sources_within_the_radius_are_one_object():
    ra, dec = far_apart(5)
    ra[3], dec[3] = ra[0], 0.3 / 3600
    found = find_duplicates((ra, dec), [], 1.0)
    assert found.first.tolist() == [0, 1, 2, 0, 4]
    assert (found.n_groups, found.n_rows) == (1, 2)
    assert found.members(3).tolist() == [0, 3]
    assert found.members(1).tolist() == [1]
    assert find_duplicates((ra, dec), [], 0.1).n_groups == 0


def test_a_chain_is_one_object():
    ra, dec = far_apart(4)
    ra[:3], dec[:3] = 0, np.array([0, 0.8, 1.6]) / 3600
    assert find_duplicates((ra, dec), [], 1.0).members(2).tolist() == [0, 1, 2]


def test_positions_are_compared_across_the_beginning_of_right_ascension_and_at_the_pole():
    ra = np.array([0.1 / 3600, 360 - 0.1 / 3600, 10, 190])
    dec = np.array([0, 0, 90 - 0.2 / 3600, 90 - 0.2 / 3600])
    assert find_duplicates((ra, dec), [], 1.0).first.tolist() == [0, 0, 2, 2]


def test_missing_positions_are_different_objects():
    nothing = np.full(3, np.nan)
    assert find_duplicates((nothing, nothing), [], 1.0).n_groups == 0


def test_equal_features_are_one_object():
    rng = np.random.default_rng(0)
    columns = [rng.normal(size=50).astype(np.float32) for _ in range(3)]
    for values in columns:
        values[40] = values[7]
    columns[1][[7, 40]] = np.nan
    columns[0][10:14] = columns[1][10:14] = np.nan  # hardly anything is known of these
    columns[2][10:14] = 0.0
    found = find_duplicates(None, columns, 1.0)
    assert found.n_groups == 1
    assert found.members(40).tolist() == [7, 40]


@pytest.mark.parametrize("n_values", [2, 20])
def test_features_that_agree_by_chance_make_no_object(n_values):
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, n_values, 2000).astype(np.float32) for _ in range(3)]
    assert find_duplicates(None, columns, 1.0).n_groups == 0


def test_one_feature_makes_no_object():
    assert find_duplicates(None, [np.array([1.5, 1.5, 2.5], np.float32)], 1.0).n_groups == 0


def test_positions_that_are_too_crowded_are_not_compared():
    rng = np.random.default_rng(0)
    position = rng.uniform(0, 5 / 3600, 1000), rng.uniform(0, 5 / 3600, 1000)
    found = find_duplicates(position, [], 1.0)
    assert found.crowded
    assert found.n_groups == 0


def test_many_sources_at_one_position_are_one_object():
    found = find_duplicates((np.zeros(100_000), np.zeros(100_000)), [], 1.0)
    assert (found.n_groups, found.n_rows) == (1, 100_000)


@pytest.mark.catalogues
def test_all_copies_in_a_catalogue_of_the_sdss_are_found(shared: Path):
    table = Table.read(shared / "labelled" / "sdss_dr14_10k.csv")
    rng = np.random.default_rng(1)
    rows, angle = rng.choice(len(table), 300, replace=False), rng.uniform(0, 2 * np.pi, 300)
    copies = table[rows]
    copies["dec"] += 0.3 / 3600 * np.sin(angle)
    copies["ra"] += 0.3 / 3600 * np.cos(angle) / np.cos(np.radians(copies["dec"]))
    both = vstack([table, copies])
    position = np.asarray(both["ra"], float), np.asarray(both["dec"], float)
    found = find_duplicates(position, [], 1.0)
    n = len(table)
    assert (found.first[n:] == found.first[rows]).all()
    assert found.n_groups == find_duplicates((position[0][:n], position[1][:n]), [], 1.0).n_groups + 300
