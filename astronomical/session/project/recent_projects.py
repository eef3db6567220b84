"""Recently opened projects, for the start page."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from astronomical.config.errors import CannotWriteError
from astronomical.paths import user_folder, write_user_file
from astronomical.tasks import NoAnswerError, file_exists

__all__ = ["MAX_RECENTS", "Recent", "forget", "key_of", "read_recents", "remember"]

#: Maximum number of recent projects.
MAX_RECENTS = 20


@dataclass(frozen=True)
class Recent:
    """A recently opened project.

    Parameters
    ----------
    path
        The project file.
    title
        Title of the project.
    when
        Time at which it was last opened, in ISO 8601.
    key
        Key in the address of its page, so that the page works after a restart of the server.
    """

    path: Path
    title: str
    when: str
    key: str = ""

    @property
    def problem(self) -> str:
        """Why the project cannot be opened; empty if its file exists. This accesses a disk: use a thread."""
        try:
            return "" if file_exists(self.path) else "missing: it was moved or deleted"
        except NoAnswerError:
            return "its disk does not respond: is it on a disconnected network drive?"


def read_recents() -> tuple[Recent, ...]:
    """Return the recent projects, newest first; a damaged list counts as empty."""
    try:
        entries = json.loads(_list().read_text(encoding="utf-8"))
        return tuple(
            Recent(Path(str(entry["path"])), str(entry["title"]), str(entry["when"]), str(entry.get("key", "")))
            for entry in entries
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def key_of(path: Path) -> str:
    """Return the key of a project: the existing one, or a new one."""
    known = next((item.key for item in read_recents() if item.path == path), "")
    return known or secrets.token_urlsafe(12)


def remember(path: Path, title: str, key: str = "") -> None:
    """Put a project at the top of the list."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    others = [item for item in read_recents() if item.path != path]
    _write([Recent(path, title, now, key), *others][:MAX_RECENTS])


def forget(path: Path) -> None:
    """Remove a project from the list, without deleting the project."""
    _write([item for item in read_recents() if item.path != path])


def _list() -> Path:
    return user_folder("data") / "recents.json"


def _write(items: list[Recent]) -> None:
    entries = [{"path": str(item.path), "title": item.title, "when": item.when, "key": item.key} for item in items]
    path = _list()
    try:
        write_user_file(path, json.dumps(entries, indent=1).encode())
    except OSError as error:
        raise CannotWriteError(path, error) from error
