"""Blind repeats: now and then, a source is queried again to see whether the annotator gives the same label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from astronomical.catalogue.hashing import derive_seed
from astronomical.config.schema import LabelEvent
from astronomical.labels.annotators import newest_answers
from astronomical.labels.derived import REPEAT
from astronomical.labels.ledger import Ledger
from astronomical.learning.intervals import wilson_interval
from astronomical.session.labelling.label_context import Answer
from astronomical.session.state import SessionState

__all__ = ["LEAST_AGE", "RepeatCount", "Repeater", "repeat_counts", "repeat_texts"]

#: Number of answers of the annotator after which a source may be queried again.
LEAST_AGE = 50
#: Origins of the labels that an annotator gave to a source alone.
_ORIGINS = frozenset({"start", "query", "clicked"})
#: Number of sources that are tried at most.
_TRIES = 100


@dataclass(frozen=True)
class RepeatCount:
    """Number of blind repeats of an annotator, and of those with the same label as before."""

    n: int
    n_same: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson interval of the fraction of the same labels."""
        return wilson_interval(self.n_same, self.n)


class Repeater:
    """Query sources again that the annotator labelled long ago.

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
        """Return whether a source is now queried again."""
        return bool(self._state.curating.repeating == id)

    def due(self) -> str | None:
        """Return the source to query again now instead of the next query; None if there is none."""
        return self._choose() if self._is_due() else None

    def turn(self, id: str | None) -> None:
        """Start or end the repeat of a source, without showing another one."""
        if id != self._state.curating.repeating:
            self._state.curating = replace(self._state.curating, repeating=id)

    def draft(self, id: str, answer: Answer) -> dict[str, object]:
        """Return the event for an answer; it is no label."""
        return {"kind": REPEAT, "id": id, "label": answer.get("label")}

    def is_own(self, event: LabelEvent) -> bool:
        """Return whether an event is an answer to a repeat."""
        return event.kind == REPEAT

    def _is_due(self) -> bool:
        """Return whether the annotator answered enough queries since the last repeat."""
        every = self._state.config.labelling.repeat_every
        if every is None:
            return False
        newest = [event.kind for _, event in islice(newest_answers(self._state.ledger, self._who), every - 1)]
        return len(newest) == every - 1 and REPEAT not in newest

    def _choose(self) -> str | None:
        """Return a random source among those labelled long enough ago; it depends on the events only."""
        ledger: Ledger = self._state.ledger
        aged = islice(newest_answers(ledger, self._who), LEAST_AGE - 1, None)
        old = next((place for place, _ in aged), None)
        if not old:
            return None
        done = {ledger.events[n - 1].id for n in ledger.index.repeats if ledger.events[n - 1].who == self._who}
        rng = np.random.default_rng(derive_seed(self._state.config.project.seed, "repeat", len(ledger)))
        for place in rng.integers(old, size=_TRIES).tolist():
            event: LabelEvent = ledger.events[ledger.index.own[place] - 1]
            if event.id is not None and event.id not in done and self._can_repeat(event):
                return event.id
        return None

    def _can_repeat(self, event: LabelEvent) -> bool:
        ledger, id = self._state.ledger, event.id or ""
        return bool(
            event.kind == "label"
            and event.who == self._who
            and event.batch is None
            and event.origin in _ORIGINS
            and _newest_label(ledger, id, self._who, len(ledger) + 1) == event
            and id in self._state.dataset.catalogue
            and id not in ledger.curated
        )


def repeat_counts(ledger: Ledger) -> Mapping[str, RepeatCount]:
    """Return the number of blind repeats of each annotator; being unsure is another answer than a label."""
    n, n_same = Counter[str](), Counter[str]()
    for number in ledger.index.repeats:
        event = ledger.events[number - 1]
        before = _newest_label(ledger, event.id or "", event.who, event.n)
        if before is not None:
            n[event.who] += 1
            n_same[event.who] += before.label == event.label
    return {who: RepeatCount(count, n_same[who]) for who, count in sorted(n.items())}


def repeat_texts(ledger: Ledger, who: str | None = None) -> list[str]:
    """Return a sentence about the blind repeats of each annotator.

    Parameters
    ----------
    ledger
        The labels.
    who
        The annotator who reads the text.
    """
    texts = []
    for name, count in repeat_counts(ledger).items():
        low, high = count.interval
        subject = "You repeat yourself" if name == who else f"{name} repeats a label"
        texts.append(f"{subject} in {count.n_same} of {count.n} blind repeats ({low:.2f}–{high:.2f}).")
    return texts


def _newest_label(ledger: Ledger, id: str, who: str, before: int) -> LabelEvent | None:
    """Return the newest label in effect that an annotator gave to a source before an event."""
    for event in reversed(ledger.about(id).answers):
        mine = event.n < before and event.who == who and event.kind == "label" and event.origin != "shared"
        if mine and event.n not in ledger.index.undone:
            return event
    return None
