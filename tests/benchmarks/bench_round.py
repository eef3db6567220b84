"""Time a round against the plain loop that a user of modAL would write.

Run ``python tests/benchmarks/bench_round.py --rows 100000``. Both run in this process on the same data: 11 bands,
made into 66 features, and three classes. Printed are seconds, and how many times faster the round is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import combinations

import numpy as np
from modAL.models import ActiveLearner
from sklearn.metrics import confusion_matrix

from astronomical.catalogue.features import FeatureMatrix
from astronomical.extend import extension_of
from astronomical.learning.judging import Strategy
from astronomical.learning.models import BUILTINS
from astronomical.learning.rounds import Member, RoundRequest, fit_round
from astronomical.learning.strategies import margin_confidence, uncertainty

MODELS = {extension_of(model).name: model for model in BUILTINS}


def make_request(n_rows: int, n_labels: int, model: str, parameters: dict[str, int]) -> RoundRequest:
    """Return a round over a synthetic catalogue of magnitudes and all their colours."""
    rng = np.random.default_rng(0)
    classes = rng.choice(3, n_rows, p=[0.5, 0.4, 0.1])
    slopes = rng.normal(size=(3, 11)) * 0.5
    bands = (20 + rng.normal(size=n_rows) + slopes[classes].T + 0.2 * rng.normal(size=(11, n_rows))).astype("f4")
    values = np.concatenate([bands, [bands[i] - bands[j] for i, j in combinations(range(11), 2)]])
    part = rng.random(n_rows)
    training, validation = part < 0.6, (part >= 0.6) & (part < 0.8)
    truth = (classes == 0).astype(np.int8)
    rows = np.sort(rng.choice(np.flatnonzero(training), n_labels, replace=False))
    pool = training.copy()
    pool[rows] = False
    features = FeatureMatrix(tuple(map(str, range(66))), values, np.median(values, axis=1),
                             np.ones(n_rows, dtype=bool))
    built = MODELS[model]
    return RoundRequest(
        class_name="Star", key="", k=n_labels, ids=np.array([f"{i:09d}".encode() for i in range(n_rows)]),
        features=features, rows=rows, targets=truth[rows], pool=pool, truth=truth, training=training,
        validation=validation, strategy=Strategy("uncertainty", uncertainty, margin_confidence),
        members=(Member(model, lambda seed: built(seed, **parameters),
                        extension_of(built).option("native_missing")),),
        model_seed=1, query_seed=2, n_start=2,
    )


def plain_loop(request: RoundRequest, table: np.ndarray) -> float:
    """Refit, predict pool, training and validation set, and take the least certain; return its utility."""
    estimator = request.members[0].build(request.model_seed)
    learner = ActiveLearner(estimator, X_training=table[request.rows], y_training=request.targets)
    pool = learner.predict_proba(table[request.pool])
    for chosen in (request.training, request.validation):
        predicted = np.argmax(learner.predict_proba(table[chosen]), axis=1)
        confusion_matrix(request.truth[chosen], predicted)
    return float(np.max(1 - pool.max(axis=1)))


def best_of(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest of several times, in seconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    """Print one line for each model."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--labels", type=int, default=30)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    print(f"{given.rows:,} rows, 66 features, {given.labels} labels")  # noqa: T201
    for model in MODELS:
        parameters = {"n_estimators": given.trees} if model == "random_forest" else {}
        request = make_request(given.rows, given.labels, model, parameters)
        table = np.ascontiguousarray(request.features.values.T)
        agree = abs(plain_loop(request, table) - fit_round(request).utilities[0])
        plain = best_of(lambda request=request, table=table: plain_loop(request, table), given.repeats)
        ours = best_of(lambda request=request: fit_round(request), given.repeats)
        line = f"{model:20} plain {plain:7.3f} s   round {ours:7.3f} s   {plain / ours:5.1f}x"
        print(f"{line}   best utilities differ by {agree:.1e}")  # noqa: T201


if __name__ == "__main__":
    main()
