"""`Session`: one open project, and the only writer of its state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from astronomical.catalogue.catalogue import Catalogue
from astronomical.config.io import local_path
from astronomical.session.actions.files import FileActions
from astronomical.session.actions.labels import LabelActions
from astronomical.session.actions.learners import LearnerActions
from astronomical.session.actions.settings import SettingsActions
from astronomical.session.actions.testing import TestActions
from astronomical.session.bulk import find_rows
from astronomical.session.dataset import Progress, build_dataset, make_fingerprint, no_progress, open_project_catalogue
from astronomical.session.errors import ChangedCatalogueError
from astronomical.session.fingerprints import catalogue_differences
from astronomical.session.jobs import Dispatch
from astronomical.session.kept import DEFAULT_BYTES
from astronomical.session.memory import memory_text, read_in_use
from astronomical.session.model_store import CLOSING_S
from astronomical.session.plugins import project_plugins
from astronomical.session.store import ProjectStore, load_project


class Session(LabelActions, LearnerActions, TestActions, SettingsActions, FileActions):
    """A project at work: what can be done with it stands in `astronomical.session.actions`, by subject.

    Use `Session.open` rather than the constructor.
    """

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
        path = local_path(path).resolve()
        store = None if read_only else ProjectStore(path)
        loaded = load_project(path) if store is None else store.open()
        try:
            loaded_plugins = project_plugins(loaded.config, path.parent, plugins, trust_plugins)
            progress("Reading the catalogue", 0.0)
            table = open_project_catalogue(loaded.config.catalogue, path.parent, catalogue)
            read_in_use(loaded.config, table)
            dataset = build_dataset(loaded.config, table, loaded_plugins.registry, progress, allow_lacking=True)
            session = cls(path, loaded, dataset, store=store, plugins=loaded_plugins, dispatch=dispatch, who=who,
                          memory=memory, look_ahead=look_ahead)
            session._check_catalogue(table, accept_changes)
            if loaded.config.catalogue.optimise_memory:
                session.notify(memory_text(table))
            if store is not None and dispatch is not None:  # else the first save holds up the loop
                store.prepare(session.config)
            session._begin()
        except BaseException:
            if store is not None:
                store.close()
            raise
        return session

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

    def stop(self) -> None:
        """Stop all work; no result of it arrives any more."""
        self._jobs.close()

    def close(self, patience: float = CLOSING_S) -> None:
        """Save what is not saved, stop all work and let go of the project.

        Parameters
        ----------
        patience
            For so long the models of rounds are written that are not on disk yet, in s; a plain session, without a
            `dispatch`, writes all of them.
        """
        self.stop()
        if self._store is not None:
            try:
                if not self.state.saved:
                    self._fold()
                if self._models is not None:
                    self._models.finish(patience)
            finally:
                self._store.close()
                self._store = None
                self.read_only = True

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

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
        differences = catalogue_differences(self.state.config, table)
        if differences:
            lost = {event.id for event in self.ledger.effective if event.id is not None and event.id not in table}
            if lost:
                differences.append(f"{len(lost):,} of the sources with labels {'is' if len(lost) == 1 else 'are'} "
                                   "not in it")
            error = ChangedCatalogueError(differences)
            if not accept_changes:
                raise error
            self.notify(f"{error} Results will differ.", "warning")


def open_project(path: str | Path, **options: Any) -> Session:
    """Open a project.

    Parameters
    ----------
    path
        The config.
    **options
        As for `Session.open`, such as `read_only` or `plugins`.

    Returns
    -------
    Session
        The open project; close it, or use it in a ``with`` block.
    """
    return Session.open(path, **options)
