"""Read a journal, and merge it with the project file that it continues."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from astronomical.config.errors import first_problem
from astronomical.config.parsing import MAX_BYTES
from astronomical.config.schema import LabelEvent
from astronomical.errors import InvalidInputError
from astronomical.labels.hash_chain import FIRST_CHECK

__all__ = [
    "JOURNAL_VERSION",
    "ForeignJournalError",
    "JournalContents",
    "JournalError",
    "JournalMismatch",
    "event_line",
    "header_line",
    "merge",
    "read_journal",
]

JOURNAL_VERSION = 1
#: Maximum length of a line; an event with its note takes a fraction of it.
_MAX_LINE_BYTES = 2**20


class JournalError(InvalidInputError):
    """A journal cannot be read or written.

    Parameters
    ----------
    message
        What is wrong and what to do.
    path
        The journal.
    errno
        Error number of the operating system, if there is one.
    """

    def __init__(self, message: str, path: Path, errno: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.errno = errno


class JournalMismatch(JournalError):  # noqa: N818
    """A journal belongs to another version of the project file."""


class ForeignJournalError(JournalError):
    """Another program wrote to a journal, or removed it."""


@dataclass(frozen=True)
class JournalDamage:
    """A damaged line that is not the last one.

    Parameters
    ----------
    line
        Number of the line.
    reason
        What is wrong with the line.
    rest
        The line and everything after it.
    """

    line: int
    reason: str
    rest: str


@dataclass(frozen=True)
class JournalContents:
    """Contents of a journal.

    Parameters
    ----------
    path
        The file.
    extends
        The last check of the project file that it continues; None if a crash left no complete first line.
    events
        Its complete events.
    torn
        Whether an incomplete last line was dropped.
    size
        Number of bytes up to the end of the last complete line.
    is_ended
        Whether that line ends with a line break.
    damage
        The first damaged line, if it was tolerated.
    """

    path: Path
    extends: str | None
    events: tuple[LabelEvent, ...]
    torn: bool
    size: int
    is_ended: bool = True
    damage: JournalDamage | None = None

    @property
    def last_check(self) -> str:
        """The check of the newest event, or of the project file if there are no events."""
        return self.events[-1].check if self.events else self.extends or FIRST_CHECK


def header_line(extends: str) -> bytes:
    """Return the first line of a journal that continues a project file with this last check."""
    return json.dumps({"extends": extends, "version": JOURNAL_VERSION}).encode() + b"\n"


def event_line(event: LabelEvent) -> bytes:
    """Return the line of an event."""
    fields = event.model_dump(by_alias=True, exclude_none=True)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_journal(path: str | os.PathLike[str], *, tolerant: bool = False) -> JournalContents:
    """Read a journal without changing it.

    A crash may leave an incomplete last line. Its label was never confirmed, so the line is dropped.

    Parameters
    ----------
    path
        The journal.
    tolerant
        Whether to return the events before a damaged line instead of raising an error.

    Raises
    ------
    JournalError
        If the file cannot be read, or any other line is damaged.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_size > MAX_BYTES:
                raise JournalError(
                    f"{path} is larger than {MAX_BYTES // 2**20} MB, so it is not a journal of labels. Check "
                    "what the file is, and move it away.",
                    path,
                )
            lines = stream.readlines(MAX_BYTES)
    except OSError as error:
        raise JournalError(
            f"{path} could not be read ({error.strerror or error}). Make it readable, or move it away.",
            path,
            error.errno,
        ) from error
    extends: str | None = None
    events: list[LabelEvent] = []
    size = 0
    for number, line in enumerate(lines, start=1):
        try:
            if len(line) > _MAX_LINE_BYTES:
                raise ValueError(f"it has {len(line):,} bytes; the limit is {_MAX_LINE_BYTES:,}")
            if number == 1:
                extends = _parse_header(line, path)
            else:
                events.append(LabelEvent.model_validate_json(line))
        except (ValueError, RecursionError) as error:  # from pydantic, JSON or UTF-8
            if isinstance(error, JournalError):
                raise
            if number < len(lines):
                if tolerant and extends is not None:
                    rest = b"".join(lines[number - 1 :]).decode("utf-8", "backslashreplace")
                    return JournalContents(
                        path,
                        extends,
                        tuple(events),
                        False,
                        size,
                        damage=JournalDamage(number, _first_line(error), rest),
                    )
                raise JournalError(
                    f"{path}, line {number} is damaged: {_first_line(error)}. Restore the line "
                    "from a backup; the labels after it cannot be read without it.",
                    path,
                ) from error
            return JournalContents(path, extends, tuple(events), True, size)
        size += len(line)
    return JournalContents(path, extends, tuple(events), not lines, size, not lines or lines[-1].endswith(b"\n"))


def merge(config_events: Sequence[LabelEvent], journal: JournalContents) -> tuple[LabelEvent, ...]:
    """Return the events of a project file and the newer ones of its journal.

    After a crash between writing the project file and emptying the journal, both have the same events, which are used
    once.

    Raises
    ------
    JournalMismatch
        If the journal does not continue this project file.
    """
    if journal.extends is None:
        return tuple(config_events)
    checks = [FIRST_CHECK, *(event.check for event in config_events)]
    if journal.extends in checks:
        start = checks.index(journal.extends)
        shared = min(len(config_events) - start, len(journal.events))
        if checks[start + 1 : start + 1 + shared] == [event.check for event in journal.events[:shared]]:
            return (*config_events, *journal.events[shared:])
    raise JournalMismatch(_mismatch(checks, journal), journal.path)


def _mismatch(checks: Sequence[str], journal: JournalContents) -> str:
    held = f"{len(journal.events)} events" if len(journal.events) != 1 else "1 event"
    config = journal.path.name.removesuffix(".journal")
    return (
        f"{journal.path} does not continue {config}: its {held} follow a version of it that ends with check "
        f"{journal.extends}, but {config} has {len(checks) - 1} events and ends with check {checks[-1]}. "
        f"Nothing was merged. Restore the version of {config} to which the journal belongs, or "
        "move the journal away to continue without its events."
    )


def _parse_header(line: bytes, path: Path) -> str:
    opening = header_line(FIRST_CHECK)[:12]
    foreign = JournalError(
        f"{path} is not a journal of version {JOURNAL_VERSION}. Open it "
        "with the version of astronomical that wrote it, or move it away.",
        path,
    )
    try:
        header = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        if not opening.startswith(line[: len(opening)]):  # not a journal, rather than an incomplete one
            raise foreign from None
        raise
    extends = header.get("extends") if isinstance(header, dict) else None
    if not isinstance(extends, str) or header.get("version") != JOURNAL_VERSION:
        raise foreign
    return extends


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            return "it is incomplete, or not an event"
        return str(first_problem(error))
    return str(error)
