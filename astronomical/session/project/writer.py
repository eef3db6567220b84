"""Write the files of an open project, and change its settings."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from astronomical.config.parsing import mended
from astronomical.config.schema import BeliefConfig, Config, LabelEvent, LearnerConfig
from astronomical.config.yaml_writer import to_plain
from astronomical.errors import AstronomicalError
from astronomical.labels.journal import Lines
from astronomical.plugins.loader import Plugins
from astronomical.session.errors import ReadOnlyError
from astronomical.session.events import SessionEvents
from astronomical.session.project.conflict import ForeignChangeError, keep_ours
from astronomical.session.project.plugins import used_plugins
from astronomical.session.project.project_store import Loaded, ProjectStore
from astronomical.session.project.results import RecordedResults
from astronomical.session.project.round_records import environment
from astronomical.session.state import Conflict, SessionState
from astronomical.tasks import Job, Jobs

__all__ = ["ProjectWriter"]

log = logging.getLogger(__name__)


class ProjectWriter:
    """The only part of a session that writes the files of the project and changes its settings.

    Parameters
    ----------
    path
        The project file.
    store
        Files of the project; None if it is read-only.
    state
        State of the session; `config`, `saved` and `conflict` are written.
    results
        Results of the learners, which are saved with the project.
    jobs
        Jobs that save in a thread.
    plugins
        Loaded plugins; those in use are recorded in the project.
    events
        Events of the session; `saving` and `saved` are reported.
    """

    def __init__(
        self,
        path: Path,
        store: ProjectStore | None,
        state: SessionState,
        results: RecordedResults,
        jobs: Jobs,
        plugins: Plugins,
        events: SessionEvents,
    ) -> None:
        self.path, self.plugins = path, plugins
        self._store, self._state, self._results, self._jobs, self._events = store, state, results, jobs, events
        #: Why this version has to be saved separately, until it is.
        self._unkept: str | None = None

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written."""
        return self._store is None

    @property
    def config(self) -> Config:
        """The whole project as it would be saved now; building it takes time for many events."""
        return self.snapshot()()

    def snapshot(self) -> Callable[[], Config]:
        """Return a function that builds the project to be saved; any thread may call it."""
        config: Config = self._state.config
        events, results = self._state.ledger.events, self._results.snapshot()
        plugins = used_plugins(config, self.plugins.registry, self.path.parent)
        return lambda: config.model_copy(update={"events": tuple(events), "results": results(), "plugins": plugins})

    def check_writable(self) -> None:
        """Raise an error if the project is read-only, or another program changed its files."""
        if self.read_only:
            raise ReadOnlyError("This project is open read-only; it cannot be changed.")
        self._refuse_conflict()

    def change(self, **sections: Any) -> None:
        """Change sections of the project."""
        config = self._state.config.model_copy(update=sections)
        try:
            config.model_dump_json(include=set(sections))
        except ValueError as error:
            if "surrogates" not in str(error):
                raise
            config = Config.model_validate(mended(to_plain(config)))
        if config != self._state.config:
            self._state.config = config
            self._state.saved = False

    def set_learner(self, learner: LearnerConfig) -> None:
        """Change the settings of a learner, or add it; a new one has its place in the order of the classes."""
        config, name = self._state.config, learner.class_name
        if config.learner(name) is not None:
            learners = [learner if item.class_name == name else item for item in config.learners]
        else:
            place = config.class_names.index
            before = [item for item in config.learners if place(item.class_name) < place(name)]
            learners = [*before, learner, *(item for item in config.learners if item not in before)]
        self.change(learners=tuple(learners))

    def set_belief(self, class_name: str, key: str, belief: BeliefConfig) -> None:
        """Record where a round of a class may be believed, for the next time that the project is saved."""
        self._results.set_belief(class_name, key, belief)
        self._state.saved = self._state.saved and self.read_only

    # -- events -------------------------------------------------------------------------------------

    def append(self, *events: LabelEvent) -> None:
        """Write events to the journal; they are on disk when this returns."""
        with self._stopping():
            self._writable_store().append(*events)

    def append_lines(self, lines: Lines) -> None:
        """Write the prepared lines of events to the journal; they are on disk when this returns."""
        with self._stopping():
            self._writable_store().append_lines(lines)

    def prepare(self) -> None:
        """Prepare the text to save in a thread, so that saving is fast."""
        store = self._store
        if store is not None and not self._jobs.inline:
            snapshot = self.snapshot()
            self._jobs.submit(
                "texts",
                lambda job: store.prepare(snapshot()),
                lambda done: None,
                lambda error: log.warning("The text of events could not be prepared: %s", error),
                title="Preparing to save",
                lane="files",
                background=True,
            )

    def other_version(self) -> Callable[[], tuple[Loaded, Path | None]]:
        """Return a function that reads the version of the project that another program wrote; for any thread.

        The version is used from then on. Nothing else is written until the conflict is settled.
        """
        return self._writable_store().take_again

    def append_to_other(self, events: tuple[LabelEvent, ...]) -> None:
        """Write events behind those of the other version."""
        self._writable_store().append(*events)

    # -- the project file ---------------------------------------------------------------------------

    def save(self) -> None:
        """Save the project with all that belongs to it."""
        self._events.saving()
        self.fold()
        self._events.saved()

    def fold(self) -> None:
        """Save the events of the journal in the project file."""
        with self._stopping():
            noticed = self._writable_store().fold(self._now())
        if noticed:
            self._state.notify(noticed, "warning")
        self._state.saved = not self._state.pending  # the result of a pending round must still be saved

    def save_settings(self, then: Callable[[], None] = lambda: None, name: str = "saving") -> None:
        """Save the project after its settings have changed: in a thread if there are any.

        Parameters
        ----------
        then
            Called when it is saved.
        name
            The job; a later one of the same name replaces it.
        """
        if self._jobs.inline:
            self.fold()
            then()
        else:
            self.fold_soon(then, lambda error: self._state.notify(str(error), "error"), name)

    def fold_soon(self, then: Callable[[], None], failed: Callable[[Exception], None], name: str = "saving") -> None:
        """Save in a thread; events recorded meanwhile remain in the journal until the next time."""
        state, store, snapshot = self._state, self._writable_store(), self.snapshot()
        ledger, config = state.ledger, state.config
        complete = not state.pending  # the result of a pending round must still be saved
        with self._stopping():
            store.check()

        def work(job: Job) -> str | None:
            return store.write(snapshot().model_copy(update={"environment": environment()}), job.cancelled)

        def written(noticed: str | None) -> None:
            if noticed is None:
                return
            if noticed:
                state.notify(noticed, "warning")
            if state.ledger is ledger:
                try:
                    with self._stopping():
                        store.restart_journal(ledger.last_check)
                except (AstronomicalError, OSError) as error:
                    failed(error)
                    return
                state.saved = complete and state.config is config
            then()

        def not_written(error: Exception) -> None:
            if isinstance(error, ForeignChangeError):
                with contextlib.suppress(ForeignChangeError), self._stopping():
                    raise error
            failed(error)

        self._jobs.submit(name, work, written, not_written, title="Saving", lane="files", background=True)

    def close(self) -> None:
        """Release the files; the project is read-only from then on."""
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def _writable_store(self) -> ProjectStore:
        if self._store is None:
            raise ReadOnlyError("This project is open read-only; it cannot be changed.")
        return self._store

    def _now(self) -> Config:
        return self.config.model_copy(update={"environment": environment()})

    def _refuse_conflict(self) -> None:
        if self._state.conflict is not None:
            raise ForeignChangeError(self._state.conflict.text)

    @contextlib.contextmanager
    def _stopping(self) -> Iterator[None]:
        """Stop writing because another program changed the files of the project, and save this version separately."""
        self._refuse_conflict()
        try:
            yield
        except ForeignChangeError as error:
            self._keep_this_version(str(error))
            conflict = self._state.conflict
            raise ForeignChangeError(str(error) if conflict is None else conflict.text) from error

    def keep_at_last(self) -> None:
        """Save this version separately if it still has to be, without waiting for a thread."""
        if self._unkept is not None:
            self._keep_this_version(self._unkept)

    def _keep_this_version(self, reason: str) -> None:
        """Save this version beside the changed files: in a thread if there is an event loop."""
        snapshot, path, self._unkept = self.snapshot(), self.path, reason

        def work() -> Path:
            return keep_ours(snapshot().model_copy(update={"environment": environment()}), path)

        def kept(file: Path) -> None:
            self._show_conflict(Conflict(f"{reason} This version was saved as {file.name}.", file))

        def not_kept(failure: Exception) -> None:
            where = f"This version could not be saved ({failure}): save a copy in another folder."
            self._show_conflict(Conflict(f"{reason} {where}"))

        self._state.conflict = Conflict(f"{reason} This version is being saved in a separate file.")
        if self._jobs.inline or self._jobs.closed:  # nothing waits, and the program may end soon
            try:
                kept(work())
            except (AstronomicalError, OSError) as failure:
                not_kept(failure)
            return
        self._jobs.submit(
            "keeping", lambda _: work(), kept, not_kept, title="Saving this version separately", lane="files"
        )

    def _show_conflict(self, conflict: Conflict) -> None:
        """Show where this version was saved, unless both versions have been merged meanwhile."""
        self._unkept = None
        if self._state.conflict is not None:
            self._state.conflict = conflict
            self._state.notify(conflict.text, "error")
