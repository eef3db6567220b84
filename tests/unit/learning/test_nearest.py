"""The sources nearest to some examples, compared with scikit-learn's brute force."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from astronomical.learning.nearest import KERNELS, ScaledFeatures, nearest_rows, smallest_products
from astronomical.learning.scoring import Cancelled


def scaled(features) -> ScaledFeatures:
    n_rows = features.values.shape[1]
    return ScaledFeatures.from_sample(features, np.arange(min(n_rows, 2000)))


def brute_force(space: ScaledFeatures, examples: np.ndarray, candidates: np.ndarray, n: int) -> list[int]:
    """Return the candidates with the smallest distance to any example, by scikit-learn."""
    rows = np.flatnonzero(candidates)
    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(space.rows(examples))
    distances = search.kneighbors(space.rows(rows))[0][:, 0]
    return rows[np.lexsort((rows, np.round(distances, 9)))][:n].tolist()


def everything(n_rows: int) -> np.ndarray:
    return np.ones(n_rows, dtype=bool)


@pytest.mark.parametrize("n_examples", [1, 25])
def test_the_ids_of_brute_force_are_found_among_100_000_sources(matrix, n_examples):
    rng = np.random.default_rng(n_examples)
    values = rng.normal([0, 150.0, 5e4], [1, 1e-2, 300], (100_000, 3))
    values[rng.random(values.shape) < 0.01] = np.nan
    space, candidates = scaled(matrix(values)), rng.random(100_000) < 0.7
    examples = rng.choice(100_000, n_examples, replace=False)
    candidates[examples] = False
    rows, distances = nearest_rows(space, examples, candidates, 60)
    assert rows.tolist() == brute_force(space, examples, candidates, 60)
    assert (np.diff(distances) >= 0).all()


def test_neighbours_of_scikit_learn_are_found_for_one_example(matrix):
    values = np.random.default_rng(3).standard_normal((20_000, 12))
    space, candidates = scaled(matrix(values)), everything(20_000)
    candidates[77] = False
    search = NearestNeighbors(n_neighbors=61, algorithm="brute").fit(space.rows(np.arange(20_000)))
    wanted = [row for row in search.kneighbors(space.rows(np.array([77])))[1][0].tolist() if row != 77]
    assert nearest_rows(space, np.array([77]), candidates, 60)[0].tolist() == wanted


@pytest.mark.parametrize(
    "values",
    [
        np.tile(np.repeat(np.arange(5.0), 4)[:, None], (1, 2)),
        np.full((20, 3), 4.0),
        np.full((20, 3), np.nan),
        np.zeros((20, 0)),
        np.where(np.arange(20)[:, None] == 3, 1e30, 1.0),
    ],
    ids=["groups of equal sources", "constant", "missing", "no features", "one wild value"],
)
def test_ties_are_in_the_order_of_the_ids(matrix, values):
    space = scaled(matrix(values))
    examples = np.array([9])
    rows, distances = nearest_rows(space, examples, everything(20), 20)
    exact = np.linalg.norm(space.rows(np.arange(20)) - space.rows(examples), axis=1)
    assert rows.tolist() == sorted(range(20), key=lambda row: (round(exact[row], 9), row))
    np.testing.assert_allclose(distances, np.sort(exact))


def test_fewer_candidates_than_wanted_return_all_of_them(matrix):
    space = scaled(matrix(np.arange(10.0)[:, None]))
    few = np.isin(np.arange(10), [2, 7])
    assert nearest_rows(space, np.array([8]), few, 60)[0].tolist() == [7, 2]
    assert nearest_rows(space, np.array([8]), ~everything(10), 60)[0].tolist() == []
    assert nearest_rows(space, np.array([], dtype=np.intp), everything(10), 60)[0].tolist() == []


def test_a_search_can_be_cancelled_and_reports_progress(matrix):
    space, told = scaled(matrix(np.arange(9000.0)[:, None])), []
    nearest_rows(space, np.array([1]), everything(9000), 3, progress=told.append)
    assert told == sorted(told)
    assert len(told) == 3
    with pytest.raises(Cancelled):
        nearest_rows(space, np.array([1]), everything(9000), 3, cancelled=lambda: True)


@pytest.mark.parametrize(("n_rows", "n_features", "n_examples"), [(5000, 7, 5), (513, 8, 1), (3, 1, 2)])
def test_the_compiled_kernel_compares_as_the_plain_one(matrix, n_rows, n_features, n_examples):
    rng = np.random.default_rng(n_rows)
    values = rng.normal(3, 2, (n_rows, n_features))
    values[rng.random(values.shape) < 0.05] = np.nan
    values[0, 0] = 1e20
    space = scaled(matrix(values))
    weights = rng.normal(size=(n_examples, n_features + 1)).astype(np.float32)
    scaling = space.centre, space.inverse, space.fill, np.float32(10)
    start, stop = n_rows // 3, n_rows
    plain = smallest_products.plain(space.features.values, start, stop, *scaling, weights)
    compiled = smallest_products.compiled(space.features.values, start, stop, *scaling, weights)
    for expected, found in zip(plain, compiled, strict=True):
        assert found.shape == (stop - start,)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


def test_the_search_gives_the_same_sources_with_the_compiled_kernel(matrix):
    rng = np.random.default_rng(9)
    values = rng.normal([0, 150.0, 5e4], [1, 1e-2, 300], (30_000, 3))
    space, candidates = scaled(matrix(values)), everything(30_000)
    examples = rng.choice(30_000, 25, replace=False)
    candidates[examples] = False
    assert KERNELS.wait()
    rows, _ = nearest_rows(space, examples, candidates, 60)
    assert rows.tolist() == brute_force(space, examples, candidates, 60)
