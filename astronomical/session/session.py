"""`Session`: one open project, and the only writer of its state."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.hashing import derive_seed
from astronomical.config.io import write_config
from astronomical.config.schema import (
    CheckpointConfig,
    Config,
    CriterionConfig,
    ExtensionConfig,
    LabelEvent,
    LearnerConfig,
    PaneConfig,
    StartConfig,
)
from astronomical.labels.ledger import Ledger
from astronomical.labels.remarks import Remark, remark_events
from astronomical.labels.views import CATALOGUE
from astronomical.learning.rounds import Round
from astronomical.learning.starting import random_start
from astronomical.plugins.loader import Plugins
from astronomical.session.answers import context_of, says_so_already
from astronomical.session.bulk import BulkPlan, count_sources, find_rows, plan_bulk
from astronomical.session.bundles import make_bundle
from astronomical.session.changes import CHANGEABLE, ChangePlan, plan_change
from astronomical.session.changes import JOB as SETTINGS
from astronomical.session.changes import rebuild as rebuild_dataset
from astronomical.session.columns import with_columns
from astronomical.session.curating import CuratedTest, Curator, Step, check_criteria, curated_test
from astronomical.session.dataset import (
    Dataset,
    Progress,
    build_dataset,
    catalogue_path,
    make_fingerprint,
    no_progress,
    open_project_catalogue,
)
from astronomical.session.errors import ChangedCatalogueError, ReadOnlyError, SessionError, StaleFocusError
from astronomical.session.exports import JOB as EXPORT
from astronomical.session.exports import Export, export_work, start_export, votes_of
from astronomical.session.fingerprints import fingerprint_differences
from astronomical.session.jobs import Dispatch, Jobs
from astronomical.session.kept import DEFAULT_BYTES, KeptRounds
from astronomical.session.lookup import Lookup
from astronomical.session.model_store import checkpoint_of, open_store
from astronomical.session.plugins import project_plugins, used_plugins
from astronomical.session.queues import queue_size, with_queue
from astronomical.session.requests import check_learner
from astronomical.session.results import environment
from astronomical.session.state import Notice, SessionState, TestResult
from astronomical.session.store import Loaded, ProjectStore, check_suffix, load_project, moved_paths
from astronomical.session.teacher import Teacher
from astronomical.session.testing import log_opening, test_work, with_caution
from astronomical.session.together import compare_classes

_HISTORY = 500
_NOTICES = 50


class Session:
    """A project at work.

    Use `Session.open` rather than the constructor.

    Attributes
    ----------
    state
        Reactive values; panes watch them, only this class writes them.
    path
        The config.
    read_only
        Whether changes are refused.
    """

    def __init__(self, path: Path, loaded: Loaded, dataset: Dataset, *, store: ProjectStore | None,
                 plugins: Plugins, dispatch: Dispatch | None, who: str | None, memory: int = DEFAULT_BYTES,
                 look_ahead: bool = True) -> None:
        self.path = path
        self.read_only = store is None
        self.plugins = plugins
        self.registry = registry = plugins.registry
        self._store = store
        self._who = who or _user()
        self._jobs = Jobs(dispatch, lambda views: setattr(self.state, "jobs", views))
        self._lookups = lru_cache(maxsize=1)(Lookup)
        self._follow: tuple[str, str] | None = None
        self._folded = True
        config = loaded.config.model_copy(update={"events": (), "results": ()})
        self.state = SessionState(config=config, dataset=dataset, ledger=Ledger.replay(loaded.events))
        self._teacher = Teacher(self.state, registry, self._jobs, share=None if store is None else self._share,
                                failed=lambda text: self.notify(text, "error"), settled=self._settled,
                                kept=KeptRounds(memory), look_ahead=look_ahead,
                                rested=lambda: None if self._models is None else self._models.write_next())
        self._models = None if store is None else open_store(self.state, registry, self._jobs, path,
                                                             lambda text: self.notify(text, "warning"))
        self._teacher.load(loaded.config.results)
        self._curator = Curator(self.state, self._jobs, self.focus)
        for text in (*loaded.notices, *plugins.problems):
            self.notify(text, "warning")

    @classmethod
    def open(cls, path: str | Path, *, read_only: bool = False, plugins: Sequence[str | Path] = (),
             trust_plugins: bool = False, dispatch: Dispatch | None = None, who: str | None = None,
             catalogue: str | Path | None = None, progress: Progress = no_progress, memory: int = DEFAULT_BYTES,
             look_ahead: bool = True, accept_changes: bool = True) -> Session:
        """Open a project; its learners are trained on its labels.

        Parameters
        ----------
        path
            The config.
        read_only
            Take no lock and refuse all changes.
        plugins
            Plugin files, or folders of them, to run besides those that the config names.
        trust_plugins
            Agree to run the plugin files that the config names; without it only those agreed to before are run.
        dispatch
            See `Jobs`.
        who
            Name written on labels; by default that of the account.
        catalogue
            Where the catalogue lies now, if no longer where the config says.
        progress
            Called with what is being done and how far it is, from 0 to 1.
        memory
            How many bytes the rounds may take up that are kept for undo, redo and looking ahead.
        look_ahead
            Whether the rounds of possible answers are computed while the person thinks; it changes no result, and
            needs a `dispatch`.
        accept_changes
            Open the project even if the catalogue is not the one that it was made with; a notice then says so.

        Raises
        ------
        ChangedCatalogueError
            If the catalogue is another one, and that is not accepted.
        ConfigError, CatalogueError, SessionError, LockedError
            If the config, the catalogue or the lock stand in the way; the message says how.
        """
        path = Path(path).expanduser().resolve()
        store = None if read_only else ProjectStore(path)
        loaded = load_project(path) if store is None else store.open()
        try:
            loaded_plugins = project_plugins(loaded.config, path.parent, plugins, trust_plugins)
            progress("Reading the catalogue", 0.0)
            table = open_project_catalogue(loaded.config.catalogue, path.parent, catalogue)
            dataset = build_dataset(loaded.config, table, loaded_plugins.registry, progress)
            session = cls(path, loaded, dataset, store=store, plugins=loaded_plugins, dispatch=dispatch, who=who,
                          memory=memory, look_ahead=look_ahead)
            session._check_catalogue(table, accept_changes)
            session._begin()
        except BaseException:
            if store is not None:
                store.close()
            raise
        return session

    # -- what is shown ------------------------------------------------------------------------------

    def focus(self, id: str | None) -> None:
        """Show a source in every pane; None shows none.

        Raises
        ------
        SessionError
            If the catalogue has no such source.
        """
        if id is not None and id not in self.dataset.catalogue:
            raise SessionError(f"There is no source {id!r} in the catalogue.")
        self.state.focus = id
        if id is not None and self.state.history[:1] != (id,):
            self.state.history = (id, *self.state.history)[:_HISTORY]
        self._teacher.look_ahead()

    def select(self, ids: Sequence[str]) -> None:
        """Select sources; an unknown id is refused."""
        ids = tuple(ids)
        find_rows(self.state, ids)
        if ids != self.state.selection:
            self.state.selection = ids

    def activate(self, class_name: str) -> None:
        """Work with the learner of a class, and show the source that it asks for."""
        self._learner(class_name)
        self._curator.leave()
        self.state.active = class_name
        self._follow = None
        if self.query(class_name) is not None:
            self.focus_query(class_name)

    def focus_query(self, class_name: str | None = None) -> None:
        """Show the source that a learner asks for, if it asks for one."""
        query = self.query(class_name)
        if query is not None:
            self.focus(query)

    def notify(self, text: str, level: Literal["info", "success", "warning", "error"] = "info") -> None:
        """Leave a message for the person at the screen."""
        n = self.state.notices[-1].n + 1 if self.state.notices else 1
        self.state.notices = (*self.state.notices, Notice(n, level, text))[-_NOTICES:]

    # -- what is known ------------------------------------------------------------------------------

    @property
    def dataset(self) -> Dataset:
        """Catalogue, features and split."""
        found: Dataset = self.state.dataset
        return found

    @property
    def ledger(self) -> Ledger:
        """The labels as they stand."""
        found: Ledger = self.state.ledger
        return found

    @property
    def config(self) -> Config:
        """The whole project as it would be saved now."""
        config: Config = self.state.config
        return config.model_copy(update={"events": self.ledger.events, "results": self._teacher.results(),
                                         "plugins": used_plugins(config, self.registry, self.path.parent)})

    def query(self, class_name: str | None = None) -> str | None:
        """Return the source that a learner asks for; None while it is being computed, or if there is none."""
        name = class_name or self.state.active
        return self.state.queries.get(name) if name is not None else None

    def round(self, class_name: str | None = None) -> Round | None:
        """Return the newest round of a learner that is ready."""
        name = class_name or self.state.active
        return self.state.rounds.get(name) if name is not None else None

    @property
    def lookup(self) -> Lookup:
        """What finds sources by id, name and position."""
        return self._lookups(self.dataset.catalogue, self.state.config.catalogue.name_column)

    def label_of(self, id: str) -> str | None:
        """Return the human label of a source, or None."""
        return self.ledger.human(id)

    def trained(self, class_name: str) -> dict[str, int]:
        """Return the sources that a learner trains on, with their targets."""
        return {lesson.id: lesson.target for lesson in self._teacher.view(class_name).lessons}

    # -- learners -----------------------------------------------------------------------------------

    def start_training(self, class_name: str, *, models: Sequence[ExtensionConfig] | None = None,
                       strategy: ExtensionConfig | None = None, start: StartConfig | None = None,
                       queue: int | None = None) -> None:
        """Begin a learner, or change the settings of one that has begun: it keeps its labels.

        Raises
        ------
        SessionError
            If a model or strategy is unknown, or starting points cannot be drawn.
        """
        self._check_writable()
        learner = self._learner(class_name)
        update: dict[str, Any] = {"started": True}
        if models is not None:
            update["models"] = tuple(models)
        if strategy is not None:
            update["strategy"] = strategy
        if start is not None and not learner.started:
            update["start"] = start
        changed = LearnerConfig.model_validate({**learner.model_dump(), **_plain(update)})
        check_learner(self.registry, changed)
        first = self._starting_points(changed) if not learner.started else ()
        if queue is not None:
            k = self._teacher.view(class_name).k if learner.started else changed.start.n
            changed = with_queue(changed, k, queue)
        self._replace_learner(changed)
        for id, label in first:
            self._record(kind="label", id=id, label=label, class_name=class_name, round=0, origin="start",
                         who=CATALOGUE)
        self.state.active = class_name
        self._follow = (class_name, self.state.focus)
        self._teacher.reconsider()
        self._fold()  # the learner has begun, whatever becomes of its first round
        self._teacher.refresh()
        self.save()

    def retrain(self, class_name: str) -> None:
        """Train a learner now on the labels that it has, before its queue is worked through."""
        self._check_writable()
        learner = self._learner(class_name)
        self._follow = (class_name, self.state.focus)
        self._replace_learner(with_queue(learner, self._teacher.view(class_name).k, queue_size(learner)))
        self._teacher.resume(class_name)

    def cancel_training(self, class_name: str) -> None:
        """Call off the round that a learner is computing; its last round stays until it is trained again."""
        self._learner(class_name)
        self._teacher.cancel(class_name)

    def resume_training(self, class_name: str) -> None:
        """Train a learner again whose round was called off, or failed."""
        self._learner(class_name)
        self._teacher.resume(class_name)

    def assign(self, label: str | None, *, id: str | None = None, class_name: str | None = None) -> LabelEvent | None:
        """Label the source shown, or put it aside as unsure (None), and move on.

        The label is on disk when this returns.

        Parameters
        ----------
        label
            Name of a class, or None for unsure.
        id
            The source that the person saw; refused if another one is shown by now.
        class_name
            The learner that asked; by default the active one.

        Returns
        -------
        LabelEvent or None
            What was recorded; None if the ledger says so already, as after a key pressed twice.

        Raises
        ------
        StaleFocusError
            If `id` is no longer the source shown.
        SessionError
            If the label is unknown, or nothing is shown.
        """
        self._check_writable()
        shown = self.state.focus
        if shown is None:
            raise SessionError("No source is selected: there is nothing to label.")
        if id is not None and id != shown:
            raise StaleFocusError(f"The label was meant for {id}, but {shown} is shown by now: nothing was recorded.")
        if label is not None and label not in self.state.config.class_names:
            raise SessionError(f"There is no class {label!r}; there are {', '.join(self.state.config.class_names)}.")
        if self.state.curating.on:
            return self._assign_curated(shown, label)
        name = class_name or self.state.active
        if says_so_already(self.state, shown, label, name):
            return None
        event = self._record(kind="unsure" if label is None else "label", id=shown, label=label,
                             **context_of(self.state, shown, label, name))
        if name is not None and event.class_name == name:
            self._follow = (name, shown)
        self._teacher.refresh()
        return event

    def relabel(self, id: str, label: str, *, class_name: str | None = None) -> LabelEvent | None:
        """Give a source another label, in the tab where it was labelled; every learner that has it follows."""
        self.focus(id)
        return self.assign(label, id=id, class_name=class_name)

    def plan_bulk(self, label: str, ids: Sequence[str] | None = None, train: Sequence[str] = ()) -> BulkPlan:
        """Return what `label_bulk` would do; nothing is recorded."""
        return plan_bulk(self.state, label, self.state.selection if ids is None else ids, train)

    def label_bulk(self, label: str, ids: Sequence[str] | None = None,
                   train: Sequence[str] = ()) -> tuple[LabelEvent, ...]:
        """Label many sources at once; all labels are on disk when this returns, and one undo takes all back.

        Parameters
        ----------
        label
            Name of a class.
        ids
            The sources; by default those selected.
        train
            Classes whose learners train on them too; without it none does.

        Returns
        -------
        tuple of LabelEvent
            What was recorded; nothing for a source that has this label already.

        Raises
        ------
        SessionError
            If there are no sources or more than the limit, or a source, class or learner does not exist.
        """
        self._check_writable()
        events = self._record_all(self.plan_bulk(label, ids, train).drafts(), batch=True)
        self._teacher.refresh()
        return events

    def undo(self) -> LabelEvent | None:
        """Take back the newest label, or all that were given at once, and show its source; None if there is none."""
        return self._step_back("undo", self.ledger.next_undos())

    def redo(self) -> LabelEvent | None:
        """Bring back the label that was taken back last, or all that were taken back at once; None if there is none."""
        return self._step_back("redo", self.ledger.next_redos())

    # -- curating -----------------------------------------------------------------------------------

    def curate(self) -> None:
        """Give labels to the curated test set from now on, until a learner is activated."""
        self._follow = None
        self._curator.enter()

    def set_criteria(self, criteria: Sequence[CriterionConfig]) -> None:
        """Say which sources are proposed for the curated set: those that meet all criteria.

        Raises
        ------
        SessionError
            If a criterion cannot be asked of this catalogue.
        """
        check_criteria(self.dataset.catalogue, criteria)
        self._change(curated=self.state.config.curated.model_copy(update={"criteria": tuple(criteria)}))
        self._curator.recount()

    def curate_step(self, step: Step) -> None:
        """Show the first, previous or next source of the curated set, or a new one that meets the criteria."""
        self._curator.step(step)

    def use_curated_as_test(self, use: bool) -> None:
        """Say whether the curated set is the test set, its labels the truth."""
        self._change(curated=self.state.config.curated.model_copy(update={"use_as_test": use}))

    def curated_test(self) -> CuratedTest:
        """Return the curated set as a test set, with what is left out of it."""
        return curated_test(self.state.config, self.dataset, self.ledger)

    def remark(self, id: str, *, note: str | None = None, tags: Sequence[str] | None = None,
               flag: bool | None = None) -> None:
        """Change the note, the tags or the flag of a source; None leaves as it is, empty takes away.

        Remarks are on disk when this returns. They are no labels: undo does not touch them, and no learner sees them.
        """
        self._check_writable()
        if id not in self.dataset.catalogue:
            raise SessionError(f"There is no source {id!r} in the catalogue.")
        for event in remark_events(self.ledger.remarks.get(id, Remark()), note, tags, flag):
            self._record(id=id, **event)
        self._curator.remarked()

    # -- settings -----------------------------------------------------------------------------------

    def plan_settings(self, changed: Config) -> ChangePlan:
        """Return what `change_settings` would do; nothing is changed. It is refused if labels would be orphaned."""
        return plan_change(self.state.config, changed, self.ledger)

    def change_settings(self, changed: Config) -> None:
        """Change settings of the project; the labels are kept, and learners are retrained where that is needed.

        Parameters
        ----------
        changed
            The config with other values in the sections `astronomical.session.changes.CHANGEABLE`.

        Raises
        ------
        SessionError
            If labels would be orphaned, or the settings make no sense; nothing is changed then. What shows only
            while the dataset is made is told as a message.
        """
        self._check_writable()
        plan, data, ledger = self.plan_settings(changed), self.dataset, self.ledger
        if not plan.rebuilds:
            self._take_settings(plan.config, data)
            return
        self._jobs.submit(
            SETTINGS, lambda job: rebuild_dataset(plan, data, ledger, self.registry, self.path.parent,
                                                  lambda _, f: job.progress(f)),
            lambda made: self._take_settings(*made),
            lambda error: self.notify(f"The settings were not changed: {error}", "error"),
            title="Applying the settings", lane="files")

    # -- files --------------------------------------------------------------------------------------

    def set_layout(self, panes: Sequence[PaneConfig]) -> None:
        """Keep the arrangement of the panes."""
        self._change(layout=self.state.config.layout.model_copy(update={"panes": tuple(panes)}))

    def set_columns(self, **uses: Sequence[str] | str | None) -> None:
        """Change which columns are shown, and as what; see `with_columns`."""
        self._change(catalogue=with_columns(self.state.config.catalogue, self.dataset.catalogue, uses))

    def set_theme(self, theme: Literal["light", "dark"]) -> None:
        """Keep the theme."""
        self._change(layout=self.state.config.layout.model_copy(update={"theme": theme}))

    def save(self, path: str | Path | None = None) -> Path:
        """Write the project to its config, or a copy of it to another file.

        Raises
        ------
        SessionError, OSError
            If the name does not end like a config's, or cannot be written.
        """
        if path is not None:
            return self._save_copy(Path(path).expanduser())
        self._check_writable()
        if self._jobs.inline:
            self._teacher.fill_gaps()
        self._fold()
        return self.path

    def autosave(self) -> None:
        """Fold the journal into the config; what is missing among the records is left for later."""
        self._check_writable()
        self._fold()

    def export(self, what: Export, path: str | Path, class_name: str | None = None) -> None:
        """Write labels, predictions for the whole catalogue, or the models; a message tells when it is done.

        Parameters
        ----------
        what, path, class_name
            See `astronomical.session.exports.export_work`.

        Raises
        ------
        SessionError
            If the name does not end as it should, or no learner is trained.
        """
        start_export(self._jobs, export_work(self.state, self.registry, what, path, class_name), what, self.notify)

    def compare_classes(self) -> None:
        """Ask all trained learners about the whole catalogue; `state.together` tells what came out."""
        compare_classes(self.state, self.registry, self._jobs, lambda found: setattr(self.state, "together", found),
                        lambda text: self.notify(text, "error"))

    def cancel_export(self) -> None:
        """Call off the export under way; its file stays as it was."""
        self._jobs.cancel(EXPORT)

    def checkpoint(self, class_name: str | None = None, *, name: str = "") -> CheckpointConfig:
        """Give the newest round of a learner a name in the project, and keep its model beside it.

        Raises
        ------
        SessionError
            If there is no such round, or another one has this name.
        """
        self._check_writable()
        made = checkpoint_of(self.state, class_name or self.state.active, name, _now())
        others = tuple(item for item in self.state.config.checkpoints if item.name != made.name)
        self._change(checkpoints=(*others, made))
        if self._models is not None and self.state.rounds[made.class_name].trained:
            votes = votes_of(self.state, self.registry, made.class_name)
            self._models.add(make_bundle(self.state.config, self.dataset, votes), now=True)
        self._fold()
        return made

    def open_test_results(self, class_name: str | None = None) -> None:
        """Score the newest round of a learner on the test set, after noting in the project that this was done."""
        self._check_writable()
        vote = votes_of(self.state, self.registry, class_name or self.state.active)[0]
        self._change(testing=log_opening(self.state.config, vote, self._who, _now()))
        self._fold()
        work = test_work(self.state.config, self.dataset, self.ledger, vote)
        self._jobs.submit(f"test {vote.class_name}", lambda job: work(job.cancelled), self._show_test,
                          lambda error: self.notify(f"The test set could not be scored: {error}", "error"),
                          title=f"Scoring {vote.class_name} on the test set", lane="files")

    def set_test_caution(self, class_name: str, caution: bool) -> None:
        """Say whether a caution comes before the test results of a class; the project keeps it."""
        self._check_writable()
        self._change(testing=with_caution(self.state.config, class_name, caution))

    def close(self) -> None:
        """Save what is not saved, stop all work and let go of the project."""
        self._jobs.close()
        if self._store is not None:
            try:
                if not self.state.saved:
                    self._fold()
            finally:
                self._store.close()
                self._store = None
                self.read_only = True

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # -- within -------------------------------------------------------------------------------------

    def _begin(self) -> None:
        learners = self.state.config.learners
        started = [learner.class_name for learner in learners if learner.started]
        first = (*started, *(learner.class_name for learner in learners))
        self.state.active = first[0] if first else None
        if started:
            self._follow = (first[0], self.state.focus)
        self._teacher.refresh()

    def _check_catalogue(self, table: Catalogue, accept_changes: bool) -> None:
        recorded = self.state.config.catalogue.fingerprint
        if recorded is None:
            self._change(catalogue=self.state.config.catalogue.model_copy(
                update={"fingerprint": make_fingerprint(self.state.config, table)}))
            return
        differences = fingerprint_differences(recorded, make_fingerprint(self.state.config, table))
        if differences:
            text = f"The catalogue is not the one that this project was made with: {'; '.join(differences)}."
            if not accept_changes:
                raise ChangedCatalogueError(text)
            self.notify(f"{text} Results will differ.", "warning")

    def _take_settings(self, made: Config, data: Dataset) -> None:
        try:
            plan = self.plan_settings(self.state.config.model_copy(
                update={name: getattr(made, name) for name in CHANGEABLE}))
        except SessionError as error:  # labels were given meanwhile
            self.notify(f"The settings were not changed: {error}", "error")
            return
        renewed = data is not self.dataset
        active = next((name for name in (self.state.active, *(item.class_name for item in plan.config.learners))
                       if name is not None and plan.config.learner(name) is not None), None)
        self.state.param.update(config=plan.config, dataset=data, active=active, saved=False)
        if renewed:
            self._teacher.restart()
            self._curator.recount()
        self.save()

    def _assign_curated(self, id: str, label: str | None) -> LabelEvent | None:
        said = self.ledger.curated.get(id)
        event = None
        if said is None or said.label != label:
            event = self._record(kind="unsure" if label is None else "label", id=id, label=label, origin="curated")
            self._teacher.refresh()
        self._curator.move_on(id)
        return event

    def _step_back(self, kind: Literal["undo", "redo"], events: tuple[LabelEvent, ...]) -> LabelEvent | None:
        self._check_writable()
        if not events:
            return None
        self._record_all({"kind": kind, "target": event.n, "id": event.id} for event in events)
        event = events[0]
        if (event.origin == "curated") != self.state.curating.on:
            self._curator.turn(event.origin == "curated")
        if event.batch is not None:  # of many sources none is the one to show
            counted = count_sources(len({event.id for event in events}), event.label)
            self.notify(f"{'Took back' if kind == 'undo' else 'Brought back'} the labels of {counted}.")
            self._teacher.refresh()
            return event
        if event.class_name is not None and self.state.config.learner(event.class_name) is not None:
            self.state.active = event.class_name
        self._follow = None
        if event.id is not None and event.id in self.dataset.catalogue:
            self.focus(event.id)
            if kind == "redo" and event.class_name is not None:
                self._follow = (event.class_name, event.id)
        self._teacher.refresh()
        return event

    def _share(self, class_name: str, round: Round, id: str, label: str) -> None:
        """Answer a learner from the human label that a source already has."""
        score = round.utilities[round.queries.index(id)] if round.trained else None
        self._record(kind="label", id=id, label=label, class_name=class_name, round=round.k, origin="shared",
                     score=score)

    def _settled(self, class_name: str) -> None:
        """Move on to the source that a learner asks for, unless the person has gone elsewhere."""
        if self._follow is not None and self._follow == (class_name, self.state.focus):
            self._follow = None
            self.focus_query(class_name)

    def _starting_points(self, learner: LearnerConfig) -> tuple[tuple[str, str], ...]:
        if learner.start.mode == "label":
            return ()
        data, name = self.dataset, learner.class_name
        truth = data.truth(name, self.state.config.split.drop)
        seed = derive_seed(self.state.config.project.seed, "start", name)
        training = data.split.training & ~data.catalogue.mask(self.ledger.curated)
        rows = random_start(data.catalogue.ids, truth, training, learner.start.n, seed, name)
        return tuple((data.catalogue.id_at(row), data.class_names[data.codes[row]]) for row in rows)

    def _record(self, **event: Any) -> LabelEvent:
        """Put an event on disk, then into the ledger."""
        return self._record_all([event])[0]

    def _record_all(self, drafts: Iterable[Mapping[str, Any]], *, batch: bool = False) -> tuple[LabelEvent, ...]:
        """Put events on disk, all of them at once, then into the ledger."""
        when = _now()
        ledger, made = self.ledger.extend(({"who": self._who, "when": when, **draft} for draft in drafts), batch=batch)
        if self._store is None:
            raise ReadOnlyError("This project is open for reading only.")
        if made:
            self._store.append(*made)
            self.state.ledger = ledger
            self.state.saved = False
        return made

    def _show_test(self, result: TestResult) -> None:
        self.state.test_results = {**self.state.test_results, result.class_name: result}

    def _learner(self, class_name: str) -> LearnerConfig:
        learner: LearnerConfig | None = self.state.config.learner(class_name)
        if learner is None:
            raise SessionError(f"There is no learner for {class_name!r}.")
        return learner

    def _replace_learner(self, changed: LearnerConfig) -> None:
        self._change(learners=tuple(changed if item.class_name == changed.class_name else item
                                    for item in self.state.config.learners))

    def _change(self, **sections: Any) -> None:
        config = self.state.config.model_copy(update=sections)
        if config != self.state.config:
            self.state.config = config
            self.state.saved = False

    def _fold(self) -> None:
        assert self._store is not None
        self._store.fold(self.config.model_copy(update={"environment": environment()}))
        self.state.saved = not self.state.pending  # the result of a round under way is still to be saved

    def _save_copy(self, path: Path) -> Path:
        check_suffix(path)
        path = path.resolve()
        if path == self.path:
            return self.save()
        where = catalogue_path(self.state.config.catalogue, self.path.parent)
        moved = moved_paths(self.config, where, self.path.parent, path.parent)
        write_config(moved.model_copy(update={"environment": environment()}), path)
        return path

    def _check_writable(self) -> None:
        if self.read_only:
            raise ReadOnlyError("This project is open for reading only.")


def _plain(update: dict[str, Any]) -> dict[str, Any]:
    return {key: [m.model_dump() for m in value] if key == "models" else
            value.model_dump() if hasattr(value, "model_dump") else value for key, value in update.items()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such account, as in some containers
        return "unknown"



def open_project(path: str | Path, **options: Any) -> Session:
    """Open a project; see `Session.open`."""
    return Session.open(path, **options)
