"""Files from the net in the background: from memory, from disk, or from their host, and never in the way."""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from astronomical.services.backoff import BackOff
from astronomical.services.disk import DiskCache
from astronomical.services.http import FetchError, Transfer, get
from astronomical.services.orders import HostQueue, Order, Ticket

__all__ = ["Ask", "Body", "Fetcher", "Limits", "Wanted"]

_log = logging.getLogger(__name__)
_MEMORY_BYTES = 64e6
_DISK_THREADS = 2
#: Statuses by which a server says that it is in trouble, not that the request was wrong.
_TROUBLE = frozenset({429, 500, 502, 503, 504})


class Outcome(Protocol):
    """What is made of a reply."""

    @property
    def lasting(self) -> bool:
        """Whether asking again would give the same."""

    @property
    def n_bytes(self) -> int:
        """Bytes that it holds."""


T = TypeVar("T", bound=Outcome)
#: Asks for an address, as often as it takes to come to the body.
Ask = Callable[[str], bytes]
#: A body, the reason why there is none, or None where the server is known to have none.
Body = bytes | FetchError | None


@dataclass(frozen=True)
class Limits:
    """Limits of all requests.

    Parameters
    ----------
    timeout_s
        Limit of each request as a whole.
    max_bytes
        Largest body accepted.
    per_host
        Requests at a time to one host.
    allow_private
        Whether addresses may lie on a private network.
    offline
        Ask nobody, and say so.
    """

    timeout_s: float = 15.0
    max_bytes: float = 20e6
    per_host: int = 2
    allow_private: bool = False
    offline: bool = False


@dataclass(frozen=True)
class Wanted(Generic[T]):
    """One thing to fetch and what to make of it.

    Parameters
    ----------
    url
        The address; the name of the body on disk.
    make
        Makes the outcome of a body. It runs in a worker and must not raise.
    look
        What `make` depends on beside the body.
    ask
        Comes to the body by more than one request.
    keep
        Whether an outcome is worth keeping on disk, and whether as an absence: True, False or None for not at all.
    """

    url: str
    make: Callable[[Body], T]
    keep: Callable[[T], bool | None]
    look: Hashable = None
    ask: Callable[[Ask], bytes] | None = None

    @property
    def key(self) -> Hashable:
        """What makes two of these the same."""
        return self.url, self.look


