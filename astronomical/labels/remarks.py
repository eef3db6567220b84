"""Notes, tags and flags: what is said of a source without answering for it.

A note or a list of tags stands until a newer one takes its place; an empty one takes it away. They are no answers: undo
does not touch them, and no learner sees them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from astronomical.config.schema import LabelEvent
from astronomical.labels.chain import LedgerError

__all__ = ["REMARK_KINDS", "Remark", "changes_of", "join_tags", "remark_events", "remarks_of", "split_tags"]

REMARK_KINDS = frozenset({"note", "tag", "flag"})
MAX_NOTE = 2000


@dataclass(frozen=True)
class Remark:
    """What is said of one source.

    Parameters
    ----------
    note
        Any text.
    tags
        Words by which sources are found again, in alphabetical order.
    flag
        Whether it is marked to be looked at again.
    """

    note: str = ""
    tags: tuple[str, ...] = ()
    flag: bool = False


def split_tags(text: str) -> tuple[str, ...]:
    """Return tags from a text in which commas stand between them."""
    return tuple(sorted({word for part in text.split(",") if (word := " ".join(part.split()))}))


def join_tags(tags: Iterable[str]) -> str:
    """Return tags as the ledger keeps them; a comma in a tag parts it."""
    return ", ".join(split_tags(",".join(tags)))


def remarks_of(events: Iterable[LabelEvent]) -> dict[str, Remark]:
    """Return what is said of each source of which anything is said."""
    found: dict[str, Remark] = {}
    for event in events:
        if event.kind not in REMARK_KINDS or event.id is None:
            continue
        before, text = found.get(event.id, Remark()), event.label or ""
        if event.kind == "note":
            found[event.id] = replace(before, note=text)
        elif event.kind == "tag":
            found[event.id] = replace(before, tags=split_tags(text))
        else:
            found[event.id] = replace(before, flag=bool(text))
    return {id: remark for id, remark in found.items() if remark != Remark()}


def changes_of(events: Iterable[LabelEvent], id: str) -> list[LabelEvent]:
    """Return what was ever noted of a source, newest first; an event without a label took something away.

    `events` are those of remarks.
    """
    return [event for event in events if event.id == id][::-1]


def remark_events(now: Remark, note: str | None, tags: Sequence[str] | None, flag: bool | None) -> list[dict[str, Any]]:
    """Return the events that change a remark; none where it says so already.

    Raises
    ------
    LedgerError
        If the note is too long.
    """
    events: list[dict[str, Any]] = []
    if note is not None and (text := note.strip()) != now.note:
        if len(text) > MAX_NOTE:
            raise LedgerError(f"A note has at most {MAX_NOTE:,} characters; this one has {len(text):,}.")
        events.append({"kind": "note", "label": text or None})
    if tags is not None and (joined := join_tags(tags)) != join_tags(now.tags):
        events.append({"kind": "tag", "label": joined or None})
    if flag is not None and flag != now.flag:
        events.append({"kind": "flag", "label": "flagged" if flag else None})
    return events
