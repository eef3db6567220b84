"""The lock file that keeps two processes from writing one project."""

from __future__ import annotations

import contextlib
import getpass
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

from astronomical.labels.processes import is_running, start_of_process

__all__ = ["LockError", "LockOwner", "LockedError", "ProjectLock"]

#: How long a lock file may stay empty: its maker fills it at once, unless it died in between.
_EMPTY_S = 0.5
#: How long taking over a stale lock may last, unless the process died meanwhile.
_TAKEOVER_S = 10.0
_PAUSE_S = 0.02
_ATTEMPTS = 30


@dataclass(frozen=True)
class LockOwner:
    """Who holds a project.

    Parameters
    ----------
    pid, host, user
        The process, its machine, and the account under which it runs.
    started
        When it opened the project.
    process
        When the process itself started, in the system's own words; empty where that cannot be known.
    token
        Tells this lock from any other.
    """

    pid: int
    host: str
    user: str
    started: str
    process: str = ""
    token: str = ""

    @classmethod
    def ourselves(cls) -> LockOwner:
        """Return this process as the owner of a new lock."""
        pid = os.getpid()
        return cls(pid, socket.gethostname(), _user(), datetime.now(UTC).isoformat(timespec="seconds"),
                   start_of_process(pid), uuid.uuid4().hex)

    def is_gone(self) -> bool:
        """Tell whether the process is known to have ended; on another machine nothing is known."""
        if self.host != socket.gethostname():
            return False
        if not is_running(self.pid):
            return True
        now = start_of_process(self.pid)
        return bool(self.process and now and self.process != now)


class LockError(ValueError):
    """A lock that cannot be made."""


class LockedError(LockError):
    """A project that is open elsewhere.

    Parameters
    ----------
    message
        Who has it, and what to do.
    owner
        Who has it; None if the lock file does not say.
    """

    def __init__(self, message: str, owner: LockOwner | None) -> None:
        super().__init__(message)
        self.owner = owner


class ProjectLock:
    """The right to write a project, for as long as ``<config>.lock`` exists.

    Parameters
    ----------
    config
        The file of the project. It need not exist; names that lead to the same file share a lock.
    """

    def __init__(self, config: str | os.PathLike[str]) -> None:
        self.config = Path(config).resolve()
        self.path = self.config.with_name(self.config.name + ".lock")
        self._owner: LockOwner | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object took the lock and has not released it."""
        return self._owner is not None

    def acquire(self) -> None:
        """Take the lock; a lock left behind by a process that ended is taken over.

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
        try:
            for _ in range(_ATTEMPTS):
                if _create(self.path, owner):
                    self._owner = owner
                    return
                self._clear_stale()
        except OSError as error:
            raise LockError(f"{self.path} could not be written ({error.strerror or error}). Make the folder "
                            "writable, or open a copy of the project elsewhere.") from error
        raise LockedError(f"{self.config.name} is being opened by several processes at once. Try again.",
                          None)

    def release(self) -> None:
        """Give the lock back; a lock that is not our own is left alone."""
        owner, self._owner = self._owner, None
        if owner is None or owner.pid != os.getpid():  # a forked child holds nothing
            return
        content = _read(self.path)
        if content is not None and _parse(content) == owner:
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()

    def __enter__(self) -> ProjectLock:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.release()

    def _clear_stale(self) -> None:
        """Remove the lock if its owner is gone, else raise `LockedError`."""
        content = _read_filled(self.path)
        if content is None:
            return
        owner = _parse(content)
        if content and (owner is None or not owner.is_gone()):
            raise LockedError(self._describe(owner), owner)
        with _only_one(self.path.with_name(self.path.name + ".takeover")) as alone:
            # of several that saw the stale lock, another may have been quicker: then this is its lock
            if alone and _read(self.path) == content:
                self.path.unlink()

    def _describe(self, owner: LockOwner | None) -> str:
        if owner is None:
            return (f"{self.config.name} is locked, and {self.path} does not say by whom. If it is open "
                    "nowhere, delete that file.")
        return (f"{self.config.name} is open in process {owner.pid} of {owner.user} on {owner.host} since "
                f"{owner.started}. Close it there; if that process no longer runs, delete {self.path}.")


def _create(path: Path, owner: LockOwner) -> bool:
    """Make the lock file, unless there is one."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(owner)))
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[bool]:
    """Let one process in at a time, for a moment; the others get False, a little later."""
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
    """Return what the lock says; empty if its maker died before it could write."""
    deadline = time.monotonic() + _EMPTY_S
    while True:
        content = _read(path)
        if content != b"" or time.monotonic() > deadline:
            return content
        time.sleep(_PAUSE_S)


def _parse(content: bytes) -> LockOwner | None:
    try:
        fields = json.loads(content)
        return LockOwner(int(fields["pid"]), str(fields["host"]), str(fields["user"]), str(fields["started"]),
                         str(fields.get("process", "")), str(fields.get("token", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in many containers
        return "an unnamed user"
