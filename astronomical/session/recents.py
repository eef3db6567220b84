"""The projects that were open last, for the start page."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from astronomical.config.io import local_path, write_atomically

__all__ = ["MAX_RECENTS", "Recent", "forget", "key_of", "read_recents", "remember"]

#: So many projects are kept in mind.
MAX_RECENTS = 20


@dataclass(frozen=True)
class Recent:
    """A project that was open before.

    Parameters
    ----------
    path
        Its config.
    title
        Its title.
    when
        When it was opened last, in ISO 8601.
    key
        What stands for it in the address of a page, so that the page finds it again after the server was restarted.
    """

    path: Path
    title: str
    when: str
    key: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether the config is no longer there."""
        return not self.path.is_file()


def read_recents() -> tuple[Recent, ...]:
    """Return the projects that were open before, the newest first; a damaged list is an empty one."""
    try:
        entries = json.loads(_list().read_text(encoding="utf-8"))
        return tuple(Recent(Path(str(entry["path"])), str(entry["title"]), str(entry["when"]),
                            str(entry.get("key", "")))
                     for entry in entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def key_of(path: Path) -> str:
    """Return the key of a project: that of before, or a new one."""
    known = next((item.key for item in read_recents() if item.path == path), "")
    return known or secrets.token_urlsafe(12)


def remember(path: Path, title: str, key: str = "") -> None:
    """Put a project at the head of the list."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    others = [item for item in read_recents() if item.path != path]
    _write([Recent(path, title, now, key), *others][:MAX_RECENTS])


def forget(path: Path) -> None:
    """Take a project off the list; the project itself stays."""
    _write([item for item in read_recents() if item.path != path])


def _list() -> Path:
    home = os.environ.get("ASTRONOMICAL_HOME")
    folder = local_path(home) if home else platformdirs.user_data_path("astronomical")
    return folder / "recents.json"


def _write(items: list[Recent]) -> None:
    path = _list()
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [{"path": str(item.path), "title": item.title, "when": item.when, "key": item.key}
               for item in items]
    write_atomically(path, json.dumps(entries, indent=1).encode())
