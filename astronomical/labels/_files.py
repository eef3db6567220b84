"""Writing small files so that they survive a crash."""

from __future__ import annotations

import errno
import os
import uuid
from pathlib import Path

__all__ = ["replace_file", "sync_directory"]

_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EACCES})


def sync_directory(directory: Path) -> None:
    """Make the entries of a directory durable, where the system knows how to."""
    if os.name == "nt":  # directories cannot be opened there, and renames are journalled
        return
    try:
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:  # some network file systems cannot
        if error.errno not in _CANNOT_SYNC:
            raise


def replace_file(path: Path, content: bytes) -> None:
    """Put a file with this content in place, wholly or not at all."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
