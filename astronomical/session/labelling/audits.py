"""Audits: a random sample is labelled without seeing predictions, to judge all learners. The part `Session.audits`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed, first_by_hash
from astronomical.config.schema import AuditConfig, Config
from astronomical.labels.derived import LABEL_KINDS
from astronomical.labels.ledger import Ledger
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.events import SessionEvents
from astronomical.session.labelling.curator import Curator
from astronomical.session.labelling.record import LabelRecord, now
from astronomical.session.labelling.selection import Selection
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Jobs

__all__ = [
    "MOST_AUDITED",
    "MOST_SELDOM",
    "AuditStatus",
    "Auditor",
    "Audits",
    "audit_sample",
    "joined_audits",
    "population_rows",
]

#: Maximum number of sources of an audit.
MOST_AUDITED = 2000
#: Maximum number of queries for each source of an audit that is among them.
MOST_SELDOM = 1000


@dataclass(frozen=True)
class AuditStatus:
    """Progress of the newest audit: its sources, and how many of them were labelled or marked as unsure."""

    n: int
    n_answered: int
    n_unsure: int
    next: str | None


def population_rows(dataset: Dataset, ledger: Ledger, event: int) -> NDArray[np.intp]:
    """Return the sources of the training set without any answer among the first events, ascending, shape (n,).

    Answers that were undone later count too: the source was seen.
    """
    seen = {item.id for item in ledger.events[:event] if item.kind in LABEL_KINDS and item.id is not None}
    unseen = dataset.distinct.copy()
    if dataset.added is not None:  # they are not a random part of the catalogue
        unseen &= ~dataset.added
    unseen[dataset.with_copies(dataset.catalogue.rows_there(seen))] = False
    rows: NDArray[np.intp] = np.flatnonzero(unseen)
    return rows


def audit_sample(config: Config, dataset: Dataset, ledger: Ledger, event: int, n: int) -> tuple[tuple[str, ...], int]:
    """Return a random sample of the population after some events, and the size of the population.

    The sample depends on the seed of the project and the number of events only.
    """
    rows = population_rows(dataset, ledger, event)
    drawn = rows[first_by_hash(dataset.catalogue.ids[rows], derive_seed(config.project.seed, "audit", event), n)]
    return tuple(dataset.catalogue.id_at(row) for row in drawn), len(rows)


def joined_audits(config: Config, ledger: Ledger) -> tuple[AuditConfig, ...]:
    """Return the newest audit, and those before it that were drawn from the same population, oldest first.

    The population is the same if no other source was answered between two draws: together, the samples are a random
    sample of the population of the first one.
    """
    joined = list(config.audits[-1:])
    for place in range(len(config.audits) - 2, -1, -1):
        audit, later = config.audits[place], joined[0]
        reserved = {id for earlier in config.audits[: place + 1] for id in earlier.ids}
        between = ledger.events[audit.event : later.event]
        others = any(item.kind in LABEL_KINDS and item.id is not None and item.id not in reserved for item in between)
        if others or later.n_population != audit.n_population - len(audit.ids):  # the scope may have changed
            break
        joined.insert(0, audit)
    return tuple(joined)


class Auditor:
    """Step through the sources of the newest audit.

    Parameters
    ----------
    state
        State of the session; `curating` is written.
    selection
        Selection of the source to show.
    """

    def __init__(self, state: SessionState, selection: Selection) -> None:
        self._state, self._selection = state, selection

    def status(self) -> AuditStatus | None:
        """Return the progress of the newest audit; None if there is none."""
        audits, curated = self._state.config.audits, self._state.ledger.curated
        if not audits:
            return None
        items = [(id, curated.get(id)) for id in audits[-1].ids]
        answered = [item for _, item in items if item is not None and item.answered]
        left = next((id for id, item in items if item is not None and not item.answered), None)
        return AuditStatus(len(items), len(answered), sum(item.label is None for item in answered), left)

    def enter(self) -> None:
        """Show the next source of the audit; labels are given to the audit from now on."""
        self.turn(True)
        self.move_on()

    def turn(self, on: bool) -> None:
        """Start or stop without showing another source."""
        if on != self._state.curating.auditing:
            reviewing = None if on else self._state.curating.reviewing
            self._state.curating = replace(self._state.curating, auditing=on, reviewing=reviewing)

    def move_on(self) -> None:
        """Show the next source, or end the audit after the last one."""
        found = self.status()
        if found is None or found.next is None:
            self.turn(False)
            if found is not None:
                self._state.notify(f"All {found.n} sources of the audit are answered. Judge, Audit has the results.")
        elif found.next in self._state.dataset.catalogue:
            self._selection.focus(found.next)


class Audits:
    """Draw audits and label their sources: the part `Session.audits`.

    Parameters
    ----------
    state
        State of the session.
    writer, record
        Writer of the project, and what adds events to the ledger.
    selection
        Selection of the source to show.
    auditor, curator
        Step through the audit, and through the curated test set.
    jobs
        Jobs that draw samples.
    events
        Events of the session; `labels_changed` is reported.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        record: LabelRecord,
        selection: Selection,
        auditor: Auditor,
        curator: Curator,
        jobs: Jobs,
        events: SessionEvents,
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._record, self._selection = state, writer, record, selection
        self._auditor, self._curator, self._jobs, self._events = auditor, curator, jobs, events
        self._access = access

    @reads
    def status(self) -> AuditStatus | None:
        """Return the progress of the newest audit; None if there is none."""
        return self._auditor.status()

    @command
    def draw(self, n: int = 50, every: int | None = None) -> None:
        """Draw a random sample of the sources without an answer, and start to label it.

        The sources are never trained on or queried by a learner from now on. This cannot be undone.

        Parameters
        ----------
        n
            Number of sources.
        every
            Show one of the sources instead of one in so many queries of the learners, at least 2; None shows them
            one after the other. Predictions are hidden for all queries until the last source is answered.

        Raises
        ------
        SessionError
            If `n` or `every` is out of range, there are too few sources, an audit is not finished, or no learner is
            started whose queries the sources can be among.
        """
        self._writer.check_writable()
        state, status = self._state, self._auditor.status()
        if every is not None and not 2 <= every <= MOST_SELDOM:
            raise SessionError(f"Sources of an audit can be one in 2 to {MOST_SELDOM:,} queries, not {every:,}.")
        if every is not None and not any(learner.started for learner in state.config.learners):
            raise SessionError("No learner is started. Start one first, or label the audit in a row.")
        if not 1 <= n <= MOST_AUDITED:
            raise SessionError(f"An audit has 1 to {MOST_AUDITED:,} sources, not {n:,}.")
        if status is not None and status.next is not None:
            raise SessionError(
                f"The last audit is not finished: {status.n_answered} of {status.n} sources are answered."
            )
        config, dataset, ledger = state.config, state.dataset, state.ledger

        def failed(error: Exception) -> None:
            if self._jobs.inline:
                raise error
            state.notify(f"No audit was drawn: {error}", "error")

        def drawn(found: tuple[tuple[str, ...], int]) -> None:
            if state.ledger is not ledger:  # labelled meanwhile: the population has changed
                self.draw(n, every)
                return
            self._take(*found, n, every)

        self._jobs.submit(
            "audit",
            lambda job: audit_sample(config, dataset, ledger, len(ledger), n),
            drawn,
            failed,
            title="Drawing a random sample",
            lane="files",
        )

    @command
    def resume(self) -> None:
        """Continue to label the newest audit.

        Raises
        ------
        SessionError
            If there is none, or all of its sources are answered.
        """
        status = self._auditor.status()
        if status is None or status.next is None:
            raise SessionError("There is no audit to continue. Draw a new one.")
        self._selection.await_query(None)
        self._curator.leave()
        self._auditor.enter()

    @command
    def pause(self) -> None:
        """Return to the active learner; the audit can be continued later."""
        self._auditor.turn(False)
        self._selection.show_query()

    def _take(self, ids: tuple[str, ...], n_population: int, n: int, every: int | None) -> None:
        if len(ids) < n:
            problem = SessionError(f"Only {len(ids):,} sources of the training set have no answer; {n:,} are needed.")
            if self._jobs.inline:
                raise problem
            self._state.notify(str(problem), "error")
            return
        audit = AuditConfig(
            event=len(self._state.ledger),
            n_population=n_population,
            ids=ids,
            every=every,
            who=self._record.who,
            when=now(),
        )
        self._record.add_all(({"kind": "unsure", "id": id, "origin": "audit"} for id in ids), batch=True)
        self._writer.change(audits=(*self._state.config.audits, audit))
        self._writer.save_settings(name="saving an audit")
        self._curator.leave()
        if every is None:
            self._selection.await_query(None)
            self._auditor.enter()
        else:
            self._state.notify(f"The {n:,} sources of the audit are among the queries from now on, one in {every:,}.")
        self._events.labels_changed()
        if every is not None and self._state.focus in ids:
            self._selection.show_query()
