"""Work in the background: threads, generations and cancelling.

Workers return values and write no state; a result that nobody waits for any more is dropped.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Dispatch = Callable[[Callable[[], None]], None]
#: Work of one lane is done one after the other; the lanes do not wait for each other.
Lane = Literal["rounds", "ahead", "files", "recording"]
log = logging.getLogger(__name__)

#: Progress is told no more often than this, in s.
_TELL_EVERY_S = 0.1
#: How long work that was called off may go on before the next of its lane begins all the same, in s. A model's fit
#: cannot be interrupted, and a plugin may never end.
_GRACE_S = 5.0
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class JobView:
    """What the screen shows of work under way.

    Attributes
    ----------
    name, title
        Name by which it is cancelled, and what it does.
    fraction
        How far it is, from 0 to 1; None where nobody knows.
    background
        Whether nobody waits for it.
    """

    name: str
    title: str
    fraction: float | None = None
    background: bool = False


class Job:
    """A piece of work under way; it is asked to stop by `cancel`, and its result is then dropped."""

    def __init__(self, view: JobView, tell: Callable[[Job], None]) -> None:
        self.view = view
        self._tell = tell
        self._told = 0.0
        self._cancelled = threading.Event()
        self._over = threading.Event()
        self._called_off = math.inf

    @property
    def name(self) -> str:
        """Name of the work."""
        return self.view.name

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._called_off = min(self._called_off, time.monotonic())
        self._cancelled.set()

    def cancelled(self) -> bool:
        """Tell whether the work was asked to stop; workers look at this often."""
        return self._cancelled.is_set()

    def pause(self, seconds: float) -> None:
        """Let the work rest, until it is asked to stop at the latest."""
        self._cancelled.wait(seconds)

    def progress(self, fraction: float) -> None:
        """Say how far the work is, from 0 to 1; may be called often, and from any thread."""
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY_S:
            self._told = now
            self.view = JobView(self.view.name, self.view.title, min(max(fraction, 0.0), 1.0), self.view.background)
            self._tell(self)

    def end(self) -> None:
        """Say that the work is over, so that the next of its lane begins."""
        self._over.set()

    def wait(self) -> None:
        """Wait until the work is over, or does not end although it was called off a while ago."""
        while not self._over.wait(_LOOK_EVERY_S):
            if time.monotonic() > self._called_off + _GRACE_S:
                log.warning("%s was called off but goes on; what waits for it begins now", self.name)
                return


class Jobs:
    """Runs work; a new job of a name takes the place of the old one of that name.

    Parameters
    ----------
    dispatch
        Called from worker threads with a function that must run where state may be written. None runs
        all work in the calling thread.
    changed
        Called with what is under way whenever that has changed.
    """

    def __init__(self, dispatch: Dispatch | None = None,
                 changed: Callable[[tuple[JobView, ...]], None] = lambda views: None) -> None:
        self._dispatch = dispatch
        self._changed = changed
        self._last: dict[Lane, Job] = {}
        self._newest: dict[str, Job] = {}
        self._closed = False

    @property
    def inline(self) -> bool:
        """Whether work runs in the calling thread."""
        return self._dispatch is None

    def is_running(self, name: str) -> bool:
        """Tell whether a job of this name is waiting or under way."""
        return name in self._newest

    def submit(self, name: str, work: Callable[[Job], T], done: Callable[[T], None],
               failed: Callable[[Exception], None], *, title: str = "", lane: Lane = "rounds",
               background: bool = False) -> None:
        """Run `work` and hand its result to `done`, or its exception to `failed`.

        Parameters
        ----------
        name
            The job; one of the same name under way is cancelled.
        work
            Called in a thread with the job. It looks at `Job.cancelled`, and may tell `Job.progress`.
        done, failed
            Called where state may be written.
        title
            What the screen says of it.
        lane
            Which work it waits for.
        background
            Whether nobody waits for it.
        """
        self.cancel(name)
        job = self._newest[name] = Job(JobView(name, title, None, background), self._tell)
        if self.inline:
            self._run(job, work, done, failed)
        else:
            self._show()
            before = self._last.get(lane)
            self._last[lane] = job
            # Work that never ends must not keep the program from ending.
            threading.Thread(target=self._run_after, args=(before, job, work, done, failed), daemon=True,
                             name=f"astronomical-{lane}").start()

    def later(self, action: Callable[[], None]) -> None:
        """Call a function soon, where state may be written."""
        if self._dispatch is None:
            action()
        else:
            self._dispatch(partial(self._unless_closed, action))

    def cancel(self, name: str) -> None:
        """Stop the job of a name, if there is one; its result will not arrive."""
        job = self._newest.pop(name, None)
        if job is not None:
            job.cancel()
            self._show()

    def close(self) -> None:
        """Stop everything. Nothing arrives after this."""
        self._closed = True
        for name in list(self._newest):
            self.cancel(name)

    def _run_after(self, before: Job | None, job: Job, work: Callable[[Job], Any], done: Callable[[Any], None],
                   failed: Callable[[Exception], None]) -> None:
        try:
            if before is not None:
                before.wait()
            self._run(job, work, done, failed)
        finally:
            job.end()

    def _run(self, job: Job, work: Callable[[Job], Any], done: Callable[[Any], None],
             failed: Callable[[Exception], None]) -> None:
        if job.cancelled():
            return
        try:
            result = work(job)
        except BaseException as error:  # a worker must report every failure, whatever it is
            if isinstance(error, KeyboardInterrupt) and self.inline:
                raise
            if not job.cancelled():
                log.debug("job %s failed", job.name, exc_info=True)
            outcome = partial(self._finish, job, failed, as_failure(error))
        else:
            outcome = partial(self._finish, job, done, result)
        if self._dispatch is None:
            outcome()
        elif not job.cancelled():
            self._dispatch(outcome)

    def _finish(self, job: Job, receive: Callable[[Any], None], value: Any) -> None:
        """Hand over a result, unless a newer job has taken the place of this one."""
        if job.cancelled() or self._newest.get(job.name) is not job:
            return
        del self._newest[job.name]
        self._show()
        receive(value)

    def _tell(self, job: Job) -> None:
        self.later(lambda: None if job.cancelled() else self._show())

    def _show(self) -> None:
        if not self.inline:
            self._changed(tuple(job.view for job in self._newest.values()))

    def _unless_closed(self, action: Callable[[], None]) -> None:
        if not self._closed:
            action()


def as_failure(error: BaseException) -> Exception:
    """Return what stands for an error: a plugin that leaves the program has only failed."""
    if isinstance(error, MemoryError):
        return MemoryError("there is not enough memory.")
    return error if isinstance(error, Exception) else RuntimeError(f"it ended itself ({type(error).__name__}).")
