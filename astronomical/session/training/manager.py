"""Keep the round of every learner up to date with the ledger."""

from __future__ import annotations

from astronomical.errors import as_failure
from astronomical.learning.rounds import Round, RoundRequest, fit_round
from astronomical.plugins.registry import Registry
from astronomical.session.errors import SessionError
from astronomical.session.events import SessionEvents
from astronomical.session.labelling.record import LabelRecord
from astronomical.session.labelling.training_set import TrainingSet, training_set_of
from astronomical.session.project.results import RecordedResults
from astronomical.session.project.round_records import sampled_probabilities
from astronomical.session.state import SessionState
from astronomical.session.training.lookahead import FILL, JOB, LookAhead
from astronomical.session.training.queues import next_answered, queue_of, trained_at
from astronomical.session.training.recorded_rounds import RecordedRounds
from astronomical.session.training.round_cache import RoundCache
from astronomical.session.training.round_requests import n_needed, request_for, round_basis
from astronomical.tasks import Job, Jobs

__all__ = ["TrainingManager"]


class TrainingManager:
    """Compute rounds when labels change, use labels that are already known, and record results.

    It reports results as events: the parts above it save models and show the next query.

    Parameters
    ----------
    state
        State of the session; `rounds`, `queries`, `queues`, `listed`, `pending` and `halted` are written.
    registry
        Registry of models and strategies.
    record
        What adds events to the ledger: a learner takes over the human label that its query already has.
    results
        Results for the project file.
    jobs
        Jobs that compute the rounds.
    events
        Events of the session; `query_ready`, `round_filled` and `all_computed` are reported.
    kept
        Cache of rounds for undo, redo and look-ahead.
    look_ahead
        Whether to compute the rounds of possible labels in advance.
    """

    def __init__(
        self,
        state: SessionState,
        registry: Registry,
        record: LabelRecord,
        results: RecordedResults,
        jobs: Jobs,
        events: SessionEvents,
        kept: RoundCache,
        *,
        look_ahead: bool = True,
    ) -> None:
        self._state, self._registry, self._record, self._jobs = state, registry, record, jobs
        self._events, self._kept, self._looks_ahead = events, kept, look_ahead
        self._recorded = RecordedRounds(state, results)
        self._ahead = LookAhead(
            state,
            jobs,
            kept,
            request=self._newest_request,
            idle=self._is_idle,
            arrived=self._use_awaited,
            done=self._fill_next,
        )
        self._under_way: dict[str, str] = {}
        #: For each class, the key of a round that was cancelled or failed; it is only computed again on request.
        self._halted: dict[str, str] = {}

    def refresh(self) -> None:
        """Update all learners for the current ledger, the active one first."""
        names = [learner.class_name for learner in self._state.config.learners if learner.started]
        for name in sorted(names, key=lambda name: name != self._state.active):
            self._refresh(name)
        self.look_ahead()

    def look_ahead(self) -> None:
        """Start computing what may be needed next, after a change of the state."""
        if self._looks_ahead:
            self._ahead.consider()
        elif not self._jobs.inline:
            self._fill_next()

    def cancel(self, class_name: str) -> None:
        """Cancel the pending round of a learner; its last round is kept."""
        key = self._under_way.get(class_name)
        if key is not None:
            self._halt(class_name, key)

    def resume(self, class_name: str) -> None:
        """Resume the training of a learner after it was cancelled or failed."""
        self._halted.pop(class_name, None)
        self._state.halted = tuple(name for name in self._state.halted if name != class_name)
        self.refresh()

    def view(self, class_name: str) -> TrainingSet:
        """Return the current training set of a learner."""
        state = self._state
        return training_set_of(state.config, state.dataset, state.ledger, class_name)

    def progress(self, class_name: str) -> float | None:
        """Return the progress of the pending round of a learner, from 0 to 1; None if unknown."""
        if class_name not in self._under_way:
            return None
        jobs = {job.name: job.fraction for job in self._state.jobs}
        # A round that look-ahead has started is awaited there.
        return jobs.get(JOB if self._ahead.awaited(self._under_way[class_name]) else _job(class_name))

    def fill_gaps(self) -> None:
        """Compute every round that is missing from the records before returning."""
        while (gap := self._recorded.next_gap()) is not None:
            self._fill(fit_round(self._request(*gap)))

    def reconsider(self) -> None:
        """Drop the records that no longer agree with changed settings."""
        self._recorded.reconsider()

    def _refresh(self, name: str) -> None:
        while True:
            view = self.view(name)
            self._recorded.update(name, view)
            newest = self._newest(name, view)
            if newest is None:
                return
            queue = queue_of(self._state.learner(name), view, newest)
            self._publish(name, view, newest, queue)
            answered = next_answered(queue, self._state.ledger)
            if answered is None or not self._record.is_open:
                break
            self._take_over(name, newest, *answered)
        self._settle(name)
        self._events.query_ready(name)

    def _take_over(self, name: str, round: Round, id: str, label: str) -> None:
        """Give a learner the human label that its query already has."""
        score = round.utilities[round.queries.index(id)] if round.trained else None
        self._record.add(kind="label", id=id, label=label, class_name=name, round=round.k, origin="shared", score=score)

    def _newest(self, name: str, view: TrainingSet) -> Round | None:
        """Return the newest round from memory or computed directly; None while it is pending."""
        learner = self._state.learner(name)
        k = trained_at(learner, view.k)
        key = round_basis(self._state.config, view, k)
        kept = self._kept.find(key)
        if kept is not None and kept.n_ranked >= n_needed(learner, view, k):
            return kept
        if key in (self._under_way.get(name), self._halted.get(name)):
            return None
        if self._jobs.inline:
            return self._compute_here(view, k)
        self._jobs.cancel(FILL)
        self._cancel_request(name)
        self._under_way[name] = key
        self._ask(name, ())
        self._state.pending = tuple(dict.fromkeys((*self._state.pending, name)))
        if not self._ahead.adopt(key):
            self._ahead.stop()
            self._jobs.submit(
                _job(name),
                lambda job: self._fit(view, k, job),
                lambda round: self._arrived(name, round),
                lambda error: self._round_failed(name, key, error),
                title=f"Training {name} on {k} labels",
                lane="rounds",
            )
        return None

    def _compute_here(self, view: TrainingSet, k: int) -> Round | None:
        """Compute a round in the calling thread."""
        try:
            round = fit_round(self._request(view, k))
        except SessionError as error:
            self._state.notify(str(error), "error")
            return None
        except (Exception, SystemExit) as error:  # a plugin may raise anything; in a worker, Jobs handles it
            self._state.notify(_failure_text(view.class_name, as_failure(error)), "error")
            return None
        self._kept.add(round)
        return round

    def _fit(self, view: TrainingSet, k: int, job: Job) -> Round:
        """Compute a round; runs in a worker."""
        round = fit_round(self._request(view, k), job.cancelled, job.progress)
        # Draw the sources whose probabilities are saved here: later it would block the event loop.
        sampled_probabilities(round, self._state.dataset, self._state.config.project.seed)
        return round

    def _arrived(self, name: str, round: Round) -> None:
        self._kept.add(round)
        self._under_way.pop(name, None)
        self._refresh(name)
        self.look_ahead()

    def _use_awaited(self, key: str, outcome: Round | Exception) -> None:
        """Use a round that look-ahead started and that was awaited."""
        for name in [name for name, under_way in self._under_way.items() if under_way == key]:
            if isinstance(outcome, Exception):
                self._round_failed(name, key, outcome)
            else:
                self._arrived(name, outcome)
        self.look_ahead()

    def _round_failed(self, name: str, key: str, error: Exception) -> None:
        self._halt(name, key)
        self._state.notify(_failure_text(name, error), "error")

    def _halt(self, name: str, key: str) -> None:
        self._halted[name] = key
        self._state.halted = tuple(dict.fromkeys((*self._state.halted, name)))
        self._settle(name)
        self.look_ahead()

    def _is_idle(self) -> bool:
        return not self._state.pending and self._state.active not in self._halted

    def _settle(self, name: str) -> None:
        """Mark a learner as having no pending round."""
        self._cancel_request(name)
        if name in self._state.pending:
            self._state.pending = tuple(item for item in self._state.pending if item != name)

    def _cancel_request(self, name: str) -> None:
        """Stop computing rounds for a learner."""
        key = self._under_way.pop(name, None)
        if key is not None:
            self._jobs.cancel(_job(name))
            self._ahead.release(key)

    def _publish(self, name: str, view: TrainingSet, round: Round, queue: tuple[str, ...]) -> None:
        self._recorded.add(name, view, round)
        if self._halted.pop(name, None) is not None:
            self._state.halted = tuple(item for item in self._state.halted if item != name)
        self._state.rounds = {**self._state.rounds, name: round}
        self._kept.pin("newest", (newest.name for newest in self._state.rounds.values()))
        self._ask(name, queue)
        self._recorded.show(name)

    def restart(self) -> None:
        """Start again with another dataset: all computed results are invalid."""
        for name in self._under_way:
            self._jobs.cancel(_job(name))
        self._jobs.cancel(FILL)
        self._ahead.abandon()
        for part in (self._kept, self._under_way, self._halted, self._recorded):
            part.clear()
        self._state.param.update(rounds={}, queries={}, listed={}, curves={}, pending=(), halted=())
        self.refresh()

    def _fill_next(self) -> None:
        """Compute one missing round in the background, if nothing more urgent is pending."""
        if self._state.pending or self._ahead.busy or self._jobs.is_running(FILL):
            return
        gap = self._recorded.next_gap()
        if gap is None:
            self._events.all_computed()
            return
        view, k = gap
        self._jobs.submit(
            FILL,
            lambda job: self._fit(view, k, job),
            self._filled,
            self._fill_failed,
            title="Recomputing earlier rounds",
            lane="ahead",
            background=True,
        )

    def _filled(self, round: Round) -> None:
        self._fill(round)
        self._fill_next()

    def _fill(self, round: Round) -> None:
        if self._recorded.fill(round.class_name, round):
            self._events.round_filled(round)

    def _fill_failed(self, error: Exception) -> None:
        self._state.notify(f"An earlier round could not be recomputed: {error}", "error")

    def _ask(self, name: str, queue: tuple[str, ...]) -> None:
        self._state.queues = {**self._state.queues, name: queue}
        self._state.queries = {**self._state.queries, name: queue[0] if queue else None}

    def _newest_request(self, view: TrainingSet) -> RoundRequest:
        return self._request(view, trained_at(self._state.learner(view.class_name), view.k))

    def _request(self, view: TrainingSet, k: int) -> RoundRequest:
        state = self._state
        return request_for(state.config, state.dataset, self._registry, view, k)


def _job(name: str) -> str:
    return f"round {name}"


def _failure_text(name: str, error: Exception) -> str:
    words = str(error).rstrip(".") or type(error).__name__
    return (
        f"The {name} learner could not be trained: {words}. "
        "Its last round is kept. Change its settings or labels, or train it again."
    )
