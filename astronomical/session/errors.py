"""Errors of a session: each message is written for the person at the screen."""

from __future__ import annotations

from collections.abc import Sequence


class SessionError(ValueError):
    """Something that was asked of a session cannot be done."""


class MissingCatalogueError(SessionError):
    """A catalogue of a config is not where the config says.

    Parameters
    ----------
    text
        What to tell.
    join
        Which of the joined catalogues it is, from 0 on; None for the catalogue itself.
    """

    def __init__(self, text: str, join: int | None = None) -> None:
        super().__init__(text)
        self.join = join


class ChangedCatalogueError(SessionError):
    """The catalogue is not the one that the project was made with, and nobody has agreed to that.

    Parameters
    ----------
    differences
        In what it differs, as phrases.
    """

    def __init__(self, differences: Sequence[str]) -> None:
        self.differences = tuple(differences)
        super().__init__(f"The catalogue is not the one that this project was made with: {'; '.join(differences)}.")


class ReadOnlyError(SessionError):
    """A change was asked of a project that is open for reading only."""


class StaleFocusError(SessionError):
    """A label was given for a source that is no longer the one shown."""
