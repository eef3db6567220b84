"""What all actions of a session stand on: what is known, and the only ways in which it is written."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from astronomical.config.schema import Config, LabelEvent, LearnerConfig
from astronomical.labels.journal import Lines, lines_of
from astronomical.labels.ledger import Ledger
from astronomical.learning.rounds import Round
from astronomical.plugins.loader import Plugins
from astronomical.session.curating import Curator
from astronomical.session.dataset import Dataset
from astronomical.session.errors import ReadOnlyError, SessionError
from astronomical.session.jobs import Dispatch, Job, Jobs
from astronomical.session.kept import DEFAULT_BYTES, KeptRounds
from astronomical.session.lacking import lacking, needed_by, what_to_install
from astronomical.session.lookup import Lookup
from astronomical.session.model_store import open_store
from astronomical.session.plugins import used_plugins
from astronomical.session.results import environment
from astronomical.session.state import Notice, SessionState
from astronomical.session.store import Loaded, ProjectStore
from astronomical.session.teacher import Teacher

_HISTORY = 500
_NOTICES = 50
#: The text of what is saved is made, in a thread, whenever so many events have come.
_TEXTS_EVERY = 50
log = logging.getLogger(__name__)


class SessionCore:
    """One project at work: its parts, and the ways in which they are written.

    Attributes
    ----------
    state
        Reactive values; panes watch them, only a session writes them.
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
        config = loaded.config.model_copy(update={"events": (), "results": ()})
        self.state = SessionState(config=config, dataset=dataset, ledger=Ledger.replay(loaded.events))
        self._teacher = Teacher(self.state, registry, self._jobs, share=None if store is None else self._share,
                                failed=lambda text: self.notify(text, "error"), settled=self._settled,
                                kept=KeptRounds(memory), look_ahead=look_ahead,
                                filled=lambda round: None if self._models is None else self._models.take(round),
                                rested=lambda: None if self._models is None else self._models.write_next())
        self._models = None if store is None else open_store(self.state, registry, self._jobs, path,
                                                             lambda text: self.notify(text, "warning"))
        self._teacher.load(loaded.config.results)
        self._curator = Curator(self.state, self._jobs, self.focus)
        for text in (*loaded.notices, *plugins.problems):
            self.notify(text, "warning")

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

    def round_progress(self, class_name: str) -> float | None:
        """Return how far the round of a learner is that is under way, from 0 to 1; None where nobody knows."""
        return self._teacher.progress(class_name)

    def lacking(self, class_name: str) -> str:
        """Say which plugins a learner needs that are not loaded, and what brings them; empty if it needs none."""
        return what_to_install(lacking(needed_by(self.state.config, class_name), self.plugins), self.plugins)

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

    def notify(self, text: str, level: Literal["info", "success", "warning", "error"] = "info") -> None:
        """Leave a message for the person at the screen.

        Parameters
        ----------
        text
            What to say.
        level
            How loud.
        """
        n = self.state.notices[-1].n + 1 if self.state.notices else 1
        self.state.notices = (*self.state.notices, Notice(n, level, text))[-_NOTICES:]

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

    def focus_query(self, class_name: str | None = None) -> None:
        """Show the source that a learner asks for, if it asks for one."""
        query = self.query(class_name)
        if query is not None:
            self.focus(query)

    def _record(self, **event: Any) -> LabelEvent:
        """Put an event on disk, then into the ledger."""
        return self._record_all([event])[0]

    def _record_all(self, drafts: Iterable[Mapping[str, Any]], *, batch: bool = False) -> tuple[LabelEvent, ...]:
        """Put events on disk, all of them at once, then into the ledger."""
        when = now()
        ledger, made = self.ledger.extend(({"who": self._who, "when": when, **draft} for draft in drafts), batch=batch)
        if self._store is None:
            raise ReadOnlyError("This project is open for reading only.")
        if made:
            self._store.append(*made)
            self._take(ledger, batch=batch)
        return made

    def _record_soon(self, drafts: Callable[[], Iterable[Mapping[str, Any]]], *, batch: bool, title: str,
                     then: Callable[[tuple[LabelEvent, ...]], Any], overtaken: Callable[[], None]) -> None:
        """Do as `_record_all`, with all that takes a while for many events done in a thread.

        Parameters
        ----------
        drafts
            Makes what is recorded; called in the thread.
        batch
            Whether it is to be taken back together.
        title
            What the screen says of it.
        then
            Called with the events once they are on disk and in the ledger.
        overtaken
            Called instead if other events came in between; nothing is recorded then.
        """
        before, store = self.ledger, self._store
        names = [learner.class_name for learner in self.state.config.learners]
        stamp = {"who": self._who, "when": now()}
        if store is None:
            raise ReadOnlyError("This project is open for reading only.")

        def prepared(_: Job) -> tuple[Ledger, tuple[LabelEvent, ...], Lines]:
            ledger, made = before.extend(({**stamp, **draft} for draft in drafts()), batch=batch)
            lines = lines_of(made, before.last_check)
            ledger.prepare(names)
            return ledger, made, lines

        def arrived(ready: tuple[Ledger, tuple[LabelEvent, ...], Lines]) -> None:
            ledger, made, lines = ready
            if self.ledger is not before:
                overtaken()
                return
            try:
                store.append_lines(lines)
            except (OSError, ValueError) as error:
                self.notify(str(error), "error")
                return
            self._take(ledger, batch=True)
            then(made)

        self._jobs.submit("recording", prepared, arrived, lambda error: self.notify(str(error), "error"), title=title,
                          lane="recording")

    def _take(self, ledger: Ledger, *, batch: bool) -> None:
        """Go on with a ledger whose events are all on disk."""
        self.state.ledger = ledger
        self.state.saved = False
        store = self._store
        # Else making all their text when they are saved holds up the loop.
        if store is not None and not self._jobs.inline and (batch or len(ledger) % _TEXTS_EVERY == 0):
            config = self.config
            self._jobs.submit("texts", lambda job: store.prepare(config), lambda done: None,
                              lambda error: log.warning("The text of events could not be prepared: %s", error),
                              title="Preparing to save", lane="files", background=True)

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

    def _save(self) -> None:
        if self._jobs.inline:  # nothing else will compute the records that are missing
            self._teacher.fill_gaps()
        self._fold()
        if self._jobs.inline and self._models is not None:
            self._models.finish()

    def _fold(self) -> None:
        assert self._store is not None
        noticed = self._store.fold(self.config.model_copy(update={"environment": environment()}))
        if noticed:
            self.notify(noticed, "warning")
        self.state.saved = not self.state.pending  # the result of a round under way is still to be saved

    def _check_writable(self) -> None:
        if self.read_only:
            raise ReadOnlyError("This project is open for reading only.")

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


def now() -> str:
    """Return the time, as it is written on labels."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such account, as in some containers
        return "unknown"
