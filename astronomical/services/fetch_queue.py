"""Queue of fetch jobs: latest first, with a limit for each host, and prefetching last."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from astronomical.services.transfer import Transfer

__all__ = ["MAX_THREADS", "FetchHandle", "FetchJob", "FetchQueue"]

#: Maximum number of threads for all hosts. A catalogue may name a different host for each source.
MAX_THREADS = 24
#: An idle thread ends after this time in seconds.
_IDLE_S = 20.0
_log = logging.getLogger(__name__)


class FetchHandle:
    """Handle of a submitted request. Cancel it when the result is no longer needed.

    Parameters
    ----------
    done
        Called once with the result, unless the handle is cancelled first.
    """

    def __init__(self, done: Callable[[Any], None]) -> None:
        self._done = done
        self._settled = False
        self.job: FetchJob | None = None
        self._lock = threading.Lock()

    def cancel(self) -> bool:
        """Cancel the request, and stop its transfer if no other handle needs it.

        Returns
        -------
        bool
            False if `done` was already called or the handle was already cancelled.
        """
        with self._lock:
            if self._settled:
                return False
            self._settled = True
        if self.job is not None:
            self.job.cancel_if_unused()
        return True

    @property
    def is_open(self) -> bool:
        """Whether the result is still expected."""
        return not self._settled

    def deliver(self, result: Any) -> None:
        """Call `done` with the result, unless the handle was cancelled."""
        with self._lock:
            if self._settled:
                return
            self._settled = True
        try:
            self._done(result)
        except Exception:
            _log.exception("The callback of a fetch request failed")


class FetchJob:
    """One transfer that serves any number of handles. It stops when the last handle is cancelled.

    Parameters
    ----------
    key
        Identifies the request: handles of equal requests share a job.
    fetch
        Fetches the result, in a worker thread.
    timeout_s
        Time limit of the transfer in seconds.
    """

    def __init__(self, key: object, fetch: Callable[[Transfer], Any], timeout_s: float) -> None:
        self.key = key
        self.urgent = False
        self._fetch = fetch
        self._timeout_s = timeout_s
        self._handles: list[FetchHandle] = []
        self._transfer: Transfer | None = None
        self._closed = False
        self._lock = threading.Lock()

    def attach(self, handle: FetchHandle, *, urgent: bool) -> bool:
        """Add a handle; return False if the job has already ended."""
        with self._lock:
            if self._closed:
                return False
            self._handles.append(handle)
            handle.job = self
            self.urgent |= urgent
            return True

    def cancel_if_unused(self) -> None:
        """Stop the transfer if no handle is open."""
        with self._lock:
            if self._closed or any(handle.is_open for handle in self._handles):
                return
            self._closed = True
            if self._transfer is not None:
                self._transfer.stop()

    @property
    def is_open(self) -> bool:
        """Whether the job is waiting or running."""
        return not self._closed

    def cancel(self) -> None:
        """Cancel all handles."""
        for handle in tuple(self._handles):
            handle.cancel()

    def run(self) -> None:
        """Fetch the result, and deliver it to all handles."""
        transfer = Transfer(self._timeout_s)
        with self._lock:
            if self._closed:
                return
            self._transfer = transfer
        result = self._fetch(transfer)
        with self._lock:
            self._closed = True
            handles = tuple(self._handles)
        for handle in handles:
            handle.deliver(result)


class FetchQueue:
    """Run jobs for any number of hosts in daemon threads.

    A thread starts when a job would otherwise wait, and ends when it has been idle for some time.

    Parameters
    ----------
    name
        Name of the threads.
    per_host
        Maximum number of concurrent requests to one host. Jobs that are not urgent may use one less, so that an
        urgent job never waits for them.
    max_threads
        Maximum number of concurrent requests to all hosts.
    idle_s
        Time in seconds after which an idle thread ends.
    """

    def __init__(self, name: str, per_host: int, max_threads: int = MAX_THREADS, idle_s: float = _IDLE_S) -> None:
        self._name = name
        self._per_host = per_host
        self._max_threads = max_threads
        self._idle_s = idle_s
        self._waiting: list[tuple[str, FetchJob]] = []
        self._running: dict[FetchJob, str] = {}
        self._n_threads = 0
        self._n_idle = 0
        self._changed = threading.Condition()
        self._closed = False

    def put(self, job: FetchJob, host: str = "") -> None:
        """Add a job for a host."""
        with self._changed:
            if not self._closed:
                self._waiting = [(at, waiting) for at, waiting in self._waiting if waiting.is_open]
                self._waiting.append((host, job))
                if self._n_idle < self._n_runnable() and self._n_threads < self._max_threads:
                    self._n_threads += 1
                    self._n_idle += 1
                    threading.Thread(target=self._work, name=f"cutouts-{self._name}", daemon=True).start()
                self._changed.notify_all()
                return
        job.cancel()

    def find(self, key: object) -> FetchJob | None:
        """Return the waiting or running job with a key, or None."""
        with self._changed:
            jobs = (*self._running, *(job for _, job in self._waiting))
            return next((job for job in jobs if job.key == key and job.is_open), None)

    def wake(self) -> None:
        """Wake the threads, because a job has become urgent."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Cancel all jobs and stop the threads."""
        with self._changed:
            self._closed = True
            left = {*self._running, *(job for _, job in self._waiting)}
            self._waiting.clear()
            self._changed.notify_all()
        for job in left:
            job.cancel()

    def _work(self) -> None:
        while (job := self._wait_for_job()) is not None:
            try:
                job.run()
            except Exception:
                _log.exception("A fetch job of the queue %s failed", self._name)
            finally:
                with self._changed:
                    self._n_idle += 1
                    self._running.pop(job, None)
                    self._changed.notify_all()

    def _wait_for_job(self) -> FetchJob | None:
        """Return the next job, or None if the thread should end."""
        with self._changed:
            try:
                if self._changed.wait_for(lambda: self._closed or self._next() is not None, self._idle_s):
                    found = self._next()
                    if found is not None:
                        self._waiting.remove(found)
                        self._running[found[1]] = found[0]
                        return found[1]
                self._n_threads -= 1
                return None
            finally:
                self._n_idle -= 1

    def _n_runnable(self) -> int:
        """Return the number of waiting jobs that the limits of their hosts allow to run now."""
        at_host = Counter(self._running.values())
        return sum(
            min(n, self._per_host - at_host[host]) for host, n in Counter(host for host, _ in self._waiting).items()
        )

    def _next(self) -> tuple[str, FetchJob] | None:
        """Return the latest urgent job that may run, or else the oldest other job."""
        if self._closed:
            return None
        waiting = [item for item in self._waiting if item[1].is_open]
        at_host = Counter(self._running.values())
        for host, job in reversed(waiting):
            if job.urgent and at_host[host] < self._per_host:
                return host, job
        relaxed = Counter(host for job, host in self._running.items() if not job.urgent)
        if relaxed.total() >= max(1, self._max_threads - 1):
            return None
        limit = max(1, self._per_host - 1)
        return next(
            (
                (host, job)
                for host, job in waiting
                if not job.urgent and at_host[host] < self._per_host and relaxed[host] < limit
            ),
            None,
        )
