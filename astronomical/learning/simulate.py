"""Learning curves with the catalogue's labels as the oracle: would the labels have been well spent?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import derive_seed
from astronomical.learning.judging import Strategy
from astronomical.learning.metrics import SetScores, average_precision, balanced_accuracy, mcc
from astronomical.learning.rounds import Member, Round, RoundRequest, fit_round
from astronomical.learning.scoring import CancelCheck, never
from astronomical.learning.starting import StartError, random_start

__all__ = ["CURVE_COLUMNS", "SimulationRequest", "simulate"]

#: Keys of each row of a learning curve.
CURVE_COLUMNS = ("class", "strategy", "model", "seed", "n_labels", "accuracy", "precision", "recall", "f1",
                 "balanced_accuracy", "mcc", "average_precision")


@dataclass(frozen=True, eq=False)
class SimulationRequest:
    """What to simulate. Rows are in the order of the ids.

    Attributes
    ----------
    class_name
        The class to be learned.
    ids
        Ids of all sources, ascending, shape (n_rows,).
    features
        Features of all sources.
    truth
        Catalogue labels: 1 for the class, 0 for the rest, -1 for unknown, shape (n_rows,).
    training, validation
        Which sources are in these sets, shape (n_rows,).
    member
        The model.
    strategies
        The query strategies to be compared; those of one seed start from the same sources.
    n_labels
        Labels spent in each run, the starting points among them.
    n_seeds
        Number of runs for each strategy, with seeds from 0. They vary starting points and model, never the
        split.
    n_start
        Number of starting points.
    project_seed
        Seed of the project.
    """

    class_name: str
    ids: NDArray[np.bytes_]
    features: FeatureMatrix
    truth: NDArray[np.int8]
    training: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    member: Member
    strategies: tuple[Strategy, ...]
    n_labels: int
    n_seeds: int
    n_start: int = 5
    project_seed: int = 0


def simulate(request: SimulationRequest, cancelled: CancelCheck = never) -> Iterator[dict[str, Any]]:
    """Return the rows of the learning curves, worked out one after the other.

    Parameters
    ----------
    request
        What to simulate.
    cancelled
        Asked now and then whether to stop.

    Returns
    -------
    iterator of dict
        One row for each strategy, seed and number of labels from the starting points on, with the keys
        `CURVE_COLUMNS`: scores of the validation set, None where undefined. A run ends early when its pool is
        empty.

    Raises
    ------
    StartError
        At once, if there are no starting points or fewer labels than starting points are asked for.
    """
    if request.n_labels < request.n_start:
        raise StartError(f"{request.n_labels} labels do not cover {request.n_start} starting points: "
                         "ask for more labels or fewer starting points")
    starts = [_start(request, seed) for seed in range(request.n_seeds)]
    return _runs(request, starts, cancelled)


def _runs(request: SimulationRequest, starts: Sequence[tuple[int, ...]],
          cancelled: CancelCheck) -> Iterator[dict[str, Any]]:
    for strategy in request.strategies:
        for seed, start in enumerate(starts):
            yield from _run(request, strategy, seed, start, cancelled)


def _run(request: SimulationRequest, strategy: Strategy, seed: int, start: tuple[int, ...],
         cancelled: CancelCheck) -> Iterator[dict[str, Any]]:
    labelled = set(start)
    pool = request.training & (request.truth >= 0)
    while True:
        outcome = fit_round(_round_request(request, strategy, seed, labelled, pool), cancelled)
        yield _curve_row(request, strategy, seed, len(labelled), outcome)
        if len(labelled) == request.n_labels or not outcome.queries:
            return
        labelled.add(int(np.searchsorted(request.ids, outcome.queries[0].encode())))


def _round_request(request: SimulationRequest, strategy: Strategy, seed: int, labelled: set[int],
                   pool: NDArray[np.bool_]) -> RoundRequest:
    rows = np.array(sorted(labelled), dtype=np.intp)
    name = request.class_name
    return RoundRequest(
        class_name=name,
        key="",
        k=len(labelled),
        ids=request.ids,
        features=request.features,
        rows=rows,
        targets=request.truth[rows],
        pool=pool,
        truth=request.truth,
        # The curve shows the validation set only: nothing else is scored but what the strategy asks for.
        training=np.zeros_like(request.training),
        validation=request.validation,
        members=(request.member,),
        strategy=strategy,
        model_seed=derive_seed(request.project_seed, "simulate", "model", name, seed),
        query_seed=derive_seed(request.project_seed, "simulate", "query", name, seed, len(labelled)),
        n_start=request.n_start,
        n_ranked=1,
    )


def _start(request: SimulationRequest, seed: int) -> tuple[int, ...]:
    name = request.class_name
    return random_start(request.ids, request.truth, request.training, request.n_start,
                        derive_seed(request.project_seed, "simulate", "start", name, seed), name)


def _curve_row(request: SimulationRequest, strategy: Strategy, seed: int, n_labels: int,
               outcome: Round) -> dict[str, Any]:
    scores, chosen = outcome.validation, request.validation
    values: dict[str, float | None] = dict.fromkeys(CURVE_COLUMNS[5:])
    if isinstance(scores, SetScores):
        counts = scores.counts
        values |= {
            "accuracy": scores.accuracy,
            "precision": scores.precision,
            "recall": scores.recall,
            "f1": scores.f1,
            "balanced_accuracy": balanced_accuracy(counts),
            "mcc": mcc(counts),
            "average_precision": average_precision(request.truth[chosen], outcome.proba[chosen]),
        }
    return {"class": request.class_name, "strategy": strategy.name, "model": request.member.name,
            "seed": seed, "n_labels": n_labels, **values}
