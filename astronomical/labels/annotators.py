"""What each annotator says about a source, and where annotators disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from astronomical.config.schema import LabelEvent
from astronomical.labels.derived import is_by_user
from astronomical.labels.ledger import Ledger

__all__ = ["Disagreement", "answers_by_annotator", "disagreements"]


@dataclass(frozen=True)
class Disagreement:
    """A source that annotators labelled differently.

    Attributes
    ----------
    id
        The source.
    labels
        The newest label of each annotator, in the order of their first labels of the source.
    decided, decided_by
        The label that was decided on after that, and the annotator who decided; None if this is open.
    """

    id: str
    labels: Mapping[str, str]
    decided: str | None = None
    decided_by: str | None = None


def answers_by_annotator(ledger: Ledger) -> dict[str, dict[str, LabelEvent]]:
    """Return the newest answer of each annotator in effect, by source; this takes time for many labels.

    Labels that are no judgement of their own do not count: those of the catalogue, those that a learner took over,
    decisions between other labels, and reviews of the labels of others.
    """
    found: dict[str, dict[str, LabelEvent]] = {}
    for event in ledger.effective:
        if event.id is None or event.origin == "decided" or not is_by_user(event):
            continue
        mine = found.setdefault(event.id, {})
        if event.origin == "review" and event.who not in mine:
            continue
        mine[event.who] = event
    return {id: mine for id, mine in found.items() if mine}


def disagreements(ledger: Ledger) -> tuple[Disagreement, ...]:
    """Return the sources that annotators labelled differently, in the order in which they first did.

    An unsure annotator contradicts no label. A decision holds until an annotator labels the source again.
    """
    found = []
    for id, answers in answers_by_annotator(ledger).items():
        labels = {who: event.label for who, event in answers.items() if event.label is not None}
        if len(set(labels.values())) < 2:
            continue
        newest = max(event.n for event in answers.values())
        numbers = sorted(event.n for event in answers.values() if event.label is not None)
        decision = _decision(ledger, id, newest)
        by = (None, None) if decision is None else (decision.label, decision.who)
        found.append((numbers[1], Disagreement(id, labels, *by)))
    return tuple(item for _, item in sorted(found, key=lambda entry: (entry[0], entry[1].id)))


def _decision(ledger: Ledger, id: str, after: int) -> LabelEvent | None:
    """Return the newest decision about a source after an event, if it is in effect."""
    for event in reversed(ledger.about(id).answers):
        if event.n <= after:
            return None
        if event.origin == "decided" and event.n not in ledger.undone:
            return event
    return None
