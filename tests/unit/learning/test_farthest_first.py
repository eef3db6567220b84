from __future__ import annotations

import numpy as np
import pytest

from astronomical.learning.farthest_first import farthest_first
from astronomical.learning.feature_space import N_SAMPLE
from astronomical.learning.scoring import Cancelled

NONE = np.array([], dtype=np.intp)


def hashes(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)


@pytest.fixture
def clusters(matrix):
    """Return three tight clusters of 30, 30 and 3 sources, whose columns have quite different units."""
    rng = np.random.default_rng(0)
    centres = np.repeat([[0, 0], [1, 0], [0, 1]], [30, 30, 3], axis=0)
    return matrix((centres + rng.normal(size=(63, 2)) * 0.01) * [1.0, 1e6])


def cluster(rows: np.ndarray) -> list[int]:
    return np.searchsorted([30, 60], rows, side="right").tolist()


@pytest.mark.parametrize("seed", range(5))
def test_every_cluster_is_met_at_once(clusters, seed):
    rows, _ = farthest_first(clusters, np.arange(63), hashes(63, seed), NONE, 3)
    assert sorted(cluster(rows)) == [0, 1, 2]


def test_what_is_labelled_is_known_already(clusters):
    rows, _ = farthest_first(clusters, np.arange(1, 63), hashes(62), np.array([0]), 2)
    assert sorted(cluster(rows)) == [1, 2]
    rows, _ = farthest_first(clusters, np.arange(1, 62), hashes(61), np.array([0, 62]), 1)
    assert cluster(rows) == [1]


def test_order_of_the_labelled_does_not_matter(clusters):
    pool, order = np.arange(10, 63), hashes(53)
    first = farthest_first(clusters, pool, order, np.array([1, 5, 9]), 10)
    second = farthest_first(clusters, pool, order, np.array([9, 1, 5]), 10)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_source_once_and_distances_fall(clusters):
    rows, distances = farthest_first(clusters, np.arange(63), hashes(63), NONE, 100)
    assert sorted(rows) == list(range(63))
    assert np.isfinite(distances).all()
    assert (np.diff(distances) <= 0).all()


def test_the_greedy_step_is_the_farthest(clusters):
    pool = np.arange(63)
    rows, _ = farthest_first(clusters, pool, hashes(63), np.array([], dtype=np.intp), 6)
    values = clusters.rows(pool).astype(float)
    low, high = np.quantile(values, (0.25, 0.75), axis=0)
    places = np.clip((values - np.median(values, axis=0)) / ((high - low) / 1.349), -10, 10)
    for step in range(1, 6):
        gaps = np.linalg.norm(places[:, None] - places[rows[:step]], axis=2).min(axis=1)
        assert gaps[rows[step]] == pytest.approx(gaps.max())


@pytest.mark.parametrize(
    "values",
    [
        np.full((20, 3), 4.0),
        np.full((20, 3), np.nan),
        np.zeros((20, 0)),
        np.where(np.arange(20)[:, None] == 3, 1e30, 1.0),
    ],
    ids=["constant", "missing", "no features", "one wild value"],
)
def test_awkward_features(matrix, values):
    rows, distances = farthest_first(matrix(values), np.arange(20), hashes(20), NONE, 5)
    assert len(set(rows.tolist())) == 5
    assert np.isfinite(distances).all()


def test_small_pools(matrix):
    features = matrix(np.arange(6.0).reshape(3, 2))
    rows, distances = farthest_first(features, NONE, hashes(0), NONE, 5)
    assert rows.size == distances.size == 0
    rows, distances = farthest_first(features, np.array([2]), hashes(1), NONE, 5)
    assert (rows.tolist(), distances.tolist()) == ([2], [0.0])


def test_candidates_are_the_lowest_hashes(matrix):
    n = 3 * N_SAMPLE
    features, order = matrix(np.random.default_rng(0).normal(size=(n, 2))), hashes(n)
    rows, _ = farthest_first(features, np.arange(n), order, NONE, 50)
    assert order[rows].max() <= np.sort(order)[N_SAMPLE - 1]
    assert rows[0] == np.argmin(order)


def test_cancel(clusters):
    with pytest.raises(Cancelled):
        farthest_first(clusters, np.arange(63), hashes(63), NONE, 5, lambda: True)
