"""Work off the event loop: one place for threads, generations and cancelling.

Workers return values; whoever submitted the work receives them through `dispatch`, which the dashboard
points at its event loop. Without a dispatch everything runs at once in the calling thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
Dispatch = Callable[[Callable[[], None]], None]
log = logging.getLogger(__name__)


class Job:
    """A piece of work under way; it is asked to stop by `cancel`, and its result is then dropped."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._cancelled.set()

    def cancelled(self) -> bool:
        """Tell whether the work was asked to stop; workers look at this often."""
        return self._cancelled.is_set()


class Jobs:
    """Runs work; a new job of a name takes the place of the old one of that name.

    Parameters
    ----------
    dispatch
        Called from worker threads with a function that must run where state may be written. None runs
        all work in the calling thread.
    """

    def __init__(self, dispatch: Dispatch | None = None) -> None:
        self._dispatch = dispatch
        self._executor = None if dispatch is None else ThreadPoolExecutor(1, thread_name_prefix="astronomical-job")
        self._newest: dict[str, Job] = {}

    @property
    def inline(self) -> bool:
        """Whether work runs in the calling thread."""
        return self._executor is None

    def is_running(self, name: str) -> bool:
        """Tell whether a job of this name is waiting or under way."""
        return name in self._newest

    def submit(self, name: str, work: Callable[[Job], T], done: Callable[[T], None],
               failed: Callable[[Exception], None]) -> None:
        """Run `work` and hand its result to `done`, or its exception to `failed`."""
        self.cancel(name)
        job = self._newest[name] = Job(name)
        if self._executor is None:
            self._run(job, work, done, failed)
        else:
            self._executor.submit(self._run, job, work, done, failed)

    def cancel(self, name: str) -> None:
        """Stop the job of a name, if there is one; its result will not arrive."""
        job = self._newest.pop(name, None)
        if job is not None:
            job.cancel()

    def close(self) -> None:
        """Stop everything. Nothing arrives after this."""
        for name in list(self._newest):
            self.cancel(name)
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)

    def _run(self, job: Job, work: Callable[[Job], Any], done: Callable[[Any], None],
             failed: Callable[[Exception], None]) -> None:
        if job.cancelled():
            return
        try:
            result = work(job)
        except Exception as error:  # a worker must report every failure, whatever it is
            if not job.cancelled():
                log.debug("job %s failed", job.name, exc_info=True)
            outcome = partial(self._finish, job, failed, error)
        else:
            outcome = partial(self._finish, job, done, result)
        if self._dispatch is None:
            outcome()
        else:
            self._dispatch(outcome)

    def _finish(self, job: Job, receive: Callable[[Any], None], value: Any) -> None:
        """Hand over a result, unless a newer job has taken the place of this one."""
        if job.cancelled() or self._newest.get(job.name) is not job:
            return
        del self._newest[job.name]
        receive(value)
