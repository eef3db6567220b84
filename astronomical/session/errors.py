"""Errors of a session: each message is written for the person at the screen."""

from __future__ import annotations


class SessionError(ValueError):
    """Something that was asked of a session cannot be done."""


class ReadOnlyError(SessionError):
    """A change was asked of a project that is open for reading only."""


class StaleFocusError(SessionError):
    """A label was given for a source that is no longer the one shown."""
