"""Errors of a disk, put into the calls with which files are written."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["CALLS", "ERRORS", "Faults"]

#: The calls of the system that change a file, as the program makes them.
CALLS = ("open", "write", "fsync", "replace", "unlink", "mkdir", "flush", "close", "link", "truncate", "stat", "fchmod")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EINTR)


class Faults:
    """Lets the n-th call of a kind fail, below a folder; counts the calls that could have failed.

    Parameters
    ----------
    folder
        Only files below it are disturbed.
    call, n, error
        Which call fails, from 1 on, and with which number of an error.
    """

    def __init__(self, folder: Path, call: str, n: int, error: int) -> None:
        self.folder, self.call, self.n, self.error = str(folder), call, n, error
        self.count = 0
        self._handles: set[int] = set()

    @property
    def happened(self) -> bool:
        """Whether the call was reached."""
        return self.count >= self.n

    def hit(self, call: str) -> None:
        """Count a call, and raise an error if it is its turn."""
        if call == self.call:
            self.count += 1
            if self.count == self.n:
                raise OSError(self.error, os.strerror(self.error))

    def concerns(self, target: object) -> bool:
        """Tell whether a path or an open file is below the folder."""
        if isinstance(target, int):
            with contextlib.suppress(OSError):
                return str(Path(f"/proc/self/fd/{target}").readlink()).startswith(self.folder)
            return False
        return isinstance(target, str | os.PathLike) and os.fspath(target).startswith(self.folder)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[Faults]:
        """Let the calls fail within a block."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("fsync", "replace", "unlink", "mkdir", "link", "fchmod", "stat"):
                patch.setattr(os, name, self._around(name, getattr(os, name)))
            patch.setattr(os, "open", self._opening(os.open))
            patch.setattr(os, "fdopen", self._wrapping(os.fdopen))
            yield self

    def _around(self, name: str, real):
        def call(target, *args, **kwargs):
            if self.concerns(target):
                self.hit(name)
            return real(target, *args, **kwargs)

        return call

    def _opening(self, real):
        def call(path, flags, *args, **kwargs):
            if self.concerns(path) and flags & (os.O_WRONLY | os.O_RDWR):
                self.hit("open")
            return real(path, flags, *args, **kwargs)

        return call

    def _wrapping(self, real):
        def call(handle, *args, **kwargs):
            file = real(handle, *args, **kwargs)
            return _File(file, self) if self.concerns(handle) else file

        return call


class _File(io.BufferedIOBase):
    """An open file whose calls may fail."""

    def __init__(self, file, faults: Faults) -> None:
        self._file, self._faults = file, faults

    def write(self, data) -> int:
        self._faults.hit("write")
        return self._file.write(data)

    def flush(self) -> None:
        if not self._file.closed:
            self._faults.hit("flush")
            self._file.flush()

    def truncate(self, size=None) -> int:
        self._faults.hit("truncate")
        return self._file.truncate(size)

    def close(self) -> None:
        if self._file.closed:
            return
        try:
            self._faults.hit("close")
        finally:
            self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed

    @property
    def mode(self) -> str:
        return self._file.mode

    @property
    def name(self):
        return self._file.name

    def fileno(self) -> int:
        return self._file.fileno()

    def read(self, *args):
        return self._file.read(*args)

    def readinto(self, buffer):
        return self._file.readinto(buffer)

    def seek(self, *args):
        return self._file.seek(*args)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return self._file.readable()

    def writable(self) -> bool:
        return self._file.writable()

    def seekable(self) -> bool:
        return self._file.seekable()
