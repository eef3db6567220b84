"""Times of small things that must not be felt: a cancel, a look-up of neighbours, a search for similar sources.

Run ``python tests/benchmarks/small.py`` on an idle computer. It prints one line of JSON, in seconds.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.sky import SkyIndex
from astronomical.learning.forest_fit import fit
from astronomical.learning.nearest import ScaledFeatures, nearest_rows
from astronomical.learning.scoring import Cancelled


def main() -> None:
    """Print the line."""
    found = {
        "neighbours_in_a_million_s": neighbours(),
        "cancel_of_a_forest_s": cancel(),
        "similar_in_a_million_s": similar(1),
        "similar_to_60_in_a_million_s": similar(60),
    }
    print(json.dumps(found))


def neighbours() -> float:
    """Return the mean time of a search within one arcminute among a million sources."""
    rng = np.random.default_rng(1)
    index = SkyIndex(rng.uniform(0, 360, 1_000_000), rng.uniform(-1.25, 1.25, 1_000_000))
    return seconds(lambda: [index.within(ra, 0.0, 60.0) for ra in range(20)]) / 20


def similar(n_examples: int) -> float:
    """Return the best time of three to find 60 sources like some examples among a million with 66 features."""
    rng = np.random.default_rng(2)
    n_features, n_rows = 66, 1_000_000
    values = rng.standard_normal((n_features, n_rows), dtype=np.float32)
    names = tuple(f"x{place}" for place in range(n_features))
    features = FeatureMatrix(names, values, np.zeros(n_features, np.float32), np.ones(n_rows, np.bool_))
    scaled = ScaledFeatures.from_sample(features, np.arange(2048))
    everything = np.ones(n_rows, np.bool_)
    return min(
        seconds(lambda: nearest_rows(scaled, rng.integers(0, n_rows, n_examples), everything, 60)) for _ in range(3)
    )


def cancel() -> float:
    """Return the best time of three from a cancel to the end of a large fit."""
    X = np.random.default_rng(0).normal(size=(400, 10))
    y = (X[:, 0] > 0).astype(int)
    return min(_cancel_once(X, y) for _ in range(3))


def _cancel_once(X: Any, y: Any) -> float:
    cancelled, at = threading.Event(), []
    timer = threading.Timer(0.1, lambda: (at.append(time.perf_counter()), cancelled.set()))
    timer.start()
    with contextlib.suppress(Cancelled):
        fit(RandomForestClassifier(5000, random_state=0), X, y, cancelled.is_set)
    ended = time.perf_counter()
    timer.join()
    return round(ended - at[0], 4)


def seconds(work: Callable[[], Any]) -> float:
    """Return how long work takes."""
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 4)


if __name__ == "__main__":
    main()
