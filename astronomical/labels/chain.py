"""The chain of checks that ties every event of the ledger to all events before it."""

from __future__ import annotations

import hashlib
import json

from astronomical.config.schema import LabelEvent

__all__ = ["FIRST_CHECK", "ChainError", "LedgerError", "check_of", "round_score", "verify_event"]

#: What stands for the previous check when there is no previous event.
FIRST_CHECK = "0" * 12

_CURE = "Restore the file from its backup, or take back what was changed in it."


class LedgerError(ValueError):
    """An event that cannot stand where it stands in the ledger."""


class ChainError(LedgerError):
    """An event that was changed, removed or moved after it was recorded.

    Parameters
    ----------
    message
        What is wrong and what to do.
    n, id
        Number and source of the first event that does not fit.
    """

    def __init__(self, message: str, n: int, id: str | None) -> None:
        super().__init__(message)
        self.n = n
        self.id = id


def round_score(score: float) -> float:
    """Round to 9 significant digits, which every file format gives back as they were."""
    return float(f"{score:.9g}") + 0.0  # + 0.0 turns -0.0, which some writers drop, into 0.0


def check_of(event: LabelEvent, previous: str) -> str:
    """Return the check of an event that follows an event with the check `previous`."""
    fields = event.model_dump(by_alias=True, exclude_none=True, exclude={"check"})
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((text + previous).encode("ascii")).hexdigest()[:12]


def verify_event(event: LabelEvent, n: int, previous: str) -> None:
    """Raise `ChainError` unless `event` is number `n` and follows the check `previous`."""
    source = f"Event {event.n} (source {event.id})" if event.id is not None else f"Event {event.n}"
    if event.n != n:
        raise ChainError(f"{source} stands where event {n} is expected: events were removed, added or moved "
                         f"outside astronomical. {_CURE}", event.n, event.id)
    if event.check != check_of(event, previous):
        raise ChainError(f"{source} was changed outside astronomical: its check does not fit. {_CURE}",
                         event.n, event.id)
