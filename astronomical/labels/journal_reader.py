"""Reading a journal, and joining it to the config that it continues."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from astronomical.config.schema import LabelEvent
from astronomical.labels.chain import FIRST_CHECK

__all__ = ["JOURNAL_VERSION", "JournalContents", "JournalError", "JournalMismatch", "event_line",
           "header_line", "merge", "read_journal"]

JOURNAL_VERSION = 1


class JournalError(ValueError):
    """A journal that cannot be read or written.

    Parameters
    ----------
    message
        What is wrong and what to do.
    path
        The journal.
    errno
        Number of the system's error, if it was one.
    """

    def __init__(self, message: str, path: Path, errno: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.errno = errno


class JournalMismatch(JournalError):  # noqa: N818
    """A journal that belongs to another state of the config."""


@dataclass(frozen=True)
class JournalContents:
    """What a journal holds.

    Parameters
    ----------
    path
        The file.
    extends
        The last check of the config that it continues; None if a crash left not even the first line.
    events
        Its whole events.
    torn
        Whether a last line, torn by a crash, was dropped.
    size
        Bytes up to the end of the last whole line.
    """

    path: Path
    extends: str | None
    events: tuple[LabelEvent, ...]
    torn: bool
    size: int

    @property
    def last_check(self) -> str:
        """The check of the newest event, or of the config while there is none."""
        return self.events[-1].check if self.events else self.extends or FIRST_CHECK


def header_line(extends: str) -> bytes:
    """Return the first line of a journal that continues a config with this last check."""
    return json.dumps({"extends": extends, "version": JOURNAL_VERSION}).encode() + b"\n"


def event_line(event: LabelEvent) -> bytes:
    """Return the line that holds an event."""
    fields = event.model_dump(by_alias=True, exclude_none=True)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_journal(path: str | os.PathLike[str]) -> JournalContents:
    """Read a journal, without changing it.

    A last line that is not whole is what a crash leaves: its label was never confirmed, and it is dropped.

    Raises
    ------
    JournalError
        If the file cannot be read, or any other line is broken.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            lines = stream.readlines()
    except OSError as error:
        raise JournalError(f"{path} could not be read ({error.strerror or error}). Make it readable, or move "
                           "it away.", path, error.errno) from error
    extends: str | None = None
    events: list[LabelEvent] = []
    size = 0
    for number, line in enumerate(lines, start=1):
        try:
            if number == 1:
                extends = _parse_header(line, path)
            else:
                events.append(LabelEvent.model_validate_json(line))
        except (ValidationError, json.JSONDecodeError, UnicodeDecodeError) as error:
            if number < len(lines):
                raise JournalError(f"{path}, line {number} is broken: {_first_line(error)}. Restore the line "
                                   "from a backup; the labels after it cannot be read without it.",
                                   path) from error
            return JournalContents(path, extends, tuple(events), True, size)
        size += len(line)
    return JournalContents(path, extends, tuple(events), not lines, size)


def merge(config_events: Sequence[LabelEvent], journal: JournalContents) -> tuple[LabelEvent, ...]:
    """Return the events of a config and those that its journal has beyond.

    After a crash between writing the config and restarting the journal, both hold the same events;
    they are taken once.

    Raises
    ------
    JournalMismatch
        If the journal does not continue this config.
    """
    if journal.extends is None:
        return tuple(config_events)
    checks = [FIRST_CHECK, *(event.check for event in config_events)]
    if journal.extends in checks:
        start = checks.index(journal.extends)
        shared = min(len(config_events) - start, len(journal.events))
        if checks[start + 1:start + 1 + shared] == [event.check for event in journal.events[:shared]]:
            return (*config_events, *journal.events[shared:])
    raise JournalMismatch(_mismatch(checks, journal), journal.path)


def _mismatch(checks: Sequence[str], journal: JournalContents) -> str:
    held = f"{len(journal.events)} events" if len(journal.events) != 1 else "1 event"
    config = journal.path.name.removesuffix(".journal")
    return (f"{journal.path} does not continue {config}: its {held} follow a version that ends with check "
            f"{journal.extends}, but {config} has {len(checks) - 1} events and ends with check {checks[-1]}. "
            f"Nothing was merged. Either put back the version of {config} to which the journal belongs, or "
            "move the journal away to go on without its events.")


def _parse_header(line: bytes, path: Path) -> str:
    opening = header_line(FIRST_CHECK)[:12]
    foreign = JournalError(f"{path} does not begin like a journal of version {JOURNAL_VERSION}. Open it "
                           "with the version of astronomical that wrote it, or move it away.", path)
    try:
        header = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):
        if not opening.startswith(line[:len(opening)]):  # no journal at all, rather than a torn one
            raise foreign from None
        raise
    extends = header.get("extends") if isinstance(header, dict) else None
    if not isinstance(extends, str) or header.get("version") != JOURNAL_VERSION:
        raise foreign
    return extends


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        return f"{where}: {detail['msg']}" if where else detail["msg"]
    return str(error)
