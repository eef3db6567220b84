"""The lock file that keeps two processes from writing one project."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from astronomical.errors import InvalidInputError
from astronomical.labels.process_info import is_running, machine, pid_namespace, start_of_process
from astronomical.paths import current_user, new_file

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["LockError", "LockOwner", "LockedError", "ProjectLock"]

#: How long a lock file may stay empty, in s: the process that creates it fills it at once, unless it died.
_EMPTY_S = 0.5
#: How long taking over a stale lock may last, in s, unless the process died.
_TAKEOVER_S = 10.0
_PAUSE_S = 0.02
_ATTEMPTS = 30
#: First bytes of a lock file.
_FIRST_BYTES = b'{"pid": '
#: Tokens of the locks held by this process.
_held: set[str] = set()


@dataclass(frozen=True)
class LockOwner:
    """The owner of a lock.

    Parameters
    ----------
    pid, host, user
        The process, its machine, and the account under which it runs.
    started
        When it opened the project.
    process
        When the process started, as the system states it; empty if unknown.
    token
        Identifies this lock.
    machine
        Identifies this machine even if its host name changes; empty if unknown.
    space
        PID namespace of the process, since each container numbers its own processes; empty if unknown.
    """

    pid: int
    host: str
    user: str
    started: str
    process: str = ""
    token: str = ""
    machine: str = ""
    space: str = ""

    @classmethod
    def ourselves(cls) -> LockOwner:
        """Return this process as the owner of a new lock."""
        pid = os.getpid()
        return cls(
            pid,
            socket.gethostname(),
            current_user(),
            datetime.now(UTC).isoformat(timespec="seconds"),
            start_of_process(pid),
            uuid.uuid4().hex,
            machine(),
            pid_namespace(),
        )

    def is_gone(self, path: Path) -> bool:
        """Return whether the process is known to have ended; nothing is known about one on another machine.

        Parameters
        ----------
        path
            The lock file.
        """
        boot, our_boot = (process.partition(":")[0] for process in (self.process, start_of_process(os.getpid())))
        if boot and our_boot and boot != our_boot:  # another machine, or this one before a restart
            return (bool(self.machine) and self.machine == machine()) or (
                not self.machine and self.host == socket.gethostname()
            )
        if not (boot and our_boot) and self.host != socket.gethostname():
            return False
        if self.space and self.space != pid_namespace():  # its pid belongs to another process here
            return _is_unused(path)
        if not is_running(self.pid):
            return True
        now = start_of_process(self.pid)
        if self.process and now and self.process != now:
            return True
        # A lock that this process released, although its file could not be removed.
        return self.pid == os.getpid() and bool(self.process) and self.token not in _held


class LockError(InvalidInputError):
    """A lock cannot be created."""


class LockedError(LockError):
    """A project is open elsewhere.

    Parameters
    ----------
    message
        Who has opened it, and what to do.
    owner
        Who has opened it; None if the lock file does not say.
    """

    def __init__(self, message: str, owner: LockOwner | None) -> None:
        super().__init__(message)
        self.owner = owner


class ProjectLock:
    """The right to write a project, held as long as ``<project file>.lock`` exists.

    Parameters
    ----------
    config
        The project file. It need not exist; names of the same file share a lock.
    """

    def __init__(self, config: str | os.PathLike[str]) -> None:
        self.config = Path(config).resolve()
        self.path = self.config.with_name(self.config.name + ".lock")
        self._owner: LockOwner | None = None
        self._file: BinaryIO | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._owner is not None

    def is_ours(self) -> bool:
        """Return whether the lock file is still the one created by this object."""
        content = _read(self.path)
        return self._owner is not None and content is not None and _parse(content) == self._owner

    def acquire(self) -> None:
        """Take the lock; take over a lock left behind by a process that ended.

        Raises
        ------
        LockedError
            If the project is open elsewhere.
        LockError
            If the lock file cannot be written.
        """
        if self._owner is not None:
            return
        owner = LockOwner.ourselves()
        _held.add(owner.token)  # before the file exists: another thread could take it for one that was released
        try:
            for _ in range(_ATTEMPTS):
                if (file := _create(self.path, owner)) is not None:
                    self._owner, self._file = owner, file
                    return
                self._clear_stale()
        except OSError as error:
            raise LockError(
                f"{self.path} could not be written ({error.strerror or error}). Make the folder "
                "writable, or open a copy of the project elsewhere."
            ) from error
        finally:
            if self._owner is None:
                _held.discard(owner.token)
        raise LockedError(f"{self.config.name} is being opened by several processes at once. Try again.", None)

    def release(self) -> None:
        """Release the lock; another owner's lock is not touched."""
        owner, self._owner = self._owner, None
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
        if owner is None or owner.pid != os.getpid():  # a forked child holds no lock
            return
        _held.discard(owner.token)
        with contextlib.suppress(OSError):  # a remaining lock file is recognised as released
            content = _read(self.path)
            if content is not None and _parse(content) == owner:
                self.path.unlink()

    def __enter__(self) -> ProjectLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _clear_stale(self) -> None:
        """Remove the lock if its owner has ended; otherwise raise `LockedError`."""
        content = _read_filled(self.path)
        if content is None:
            return
        owner = _parse(content)
        if not _is_incomplete(content) and (owner is None or not owner.is_gone(self.path)):
            raise LockedError(self._describe(owner), owner)
        with _admit_one(self.path.with_name(self.path.name + ".takeover")) as alone:
            # Several processes may see the stale lock; if another was faster, this is its lock.
            if alone and _read(self.path) == content:
                self.path.unlink()

    def _describe(self, owner: LockOwner | None) -> str:
        if owner is None:
            return (
                f"{self.config.name} is locked, but {self.path} does not name the owner. If the project is not "
                "open anywhere, delete that file."
            )
        return (
            f"{self.config.name} is open in process {owner.pid} of {owner.user} on {owner.host} since "
            f"{owner.started}. Close it there; if that process no longer runs, delete {self.path}."
        )


