"""What the events of a ledger amount to: pure functions of the events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from astronomical.config.schema import LabelEvent, Origin

__all__ = ["CATALOGUE", "LABEL_KINDS", "ClassView", "Curated", "HistoryRow", "Member", "class_view", "curated_view",
           "history_rows", "is_by_user", "labels_in_force", "newest_labels", "redo_stack"]

#: The author of starting points drawn from the label column of the catalogue.
CATALOGUE = "catalogue"
#: Kinds of event that answer for a source, and can be undone.
LABEL_KINDS = frozenset({"label", "unsure"})


@dataclass(frozen=True)
class Member:
    """A source on which a learner trains.

    Parameters
    ----------
    id
        The source.
    n
        The first event, still in effect, that labelled it in this tab; it gives the order of the members.
    origin
        How it came into this tab, by that event.
    who
        Who gave the label in force, "catalogue" for a catalogue label.
    """

    id: str
    n: int
    origin: Origin | None
    who: str


@dataclass(frozen=True)
class ClassView:
    """The sources of one tab: those trained on and those set aside as Unsure, each in order of `n`."""

    class_name: str
    members: tuple[Member, ...] = ()
    unsure: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Curated:
    """What was said of a source while curating.

    Parameters
    ----------
    since
        The first curated answer, still in effect; with it the source left the pools.
    label
        The newest curated answer; None is unsure.
    """

    since: int
    label: str | None


@dataclass(frozen=True)
class HistoryRow:
    """An answer as the history shows it."""

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


def is_by_user(event: LabelEvent) -> bool:
    """Tell whether somebody gave this answer, rather than the catalogue or another tab."""
    return event.kind in LABEL_KINDS and event.who != CATALOGUE and event.origin != "shared"


def newest_labels(effective: Iterable[LabelEvent]) -> dict[str, LabelEvent]:
    """Return the newest label event given by a user for each source, curated ones apart."""
    return {event.id: event for event in effective
            if event.kind == "label" and event.id is not None and is_by_user(event) and event.origin != "curated"}


def curated_view(effective: Iterable[LabelEvent]) -> dict[str, Curated]:
    """Return the newest curated answer of each source, in the order in which the sources were first curated."""
    found: dict[str, Curated] = {}
    for event in effective:
        if event.origin == "curated" and event.id is not None and is_by_user(event):
            before = found.get(event.id)
            found[event.id] = Curated(event.n if before is None else before.since, event.label)
    return found


def labels_in_force(effective: Iterable[LabelEvent], human: dict[str, LabelEvent]) -> dict[str, LabelEvent]:
    """Return the event that decides each source in the learners: the user's, else the catalogue's."""
    catalogue = {event.id: event for event in effective
                 if event.kind == "label" and event.id is not None and event.who == CATALOGUE
                 and event.origin not in ("shared", "curated")}
    return catalogue | human


def class_view(class_name: str, events: Iterable[LabelEvent], human: Collection[str],
               in_force: dict[str, LabelEvent]) -> ClassView:
    """Sort the sources of a tab into members and Unsure.

    Parameters
    ----------
    class_name
        The tab.
    events
        Effective events of this tab, in order of `n`.
    human
        Sources with a human label. An answer shared from another tab counts only for these.
    in_force
        The event that decides each source.
    """
    newest: dict[str, LabelEvent] = {}
    first: dict[str, LabelEvent] = {}
    for event in events:
        # curated sources are kept for testing: training on them would spoil the test
        if event.id is None or event.origin == "curated":
            continue
        if event.origin == "shared" and event.id not in human:
            continue
        newest[event.id] = event
        if event.kind == "label":
            first.setdefault(event.id, event)
    members = [Member(id_, first[id_].n, first[id_].origin, in_force.get(id_, first[id_]).who)
               for id_, event in newest.items() if event.kind == "label"]
    unsure = [(id_, event.n) for id_, event in newest.items() if event.kind == "unsure"]
    return ClassView(class_name, tuple(sorted(members, key=lambda member: member.n)),
                     tuple(sorted(unsure, key=lambda entry: entry[1])))


def redo_stack(events: Iterable[LabelEvent]) -> list[int]:
    """Return numbers of the undone events that can be brought back, the next one last."""
    stack: dict[int, None] = {}  # in the order in which they were undone; from a list of thousands taking one is slow
    for event in events:
        if event.kind == "undo" and event.target is not None:
            stack[event.target] = None
        elif event.kind == "redo" and event.target in stack:
            del stack[event.target]
        elif is_by_user(event):
            stack.clear()
    return list(stack)


def history_rows(events: Sequence[LabelEvent], undone: Collection[int]) -> tuple[HistoryRow, ...]:
    """Return the answers, undone ones too, newest first."""
    return tuple(HistoryRow(event.n, event.id, event.label, event.class_name, event.round, event.origin,
                            event.score, event.who, event.when, event.n in undone)
                 for event in reversed(events) if event.kind in LABEL_KINDS and event.id is not None)
