"""Time an iteration of active learning against the plain loop that a user of modAL would write.

Run ``python tests/benchmarks/iteration.py --rows 1000000 --model forest --trees 1000 --labels 30``. It prints one line
of JSON. Both loops run in this process on the same data: 11 magnitudes and their 55 colours, three classes.

plain_s
    Refit, predict_proba over pool, training and validation set, argmax, confusion.
cold_s
    From an answer to the next question on the screen, with nothing computed ahead; the median.
ratio, scoring_ratio
    How many times longer the plain loop takes, as a whole and without the fit.
ready_ms_p95
    From an answer to the next question, where that was computed while the person was thinking.
stall_ms_p99, stall_ms_max
    How late a ticker of 5 ms comes on the event loop while rounds are computed.
same_ranking
    Whether the plain loop asks for the same sources, best first, up to the last tie of those ranked.
peak_mb
    The most memory taken before the plain loop begins, by two sessions one after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from modAL.models import ActiveLearner
from sklearn.metrics import confusion_matrix
from synthetic import make_project

from astronomical.catalogue.hashing import hash_ids
from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.learning.kernels import KERNELS
from astronomical.learning.ranking import best_first
from astronomical.learning.rounds import RoundRequest, fit_round
from astronomical.learning.scoring import fill_missing, probabilities
from astronomical.session import Session
from astronomical.session.training.round_requests import request_for, training_set_of

MODELS = {
    "forest": "random_forest",
    "extra_trees": "extra_trees",
    "logistic": "logistic_regression",
    "hist_gradient": "hist_gradient_boosting",
}
CLASS = "Star"
TICK_S = 0.005


class Ticker:
    """Notes how late the event loop calls what should be called every 5 ms."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self._task = asyncio.ensure_future(self._tick())

    async def _tick(self) -> None:
        while True:
            due = time.perf_counter() + TICK_S
            await asyncio.sleep(TICK_S)
            self.late_ms.append((time.perf_counter() - due) * 1000)

    async def stop(self) -> None:
        """Stop ticking."""
        await asyncio.sleep(2 * TICK_S)
        self._task.cancel()


async def next_query(session: Session) -> float:
    """Answer as the catalogue does; return the seconds until another source is asked for."""
    asked = session.query()
    assert asked is not None
    data = session.dataset
    label = data.class_names[data.codes[data.catalogue.row(asked)]]
    session.focus(asked)
    began = time.perf_counter()
    session.assign(label, id=asked)
    while session.state.focus == asked or session.query() != session.state.focus:
        await asyncio.sleep(0)
    return time.perf_counter() - began


async def until(check: Any) -> None:
    """Wait until something holds, and still does a moment later."""
    while not check():
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    if not check():
        await until(check)


async def measure_session(project: Path, model: ExtensionConfig, n_labels: int, n_answers: int) -> dict[str, float]:
    """Return the times that a person would notice."""
    dispatch = asyncio.get_running_loop().call_soon_threadsafe
    session = Session.open(project, dispatch=dispatch, look_ahead=False)
    session.training.start(CLASS, models=(model,), start=StartConfig(mode="random", n=n_labels))
    await until(lambda: session.query() is not None)
    await next_query(session)
    ticker = Ticker()
    cold = [await next_query(session) for _ in range(n_answers)]
    await ticker.stop()
    session.close()
    session = Session.open(project, dispatch=dispatch)
    await until(lambda: session.query() is not None and not session.state.jobs)
    ready = []
    for _ in range(2 * n_answers):
        ready.append(await next_query(session) * 1000)
        await until(lambda: not session.state.jobs)
    session.close()
    return {
        "cold_s": float(np.median(cold)),
        "ready_ms_p95": float(np.quantile(ready, 0.95)),
        "stall_ms_p99": float(np.quantile(ticker.late_ms, 0.99)),
        "stall_ms_max": max(ticker.late_ms),
    }


def plain_loop(request: RoundRequest, table: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Return the seconds of fit and scoring, and the probabilities over the pool."""
    began = time.perf_counter()
    learner = ActiveLearner(
        request.members[0].build(request.model_seed % 2**32), X_training=table[request.rows], y_training=request.targets
    )
    fitted = time.perf_counter()
    proba = learner.predict_proba(table[request.pool])[:, 1]
    for chosen in (request.training, request.validation):
        predicted = np.argmax(learner.predict_proba(table[chosen]), axis=1)
        confusion_matrix(request.truth[chosen], predicted)
    int(np.argmax(1 - np.maximum(proba, 1 - proba)))
    return fitted - began, time.perf_counter() - fitted, proba


def compare(request: RoundRequest) -> dict[str, Any]:
    """Return the times of the plain loop, that of our scoring, and whether both rank alike."""
    round = fit_round(request)
    fill = not request.members[0].native_missing
    rows = np.flatnonzero(request.training | request.validation)
    scoring = []
    for _ in range(3):
        began = time.perf_counter()
        probabilities(round.model, request.features, rows, fill=fill)
        scoring.append(time.perf_counter() - began)
    table = np.ascontiguousarray(request.features.values.T)
    if fill:
        table = fill_missing(table, request.features.medians)
    fit_s, plain_scoring_s, proba = plain_loop(request, table)
    pool_ids = request.ids[request.pool]
    order = hash_ids(pool_ids, request.query_seed)
    utilities = np.asarray(request.strategy.utility(np.column_stack([1 - proba, proba]), order))
    best = best_first(utilities, order, request.n_ranked)
    above = np.count_nonzero(utilities[best] > utilities[best[-1]] + 1e-9)
    ranked = [name.decode() for name in pool_ids[best].tolist()]
    same = ranked[:above] == list(round.queries[:above]) and np.allclose(
        utilities[best], round.utilities, rtol=0, atol=1e-6
    )
    return {
        "plain_s": fit_s + plain_scoring_s,
        "scoring_ratio": plain_scoring_s / min(scoring),
        "same_ranking": bool(same),
    }


def main() -> None:
    """Print the line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--model", choices=MODELS, default="forest")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--labels", type=int, default=30)
    parser.add_argument("--answers", type=int, default=5, help="answers over which times are taken")
    given = parser.parse_args()
    KERNELS.wait()
    trees = {"n_estimators": given.trees} if given.model in ("forest", "extra_trees") else {}
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder), given.rows)
        gc.collect()
        model = ExtensionConfig(name=MODELS[given.model], parameters=trees)
        seen = asyncio.run(measure_session(project, model, given.labels, given.answers))
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        session = Session.open(project, read_only=True)
        view = training_set_of(session.config, session.dataset, session.ledger, CLASS)
        compared = compare(request_for(session.config, session.dataset, session.registry, view))
        session.close()
    found = {
        "plain_s": compared["plain_s"],
        "cold_s": seen["cold_s"],
        "ratio": compared["plain_s"] / seen["cold_s"],
        **compared,
        **seen,
        "peak_mb": peak_mb,
    }
    asked = {"rows": given.rows, "model": given.model, **trees, "labels": given.labels}
    print(
        json.dumps(
            {
                **asked,
                **{key: value if isinstance(value, int) else float(f"{value:.4g}") for key, value in found.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
