"""The ledger: every answer ever given, in order, and what the answers amount to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from types import MappingProxyType
from typing import Any, Literal

from astronomical.config.schema import LabelEvent, Origin
from astronomical.labels import views
from astronomical.labels.chain import (
    FIRST_CHECK,
    ChainError,
    LedgerError,
    check_of,
    round_score,
    verify_event,
)
from astronomical.labels.remarks import REMARK_KINDS, Remark, remarks_of
from astronomical.labels.views import LABEL_KINDS, ClassView, Curated, HistoryRow, Member

__all__ = ["FIRST_CHECK", "ChainError", "ClassView", "Curated", "HistoryRow", "Kind", "Ledger", "LedgerError",
           "Member"]

Kind = Literal["label", "unsure", "undo", "redo", "note", "tag", "flag"]


@dataclass(frozen=True, eq=False)
class Ledger:
    """An immutable snapshot of the ledger.

    Snapshots come from `Ledger.empty`, `Ledger.replay` and `Ledger.append`, which keep the chain of
    checks; two snapshots are equal when their chains are. Derived views are computed when first asked for.

    Parameters
    ----------
    events
        All events, number 1 first.
    undone
        Numbers of the events that are undone.
    """

    events: tuple[LabelEvent, ...] = ()
    undone: frozenset[int] = frozenset()

    @classmethod
    def empty(cls) -> Ledger:
        """Return a ledger without events."""
        return cls()

    @classmethod
    def replay(cls, events: Iterable[LabelEvent]) -> Ledger:
        """Return the ledger of recorded events.

        Raises
        ------
        ChainError
            If an event was changed, removed or moved after it was recorded.
        LedgerError
            If an event makes no sense where it stands.
        """
        recorded: list[LabelEvent] = []
        undone: set[int] = set()
        previous = FIRST_CHECK
        for n, event in enumerate(events, start=1):
            verify_event(event, n, previous)
            _refuse_nonsense(event, recorded, undone)
            _count_undone(event, undone)
            recorded.append(event)
            previous = event.check
        return cls(tuple(recorded), frozenset(undone))

    def append(self, *, kind: Kind, id: str | None = None, label: str | None = None,
               class_name: str | None = None, round: int | None = None,
               origin: Origin | None = None, score: float | None = None, who: str = "", when: str = "",
               target: int | None = None) -> tuple[Ledger, LabelEvent]:
        """Return the ledger with one more event, and that event.

        Parameters
        ----------
        kind
            "label" and "unsure" answer for a source; "undo" and "redo" take back and bring back an answer.
        id, label
            The source, and the name of its class.
        class_name
            The tab in which it was given, None outside of any.
        round, origin, score
            The round that asked, how the source was put forward, and its score there.
        who, when
            Author and time; "catalogue" is the author of catalogue labels.
        target
            For undo and redo: the number of the event taken back or brought back.

        Raises
        ------
        LedgerError
            If the event makes no sense, such as undoing what is already undone.
        """
        ledger, (event,) = self.extend([{
            "kind": kind, "id": id, "label": label, "class_name": class_name, "round": round, "origin": origin,
            "score": score, "who": who, "when": when, "target": target}])
        return ledger, event

    def extend(self, drafts: Iterable[Mapping[str, Any]], *, batch: bool = False
               ) -> tuple[Ledger, tuple[LabelEvent, ...]]:
        """Return the ledger with more events, and those events; many are added at the cost of one.

        Parameters
        ----------
        drafts
            What `append` takes, for each event.
        batch
            Whether they are answers that are to be taken back together.

        Raises
        ------
        LedgerError
            If an event makes no sense; none is added then.
        """
        events, undone, previous = list(self.events), set(self.undone), self.last_check
        first = len(events) + 1
        for fields in drafts:
            score = fields.get("score")
            rounded = None if score is None else round_score(score)
            draft = LabelEvent(**{**fields, "n": len(events) + 1, "score": rounded,
                                  "batch": first if batch else None, "check": FIRST_CHECK})
            _refuse_nonsense(draft, events, undone)
            event = draft.model_copy(update={"check": check_of(draft, previous)})
            _count_undone(event, undone)
            events.append(event)
            previous = event.check
        return Ledger(tuple(events), frozenset(undone)), tuple(events[first - 1:])

    @property
    def last_check(self) -> str:
        """The check of the newest event; it stands for the whole ledger."""
        return self.events[-1].check if self.events else FIRST_CHECK

    def __len__(self) -> int:
        return len(self.events)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ledger):
            return NotImplemented
        return (len(self), self.last_check) == (len(other), other.last_check)

    def __hash__(self) -> int:
        return hash((len(self.events), self.last_check))

    def __repr__(self) -> str:
        return f"<Ledger of {len(self.events)} events, {self.last_check}>"

    @cached_property
    def effective(self) -> tuple[LabelEvent, ...]:
        """Answers (label and unsure events) that are not undone, in order of `n`."""
        return tuple(e for e in self.events if e.kind in LABEL_KINDS and e.n not in self.undone)

    @cached_property
    def human_labels(self) -> Mapping[str, str]:
        """The newest label that a user gave each source, whichever tab; curated ones are kept apart."""
        return _labels(self._human_events)

    @cached_property
    def curated(self) -> Mapping[str, Curated]:
        """What was said of each source while curating a test set, in the order in which they were curated."""
        return MappingProxyType(views.curated_view(self.effective))

    @cached_property
    def curated_labels(self) -> Mapping[str, str]:
        """The curated label of each source; those that were left unsure have none."""
        return MappingProxyType({id_: item.label for id_, item in self.curated.items() if item.label is not None})

    @cached_property
    def remarks(self) -> Mapping[str, Remark]:
        """Note, tags and flag of each source that has any."""
        return MappingProxyType(remarks_of(self.remark_events))

    @cached_property
    def remark_events(self) -> tuple[LabelEvent, ...]:
        """All that was ever noted, tagged and flagged, in order of `n`."""
        return tuple(event for event in self.events if event.kind in REMARK_KINDS)

    def human(self, id: str) -> str | None:
        """Return the human label of a source, or None if it has none."""
        return self.human_labels.get(id)

    def label_of(self, id: str) -> str | None:
        """Return the label on which learners train: the human label, else the catalogue's in the ledger."""
        event = self._in_force.get(id)
        return None if event is None else event.label

    def membership(self, class_name: str) -> ClassView:
        """Return the sources of a tab: members, on which its learner trains, and Unsure."""
        view = self._memberships.get(class_name)
        if view is None:
            view = views.class_view(class_name, self._by_class.get(class_name, ()), self._human_events.keys(),
                                    self._in_force)
            self._memberships[class_name] = view
        return view

    def prepare(self, class_names: Iterable[str]) -> None:
        """Derive now, in any thread, what these tabs will ask for: with thousands of events it takes a while."""
        for name in class_names:
            self.membership(name)
        _ = self.human_labels, self.curated_labels, self.history, self.remarks, self._redo_stack

    def next_undo(self) -> LabelEvent | None:
        """Return the answer that an undo takes back: the user's newest in effect."""
        return next((event for event in reversed(self.effective) if views.is_by_user(event)), None)

    def next_undos(self) -> tuple[LabelEvent, ...]:
        """Return all answers that an undo takes back, newest first: one, or those that were given together."""
        newest = self.next_undo()
        if newest is None or newest.batch is None:
            return () if newest is None else (newest,)
        # Answers given together stand side by side, and nothing else stands between them.
        together = (event for event in self.events[newest.n - 1:newest.batch - 2 if newest.batch > 1 else None:-1])
        return tuple(event for event in together if event.n not in self.undone)

    def next_redo(self) -> LabelEvent | None:
        """Return the answer that a redo brings back; there is none once the user has answered anew."""
        stack = self._redo_stack
        return self.events[stack[-1] - 1] if stack else None

    def next_redos(self) -> tuple[LabelEvent, ...]:
        """Return all answers that a redo brings back, oldest first: one, or those that were taken back together."""
        newest = self.next_redo()
        if newest is None or newest.batch is None:
            return () if newest is None else (newest,)
        undone = (self.events[n - 1] for n in reversed(self._redo_stack))
        return tuple(takewhile(lambda event: event.batch == newest.batch, undone))

    @cached_property
    def history(self) -> tuple[HistoryRow, ...]:
        """All answers, undone ones too, newest first."""
        return views.history_rows(self.events, self.undone)

    @cached_property
    def _human_events(self) -> dict[str, LabelEvent]:
        return views.newest_labels(self.effective)

    @cached_property
    def _in_force(self) -> dict[str, LabelEvent]:
        return views.labels_in_force(self.effective, self._human_events)

    @cached_property
    def _by_class(self) -> dict[str, list[LabelEvent]]:
        by_class: dict[str, list[LabelEvent]] = {}
        for event in self.effective:
            if event.class_name is not None:
                by_class.setdefault(event.class_name, []).append(event)
        return by_class

    @cached_property
    def _memberships(self) -> dict[str, ClassView]:
        return {}

    @cached_property
    def _redo_stack(self) -> list[int]:
        return views.redo_stack(self.events)