def _create(path: Path, owner: LockOwner) -> BinaryIO | None:
    """Create the lock file and return it open, or return None if it exists."""
    try:
        file = new_file(path)
    except FileExistsError:
        return None
    try:
        file.write(json.dumps(asdict(owner)).encode())
        file.flush()
    except OSError:
        with contextlib.suppress(OSError):
            file.close()
        path.unlink(missing_ok=True)
        raise
    if fcntl is None:  # Windows cannot remove an open file
        file.close()
    else:
        with contextlib.suppress(OSError):  # a file system without such locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def _is_unused(path: Path) -> bool:
    """Return whether no process of this kernel has the lock file open; if in doubt, return False."""
    if fcntl is None:
        return False
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError:
        return False


def _is_incomplete(content: bytes) -> bool:
    """Return whether a crash left this lock file incomplete: cut short, or with bytes that were never written."""
    text = content.rstrip(b"\0")
    if not text:
        return True
    try:
        json.loads(text)
    except ValueError:
        return text.startswith(_FIRST_BYTES) or _FIRST_BYTES.startswith(text)
    return False


@contextlib.contextmanager
def _admit_one(path: Path) -> Iterator[bool]:
    """Admit one process at a time, for a moment; the others get False after a short wait."""
    try:
        path.open("x").close()
    except FileExistsError:
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _TAKEOVER_S:
                path.unlink()
        time.sleep(_PAUSE_S)
        yield False
        return
    try:
        yield True
    finally:
        path.unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _read_filled(path: Path) -> bytes | None:
    """Return the content of the lock file; it may be incomplete if its process died while writing."""
    deadline = time.monotonic() + _EMPTY_S
    while True:
        content = _read(path)
        if content is None or not _is_incomplete(content) or time.monotonic() > deadline:
            return content
        time.sleep(_PAUSE_S)


def _parse(content: bytes) -> LockOwner | None:
    try:
        fields = json.loads(content)
        return LockOwner(
            int(fields["pid"]),
            str(fields["host"]),
            str(fields["user"]),
            str(fields["started"]),
            str(fields.get("process", "")),
            str(fields.get("token", "")),
            str(fields.get("machine", "")),
            str(fields.get("space", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
