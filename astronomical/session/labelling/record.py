"""Record events: first on disk, then in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from astronomical.config.schema import LabelEvent
from astronomical.errors import AstronomicalError
from astronomical.labels.journal import Lines, lines_of
from astronomical.labels.ledger import Ledger
from astronomical.session.labelling.unused_labels import derive_label_sets
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Job, Jobs

__all__ = ["MANY", "LabelRecord", "now"]

#: Number of labels from which a thread prepares them.
MANY = 500

#: Number of new events after which the text to save is prepared in a thread.
_PREPARE_EVERY = 50


class LabelRecord:
    """The only part of a session that adds events to the ledger.

    Parameters
    ----------
    state
        State of the session; `ledger` and `saved` are written.
    writer
        Writer of the project's files.
    jobs
        Jobs that prepare many events.
    who
        Name of the annotator.
    """

    def __init__(self, state: SessionState, writer: ProjectWriter, jobs: Jobs, who: str) -> None:
        self.who = who
        self._state, self._writer, self._jobs = state, writer, jobs

    @property
    def is_open(self) -> bool:
        """Whether events can be recorded."""
        return not self._writer.read_only

    def add(self, **event: Any) -> LabelEvent:
        """Write an event to disk, then add it to the ledger."""
        return self.add_all([event])[0]

    def add_all(self, drafts: Iterable[Mapping[str, Any]], *, batch: bool = False) -> tuple[LabelEvent, ...]:
        """Write events to disk, all at once, then add them to the ledger.

        Parameters
        ----------
        drafts
            The events, without annotator and time.
        batch
            Whether the events are undone together.
        """
        stamp = self._stamp()
        before: Ledger = self._state.ledger
        ledger, made = before.extend(({**stamp, **draft} for draft in drafts), batch=batch)
        if made:
            self._writer.append(*made)
            self.take(ledger, batch=batch)
        return made

    def add_soon(
        self,
        drafts: Callable[[], Iterable[Mapping[str, Any]]],
        *,
        batch: bool,
        title: str,
        then: Callable[[tuple[LabelEvent, ...]], Any],
        overtaken: Callable[[], None],
    ) -> None:
        """Record many events, doing the slow part in a thread; see `add_all`.

        Parameters
        ----------
        drafts
            Function that returns the events to record; called in the thread.
        batch
            Whether the events are undone together.
        title
            Title shown on the screen.
        then
            Called with the events once they are on disk and in the ledger.
        overtaken
            Called instead if other events were recorded in between; then nothing is recorded.
        """
        self._writer.check_writable()
        state, stamp = self._state, self._stamp()
        before, config, data = state.ledger, state.config, state.dataset

        def failed(error: Exception) -> None:
            state.notify(str(error), "error")

        def prepared(_: Job) -> tuple[Ledger, tuple[LabelEvent, ...], Lines]:
            ledger, made = before.extend(({**stamp, **draft} for draft in drafts()), batch=batch)
            lines = lines_of(made, before.last_check)
            derive_label_sets(config, data, ledger)
            return ledger, made, lines

        def arrived(ready: tuple[Ledger, tuple[LabelEvent, ...], Lines]) -> None:
            ledger, made, lines = ready
            if state.ledger is not before:
                overtaken()
                return
            try:
                self._writer.append_lines(lines)
            except (AstronomicalError, OSError) as error:
                failed(error)
                return
            self.take(ledger, batch=True)
            then(made)

        self._jobs.submit("recording", prepared, arrived, failed, title=title, lane="recording")

    def take(self, ledger: Ledger, *, batch: bool) -> None:
        """Continue with a ledger whose events are all on disk."""
        self._state.ledger = ledger
        self._state.saved = False
        if batch or len(ledger) % _PREPARE_EVERY == 0:
            self._writer.prepare()

    def _stamp(self) -> dict[str, str]:
        return {"who": self.who, "when": now()}


def now() -> str:
    """Return the current time in the format of the ledger."""
    return datetime.now(UTC).isoformat(timespec="seconds")
