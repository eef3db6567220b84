"""Pure functions that derive labels and training sets from the events of a ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from astronomical.config.schema import LabelEvent, Origin

__all__ = [
    "CATALOGUE",
    "LABEL_KINDS",
    "REPEAT",
    "RESERVED",
    "UNDOABLE",
    "ClassView",
    "Curated",
    "HistoryRow",
    "Member",
    "class_view",
    "curated_view",
    "history_row",
    "is_answer",
    "is_audit_draw",
    "is_by_user",
]

#: Annotator of initial labels that come from the label column of the catalogue.
CATALOGUE = "catalogue"
#: Kinds of event that label a source or mark it as unsure.
LABEL_KINDS = frozenset({"label", "unsure"})
#: Kind of an answer to a blind repeat, which is no label: nothing but the consistency of the annotator follows from it.
REPEAT = "repeat"
#: Kinds of event that can be undone.
UNDOABLE = LABEL_KINDS | {REPEAT}
#: Origins of labels that only test learners.
RESERVED = frozenset({"curated", "audit"})


@dataclass(frozen=True)
class Member:
    """A source that a learner is trained on.

    Parameters
    ----------
    id
        The source.
    n
        Number of the first event in effect that labelled the source for this learner; it gives the order.
    origin
        Origin of that event.
    who
        Annotator of the label in effect; "catalogue" for a catalogue label.
    probable
        Whether the annotator was less certain of the label in effect.
    """

    id: str
    n: int
    origin: Origin | None
    who: str
    probable: bool = False


@dataclass(frozen=True)
class ClassView:
    """The sources of one learner: those in its training set and those that are unsure, in order of `n`."""

    class_name: str
    members: tuple[Member, ...] = ()
    unsure: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Curated:
    """The label of a source that is reserved for testing: of the curated test set, or of an audit.

    Parameters
    ----------
    since
        Number of the first curated event in effect, which removed the source from the pools.
    label
        The newest label; None means unsure.
    audit
        Whether the source belongs to an audit.
    answered
        Whether it was labelled, or marked as unsure; a source of an audit is reserved before.
    """

    since: int
    label: str | None
    audit: bool = False
    answered: bool = True


@dataclass(frozen=True)
class HistoryRow:
    """A label or unsure event, as the history shows it.

    It is `drawn` if it reserves a source for an audit, and `probable` if the annotator was less certain of the label.
    """

    n: int
    id: str
    label: str | None
    class_name: str | None
    round: int | None
    origin: Origin | None
    score: float | None
    who: str
    when: str
    undone: bool
    drawn: bool = False
    probable: bool = False


def is_by_user(event: LabelEvent) -> bool:
    """Return whether an annotator gave this label for this learner, rather than the catalogue or another learner."""
    return (
        event.kind in LABEL_KINDS and event.who != CATALOGUE and event.origin != "shared" and not is_audit_draw(event)
    )


def is_answer(event: LabelEvent) -> bool:
    """Return whether an event is an answer of an annotator, also to a blind repeat; an undo reverts the newest one."""
    return event.kind == REPEAT or is_by_user(event)


def is_audit_draw(event: LabelEvent) -> bool:
    """Return whether an event reserves a source for an audit: these are recorded together, and cannot be undone."""
    return event.origin == "audit" and event.batch is not None


def curated_view(effective: Iterable[LabelEvent]) -> dict[str, Curated]:
    """Return the reserved sources with their newest label, in the order in which they were reserved.

    A source of an audit stays one: only labels of the audit count for it.
    """
    found: dict[str, Curated] = {}
    for event in effective:
        if event.origin not in RESERVED or event.id is None:
            continue
        before, audit, drawn = found.get(event.id), event.origin == "audit", is_audit_draw(event)
        if not (drawn or is_by_user(event)) or (before is not None and (drawn or before.audit > audit)):
            continue
        since = event.n if before is None else before.since
        found[event.id] = Curated(since, event.label, audit, not drawn)
    return found


def class_view(
    class_name: str, events: Iterable[LabelEvent], human: Collection[str], in_force: dict[str, LabelEvent]
) -> ClassView:
    """Sort the sources of a learner into members and unsure ones.

    Parameters
    ----------
    class_name
        The class of the learner.
    events
        Events in effect for this learner, in order of `n`.
    human
        Sources with a human label. A label shared from another learner counts only for these.
    in_force
        The event that decides the label of each source.
    """
    newest: dict[str, LabelEvent] = {}
    first: dict[str, LabelEvent] = {}
    for event in events:
        # Curated and audited sources are reserved for testing; training on them would bias the scores.
        if event.id is None or event.origin in RESERVED:
            continue
        if event.origin == "shared" and event.id not in human:
            continue
        if event.origin == "review" and event.id not in newest:
            continue  # a review does not add a source to the training set
        newest[event.id] = event
        if event.kind == "label":
            first.setdefault(event.id, event)
    members = [
        Member(id_, first[id_].n, first[id_].origin, deciding.who, deciding.probable is not None)
        for id_, event in newest.items()
        if event.kind == "label" and (deciding := in_force.get(id_, first[id_]))
    ]
    unsure = [(id_, event.n) for id_, event in newest.items() if event.kind == "unsure"]
    return ClassView(
        class_name,
        tuple(sorted(members, key=lambda member: member.n)),
        tuple(sorted(unsure, key=lambda entry: entry[1])),
    )


def history_row(event: LabelEvent, *, undone: bool) -> HistoryRow:
    """Return a label or unsure event as the history shows it."""
    assert event.id is not None, "a label event has a source"
    return HistoryRow(
        event.n,
        event.id,
        event.label,
        event.class_name,
        event.round,
        event.origin,
        event.score,
        event.who,
        event.when,
        undone,
        is_audit_draw(event),
        event.probable is not None,
    )
