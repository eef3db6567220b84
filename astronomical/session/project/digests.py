"""Tell whether a project file was changed since it was read."""

from __future__ import annotations

import threading
from pathlib import Path

from astronomical.config.io import digest_of

__all__ = ["DigestReader", "Stamp", "file_digest", "file_stamp"]

#: Identity, size and modification time of a file.
Stamp = tuple[int, int, int]


class DigestReader:
    """Reads a file in a thread to find its digest.

    Attributes
    ----------
    stamp
        State of the file when it was read.
    found
        Its digest; None until it was read.
    """

    def __init__(self, path: Path, stamp: Stamp) -> None:
        self.stamp = stamp
        self.found: str | None = None
        self._path = path
        threading.Thread(target=self._read, name="digest", daemon=True).start()

    def _read(self) -> None:
        try:
            self.found = file_digest(self._path)
        except OSError:
            self.found = ""  # it cannot be read: not what was written here


def file_digest(path: Path) -> str:
    """Return the digest of a project file; empty if the file does not exist."""
    try:
        return digest_of(path.read_bytes())
    except FileNotFoundError:
        return ""


def file_stamp(path: Path) -> Stamp | None:
    """Return a stamp that identifies the state of a file; None if the file does not exist."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
