"""Look-ahead: compute the round after each possible label while the annotator decides.

A label is tried on the ledger, which is immutable, and the learners are asked for their next query by the functions
that also handle real labels. Results therefore do not depend on whether there was time to look ahead; only the waiting
time does. Labels that are equivalent for every learner lead to rounds with the same key, which are computed once;
Unsure leads to the next source of the same round.
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
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.labelling.label_context import answer_of, is_already_recorded, label_context
from astronomical.session.state import SessionState
from astronomical.session.training.queues import next_answered, queue_of, trained_at
from astronomical.session.training.round_cache import RoundCache, size_of
from astronomical.session.training.round_requests import TrainingSet, n_needed, round_basis, training_set_of
from astronomical.tasks.jobs import Job, Jobs

__all__ = ["FILL", "JOB", "Foreseen", "LookAhead", "foresee", "possible_ledgers"]

JOB = "look ahead"
#: Name of the job that computes missing earlier rounds; it waits for look-ahead to finish.
FILL = "fill"
_LIKELY = 6
#: Number of the last events among which a probable label means that the next one may be probable too.
_RECENT = 50
#: Delay after a change, in s, during which look-ahead leaves the processor to updates of the page.
_PATIENCE_S = 0.1
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Foreseen:
    """State of a learner for a given ledger: its round, if known, and its query."""

    view: TrainingSet
    key: str
    round: Round | None
    query: str | None
    ledger: Ledger


@dataclass
class _Task:
    """A round that is being computed ahead by a worker."""

    key: str | None = None
    adopted: bool = False


@dataclass(frozen=True)
class _Plan:
    """The possible labels, most probable first, as the ledgers that they lead to."""

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
    """Compute the rounds of possible labels one after the other, and stop when the state changes.

    Parameters
    ----------
    state
        State of the session; `likely` is written.
    jobs
        Jobs that compute rounds; without threads, nothing is computed ahead.
    kept
        Cache of the rounds.
    request
        Function that returns the request of the newest round for a training set.
    idle
        Function that returns whether nothing more urgent is pending.
    arrived
        Called with a round that is now awaited, or with an exception.
    done
        Called when all possible rounds are computed.
    """

    def __init__(
        self,
        state: SessionState,
        jobs: Jobs,
        kept: RoundCache,
        *,
        request: Callable[[TrainingSet], RoundRequest],
        idle: Callable[[], bool],
        arrived: Callable[[str, Round | Exception], None],
        done: Callable[[], None],
    ) -> None:
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
        """Start look-ahead from the current state soon, unless it is running for that state."""
        if not self._jobs.inline and not self._waiting:
            self._waiting = True
            self._jobs.later(self._consider)

    def adopt(self, key: str) -> bool:
        """Return whether a round is being computed ahead, and mark it as awaited."""
        if self._task is None or self._task.key != key:
            return False
        self._task.adopted = True
        return True

    def awaited(self, key: str) -> bool:
        """Return whether a round that is being computed ahead is awaited."""
        return self._task is not None and self._task.key == key and self._task.adopted

    def release(self, key: str) -> None:
        """Mark a round as no longer awaited."""
        if self._task is not None and self._task.key == key:
            self._task.adopted = False

    def stop(self) -> None:
        """Stop, unless the round that is being computed is awaited."""
        if self._task is not None and not self._task.adopted:
            self.abandon()

    def abandon(self) -> None:
        """Stop in any case."""
        self._task, self._situation = None, None
        self._jobs.cancel(JOB)

    def _consider(self) -> None:
        self._waiting = False
        state = self._state
        if not self._idle() or self._state.curating.on:
            return
        config = state.config
        situation = (
            state.ledger,
            state.focus,
            state.active,
            config.learners,
            config.split,
            config.features,
            config.labelling,
            config.project.seed,
            id(state.dataset),
            tuple(state.queries.items()),
        )
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
        self._jobs.submit(
            JOB,
            lambda job: self._compute(plan, task, job, patience),
            lambda result: self._take(plan, result),
            lambda error: self._failed(plan, task, error),
            lane="ahead",
            background=True,
        )

    def _compute(self, plan: _Plan, task: _Task, job: Job, patience: float) -> _Result:
        """Return the first missing round, if there is memory for it; runs in a worker."""
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
                    round = fit_round(self._request(found.view), job.cancelled, partial(_report_if_awaited, task, job))
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
            self._arrived(result.round.name, result.round)
        else:
            self._next(plan)

    def _failed(self, plan: _Plan, task: _Task, error: Exception) -> None:
        self._task = None
        log.info("a round could not be computed ahead", exc_info=error)
        if task.adopted and task.key is not None:
            self._situation = None
            self._arrived(task.key, error)
        elif task.key is not None:
            plan.hopeless.add(task.key)  # the error is shown when the label is given
            self._next(plan)

    def _next_in_ranking(self) -> tuple[str, ...]:
        """Return the query of the active learner after the selected source, if nothing were learned from it."""
        state = self._state
        round = state.rounds.get(state.active)
        if round is None or state.queries.get(state.active) not in round.queries:
            return ()
        after = round.queries.index(state.queries[state.active]) + 1
        view = training_set_of(state.config, state.dataset, state.ledger, state.active)
        return tuple(id for id in round.queries[after : after + _LIKELY] if not view.has(id))

    def _set_likely(self, ids: tuple[str, ...]) -> None:
        likely = tuple(dict.fromkeys(ids))[:_LIKELY]
        if likely != self._state.likely:
            self._state.likely = likely


def _report_if_awaited(task: _Task, job: Job, fraction: float) -> None:
    """Report the progress of a round if it is awaited; otherwise leave the screen unchanged."""
    if task.adopted:
        job.progress(fraction)


def foresee(
    config: Config, dataset: Dataset, ledger: Ledger, class_name: str, find: Callable[[str], Round | None]
) -> Foreseen:
    """Return the state of a learner for a ledger, as far as the cached rounds allow.

    Like the learner itself, it uses human labels given elsewhere, and continues from there.
    """
    while True:
        view = training_set_of(config, dataset, ledger, class_name)
        learner = config.learner(class_name)
        assert learner is not None
        k = trained_at(learner, view.k)
        key = round_basis(config, view, k)
        round = find(key)
        if round is not None and round.n_ranked < n_needed(learner, view, k):
            round = None
        queue = () if round is None else queue_of(learner, view, round)
        answered = next_answered(queue, ledger)
        if round is None or answered is None:
            return Foreseen(view, key, round, queue[0] if queue else None, ledger)
        ledger, _ = ledger.append(
            kind="label", id=answered[0], label=answered[1], class_name=class_name, round=round.k, origin="shared"
        )


def possible_ledgers(state: SessionState) -> Iterator[Ledger]:
    """Yield the ledger after each possible label of the selected source.

    The most probable label comes first, then the others, then Unsure. If the annotator was less certain of one of the
    last labels, each label given as probable follows.
    """
    id, name = state.focus, state.active
    if id is None or name is None or id not in state.dataset.catalogue:
        return
    labels = sorted(state.config.class_names, key=lambda label: _improbability(state, id, label))
    answers = [answer_of(label) for label in (*labels, None)]
    if any(event.probable for event in state.ledger.events[-_RECENT:]):
        answers += [answer_of(label, probable=True) for label in labels]
    for answer in answers:
        if is_already_recorded(state, id, answer, name):
            continue
        try:
            context = label_context(state, id, answer.get("label"), name)
        except SessionError:  # such a label is refused
            continue
        yield state.ledger.append(**answer, id=id, **context)[0]


def _improbability(state: SessionState, id: str, label: str) -> tuple[float, float]:
    """Return a sort key that puts the most probable labels first: the side of the active learner, then the class."""
    row = state.dataset.catalogue.row(id)
    own, active = (_probability(state, name, row) for name in (label, state.active))
    return (-active if label == state.active else active - 1, -own)


def _probability(state: SessionState, name: str, row: int) -> float:
    """Return the probability that a learner gives a source; a small one if it has none."""
    round = state.rounds.get(name)
    if round is None or not np.isfinite(round.proba[row]):
        return 1 / (len(state.config.class_names) + 1)
    return float(round.proba[row])
