"""Errors of a session, with messages for the user."""

from __future__ import annotations

from collections.abc import Sequence

from astronomical.errors import InvalidInputError, did_you_mean


class SessionError(InvalidInputError):
    """A request to a session cannot be fulfilled."""


def no_class(name: str, classes: Sequence[str]) -> SessionError:
    """Return the error for a class that does not exist, with a similar name or all names."""
    listed = f"; the classes are {', '.join(classes) or 'none'}."
    return SessionError(f"There is no class {name!r}{did_you_mean(name, classes) or listed}")


def no_learner(name: str, classes: Sequence[str]) -> SessionError:
    """Return the error for a class without a learner, or for one that does not exist."""
    return SessionError(f"Class {name!r} has no learner.") if name in classes else no_class(name, classes)


class MissingCatalogueError(SessionError):
    """A catalogue is not at the path in the project file.

    Parameters
    ----------
    text
        The message.
    join
        Index of the joined catalogue; None for the catalogue itself.
    """

    def __init__(self, text: str, join: int | None = None) -> None:
        super().__init__(text)
        self.join = join


class WrongCatalogueError(SessionError):
    """The catalogue cannot belong to the project: columns or sources that the project needs are missing."""


class ChangedCatalogueError(SessionError):
    """The catalogue differs from the one that the project was made with, and the change was not accepted.

    Parameters
    ----------
    differences
        The differences, as phrases.
    """

    def __init__(self, differences: Sequence[str]) -> None:
        self.differences = tuple(differences)
        super().__init__(f"The catalogue has changed since this project was made: {'; '.join(differences)}.")


class ReadOnlyError(SessionError):
    """A change was requested in a read-only project."""


class StaleFocusError(SessionError):
    """A label was given for a source that is no longer selected."""
