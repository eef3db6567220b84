"""Background work of which only the latest request counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from astronomical.tasks.task import Task
from astronomical.tasks.workers import Workers

__all__ = ["Latest"]


class Latest:
    """Run background work for one view, keeping only the result of the latest request.

    Parameters
    ----------
    workers
        Workers that do the work.
    deliver
        Called from any thread with a function to run in the page.
    is_served
        Return whether there is a page. Without one, as in a notebook, each request blocks until it is done.
    """

    def __init__(
        self,
        workers: Workers,
        deliver: Callable[[Callable[[], None]], None],
        is_served: Callable[[], bool] = lambda: True,
    ) -> None:
        self.workers = workers
        self._deliver, self._is_served = deliver, is_served
        self._task: Task[Any] | None = None
        self._receive: Callable[[Task[Any]], None] | None = None

    @property
    def pending(self) -> bool:
        """Whether a result is pending."""
        return self._task is not None

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None = None,
        *,
        waiting: Callable[[], None] = lambda: None,
        patience: float = 0.0,
        what: str = "The task",
        workers: Workers | None = None,
    ) -> None:
        """Start work that replaces all earlier requests.

        Parameters
        ----------
        work
            Called in a thread; it must not change the page.
        done, failed
            Called in the page with the result or the error. Without `failed`, the error is raised in the page.
        waiting
            Called if there is no result after `patience`.
        patience
            Delay before `waiting` is called, in s, so that its message does not flicker.
        what
            Name of the work in messages.
        workers
            Workers that do the work, instead of the default ones.
        """
        self.drop()
        task: Task[Any]
        self._task = task = (workers or self.workers).submit(work, what)
        self._receive = lambda task: _receive(task, done, failed)
        if task.wait(patience if self._is_served() else None):
            self._take()
        else:
            waiting()
            task.when_settled(self._settled)

    def drop(self) -> None:
        """Cancel the pending request; its result is not delivered."""
        task, self._task, self._receive = self._task, None, None
        if task is not None:
            task.cancel()

    def _settled(self, task: Task[Any]) -> None:
        if not task.cancelled():
            self._deliver(self._take)

    def _take(self) -> None:
        task, receive = self._task, self._receive
        if task is None or receive is None or not task.settled:
            return  # a newer request replaced it
        self._task = self._receive = None
        receive(task)


def _receive(task: Task[Any], done: Callable[[Any], None], failed: Callable[[BaseException], None] | None) -> None:
    error = task.error()
    if error is None:
        done(task.result())
    elif failed is None:
        raise error
    else:
        failed(error)
