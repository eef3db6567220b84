"""Notes, tags and flags: remarks on a source that give it no label.

A note or a list of tags replaces the previous one; an empty one deletes it. Undo does not affect them, and no learner
uses them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from astronomical.config.schema import LabelEvent
from astronomical.labels.hash_chain import LedgerError

__all__ = ["REMARK_KINDS", "Remark", "join_tags", "remark_events", "remarks_of", "split_tags"]

REMARK_KINDS = frozenset({"note", "tag", "flag"})
MAX_NOTE = 2000


@dataclass(frozen=True)
class Remark:
    """Note, tags and flag of one source.

    Parameters
    ----------
    note
        Any text.
    tags
        Words by which sources are found again, in alphabetical order.
    flag
        Whether the source is marked for another look.
    """

    note: str = ""
    tags: tuple[str, ...] = ()
    flag: bool = False


def split_tags(text: str) -> tuple[str, ...]:
    """Return the tags in a text that separates them by commas."""
    return tuple(sorted({word for part in text.split(",") if (word := " ".join(part.split()))}))


def join_tags(tags: Iterable[str]) -> str:
    """Return tags in the form of the ledger; a comma separates two tags."""
    return ", ".join(split_tags(",".join(tags)))


def remarks_of(events: Iterable[LabelEvent]) -> dict[str, Remark]:
    """Return the annotation of each source that has one."""
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


def remark_events(now: Remark, note: str | None, tags: Sequence[str] | None, flag: bool | None) -> list[dict[str, Any]]:
    """Return the events that change the annotation of a source; none if nothing changes.

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
