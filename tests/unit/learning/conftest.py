from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from astronomical.catalogue.features import FeatureMatrix
from astronomical.extend import extension_of
from astronomical.learning import models, strategies
from astronomical.learning.query_selection import Strategy
from astronomical.learning.rounds import Member, RoundRequest


@pytest.fixture(scope="session")
def one_thread() -> Iterator[None]:
    """Fit and score on one thread, as rounds do: on a busy machine the threads of a library wait for each other."""
    with threadpool_limits(1, user_api="openmp"):
        yield


@pytest.fixture(scope="session")
def matrix() -> Callable[[np.ndarray], FeatureMatrix]:
    """Turn row-major features, NaN allowed, into a FeatureMatrix."""

    def make(rows: np.ndarray) -> FeatureMatrix:
        values = np.ascontiguousarray(np.asarray(rows, dtype=np.float32).T)
        present = [column[~np.isnan(column)] for column in values]
        medians = np.array([np.median(column) if column.size else 0 for column in present], dtype=np.float32)
        names = tuple(f"f{i}" for i in range(len(values)))
        return FeatureMatrix(names, values, medians, ~np.isnan(values).any(axis=0))

    return make


@pytest.fixture(scope="session")
def member() -> Callable[..., Member]:
    """Return a built-in model by name."""
    builders = {extension_of(model).name: model for model in models.BUILTINS}

    def make(name: str = "random_forest", **parameters: Any) -> Member:
        extension = extension_of(builders[name])
        given = extension.check(parameters)
        return Member(name, lambda seed: builders[name](seed, **given), extension.option("native_missing"))

    return make


@pytest.fixture(scope="session")
def strategy() -> Callable[[str], Strategy]:
    """Return a built-in strategy by name."""
    marked = {extension_of(function).name: function for function in strategies.BUILTINS}

    def make(name: str = "uncertainty") -> Strategy:
        option = extension_of(marked[name]).option
        return Strategy(name, marked[name], option("confidence"), option("needs_model"), option("looks_at"))

    return make


@pytest.fixture
def request_of(matrix, member, strategy) -> Callable[..., RoundRequest]:
    """Return a request over two overlapping clouds: 60 % training, 20 % validation, 20 % test."""

    def make(
        n: int = 400, n_features: int = 4, seed: int = 0, n_labels: int = 12, missing: float = 0.0, **changes: Any
    ) -> RoundRequest:
        rng = np.random.default_rng(seed)
        side = (rng.random(n) < 0.4).astype(np.int8)
        rows = rng.normal(size=(n, n_features)) + side[:, None] * 1.5
        rows[rng.random(rows.shape) < missing] = np.nan
        truth = np.where(rng.random(n) < 0.1, -1, side).astype(np.int8)
        part = rng.random(n)
        training, validation = part < 0.6, (part >= 0.6) & (part < 0.8)
        known = np.flatnonzero(training & (truth >= 0))
        labelled = np.sort(np.concatenate([known[truth[known] == s][: n_labels // 2] for s in (0, 1)]))
        pool = training.copy()
        pool[labelled] = False
        settings: dict[str, Any] = {
            "class_name": "Star",
            "key": "0123456789abcdef",
            "k": len(labelled),
            "ids": np.array([f"src{i:05d}".encode() for i in range(n)]),
            "features": matrix(rows),
            "rows": labelled,
            "targets": truth[labelled],
            "pool": pool,
            "truth": truth,
            "training": training,
            "validation": validation,
            "members": (member(n_estimators=12),),
            "strategy": strategy(),
            "model_seed": 2**63 + 5,
            "query_seed": 11,
            "n_start": 2,
        }
        return RoundRequest(**(settings | changes))

    return make
