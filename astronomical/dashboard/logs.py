"""The log of the server: a file that does not grow for ever."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

__all__ = ["LEVEL_VARIABLE", "keep_log", "log_path"]

#: Environment variable that says from which level on messages of ours are kept.
LEVEL_VARIABLE = "ASTRONOMICAL_LOG"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_MAX_BYTES, _OLD_FILES = 1_000_000, 3
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"


def log_path() -> Path:
    """Return the file that the log goes to: in ``$ASTRONOMICAL_HOME``, else where the system keeps logs."""
    home = os.environ.get("ASTRONOMICAL_HOME")
    folder = Path(home).expanduser() / "logs" if home else platformdirs.user_log_path("astronomical")
    return folder / "astronomical.log"


def keep_log() -> Path | None:
    """Write what is logged in this process to a file; when it is full, it makes room by dropping the oldest part.

    Warnings of all libraries are kept, and messages of ours from the level that ``$ASTRONOMICAL_LOG`` names, by
    default INFO. Calling it again changes nothing.

    Returns
    -------
    Path or None
        The file; None if it cannot be written, which is no reason not to start.
    """
    root, ours = logging.getLogger(), logging.getLogger("astronomical")
    if (kept := _kept(root)) is not None:
        return kept
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
    except OSError as error:
        ours.warning("There is no log: %s cannot be written (%s).", path, error.strerror)
        return None
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.startswith("astronomical"))
    root.addHandler(handler)
    ours.setLevel(_level())
    return path


def _kept(root: logging.Logger) -> Path | None:
    files = (handler for handler in root.handlers if isinstance(handler, RotatingFileHandler))
    return next((Path(handler.baseFilename) for handler in files
                 if Path(handler.baseFilename).name == "astronomical.log"), None)


def _level() -> str:
    wanted = os.environ.get(LEVEL_VARIABLE, "INFO").upper()
    return wanted if wanted in _LEVELS else "INFO"
