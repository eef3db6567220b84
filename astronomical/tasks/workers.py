"""Workers: the threads of one owner."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from astronomical.tasks.task import GivenUpError, Task

__all__ = ["LIMIT_VARIABLE", "Workers", "never", "time_limit"]

T = TypeVar("T")
S = TypeVar("S")
log = logging.getLogger(__name__)

#: Environment variable that overrides the time limits of plugins, in s.
LIMIT_VARIABLE = "ASTRONOMICAL_TIME_LIMIT"
#: Time for which a cancelled task keeps its place, in s; most work ends soon after it is cancelled.
_GRACE_S = 5.0
#: Interval at which a blocked caller checks for cancellation, in s.
_CHECK_EVERY_S = 0.05
_owned: WeakValueDictionary[Hashable, Workers] = WeakValueDictionary()
_owning = threading.Lock()


def never() -> bool:
    """Return False: nothing is cancelled."""
    return False


def time_limit(default: float) -> float:
    """Return the time limit of one plugin call, in s: $ASTRONOMICAL_TIME_LIMIT or the default."""
    try:
        given = float(os.environ.get(LIMIT_VARIABLE, ""))
    except ValueError:
        return default
    return given if given > 0 else default


class Workers:
    """Run the tasks of one owner in daemon threads.

    There are no idle threads: each task runs in a thread of its own, started when its turn comes.

    Parameters
    ----------
    name
        Name of the threads.
    limit
        Maximum number of tasks that run at once; the others wait in order.
    overtake_s
        A task that runs for longer no longer blocks waiting tasks. None means that it always does.
    give_up_s
        A task that runs for longer fails with `GivenUpError`. None means no limit.
    grace_s
        A cancelled task that has not ended after this time no longer blocks waiting tasks.
    spare
        Maximum number of threads beyond the limit, for tasks that were overtaken, cancelled or abandoned. If all of
        them are abandoned, new tasks fail at once; otherwise they wait.
    """

    def __init__(
        self,
        name: str,
        limit: int = 1,
        *,
        overtake_s: float | None = None,
        give_up_s: float | None = None,
        grace_s: float = _GRACE_S,
        spare: int = 4,
    ) -> None:
        self.name, self.limit = name, limit
        self._overtake_s, self._give_up_s, self._grace_s, self._spare = overtake_s, give_up_s, grace_s, spare
        self._lock = threading.RLock()
        self._waiting: deque[Task[Any]] = deque()
        self._running: list[Task[Any]] = []
        self._given_up: list[Task[Any]] = []
        self._timer: threading.Timer | None = None

    @classmethod
    def of(cls, owner: Hashable, limit: int = 1, **options: Any) -> Workers:
        """Return the workers of an owner; they are shared as long as they are in use.

        Parameters
        ----------
        owner
            The owner.
        limit, **options
            Options of `Workers`, if they do not exist yet.
        """
        with _owning:
            found = _owned.get(owner)
            if found is None:
                found = _owned[owner] = cls(str(owner), limit, **options)
            return found

    @property
    def n_threads(self) -> int:
        """Number of running threads, including those of abandoned tasks."""
        with self._lock:
            return len(self._running) + len(self._given_up)

    def submit(self, work: Callable[[], T], what: str = "The task") -> Task[T]:
        """Submit work to run in a thread; see `submit_task`."""
        return self.submit_task(lambda task: work(), what)

    def submit_task(self, work: Callable[[Task[T]], T], what: str = "The task") -> Task[T]:
        """Submit work to run in a thread when its turn comes.

        Parameters
        ----------
        work
            Called in a thread with its task.
        what
            Name of the work in messages, such as "The plot 'steps'".
        """
        task: Task[T] = Task(work, what)
        task.when_settled(lambda _: self._schedule())
        with self._lock:
            self._waiting.append(task)
        self._schedule()
        return task

    def run(self, work: Callable[[], T], what: str = "The task", cancelled: Callable[[], bool] = never) -> T:
        """Run work in a thread, and wait for its result.

        Raises
        ------
        GivenUpError
            If it takes too long.
        CancelledError
            If `cancelled` returns True meanwhile.
        """
        task = self.submit(work, what)
        while not task.wait(None if cancelled is never else _CHECK_EVERY_S):
            if cancelled():
                task.cancel()
        return task.result()

    async def run_async(self, work: Callable[..., T], *args: Any, what: str = "The task") -> T:
        """Run work in a thread, and return its result without blocking the event loop.

        Raises
        ------
        GivenUpError
            If it takes too long.
        """
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def settled(_: Task[T]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and no caller waits
                loop.call_soon_threadsafe(arrived.set)

        task = self.submit(partial(contextvars.copy_context().run, work, *args), what)
        task.when_settled(settled)
        try:
            await arrived.wait()
        except asyncio.CancelledError:
            task.cancel()
            raise
        return task.result()

    def map(self, work: Callable[[S], T], items: Iterable[S]) -> Iterable[T]:
        """Return the results for several items in order; after a failure, cancel the rest."""
        parts: list[Task[T]] = [_task(work, item) for item in items]
        left, taking = iter(parts), threading.Lock()

        def take() -> Task[T] | None:
            with taking:
                return next(left, None)

        def work_through() -> None:
            while (part := take()) is not None:
                part.run()

        for _ in range(min(self.limit, len(parts))):
            self.submit(work_through)
        try:
            for part in parts:
                yield part.result()
        finally:
            for part in parts:
                part.cancel()

    def cancel_all(self) -> None:
        """Cancel all waiting and running tasks."""
        with self._lock:
            tasks = [*self._waiting, *self._running]
        for task in tasks:
            task.cancel()

    # -- turns ---------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        """Abandon overdue tasks, start waiting ones, and schedule the next check."""
        lost, refused, starting = [], [], []
        with self._lock:
            now = time.monotonic()
            self._given_up = [task for task in self._given_up if not task.ended]
            lost = [task for task in self._running if self._is_lost(task, now)]
            self._given_up += lost
            self._running = [task for task in self._running if not task.ended and task not in lost]
            for task in [task for task in self._waiting if task.settled]:
                self._waiting.remove(task)
                task.end()
            if len(self._given_up) >= self._spare:
                refused, self._waiting = list(self._waiting), deque()
            while self._waiting and self._may_start(now):
                task = self._waiting.popleft()
                task.started = now
                self._running.append(task)
                starting.append(task)
            self._set_timer(now)
        for task in lost:
            log.warning("%s did not finish and was abandoned", task.what)
            task.settle(
                error=GivenUpError(
                    f"{task.what} did not finish within {self._give_up_s or 0:g} s and was "
                    "abandoned. The rest of the program is not affected."
                )
            )
        for task in refused:
            task.end()
            task.settle(
                error=GivenUpError(
                    f"{task.what} is not started: {len(self._given_up)} earlier tasks have not "
                    "finished. Restart the program to try again."
                )
            )
        for task in starting:
            threading.Thread(target=self._run, args=(task,), name=f"astronomical {self.name}", daemon=True).start()

    def _run(self, task: Task[Any]) -> None:
        task.run()
        self._schedule()

    def _may_start(self, now: float) -> bool:
        holding = sum(not self._is_overtaken(task, now) for task in self._running)
        return holding < self.limit and len(self._running) + len(self._given_up) < self.limit + self._spare

    def _is_lost(self, task: Task[Any], now: float) -> bool:
        """Return whether a task must be abandoned; a cancelled one is abandoned after its grace period."""
        if task.ended or task.started is None:
            return False
        if task.cancelled_at is not None:
            return now >= max(task.cancelled_at, task.started) + self._grace_s
        return self._give_up_s is not None and now >= task.started + self._give_up_s

    def _is_overtaken(self, task: Task[Any], now: float) -> bool:
        return self._overtake_s is not None and task.started is not None and now >= task.started + self._overtake_s

    def _set_timer(self, now: float) -> None:
        """Check again when the next task is overtaken or abandoned."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        times = []
        for task in self._running:
            assert task.started is not None
            if task.cancelled_at is not None:
                times.append(max(task.cancelled_at, task.started) + self._grace_s)
            elif self._give_up_s is not None:
                times.append(task.started + self._give_up_s)
            if self._overtake_s is not None and not self._is_overtaken(task, now):
                times.append(task.started + self._overtake_s)
        if times and (self._waiting or self._give_up_s is not None):
            self._timer = threading.Timer(max(0.0, min(times) - now) + 0.001, self._schedule)
            self._timer.daemon = True
            self._timer.start()


def _task(work: Callable[[S], T], item: S) -> Task[T]:
    return Task(lambda _: work(item), "The task")
