"""Merge the ledgers of several projects into one chain.

The order of the merged events depends neither on the order in which projects are named nor on merges before: each
project is a chain, and of the next events of all chains that follow the others known, the earliest one comes first. An
event is recognised by its content. Its number and its check cannot be used, because both change with what is before it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Any

from astronomical.config.schema import LabelEvent
from astronomical.labels.hash_chain import chain_text
from astronomical.labels.ledger import Ledger

__all__ = ["PLACE_FIELDS", "event_groups", "merge_ledgers"]

#: Fields of an event that depend on the events before it.
PLACE_FIELDS = frozenset({"n", "batch", "target", "check"})


@dataclass(frozen=True)
class _Unit:
    """Events that stay together: one, or those of a batch.

    Attributes
    ----------
    key
        Time and digest, by which units of different projects are ordered. The digest includes those of the targets.
    drafts
        The events without number, batch, target and check.
    batch
        Whether they are a batch.
    target
        For undo and redo, the unit of the target and the place of the target in it.
    """

    key: tuple[str, str]
    drafts: tuple[dict[str, Any], ...]
    batch: bool
    target: tuple[tuple[str, str], int] | None = None


def merge_ledgers(ledgers: Sequence[Ledger]) -> Ledger:
    """Return a ledger with the events of all ledgers, each once.

    The order of the events of each ledger is kept, and events that all have in common at the beginning keep their
    numbers and checks. The result is the same for any order of the ledgers, and if some of them were merged before. A
    label that two annotators undid stays undone until one of them redoes it.

    Parameters
    ----------
    ledgers
        The ledgers, at least one.

    Returns
    -------
    Ledger
        The merged ledger, with a valid chain.
    """
    chains = [_units(ledger.events) for ledger in ledgers]
    units = {unit.key: unit for chain in chains for unit in chain}
    ledger = Ledger.empty()
    numbers: dict[tuple[str, str], int] = {}
    pending: list[dict[str, Any]] = []
    for key in _merged_order([[unit.key for unit in chain] for chain in chains]):
        unit = units[key]
        numbers[key] = first = len(ledger) + len(pending) + 1
        target = None if unit.target is None else numbers[unit.target[0]] + unit.target[1]
        drafts = [{**draft, "target": target} for draft in unit.drafts]
        if not unit.batch:
            pending += drafts
            continue
        ledger, _ = ledger.extend(pending)
        ledger, made = ledger.extend(drafts, batch=True)
        assert made[0].n == first, "numbers follow the order"
        pending = []
    return ledger.extend(pending)[0]


def _units(events: Sequence[LabelEvent]) -> list[_Unit]:
    """Return the events of a ledger as units."""
    units: list[_Unit] = []
    places: list[tuple[tuple[str, str], int]] = []
    seen: Counter[tuple[str, str]] = Counter()
    for group in event_groups(events):
        target = None if group[0].target is None else places[group[0].target - 1]
        content = "".join(chain_text(_without_place(event)) for event in group) + repr(target)
        when = max(event.when for event in group)
        # The same content may be recorded twice within a second.
        seen[when, content] += 1
        digest = hashlib.sha256(f"{content}{seen[when, content]}".encode()).hexdigest()
        drafts = tuple(event.model_dump(exclude=set(PLACE_FIELDS)) for event in group)
        unit = _Unit((when, digest), drafts, group[0].batch is not None, target)
        units.append(unit)
        places += [(unit.key, place) for place in range(len(group))]
    return units


def _without_place(event: LabelEvent) -> LabelEvent:
    return event.model_copy(update={"n": 1, "batch": None, "target": None})


def event_groups(events: Sequence[LabelEvent]) -> Iterator[list[LabelEvent]]:
    """Yield the events of each batch together, and the others alone."""
    group: list[LabelEvent] = []
    for event in events:
        if group and (event.batch is None or event.batch != group[0].batch):
            yield group
            group = []
        group.append(event)
    if group:
        yield group


def _merged_order(chains: Sequence[Sequence[tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    """Yield the keys of all chains, each once, so that the order of each chain is kept: the smallest possible first."""
    followers: dict[tuple[str, str], set[tuple[str, str]]] = {key: set() for chain in chains for key in chain}
    n_before: Counter[tuple[str, str]] = Counter()
    for chain in chains:
        for key, following in pairwise(chain):
            if following not in followers[key]:
                followers[key].add(following)
                n_before[following] += 1
    ready = [key for key in followers if not n_before[key]]
    heapify(ready)
    waiting = dict.fromkeys(followers)
    while waiting:
        # Two chains contradict each other only if one of them was not made by merging; then the earliest one goes on.
        key = heappop(ready) if ready else min(waiting)
        if key not in waiting:
            continue
        del waiting[key]
        yield key
        for following in followers[key]:
            n_before[following] -= 1
            if not n_before[following] and following in waiting:
                heappush(ready, following)
