"""Maps of the features: similar sources are close to each other, whatever the order of the rows."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

from astronomical.catalogue.features import FeatureMatrix
from astronomical.errors import InvalidInputError
from astronomical.learning import feature_map as module
from astronomical.learning.feature_map import feature_map
from astronomical.learning.scoring import Cancelled

N = 300


def made(n: int = N, n_features: int = 6, seed: int = 0) -> tuple[FeatureMatrix, np.ndarray, np.ndarray]:
    """Return features of two groups of sources, their ids, and their groups."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    values = (rng.normal(size=(n_features, n)) + 6 * group).astype(np.float32)
    values[0, 3] = np.nan
    names = tuple(f"f{i}" for i in range(n_features))
    medians = np.nanmedian(values, axis=1).astype(np.float32)
    ids = np.array([f"s{i:04d}" for i in range(n)], dtype="S5")
    return FeatureMatrix(names, values, medians, ~np.isnan(values).any(axis=0)), ids, group


class FirstTwo:
    """Stands for UMAP: its map are the first two of the scaled features, times ten."""

    seen: list[tuple[int, int]]

    def __init__(self, **settings: int) -> None:
        self.seed = settings["random_state"]

    def fit_transform(self, values: np.ndarray) -> np.ndarray:
        FirstTwo.seen.append((self.seed, len(values)))
        return 10 * values[:, :2]


@pytest.fixture
def umap(monkeypatch: pytest.MonkeyPatch) -> type[FirstTwo]:
    fake = ModuleType("umap")
    fake.UMAP = FirstTwo  # type: ignore[attr-defined]
    FirstTwo.seen = []
    monkeypatch.setitem(sys.modules, "umap", fake)
    return FirstTwo


def test_principal_components_separate_the_groups():
    features, ids, group = made()
    found = feature_map(features, ids, "pca", 0)
    assert found.shape == (N, 2)
    assert np.isfinite(found).all()
    assert np.ptp(found[:, 0]) > np.ptp(found[:, 1])
    first = found[:, 0] > 0
    assert max(np.mean(first == group), np.mean(first != group)) == 1


def test_the_same_seed_gives_the_same_map():
    features, ids, _ = made()
    np.testing.assert_array_equal(feature_map(features, ids, "pca", 0), feature_map(features, ids, "pca", 0))


def test_sources_outside_the_sample_are_placed_between_their_neighbours(umap, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(module.MAX_SAMPLE, "umap", 200)
    features, ids, group = made()
    found = feature_map(features, ids, "umap", 5)
    ((seed, n),) = umap.seen
    assert n == 200
    assert feature_map(features, ids, "umap", 5).tolist() == found.tolist()
    assert umap.seen[1][0] == seed
    assert np.isfinite(found).all()
    middle = found[:, 0].mean()
    assert max(np.mean((found[:, 0] > middle) == group), np.mean((found[:, 0] < middle) == group)) > 0.98


def test_a_cancelled_map_ends():
    features, ids, _ = made()
    with pytest.raises(Cancelled):
        feature_map(features, ids, "pca", 0, cancelled=lambda: True)


def test_what_cannot_be_mapped_is_refused(monkeypatch: pytest.MonkeyPatch):
    features, ids, _ = made(n_features=1)
    with pytest.raises(InvalidInputError, match="at least 2 features"):
        feature_map(features, ids, "pca", 0)
    monkeypatch.setattr(module, "has_umap", lambda: False)
    with pytest.raises(InvalidInputError, match=r"pip install"):
        feature_map(*made()[:2], "umap", 0)
