"""Carry the events of a ledger over to other ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from astronomical.labels.ledger import Ledger
from astronomical.labels.union import PLACE_FIELDS, event_groups

__all__ = ["carry_ledger"]


def carry_ledger(ledger: Ledger, ids: Mapping[str, str]) -> Ledger:
    """Return a ledger with the events about some sources, under other ids.

    Parameters
    ----------
    ledger
        The ledger.
    ids
        New id of each source that is carried over; events about other sources are left out, and so are their undos and
        redos.

    Returns
    -------
    Ledger
        A ledger with a valid chain of its own, in the same order.
    """
    made = Ledger.empty()
    numbers: dict[int, int] = {}
    pending: list[dict[str, Any]] = []
    for group in event_groups(ledger.events):
        drafts: list[dict[str, Any]] = []
        for event in group:
            gone = event.target not in numbers if event.target is not None else event.id not in ids
            if gone:
                continue
            numbers[event.n] = len(made) + len(pending) + len(drafts) + 1
            drafts.append(
                {
                    **event.model_dump(exclude=set(PLACE_FIELDS)),
                    "id": None if event.id is None else ids[event.id],
                    "target": None if event.target is None else numbers[event.target],
                }
            )
        if group[0].batch is None or not drafts:
            pending += drafts
            continue
        made, _ = made.extend(pending)
        made, _ = made.extend(drafts, batch=True)
        pending = []
    return made.extend(pending)[0]
