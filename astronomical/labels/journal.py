"""The journal: events on disk, one durable line each, until the project file contains them."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from astronomical.config.schema import LabelEvent
from astronomical.labels.hash_chain import FIRST_CHECK, LedgerError, check_of
from astronomical.labels.journal_reader import (
    ForeignJournalError,
    JournalContents,
    JournalError,
    JournalMismatch,
    event_line,
    header_line,
    merge,
    read_journal,
)
from astronomical.paths import new_file, sync_folder

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = [
    "ForeignJournalError",
    "Journal",
    "JournalContents",
    "JournalError",
    "JournalMismatch",
    "Lines",
    "journal_path",
    "lines_of",
    "merge",
    "read_journal",
]


#: Errors of the disk, as opposed to signs that the file was removed.
_DISK_ERRORS = frozenset({errno.EIO, errno.EACCES, errno.EINTR, errno.ENOSPC, errno.EDQUOT, errno.ESTALE})


def journal_path(config: str | os.PathLike[str]) -> Path:
    """Return the path of the journal of a project file: beside it, with ``.journal`` added to its name."""
    path = Path(config)
    return path.with_name(path.name + ".journal")


@dataclass(frozen=True)
class Lines:
    """Events as written: the digest that they follow, their last digest, and their lines."""

    follows: str
    last: str
    text: bytes


def lines_of(events: Sequence[LabelEvent], follows: str) -> Lines:
    """Return the lines of events that follow a given digest; any thread may call it, since many events take time.

    Raises
    ------
    LedgerError
        If the events do not follow it and each other.
    """
    last = follows
    for event in events:
        if event.check != check_of(event, last):
            raise LedgerError(
                f"Event {event.n} does not follow the newest event; append events in the order of the ledger."
            )
        last = event.check
    return Lines(follows, last, b"".join(event_line(event) for event in events))


class Journal:
    """An open journal, to which events are appended.

    Create one with `Journal.create`, `Journal.resume` or `Journal.open`. The process should hold the lock of the
    project. If another process writes to the file nevertheless, this journal stops writing: it never replaces the file,
    only appends to it, and empties it in place after reading what it contains.

    Attributes
    ----------
    path : Path
        The file.
    extends : str
        The last check of the project file that the journal continues.
    last_check : str
        The check of its newest event, or `extends` while it has none.
    """

    def __init__(self, path: Path, stream: BinaryIO, contents: JournalContents | None) -> None:
        self.path = path
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        self._torn = False
        self.extends = FIRST_CHECK if contents is None or contents.extends is None else contents.extends
        self.last_check = self.extends if contents is None else contents.last_check

    @classmethod
    def create(cls, path: str | os.PathLike[str], extends: str) -> Journal:
        """Create an empty journal.

        Raises
        ------
        JournalError
            If the file exists, or cannot be written.
        """
        path = Path(path)
        try:
            new_file(path).close()
            journal = cls(path, _open(path), None)
            with _closing_on_error(journal), journal._exclusive():
                journal._begin(extends)
            sync_folder(path.parent)
        except FileExistsError:
            raise JournalError(
                f"{path} exists: it may contain the only copy of labels. Resume it, or move it away.", path
            ) from None
        except OSError as error:
            raise _cannot_write(path, error) from error
        return journal

    @classmethod
    def resume(cls, path: str | os.PathLike[str]) -> Journal:
        """Continue a journal, and remove a last line that a crash left incomplete.

        Raises
        ------
        JournalError
            If the file is empty or damaged, or cannot be written.
        """
        path = Path(path)
        with _opening(path) as (journal, contents):
            if contents.extends is None:
                raise JournalError(
                    f"{path} cannot be resumed: it is empty. Delete it; it contains no labels.",
                    path,
                )
            journal._repair_end(contents)
        return journal

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], config_events: Sequence[LabelEvent]
    ) -> tuple[Journal, tuple[LabelEvent, ...], bool]:
        """Open the journal of a project file, or create one.

        Returns
        -------
        journal : Journal
            The journal, to which events can be appended.
        events : tuple of LabelEvent
            Events of the project file, and the newer ones of the journal.
        torn : bool
            Whether an incomplete last line was dropped.

        Raises
        ------
        JournalMismatch
            If the journal belongs to another version of the project file.
        """
        path = Path(path)
        if not path.exists():
            return cls.create(path, _last_check(config_events)), tuple(config_events), False
        with _opening(path) as (journal, contents):
            events = merge(config_events, contents)
            if contents.extends is not None and contents.last_check == _last_check(events):
                journal._repair_end(contents)
            else:  # the project file has all of its events
                journal._begin(_last_check(events))
        return journal, events, contents.torn

    def append(self, *events: LabelEvent) -> None:
        """Append events, all or none; they are on disk when this returns.

        Raises
        ------
        JournalError
            If they could not be written. The journal is then unchanged.
        """
        self.append_lines(lines_of(events, self.last_check))

    def append_lines(self, ready: Lines) -> None:
        """Append events that `lines_of` formatted; see `append`."""
        if ready.follows != self.last_check:
            raise LedgerError(
                f"The events do not follow the newest event in {self.path}; append them in the order of the ledger."
            )
        lines, last = ready.text, ready.last
        try:
            with self._exclusive():
                self._refuse_foreign_changes()
                try:
                    self._write(lines if self._size else header_line(self.extends) + lines)
                except OSError:
                    self._remove_incomplete()
                    raise
                self._size = os.fstat(self._stream.fileno()).st_size
                self._refuse_foreign_changes()  # otherwise the label may be in a file that was deleted
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self.last_check = last

    def restart(self, extends: str) -> None:
        """Empty the journal after its events were saved in the project file.

        Events appended since that file was written remain in the journal, together with those before them.

        Parameters
        ----------
        extends
            The last check of that project file.

        Raises
        ------
        ForeignJournalError
            If another program wrote to the journal; it is unchanged.
        JournalError
            If the journal cannot be written, or would lose events that the project file does not have.
        """
        try:
            with self._exclusive():
                self._refuse_foreign_changes()
                if extends == self.last_check:
                    self._begin(extends)
                    return
                contents = read_journal(self.path)
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        if extends not in [self.extends, *(event.check for event in contents.events)]:
            raise JournalError(
                f"{self.path} has events that the project file lacks, so it was not emptied. Save the project again.",
                self.path,
            )

    def check(self) -> None:
        """Raise `ForeignJournalError` if another program changed, removed or replaced the file."""
        self._refuse_foreign_changes()

    def remove(self) -> None:
        """Close the journal, and delete its file if it has no events and is still ours."""
        with contextlib.suppress(JournalError, OSError, ValueError), self._exclusive():
            self._refuse_foreign_changes()
            if self.last_check == self.extends:
                if fcntl is None:  # Windows cannot delete an open file
                    self._stream.close()
                self.path.unlink()
        self.close()

    def close(self) -> None:
        """Close the file. Closing twice or failing to close is harmless: all events are already on disk."""
        with contextlib.suppress(OSError):
            self._stream.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Lock the file against other processes of this machine for a moment."""
        if fcntl is None or self._stream.closed:
            yield
            return
        locked = False
        with contextlib.suppress(OSError):  # a file system without such locks
            fcntl.flock(self._stream, fcntl.LOCK_EX)
            locked = True
        try:
            yield
        finally:
            if locked and not self._stream.closed:
                with contextlib.suppress(OSError):
                    fcntl.flock(self._stream, fcntl.LOCK_UN)

    def _begin(self, extends: str) -> None:
        """Remove all but the first line. A crash half-way leaves less, which is read as no events."""
        self._stream.truncate(0)
        self._size, self._torn, self.extends, self.last_check = 0, False, extends, extends
        try:
            self._write(header_line(extends))
        except OSError:
            self._remove_incomplete()
            raise
        self._size = os.fstat(self._stream.fileno()).st_size

    def _repair_end(self, contents: JournalContents) -> None:
        """Remove an incomplete last line, and end the last complete line."""
        if contents.size < self._size:
            self._stream.truncate(contents.size)
        if not contents.is_ended:
            self._write(b"\n")
        os.fsync(self._stream.fileno())
        self._size = os.fstat(self._stream.fileno()).st_size

    def _write(self, lines: bytes) -> None:
        rest = memoryview(lines)
        while rest:  # a nearly full disk may write only a part
            rest = rest[self._stream.write(rest) or 0 :]
        os.fsync(self._stream.fileno())

    def _remove_incomplete(self) -> None:
        """Remove an incomplete write. If that fails too, readers drop it and `append` tries again."""
        self._torn = True
        with contextlib.suppress(OSError):
            self._stream.truncate(self._size)
            os.fsync(self._stream.fileno())
            self._torn = False

    def _refuse_foreign_changes(self) -> None:
        if self._torn:
            self._remove_incomplete()
        if self._torn:
            raise _cannot_write(self.path, OSError(errno.EIO, "an incomplete write cannot be removed"))
        try:
            ours = os.fstat(self._stream.fileno())
            same = os.path.samestat(ours, self.path.stat())
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
                raise _cannot_write(self.path, error) from error
            raise ForeignJournalError(
                f"{self.path} was removed or closed ({error}). Nothing was recorded.", self.path
            ) from error
        if not same or ours.st_size != self._size:
            raise ForeignJournalError(
                f"{self.path} was changed by another program while it was open. Nothing was recorded.",
                self.path,
            )


@contextlib.contextmanager
def _opening(path: Path) -> Iterator[tuple[Journal, JournalContents]]:
    """Open an existing journal and read it under a lock against other processes."""
    try:
        journal = Journal(path, _open(path), None)
        with _closing_on_error(journal), journal._exclusive():
            contents = read_journal(path)
            journal.extends, journal.last_check = contents.extends or FIRST_CHECK, contents.last_check
            yield journal, contents
    except OSError as error:
        raise _cannot_write(path, error) from error


def _open(path: Path) -> BinaryIO:
    """Open an existing file for appending."""
    flags = os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise JournalError(f"{path} is not a regular file. Move it away.", path)
    return os.fdopen(handle, "ab", buffering=0)


@contextlib.contextmanager
def _closing_on_error(journal: Journal) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            journal.close()
        raise


def _last_check(events: Sequence[LabelEvent]) -> str:
    return events[-1].check if events else FIRST_CHECK


def _cannot_write(path: Path, error: OSError) -> JournalError:
    reason = error.strerror or str(error)
    return JournalError(
        f"{path} could not be written ({reason}). Nothing was recorded. Free space on "
        "the disk, or make the folder writable, then try again.",
        path,
        error.errno,
    )
