"""Looking ahead: while a person thinks, the round after each possible answer is computed.

An answer is tried out on the ledger, which is immutable, and the learners are asked what they would do then, by
the same functions that serve the answer once it is given. So nothing depends on whether there was time to look
ahead, except how long the next question takes. Answers that mean the same to every learner lead to rounds of the
same key, which are computed once; Unsure leads to the next source of the same round.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.learning.rounds import Round, RoundRequest, fit_round
from astronomical.session.answers import context_of, says_so_already
from astronomical.session.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.jobs import Job, Jobs
from astronomical.session.kept import KeptRounds, size_of
from astronomical.session.queues import next_answered, queue_of, trained_at
from astronomical.session.requests import LearnerView, learner_view, n_needed, request_key
from astronomical.session.state import SessionState

__all__ = ["FILL", "JOB", "Foreseen", "LookAhead", "foresee", "possible_ledgers"]

JOB = "look ahead"
#: The job that computes rounds missing from the records; it waits while there is something to look ahead to.
FILL = "fill"
_LIKELY = 6
#: So long after a change the page is being brought up to date, in s; what is computed ahead leaves it the processor.
_PATIENCE_S = 0.1
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Foreseen:
    """What a learner would do if the ledger stood so: its round if that is known, and what it would ask for."""

    view: LearnerView
    key: str
    round: Round | None
    query: str | None
    ledger: Ledger


@dataclass
class _Task:
    """One round that is being computed ahead. The worker says which one."""

    key: str | None = None
    adopted: bool = False


@dataclass(frozen=True)
class _Plan:
    """The answers that are possible now, the likeliest first, as the ledgers that they would lead to."""

    config: Config
    dataset: Dataset
    names: tuple[str, ...]
    ledgers: tuple[Ledger, ...]
    hopeless: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Result:
    round: Round | None
    likely: tuple[str, ...]
    keys: tuple[str, ...]


class LookAhead:
    """Computes the rounds of possible answers, one after the other, and stops when the state moves on.

    Parameters
    ----------
    state
        The session; `likely` is written.
    jobs
        Where rounds are computed; nothing happens where that is the calling thread.
    kept
        Where the rounds go.
    request
        Returns the request of the newest round of a view of a learner.
    idle
        Tells whether nothing more urgent is to be done.
    arrived
        Called with a round for which somebody has come to wait meanwhile; or with an exception.
    done
        Called when there is nothing left to look ahead to.
    """

    def __init__(self, state: SessionState, jobs: Jobs, kept: KeptRounds, *,
                 request: Callable[[LearnerView], RoundRequest], idle: Callable[[], bool],
                 arrived: Callable[[str, Round | Exception], None], done: Callable[[], None]) -> None:
        self._state, self._jobs, self._kept = state, jobs, kept
        self._request, self._idle, self._arrived, self._done = request, idle, arrived, done
        self._situation: object = None
        self._task: _Task | None = None
        self._waiting = False

    @property
    def busy(self) -> bool:
        """Whether a round is being computed ahead."""
        return self._task is not None

    def consider(self) -> None:
        """Look at the state soon, and look ahead from there unless that is being done."""
        if not self._jobs.inline and not self._waiting:
            self._waiting = True
            self._jobs.later(self._consider)

    def adopt(self, key: str) -> bool:
        """Tell whether a round is being computed ahead; somebody waits for it from now on."""
        if self._task is None or self._task.key != key:
            return False
        self._task.adopted = True
        return True

    def awaited(self, key: str) -> bool:
        """Tell whether somebody waits for a round that is being computed ahead."""
        return self._task is not None and self._task.key == key and self._task.adopted

    def release(self, key: str) -> None:
        """Nobody waits for a round any more."""
        if self._task is not None and self._task.key == key:
            self._task.adopted = False

    def stop(self) -> None:
        """Stop, unless somebody waits for the round that is being computed."""
        if self._task is not None and not self._task.adopted:
            self.abandon()

    def abandon(self) -> None:
        """Stop whatever is being computed."""
        self._task, self._situation = None, None
        self._jobs.cancel(JOB)

    def _consider(self) -> None:
        self._waiting = False
        state = self._state
        if not self._idle() or self._state.curating.on:
            return
        config = state.config
        situation = (state.ledger, state.focus, state.active, config.learners, config.split, config.features,
                     config.project.seed, id(state.dataset), tuple(state.queries.items()))
        if situation == self._situation:
            return
        self.abandon()
        self._situation = situation
        names = [learner.class_name for learner in config.learners if learner.started]
        names.sort(key=lambda name: name != state.active)
        self._set_likely(self._next_in_ranking())
        plan = _Plan(config, state.dataset, tuple(names), tuple(possible_ledgers(state)))
        self._next(plan, _PATIENCE_S)

    def _next(self, plan: _Plan, patience: float = 0.0) -> None:
        self._jobs.cancel(FILL)
        task = self._task = _Task()
        self._jobs.submit(JOB, lambda job: self._compute(plan, task, job, patience),
                          lambda result: self._take(plan, result), lambda error: self._failed(plan, task, error),
                          lane="ahead", background=True)

    def _compute(self, plan: _Plan, task: _Task, job: Job, patience: float) -> _Result:
        """Return the first round that is missing, if there is room for it; runs in a worker."""
        job.pause(patience)
        likely: dict[str, None] = {}
        keys: list[str] = []
        for ledger in plan.ledgers:
            for name in plan.names:
                found = foresee(plan.config, plan.dataset, ledger, name, self._kept.peek)
                keys.append(found.key)
                ledger = found.ledger
                if found.round is not None:
                    if found.query is not None and name == plan.names[0]:
                        likely[found.query] = None
                elif found.key not in plan.hopeless and self._fits(name):
                    task.key = found.key
                    round = fit_round(self._request(found.view), job.cancelled, partial(_tell_if_awaited, task, job))
                    return _Result(round, tuple(likely), tuple(keys))
        return _Result(None, tuple(likely), tuple(keys))

    def _fits(self, name: str) -> bool:
        newest = self._state.rounds.get(name)
        return newest is not None and self._kept.has_room_for(size_of(newest))

    def _take(self, plan: _Plan, result: _Result) -> None:
        task, self._task = self._task, None
        self._set_likely((*result.likely, *self._next_in_ranking()))
        self._kept.pin("ahead", result.keys)
        if result.round is None:
            self._done()
            return
        self._kept.add(result.round, ahead=True)
        if task is not None and task.adopted:
            self._situation = None
            self._arrived(result.round.key, result.round)
        else:
            self._next(plan)

    def _failed(self, plan: _Plan, task: _Task, error: Exception) -> None:
        self._task = None
        log.info("a round could not be computed ahead", exc_info=error)
        if task.adopted and task.key is not None:
            self._situation = None
            self._arrived(task.key, error)
        elif task.key is not None:
            plan.hopeless.add(task.key)  # the error is told when the answer is given
            self._next(plan)

    def _next_in_ranking(self) -> tuple[str, ...]:
        """Return what the active learner asks for after the source shown, were nothing learnt from it."""
        state = self._state
        round = state.rounds.get(state.active)
        if round is None or state.queries.get(state.active) not in round.queries:
            return ()
        after = round.queries.index(state.queries[state.active]) + 1
        closed = learner_view(state.config, state.dataset, state.ledger, state.active).closed
        return tuple(id for id in round.queries[after:after + _LIKELY] if id not in closed)

    def _set_likely(self, ids: tuple[str, ...]) -> None:
        likely = tuple(dict.fromkeys(ids))[:_LIKELY]
        if likely != self._state.likely:
            self._state.likely = likely


def _tell_if_awaited(task: _Task, job: Job, fraction: float) -> None:
    """Say how far a round is, for those who wait for it; while nobody does the screen is left in peace."""
    if task.adopted:
        job.progress(fraction)


def foresee(config: Config, dataset: Dataset, ledger: Ledger, class_name: str,
            find: Callable[[str], Round | None]) -> Foreseen:
    """Return what a learner does when the ledger stands so, as far as the rounds that are kept tell.

    Like the learner itself, it answers what a person has answered elsewhere, and goes on from there.
    """
    while True:
        view = learner_view(config, dataset, ledger, class_name)
        learner = config.learner(class_name)
        assert learner is not None
        k = trained_at(learner, view.k)
        key = request_key(config, view, k)
        round = find(key)
        if round is not None and round.n_ranked < n_needed(learner, view, k):
            round = None
        queue = () if round is None else queue_of(learner, view, round)
        answered = next_answered(queue, ledger)
        if round is None or answered is None:
            return Foreseen(view, key, round, queue[0] if queue else None, ledger)
        ledger, _ = ledger.append(kind="label", id=answered[0], label=answered[1], class_name=class_name, round=round.k,
                                  origin="shared")


def possible_ledgers(state: SessionState) -> Iterator[Ledger]:
    """Yield the ledger after each possible answer for the source shown, the likeliest answer first, Unsure last."""
    id, name = state.focus, state.active
    if id is None or name is None or id not in state.dataset.catalogue:
        return
    labels = sorted(state.config.class_names, key=lambda label: _improbability(state, id, label))
    for label in (*labels, None):
        if says_so_already(state, id, label, name):
            continue
        try:
            context = context_of(state, id, label, name)
        except SessionError:  # such an answer is refused
            continue
        yield state.ledger.append(kind="unsure" if label is None else "label", id=id, label=label, **context)[0]


def _improbability(state: SessionState, id: str, label: str) -> tuple[float, float]:
    """Return what sorts the likeliest answers to the front: first the side of the active learner, then the class."""
    row = state.dataset.catalogue.row(id)
    own, active = (_probability(state, name, row) for name in (label, state.active))
    return (-active if label == state.active else active - 1, -own)


def _probability(state: SessionState, name: str, row: int) -> float:
    """Return the probability that a learner gives a source; a small one where it has none."""
    round = state.rounds.get(name)
    if round is None or not np.isfinite(round.proba[row]):
        return 1 / (len(state.config.class_names) + 1)
    return float(round.proba[row])
