"""Back and forward through the sources that were shown, and on through those asked for."""

from __future__ import annotations

from astronomical.session.session import Session

__all__ = ["HistoryWalk", "step_in_queue"]


class HistoryWalk:
    """Steps through the history of a session without being led in circles by its own steps.

    Every step gives its source the focus and so puts it on top of the history; the walk therefore keeps the
    trail on which it set out, until the focus goes elsewhere.

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
        """Whether an older source was shown."""
        trail, at = self._position()
        return at + 1 < len(trail)

    @property
    def can_go_forward(self) -> bool:
        """Whether a newer source of the trail was left by going back."""
        return self._position()[1] > 0

    def back(self) -> None:
        """Show the source that was shown before."""
        self._step(1)

    def forward(self) -> None:
        """Show the source from which the walk went back."""
        self._step(-1)

    def _position(self) -> tuple[tuple[str, ...], int]:
        """Return the trail, newest first, and the place on it; -1 is before its newest source."""
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
    """Show the source of the queue after the one shown; after the last comes the first."""
    queue = session.state.queues.get(session.state.active, ())
    if queue:
        place = queue.index(session.state.focus) + 1 if session.state.focus in queue else 0
        session.focus(queue[place % len(queue)])
