"""Base class of the tabs whose content is computed when they are chosen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.errors import InvalidInputError
from astronomical.learning.rounds import Round
from astronomical.session import Session

__all__ = ["ComputedView"]

T = TypeVar("T")


class ComputedView(TabView, ABC):
    """A tab whose content is computed in a thread while the tab is chosen.

    It is put into the page when its content is there: a page that is still drawing a new view ignores changes of it.

    Parameters
    ----------
    session
        The project shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._visible = False
        self._ready: Callable[[], None] | None = None

    def set_visible(self, visible: bool, ready: Callable[[], None] = lambda: None) -> None:
        """Compute the content only while the tab is chosen.

        Parameters
        ----------
        visible
            Whether the tab is chosen.
        ready
            Called when the content is there, and at once if it was there before.
        """
        if visible and self._visible and self._ready is None:
            ready()
            return
        changed, self._visible = visible != self._visible, visible
        self._ready = ready if visible else None
        if changed:
            self._show()

    @abstractmethod
    def _show(self) -> None:
        """Compute the content, if the tab is chosen, and call `_show_ready` at the end."""

    @abstractmethod
    def _show_problem(self, text: str) -> None:
        """Show why there is no content, and call `_show_ready`."""

    def _compute(self, work: Callable[[], T], show: Callable[[T], None], newest: Round) -> None:
        """Compute the content for a round in a thread, and show it unless it is out of date by then.

        Parameters
        ----------
        work
            Called in the thread. If it raises an error of input, the message is shown as the problem.
        show
            Called in the page with the result.
        newest
            The round.
        """

        def compute() -> T | InvalidInputError:
            try:
                return work()
            except InvalidInputError as error:
                return error

        def arrived(found: T | InvalidInputError) -> None:
            if not self._visible or self.session.round() is not newest:
                return
            if isinstance(found, InvalidInputError):
                self._show_problem(str(found))
            else:
                show(found)
                self._show_ready()

        self.run_in_thread(compute, arrived)

    def _show_ready(self) -> None:
        """Put the view into the page, if that has to wait for its content."""
        ready, self._ready = self._ready, None
        if ready is not None:
            ready()
