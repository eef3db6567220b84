"""What the newest labels did to a learner: its predictions before they were given, and those that they changed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import LearnerConfig
from astronomical.learning.guesses import Guesses
from astronomical.learning.metrics import is_claimed
from astronomical.learning.rounds import Round
from astronomical.session.labelling.training_set import TrainingSet, training_set_of
from astronomical.session.project.results import RecordedResults
from astronomical.session.project.round_records import Records
from astronomical.session.state import LearnerProgress, PredictionChange, SessionState
from astronomical.session.training.queues import trained_at
from astronomical.tasks import Jobs

__all__ = ["ProgressTracker", "guesses_of"]

#: Number of labels over which the change of the predictions is given.
RECENT = 10
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Predictions:
    """Predictions of a round, as bits: which sources were scored, and which of them the class is predicted for."""

    k: int
    key: str
    scored: NDArray[np.uint8]
    claimed: NDArray[np.uint8]

    @classmethod
    def of(cls, round: Round) -> _Predictions:
        return cls(round.k, round.key, np.packbits(np.isfinite(round.proba)), np.packbits(is_claimed(round.proba)))

    def change_from(self, earlier: _Predictions) -> PredictionChange:
        both = self.scored & earlier.scored
        return PredictionChange(earlier.k, _n_bits((self.claimed ^ earlier.claimed) & both), _n_bits(both))


@dataclass(frozen=True, eq=False)
class _Basis:
    """What the guesses of a learner were derived from."""

    learner: LearnerConfig
    view: TrainingSet
    records: Records
    guesses: Guesses


class ProgressTracker:
    """Compare each round with the labels that follow it and with the rounds before.

    The predictions of a few rounds are kept as bits. They are not saved, so that after a project was opened the changes
    are known again from the second round on.

    Parameters
    ----------
    state
        State of the session; `progress` is written.
    results
        Recorded rounds.
    jobs
        Jobs that compare the predictions.
    """

    def __init__(self, state: SessionState, results: RecordedResults, jobs: Jobs) -> None:
        self._state, self._results, self._jobs = state, results, jobs
        self._kept: dict[str, tuple[_Predictions, ...]] = {}
        self._basis: dict[str, _Basis] = {}
        self._compared: dict[str, tuple[str, Records]] = {}

    def update(self, name: str) -> None:
        """Compare the newest round of a learner, if it has not been compared."""
        newest: Round | None = self._state.rounds.get(name)
        records = self._results.records.get(name)
        if newest is None or records is None:
            return
        compared = self._compared.get(name)
        if compared is not None and compared[0] == newest.key and compared[1] is records:
            return
        self._compared[name] = newest.key, records
        state = self._state
        view = training_set_of(state.config, state.dataset, state.ledger, name)
        learner = state.learner(name)
        kept, basis = self._kept.get(name, ()), self._basis.get(name)

        def take(found: tuple[_Predictions | None, _Basis, LearnerProgress]) -> None:
            now, self._basis[name], progress = found
            if now is not None:
                known = {item.key: item for item in (*self._kept.get(name, ()), now)}
                # Those with the most labels: an undo goes back over them.
                self._kept[name] = tuple(sorted(known.values(), key=lambda item: item.k))[-2 * RECENT :]
            state.progress = {**state.progress, name: progress}

        self._jobs.submit(
            f"progress {name}",
            lambda _: _compare(newest, learner, view, records, kept, basis),
            take,
            partial(log.error, "the progress of a learner could not be computed: %s"),
            lane="progress",
            background=True,
        )

    def filled(self, round: Round) -> None:
        """Compare again after an earlier round was computed, whose predictions are now known."""
        self.update(round.class_name)

    def restart(self) -> None:
        """Drop everything, for the rounds are no longer valid."""
        self._kept.clear()
        self._basis.clear()
        self._compared.clear()
        self._state.progress = {}


def _compare(
    newest: Round,
    learner: LearnerConfig,
    view: TrainingSet,
    records: Records,
    kept: Sequence[_Predictions],
    basis: _Basis | None,
) -> tuple[_Predictions | None, _Basis, LearnerProgress]:
    guesses = guesses_of(learner, view, records, basis)
    now = _Predictions.of(newest) if newest.trained else None
    # Only rounds that are part of the history of this one, and not of labels that were undone.
    earlier = [item for item in kept if item.k < newest.k and _key_at(records, item.k) == item.key]
    recent = [item for item in earlier if item.k >= newest.k - RECENT]
    return (
        now,
        _Basis(learner, view, records, guesses),
        LearnerProgress(
            key=newest.key,
            guesses=guesses,
            change=now.change_from(earlier[-1]) if now is not None and earlier else None,
            recent=now.change_from(recent[0]) if now is not None and recent else None,
        ),
    )


def guesses_of(learner: LearnerConfig, view: TrainingSet, records: Records, basis: _Basis | None = None) -> Guesses:
    """Return the predictions of a learner for its queries before they were labelled, from its recorded rounds.

    Parameters
    ----------
    learner
        Settings of the learner, for its batches.
    view
        Its training set.
    records
        Its recorded rounds, with the probabilities of their queries.
    basis
        An earlier result; only what has changed since is computed.
    """
    start, guesses = 0, Guesses()
    if basis is not None and basis.learner == learner:
        changed = basis.records.first_difference(records)
        # A round has an effect on the labels after it.
        first = min((part[changed].k for part in (basis.records, records) if changed < len(part)), default=view.k)
        start = min(basis.view.examples.first_difference(view.examples), first)
        guesses = basis.guesses.before(start)
    labels, proba, own = list[int](), list[float](), list[bool]()
    for k, example in enumerate(view.examples.from_index(start), start):
        record = records.find(trained_at(learner, k))
        if record is None or record.probabilities is None or example.id not in record.queries:
            continue
        labels.append(k + 1)
        proba.append(record.probabilities[record.queries.index(example.id)])
        own.append(bool(example.target))
    return guesses.extended(labels, is_claimed(np.array(proba)) == own, own)


def _key_at(records: Records, k: int) -> str | None:
    record = records.find(k)
    return None if record is None else record.key


def _n_bits(bits: NDArray[np.uint8]) -> int:
    return int(np.count_nonzero(np.unpackbits(bits)))
