"""Columns of the working sets of large catalogues, kept in the cache folder of the user so that they open fast."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.paths import new_file, user_folder

__all__ = ["ColumnStore", "store_for"]

_log = logging.getLogger(__name__)
#: Maximum size of all files, in bytes. The sets that were used least recently are removed.
MAX_BYTES = 4_000_000_000


@dataclass(frozen=True)
class ColumnStore:
    """Arrays by name, in files of a folder.

    No method raises because of the disk: a store that cannot be read or written behaves like an empty one.

    Parameters
    ----------
    folder
        The folder, created when it is first needed. Its name depends on everything that the arrays depend on.
    """

    folder: Path

    def get(self, name: str, n_rows: int | None = None) -> NDArray[Any] | None:
        """Return an array, or None if it is not there.

        Parameters
        ----------
        name
            Its name.
        n_rows
            Its length, if it is known: a file with another one is not used.
        """
        try:
            with self._path(name).open("rb") as file:
                found: NDArray[Any] = np.load(file, allow_pickle=False)
            os.utime(self.folder)
        except (OSError, ValueError, EOFError):
            return None
        return found if n_rows is None or found.shape == (n_rows,) else None

    def put(self, name: str, values: NDArray[Any]) -> None:
        """Keep an array. Masked arrays are not kept."""
        if isinstance(values, np.ma.MaskedArray) or values.dtype.hasobject:
            return
        path = self._path(name)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with new_file(draft) as file:  # no fsync: a file that is cut off is not used
                np.save(file, values, allow_pickle=False)
            draft.replace(path)
        except OSError as error:
            _log.warning("The cache of columns cannot be written: %s", error)
            with contextlib.suppress(OSError):
                draft.unlink()
            return
        _make_room(self.folder)

    def _path(self, name: str) -> Path:
        return self.folder / f"{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.npy"


def store_for(*depends_on: object) -> ColumnStore:
    """Return the store of arrays that depend on some plain values."""
    text = json.dumps(depends_on, sort_keys=True, ensure_ascii=True)
    return ColumnStore(user_folder("cache") / "working sets" / hashlib.sha256(text.encode()).hexdigest()[:32])


def _make_room(used: Path) -> None:
    """Remove the sets that were used least recently, but not the one in use."""
    sizes: dict[Path, int] = {}
    with contextlib.suppress(OSError):
        for folder in used.parent.iterdir():
            sizes[folder] = sum(item.stat().st_size for item in folder.iterdir())
    total = sum(sizes.values())
    if total <= MAX_BYTES:
        return
    with contextlib.suppress(OSError):
        for folder in sorted(sizes, key=lambda item: item.stat().st_mtime):
            if total <= MAX_BYTES:
                break
            if folder != used:
                shutil.rmtree(folder, ignore_errors=True)
                total -= sizes[folder]