class Fetcher(Generic[T]):
    """Fetches in threads of its own; each host has its own, so that one that hangs delays no other.

    Parameters
    ----------
    limits
        Limits of all requests.
    disk
        Where replies are kept; None keeps them in memory only.
    """

    def __init__(self, limits: Limits, disk: DiskCache | None = None) -> None:
        self.limits = limits
        self._disk = disk
        self._memory: _Memory[T] = _Memory(_MEMORY_BYTES)
        self._queues: dict[str, HostQueue] = {}
        self._lookups = HostQueue("disk", _DISK_THREADS)
        self._backoffs: dict[str, BackOff] = {}
        self._lock = threading.Lock()
        self._closed = False

    def get(self, wanted: Wanted[T]) -> T:
        """Return what is wanted, waiting for it."""
        return self._memory.get(wanted.key) or self._from_disk(wanted) or self._from_host(
            wanted, False, Transfer(self.limits.timeout_s))

    def submit(self, wanted: Wanted[T], done: Callable[[T], None], *, urgent: bool = True,
               insist: bool = False) -> Ticket:
        """Order something and return at once; the newest order at a host is served first.

        Parameters
        ----------
        wanted
            What to fetch.
        done
            Gets the outcome in a thread of the fetcher, or before this returns if it is in memory.
        urgent
            Whether somebody looks at an empty frame; other orders wait until no such order does.
        insist
            Whether a person asked again, so that earlier failures of the host do not count.
        """
        ticket = Ticket(done)
        found = self._memory.get(wanted.key)
        if found is not None:
            ticket.deliver(found)
        elif self._closed:
            ticket.cancel()
        elif self._disk is None:
            self._order(wanted, ticket, urgent=urgent, insist=insist)
        else:
            look = Order(None, lambda _: self._from_disk(wanted), self.limits.timeout_s)
            # A cancelled ticket need not be looked up; an open one goes on to the host if the disk has nothing.
            look.join(Ticket(partial(self._looked_up, wanted, ticket, urgent, insist)), urgent=True)
            self._lookups.put(look)
        return ticket

    def close(self) -> None:
        """Drop all requests and end the threads; orders made later are dropped too."""
        with self._lock:
            self._closed = True
            queues = (self._lookups, *self._queues.values())
        for queue in queues:
            queue.close()

    def _looked_up(self, wanted: Wanted[T], ticket: Ticket, urgent: bool, insist: bool, found: T | None) -> None:
        if found is not None:
            ticket.deliver(found)
        elif ticket.is_open:
            self._order(wanted, ticket, urgent=urgent, insist=insist)

    def _order(self, wanted: Wanted[T], ticket: Ticket, *, urgent: bool, insist: bool) -> None:
        """Join the order that is there already, or make one."""
        host = _host(wanted.url)
        with self._lock:
            if self._closed:
                ticket.cancel()
                return
            queue = self._queues.setdefault(host, HostQueue(host, self.limits.per_host))
        waiting = queue.find(wanted.key)
        if waiting is not None and waiting.join(ticket, urgent=urgent):
            queue.hurry()
        else:
            order = Order(wanted.key, partial(self._serve, wanted, insist), self.limits.timeout_s)
            order.join(ticket, urgent=urgent)
            queue.put(order)
        if not ticket.is_open and ticket.order is not None:  # cancelled on the way here
            ticket.order.leave()

    def _serve(self, wanted: Wanted[T], insist: bool, transfer: Transfer) -> T:
        # The same may have been fetched while this order waited.
        return self._memory.get(wanted.key) or self._from_host(wanted, insist, transfer)

    def _from_disk(self, wanted: Wanted[T]) -> T | None:
        body = None if self._disk is None else self._disk.get(wanted.url)
        if body is None:
            return None
        outcome = wanted.make(body or None)
        self._memory.put(wanted.key, outcome)
        return outcome

    def _from_host(self, wanted: Wanted[T], insist: bool, transfer: Transfer) -> T:
        try:
            reply: Body = self._ask(wanted, insist, transfer)
        except FetchError as error:
            reply = error
        except Exception as error:
            _log.exception("%s could not be fetched", wanted.url)
            reply = FetchError(f"it failed unexpectedly ({type(error).__name__})")
        outcome = wanted.make(reply)
        kept = wanted.keep(outcome)
        if kept is not None:
            self._memory.put(wanted.key, outcome)
            if self._disk is not None:
                self._disk.put(wanted.url, reply if kept and isinstance(reply, bytes) else b"")
        return outcome

    def _ask(self, wanted: Wanted[T], insist: bool, transfer: Transfer) -> bytes:
        if self.limits.offline:
            raise FetchError("the network is switched off for this server")
        host = _host(wanted.url)
        with self._lock:
            backoff = self._backoffs.setdefault(host, BackOff())
        wait_s = backoff.wait_s(insist=insist)
        if wait_s > 0:
            raise FetchError(f"the server {host} failed several times; it is asked again in {math.ceil(wait_s)} s")

        def ask(url: str) -> bytes:
            return get(url, max_bytes=self.limits.max_bytes, allow_private=self.limits.allow_private,
                       transfer=transfer).data

        try:
            body = ask(wanted.url) if wanted.ask is None else wanted.ask(ask)
        except FetchError as error:
            if error.status in _TROUBLE or (error.status is None and error.trouble and not transfer.stopped):
                backoff.failed(error.retry_after_s)
            elif error.status is not None:
                backoff.succeeded()
            raise
        backoff.succeeded()
        return body


class _Memory(Generic[T]):
    """The outcomes used last, up to a number of bytes."""

    def __init__(self, max_bytes: float) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, outcome: T) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = outcome
            self._bytes += outcome.n_bytes
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.n_bytes


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()
