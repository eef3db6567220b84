"""Background jobs with names, lanes and progress.

Jobs return values and do not write state. The result of a cancelled or replaced job is dropped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from astronomical.errors import as_failure
from astronomical.tasks.task import GivenUpError, Task
from astronomical.tasks.workers import Workers

T = TypeVar("T")
Dispatch = Callable[[Callable[[], None]], None]
log = logging.getLogger(__name__)

#: Minimum interval between reports of progress, in s.
_REPORT_EVERY_S = 0.1
#: Time that a cancelled job may run on before the next job of its lane starts anyway, in s. The fit of a model cannot
#: be interrupted, and a plugin may never end.
_GRACE_S = 5.0
#: Maximum number of cancelled jobs of a lane that still run; beyond it no more are started, because a plugin must be at
#: fault.
_SPARE = 16


@dataclass(frozen=True)
class JobView:
    """A job as the screen shows it.

    Attributes
    ----------
    name, title
        Name of the job, for cancelling it, and its description.
    fraction
        Progress from 0 to 1; None if unknown.
    background
        Whether the user does not wait for it.
    """

    name: str
    title: str
    fraction: float | None = None
    background: bool = False


class Job:
    """A running job; `cancel` asks it to stop, and its result is then dropped."""

    def __init__(self, view: JobView, on_progress: Callable[[Job], None]) -> None:
        self.view = view
        self._report_progress = on_progress
        self._reported = 0.0
        self._cancelled = threading.Event()
        self._task: Task[None] | None = None

    @property
    def name(self) -> str:
        """Name of the job."""
        return self.view.name

    def cancel(self) -> None:
        """Ask the job to stop."""
        self._cancelled.set()
        if self._task is not None:
            self._task.cancel()

    def cancelled(self) -> bool:
        """Return whether the job was asked to stop; workers should check this often."""
        return self._cancelled.is_set()

    def pause(self, seconds: float) -> None:
        """Sleep until the time is over or the job is cancelled."""
        self._cancelled.wait(seconds)

    def progress(self, fraction: float) -> None:
        """Report the progress, from 0 to 1; may be called often and from any thread."""
        now = time.monotonic()
        if now - self._reported >= _REPORT_EVERY_S:
            self._reported = now
            self.view = JobView(self.view.name, self.view.title, min(max(fraction, 0.0), 1.0), self.view.background)
            self._report_progress(self)

    def follow(self, task: Task[None]) -> None:
        """Store the task that runs the job."""
        self._task = task
        if self.cancelled():
            task.cancel()


class Jobs:
    """Run jobs; a new job replaces an older one of the same name.

    Jobs of one lane run one after the other; the lanes are independent.

    Parameters
    ----------
    dispatch
        Called from worker threads with a function to run where state may be written. None runs all jobs in the calling
        thread.
    changed
        Called with the current jobs whenever they change.
    give_up_s
        Time in s after which a job is abandoned, by lane; jobs of other lanes may take any time.
    """

    def __init__(
        self,
        dispatch: Dispatch | None = None,
        changed: Callable[[tuple[JobView, ...]], None] = lambda views: None,
        give_up_s: Mapping[str, float | None] = MappingProxyType({}),
    ) -> None:
        self._dispatch = dispatch
        self._changed = changed
        self._lanes: dict[str, Workers] = {}
        self._give_up_s = give_up_s
        self._newest: dict[str, Job] = {}
        self._closed = False

    @property
    def inline(self) -> bool:
        """Whether jobs run in the calling thread."""
        return self._dispatch is None

    @property
    def closed(self) -> bool:
        """Whether all jobs were cancelled for good."""
        return self._closed

    def is_running(self, name: str) -> bool:
        """Return whether a job of this name is waiting or running."""
        return name in self._newest

    def submit(
        self,
        name: str,
        work: Callable[[Job], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        *,
        title: str = "",
        lane: str = "main",
        background: bool = False,
    ) -> None:
        """Run `work` and pass its result to `done`, or its exception to `failed`.

        Parameters
        ----------
        name
            Name of the job; a running job of this name is cancelled.
        work
            Called in a thread with the job. It should check `Job.cancelled`, and may call `Job.progress`.
        done, failed
            Called where state may be written.
        title
            Title shown on the screen.
        lane
            Lane of the job.
        background
            Whether the user does not wait for it.
        """
        self.cancel(name)
        job = self._newest[name] = Job(JobView(name, title, None, background), self._report_progress)
        if self.inline:
            self._run(job, work, done, failed)
        else:
            self._show()
            if lane not in self._lanes:
                self._lanes[lane] = Workers(lane, grace_s=_GRACE_S, spare=_SPARE, give_up_s=self._give_up_s.get(lane))
            task = self._lanes[lane].submit(partial(self._run, job, work, done, failed), title or name)
            job.follow(task)
            task.when_settled(partial(self._settled, job, failed))

    def later(self, action: Callable[[], None]) -> None:
        """Call a function soon, where state may be written."""
        if self._dispatch is None:
            action()
        else:
            self._dispatch(partial(self._unless_closed, action))

    def cancel(self, name: str) -> None:
        """Cancel the job of a name, if there is one; its result is not delivered."""
        job = self._newest.pop(name, None)
        if job is not None:
            job.cancel()
            self._show()

    def close(self) -> None:
        """Cancel all jobs. No result is delivered after this."""
        self._closed = True
        for name in list(self._newest):
            self.cancel(name)

    def _settled(self, job: Job, failed: Callable[[Exception], None], task: Task[None]) -> None:
        """Report a job that was abandoned; all other outcomes are reported by its own thread."""
        error = task.error()
        if isinstance(error, GivenUpError) and self._dispatch is not None:
            self._dispatch(partial(self._finish, job, failed, error))

    def _run(
        self, job: Job, work: Callable[[Job], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        if job.cancelled():
            return
        try:
            result = work(job)
        except BaseException as error:  # a worker must report every failure
            if isinstance(error, KeyboardInterrupt) and self.inline:
                raise
            outcome = partial(self._finish, job, failed, error if job.cancelled() else as_failure(error))
        else:
            outcome = partial(self._finish, job, done, result)
        if self._dispatch is None:
            outcome()
        elif not job.cancelled():
            self._dispatch(outcome)

    def _finish(self, job: Job, receive: Callable[[Any], None], value: Any) -> None:
        """Deliver a result, unless a newer job replaced this one."""
        if job.cancelled() or self._newest.get(job.name) is not job:
            return
        del self._newest[job.name]
        self._show()
        receive(value)

    def _report_progress(self, job: Job) -> None:
        self.later(lambda: None if job.cancelled() else self._show())

    def _show(self) -> None:
        if not self.inline:
            self._changed(tuple(job.view for job in self._newest.values()))

    def _unless_closed(self, action: Callable[[], None]) -> None:
        if not self._closed:
            action()
