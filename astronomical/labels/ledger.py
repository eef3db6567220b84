"""The ledger: all events in order, and the labels that they result in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Any, Literal

from astronomical.config.collector import collector_paused
from astronomical.config.schema import LabelEvent, Origin, Verdict
from astronomical.labels.annotations import Remark
from astronomical.labels.derived import ClassView, Curated, HistoryRow, Member, history_row, is_by_user
from astronomical.labels.event_rules import count_undone, refuse_nonsense
from astronomical.labels.event_sequences import NumberedEvents, Ordered, PendingEvents, PendingUndone
from astronomical.labels.hash_chain import (
    FIRST_CHECK,
    ChainError,
    LedgerError,
    check_of,
    round_score,
    verify_event,
)
from astronomical.labels.index import LedgerIndex, SourceEvents, Tab, newest_catalogue_label, newest_label
from astronomical.labels.sorted_sequence import SortedSequence

__all__ = ["FIRST_CHECK", "ChainError", "ClassView", "Curated", "HistoryRow", "Kind", "Ledger", "LedgerError", "Member"]

Kind = Literal["label", "unsure", "undo", "redo", "note", "tag", "flag", "repeat"]


class Ledger:
    """An immutable snapshot of the ledger.

    Create snapshots with `Ledger.empty`, `Ledger.replay` and `Ledger.append`, which maintain the hash chain; two
    snapshots are equal if their chains are. A snapshot shares data with the one that it was made from. Sequences that
    cover all events in order of `n` are built on first access, which takes time for many events; the event loop does
    not access them.

    Parameters
    ----------
    index
        Everything derived from the events.
    """

    def __init__(self, index: LedgerIndex | None = None) -> None:
        self.index = index or LedgerIndex()
        #: Values derived from an earlier snapshot, by name; they can be updated instead of derived from the start.
        self._derived: dict[str, tuple[int, Any]] = {}

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
            If an event is not valid at its place.
        """
        recorded: list[LabelEvent] = []
        undone: set[int] = set()
        previous = FIRST_CHECK
        with collector_paused():
            for n, event in enumerate(events, start=1):
                verify_event(event, n, previous)
                refuse_nonsense(event, recorded, undone)
                count_undone(event, undone)
                recorded.append(event)
                previous = event.check
            return cls(LedgerIndex().with_events(recorded))

    def append(
        self,
        *,
        kind: Kind,
        id: str | None = None,
        label: str | None = None,
        class_name: str | None = None,
        round: int | None = None,
        origin: Origin | None = None,
        score: float | None = None,
        who: str = "",
        when: str = "",
        target: int | None = None,
        verdict: Verdict | None = None,
        probable: Literal[True] | None = None,
    ) -> tuple[Ledger, LabelEvent]:
        """Return the ledger with one more event, and that event.

        Parameters
        ----------
        kind
            "label" or "unsure" for a source; "undo" or "redo" for an earlier event.
        id, label
            Id of the source, and name of its class.
        class_name
            Class of the learner for which it was given; None without a learner.
        round, origin, score
            Round that queried the source, how the source was chosen, and its score in that round.
        who, when
            Annotator and time; "catalogue" is the annotator of catalogue labels.
        target
            For undo and redo, the number of the event to undo or redo.
        verdict
            For a review, what it says about the label that the source had before.
        probable
            True for a label of which the annotator is less certain.

        Raises
        ------
        LedgerError
            If the event is not valid, such as an undo of an undone event.
        """
        ledger, (event,) = self.extend(
            [
                {
                    "kind": kind,
                    "id": id,
                    "label": label,
                    "class_name": class_name,
                    "round": round,
                    "origin": origin,
                    "score": score,
                    "who": who,
                    "when": when,
                    "target": target,
                    "verdict": verdict,
                    "probable": probable,
                }
            ]
        )
        return ledger, event

    def extend(
        self, drafts: Iterable[Mapping[str, Any]], *, batch: bool = False
    ) -> tuple[Ledger, tuple[LabelEvent, ...]]:
        """Return the ledger with more events, and those events; adding many costs little more than adding one.

        Parameters
        ----------
        drafts
            Arguments of `append` for each event.
        batch
            Whether they are labels to be undone together.

        Raises
        ------
        LedgerError
            If an event is not valid; none is added then.
        """
        before, undone, previous = PendingEvents(self.events), PendingUndone(self.index.undone), self.last_check
        first = len(before) + 1
        for fields in drafts:
            score = fields.get("score")
            rounded = None if score is None else round_score(score)
            draft = LabelEvent(
                **{
                    **fields,
                    "n": len(before) + 1,
                    "score": rounded,
                    "batch": first if batch else None,
                    "check": FIRST_CHECK,
                }
            )
            refuse_nonsense(draft, before, undone)
            event = draft.model_copy(update={"check": check_of(draft, previous)})
            count_undone(event, undone)
            before.new.append(event)
            previous = event.check
        made = tuple(before.new)
        ledger = Ledger(self.index.with_events(made)) if made else self
        ledger._derived = dict(self._derived)
        return ledger, made

    def derived(self, name: str) -> tuple[Any, tuple[str, ...]]:
        """Return the value last derived under a name, and the sources with newer events.

        Returns
        -------
        value
            Value given to `keep_derived` of this snapshot or of one that it was made from; None if there is none.
        changed
            Ids of the sources that may have changed since.
        """
        n, value = self._derived.get(name, (0, None))
        if value is None:
            return None, ()
        changed = dict.fromkeys(self._source_of(event) for event in self.events.from_index(n))
        return value, tuple(id for id in changed if id is not None)

    def keep_derived(self, name: str, value: Any) -> None:
        """Store a value derived from this snapshot, for it and the snapshots made from it."""
        self._derived[name] = (len(self), value)

    def detached(self) -> Ledger:
        """Return the same ledger without derived values, so that a thread can derive others for `adopt_derived`."""
        return Ledger(self.index)

    def adopt_derived(self, other: Ledger) -> None:
        """Use the values derived from an earlier snapshot; other ledgers are ignored."""
        n = len(other)
        if n == 0 or (n <= len(self) and self.events[n - 1].check == other.last_check):
            self._derived.update(other._derived)

    def _source_of(self, event: LabelEvent) -> str | None:
        return event.id if event.target is None else self.events[event.target - 1].id

    @property
    def events(self) -> SortedSequence[LabelEvent]:
        """All events, number 1 first."""
        return self.index.events

    @cached_property
    def undone(self) -> frozenset[int]:
        """Numbers of undone events."""
        return frozenset(self.index.undone)

    @property
    def last_check(self) -> str:
        """The check of the newest event, which identifies the whole ledger."""
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
        """Label and unsure events in effect, in order of `n`."""
        return tuple(event for event in self.index.answers if event.n not in self.index.undone)

    @property
    def human_labels(self) -> Mapping[str, str]:
        """Human label of each source, without curated labels."""
        return self.index.human

    @property
    def n_labelled(self) -> int:
        """Number of sources with a label in effect, from an annotator or the catalogue."""
        return len(self.index.labelled)

    def n_uses(self, label: str) -> int:
        """Return how many labels of a class were given, including undone ones."""
        return int(self.index.uses.get(label, 0))

    @cached_property
    def curated(self) -> Ordered[Curated]:
        """Labels of the sources that are reserved for testing, in the order in which they were reserved."""
        return Ordered(self.index.curated, self.index.curated_order)

    @cached_property
    def curated_labels(self) -> Mapping[str, str]:
        """Curated label of each source, without unsure ones."""
        return {id: item.label for id, item in self.curated.items() if item.label is not None and not item.audit}

    @property
    def remarks(self) -> Ordered[Remark]:
        """Annotation of each source that has one, in the order of the first annotations."""
        return Ordered(self.index.remarks, self.index.remark_order)

    def about(self, id: str) -> SourceEvents:
        """Return all events about a source."""
        return self.index.sources.get(id, _NO_EVENTS)

    def human(self, id: str) -> str | None:
        """Return the human label of a source, or None if it has none."""
        return self.index.human.get(id)

    def is_probable(self, id: str) -> bool:
        """Return whether the annotator was less certain of the human label of a source."""
        label = newest_label(event for event in self.about(id).answers if event.n not in self.index.undone)
        return label is not None and label.probable is not None

    def label_of(self, id: str) -> str | None:
        """Return the label that learners train on: the human label, or else the catalogue label in the ledger."""
        label = self.index.human.get(id)
        if label is not None:
            return label
        event = newest_catalogue_label(e for e in self.about(id).answers if e.n not in self.index.undone)
        return None if event is None else event.label

    def tab(self, class_name: str) -> Tab:
        """Return the sources of a learner by id; unlike `membership` it is fast for many sources."""
        return self.index.tabs.get(class_name, _NO_TAB)

    def membership(self, class_name: str) -> ClassView:
        """Return the sources of a learner in order: those in its training set, and unsure ones."""
        view = self._memberships.get(class_name)
        if view is None:
            tab = self.tab(class_name)
            view = ClassView(
                class_name,
                tuple(sorted(tab.members.values(), key=lambda member: member.n)),
                tuple(sorted(tab.unsure.items(), key=lambda entry: entry[1])),
            )
            self._memberships[class_name] = view
        return view

    @property
    def labelled_ids(self) -> Iterable[str]:
        """Sources with a label in effect, from an annotator or the catalogue, in no particular order."""
        return self.index.labelled

    def verdicts(self, class_name: str) -> Mapping[str, Verdict]:
        """Return the newest verdict of each source whose label was reviewed for a learner."""
        return self.index.verdicts.get(class_name, {})

    def verdict_about(self, id: str) -> Verdict | None:
        """Return what a review says about the label of a source; None if its newest answer is no review."""
        mine = (event for event in reversed(self.about(id).answers) if is_by_user(event))
        newest = next((event for event in mine if event.n not in self.index.undone), None)
        return None if newest is None else newest.verdict

    @property
    def n_answers(self) -> int:
        """Number of label and unsure events, including undone ones."""
        return len(self.index.answers)

    @property
    def n_undone(self) -> int:
        """Number of undone label and unsure events."""
        return len(self.index.undone)

    @property
    def given(self) -> Sequence[LabelEvent]:
        """Human labels in effect, in order of `n`, as a lazy sequence."""
        return NumberedEvents(self.index.events, self.index.given)

    def next_undo(self) -> LabelEvent | None:
        """Return the event that an undo would undo: the annotator's newest in effect."""
        return self.events[self.index.own[-1] - 1] if self.index.own else None

    def next_undos(self) -> tuple[LabelEvent, ...]:
        """Return all events that an undo would undo, newest first: one, or a batch."""
        newest = self.next_undo()
        if newest is None or newest.batch is None:
            return () if newest is None else (newest,)
        # The events of a batch have consecutive numbers.
        together = reversed(self.events[newest.batch - 1 : newest.n])
        return tuple(event for event in together if event.n not in self.index.undone)

    def next_redo(self) -> LabelEvent | None:
        """Return the event that a redo would redo; None after another label was given."""
        return next(self._redoable(), None)

    def next_redos(self) -> tuple[LabelEvent, ...]:
        """Return all events that a redo would redo, oldest first: one, or a batch."""
        newest = self.next_redo()
        if newest is None or newest.batch is None:
            return () if newest is None else (newest,)
        return tuple(takewhile(lambda event: event.batch == newest.batch, self._redoable()))

    def _redoable(self) -> Iterator[LabelEvent]:
        """Iterate over the events that can be redone, the next one first."""
        rest = self.index.redo
        while rest is not None:
            yield self.events[rest[0] - 1]
            rest = rest[1]

    @cached_property
    def history(self) -> tuple[HistoryRow, ...]:
        """All label and unsure events, including undone ones, newest first."""
        return self.history_rows(0, len(self.index.answers))

    def history_rows(self, start: int, count: int) -> tuple[HistoryRow, ...]:
        """Return `count` label and unsure events, newest first, starting at `start`; 0 is the newest."""
        end = max(len(self.index.answers) - start, 0)
        rows = self.index.answers[max(end - count, 0) : end]
        return tuple(history_row(event, undone=event.n in self.index.undone) for event in reversed(rows))

    def history_of(self, id: str) -> tuple[HistoryRow, ...]:
        """Return all label and unsure events of a source, including undone ones, newest first."""
        return tuple(
            history_row(event, undone=event.n in self.index.undone) for event in reversed(self.about(id).answers)
        )

    @cached_property
    def _memberships(self) -> dict[str, ClassView]:
        return {}


_NO_EVENTS, _NO_TAB = SourceEvents(), Tab()
