"""Fetch small files in the background: from memory, from the disk cache, or from their host."""

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
from astronomical.services.disk_cache import DiskCache
from astronomical.services.fetch_queue import FetchHandle, FetchJob, FetchQueue
from astronomical.services.http import HttpClient
from astronomical.services.proxy import DIRECT, Proxy
from astronomical.services.transfer import FetchError, Transfer

__all__ = ["FetchRequest", "Fetcher", "GetBytes", "Limits", "Response"]

_log = logging.getLogger(__name__)
_MEMORY_BYTES = 64e6
_DISK_THREADS = 2
#: Maximum number of hosts whose failures are tracked.
_MAX_HOSTS = 1000
#: HTTP statuses that mean that the server has a problem, not that the request was wrong.
_TROUBLE = frozenset({429, 500, 502, 503, 504})


class FetchResult(Protocol):
    """A converted response, as the memory cache needs it."""

    @property
    def lasting(self) -> bool:
        """Whether a retry would give the same result."""

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""


T = TypeVar("T", bound=FetchResult)


class GetBytes(Protocol):
    """Returns the body at a URL; with a body of JSON to send, by POST."""

    def __call__(self, url: str, sent: bytes | None = None, /) -> bytes:
        """Return the body."""


#: A body, the error that prevented it, or None if the server is known to have no image.
Response = bytes | FetchError | None


@dataclass(frozen=True)
class Limits:
    """Limits for all requests.

    Parameters
    ----------
    timeout_s
        Time limit of each request, in seconds.
    max_bytes
        Maximum size of a body, in bytes.
    per_host
        Maximum number of concurrent requests to one host.
    allow_private
        Whether URLs may be on a private network.
    offline
        Whether to refuse all requests to the network.
    proxy
        How requests reach the network.
    """

    timeout_s: float = 15.0
    max_bytes: float = 20e6
    per_host: int = 2
    allow_private: bool = False
    offline: bool = False
    proxy: Proxy = DIRECT

    def client(self) -> HttpClient:
        """Return a new client with these limits."""
        return HttpClient(max_bytes=self.max_bytes, allow_private=self.allow_private, proxy=self.proxy)


@dataclass(frozen=True)
class FetchRequest(Generic[T]):
    """A URL to fetch, and how to convert its response.

    Parameters
    ----------
    url
        The URL. It also identifies the body in the disk cache.
    convert
        Converts a response to a result. It runs in a worker thread and must not raise.
    cache_on_disk
        How to cache a result: True to store the body, False to record that there is no image, None to store nothing.
    variant
        Settings that `convert` depends on, other than the body.
    download
        Downloads the body, if this needs more than one request.
    """

    url: str
    convert: Callable[[Response], T]
    cache_on_disk: Callable[[T], bool | None]
    variant: Hashable = None
    download: Callable[[GetBytes], bytes] | None = None

    @property
    def key(self) -> Hashable:
        """Key that is the same for equal requests."""
        return self.url, self.variant


