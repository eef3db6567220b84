"""Errors that a user can mend. Each message says what is wrong, where, and what to do.

Any other exception is a bug of astronomical: it is logged with its traceback, and shown as a bug.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

__all__ = [
    "AstronomicalError",
    "BugError",
    "InvalidInputError",
    "as_failure",
    "did_you_mean",
    "explain",
    "is_bug",
    "register_input_error",
]

log = logging.getLogger(__name__)

_input_errors: dict[type[Exception], Callable[[Any], str]] = {}


class AstronomicalError(Exception):
    """Base of all errors that a user can mend."""


class InvalidInputError(AstronomicalError, ValueError):
    """A value, a file or a setting cannot be used.

    It is a ValueError too, as callers in a notebook and the validators of pydantic expect. Code that reports errors to
    a user catches `AstronomicalError`: a ValueError of a library is not an error of the user.
    """


class BugError(AstronomicalError):
    """Stands for a bug that has been logged; its message is written for the user."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint to the name that is most similar to one that does not exist, to be appended to a message.

    Parameters
    ----------
    name
        The name that does not exist.
    known
        The names that exist.

    Returns
    -------
    str
        A text such as ``; did you mean 'g_mag'?``, without a last full stop; empty if no name is similar.
    """
    folded = {item.casefold().strip(): item for item in known}
    similar = get_close_matches(name.casefold().strip(), folded, n=1)
    return f"; did you mean {folded[similar[0]]!r}?" if similar else ""


def register_input_error(kind: type[Exception], text_of: Callable[[Any], str]) -> None:
    """Treat an exception of a library as an error in the input of the user.

    Parameters
    ----------
    kind
        The exception.
    text_of
        Returns its message for the user; empty if this one is a bug after all.
    """
    _input_errors[kind] = text_of


def _input_text(error: BaseException) -> str:
    return next((text_of(error) for kind, text_of in _input_errors.items() if isinstance(error, kind)), "")


def is_bug(error: BaseException) -> bool:
    """Return whether an exception is a bug of astronomical.

    What the operating system reports, such as a full disk or a lack of memory, is not.
    """
    return not isinstance(error, AstronomicalError | OSError | MemoryError) and not _input_text(error)


def explain(error: BaseException) -> str:
    """Return the text to show to a user for an exception; a bug is logged with its traceback.

    Parameters
    ----------
    error
        The exception.

    Returns
    -------
    str
        The message of an error that the user can mend; for a bug, where the details are.
    """
    if isinstance(error, MemoryError):
        return "There is not enough memory."
    if not is_bug(error):
        return _input_text(error) or str(error) or type(error).__name__
    log.error("bug: %s: %s", type(error).__name__, error, exc_info=error)
    return bug_text(_log_file())


def bug_text(details: str) -> str:
    """Return what is shown to a user about a bug.

    Parameters
    ----------
    details
        Where the traceback is.
    """
    return (
        "Something went wrong inside astronomical: it is a bug, not a mistake of yours. "
        f"Details are in {details}; please report it."
    )


def as_failure(error: BaseException) -> Exception:
    """Return the exception that reports why background work failed; a bug is logged.

    Parameters
    ----------
    error
        The exception that ended the work.

    Returns
    -------
    Exception
        The error itself, if the user can mend it; else an error with a message for the user.
    """
    if isinstance(error, MemoryError):
        return AstronomicalError("there is not enough memory.")
    if not isinstance(error, Exception):  # a plugin has called sys.exit(): it has failed, the program goes on
        return AstronomicalError(f"it ended itself ({type(error).__name__}).")
    if is_bug(error):
        return BugError(explain(error))
    text = _input_text(error)
    return InvalidInputError(text) if text else error


def _log_file() -> str:
    """Return the file that this process logs to, or "the log" if there is none."""
    files = (getattr(handler, "baseFilename", "") for handler in logging.getLogger().handlers)
    return next((file for file in files if file.endswith("astronomical.log")), "the log")
