"""Files that a catalogue names: only those that lie where the user allows it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import platformdirs

from astronomical.config.io import local_path

__all__ = ["LocalFileError", "LocalFiles", "allow_folders", "allowed_folders"]


class LocalFileError(Exception):
    """The file cannot be had; the message says why, in words for the user."""


class LocalFiles:
    """Finds and reads the files that a catalogue names.

    A catalogue from elsewhere may name any file of this computer, so that only those under its own folder, or under
    a folder that the user allowed, are read.

    Parameters
    ----------
    folder
        Folder of the catalogue.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, text: str) -> Path:
        """Return the file that a text names, absolute or relative to the catalogue.

        Raises
        ------
        LocalFileError
            If there is no such file, or it lies elsewhere.
        """
        text = text.strip()
        if text.lower().startswith("file:"):
            text = unquote(urlsplit(text).path)
        try:
            path = (self.folder / local_path(text)).resolve()
            allowed = any(path.is_relative_to(folder.resolve()) for folder in (self.folder, *allowed_folders()))
        except (OSError, ValueError, RuntimeError):
            raise LocalFileError("not a path that can be read") from None
        if not allowed:
            raise LocalFileError(f"{path} lies outside the folder of the catalogue; allow its folder in the settings "
                                 "of this pane")
        if not path.exists():
            raise LocalFileError(f"no such file: {path}")
        return path

    def read(self, text: str, max_bytes: float) -> bytes:
        """Return the content of the file that a text names.

        Raises
        ------
        LocalFileError
            If it cannot be had, or is too large.
        """
        path = self.find(text)
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise LocalFileError(f"not a file: {path}")
            if found.st_size > max_bytes:
                raise LocalFileError(f"{path.name} is larger than {max_bytes / 1e6:g} MB")
            return path.read_bytes()
        except OSError as error:
            raise LocalFileError(f"{path} cannot be read: {error.strerror or error}") from None


def allowed_folders() -> tuple[Path, ...]:
    """Return the folders that the user of this computer allowed for all catalogues."""
    try:
        found = json.loads(_list().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(Path(item) for item in found if isinstance(item, str)) if isinstance(found, list) else ()


def allow_folders(folders: Iterable[Path]) -> None:
    """Allow these folders and no others, for all catalogues.

    Raises
    ------
    ValueError
        If one of them is no folder.
    OSError
        If the list cannot be written.
    """
    checked = [local_path(folder) for folder in folders]
    for folder in checked:
        if not (folder.is_absolute() and folder.is_dir()):
            raise ValueError(f"{folder} is no folder; give the whole path of one.")
    path = _list()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([str(folder) for folder in checked]) + "\n", encoding="utf-8")


def _list() -> Path:
    home = os.environ.get("ASTRONOMICAL_HOME")
    folder = Path(home).expanduser() if home else platformdirs.user_config_path("astronomical")
    return folder / "folders.json"
