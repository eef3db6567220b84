"""Work on the parts of a catalogue: here, in two threads, or on Dask."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

from astronomical.learning.scoring import N_THREADS, CancelCheck, Cancelled, stop_if
from astronomical.session.errors import SessionError
from astronomical.tasks import Task, Workers

__all__ = ["Workforce", "run_parts"]

P = TypeVar("P")
R = TypeVar("R")
#: Maximum time in s between two looks at whether the work was cancelled, here and in a worker.
_LOOK_S, _LOOK_IN_WORKER_S = 0.1, 0.5
#: Maximum time in s to wait for a scheduler.
_CONNECT_S = 10
#: Maximum number of parts that wait in the scheduler, for each worker thread.
_AHEAD = 4
#: States of a client that has its scheduler.
_CONNECTED = ("running", "newloop")


@dataclass(frozen=True)
class Workforce:
    """Who does the work.

    Parameters
    ----------
    workers
        Number of processes on this computer; 1 is this process itself, in two threads and without Dask.
    cluster
        Address of a Dask scheduler to use instead, such as ``tcp://10.0.0.1:8786``.
    """

    workers: int = 1
    cluster: str | None = None


def run_parts(
    work: Callable[[Any, P, CancelCheck], R],
    shared: Any,
    parts: Sequence[P],
    workforce: Workforce,
    *,
    cancelled: CancelCheck,
    done: Callable[[P, R], None],
) -> None:
    """Run a function on each part. The order in which parts are done is not defined.

    Parameters
    ----------
    work
        Called with `shared`, a part, and a function that returns whether to stop. On Dask it may be called again for a
        part if a worker has died.
    shared
        What all parts need; it is sent to each worker once.
    parts
        The parts; like `shared` and the results, they can be pickled.
    workforce
        Who does the work.
    cancelled
        Returns whether to stop.
    done
        Called with each part and its result.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    SessionError
        If Dask is not installed, no scheduler answers, it is lost, or workers die again and again.
    """
    if workforce.cluster is None and workforce.workers == 1:
        _run_here(work, shared, parts, cancelled, done)
        return
    with _client(workforce) as client:
        _run_on_dask(client, work, shared, parts, cancelled, done)


def _run_here(
    work: Callable[[Any, P, CancelCheck], R],
    shared: Any,
    parts: Sequence[P],
    cancelled: CancelCheck,
    done: Callable[[P, R], None],
) -> None:
    """Run two parts at a time in threads: one may read or write while the other one computes."""
    ended = threading.Event()

    def stop() -> bool:
        return ended.is_set() or cancelled()

    def run(part: P) -> R:
        stop_if(stop)
        return work(shared, part, stop)

    workers = Workers("parts", N_THREADS)
    waiting, running = iter(parts), deque[tuple[P, Task[R]]]()
    try:
        while True:
            for part in islice(waiting, 2 * N_THREADS - len(running)):
                running.append((part, workers.submit(partial(run, part), "The part")))
            if not running:
                break
            part, task = running[0]
            done(part, task.result())
            running.popleft()
    finally:
        # Nothing may be written to a folder that the caller is about to remove.
        ended.set()
        for _, task in running:
            task.wait()


@contextlib.contextmanager
def _client(workforce: Workforce) -> Iterator[Any]:
    try:
        _import_dask()
        from distributed import Client, LocalCluster
    except ImportError:
        raise SessionError(
            "Several workers need Dask, which is not installed: pip install 'astronomical-lab[large]'. Without it, use "
            "one worker."
        ) from None
    # What happens to workers is said by the errors below; connections that end are no news.
    for name in ("distributed", "distributed.client", "distributed.comm", "distributed.nanny", "distributed.scheduler"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if workforce.cluster is None:
        with (
            LocalCluster(
                n_workers=workforce.workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(workforce.cluster, timeout=_CONNECT_S)
    except (OSError, ValueError, ImportError) as error:
        raise SessionError(
            f"No Dask scheduler answers at {workforce.cluster}: {error or type(error).__name__}. Start one with dask "
            "scheduler, or check the address."
        ) from None
    with client:
        yield client


def _import_dask() -> None:
    """Import Dask without its settings for logs, which would silence those of Tornado and Bokeh in this process."""
    import dask

    dask.config.set({"distributed.logging": {"version": 1, "incremental": True}})
    import_module("distributed")


def _run_on_dask(
    client: Any,
    work: Callable[[Any, P, CancelCheck], R],
    shared: Any,
    parts: Sequence[P],
    cancelled: CancelCheck,
    done: Callable[[P, R], None],
) -> None:
    from distributed import Event

    stop = Event(f"stop-{uuid4().hex}", client=client)
    waiting = list(parts)[::-1]
    running: dict[Any, P] = {}
    try:
        # Scattered data would be lost with the workers that have it; the result of a task is made again.
        with warnings.catch_warnings(action="ignore"):  # about the size of the model
            given = client.submit(_same, shared, pure=False)
        while waiting or running:
            room = _AHEAD * max(sum(client.nthreads().values()), 1)
            while waiting and len(running) < room:
                part = waiting.pop()
                running[client.submit(_call, work, given, part, stop.name, pure=False)] = part
            for future in _finished(client, running, cancelled):
                done(running.pop(future), _result(future))
    except Cancelled:
        raise
    except Exception as error:
        _explain(error, client)
        raise
    finally:
        if running:
            with contextlib.suppress(Exception):
                stop.set()
                client.cancel(list(running), force=True)


def _finished(client: Any, running: dict[Any, Any], cancelled: CancelCheck) -> list[Any]:
    """Wait until work is done, and return it."""
    while True:
        if cancelled():
            raise Cancelled
        if client.status not in _CONNECTED:
            raise ConnectionError("the scheduler is gone")
        # The result that a worker had when it died is lost only until another one has computed it again.
        found = [future for future in running if future.status not in ("pending", "lost")]
        if found:
            return found
        time.sleep(_LOOK_S)


def _result(future: Any) -> Any:
    if future.status == "cancelled":
        raise ConnectionError("the work was lost")
    return future.result()


def _explain(error: Exception, client: Any) -> None:
    """Raise an error with advice, if the fault is that of a worker or the scheduler."""
    from distributed.comm import CommClosedError
    from distributed.scheduler import KilledWorker, NoValidWorkerError

    if isinstance(error, KilledWorker):
        raise SessionError(
            f"A worker ended {getattr(error, 'allowed_failures', 3) + 1} times during the same part of the work, "
            "probably because it had too little memory. Use fewer workers (--workers), or files with smaller groups of "
            "rows."
        ) from None
    lost = isinstance(error, ConnectionError | CommClosedError | NoValidWorkerError | TimeoutError)
    if lost or client.status not in _CONNECTED:
        raise SessionError(
            "The connection to the Dask scheduler was lost before the work was complete. Check the scheduler and its "
            "workers, and start again."
        ) from None


def _same(shared: R) -> R:
    return shared


def _call(work: Callable[[Any, P, CancelCheck], R], shared: Any, part: P, stop: str) -> R:
    """Run the work of one part in a worker."""
    return work(shared, part, _Stop(stop))


class _Stop:
    """Whether the work was cancelled, asked of the scheduler from time to time."""

    def __init__(self, name: str) -> None:
        from distributed import Event, get_client

        self._event = Event(name, client=get_client())
        self._next, self._is_set = time.monotonic() + _LOOK_IN_WORKER_S, False

    def __call__(self) -> bool:
        if time.monotonic() >= self._next and not self._is_set:
            self._is_set = bool(self._event.is_set())
            self._next = time.monotonic() + _LOOK_IN_WORKER_S
        return self._is_set
