"""A single piece of background work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from astronomical.errors import InvalidInputError

__all__ = ["CancelledError", "GivenUpError", "Task"]

T = TypeVar("T")


class GivenUpError(InvalidInputError):
    """Work did not end in time; the message names it and suggests a remedy."""


class CancelledError(Exception):
    """Work was cancelled before it ended."""


class Task(Generic[T]):
    """Work that was submitted to `Workers`.

    Parameters
    ----------
    work
        Function to call with the task; it may check `cancelled`.
    what
        Name of the work in messages, such as "The plot 'steps'".

    Attributes
    ----------
    started
        Time at which the work started; None while it waits.
    """

    def __init__(self, work: Callable[[Task[T]], T], what: str) -> None:
        self.what = what
        self.started: float | None = None
        self.fraction: float | None = None
        self.cancelled_at: float | None = None
        self._work = work
        self._result: T | None = None
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        self._cancelled, self._settled, self._ended = threading.Event(), threading.Event(), threading.Event()
        self._callbacks: list[Callable[[Task[T]], Any]] = []

    @property
    def settled(self) -> bool:
        """Whether there is a result or an error; the thread of an abandoned task may still be running."""
        return self._settled.is_set()

    @property
    def ended(self) -> bool:
        """Whether the thread of the task has ended, or was never started."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """Drop the result, and ask the work to stop."""
        if self.cancelled_at is None:
            self.cancelled_at = time.monotonic()
        self._cancelled.set()
        self.settle(error=CancelledError(f"{self.what} was cancelled"))

    def cancelled(self) -> bool:
        """Return whether the work was asked to stop; long work should check this often."""
        return self._cancelled.is_set()

    def pause(self, seconds: float) -> None:
        """Sleep for some seconds, or until the task is cancelled."""
        self._cancelled.wait(seconds)

    def progress(self, fraction: float) -> None:
        """Report the progress, from 0 to 1."""
        self.fraction = min(max(fraction, 0.0), 1.0)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a result or an error, and return whether there is one."""
        return self._settled.wait(seconds)

    def result(self) -> T:
        """Return the result, once there is one.

        Raises
        ------
        BaseException
            The error of the work, or the reason why there is no result.
        """
        self.wait()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]

    def error(self) -> BaseException | None:
        """Return the error of the work once it has ended; None if it has a result."""
        self.wait()
        return self._error

    def when_settled(self, callback: Callable[[Task[T]], Any]) -> None:
        """Call a function with the task once it is settled, in the thread that settles it."""
        with self._lock:
            if not self._settled.is_set():
                self._callbacks.append(callback)
                return
        callback(self)

    def run(self) -> None:
        """Do the work in the calling thread."""
        try:
            if not self.settled:
                self.settle(self._work(self))
        except BaseException as error:  # a worker reports every failure
            self.settle(error=error)
        finally:
            self.end()

    def end(self) -> None:
        """Record that no thread runs the work any more."""
        self._ended.set()

    def settle(self, result: T | None = None, error: BaseException | None = None) -> None:
        """Set the result or the error; only the first one counts."""
        with self._lock:
            if self._settled.is_set():
                return
            self._result, self._error = result, error
            self._settled.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)
