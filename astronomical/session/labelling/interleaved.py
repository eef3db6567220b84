"""Sources that are queried now and then instead of the next query of a learner: blind repeats, and those of audits."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Protocol

from astronomical.config.schema import AuditConfig, LabelEvent
from astronomical.labels.annotators import newest_answers
from astronomical.session.labelling.label_context import Answer
from astronomical.session.labelling.selection import Selection
from astronomical.session.state import SessionState

__all__ = ["Interleaved", "InterleavedAudit", "interleaved_audit"]


class _Kind(Protocol):
    """A kind of sources that are queried now and then."""

    def is_queried(self, id: str) -> bool:
        """Return whether a source is now queried."""

    def due(self) -> str | None:
        """Return the source to query now; None if there is none."""

    def turn(self, id: str | None) -> None:
        """Start or end the query of a source, without showing another one."""

    def draft(self, id: str, answer: Answer) -> dict[str, object]:
        """Return the event for an answer."""

    def is_own(self, event: LabelEvent) -> bool:
        """Return whether an event is an answer to such a query."""


class Interleaved:
    """Query sources of some kinds now and then, instead of the next query of a learner.

    Parameters
    ----------
    state
        State of the session.
    selection
        Selection of the source to show.
    kinds
        The kinds of sources; the first one that has a source to query goes first.
    """

    def __init__(self, state: SessionState, selection: Selection, kinds: tuple[_Kind, ...]) -> None:
        self._state, self._selection, self._kinds = state, selection, kinds

    def due(self) -> str | None:
        """Return the source to query now instead of the next query, and remember it; None if there is none."""
        curating = self._state.curating
        if curating.on or curating.auditing or curating.reviewing is not None:
            return None
        for kind in self._kinds:
            if (id := kind.due()) is not None:
                kind.turn(id)
                return id
        return None

    def draft(self, id: str, answer: Answer) -> dict[str, object] | None:
        """Return the event for an answer to a source that is queried now; None for other sources."""
        return next((kind.draft(id, answer) for kind in self._kinds if kind.is_queried(id)), None)

    def move_on(self) -> None:
        """Show the query of the learner."""
        for kind in self._kinds:
            kind.turn(None)
        self._selection.show_query()

    def is_own(self, event: LabelEvent) -> bool:
        """Return whether an event is an answer to such a query."""
        return any(kind.is_own(event) for kind in self._kinds)

    def show_undone(self, event: LabelEvent, *, undone: bool) -> None:
        """Query a source again whose answer was undone; end the query if it was redone."""
        for kind in self._kinds:
            kind.turn(event.id if undone and kind.is_own(event) else None)


class InterleavedAudit:
    """Query the sources of the newest audit among the queries of the learners.

    Parameters
    ----------
    state
        State of the session; `curating` is written.
    who
        Name of the annotator.
    """

    def __init__(self, state: SessionState, who: str) -> None:
        self._state, self._who = state, who

    def is_queried(self, id: str) -> bool:
        """Return whether a source of the audit is now queried."""
        return bool(self._state.curating.audited == id)

    def due(self) -> str | None:
        """Return the next source of the audit, if enough other queries were answered since the last one."""
        audit = interleaved_audit(self._state)
        if audit is None or audit.every is None:
            return None
        newest = [event.origin for _, event in islice(newest_answers(self._state.ledger, self._who), audit.every - 1)]
        if len(newest) < audit.every - 1 or "audit" in newest:
            return None
        return next((id for id in audit.ids if self._is_open(id) and id in self._state.dataset.catalogue), None)

    def turn(self, id: str | None) -> None:
        """Start or end the query of a source, without showing another one."""
        if id != self._state.curating.audited:
            self._state.curating = replace(self._state.curating, audited=id)

    def draft(self, id: str, answer: Answer) -> dict[str, object]:
        """Return the event for an answer."""
        return {**answer, "id": id, "origin": "audit"}

    def is_own(self, event: LabelEvent) -> bool:
        """Return whether an event is an answer to a source of the audit."""
        audits = self._state.config.audits
        return bool(event.origin == "audit" and audits and audits[-1].every is not None and event.id in audits[-1].ids)

    def _is_open(self, id: str) -> bool:
        reserved = self._state.ledger.curated.get(id)
        return reserved is not None and not reserved.answered


def interleaved_audit(state: SessionState) -> AuditConfig | None:
    """Return the newest audit if its sources are queried among those of the learners, and some are not answered yet."""
    audit = next(iter(state.config.audits[-1:]), None)
    if audit is None or audit.every is None:
        return None
    curated = state.ledger.curated
    # The last sources are answered last, so that the first look finds an open one as long as there are any.
    is_open = any((item := curated.get(id)) is not None and not item.answered for id in reversed(audit.ids))
    return audit if is_open else None
