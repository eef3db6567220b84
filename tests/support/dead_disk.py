"""A folder whose disk does not answer, like a network drive that is disconnected."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CALLS = ("stat", "lstat", "scandir", "listdir", "open", "readlink", "access")


class DeadDisk:
    """Within the block, calls of `os` on a path below the folder wait until the disk is revived.

    Parameters
    ----------
    folder
        The folder; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._alive = threading.Event()
        self._before: dict[str, Callable[..., Any]] = {}

    def revive(self) -> None:
        """Let the disk answer."""
        self._alive.set()
        for thread in threading.enumerate():
            if thread.daemon and str(self.folder) in thread.name:
                thread.join(30)

    def __enter__(self) -> DeadDisk:
        for name in _CALLS:
            self._before[name] = getattr(os, name)
            setattr(os, name, self._slow(self._before[name]))
        return self

    def __exit__(self, *exc: object) -> None:
        self._alive.set()
        for name, call in self._before.items():
            setattr(os, name, call)

    def _slow(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def slow(*args: Any, **kwargs: Any) -> Any:
            path = args[0] if args else kwargs.get("path")
            if isinstance(path, str | os.PathLike) and str(path).startswith(str(self.folder)):
                self._alive.wait()
            return call(*args, **kwargs)

        return slow
