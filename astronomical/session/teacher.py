"""Keeps every learner's round in step with the ledger."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from astronomical.config.schema import LearnerResultConfig, RoundResultConfig
from astronomical.learning.rounds import Cancelled, Round, fit_round
from astronomical.plugins.registry import Registry
from astronomical.session.jobs import Jobs
from astronomical.session.requests import LearnerView, learner_view, request_for, request_key
from astronomical.session.results import record_of, sampled_probabilities
from astronomical.session.state import Curve, SessionState

if TYPE_CHECKING:
    from astronomical.learning.rounds import RoundRequest

_KEPT_ROUNDS = 12


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
    """

    def __init__(self, state: SessionState, registry: Registry, jobs: Jobs, *,
                 share: Callable[[str, Round, str, str], None] | None, failed: Callable[[str], None],
                 settled: Callable[[str], None]) -> None:
        self._state = state
        self._registry = registry
        self._jobs = jobs
        self._share = share
        self._failed = failed
        self._settled = settled
        self._kept: OrderedDict[str, Round] = OrderedDict()
        self._under_way: dict[str, str] = {}
        self._views: dict[str, LearnerView] = {}
        self._records: dict[str, dict[int, RoundResultConfig]] = {}

    def load(self, results: tuple[LearnerResultConfig, ...]) -> None:
        """Take over the results recorded in a config."""
        self._records = {item.class_name: {record.k: record for record in item.rounds} for item in results}

    def refresh(self) -> None:
        """Bring all learners in step with the ledger, the active one first."""
        names = [learner.class_name for learner in self._state.config.learners if learner.started]
        for name in sorted(names, key=lambda name: name != self._state.active):
            self._refresh(name)
        if not self._jobs.inline:
            self._fill_next()

    def view(self, class_name: str) -> LearnerView:
        """Return what the ledger says to a learner now."""
        state = self._state
        return learner_view(state.config, state.dataset, state.ledger, class_name)

    def results(self) -> tuple[LearnerResultConfig, ...]:
        """Return what the config keeps of all learners."""
        found = []
        for learner in self._state.config.learners:
            name = learner.class_name
            # Not the curves on the screen: while a round is under way they still show what no longer holds.
            records = self._records.get(name, {})
            if learner.started and records:
                rounds = tuple(records[k] for k in sorted(records))
                newest = self._state.rounds.get(name)
                recorded = newest is not None and newest.key == rounds[-1].key
                seed = self._state.config.project.seed
                sample = sampled_probabilities(newest, self._state.dataset, seed) if newest and recorded else {}
                found.append(LearnerResultConfig(class_name=name, rounds=rounds, probabilities=sample))
        return tuple(found)

    def fill_gaps(self) -> None:
        """Compute every round that is missing from the records, here and now."""
        while (gap := self._next_gap()) is not None:
            name, k = gap
            self._keep_record(name, fit_round(self._request(name, self._views[name], k)))

    def forget(self) -> None:
        """Drop all rounds that are kept in memory, after settings changed."""
        self._kept.clear()

    def _refresh(self, name: str) -> None:
        while True:
            view = self.view(name)
            self._take_view(name, view)
            newest = self._newest(name, view)
            if newest is None:
                return
            query = next((id for id in newest.queries if id not in view.closed), None)
            self._publish(name, view, newest, query)
            known = None if query is None else self._state.ledger.human(query)
            if query is None or known is None or self._share is None:
                break
            self._share(name, newest, query, known)
        self._settle(name)
        self._settled(name)

    def _newest(self, name: str, view: LearnerView) -> Round | None:
        """Return the newest round from memory or computed on the spot; None while it is under way."""
        key = request_key(self._state.config, view, view.k)
        if key in self._kept:
            return self._kept[key]
        if self._under_way.get(name) == key:
            return None
        try:
            request = self._request(name, view, view.k)
        except ValueError as error:
            self._failed(str(error))
            return None
        if self._jobs.inline:
            return self._keep(fit_round(request))
        self._under_way[name] = key
        self._set("queries", {**self._state.queries, name: None})
        self._set("pending", tuple(dict.fromkeys((*self._state.pending, name))))
        self._jobs.cancel("fill")
        self._jobs.submit(f"round {name}", lambda job: fit_round(request, job.cancelled),
                          lambda round: self._arrived(name, round), lambda error: self._broke(name, error))
        return None

    def _arrived(self, name: str, round: Round) -> None:
        self._keep(round)
        self._under_way.pop(name, None)
        self._refresh(name)
        self._fill_next()

    def _broke(self, name: str, error: Exception) -> None:
        self._under_way.pop(name, None)
        self._settle(name)
        if not isinstance(error, Cancelled):
            self._failed(f"The {name} learner could not be trained: {error}")

    def _settle(self, name: str) -> None:
        if name in self._state.pending:
            self._jobs.cancel(f"round {name}")
            self._under_way.pop(name, None)
            self._set("pending", tuple(item for item in self._state.pending if item != name))

    def _publish(self, name: str, view: LearnerView, round: Round, query: str | None) -> None:
        self._records.setdefault(name, {})[round.k] = record_of(round, view.closed)
        self._set("rounds", {**self._state.rounds, name: round})
        self._set("queries", {**self._state.queries, name: query})
        self._show_curve(name)

    def _take_view(self, name: str, view: LearnerView) -> None:
        """Note how the ledger stands, and drop the records that it no longer bears out."""
        old = self._views.get(name)
        self._views[name] = view
        if old is not None and _continues(old, view):
            return
        config = self._state.config
        records = self._records.get(name, {})
        self._records[name] = {
            k: record for k, record in records.items() if k <= view.k and record.key == request_key(config, view, k)
        }

    def reconsider(self) -> None:
        """Drop the records that settings, changed since, no longer bear out."""
        self._views.clear()
        for name in self._records:
            self._take_view(name, self.view(name))

    def _show_curve(self, name: str) -> None:
        records = self._records.get(name, {})
        self._set("curves", {**self._state.curves, name: Curve(name, tuple(records[k] for k in sorted(records)))})

    def _next_gap(self) -> tuple[str, int] | None:
        for name, view in self._views.items():
            records = self._records.get(name, {})
            first = self._first_round(name, view)
            gap = next((k for k in range(first, view.k) if k not in records), None)
            if gap is not None:
                return name, gap
        return None

    def _first_round(self, name: str, view: LearnerView) -> int:
        """Return the number of the first round: starting points from the catalogue come all at once."""
        learner = self._state.config.learner(name)
        return min(learner.start.n, view.k) if learner is not None and learner.start.mode == "random" else 0

    def _fill_next(self) -> None:
        """Compute one missing round in the background, when nothing more urgent is under way."""
        gap = self._next_gap()
        if gap is None or self._state.pending or self._jobs.is_running("fill"):
            return
        name, k = gap
        request = self._request(name, self._views[name], k)
        self._jobs.submit("fill", lambda job: fit_round(request, job.cancelled),
                          lambda round: self._filled(name, round), lambda error: self._broke(name, error))

    def _filled(self, name: str, round: Round) -> None:
        self._keep_record(name, round)
        self._fill_next()

    def _keep_record(self, name: str, round: Round) -> None:
        view = self._views[name]
        if round.k <= view.k and round.key == request_key(self._state.config, view, round.k):
            self._records.setdefault(name, {})[round.k] = record_of(round, asked_in(view, round.k))
            self._show_curve(name)

    def _request(self, name: str, view: LearnerView, k: int) -> RoundRequest:
        state = self._state
        return request_for(state.config, state.dataset, self._registry, view, k)

    def _keep(self, round: Round) -> Round:
        self._kept[round.key] = round
        self._kept.move_to_end(round.key)
        while len(self._kept) > _KEPT_ROUNDS:
            self._kept.popitem(last=False)
        return round

    def _set(self, name: str, value: Any) -> None:
        setattr(self._state, name, value)


def asked_in(view: LearnerView, k: int) -> frozenset[str]:
    """Return the sources put aside while round k was the newest; the one after them was then labelled."""
    end = view.lessons[k].n if k < view.k else None
    before = view.removed_before(k)
    return frozenset(id for id, n in view.removed if id not in before and (end is None or n < end))


def _continues(old: LearnerView, new: LearnerView) -> bool:
    """Tell whether a view only adds to an older one, so that its earlier rounds stand as they were."""
    return (old.lessons == new.lessons[: old.k] and old.removed == new.removed[: len(old.removed)])
