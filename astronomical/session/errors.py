"""Errors of a session: each message is written for the person at the screen."""

from __future__ import annotations


class SessionError(ValueError):
    """Something that was asked of a session cannot be done."""


class MissingCatalogueError(SessionError):
    """The catalogue of a config is not where the config says."""


class ChangedCatalogueError(SessionError):
    """The catalogue is not the one that the project was made with, and nobody has agreed to that."""


class ReadOnlyError(SessionError):
    """A change was asked of a project that is open for reading only."""


class StaleFocusError(SessionError):
    """A label was given for a source that is no longer the one shown."""