class Fetcher(Generic[T]):
    """Fetch in a limited number of threads per host, so that a host that hangs does not delay the others.

    Parameters
    ----------
    limits
        Limits for all requests.
    disk
        Disk cache for responses. With None, results are cached in memory only.
    client
        Client for all requests, which other fetchers may share. With None, the fetcher creates its own from `limits`.
    """

    def __init__(self, limits: Limits, disk: DiskCache | None = None, client: HttpClient | None = None) -> None:
        self.limits = limits
        self._disk = disk
        self._client = client or limits.client()
        self._memory: _Memory[T] = _Memory(_MEMORY_BYTES)
        self._jobs = FetchQueue("hosts", limits.per_host)
        self._lookups = FetchQueue("disk", _DISK_THREADS, _DISK_THREADS)
        self._backoffs: OrderedDict[str, BackOff] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False

    def get(self, request: FetchRequest[T]) -> T:
        """Return the result of a request. This blocks."""
        return (
            self._memory.get(request.key)
            or self._load_from_disk(request)
            or self._fetch_from_host(request, False, Transfer(self.limits.timeout_s))
        )

    def submit(
        self, request: FetchRequest[T], done: Callable[[T], None], *, urgent: bool = True, insist: bool = False
    ) -> FetchHandle:
        """Submit a request without waiting. The latest request to a host is served first.

        Parameters
        ----------
        request
            What to fetch.
        done
            Receives the result in a thread of the fetcher, or before this method returns if it is in memory.
        urgent
            Whether the user is waiting for the result. Other requests wait until no urgent request is queued.
        insist
            Whether the user asked for a retry. Then earlier failures of the host do not delay the request.

        Returns
        -------
        FetchHandle
            Handle by which the request can be cancelled.
        """
        handle = FetchHandle(done)
        found = self._memory.get(request.key)
        if found is not None:
            handle.deliver(found)
        elif self._closed:
            handle.cancel()
        elif self._disk is None:
            self._submit_to_host(request, handle, urgent=urgent, insist=insist)
        else:
            lookup = FetchJob(None, lambda _: self._load_from_disk(request), self.limits.timeout_s)
            # If the disk cache has no entry and the handle is still open, the request goes to the host.
            lookup.attach(FetchHandle(partial(self._on_disk_lookup, request, handle, urgent, insist)), urgent=True)
            self._lookups.put(lookup)
        return handle

    def close(self) -> None:
        """Cancel all requests and stop the threads. Later requests are cancelled at once."""
        with self._lock:
            self._closed = True
        self._lookups.close()
        self._jobs.close()
        self._client.close()

    def _on_disk_lookup(
        self, request: FetchRequest[T], handle: FetchHandle, urgent: bool, insist: bool, found: T | None
    ) -> None:
        if found is not None:
            handle.deliver(found)
        elif handle.is_open:
            self._submit_to_host(request, handle, urgent=urgent, insist=insist)

    def _submit_to_host(self, request: FetchRequest[T], handle: FetchHandle, *, urgent: bool, insist: bool) -> None:
        """Attach to the job for the same request, or queue a new one."""
        if self._closed:
            handle.cancel()
            return
        waiting = self._jobs.find(request.key)
        if waiting is not None and waiting.attach(handle, urgent=urgent):
            self._jobs.wake()
        else:
            job = FetchJob(request.key, partial(self._fetch, request, insist), self.limits.timeout_s)
            job.attach(handle, urgent=urgent)
            self._jobs.put(job, _host(request.url))
        if not handle.is_open and handle.job is not None:  # cancelled in the meantime
            handle.job.cancel_if_unused()

    def _fetch(self, request: FetchRequest[T], insist: bool, transfer: Transfer) -> T:
        # Another job may have fetched the result while this one waited.
        return self._memory.get(request.key) or self._fetch_from_host(request, insist, transfer)

    def _load_from_disk(self, request: FetchRequest[T]) -> T | None:
        body = None if self._disk is None else self._disk.get(request.url)
        if body is None:
            return None
        result = request.convert(body or None)
        self._memory.put(request.key, result)
        return result

    def _fetch_from_host(self, request: FetchRequest[T], insist: bool, transfer: Transfer) -> T:
        try:
            reply: Response = self._request_body(request, insist, transfer)
        except FetchError as error:
            reply = error
        except Exception as error:
            _log.exception("%s could not be fetched", request.url)
            reply = FetchError(f"unexpected error ({type(error).__name__})")
        result = request.convert(reply)
        cacheable = request.cache_on_disk(result)
        if cacheable is not None:
            self._memory.put(request.key, result)
            if self._disk is not None:
                self._disk.put(request.url, reply if cacheable and isinstance(reply, bytes) else b"")
        return result

    def _request_body(self, request: FetchRequest[T], insist: bool, transfer: Transfer) -> bytes:
        if self.limits.offline:
            raise FetchError("network access is disabled on this server")
        host = _host(request.url)
        backoff = self._backoff_for(host)
        wait_s = backoff.wait_s(insist=insist)
        if wait_s > 0:
            raise FetchError(f"the server {host} failed several times; next attempt in {math.ceil(wait_s)} s")

        def get_bytes(url: str, sent: bytes | None = None, /) -> bytes:
            if sent is None:
                return self._client.get(url, transfer=transfer).data
            return self._client.post(url, sent, "application/json", transfer=transfer)

        try:
            body = get_bytes(request.url) if request.download is None else request.download(get_bytes)
        except FetchError as error:
            if error.status in _TROUBLE or (error.status is None and error.trouble and not transfer.stopped):
                backoff.failed(error.retry_after_s)
            elif error.status is not None:
                backoff.succeeded()
            raise
        backoff.succeeded()
        return body

    def _backoff_for(self, host: str) -> BackOff:
        """Return the back-off of a host, and remove that of the least recently used hosts."""
        with self._lock:
            found = self._backoffs.setdefault(host, BackOff())
            self._backoffs.move_to_end(host)
            while len(self._backoffs) > _MAX_HOSTS:
                self._backoffs.popitem(last=False)
            return found


class _Memory(Generic[T]):
    """Cache of the most recently used results, limited by total size in bytes."""

    def __init__(self, max_bytes: float) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Hashable, T] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def put(self, key: Hashable, result: T) -> None:
        with self._lock:
            self._drop(key)
            self._entries[key] = result
            self._bytes += result.n_bytes
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._entries)))

    def _drop(self, key: Hashable) -> None:
        dropped = self._entries.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.n_bytes


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()
