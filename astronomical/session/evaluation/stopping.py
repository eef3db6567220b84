"""Advice when to stop labelling: whether the predictions of successive rounds agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed, first_by_hash
from astronomical.config.schema import AgreementConfig, Config, LearnerConfig
from astronomical.learning.metrics import is_claimed
from astronomical.learning.rounds import Round, fit_round
from astronomical.learning.scoring import CancelCheck, never
from astronomical.learning.stopping import LEAST_OF_EACH, N_KAPPAS, N_SOURCES, StopAdvice, kappa, stop_advice
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset
from astronomical.session.labelling.training_set import TrainingSet, training_set_of
from astronomical.session.project.results import RecordedResults
from astronomical.session.state import SessionState
from astronomical.session.training.queues import is_trained_at
from astronomical.session.training.round_cache import RoundCache
from astronomical.session.training.round_requests import request_for, round_basis
from astronomical.tasks import Jobs

__all__ = ["StopAdvisor", "advice_text", "agreement_differs", "compared_rounds", "compared_rows"]

#: Agreements that differ by no more are equal.
_TOLERANCE = 1e-5
#: Number of rounds of a learner whose predictions are kept, so that some labels can be undone without training again.
_MOST_KEPT = 4 * N_KAPPAS
Find = Callable[[str], Round | None]


def compared_rows(config: Config, dataset: Dataset, class_name: str) -> NDArray[np.intp]:
    """Return the sources of the training set whose predictions are compared, ascending, shape (n,), n <= 2,000."""
    inside = np.flatnonzero(dataset.split.training)
    seed = derive_seed(config.project.seed, "stop", class_name)
    rows: NDArray[np.intp] = np.sort(inside[first_by_hash(dataset.catalogue.ids[inside], seed, N_SOURCES)])
    return rows


def predictions_at(
    config: Config,
    dataset: Dataset,
    registry: Registry,
    view: TrainingSet,
    k: int,
    rows: NDArray[np.intp],
    find: Find = lambda basis: None,
    cancelled: CancelCheck = never,
) -> NDArray[np.bool_] | None:
    """Return whether round k predicts the class for some sources, shape (n,); None if it has no model.

    A round that `find` does not return is trained again, and scores these sources only.
    """
    round = find(round_basis(config, view, k))
    if round is None:
        request = request_for(config, dataset, registry, view, k)
        scored = np.zeros(len(request.pool), dtype=np.bool_)
        scored[rows] = True
        nothing = np.zeros_like(scored)
        round = fit_round(
            replace(request, pool=request.pool & scored, training=scored, validation=nothing, n_ranked=1), cancelled
        )
    return is_claimed(round.proba[rows]) if round.trained else None


def agreement_of(
    view: TrainingSet, dataset: Dataset, rows: NDArray[np.intp], predicted: Mapping[int, NDArray[np.bool_] | None]
) -> tuple[float, ...]:
    """Return Cohen's kappa of successive rounds, without the sources that either trains on.

    Parameters
    ----------
    view
        Training set of the newest of the rounds.
    dataset, rows
        The catalogue, and the compared sources, shape (n,).
    predicted
        Predictions of each round by its number of labels, ascending, shape (n,); None for a round without a model.
    """
    place = {row: i for i, row in enumerate(rows.tolist())}
    found = []
    trained_rounds = [(k, values) for k, values in predicted.items() if values is not None]
    for (_, before), (k, after) in pairwise(trained_rounds):
        # The labels of the earlier round are among those of the later one.
        trained = dataset.catalogue.rows_of([example.id for example in view.examples[:k]]).tolist()
        kept = np.ones(len(rows), dtype=np.bool_)
        kept[[place[row] for row in trained if row in place]] = False
        found.append(kappa(before[kept], after[kept]))
    return tuple(found)


def compared_rounds(learner: LearnerConfig, view: TrainingSet, k: int) -> tuple[int, ...]:
    """Return the rounds that are compared: round k and the ten before it, by their numbers of labels."""
    first = min(learner.start.n, view.k) if learner.start.mode == "random" else 2
    found: list[int] = []
    while k >= first and len(found) <= N_KAPPAS:
        if not found or (is_trained_at(learner, k) and view.is_asked(k)):
            found.append(k)
        k -= 1
    return tuple(reversed(found))


def agreement_differs(
    expected: AgreementConfig,
    config: Config,
    dataset: Dataset,
    registry: Registry,
    view: TrainingSet,
    k: int,
    find: Find,
) -> tuple[float, ...] | None:
    """Return the agreement of round k and the rounds before it, if it differs from the recorded one; else None."""
    learner = config.learner(view.class_name)
    if learner is None:
        return None
    rows = compared_rows(config, dataset, view.class_name)
    predicted = {
        at: predictions_at(config, dataset, registry, view, at, rows, find) for at in compared_rounds(learner, view, k)
    }
    found = agreement_of(view, dataset, rows, predicted)
    same = len(found) == len(expected.kappas) and np.allclose(found, expected.kappas, rtol=0, atol=_TOLERANCE)
    return None if same else found


def advice_text(advice: StopAdvice, name: str) -> str:
    """Return the advice as a sentence about the class of this name."""
    if advice.verdict == "few labels":
        side, n = (name, advice.n_own) if advice.n_own <= advice.n_rest else (f"not {name}", advice.n_rest)
        return f"Too few labels to say whether to stop: {n} of {LEAST_OF_EACH} are {side}."
    if advice.verdict == "few rounds":
        return f"Too few rounds to say whether to stop: {len(advice.kappas)} of {N_KAPPAS} comparisons."
    if advice.verdict == "changing":
        return (
            f"Predictions still change: the mean agreement (kappa) of the last {N_KAPPAS} rounds is {advice.mean:.3f}."
        )
    return (
        "Stable, but not necessarily correct: "
        f"the mean agreement (kappa) of the last {N_KAPPAS} rounds is {advice.mean:.3f}."
    )


class StopAdvisor:
    """Keep the advice of each learner up to date with its newest round, in the background.

    Parameters
    ----------
    state
        State of the session; `stop_advice` is written.
    registry
        Registry of models.
    rounds
        Cache of rounds; those that it does not have are trained again.
    results
        Results for the project file; their agreements are written.
    jobs
        Jobs that compare the rounds.
    """

    def __init__(
        self, state: SessionState, registry: Registry, rounds: RoundCache, results: RecordedResults, jobs: Jobs
    ) -> None:
        self._state, self._registry, self._rounds = state, registry, rounds
        self._results, self._jobs = results, jobs
        #: For each class: its compared sources with their dataset, and the predictions of its newest rounds by their
        #: names.
        self._rows: dict[str, tuple[Dataset, NDArray[np.intp]]] = {}
        self._predicted: dict[str, dict[str, NDArray[np.bool_] | None]] = {}

    def update(self, class_name: str) -> None:
        """Update the advice of a learner after a round, unless everything runs in the calling thread."""
        newest = self._state.rounds.get(class_name)
        if self._jobs.inline or newest is None or not newest.trained:
            return
        work = self._work(class_name)
        self._jobs.submit(
            f"stop {class_name}",
            lambda job: work(job.cancelled),
            lambda advice: self._publish(class_name, newest, advice),
            lambda error: self._state.notify(f"No advice on stopping is available: {error}", "warning"),
            title="Comparing rounds",
            lane="advice",
            background=True,
        )

    def advice(self, class_name: str) -> StopAdvice:
        """Compare the last rounds of a learner now, and return the advice."""
        newest = self._state.rounds.get(class_name)
        advice = self._work(class_name)(never)
        if newest is not None:
            self._publish(class_name, newest, advice)
        return advice

    def _work(self, class_name: str) -> Callable[[CancelCheck], StopAdvice]:
        state = self._state
        config, dataset = state.config, state.dataset
        view = training_set_of(config, dataset, state.ledger, class_name)
        learner, newest = state.learner(class_name), state.rounds.get(class_name)
        k = newest.k if newest is not None else 0

        def work(cancelled: CancelCheck) -> StopAdvice:
            n_own = sum(example.target for example in view.examples[:k])
            if min(n_own, k - n_own) < LEAST_OF_EACH:
                return stop_advice((), n_own, k - n_own)
            rows = self._compared(config, dataset, class_name)
            known = self._predicted[class_name]
            predicted: dict[int, NDArray[np.bool_] | None] = {}
            for at in compared_rounds(learner, view, k):
                name = round_basis(config, view, at)
                if name not in known:
                    known[name] = predictions_at(
                        config, dataset, self._registry, view, at, rows, self._rounds.peek, cancelled
                    )
                predicted[at] = known[name]
            for name in list(known)[:-_MOST_KEPT]:
                del known[name]
            return stop_advice(agreement_of(view, dataset, rows, predicted), n_own, k - n_own)

        return work

    def _compared(self, config: Config, dataset: Dataset, class_name: str) -> NDArray[np.intp]:
        kept = self._rows.get(class_name)
        if kept is None or kept[0] is not dataset:
            kept = self._rows[class_name] = dataset, compared_rows(config, dataset, class_name)
            self._predicted[class_name] = {}
        return kept[1]

    def _publish(self, class_name: str, newest: Round, advice: StopAdvice) -> None:
        if self._state.rounds.get(class_name) is not newest:
            return
        record = AgreementConfig(kappas=tuple(float(f"{value:.6g}") for value in advice.kappas))
        self._results.set_agreement(class_name, newest.key, record if advice.kappas else None)
        if self._state.stop_advice.get(class_name) != advice:
            self._state.stop_advice = {**self._state.stop_advice, class_name: advice}
