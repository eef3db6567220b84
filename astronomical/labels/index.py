"""An index of the events of a ledger, updated incrementally for each new event.

Everything derived for a source depends on the events of that source alone. A new event therefore changes the data of
one source; the new index shares everything else with the previous one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter, index, itemgetter
from typing import Any, NamedTuple

from immutables import Map

from astronomical.config.schema import LabelEvent, Verdict
from astronomical.labels.annotations import REMARK_KINDS, Remark, remarks_of
from astronomical.labels.derived import (
    CATALOGUE,
    LABEL_KINDS,
    REPEAT,
    RESERVED,
    Curated,
    Member,
    class_view,
    curated_view,
    is_answer,
    is_by_user,
)
from astronomical.labels.sorted_sequence import SortedSequence

#: From this number on, undone events are removed in one pass.
_BULK_SIZE = 500

__all__ = ["LedgerIndex", "SourceEvents", "Tab"]


@dataclass(frozen=True)
class Tab:
    """The sources of one learner by id: those in its training set, and those that are unsure for it.

    Parameters
    ----------
    members
        Sources in the training set.
    unsure
        Sources marked as unsure, with the number of the event.
    n_catalogue
        Number of members with a label from the catalogue.
    """

    members: Map[str, Member] = field(default_factory=Map)
    unsure: Map[str, int] = field(default_factory=Map)
    n_catalogue: int = 0


class SourceEvents(NamedTuple):
    """All events of one source: labels and annotations, each in order of `n`."""

    answers: tuple[LabelEvent, ...] = ()
    remarks: tuple[LabelEvent, ...] = ()


# Called for each event: these of the standard library are quicker than functions of our own.
_number: Callable[[LabelEvent], int] = attrgetter("n")
_own: Callable[[int], int] = index
_first: Callable[[tuple[int, str]], int] = itemgetter(0)


def _no_events() -> SortedSequence[LabelEvent]:
    return SortedSequence(_number)


def _no_numbers() -> SortedSequence[int]:
    return SortedSequence(_own)


def _no_order() -> SortedSequence[tuple[int, str]]:
    return SortedSequence(_first)


@dataclass(frozen=True, eq=False, repr=False)
class LedgerIndex:
    """Everything derived from the events up to one of them.

    Parameters
    ----------
    events, answers
        All events, and those that label a source or mark it as unsure.
    undone
        Numbers of undone events.
    sources
        The events of each source.
    human
        Human label of each source, without curated labels.
    labelled
        Sources with a label in effect, from an annotator or the catalogue.
    uses
        Number of labels given of each class, including undone ones.
    own, given, repeats
        Numbers of the annotators' answers in effect, of the labels among them, and of answers to blind repeats.
    tabs
        Sources of each learner.
    curated, curated_order
        Curated label of each source, and the sources in the order in which they were curated.
    n_curated_labels
        Number of curated sources with a label.
    remarks, remark_order
        Annotation of each source that has one, and the sources in the order of their first annotation.
    tags
        Number of sources with each tag.
    n_flagged
        Number of flagged sources.
    verdicts
        Newest verdict of each source whose label was reviewed, by class.
    redo
        Numbers of the undone events that can be redone, as linked pairs: the next one, and the others.
    """

    events: SortedSequence[LabelEvent] = field(default_factory=_no_events)
    answers: SortedSequence[LabelEvent] = field(default_factory=_no_events)
    undone: Map[int, None] = field(default_factory=Map)
    sources: Map[str, SourceEvents] = field(default_factory=Map)
    human: Map[str, str] = field(default_factory=Map)
    labelled: Map[str, None] = field(default_factory=Map)
    uses: Map[str, int] = field(default_factory=Map)
    own: SortedSequence[int] = field(default_factory=_no_numbers)
    given: SortedSequence[int] = field(default_factory=_no_numbers)
    repeats: SortedSequence[int] = field(default_factory=_no_numbers)
    tabs: Map[str, Tab] = field(default_factory=Map)
    curated: Map[str, Curated] = field(default_factory=Map)
    curated_order: SortedSequence[tuple[int, str]] = field(default_factory=_no_order)
    n_curated_labels: int = 0
    remarks: Map[str, Remark] = field(default_factory=Map)
    remark_order: SortedSequence[tuple[int, str]] = field(default_factory=_no_order)
    tags: Map[str, int] = field(default_factory=Map)
    n_flagged: int = 0
    verdicts: Map[str, Map[str, Verdict]] = field(default_factory=Map)
    redo: tuple[int, Any] | None = None

    def with_events(self, events: Iterable[LabelEvent]) -> LedgerIndex:
        """Return the index with more events appended."""
        new = list(events)
        undone, redo = self.undone.mutate(), self.redo
        sources = self.sources.mutate()
        touched: dict[str, None] = {}
        turned: list[int] = []
        for event in new:
            kind, id, target = event.kind, event.id, event.target
            # In the ledger of merged projects a label may be undone twice.
            if (redo is not None or target is not None) and not (kind == "undo" and target in undone):
                redo = _redo_after(redo, event)
            if target is not None:
                turned.append(target)
                if kind == "undo":
                    undone[target] = None
                elif target in undone:
                    del undone[target]
                id = self._event(target, new).id
            if id is None:
                continue
            touched[id] = None
            if kind in LABEL_KINDS:
                known = sources.get(id)
                sources[id] = (
                    SourceEvents((event,)) if known is None else SourceEvents((*known.answers, event), known.remarks)
                )
            elif kind in REMARK_KINDS:
                known = sources.get(id, _NO_SOURCE_EVENTS)
                sources[id] = SourceEvents(known.answers, (*known.remarks, event))
            elif id not in sources:  # a repeat of nothing
                sources[id] = _NO_SOURCE_EVENTS
        answers = [event for event in new if event.kind in LABEL_KINDS]
        mine = [event for event in answers if is_by_user(event)]
        uses = Counter(event.label for event in answers if event.kind == "label" and event.label is not None)
        found = replace(
            self,
            events=self.events.extended(new),
            uses=self.uses.update({name: self.uses.get(name, 0) + n for name, n in uses.items()}),
            answers=self.answers.extended(answers),
            undone=undone.finish(),
            sources=sources.finish(),
            redo=redo,
            own=self.own.extended(event.n for event in new if is_answer(event)),
            given=self.given.extended(event.n for event in mine if event.kind == "label"),
            repeats=self.repeats.extended(event.n for event in new if event.kind == REPEAT),
        )
        return found._with_toggled(turned)._with_sources(touched)

    def _event(self, n: int, new: list[LabelEvent]) -> LabelEvent:
        return self.events[n - 1] if n <= len(self.events) else new[n - len(self.events) - 1]

    def _with_toggled(self, numbers: list[int]) -> LedgerIndex:
        """Return the index after an undo or redo of some events."""
        if not numbers:
            return self
        mine = [event for n in dict.fromkeys(numbers) if is_answer(event := self.events[n - 1])]
        return replace(
            self,
            own=self._toggled(self.own, mine),
            given=self._toggled(self.given, [event for event in mine if event.kind == "label"]),
            repeats=self._toggled(self.repeats, [event for event in mine if event.kind == REPEAT]),
        )

    def _toggled(self, numbers: SortedSequence[int], events: list[LabelEvent]) -> SortedSequence[int]:
        """Return the numbers of events in effect after an undo or redo of some events."""
        gone = {event.n for event in events if event.n in self.undone}
        if len(gone) > _BULK_SIZE:
            numbers = SortedSequence(_own, (n for n in numbers if n not in gone))
        else:
            for n in gone:
                numbers = numbers.without(n)
        return numbers.extended(event.n for event in events if event.n not in gone)

    def _with_sources(self, ids: Collection[str]) -> LedgerIndex:
        """Return the index with the derived data of some sources updated."""
        # Looked up for each event: a set is faster than a map, but is only built for many events.
        is_undone = frozenset(self.undone) if len(ids) > _BULK_SIZE else self.undone
        human, labelled, tabs = self.human.mutate(), self.labelled.mutate(), dict[str, tuple[Any, Any, int]]()
        curated, remarks = self.curated.mutate(), self.remarks.mutate()
        curated_order, remark_order = dict[int, str | None](), dict[int, str | None]()
        tags, n_flagged, n_curated_labels = self.tags.mutate(), self.n_flagged, self.n_curated_labels
        verdicts = dict[str, Any]()
        has_changed = False
        for id in ids:
            known = self.sources[id]
            if (simple := _simple_label(known)) is not None and simple.n not in is_undone and id not in curated:
                _set_entry(human, id, simple.label)
                labelled[id] = None
                continue
            effective = [event for event in known.answers if event.n not in is_undone]
            label = newest_label(effective)
            _set_entry(human, id, label.label if label is not None else None)
            if any(event.kind == "label" for event in effective):
                labelled[id] = None
            elif id in labelled:
                del labelled[id]
            names = {event.class_name for event in known.answers if event.class_name is not None}
            if names:
                self._sort_into_tabs(id, names, effective, label, tabs)
                if any(event.verdict is not None for event in known.answers):
                    self._note_verdicts(id, names, effective, verdicts)
            before = curated.get(id)
            is_curated = not RESERVED.isdisjoint([event.origin for event in effective])
            now = curated_view(effective).get(id) if is_curated else None
            if now != before:
                n_curated_labels += _has_label(now) - _has_label(before)
                _move(curated_order, id, before.since if before else None, now.since if now else None)
                _set_entry(curated, id, now)
            if not known.remarks:
                continue
            was, said = remarks.get(id, _NO_ANNOTATION), remarks_of(known.remarks).get(id, _NO_ANNOTATION)
            if said != was:
                n_flagged += said.flag - was.flag
                for tag in was.tags:
                    _set_entry(tags, tag, tags[tag] - 1 or None)
                for tag in said.tags:
                    tags[tag] = tags.get(tag, 0) + 1
                first = known.remarks[0].n
                has_changed = True
                remark_order[first] = id if said != _NO_ANNOTATION else None
                _set_entry(remarks, id, said if said != _NO_ANNOTATION else None)
        all_tabs = self.tabs.update(
            {name: Tab(members.finish(), unsure.finish(), n) for name, (members, unsure, n) in tabs.items()}
        )
        return replace(
            self,
            human=human.finish(),
            labelled=labelled.finish(),
            tabs=all_tabs,
            curated=curated.finish(),
            # A view tells by identity that nothing was remarked.
            remarks=remarks.finish() if has_changed else self.remarks,
            curated_order=_reordered(self.curated_order, curated_order),
            remark_order=_reordered(self.remark_order, remark_order),
            tags=tags.finish(),
            n_flagged=n_flagged,
            n_curated_labels=n_curated_labels,
            verdicts=self.verdicts.update({name: found.finish() for name, found in verdicts.items()}),
        )

    def _sort_into_tabs(
        self,
        id: str,
        names: Collection[str],
        effective: list[LabelEvent],
        label: LabelEvent | None,
        tabs: dict[str, tuple[Any, Any, int]],
    ) -> None:
        """Update the status of a source for each learner that has events about it."""
        in_force = label or newest_catalogue_label(effective)
        deciding = {} if in_force is None else {id: in_force}
        human = () if label is None else (id,)
        for name in names:
            if name not in tabs:
                tab = self.tabs.get(name, _EMPTY)
                tabs[name] = tab.members.mutate(), tab.unsure.mutate(), tab.n_catalogue
            members, unsure, n_catalogue = tabs[name]
            view = class_view(name, [event for event in effective if event.class_name == name], human, deciding)
            member = view.members[0] if view.members else None
            n_catalogue += _is_catalogue(member) - _is_catalogue(members.get(id))
            _set_entry(members, id, member)
            _set_entry(unsure, id, view.unsure[0][1] if view.unsure else None)
            tabs[name] = members, unsure, n_catalogue

    def _note_verdicts(
        self, id: str, names: Collection[str], effective: list[LabelEvent], verdicts: dict[str, Any]
    ) -> None:
        """Update the newest verdict about a source for each learner that has events about it."""
        newest = {event.class_name: event.verdict for event in effective if event.verdict is not None}
        for name in names:
            if name not in verdicts:
                verdicts[name] = self.verdicts.get(name, _NO_VERDICTS).mutate()
            _set_entry(verdicts[name], id, newest.get(name))


#: Origins of labels that are not the human label of a source.
_NOT_SIMPLE = RESERVED | {"shared"}
_NO_SOURCE_EVENTS, _NO_ANNOTATION, _EMPTY = SourceEvents(), Remark(), Tab()
_NO_VERDICTS: Map[str, Verdict] = Map()


def _simple_label(known: SourceEvents) -> LabelEvent | None:
    """Return the only event of a source if it is a label of a user for no learner, as most labels of many are."""
    if len(known.answers) != 1 or known.remarks:
        return None
    event = known.answers[0]
    if event.kind != "label" or event.class_name is not None or event.origin in _NOT_SIMPLE or event.who == CATALOGUE:
        return None
    return event


def newest_label(effective: Iterable[LabelEvent]) -> LabelEvent | None:
    """Return the newest human label among the events of one source, without curated labels."""
    found = None
    for event in effective:
        if event.kind == "label" and is_by_user(event) and event.origin not in RESERVED:
            found = event
    return found


def newest_catalogue_label(effective: Iterable[LabelEvent]) -> LabelEvent | None:
    """Return the newest catalogue label among the events of one source."""
    found = None
    for event in effective:
        if event.kind == "label" and event.who == CATALOGUE and event.origin not in _NOT_SIMPLE:
            found = event
    return found


def _redo_after(stack: tuple[int, Any] | None, event: LabelEvent) -> tuple[int, Any] | None:
    """Return the events that can be redone after one more event."""
    if event.kind == "undo" and event.target is not None:
        return event.target, stack
    if event.kind == "redo":
        passed = []
        rest = stack
        while rest is not None and rest[0] != event.target:
            passed.append(rest[0])
            rest = rest[1]
        if rest is None:
            return stack
        rest = rest[1]
        for n in reversed(passed):
            rest = n, rest
        return rest
    return None if is_answer(event) else stack


def _set_entry(mutation: Any, key: Any, value: Any) -> None:
    """Set an entry of a mutable map; None removes it."""
    if value is not None:
        mutation[key] = value
    elif key in mutation:
        del mutation[key]


def _move(order: dict[int, str | None], id: str, before: int | None, now: int | None) -> None:
    if before is not None:
        order.setdefault(before, None)
    if now is not None:
        order[now] = id


def _reordered(
    sequence: SortedSequence[tuple[int, str]], changes: dict[int, str | None]
) -> SortedSequence[tuple[int, str]]:
    for n, id in changes.items():
        if id is None:
            sequence = sequence.without(n)
    return sequence.extended((n, id) for n, id in changes.items() if id is not None)


def _is_catalogue(member: Member | None) -> int:
    return int(member is not None and member.who == CATALOGUE)


def _has_label(item: Curated | None) -> int:
    return int(item is not None and item.label is not None and not item.audit)
