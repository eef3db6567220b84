"""`Session`: an open project, with a part for each subject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Unpack

from astronomical.config.schema import Config, LabelEvent, LassoConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.rounds import Round
from astronomical.plugins.loader import Plugins
from astronomical.plugins.registry import Registry
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.core import SessionCore
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.source_search import Lookup
from astronomical.session.errors import ReadOnlyError
from astronomical.session.evaluation.agreement import Agreement
from astronomical.session.evaluation.contact_sheet import ContactSheet
from astronomical.session.evaluation.evaluation import Evaluation
from astronomical.session.evaluation.review import Review
from astronomical.session.evaluation.studies import Studies
from astronomical.session.export.exports import Exports
from astronomical.session.export.model_store import CLOSING_S
from astronomical.session.export.models import Models
from astronomical.session.labelling.audits import Audits
from astronomical.session.labelling.curation import Curation
from astronomical.session.labelling.imports import Imports
from astronomical.session.labelling.labels import Labels
from astronomical.session.labelling.merging import Merging
from astronomical.session.labelling.similar import Similar
from astronomical.session.labelling.subsets import Subsets
from astronomical.session.labelling.unused_labels import derive_label_sets
from astronomical.session.notebook import NotebookViews, Plots
from astronomical.session.opening import OpenOptions, open_core
from astronomical.session.project.apply_settings import SettingsApplier
from astronomical.session.project.files import Files
from astronomical.session.project.light_curves import LightCurves
from astronomical.session.project.settings import Settings
from astronomical.session.state import Level
from astronomical.session.training.training import Training
from astronomical.session.whole.whole import Whole

__all__ = ["Session", "open_project"]


class Session(NotebookViews):
    """An open project: the verbs of daily use, and a part for each subject.

    Use `Session.open` instead of the constructor.

    Parameters
    ----------
    core
        What all pages of the project share.
    access
        Called before each command; it raises an error if the caller may not change the project.

    Attributes
    ----------
    state
        Reactive state; panes watch it, and only the parts of the session write it.
    labels, curation, audits, imports, merging
        Give labels and notes; curate a test set; label random samples to judge the learners; import labels from a
        table; merge with the version that another program wrote.
    subsets
        Name subsets of the catalogue, and select their sources.
    training
        Create and train learners.
    evaluation
        Scores on the test set, and the comparison of the classes.
    studies
        Studies of a learner that take longer, such as the comparison with random labels.
    review, agreement
        Review the labels that the model of a class contradicts; how far annotators agree.
    similar, sheet
        Find the sources most similar to others; list sources to look at side by side, and label all of them.
    models, exports, whole
        Save the models of rounds; export labels, notes, subsets, predictions and models; query and predict all sources
        of a catalogue larger than the memory.
    files, settings
        Save the project and copies of it; change its settings.
    light_curves, plots
        Read light curves, and compute features of them; plots of the catalogue as HoloViews objects.
    """

    def __init__(self, core: SessionCore, access: Access = full_access) -> None:
        self._core, self._access = core, access
        self.state = state = core.state
        jobs, events, writer, selection = core.jobs, core.events, core.writer, core.selection
        registry = core.plugins.registry
        self.files = Files(state, writer, jobs, access)
        applier = SettingsApplier(state, writer, jobs, events, derive_label_sets)
        self.settings = Settings(state, writer, applier, access)
        self.light_curves = LightCurves(state, writer, jobs, applier, core.read_curves, access)
        self.labels = Labels(
            state,
            writer,
            core.record,
            selection,
            core.curator,
            core.auditor,
            core.reviewer,
            core.interleaved,
            jobs,
            events,
            access,
        )
        self.curation = Curation(state, writer, selection, core.curator, access)
        self.subsets = Subsets(state, writer, selection, jobs, access)
        self.plots = Plots(state, self.subsets, access)
        self.audits = Audits(state, writer, core.record, selection, core.auditor, core.curator, jobs, events, access)
        self.imports = Imports(state, writer, core.record, jobs, events, access)
        self.merging = Merging(state, writer, core.record, jobs, events, access)
        self.training = Training(state, writer, core.record, selection, core.manager, jobs, events, access)
        self.evaluation = Evaluation(state, registry, writer, jobs, core.record.who, core.check, core.advisor, access)
        self.studies = Studies(state, registry, writer, jobs)
        self.review = Review(
            state, registry, writer, selection, core.curator, core.auditor, core.reviewer, jobs, access
        )
        self.agreement = Agreement(state, core.record.who)
        self.similar = Similar(state, jobs)
        self.sheet = ContactSheet(state, writer, core.record, selection, events, access)
        self.models = Models(state, writer, core.models, jobs, access)
        self.exports = Exports(state, registry, self.files, writer, jobs)
        self.whole = Whole(state, writer, self.files, jobs, applier, access)

    @classmethod
    def open(cls, path: str | Path, **options: Unpack[OpenOptions]) -> Session:
        """Open a project and train its learners on its labels.

        Parameters
        ----------
        path
            The project file.
        **options
            See `OpenOptions`.

        Raises
        ------
        ChangedCatalogueError
            If the catalogue has changed, and this is not accepted.
        WrongCatalogueError
            If the catalogue lacks columns that the project needs.
        NoAnswerError
            If a disk does not respond.
        ConfigError, CatalogueError, SessionError, LockedError
            If the project file, the catalogue or the lock prevents opening; the message explains how.
        """
        return cls(open_core(path, **options))

    @reads
    def with_access(self, access: Access) -> Session:
        """Return this session for a caller whose access is checked before each command; everything is shared."""
        return Session(self._core, access)

    @property
    def may_change(self) -> bool:
        """Whether the caller may use commands; see `with_access`."""
        try:
            self._access()
        except ReadOnlyError:
            return False
        return True

    @reads
    def when_closed(self, action: Callable[[], object]) -> None:
        """Call a function when the session is closed."""
        self._core.events.closed.listen(action)

    # -- what it holds ------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The project file."""
        return self._core.writer.path

    @property
    def read_only(self) -> bool:
        """Whether the project is open without a lock, and changes are refused."""
        return self._core.writer.read_only

    @property
    def plugins(self) -> Plugins:
        """The loaded plugins."""
        return self._core.plugins

    @property
    def registry(self) -> Registry:
        """Models, strategies, features and plots by name."""
        return self._core.plugins.registry

    @property
    def dataset(self) -> Dataset:
        """Catalogue, features and split."""
        found: Dataset = self.state.dataset
        return found

    @property
    def ledger(self) -> Ledger:
        """Current snapshot of the ledger."""
        found: Ledger = self.state.ledger
        return found

    @property
    def config(self) -> Config:
        """The whole project as it would be saved now; building it takes time for many events."""
        return self._core.writer.config

    @property
    def lookup(self) -> Lookup:
        """Search for sources by id, name and position."""
        return self._core.find_sources(self.dataset.catalogue, self.state.config.catalogue.name_column)

    @reads
    def query(self, class_name: str | None = None) -> str | None:
        """Return the query of a learner, by default the active one; None while it is computed, or if there is none."""
        return self.state.query(class_name)

    @reads
    def round(self, class_name: str | None = None) -> Round | None:
        """Return the newest finished round of a learner, by default the active one."""
        return self.state.round(class_name)

    # -- verbs of daily use -------------------------------------------------------------------------

    @command
    def assign(
        self,
        label: str | None,
        *,
        id: str | None = None,
        class_name: str | None = None,
        probable: bool = False,
        then: str | None = None,
    ) -> LabelEvent | None:
        """Label the selected source, or mark it as unsure. The label is on disk when this returns.

        Parameters
        ----------
        label
            Name of a class, or None for unsure.
        id
            The source that the user saw; refused if another one is selected now.
        class_name
            Class of the learner; by default the active one.
        probable
            Whether the annotator is less certain of the label; see `LabellingConfig.probable_weight`.
        then
            Source to select afterwards; by default the next query of the learner.

        Returns
        -------
        LabelEvent or None
            The recorded event; None if the label is already recorded.

        Raises
        ------
        SessionError
            If there is no such class, no source is selected, or `id` is no longer the selected source.
        """
        return self.labels.assign(label, id=id, class_name=class_name, probable=probable, then=then)

    @command
    def undo(self) -> LabelEvent | None:
        """Undo the newest label, or a whole batch.

        Returns
        -------
        LabelEvent or None
            The undo event; None if there is nothing to undo.
        """
        return self.labels.undo()

    @command
    def redo(self) -> LabelEvent | None:
        """Redo the label that was undone last, or a whole batch.

        Returns
        -------
        LabelEvent or None
            The redo event; None if there is nothing to redo.
        """
        return self.labels.redo()

    @command
    def focus(self, id: str | None) -> None:
        """Select a source and show it in every pane; None clears the selection."""
        self._core.selection.focus(id)

    @command
    def focus_query(self, class_name: str | None = None) -> None:
        """Show the query of a learner, by default the active one, if it has one."""
        self._core.selection.show_query(class_name)

    @command
    def select(self, ids: Sequence[str], lasso: LassoConfig | None = None) -> None:
        """Select sources; unknown ids are refused.

        Parameters
        ----------
        ids
            The sources.
        lasso
            The polygon that encloses them, if they were selected by one; it can be saved as a subset.
        """
        self._core.selection.select(ids, lasso)

    @command
    def activate(self, class_name: str) -> None:
        """Activate the learner of a class, and show its query."""
        self.state.learner(class_name)
        self._core.curator.leave()
        self._core.auditor.turn(False)
        self._core.reviewer.turn(None)
        self.state.active = class_name
        self._core.selection.await_query(None)
        self._core.selection.show_query(class_name)

    @command
    def save(self, path: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Save the project, or a copy of it.

        Parameters
        ----------
        path
            File of the copy; None saves the project itself.
        overwrite
            Whether a copy may replace an existing file.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        SessionError, OSError
            If the file has the wrong extension, or cannot be written.
        """
        return self.files.save(path, overwrite=overwrite)

    @reads
    def notify(self, text: str, level: Level = "info") -> None:
        """Show a message to the user.

        Parameters
        ----------
        text, level
            The message, shown literally, and its severity.
        """
        self.state.notify(text, level)

    @command
    def stop(self) -> None:
        """Cancel all jobs; no result is delivered any more."""
        self._core.jobs.close()

    @command
    def close(self, patience: float = CLOSING_S) -> None:
        """Save unsaved changes, cancel all jobs and close the project.

        Parameters
        ----------
        patience
            Time limit for writing the models of rounds that are not on disk yet, in s; a session without a `dispatch`
            writes all of them.
        """
        self._core.close(patience)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_project(path: str | Path, **options: Unpack[OpenOptions]) -> Session:
    """Open a project. Close it at the end, or use it in a ``with`` block.

    Parameters
    ----------
    path, **options
        As for `Session.open`.

    Returns
    -------
    Session
        The open project.
    """
    return Session.open(path, **options)
