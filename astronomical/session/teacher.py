"""Keeps every learner's round in step with the ledger."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from typing import Any

from astronomical.config.schema import LearnerConfig, LearnerResultConfig, RoundResultConfig
from astronomical.learning.rounds import Round, RoundRequest, fit_round
from astronomical.plugins.registry import Registry
from astronomical.session.errors import SessionError
from astronomical.session.jobs import Job, Jobs, as_failure
from astronomical.session.kept import KeptRounds
from astronomical.session.lookahead import FILL, JOB, LookAhead
from astronomical.session.queues import is_trained_at, next_answered, next_training, queue_of, trained_at
from astronomical.session.requests import LearnerView, learner_view, n_needed, request_for, request_key
from astronomical.session.results import record_of, sampled_probabilities
from astronomical.session.state import Curve, SessionState


class Teacher:
    """Computes rounds as labels come and go, answers what is already known, and records results.

    Parameters
    ----------
    state
        The state of the session; the teacher writes rounds, queries, pending and curves.
    registry
        Where models and strategies are found.
    jobs
        Where rounds are computed.
    share
        Called with (class, id, label, round) when a learner asks for a source that has a human label: it
        records the answer.
    failed
        Called with a sentence when a round could not be computed.
    settled
        Called with a class whose newest round has become ready.
    kept
        Where rounds are kept for undo, redo and looking ahead.
    look_ahead
        Whether the rounds of possible answers are computed while the person thinks.
    filled
        Called with an earlier round that was missing from the records, once it is computed.
    rested
        Called when nothing is left to be computed.
    """

    def __init__(self, state: SessionState, registry: Registry, jobs: Jobs, *,
                 share: Callable[[str, Round, str, str], None] | None, failed: Callable[[str], None],
                 settled: Callable[[str], None], kept: KeptRounds, look_ahead: bool = True,
                 filled: Callable[[Round], None] = lambda round: None,
                 rested: Callable[[], None] = lambda: None) -> None:
        self._state = state
        self._registry = registry
        self._jobs = jobs
        self._share = share
        self._failed = failed
        self._settled = settled
        self._kept = kept
        self._ahead = LookAhead(state, jobs, kept, request=self._newest_request,
                                idle=self._is_idle, arrived=self._adopted,
                                done=self._fill_next)
        self._looks_ahead, self._filled_in, self._rested = look_ahead, filled, rested
        self._under_way: dict[str, str] = {}
        #: Per class the key of a round that was called off or failed: it is not tried again unasked.
        self._halted: dict[str, str] = {}
        self._views: dict[str, LearnerView] = {}
        #: What `view` answered last, and for which config, dataset and ledger.
        self._known_views: dict[str, tuple[tuple[Any, ...], LearnerView]] = {}
        self._records: dict[str, dict[int, RoundResultConfig]] = {}
        #: Per class the key of the last round of the config, and the probabilities recorded of it.
        self._samples: dict[str, tuple[str, dict[str, float]]] = {}

    def load(self, results: tuple[LearnerResultConfig, ...]) -> None:
        """Take over the results recorded in a config."""
        self._records = {item.class_name: {record.k: record for record in item.rounds} for item in results}
        self._samples = {item.class_name: (item.rounds[-1].key, dict(item.probabilities))
                         for item in results if item.rounds}

    def refresh(self) -> None:
        """Bring all learners in step with the ledger, the active one first."""
        names = [learner.class_name for learner in self._state.config.learners if learner.started]
        for name in sorted(names, key=lambda name: name != self._state.active):
            self._refresh(name)
        self.look_ahead()

    def look_ahead(self) -> None:
        """Compute what may be wanted next, now that the state has changed."""
        if self._looks_ahead:
            self._ahead.consider()
        elif not self._jobs.inline:
            self._fill_next()

    def cancel(self, class_name: str) -> None:
        """Call off the round under way of a learner; its last round stays."""
        key = self._under_way.get(class_name)
        if key is not None:
            self._halt(class_name, key)

    def resume(self, class_name: str) -> None:
        """Take up the training of a learner again that was called off, or that failed."""
        self._halted.pop(class_name, None)
        self._state.halted = tuple(name for name in self._state.halted if name != class_name)
        self.refresh()

    def view(self, class_name: str) -> LearnerView:
        """Return what the ledger says to a learner now."""
        state = self._state
        basis = (state.config, state.dataset, state.ledger)
        known = self._known_views.get(class_name)
        if known is None or any(a is not b for a, b in zip(known[0], basis, strict=True)):
            known = self._known_views[class_name] = (basis, learner_view(*basis, class_name))
        return known[1]

    def progress(self, class_name: str) -> float | None:
        """Return how far the round under way of a learner is, from 0 to 1; None if nobody knows."""
        if class_name not in self._under_way:
            return None
        jobs = {job.name: job.fraction for job in self._state.jobs}
        # A round that was begun ahead of the answer is waited for where it is.
        return jobs.get(JOB if self._ahead.awaited(self._under_way[class_name]) else _job(class_name))

    def results(self) -> tuple[LearnerResultConfig, ...]:
        """Return what the config keeps of all learners."""
        found = []
        for learner in self._state.config.learners:
            name = learner.class_name
            # Not the curves on the screen: while a round is under way they still show what no longer holds.
            records = self._records.get(name, {})
            if learner.started and records:
                rounds = tuple(records[k] for k in sorted(records))
                found.append(LearnerResultConfig(class_name=name, rounds=rounds,
                                                 probabilities=self._sample(name, rounds[-1].key)))
        return tuple(found)

    def _sample(self, name: str, key: str) -> dict[str, float]:
        """Return the probabilities that go with a round: of the newest, else those that the config came with."""
        newest = self._state.rounds.get(name)
        if newest is not None and newest.key == key:
            return sampled_probabilities(newest, self._state.dataset, self._state.config.project.seed)
        recorded, sample = self._samples.get(name, ("", {}))
        return sample if recorded == key else {}

    def fill_gaps(self) -> None:
        """Compute every round that is missing from the records, here and now."""
        while (gap := self._next_gap()) is not None:
            name, k = gap
            self._keep_record(name, fit_round(self._request(self._views[name], k)))

    def _refresh(self, name: str) -> None:
        while True:
            view = self.view(name)
            self._take_view(name, view)
            newest = self._newest(name, view)
            if newest is None:
                return
            queue = queue_of(self._learner(name), view, newest)
            self._publish(name, view, newest, queue)
            answered = next_answered(queue, self._state.ledger)
            if answered is None or self._share is None:
                break
            self._share(name, newest, *answered)
        self._settle(name)
        self._settled(name)

    def _newest(self, name: str, view: LearnerView) -> Round | None:
        """Return the newest round from memory or computed on the spot; None while it is under way."""
        learner = self._learner(name)
        k = trained_at(learner, view.k)
        key = request_key(self._state.config, view, k)
        kept = self._kept.find(key)
        if kept is not None and kept.n_ranked >= n_needed(learner, view, k):
            return kept
        if key in (self._under_way.get(name), self._halted.get(name)):
            return None
        if self._jobs.inline:
            return self._compute_here(view, k)
        self._jobs.cancel(FILL)
        self._call_off(name)
        self._under_way[name] = key
        self._ask(name, ())
        self._state.pending = tuple(dict.fromkeys((*self._state.pending, name)))
        if not self._ahead.adopt(key):
            self._ahead.stop()
            self._jobs.submit(_job(name), lambda job: self._fit(view, k, job),
                              lambda round: self._arrived(name, round), lambda error: self._broke(name, key, error),
                              title=f"Training {name} on {k} labels")
        return None

    def _compute_here(self, view: LearnerView, k: int) -> Round | None:
        """Compute a round in the calling thread."""
        try:
            round = fit_round(self._request(view, k))
        except SessionError as error:
            self._failed(str(error))
            return None
        except (Exception, SystemExit) as error:  # a plugin may do anything; in a worker Jobs sees to it
            self._failed(_could_not(view.class_name, as_failure(error)))
            return None
        self._kept.add(round)
        return round

    def _fit(self, view: LearnerView, k: int, job: Job) -> Round:
        """Compute a round; runs in a worker."""
        round = fit_round(self._request(view, k), job.cancelled, job.progress)
        # The sources whose probabilities are saved are drawn here: later it would hold up the event loop.
        sampled_probabilities(round, self._state.dataset, self._state.config.project.seed)
        return round

    def _arrived(self, name: str, round: Round) -> None:
        self._kept.add(round)
        self._under_way.pop(name, None)
        self._refresh(name)
        self.look_ahead()

    def _adopted(self, key: str, outcome: Round | Exception) -> None:
        """Take a round that was begun ahead of the answer, and then waited for."""
        for name in [name for name, under_way in self._under_way.items() if under_way == key]:
            if isinstance(outcome, Exception):
                self._broke(name, key, outcome)
            else:
                self._arrived(name, outcome)
        self.look_ahead()

    def _broke(self, name: str, key: str, error: Exception) -> None:
        self._halt(name, key)
        self._failed(_could_not(name, error))

    def _halt(self, name: str, key: str) -> None:
        self._halted[name] = key
        self._state.halted = tuple(dict.fromkeys((*self._state.halted, name)))
        self._settle(name)
        self.look_ahead()

    def _is_idle(self) -> bool:
        return not self._state.pending and self._state.active not in self._halted

    def _settle(self, name: str) -> None:
        """Nothing is under way any more for a learner."""
        self._call_off(name)
        if name in self._state.pending:
            self._state.pending = tuple(item for item in self._state.pending if item != name)

    def _call_off(self, name: str) -> None:
        """Stop what is being computed for a learner."""
        key = self._under_way.pop(name, None)
        if key is not None:
            self._jobs.cancel(_job(name))
            self._ahead.release(key)

    def _publish(self, name: str, view: LearnerView, round: Round, queue: tuple[str, ...]) -> None:
        self._records.setdefault(name, {})[round.k] = self._record(view, round)
        if self._halted.pop(name, None) is not None:
            self._state.halted = tuple(item for item in self._state.halted if item != name)
        self._state.rounds = {**self._state.rounds, name: round}
        self._kept.pin("newest", (newest.key for newest in self._state.rounds.values()))
        self._ask(name, queue)
        self._show_curve(name)

    def _take_view(self, name: str, view: LearnerView) -> None:
        """Note how the ledger stands, and drop the records that it no longer bears out."""
        old = self._views.get(name)
        self._views[name] = view
        records = self._records.get(name, {})
        if old is not None:
            last = n_rounds_shared(old, view)
            self._records[name] = {k: record for k, record in records.items() if k <= last}
        else:
            key = partial(request_key, self._state.config, view)
            self._records[name] = {k: record for k, record in records.items() if k <= view.k and record.key == key(k)}

    def reconsider(self) -> None:
        """Drop the records that settings, changed since, no longer bear out."""
        self._views.clear()
        for name in self._records:
            self._take_view(name, self.view(name))

    def restart(self) -> None:
        """Begin anew, as with another dataset: nothing that was computed holds any more."""
        for name in self._under_way:
            self._jobs.cancel(_job(name))
        self._jobs.cancel(FILL)
        self._ahead.abandon()
        for part in (self._kept, self._under_way, self._halted, self._views, self._known_views, self._records,
                     self._samples):
            part.clear()
        self._state.param.update(rounds={}, queries={}, curves={}, pending=(), halted=())
        self.refresh()

    def _show_curve(self, name: str) -> None:
        records = self._records.get(name, {})
        curve = Curve(name, tuple(records[k] for k in sorted(records)))
        self._state.curves = {**self._state.curves, name: curve}

    def _next_gap(self) -> tuple[str, int] | None:
        for name, view in self._views.items():
            records = self._records.get(name, {})
            first = self._first_round(name, view)
            gap = next((k for k in range(first, view.k) if k not in records and view.is_asked(k)
                        and is_trained_at(self._learner(name), k)), None)
            if gap is not None:
                return name, gap
        return None

    def _first_round(self, name: str, view: LearnerView) -> int:
        """Return the number of the first round: starting points from the catalogue come all at once."""
        learner = self._state.config.learner(name)
        return min(learner.start.n, view.k) if learner is not None and learner.start.mode == "random" else 0

    def _fill_next(self) -> None:
        """Compute one missing round in the background, when nothing more urgent is under way."""
        if self._state.pending or self._ahead.busy or self._jobs.is_running(FILL):
            return
        gap = self._next_gap()
        if gap is None:
            self._rested()
            return
        name, k = gap
        view = self._views[name]
        self._jobs.submit(FILL, lambda job: self._fit(view, k, job), lambda round: self._filled(name, round),
                          self._not_filled, title="Computing earlier rounds anew", lane="ahead", background=True)

    def _filled(self, name: str, round: Round) -> None:
        self._keep_record(name, round)
        self._fill_next()

    def _not_filled(self, error: Exception) -> None:
        self._failed(f"An earlier round could not be computed anew: {error}")

    def _keep_record(self, name: str, round: Round) -> None:
        view = self._views[name]
        if round.k <= view.k and round.key == request_key(self._state.config, view, round.k):
            self._records.setdefault(name, {})[round.k] = self._record(view, round)
            self._filled_in(round)
            self._show_curve(name)

    def _record(self, view: LearnerView, round: Round) -> RoundResultConfig:
        end = next_training(self._learner(view.class_name), round.k)
        return record_of(round, put_aside(view, round.k, end), end - round.k)

    def _ask(self, name: str, queue: tuple[str, ...]) -> None:
        self._state.queues = {**self._state.queues, name: queue}
        self._state.queries = {**self._state.queries, name: queue[0] if queue else None}

    def _learner(self, name: str) -> LearnerConfig:
        learner: LearnerConfig | None = self._state.config.learner(name)
        assert learner is not None
        return learner

    def _newest_request(self, view: LearnerView) -> RoundRequest:
        return self._request(view, trained_at(self._learner(view.class_name), view.k))

    def _request(self, view: LearnerView, k: int) -> RoundRequest:
        state = self._state
        return request_for(state.config, state.dataset, self._registry, view, k)


def _job(name: str) -> str:
    return f"round {name}"


def put_aside(view: LearnerView, k: int, end: int) -> frozenset[str]:
    """Return the sources put aside while round k was the newest: until there were `end` labels."""
    last = view.lessons[end - 1].n if end <= view.k else None
    before = view.removed_before(k)
    return frozenset(id for id, n in view.removed if id not in before and (last is None or n < last))


def n_rounds_shared(old: LearnerView, new: LearnerView) -> int:
    """Return the last round that two views of a learner have in common, with all rounds before it."""
    k = 0
    for was, now in zip(old.lessons, new.lessons, strict=False):
        if was != now:
            break
        k += 1
    first_change = min((n for _, n in set(old.removed) ^ set(new.removed)), default=None)
    if first_change is None:
        return k
    # what was put aside counts for the rounds that begin after it
    return bisect_left(new.lessons, first_change + 1, hi=k, key=lambda lesson: lesson.n)


def _could_not(name: str, error: Exception) -> str:
    words = str(error).rstrip(".") or type(error).__name__
    return (f"The {name} learner could not be trained: {words}. "
            "Its last round stays; change its settings or labels, or train it again.")
