"""The projects that were open last, for the start page."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from astronomical.config.io import local_path, write_atomically

__all__ = ["MAX_RECENTS", "Recent", "forget", "read_recents", "remember"]

#: So many projects are kept in mind.
MAX_RECENTS = 20


@dataclass(frozen=True)
class Recent:
    """A project that was open before: its config, its title, and when it was opened last, in ISO 8601."""

    path: Path
    title: str
    when: str

    @property
    def is_missing(self) -> bool:
        """Whether the config is no longer there."""
        return not self.path.is_file()


def read_recents() -> tuple[Recent, ...]:
    """Return the projects that were open before, the newest first; a damaged list is an empty one."""
    try:
        entries = json.loads(_list().read_text(encoding="utf-8"))
        return tuple(Recent(Path(str(entry["path"])), str(entry["title"]), str(entry["when"])) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def remember(path: Path, title: str) -> None:
    """Put a project at the head of the list."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    others = [item for item in read_recents() if item.path != path]
    _write([Recent(path, title, now), *others][:MAX_RECENTS])


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
    entries = [{"path": str(item.path), "title": item.title, "when": item.when} for item in items]
    write_atomically(path, json.dumps(entries, indent=1).encode())
