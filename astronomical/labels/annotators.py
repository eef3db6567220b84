"""What each annotator says about a source, and where annotators disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from astronomical.config.schema import LabelEvent
from astronomical.labels.derived import is_by_user
from astronomical.labels.ledger import Ledger

__all__ = [
    "Disagreement",
    "answers_about",
    "answers_by_annotator",
    "disagreement_about",
    "disagreements",
    "newest_answers",
]

#: Number of newest answers of all annotators among which those of one are looked for.
_LOOK_BACK = 5000


@dataclass(frozen=True)
class Disagreement:
    """A source that annotators labelled differently.

    Attributes
    ----------
    id
        The source.
    n
        Number of the event from which on they disagree.
    labels
        The newest label of each annotator, in the order of these labels.
    decided, decided_by
        The label that was decided on after that, and the annotator who decided; None if this is open.
    """

    id: str
    n: int
    labels: Mapping[str, str]
    decided: str | None = None
    decided_by: str | None = None


def answers_about(ledger: Ledger, id: str) -> dict[str, LabelEvent]:
    """Return the newest answer of each annotator about a source that is in effect.

    Labels that are no judgement of their own do not count: those of the catalogue, those that a learner took over,
    decisions between other labels, and reviews of the labels of others.
    """
    found: dict[str, LabelEvent] = {}
    for event in ledger.about(id).answers:
        if event.n in ledger.index.undone or event.origin == "decided" or not is_by_user(event):
            continue
        if event.origin == "review" and event.who not in found:
            continue
        found.pop(event.who, None)
        found[event.who] = event
    return found


def answers_by_annotator(ledger: Ledger) -> dict[str, dict[str, LabelEvent]]:
    """Return `answers_about` of all sources that have an answer; this takes time for many labels."""
    return {id: found for id in ledger.index.sources if (found := answers_about(ledger, id))}


def disagreement_about(ledger: Ledger, id: str) -> Disagreement | None:
    """Return how annotators disagree on a source; None if they do not.

    An unsure annotator contradicts no label. A decision holds until an annotator labels the source again.
    """
    if len(ledger.about(id).answers) < 2:
        return None
    labels = {who: event for who, event in answers_about(ledger, id).items() if event.label is not None}
    if len({event.label for event in labels.values()}) < 2:
        return None
    newest = max(event.n for event in labels.values())
    known = {who: event.label or "" for who, event in labels.items()}
    for event in reversed(ledger.about(id).answers):
        if event.origin == "decided" and event.n > newest and event.n not in ledger.index.undone:
            return Disagreement(id, newest, known, event.label, event.who)
    return Disagreement(id, newest, known)


def disagreements(ledger: Ledger) -> tuple[Disagreement, ...]:
    """Return the sources that annotators labelled differently, oldest first; this takes time for many labels."""
    found = (disagreement_about(ledger, id) for id in ledger.index.sources)
    return tuple(sorted((item for item in found if item is not None), key=lambda item: item.n))


def newest_answers(ledger: Ledger, who: str) -> Iterator[tuple[int, LabelEvent]]:
    """Yield the newest answers of an annotator to single sources, newest first, each with its place among all."""
    own = ledger.index.own
    start = max(len(own) - _LOOK_BACK, 0)
    for place, n in reversed(list(enumerate(own[start:], start=start))):
        event = ledger.events[n - 1]
        if event.who == who and event.batch is None:
            yield place, event
