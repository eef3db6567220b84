"""Disk cache of server responses, shared by all projects, limited in size, and available offline."""

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

from astronomical.paths import new_file, user_folder

__all__ = ["DiskCache", "cache_folder"]

_log = logging.getLogger(__name__)
_MAX_BYTES = 1_000_000_000
#: A cached "no image" expires after this time in seconds, because surveys grow.
_ABSENCE_S = 30 * 86400.0
#: When the limit is exceeded, files are removed down to this share of it, so that the folder is rarely scanned.
_KEEP_SHARE = 0.9
_DIGEST_BYTES = 32
_IMAGE, _ABSENT = b"image\n", b"none!\n"


def cache_folder() -> Path:
    """Return the cache folder of the user."""
    return user_folder("cache")


class DiskCache:
    """Store response bodies by URL, and remove the least recently used ones.

    Each body is in a file that is named by the digest of its URL. Several processes may share a folder. No method
    raises: a cache that cannot be read or written behaves like an empty one.

    Parameters
    ----------
    folder
        Folder of the files, created when it is first needed.
    max_bytes
        Maximum total size of the files, in bytes.
    """

    def __init__(self, folder: Path, max_bytes: int = _MAX_BYTES) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._bytes: int | None = None
        self._lock = threading.Lock()

    def get(self, url: str) -> bytes | None:
        """Return the cached body of a URL.

        Returns
        -------
        bytes or None
            Empty if the server is known to have no image; None if the URL is not in the cache.
        """
        path = self._path(url)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        kind, digest, body = content[:6], content[6 : 6 + _DIGEST_BYTES], content[6 + _DIGEST_BYTES :]
        with contextlib.suppress(OSError):
            old = kind == _ABSENT and time.time() - path.stat().st_mtime > _ABSENCE_S
            if kind not in (_IMAGE, _ABSENT) or hashlib.sha256(body).digest() != digest or old:
                path.unlink()
                return None
            if kind == _IMAGE:
                os.utime(path)
        return body

    def put(self, url: str, body: bytes) -> None:
        """Store the body of a URL. Empty bytes record that the server has no image."""
        path = self._path(url)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with new_file(draft) as file:  # no fsync: a body damaged by a crash is fetched again
                file.write((_IMAGE if body else _ABSENT) + hashlib.sha256(body).digest() + body)
            draft.replace(path)
        except OSError as error:
            _log.warning("The image cache cannot be written: %s", error)
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
            # Other processes write here too: scan again before removing anything.
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
        """Yield the time of last use, size and path of each file."""
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                found = path.stat()
                yield found.st_mtime, found.st_size, path
