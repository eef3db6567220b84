"""Rules for an event, given the events before it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Protocol

from astronomical.config.schema import LabelEvent
from astronomical.labels.annotations import REMARK_KINDS
from astronomical.labels.derived import LABEL_KINDS, REPEAT, UNDOABLE
from astronomical.labels.hash_chain import LedgerError

__all__ = ["count_undone", "refuse_nonsense"]

_ABOUT_A_SOURCE = LABEL_KINDS | REMARK_KINDS | {REPEAT}


class Changing(Protocol):
    """A mutable set of numbers."""

    def add(self, n: int, /) -> None:
        """Add a number."""

    def discard(self, n: int, /) -> None:
        """Remove a number."""


def count_undone(event: LabelEvent, undone: Changing) -> None:
    """Update the set of undone numbers for an event."""
    if event.target is None:
        return
    if event.kind == "undo":
        undone.add(event.target)
    elif event.kind == "redo":
        undone.discard(event.target)


def refuse_nonsense(event: LabelEvent, before: Sequence[LabelEvent], undone: Container[int]) -> None:
    """Raise `LedgerError` if an event cannot follow the events before it."""
    if event.kind in ("undo", "redo"):
        _refuse_target(event, before, undone)
    elif event.target is not None:
        raise LedgerError(f"Event {event.n} ({event.kind}) has a target; only undo and redo have one.")
    if event.batch is not None:
        _refuse_batch(event, before)
    if not event.id and event.kind in _ABOUT_A_SOURCE:
        raise LedgerError(f"Event {event.n} ({event.kind}) has no source; give its id.")
    if event.verdict is not None:
        _refuse_verdict(event)
    if event.probable and event.kind != "label":
        raise LedgerError(f"Event {event.n} ({event.kind}) is probable; only labels can be.")
    if event.kind == "label" and not event.label:
        raise LedgerError(
            f"Event {event.n} gives source {event.id} no label; give the name of a class, or record it as unsure."
        )
    if event.kind == "unsure" and event.label is not None:
        raise LedgerError(
            f"Event {event.n} marks source {event.id} as unsure but labels it {event.label!r}; give only one of them."
        )


def _refuse_batch(event: LabelEvent, before: Sequence[LabelEvent]) -> None:
    """Raise `LedgerError` unless an event starts a batch, or follows the other events of its batch."""
    if event.kind not in LABEL_KINDS:
        raise LedgerError(f"Event {event.n} ({event.kind}) has a batch; only label and unsure events have one.")
    if event.batch != event.n and (not before or before[-1].batch != event.batch):
        raise LedgerError(
            f"Event {event.n} belongs to the batch of event {event.batch}, but other events come between them."
        )


def _refuse_verdict(event: LabelEvent) -> None:
    """Raise `LedgerError` unless an event with a verdict reviews a label for a learner."""
    if event.kind not in LABEL_KINDS or event.origin != "review" or event.class_name is None:
        raise LedgerError(
            f"Event {event.n} ({event.kind}) has a verdict; only reviews of labels have one, with a class."
        )
    if (event.kind == "unsure") != (event.verdict == "unsure"):
        raise LedgerError(f"Event {event.n} ({event.kind}) has the verdict {event.verdict}; the two do not agree.")


def _refuse_target(event: LabelEvent, before: Sequence[LabelEvent], undone: Container[int]) -> None:
    target = event.target
    if target is None or not 1 <= target <= len(before) or before[target - 1].kind not in UNDOABLE:
        raise LedgerError(
            f"Event {event.n} cannot {event.kind} event {target}: it is not an earlier label "
            "or unsure event. Give the number of one."
        )
    if (target in undone) != (event.kind == "redo") and not _was_toggled_elsewhere(event, before):
        state = "is already undone" if event.kind == "undo" else "is not undone"
        raise LedgerError(f"Event {event.n} cannot {event.kind} event {target}: it {state}.")


def _was_toggled_elsewhere(event: LabelEvent, before: Sequence[LabelEvent]) -> bool:
    """Return whether somewhere else the same was done to a label: both events are in the ledger of merged projects."""
    last = next((item for item in reversed(before) if item.target == event.target), None)
    return last is not None and last.kind == event.kind and (last.who, last.when) != (event.who, event.when)
