"""Which rounds of each learner are recorded, and which are missing."""

from __future__ import annotations

from bisect import bisect_left

from astronomical.config.schema import RoundResultConfig
from astronomical.learning.rounds import Round
from astronomical.session.labelling.training_set import TrainingSet, training_set_of
from astronomical.session.project.results import RecordedResults
from astronomical.session.project.round_records import Records, record_of, records_of
from astronomical.session.state import Curve, SessionState
from astronomical.session.training.queues import is_trained_at, next_training
from astronomical.session.training.round_requests import request_key, round_basis

__all__ = ["RecordedRounds", "n_rounds_shared"]


class RecordedRounds:
    """Keep the records of rounds in agreement with the ledger.

    Parameters
    ----------
    state
        State of the session; `curves` is written.
    results
        Results for the project file; their records are written.
    """

    def __init__(self, state: SessionState, results: RecordedResults) -> None:
        self._state, self._results = state, results
        self._views: dict[str, TrainingSet] = {}
        #: For each class, the number of labels up to which no earlier round is missing from the records.
        self._complete: dict[str, int] = {}

    def clear(self) -> None:
        """Drop all records, for they are no longer valid."""
        self._views.clear()
        self._complete.clear()
        self._results.clear()

    def update(self, name: str, view: TrainingSet) -> None:
        """Remember the state of the ledger, and drop records that no longer agree with it."""
        old = self._views.get(name)
        self._views[name] = view
        records = self._results.records.get(name)
        if not records:
            return
        last = n_rounds_shared(old, view) if old is not None else self._last_valid(view, records)
        self._keep_records(name, records.up_to(last))

    def _last_valid(self, view: TrainingSet, records: Records) -> int:
        """Return the last recorded round that agrees with the ledger; -1 if there is none.

        A round depends only on earlier events, so all rounds before one that agrees do so too.
        """

        def is_wrong(record: RoundResultConfig) -> bool:
            return record.k > view.k or record.key != request_key(self._state.config, view, record.k)

        n_right = bisect_left(records, True, key=is_wrong)
        return records[n_right - 1].k if n_right else -1

    def _keep_records(self, name: str, records: Records) -> None:
        self._results.records[name] = records
        last = records[-1].k if records else -1
        self._complete[name] = min(self._complete.get(name, 0), last + 1)

    def add(self, name: str, view: TrainingSet, round: Round) -> None:
        """Record a round."""
        known, record = self._results.records.get(name) or records_of(), self._record(view, round)
        if known.find(round.k) != record:
            self._results.records[name] = known.with_item(record)

    def fill(self, name: str, round: Round) -> bool:
        """Record an earlier round, and return whether it still agrees with the ledger."""
        view = self._views[name]
        fits = round.k <= view.k and round.name == round_basis(self._state.config, view, round.k)
        if fits:
            self.add(name, view, round)
            self.show(name)
        return fits

    def reconsider(self) -> None:
        """Drop the records that no longer agree with changed settings."""
        state = self._state
        self._views.clear()
        self._complete.clear()
        for name in list(self._results.records):
            self.update(name, training_set_of(state.config, state.dataset, state.ledger, name))

    def show(self, name: str) -> None:
        """Show the recorded scores of a learner."""
        records = self._results.records.get(name) or records_of()
        known = self._state.curves.get(name)
        if known is None or known.rounds is not records:
            self._state.curves = {**self._state.curves, name: Curve(name, records)}

    def next_gap(self) -> tuple[TrainingSet, int] | None:
        """Return the training set and the number of labels of the next round that is missing; None if none is."""
        for name, view in self._views.items():
            records = self._results.records.get(name) or records_of()
            k = max(self._first_round(name, view), self._complete.get(name, 0))
            while k < view.k and (
                records.find(k) is not None or not view.is_asked(k) or not is_trained_at(self._state.learner(name), k)
            ):
                k += 1
            self._complete[name] = k
            if k < view.k:
                return view, k
        return None

    def _first_round(self, name: str, view: TrainingSet) -> int:
        """Return the number of the first round: initial labels that are there already arrive together."""
        learner = self._state.config.learner(name)
        if learner is None or learner.start.mode == "label":
            return 0
        return view.n_first if learner.start.mode == "given" else min(learner.start.n, view.k)

    def _record(self, view: TrainingSet, round: Round) -> RoundResultConfig:
        end = next_training(self._state.learner(view.class_name), round.k)
        row_of = self._state.dataset.catalogue.row
        return record_of(round, row_of, lambda id: view.is_aside(id, round.k, end), end - round.k)


def n_rounds_shared(old: TrainingSet, new: TrainingSet) -> int:
    """Return the last round that two training sets of a learner have in common, with all rounds before it."""
    k = old.examples.first_difference(new.examples)
    place = old.removed.first_difference(new.removed)
    changed = [view.removed[place][1] for view in (old, new) if place < len(view.removed)]
    if not changed:
        return k
    # A removed source affects the rounds that begin after its removal.
    return min(k, new.examples.count_before(min(changed) + 1))
