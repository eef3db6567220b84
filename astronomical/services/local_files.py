"""Read files that a catalogue names, but only from folders that the user allows."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from astronomical.errors import AstronomicalError, InvalidInputError
from astronomical.paths import NetworkPathError, local_path, refuse_network_path, user_folder, write_user_file

__all__ = ["LocalFileError", "LocalFiles", "allow_folders", "allowed_folders"]


class LocalFileError(AstronomicalError):
    """The file cannot be read; the message tells the user why."""


class LocalFiles:
    """Find and read the files that a catalogue names.

    A catalogue from another person may name any file on this computer. Therefore only files in the folder of the
    catalogue, or in a folder that the user allowed, are read.

    Parameters
    ----------
    folder
        Folder of the catalogue.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, text: str) -> Path:
        """Return the path of a file.

        Parameters
        ----------
        text
            An absolute path, a path relative to the folder of the catalogue, or a ``file:`` URL.

        Raises
        ------
        LocalFileError
            If the file does not exist, or is not in an allowed folder.
        """
        text = text.strip()
        try:
            if refuse_network_path(text).lower().startswith("file:"):
                text = unquote(urlsplit(text).path)
            path = (self.folder / local_path(text)).resolve()
            allowed = any(path.is_relative_to(folder.resolve()) for folder in (self.folder, *allowed_folders()))
        except NetworkPathError as error:
            raise LocalFileError(str(error)) from None
        except (OSError, ValueError, RuntimeError):
            raise LocalFileError("not a valid path") from None
        if not allowed:
            raise LocalFileError(
                f"{path} is outside the folder of the catalogue; allow its folder in the settings of this pane"
            )
        if not path.exists():
            raise LocalFileError(f"no such file: {path}")
        return path

    def read(self, text: str, max_bytes: float) -> bytes:
        """Return the content of a file; see `find`.

        Raises
        ------
        LocalFileError
            If the file cannot be read, or is larger than `max_bytes`.
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
    """Return the folders that the user allowed for all catalogues."""
    try:
        found = json.loads(_list().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(Path(item) for item in found if isinstance(item, str)) if isinstance(found, list) else ()


def allow_folders(folders: Iterable[str | Path]) -> None:
    """Replace the list of folders that are allowed for all catalogues.

    Raises
    ------
    ValueError
        If a path is not absolute or not a folder.
    OSError
        If the list cannot be written.
    """
    checked = [local_path(folder) for folder in folders]
    for folder in checked:
        if not (folder.is_absolute() and folder.is_dir()):
            raise InvalidInputError(f"{folder} is not a folder. Enter the absolute path of a folder.")
    write_user_file(_list(), (json.dumps([str(folder) for folder in checked]) + "\n").encode())


def _list() -> Path:
    return user_folder("config") / "folders.json"
