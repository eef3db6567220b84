"""Detect that another program changed an open project, and merge both versions."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astronomical.config.io import write_config
from astronomical.config.schema import Config, LabelConfig, LabelEvent
from astronomical.labels.ledger import Ledger
from astronomical.paths import free_name
from astronomical.session.errors import SessionError

__all__ = ["ForeignChangeError", "Merged", "keep_ours", "merge_events", "merge_labels"]


class ForeignChangeError(SessionError):
    """Another program changed the files of a project, so nothing more is written."""


@dataclass(frozen=True)
class Merged:
    """Result of merging two ledgers.

    Attributes
    ----------
    ledger
        All events on disk, followed by those that only this version had.
    added
        Events that only this version had, with their new numbers.
    differing
        Sources with different labels in the two versions; the label of this version is the newer one in the ledger.
    """

    ledger: Ledger
    added: tuple[LabelEvent, ...]
    differing: tuple[str, ...]


def keep_ours(config: Config, path: Path) -> Path:
    """Save this version beside the files that another program changed, without overwriting anything.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    host = "".join(letter if letter.isalnum() else "-" for letter in socket.gethostname())[:40] or "here"
    kept = free_name(path.with_stem(f"{path.stem}.conflict-{host}"))
    write_config(config, kept, overwrite=False)
    return kept


def merge_events(theirs: Sequence[LabelEvent], ours: Ledger) -> Merged:
    """Return a ledger with the events on disk, followed by those that only our ledger has.

    Labels that were undone here are omitted. An undo of a label in both versions is kept.
    """
    base = Ledger.replay(theirs)
    shared = 0
    for one, other in zip(base.events, ours.events, strict=False):
        if one.check != other.check:
            break
        shared += 1
    ledger, added = base.extend(_drafts(base, ours, shared))
    here, there = _labels(ours, shared), _labels(base, shared)
    differing = tuple(id for key, (id, label) in here.items() if key in there and there[key][1] != label)
    return Merged(ledger, added, tuple(dict.fromkeys(differing)))


def merge_labels(ours: Sequence[LabelConfig], theirs: Sequence[LabelConfig]) -> tuple[LabelConfig, ...]:
    """Return our classes, and those that only the files on disk have."""
    names = {label.name for label in ours}
    return (*ours, *(label for label in theirs if label.name not in names))


def _drafts(base: Ledger, ours: Ledger, shared: int) -> Iterator[dict[str, Any]]:
    settled: set[int] = set()
    for event in ours.events[shared:]:
        stamp = {"who": event.who, "when": event.when, "id": event.id}
        target = event.target
        if target is None:
            if event.n not in ours.undone:
                yield {
                    **stamp,
                    "kind": event.kind,
                    "label": event.label,
                    "class_name": event.class_name,
                    "round": event.round,
                    "origin": event.origin,
                    "score": event.score,
                }
        elif target <= shared and target not in settled:
            settled.add(target)
            if (target in ours.undone) != (target in base.undone):
                yield {**stamp, "kind": "undo" if target in ours.undone else "redo", "target": target}


def _labels(ledger: Ledger, shared: int) -> dict[tuple[str | None, str | None], tuple[str, str | None]]:
    """Return the newest label after the shared events, by source and learner."""
    return {
        (event.id, event.class_name): (event.id or "", event.label) for event in ledger.effective if event.n > shared
    }
