"""Small, reproducible data sets for the checks."""

from __future__ import annotations

from typing import Any

import numpy as np
from modAL.models import ActiveLearner, Committee
from numpy.typing import NDArray
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.feature_space import Space

__all__ = ["labelled", "pool", "small_learner", "space_of", "unchanged", "votes_of"]

N_FEATURES = 6


def labelled(n: int = 30, missing: bool = False) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return features, shape (n, 6), and targets 0 and 1, shape (n,), of n labelled sources."""
    rng = np.random.default_rng(7)
    targets = np.arange(n, dtype=np.int64) % 2
    rows = rng.normal(size=(n, N_FEATURES)) + 1.5 * targets[:, None]
    if missing:
        rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows, targets


def pool(n: int = 500) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
    """Return probabilities of rest and class with many ties, shape (n, 2), and a hash of each source, shape (n,)."""
    rng = np.random.default_rng(11)
    p = np.round(rng.random(n), 2)
    return np.column_stack([1 - p, p]), rng.integers(0, 2**63, n, dtype=np.uint64)


def votes_of(proba: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of the class from three different members, shape (3, n)."""
    votes: NDArray[np.float64] = np.clip(proba[:, 1] + np.array([[-0.3], [0.0], [0.2]]), 0, 1)
    return votes


def space_of(order: NDArray[np.uint64]) -> Space:
    """Return the features of a pool, derived from the hashes of its sources."""
    values = np.array([(order >> np.uint64(8 * place)) % 1000 for place in range(3)]).astype(np.float32)
    names = tuple(f"feature {place}" for place in range(3))
    matrix = FeatureMatrix(names, values, np.zeros(3, np.float32), np.ones(len(order), np.bool_))
    return Space(matrix, np.arange(len(order)), order)


def small_learner() -> tuple[Committee, NDArray[np.float64]]:
    """Return a committee of two members, which can also be used like a single classifier, and features of a pool."""
    X, y = labelled()
    members = [
        ActiveLearner(GaussianNB(), X_training=X, y_training=y),
        ActiveLearner(KNeighborsClassifier(3), X_training=X, y_training=y),
    ]
    committee = Committee(members)
    committee.X_training, committee.y_training = X, y
    return committee, labelled(100)[0]


def unchanged(before: Any, after: Any) -> None:
    """Fail if an argument was changed in place."""
    assert np.array_equal(before, after, equal_nan=True), "an argument was changed in place; work on a copy"
