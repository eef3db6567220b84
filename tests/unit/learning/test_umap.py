"""Maps by UMAP itself, where it is installed."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning import feature_map as module
from astronomical.learning.feature_map import feature_map

pytest.importorskip("umap", reason="the extra umap is not installed")


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore:n_jobs value")
def test_umap_keeps_groups_together_also_outside_the_sample_and_depends_on_the_seed_only(monkeypatch):
    monkeypatch.setitem(module.MAX_SAMPLE, "umap", 200)
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 300)
    values = (rng.normal(size=(8, 300)) + 4 * rng.normal(size=(8, 3))[:, group]).astype(np.float32)
    names, medians = tuple(f"f{i}" for i in range(8)), np.median(values, axis=1).astype(np.float32)
    features = FeatureMatrix(names, values, medians, np.ones(300, dtype=bool))
    ids = np.array([f"s{i:04d}" for i in range(300)], dtype="S5")
    found = feature_map(features, ids, "umap", 5)
    np.testing.assert_array_equal(feature_map(features, ids, "umap", 5), found)
    assert KNeighborsClassifier(5).fit(found, group).score(found, group) > 0.95
