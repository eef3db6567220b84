"""Go back and forward through the sources that were shown, and through the sources of a batch."""

from __future__ import annotations

from astronomical.session import Session

__all__ = ["HistoryWalk", "step_in_queue"]


class HistoryWalk:
    """Navigation through the history of a session that is not disturbed by its own steps.

    Each step gives a source the focus, which adds it to the history. The navigation therefore keeps the history with
    which it started until another source gets the focus.

    Parameters
    ----------
    session
        The project shown.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._trail: tuple[str, ...] = ()
        self._at = 0

    @property
    def can_go_back(self) -> bool:
        """Whether there is an older source."""
        trail, at = self._position()
        return at + 1 < len(trail)

    @property
    def can_go_forward(self) -> bool:
        """Whether there is a newer source."""
        return self._position()[1] > 0

    def back(self) -> None:
        """Show the previous source of the history."""
        self._step(1)

    def forward(self) -> None:
        """Show the next source of the history."""
        self._step(-1)

    def _position(self) -> tuple[tuple[str, ...], int]:
        """Return the history, newest first, and the position in it; -1 is before its newest source."""
        focus = self._session.state.focus
        if self._trail and focus == self._trail[self._at]:
            return self._trail, self._at
        trail = tuple(dict.fromkeys(self._session.state.history))
        return trail, -1 if focus is None else 0

    def _step(self, places: int) -> None:
        trail, at = self._position()
        if 0 <= at + places < len(trail):
            self._trail, self._at = trail, at + places
            self._session.focus(trail[self._at])


def step_in_queue(session: Session) -> None:
    """Show the next source of the batch; the first one follows the last."""
    queue = session.state.queues.get(session.state.active, ())
    if queue:
        place = queue.index(session.state.focus) + 1 if session.state.focus in queue else 0
        session.focus(queue[place % len(queue)])
