"""Work of a part of the page that may take a while: done in a thread, and of no interest once newer is ordered."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

from astronomical.dashboard.view import View

__all__ = ["Latest"]

_workers = ThreadPoolExecutor(4, thread_name_prefix="astronomical-latest")


class Latest:
    """Does one thing at a time for a view, and hands over the result of what was ordered last.

    Parameters
    ----------
    view
        Whose document takes the results. Without a document, as in a test, each is waited for.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._task: Future[Any] | None = None
        self._hand_over: Callable[[Future[Any]], None] | None = None

    @property
    def pending(self) -> bool:
        """Whether something has been ordered and not yet handed over."""
        return self._task is not None

    def order(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[BaseException], None],
              waiting: Callable[[], None] = lambda: None, patience: float = 0.0) -> None:
        """Have something done, in place of all that was ordered before.

        Parameters
        ----------
        work
            What to do; called in a thread, where it may write nothing of the page.
        done, failed
            Called in the page, with the result or the error.
        waiting
            Called at once if it is not done then.
        patience
            So long the page waits for it, in s, at a standstill: where something takes the place of what is shown,
            saying for a moment that it takes a while would only flicker.
        """
        self.drop()
        self._hand_over = partial(_hand_over, done, failed)
        self._task = task = _workers.submit(work)
        wait([task], patience if self._view.is_served else None)
        if task.done():
            self._take()
        else:
            waiting()
            task.add_done_callback(lambda _: self._view.soon(self._take))

    def drop(self) -> None:
        """Forget what was ordered."""
        if self._task is not None:
            self._task.cancel()
        self._task = self._hand_over = None

    def _take(self) -> None:
        task, hand_over = self._task, self._hand_over
        if task is None or hand_over is None or not task.done():
            return  # newer work was ordered meanwhile
        self.drop()
        hand_over(task)


def _hand_over(done: Callable[[Any], None], failed: Callable[[BaseException], None], task: Future[Any]) -> None:
    error = task.exception()
    if error is None:
        done(task.result())
    else:
        failed(error)
