"""The log file of the server, with a limited size."""

from __future__ import annotations

import copy
import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from astronomical.paths import user_folder
from astronomical.printable import one_line

__all__ = ["LEVEL_VARIABLE", "escape_logs", "keep_log", "log_path"]

#: Environment variable with the lowest level of our messages that is logged.
LEVEL_VARIABLE = "ASTRONOMICAL_LOG"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_MAX_BYTES, _OLD_FILES = 1_000_000, 3
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"


def log_path() -> Path:
    """Return the path of the log file: in ``$ASTRONOMICAL_HOME``, else in the log folder of the system."""
    return user_folder("logs") / "astronomical.log"


def keep_log() -> Path | None:
    """Write the log of this process to a file. When the file is full, its oldest part is deleted.

    The log contains warnings of all libraries, and our messages from the level ``$ASTRONOMICAL_LOG`` (default INFO).
    Further calls have no effect.

    Returns
    -------
    Path or None
        The file; None if it cannot be written. The server starts anyway.
    """
    escape_logs()
    root, ours = logging.getLogger(), logging.getLogger("astronomical")
    if (kept := _kept(root)) is not None:
        return kept
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
    except OSError as error:
        ours.warning("The log file %s cannot be written (%s).", path, error.strerror)
        return None
    handler.setFormatter(_PrintableFormatter(logging.Formatter(_FORMAT)))
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.startswith("astronomical"))
    root.addHandler(handler)
    ours.setLevel(_level())
    return path


def escape_logs() -> None:
    """Make all existing handlers write hidden characters and line breaks in messages as escapes.

    A message may contain texts of a catalogue, a project file or a server. They must not control the terminal in which
    the log is read, or look like separate lines.
    """
    loggers = [
        logging.getLogger(),
        *(found for found in logging.Logger.manager.loggerDict.values() if isinstance(found, logging.Logger)),
    ]
    handlers = [handler for logger in loggers for handler in logger.handlers]
    for handler in (*handlers, *([logging.lastResort] if logging.lastResort is not None else [])):
        if not isinstance(handler.formatter, _PrintableFormatter):
            handler.setFormatter(_PrintableFormatter(handler.formatter or logging.Formatter()))


class _PrintableFormatter(logging.Formatter):
    """Format as another formatter does, on one line, followed by the indented lines of a traceback."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        plain = copy.copy(record)
        plain.exc_info = plain.exc_text = plain.stack_info = None
        details = [self._inner.formatException(record.exc_info)] if record.exc_info else []
        details += [record.stack_info] if record.stack_info else []
        lines = [line for text in details for line in text.split("\n")]
        return "\n".join([one_line(self._inner.format(plain)), *(f"    {one_line(line)}" for line in lines)])


def _kept(root: logging.Logger) -> Path | None:
    files = (handler for handler in root.handlers if isinstance(handler, RotatingFileHandler))
    return next(
        (Path(handler.baseFilename) for handler in files if Path(handler.baseFilename).name == "astronomical.log"), None
    )


def _level() -> str:
    wanted = os.environ.get(LEVEL_VARIABLE, "INFO").upper()
    return wanted if wanted in _LEVELS else "INFO"
