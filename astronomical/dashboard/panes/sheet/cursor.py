"""Which contact sheet of a page has the keyboard, so that a label continues in it."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["SheetCursor"]

#: Returns the source that follows one in a sheet; None if the sheet does not have it, or nothing is left to label.
Following = Callable[[str], str | None]


class SheetCursor:
    """The contact sheet of a page that has the keyboard, if any.

    Keys label the selected source. While a contact sheet has the keyboard, the selected source is that of its cursor,
    and the next one in the sheet follows.
    """

    def __init__(self) -> None:
        self._following: Following | None = None

    def take(self, following: Following) -> None:
        """Give the keyboard to a sheet."""
        self._following = following

    def release(self, following: Following) -> None:
        """Take the keyboard from a sheet, if it has it."""
        if self._following == following:
            self._following = None

    def next_after(self, id: str) -> str | None:
        """Return the source to select after a label of this one; None if no contact sheet decides it."""
        return None if self._following is None else self._following(id)
