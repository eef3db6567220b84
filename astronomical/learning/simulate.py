"""Simulate learning curves with the catalogue labels as the oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import derive_seed
from astronomical.learning.initial_sample import InitialDraw, StartError, diverse_start, draw_start
from astronomical.learning.metrics import SetScores, average_precision, balanced_accuracy, mcc
from astronomical.learning.query_selection import Strategy
from astronomical.learning.rounds import Member, Round, RoundRequest, fit_round
from astronomical.learning.scoring import CancelCheck, never

__all__ = ["CURVE_COLUMNS", "SimulationRequest", "StartKind", "initial_draws", "simulate"]

#: How initial labels are chosen.
StartKind = Literal["random", "diverse"]

#: Keys of the rows of a learning curve.
CURVE_COLUMNS = (
    "class",
    "strategy",
    "model",
    "seed",
    "n_labels",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "balanced_accuracy",
    "mcc",
    "average_precision",
)


@dataclass(frozen=True, eq=False)
class SimulationRequest:
    """What to simulate. Rows are in the order of the ids.

    Attributes
    ----------
    class_name
        The class to learn.
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
        The query strategies to compare. With the same seed, they start from the same sources.
    n_labels
        Number of labels in each run, including the initial labels.
    seeds
        The seeds of the runs of each strategy. They change the initial labels and the model, but not the split.
    n_start, start
        Number of initial labels, and how they are chosen.
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
    seeds: tuple[int, ...]
    n_start: int = 5
    start: StartKind = "random"
    project_seed: int = 0


def simulate(
    request: SimulationRequest, cancelled: CancelCheck = never, report: Callable[[Round], None] = lambda round: None
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the learning curves.

    Parameters
    ----------
    request
        What to simulate.
    cancelled
        Called regularly; the work stops if it returns True.
    report
        Called with each round.

    Returns
    -------
    iterator of dict
        One row for each strategy, seed and number of labels from `n_start` on, with the keys `CURVE_COLUMNS`: scores
        on the validation set, None where undefined. A run ends early if its pool is empty.

    Raises
    ------
    StartError
        When called, if the initial labels cannot be drawn or `n_labels` is smaller than `n_start`.
    """
    starts = [draw.rows for draw in initial_draws(request)]
    return _runs(request, starts, cancelled, report)


def initial_draws(request: SimulationRequest) -> tuple[InitialDraw, ...]:
    """Return the initial labels of each seed.

    Raises
    ------
    StartError
        If they cannot be drawn, or `n_labels` is smaller than `n_start`.
    """
    if request.n_labels < request.n_start:
        raise StartError(
            f"{request.n_labels} labels are fewer than {request.n_start} initial labels: "
            "request more labels, or fewer initial labels"
        )
    return tuple(_start(request, seed) for seed in request.seeds)


def _runs(
    request: SimulationRequest,
    starts: Sequence[tuple[int, ...]],
    cancelled: CancelCheck,
    report: Callable[[Round], None],
) -> Iterator[dict[str, Any]]:
    for strategy in request.strategies:
        for seed, start in zip(request.seeds, starts, strict=True):
            yield from _run(request, strategy, seed, start, cancelled, report)


def _run(
    request: SimulationRequest,
    strategy: Strategy,
    seed: int,
    start: tuple[int, ...],
    cancelled: CancelCheck,
    report: Callable[[Round], None],
) -> Iterator[dict[str, Any]]:
    labelled = set(start)
    pool = request.training & (request.truth >= 0)
    while True:
        outcome = fit_round(_round_request(request, strategy, seed, labelled, pool), cancelled)
        report(outcome)
        yield _curve_row(request, strategy, seed, len(labelled), outcome)
        if len(labelled) == request.n_labels or not outcome.queries:
            return
        labelled.add(int(np.searchsorted(request.ids, outcome.queries[0].encode())))


def _round_request(
    request: SimulationRequest, strategy: Strategy, seed: int, labelled: set[int], pool: NDArray[np.bool_]
) -> RoundRequest:
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
        # The curve shows the validation set only, so other sources are scored only if the strategy needs them.
        training=np.zeros_like(request.training),
        validation=request.validation,
        members=(request.member,),
        strategy=strategy,
        model_seed=derive_seed(request.project_seed, "simulate", "model", name, seed),
        query_seed=derive_seed(request.project_seed, "simulate", "query", name, seed, len(labelled)),
        n_start=request.n_start,
        n_ranked=1,
    )


def _start(request: SimulationRequest, seed: int) -> InitialDraw:
    name = request.class_name
    hashed = derive_seed(request.project_seed, "simulate", "start", name, seed)
    given = (request.ids, request.truth, request.training, request.n_start, hashed, name)
    return draw_start(*given) if request.start == "random" else diverse_start(*given, request.features)


def _curve_row(
    request: SimulationRequest, strategy: Strategy, seed: int, n_labels: int, outcome: Round
) -> dict[str, Any]:
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
    return {
        "class": request.class_name,
        "strategy": strategy.name,
        "model": request.member.name,
        "seed": seed,
        "n_labels": n_labels,
        **values,
    }
