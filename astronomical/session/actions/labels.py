"""Labels: giving them, one or many, and taking them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from astronomical.config.schema import LabelEvent
from astronomical.labels.remarks import Remark, remark_events
from astronomical.session.actions.core import SessionCore
from astronomical.session.answers import context_of, says_so_already
from astronomical.session.bulk import BulkPlan, count_sources, plan_bulk
from astronomical.session.errors import SessionError, StaleFocusError

#: So many labels at once are made ready in a thread.
_MANY = 500


class LabelActions(SessionCore):
    """Give labels and remarks, and take labels back."""

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
        """Give a source another label, in the tab where it was labelled; every learner that has it follows.

        Parameters
        ----------
        id
            The source.
        label
            Name of a class.
        class_name
            The learner in whose tab it was labelled; by default the active one.

        Returns
        -------
        LabelEvent or None
            What was recorded; None if the source has this label already.
        """
        self.focus(id)
        return self.assign(label, id=id, class_name=class_name)

    def plan_bulk(self, label: str, ids: Sequence[str] | None = None, train: Sequence[str] = ()) -> BulkPlan:
        """Return what `label_bulk` would do; nothing is recorded.

        Parameters
        ----------
        label, ids, train
            As for `label_bulk`.
        """
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

    def label_bulk_soon(self, label: str, ids: Sequence[str] | None = None, train: Sequence[str] = ()) -> None:
        """As `label_bulk`; of many sources the labels are on disk only when a message says so, and nobody waits for it.

        Parameters
        ----------
        label, ids, train
            As for `label_bulk`.
        """
        self._check_writable()
        ids = self.state.selection if ids is None else tuple(ids)
        plan = self.plan_bulk(label, ids, train)
        if self._jobs.inline or len(plan.ids) < _MANY:
            self._tell_bulk(self.label_bulk(label, ids, train), label)
            return

        def recorded(events: tuple[LabelEvent, ...]) -> None:
            self._teacher.refresh()
            self._tell_bulk(events, label)

        self._record_soon(plan.drafts, batch=True, title=f"Labelling {count_sources(len(plan.ids))}",
                          then=recorded, overtaken=lambda: self.label_bulk_soon(label, ids, train))

    def undo(self) -> LabelEvent | None:
        """Take back the newest label, or all that were given at once, and show its source; None if there is none.

        Returns
        -------
        LabelEvent or None
            The event that took it back.
        """
        return self._step_back("undo", self.ledger.next_undos())

    def redo(self) -> LabelEvent | None:
        """Bring back the label that was taken back last, or all that were taken back at once; None if there is none.

        Returns
        -------
        LabelEvent or None
            The event that brought it back.
        """
        return self._step_back("redo", self.ledger.next_redos())

    def remark(self, id: str, *, note: str | None = None, tags: Sequence[str] | None = None,
               flag: bool | None = None) -> None:
        """Change the note, the tags or the flag of a source; None leaves as it is, empty takes away.

        Remarks are on disk when this returns. They are no labels: undo does not touch them, and no learner sees them.

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
        self._check_writable()
        if id not in self.dataset.catalogue:
            raise SessionError(f"There is no source {id!r} in the catalogue.")
        for event in remark_events(self.ledger.remarks.get(id, Remark()), note, tags, flag):
            self._record(id=id, **event)
        self._curator.remarked()

    def _assign_curated(self, id: str, label: str | None) -> LabelEvent | None:
        said = self.ledger.curated.get(id)
        event = None
        if said is None or said.label != label:
            event = self._record(kind="unsure" if label is None else "label", id=id, label=label, origin="curated")
            self._teacher.refresh()
        self._curator.move_on(id)
        return event

    def _tell_bulk(self, events: Sequence[LabelEvent], label: str) -> None:
        if events:
            n = len({event.id for event in events})
            self.notify(f"Labelled {count_sources(n, label)}. One undo takes all of it back.", "success")

    def _step_back(self, kind: Literal["undo", "redo"], events: tuple[LabelEvent, ...]) -> LabelEvent | None:
        self._check_writable()
        if not events:
            return None

        def drafts() -> Iterator[dict[str, Any]]:
            return ({"kind": kind, "target": event.n, "id": event.id} for event in events)

        if not self._jobs.inline and len(events) >= _MANY:
            verb = "taken back" if kind == "undo" else "brought back"
            self._record_soon(
                drafts, batch=False, then=lambda _: self._stepped_back(kind, events),
                title=f"{'Taking back' if kind == 'undo' else 'Bringing back'} {len(events):,} labels",
                overtaken=lambda: self.notify(f"Nothing was {verb}: a label was given in between.", "warning"))
            return events[0]
        self._record_all(drafts())
        return self._stepped_back(kind, events)

    def _stepped_back(self, kind: Literal["undo", "redo"], events: tuple[LabelEvent, ...]) -> LabelEvent:
        """Show what was taken back or brought back."""
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
