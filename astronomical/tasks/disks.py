"""Access a disk that may not respond, such as a disconnected network drive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from astronomical.tasks.task import GivenUpError
from astronomical.tasks.workers import Workers

__all__ = ["ANSWER_S", "NoAnswerError", "ask_disk", "file_exists"]

T = TypeVar("T")
#: Timeout of a disk, in s.
ANSWER_S = 5.0


class NoAnswerError(GivenUpError):
    """A disk does not respond."""


def ask_disk(folder: Path, work: Callable[[], T]) -> T:
    """Run work on the files of a folder, with a timeout.

    While one call for a folder has not returned, no other one is made: an unresponsive disk blocks one thread per
    folder.

    Parameters
    ----------
    folder
        The folder, for messages; it is not accessed.
    work
        A short disk operation, such as a check whether a file exists.

    Raises
    ------
    NoAnswerError
        If the disk does not respond within a few seconds.
    """
    workers = Workers.of(("folder", str(folder)), give_up_s=ANSWER_S, spare=1)
    try:
        return workers.run(work, str(folder))
    except NoAnswerError:
        raise
    except GivenUpError:
        raise NoAnswerError(f"{folder} does not respond. Is it on a disconnected network drive?") from None


def file_exists(path: Path) -> bool:
    """Return whether a file exists; an impossible file name counts as no file.

    Raises
    ------
    NoAnswerError
        If the disk does not respond.
    """
    try:
        return ask_disk(path.parent, path.is_file)
    except NoAnswerError:
        raise
    except (OSError, ValueError):  # the name is too long, or contains a null byte
        return False
