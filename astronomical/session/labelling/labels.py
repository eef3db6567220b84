"""Give labels, one or many, and undo them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from astronomical.config.parsing import mended
from astronomical.config.schema import LabelEvent
from astronomical.labels.annotations import Remark, remark_events
from astronomical.labels.derived import REPEAT
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.errors import SessionError, StaleFocusError, no_class
from astronomical.session.events import SessionEvents
from astronomical.session.labelling.audits import Auditor
from astronomical.session.labelling.blind import is_blind, is_hidden
from astronomical.session.labelling.bulk_labels import BulkPlan, count_sources, plan_bulk
from astronomical.session.labelling.curator import Curator
from astronomical.session.labelling.interleaved import Interleaved
from astronomical.session.labelling.label_context import Answer, answer_of, is_already_recorded, label_context
from astronomical.session.labelling.record import MANY, LabelRecord
from astronomical.session.labelling.reviewer import Reviewer
from astronomical.session.labelling.selection import Selection
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Jobs

__all__ = ["Labels"]


class Labels:
    """Give labels, notes, tags and flags, and undo labels: the part `Session.labels`.

    Parameters
    ----------
    state
        State of the session.
    writer, record
        Writer of the project, and what adds events to the ledger.
    selection
        Selection of the source to show.
    curator, auditor, reviewer, interleaved
        Continue the curated test set, an audit, a review of labels, or a blind repeat, while answers are given to it.
    jobs
        Jobs; without threads, many labels are recorded directly.
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
        curator: Curator,
        auditor: Auditor,
        reviewer: Reviewer,
        interleaved: Interleaved,
        jobs: Jobs,
        events: SessionEvents,
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._record, self._selection = state, writer, record, selection
        self._curator, self._auditor, self._reviewer, self._interleaved = curator, auditor, reviewer, interleaved
        self._jobs, self._events, self._access = jobs, events, access

    @reads
    def label_of(self, id: str) -> str | None:
        """Return the human label of a source, or None."""
        found: str | None = self._state.ledger.human(id)
        return found

    @reads
    def catalogue_label_of(self, id: str) -> str | None:
        """Return the catalogue label of a source, or None if it is unknown."""
        data = self._state.dataset
        code = int(data.codes[data.catalogue.row(id)])
        return data.class_names[code] if code >= 0 else None

    @reads
    def is_hidden(self, id: str) -> bool:
        """Return whether the catalogue label and the predictions of a source are hidden until it is labelled."""
        return is_hidden(self._state, id)

    @property
    def is_blind(self) -> bool:
        """Whether catalogue labels and predictions are hidden until a source is labelled."""
        return is_blind(self._state)

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
        """Label the selected source, or mark it as unsure (None), and continue with the next query.

        The label is on disk when this returns.

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
            Source to select afterwards, unless a test set, an audit or a review decides what is next; by default the
            next query of the learner.

        Returns
        -------
        LabelEvent or None
            The recorded event; None if the label is already recorded, for example after a key was pressed twice.

        Raises
        ------
        StaleFocusError
            If `id` is no longer the selected source.
        SessionError
            If there is no such class, or no source is selected.
        """
        self._writer.check_writable()
        shown = self._state.focus
        if shown is None:
            raise SessionError("No source is selected. Select a source to label.")
        if id is not None and id != shown:
            raise StaleFocusError(f"Not recorded: the label was meant for {id}, but {shown} is now selected.")
        if label is not None and label not in self._state.config.class_names:
            raise no_class(label, self._state.config.class_names)
        answer = answer_of(label, probable)
        if self._state.curating.auditing:
            return self._assign_audited(shown, answer)
        if self._state.curating.on:
            return self._assign_curated(shown, answer)
        if self._reviewer.given_label(shown) is not None:
            return self._assign_reviewed(shown, answer)
        if (draft := self._interleaved.draft(shown, answer)) is not None:
            return self._assign_interleaved(draft)
        name = class_name or self._state.active
        if is_already_recorded(self._state, shown, answer, name):
            return None
        event = self._record.add(
            **answer,
            id=shown,
            **label_context(self._state, shown, label, name),
        )
        if then is not None:
            self._selection.await_query(None)
        elif name is not None and event.class_name == name:
            self._selection.await_query(name)
        self._events.labels_changed()
        if then is not None:
            self._selection.focus(then)
        return event

    @command
    def relabel(self, id: str, label: str, *, class_name: str | None = None) -> LabelEvent | None:
        """Correct the label of a source in the training set of a learner; all learners that use it follow.

        Parameters
        ----------
        id
            The source.
        label
            Name of a class.
        class_name
            Class of the learner whose training set has the source; by default the active one.

        Returns
        -------
        LabelEvent or None
            The recorded event; None if the source already has this label.
        """
        self._selection.focus(id)
        return self.assign(label, id=id, class_name=class_name)

    @reads
    def plan_bulk(self, label: str, ids: Sequence[str] | None = None, train: Sequence[str] = ()) -> BulkPlan:
        """Return what `label_bulk` would do, without recording anything.

        Parameters
        ----------
        label, ids, train
            As for `label_bulk`.
        """
        return plan_bulk(self._state, label, self._state.selection if ids is None else ids, train)

    @command
    def label_bulk(
        self, label: str, ids: Sequence[str] | None = None, train: Sequence[str] = ()
    ) -> tuple[LabelEvent, ...]:
        """Label many sources at once; all labels are on disk when this returns, and one undo reverts all of them.

        Parameters
        ----------
        label
            Name of a class.
        ids
            Ids of the sources; by default the selected ones.
        train
            Classes whose learners are trained on the labels; by default none.

        Returns
        -------
        tuple of LabelEvent
            The recorded events; none for a source that already has this label.

        Raises
        ------
        SessionError
            If there are no sources or more than the limit, or a source, class or learner does not exist.
        """
        self._writer.check_writable()
        return self._label_bulk(self.plan_bulk(label, ids, train))

    @command
    def label_bulk_async(self, label: str, ids: Sequence[str] | None = None, train: Sequence[str] = ()) -> None:
        """Label many sources at once without blocking; a message tells when many labels are on disk. See `label_bulk`.

        Parameters
        ----------
        label, ids, train
            As for `label_bulk`.
        """
        self._label_bulk_async(label, self._state.selection if ids is None else tuple(ids), train)

    @command
    def undo(self) -> LabelEvent | None:
        """Undo the newest label, or a whole batch, and select its source; return None if there is none.

        Returns
        -------
        LabelEvent or None
            The undo event.
        """
        return self._undo_or_redo("undo", self._state.ledger.next_undos())

    @command
    def redo(self) -> LabelEvent | None:
        """Redo the label that was undone last, or a whole batch; return None if there is none.

        Returns
        -------
        LabelEvent or None
            The redo event.
        """
        return self._undo_or_redo("redo", self._state.ledger.next_redos())

    @command
    def remark(
        self, id: str, *, note: str | None = None, tags: Sequence[str] | None = None, flag: bool | None = None
    ) -> None:
        """Change the note, tags or flag of a source; None leaves a value unchanged, an empty value deletes it.

        Changes are on disk when this returns. They are not labels: undo does not affect them, and no learner uses them.

        Parameters
        ----------
        id
            The source.
        note
            Any text.
        tags
            Short words, in any order.
        flag
            Whether the source is flagged.
        """
        self._writer.check_writable()
        if id not in self._state.dataset.catalogue:
            raise SessionError(f"Source {id!r} is not in the catalogue.")
        note, tags = mended(note), None if tags is None else tuple(map(mended, tags))
        for event in remark_events(self._state.ledger.remarks.get(id, Remark()), note, tags, flag):
            self._record.add(id=id, **event)
        self._curator.remarked()

    def _label_bulk(self, plan: BulkPlan) -> tuple[LabelEvent, ...]:
        events = self._record.add_all(plan.drafts(), batch=True)
        self._events.labels_changed()
        return events

    def _label_bulk_async(self, label: str, ids: Sequence[str], train: Sequence[str]) -> None:
        self._writer.check_writable()
        plan = self.plan_bulk(label, ids, train)
        if self._jobs.inline or len(plan.ids) < MANY:
            self._report_bulk(self._label_bulk(plan), label)
            return

        def recorded(events: tuple[LabelEvent, ...]) -> None:
            self._events.labels_changed()
            self._report_bulk(events, label)

        self._record.add_soon(
            plan.drafts,
            batch=True,
            title=f"Labelling {count_sources(len(plan.ids))}",
            then=recorded,
            overtaken=lambda: self._label_bulk_async(label, ids, train),
        )

    def _assign_curated(self, id: str, answer: Answer) -> LabelEvent | None:
        said = self._state.ledger.curated.get(id)
        event = None
        if said is None or said.label != answer.get("label"):
            event = self._record.add(**answer, id=id, origin="curated")
            self._events.labels_changed()
        self._curator.move_on(id)
        return event

    def _shown(self, label: str | None) -> str | None:
        """Return the name under which a class is shown."""
        return None if label is None else self._state.config.shown(label)

    def _assign_audited(self, id: str, answer: Answer) -> LabelEvent | None:
        said, event = self._state.ledger.curated.get(id), None
        if said is None or not said.audit:
            raise SessionError(f"Source {id} is not in the audit. Continue the audit, or activate a learner.")
        if not said.answered or said.label != answer.get("label"):
            event = self._record.add(**answer, id=id, origin="audit")
            self._events.labels_changed()
        self._auditor.move_on()
        return event

    def _assign_reviewed(self, id: str, answer: Answer) -> LabelEvent | None:
        draft, event = self._reviewer.draft(id, answer), None
        if draft is not None:
            event = self._record.add(**draft)
        self._reviewer.move_on()
        if event is not None:
            self._events.labels_changed()
        return event

    def _assign_interleaved(self, draft: Mapping[str, object]) -> LabelEvent:
        event = self._record.add(**draft)
        if event.kind != REPEAT:
            self._events.labels_changed()
        self._interleaved.move_on()
        return event

    def _report_bulk(self, events: Sequence[LabelEvent], label: str) -> None:
        if events:
            n = len({event.id for event in events})
            self._state.notify(f"Labelled {count_sources(n, self._shown(label))}. Undo reverts all of them.", "success")

    def _undo_or_redo(self, kind: Literal["undo", "redo"], events: tuple[LabelEvent, ...]) -> LabelEvent | None:
        self._writer.check_writable()
        if not events:
            return None

        def drafts() -> Iterator[dict[str, Any]]:
            return ({"kind": kind, "target": event.n, "id": event.id} for event in events)

        if not self._jobs.inline and len(events) >= MANY:
            verb = "undone" if kind == "undo" else "redone"
            self._record.add_soon(
                drafts,
                batch=False,
                then=lambda _: self._show_undone(kind, events),
                title=f"{'Undoing' if kind == 'undo' else 'Redoing'} {len(events):,} labels",
                overtaken=lambda: self._state.notify(f"Nothing was {verb}: a label was given meanwhile.", "warning"),
            )
            return events[0]
        self._record.add_all(drafts())
        return self._show_undone(kind, events)

    def _show_undone(self, kind: Literal["undo", "redo"], events: tuple[LabelEvent, ...]) -> LabelEvent:
        """Select the source of an undo or redo."""
        event = events[0]
        if (event.origin == "curated") != self._state.curating.on:
            self._curator.turn(event.origin == "curated")
        in_a_row = self._state.curating.auditing or not self._interleaved.is_own(event)
        self._auditor.turn(event.origin == "audit" and in_a_row)
        self._reviewer.turn(event.class_name if event.verdict is not None else None)
        n_sources = len({event.id for event in events})
        if event.batch is not None and n_sources > 1:  # there is no single source to show
            counted = count_sources(n_sources, self._shown(event.label))
            self._state.notify(f"{'Undid' if kind == 'undo' else 'Redid'} the labels of {counted}.")
            self._events.labels_changed()
            return event
        names = {event.class_name for event in events}
        if self._state.active not in names and self._state.config.learner(event.class_name or "") is not None:
            self._state.active = event.class_name
        self._selection.await_query(None)
        if event.id is not None and event.id in self._state.dataset.catalogue:
            self._interleaved.show_undone(event, undone=kind == "undo" and not self._state.curating.auditing)
            self._selection.focus(event.id)
            if kind == "redo" and event.class_name is not None:
                self._selection.await_query(event.class_name)
        self._events.labels_changed()
        return event
