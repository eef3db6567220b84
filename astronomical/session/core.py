"""What all pages of an open project share: its state, and the parts that have data of their own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from astronomical.config.parsing import mended
from astronomical.labels.ledger import Ledger
from astronomical.paths import current_user
from astronomical.plugins.loader import Plugins
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.light_curves import CurveReader
from astronomical.session.data.source_search import Lookup
from astronomical.session.evaluation.calibrations import calibration_record
from astronomical.session.evaluation.operating_points import all_thresholds
from astronomical.session.evaluation.reproduction import RecordCheck
from astronomical.session.evaluation.stopping import StopAdvisor
from astronomical.session.events import SessionEvents
from astronomical.session.export.model_store import open_store
from astronomical.session.export.serialization_check import cancel_checks
from astronomical.session.labelling.audits import Auditor
from astronomical.session.labelling.curator import Curator
from astronomical.session.labelling.interleaved import Interleaved, InterleavedAudit
from astronomical.session.labelling.record import LabelRecord
from astronomical.session.labelling.repeats import Repeater
from astronomical.session.labelling.reviewer import Reviewer
from astronomical.session.labelling.selection import Selection
from astronomical.session.labelling.unused_labels import derive_label_sets
from astronomical.session.project.project_store import Loaded, ProjectStore
from astronomical.session.project.results import RecordedResults
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.session.training.manager import TrainingManager
from astronomical.session.training.progress import ProgressTracker
from astronomical.session.training.round_cache import RoundCache
from astronomical.tasks import Dispatch, Jobs, time_limit

__all__ = ["SessionCore"]

#: Time limit for writing one model, in s: pickling a plugin's model may never end.
_MODEL_S = 60.0


class SessionCore:
    """Build the parts of a session from the bottom up, and connect their events.

    Parameters
    ----------
    path, loaded, store
        The project file, its content, and its files; no files if it is read-only.
    dataset, plugins
        Catalogue and features, and the loaded plugins.
    dispatch, who, memory, look_ahead
        See `Session.open`.
    """

    def __init__(
        self,
        path: Path,
        loaded: Loaded,
        store: ProjectStore | None,
        dataset: Dataset,
        plugins: Plugins,
        *,
        dispatch: Dispatch | None,
        who: str | None,
        memory: int,
        look_ahead: bool,
    ) -> None:
        self.plugins, registry = plugins, plugins.registry
        config = loaded.config.model_copy(update={"events": (), "results": ()})
        self.state = state = SessionState(
            config=config, dataset=dataset, ledger=loaded.ledger or Ledger.replay(loaded.events)
        )
        state.thresholds = all_thresholds(config)
        self.events = events = SessionEvents()
        self.jobs = jobs = Jobs(dispatch, lambda views: setattr(state, "jobs", views), {"models": time_limit(_MODEL_S)})
        results = RecordedResults(state, loaded.config.results, calibration_record)
        self.writer = ProjectWriter(path, store, state, results, jobs, plugins, events)
        self.record = LabelRecord(state, self.writer, jobs, mended(who or current_user()))
        self.selection = Selection(state, events)
        self.curator = Curator(state, jobs, self.selection)
        self.auditor = Auditor(state, self.selection)
        self.reviewer = Reviewer(state, self.selection)
        self.interleaved = Interleaved(
            state, self.selection, (InterleavedAudit(state, self.record.who), Repeater(state, self.record.who))
        )
        self.selection.instead = self.interleaved.due
        self.rounds = RoundCache(memory)
        self.manager = TrainingManager(
            state, registry, self.record, results, jobs, events, self.rounds, look_ahead=look_ahead
        )
        self.progress = ProgressTracker(state, results, jobs)
        self.advisor = StopAdvisor(state, registry, self.rounds, results, jobs)
        self.models = None if store is None else open_store(state, registry, jobs, path, events)
        self.check = RecordCheck(state, loaded.config, registry, jobs, self.record.who)
        self.find_sources = lru_cache(maxsize=1)(Lookup)
        self.read_curves = lru_cache(maxsize=1)(CurveReader)
        self._connect()
        for text in (*loaded.notices, *plugins.problems):
            state.notify(text, "warning")

    def begin(self) -> None:
        """Train the learners on the labels that they have, and show the query of the first one."""
        learners = self.state.config.learners
        derive_label_sets(self.state.config, self.state.dataset, self.state.ledger)
        started = [learner.class_name for learner in learners if learner.started]
        first = (*started, *(learner.class_name for learner in learners))
        self.state.active = first[0] if first else None
        if started:
            self.selection.await_query(first[0])
        self.manager.refresh()
        self.writer.prepare()

    def close(self, patience: float) -> None:
        """Save unsaved changes and release the files; see `Session.close`."""
        try:
            self._release(patience)
        finally:
            self.events.closed()

    def _release(self, patience: float) -> None:
        self.jobs.close()
        if self.writer.read_only:
            return
        try:
            self.writer.keep_at_last()
            if not self.state.saved and self.state.conflict is None:  # otherwise this version is saved already
                self.writer.fold()
            if self.models is not None:
                self.models.finish(patience)
        finally:
            self.writer.close()

    def _connect(self) -> None:
        """Connect what happens in one part with what follows in the parts above it."""
        events, manager = self.events, self.manager
        events.source_selected.listen(manager.look_ahead)
        events.labels_changed.listen(manager.refresh)
        events.features_changed.listen(self.progress.restart)
        events.features_changed.listen(manager.restart)
        events.features_changed.listen(self.curator.recount)
        events.query_ready.listen(self.selection.show_awaited)
        events.query_ready.listen(self.progress.update)
        events.query_ready.listen(self.advisor.update)
        events.round_filled.listen(self.progress.filled)
        events.training_requested.listen(lambda: cancel_checks(self.state, self.jobs))
        if self.jobs.inline:  # nothing else computes the missing records
            events.saving.listen(manager.fill_gaps)
