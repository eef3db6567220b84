"""Small data on which extensions are tried: always the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["labelled", "pool", "unchanged"]

N_FEATURES = 6


def labelled(n: int = 30, missing: bool = False) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return features, shape (n, 6), and targets 0 and 1, shape (n,), as a learner has after n labels."""
    rng = np.random.default_rng(7)
    targets = np.arange(n, dtype=np.int64) % 2
    rows = rng.normal(size=(n, N_FEATURES)) + 1.5 * targets[:, None]
    if missing:
        rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows, targets


def pool(n: int = 500) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
    """Return probabilities of rest and class, shape (n, 2), many of them tied, and a hash of each source."""
    rng = np.random.default_rng(11)
    p = np.round(rng.random(n), 2)
    return np.column_stack([1 - p, p]), rng.integers(0, 2**63, n, dtype=np.uint64)


def unchanged(before: Any, after: Any) -> None:
    """Fail if an argument was changed in place."""
    assert np.array_equal(before, after, equal_nan=True), "an argument was changed in place; work on a copy"