def _labels(events: Mapping[str, LabelEvent]) -> Mapping[str, str]:
    return MappingProxyType({id_: event.label for id_, event in events.items() if event.label is not None})


def _count_undone(event: LabelEvent, undone: set[int]) -> None:
    """Bring the set of undone numbers up to date with an event."""
    if event.target is None:
        return
    if event.kind == "undo":
        undone.add(event.target)
    elif event.kind == "redo":
        undone.discard(event.target)


def _refuse_nonsense(event: LabelEvent, before: tuple[LabelEvent, ...] | list[LabelEvent],
                     undone: set[int] | frozenset[int]) -> None:
    """Raise `LedgerError` if an event cannot follow the events before it."""
    if event.kind in ("undo", "redo"):
        _refuse_target(event, before, undone)
    elif event.target is not None:
        raise LedgerError(f"Event {event.n} ({event.kind}) has a target; only undo and redo have one.")
    if event.batch is not None:
        _refuse_batch(event, before)
    if event.kind in LABEL_KINDS | REMARK_KINDS and not event.id:
        raise LedgerError(f"Event {event.n} ({event.kind}) names no source; give its id.")
    if event.kind == "label" and not event.label:
        raise LedgerError(f"Event {event.n} labels source {event.id} with nothing; give the name of a class, "
                          "or record it as unsure.")
    if event.kind == "unsure" and event.label is not None:
        raise LedgerError(f"Event {event.n} is unsure about source {event.id}, yet labels it "
                          f"{event.label!r}; give one or the other.")


def _refuse_batch(event: LabelEvent, before: tuple[LabelEvent, ...] | list[LabelEvent]) -> None:
    """Raise `LedgerError` unless an event begins a batch, or follows the others of its batch."""
    if event.kind not in LABEL_KINDS:
        raise LedgerError(f"Event {event.n} ({event.kind}) has a batch; only answers have one.")
    if event.batch != event.n and (not before or before[-1].batch != event.batch):
        raise LedgerError(f"Event {event.n} says that it was given together with event {event.batch}, but other events "
                          "stand between them.")


def _refuse_target(event: LabelEvent, before: tuple[LabelEvent, ...] | list[LabelEvent],
                   undone: set[int] | frozenset[int]) -> None:
    target = event.target
    if target is None or not 1 <= target <= len(before) or before[target - 1].kind not in LABEL_KINDS:
        raise LedgerError(f"Event {event.n} cannot {event.kind} event {target}: it is not an answer given "
                          "before. Give the number of a label or unsure event.")
    if (target in undone) != (event.kind == "redo"):
        state = "is already undone" if event.kind == "undo" else "is not undone"
        raise LedgerError(f"Event {event.n} cannot {event.kind} event {target}: it {state}.")
