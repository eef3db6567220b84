"""The journal: events on disk, one durable line each, until they are folded into the config."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from astronomical.config.io import write_atomically
from astronomical.config.schema import LabelEvent
from astronomical.labels.chain import FIRST_CHECK, LedgerError, check_of
from astronomical.labels.journal_reader import (
    JournalContents,
    JournalError,
    JournalMismatch,
    event_line,
    header_line,
    merge,
    read_journal,
)

__all__ = ["Journal", "JournalContents", "JournalError", "JournalMismatch", "Lines", "journal_path",
           "lines_of", "merge", "read_journal"]


def journal_path(config: str | os.PathLike[str]) -> Path:
    """Return where the journal of a config lies: beside it, with ``.journal`` added to its name."""
    path = Path(config)
    return path.with_name(path.name + ".journal")


@dataclass(frozen=True)
class Lines:
    """Events as they are written: the check that they follow, their last check, and their lines."""

    follows: str
    last: str
    text: bytes


def lines_of(events: Sequence[LabelEvent], follows: str) -> Lines:
    """Return the lines of events that follow the one of a check; takes a while for many, and is for any thread.

    Raises
    ------
    LedgerError
        If they do not follow it, and each other.
    """
    last = follows
    for event in events:
        if event.check != check_of(event, last):
            raise LedgerError(f"Event {event.n} does not follow the newest event; append events in the order in which "
                              "the ledger made them.")
        last = event.check
    return Lines(follows, last, b"".join(event_line(event) for event in events))


class Journal:
    """An open journal, to which events are appended.

    Made by `Journal.create`, `Journal.resume` or `Journal.open`. Whoever opens one holds the lock
    of the project; the journal notices if another process writes to it all the same.

    Attributes
    ----------
    path : Path
        The file.
    extends : str
        The last check of the config that the journal continues.
    last_check : str
        The check of its newest event, or `extends` while it has none.
    """

    def __init__(self, path: Path, extends: str, last_check: str) -> None:
        self.path = path
        self.extends = extends
        self.last_check = last_check
        self._reopen()

    @classmethod
    def create(cls, path: str | os.PathLike[str], extends: str) -> Journal:
        """Start an empty journal where there is none."""
        path = Path(path)
        if path.exists():
            raise JournalError(f"{path} exists: it may hold labels that are nowhere else. Resume it, or move "
                               "it away.", path)
        return cls._start(path, extends)

    @classmethod
    def resume(cls, path: str | os.PathLike[str]) -> Journal:
        """Go on with a journal; a line torn by a crash is cut off."""
        path = Path(path)
        contents = read_journal(path)
        if contents.extends is None:
            raise JournalError(f"{path} holds no label, not even its own first line, so that it cannot be "
                               "resumed. Delete it.", path)
        try:
            _mend(path, contents)
            return cls(path, contents.extends, contents.last_check)
        except OSError as error:
            raise _cannot_write(path, error) from error

    @classmethod
    def open(cls, path: str | os.PathLike[str],
             config_events: Sequence[LabelEvent]) -> tuple[Journal, tuple[LabelEvent, ...], bool]:
        """Open the journal of a config, whether or not there is one yet.

        Returns
        -------
        journal : Journal
            Ready for the event after the last.
        events : tuple of LabelEvent
            Those of the config and what the journal has beyond.
        torn : bool
            Whether a line torn by a crash was dropped.

        Raises
        ------
        JournalMismatch
            If the journal belongs to another state of the config.
        """
        path = Path(path)
        if not path.exists():
            return cls._start(path, _last_check(config_events)), tuple(config_events), False
        contents = read_journal(path)
        events = merge(config_events, contents)
        if contents.extends is not None and contents.last_check == _last_check(events):
            return cls.resume(path), events, contents.torn
        return cls._start(path, _last_check(events)), events, contents.torn  # the config has all of it

    def append(self, *events: LabelEvent) -> None:
        """Write events, all of them at once; they are on the disk when this returns.

        Raises
        ------
        JournalError
            If they could not be written. The journal then holds what it held before.
        """
        self.append_lines(lines_of(events, self.last_check))

    def append_lines(self, ready: Lines) -> None:
        """Write events of which `lines_of` made lines; see `append`."""
        if ready.follows != self.last_check:
            raise LedgerError(f"The events do not follow the newest event in {self.path}; append them in the order in "
                              "which the ledger made them.")
        lines, last = ready.text, ready.last
        if self._torn:
            self._take_back()
        self._refuse_foreign_changes()
        try:
            self._write(lines)
        except OSError as error:
            self._take_back()
            raise _cannot_write(self.path, error) from error
        self._size += len(lines)
        self.last_check = last

    def restart(self, extends: str) -> None:
        """Replace the journal by an empty one, after its events were folded into a config.

        Parameters
        ----------
        extends
            The last check of that config. Events appended since it was written are kept.

        Raises
        ------
        JournalError
            If the journal cannot be written, or would lose events that the config does not have.
        """
        content = header_line(extends) + b"".join(event_line(event) for event in self._beyond(extends))
        self._stream.close()  # an open file cannot be replaced on Windows
        try:
            write_atomically(self.path, content)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._reopen()
            raise _cannot_write(self.path, error) from error
        self._reopen()
        self.extends = extends

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        self._stream.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    @classmethod
    def _start(cls, path: Path, extends: str) -> Journal:
        try:
            write_atomically(path, header_line(extends))
            return cls(path, extends, extends)
        except OSError as error:
            raise _cannot_write(path, error) from error

    def _reopen(self) -> None:
        self._stream = self.path.open("ab", buffering=0)
        self._size = os.fstat(self._stream.fileno()).st_size
        self._torn = False

    def _beyond(self, check: str) -> Sequence[LabelEvent]:
        """Return the events after the one with this check."""
        if check == self.last_check:
            return ()
        contents = read_journal(self.path)
        checks = [self.extends, *(event.check for event in contents.events)]
        if check not in checks:
            raise JournalError(f"{self.path} has events that the config lacks, and is not emptied. Save the "
                               "project again.", self.path)
        return contents.events[checks.index(check):]

    def _write(self, lines: bytes) -> None:
        rest = memoryview(lines)
        while rest:  # a nearly full disk takes a part only
            rest = rest[self._stream.write(rest) or 0:]
        os.fsync(self._stream.fileno())

    def _take_back(self) -> None:
        """Cut what was half written off; if even that fails, a reader drops it and `append` tries again."""
        self._torn = True
        with contextlib.suppress(OSError):
            self._stream.truncate(self._size)
            os.fsync(self._stream.fileno())
            self._torn = False

    def _refuse_foreign_changes(self) -> None:
        try:
            ours = os.fstat(self._stream.fileno())
            same = os.path.samestat(ours, self.path.stat())
        except (OSError, ValueError) as error:
            raise JournalError(f"{self.path} is gone or closed ({error}), so that nothing was recorded. Save "
                               "the project under another name.", self.path) from error
        if not same or ours.st_size != self._size:
            raise JournalError(f"{self.path} was changed by another program while it was open, so that "
                               "nothing was recorded. Save the project under another name, and look who "
                               "writes there.", self.path)


def _last_check(events: Sequence[LabelEvent]) -> str:
    return events[-1].check if events else FIRST_CHECK


def _mend(path: Path, contents: JournalContents) -> None:
    """Cut a torn line off, and end the last whole line."""
    with path.open("r+b") as stream:
        stream.truncate(contents.size)
        stream.seek(contents.size - 1)
        if stream.read(1) != b"\n":
            stream.write(b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def _cannot_write(path: Path, error: OSError) -> JournalError:
    reason = error.strerror or str(error)
    return JournalError(f"{path} could not be written ({reason}), so that nothing was recorded. Make room on "
                        "the disk, or make the folder writable, then try again.", path, error.errno)
