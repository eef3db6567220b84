"""Replies of servers on disk: shared between projects, limited in size, there without a network."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import platformdirs

__all__ = ["DiskCache", "cache_folder"]

_log = logging.getLogger(__name__)
_MAX_BYTES = 1_000_000_000
#: An absence is believed for so long: surveys grow. In s.
_ABSENCE_S = 30 * 86400.0
#: What is dropped when the limit is passed, so that not every reply costs a look at all files.
_KEEP_SHARE = 0.9
_DIGEST_BYTES = 32
_IMAGE, _ABSENT = b"image\n", b"none!\n"


def cache_folder() -> Path:
    """Return the folder of what can be fetched again."""
    home = os.environ.get("ASTRONOMICAL_HOME")
    return Path(home).expanduser() / "cache" if home else platformdirs.user_cache_path("astronomical")


class DiskCache:
    """Bodies by address, each in a file named by the digest of its address; the ones used least go first.

    Several processes may share a folder. Nothing here ever fails: a cache that cannot be read or written is empty.

    Parameters
    ----------
    folder
        Where the files lie; made when it is first needed.
    max_bytes
        Limit of all files together.
    """

    def __init__(self, folder: Path, max_bytes: int = _MAX_BYTES) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._bytes: int | None = None
        self._lock = threading.Lock()

    def get(self, url: str) -> bytes | None:
        """Return the body of an address, empty bytes if the server is known to have none; None if it is not here."""
        path = self._path(url)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        kind, digest, body = content[:6], content[6:6 + _DIGEST_BYTES], content[6 + _DIGEST_BYTES:]
        with contextlib.suppress(OSError):
            old = kind == _ABSENT and time.time() - path.stat().st_mtime > _ABSENCE_S
            if kind not in (_IMAGE, _ABSENT) or hashlib.sha256(body).digest() != digest or old:
                path.unlink()
                return None
            if kind == _IMAGE:
                os.utime(path)
        return body

    def put(self, url: str, body: bytes) -> None:
        """Keep the body of an address; empty bytes state that the server has none."""
        path = self._path(url)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes((_IMAGE if body else _ABSENT) + hashlib.sha256(body).digest() + body)
            draft.replace(path)
        except OSError as error:
            _log.warning("The cache of images cannot be written: %s", error)
            with contextlib.suppress(OSError):
                draft.unlink()
            return
        self._make_room(len(body) + 6 + _DIGEST_BYTES)

    def _path(self, url: str) -> Path:
        name = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / name[:2] / name[2:]

    def _make_room(self, added: int) -> None:
        with self._lock:
            self._bytes = sum(size for _, size, _ in self._files()) if self._bytes is None else self._bytes + added
            if self._bytes <= self._max_bytes:
                return
            # Other processes write here too: look again before anything is dropped.
            files = sorted(self._files())
            total = sum(size for _, size, _ in files)
            for _, size, path in files:
                if total <= self._max_bytes * _KEEP_SHARE:
                    break
                with contextlib.suppress(OSError):
                    path.unlink()
                    total -= size
            self._bytes = total

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Yield when each file was last used, its size, and where it lies."""
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                found = path.stat()
                yield found.st_mtime, found.st_size, path
