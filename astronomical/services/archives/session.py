"""The session of requests that is given to pyvo: it obeys the limits of all other requests, and can be stopped."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any, BinaryIO
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from astronomical.services.connections import Attempt, CheckedAdapter
from astronomical.services.http import origin_of, reason_of
from astronomical.services.proxy import DIRECT, Proxy
from astronomical.services.transfer import FetchError, Transfer

__all__ = ["ArchiveSession"]

_CHUNK_BYTES = 64 * 1024
#: Maximum size of a reply that is kept in memory: metadata, counts, and the state of jobs.
_MAX_REPLY_BYTES = 50_000_000
_MAX_REDIRECTS = 5
#: Time limit in s until a service answers at all, and time between two looks at whether the user cancelled.
_REACH_S, _CANCEL_S = 8.0, 0.1
_HEADERS = {"User-Agent": "astronomical (IVOA-science)", "Accept": "*/*"}


class _Body(io.BytesIO):
    """The body of a reply, which pyvo reads as if it came from the network."""

    def read(self, size: int | None = -1, decode_content: bool = True) -> bytes:
        return super().read(size)


class ArchiveSession(requests.Session):
    """A session whose connections go only to addresses that were checked, with a deadline for each request.

    Parameters
    ----------
    url
        Address of the service. Only its host may be on a private network, if that is allowed.
    timeout_s
        Time limit for a request, including its reply, in seconds.
    allow_private
        Whether the service may be on a private network.
    proxy
        How to reach the network.

    Raises
    ------
    FetchError
        If the address is not an http or https address.
    """

    def __init__(
        self, url: str, *, timeout_s: float = 60.0, allow_private: bool = False, proxy: Proxy = DIRECT
    ) -> None:
        super().__init__()
        origin = origin_of(url)
        self.timeout_s = timeout_s
        self._trusted = origin if allow_private else None
        self._proxy = proxy
        self.trust_env = False
        self.max_redirects = _MAX_REDIRECTS
        self.headers.update(_HEADERS)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("http", "https"):
            self.mount(f"{scheme}://", CheckedAdapter())
        self._lock = threading.Lock()
        self._running: set[Transfer] = set()
        self._stopped = False

    def stop(self) -> None:
        """Stop all requests immediately, and refuse further ones. This may be called from any thread."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for transfer in running:
            transfer.stop()

    def check(self) -> None:
        """Raise `FetchError` if the session was stopped."""
        if self._stopped:
            raise FetchError("cancelled")

    @contextlib.contextmanager
    def stopping(self, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Stop the requests of a block once it is cancelled.

        Parameters
        ----------
        cancelled
            Called from another thread every 0.1 s.
        """
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(_CANCEL_S):
                if cancelled():
                    self.stop()
                    return

        threading.Thread(target=watch, name="archive-cancel", daemon=True).start()
        try:
            yield
        finally:
            ended.set()

    def reach(self, service: str, url: str) -> None:
        """Find out within ten seconds whether a service answers.

        Parameters
        ----------
        service, url
            Address of the service, for the message, and what to ask for.

        Raises
        ------
        FetchError
            If it does not; the message names the reason.
        """
        usual, self.timeout_s = self.timeout_s, _REACH_S
        try:
            self.get(url)
        except FetchError as error:
            raise FetchError(f"{service} cannot be reached: {error}", trouble=True) from None
        finally:
            self.timeout_s = usual

    def resume(self) -> None:
        """Allow requests again, such as the one that deletes a job on the server."""
        self._stopped = False

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request, and read its reply into memory."""
        body = io.BytesIO()
        response = self._transfer(request, body, Transfer(self.timeout_s), _MAX_REPLY_BYTES, kwargs)
        if not response.__dict__.get("_content_consumed"):
            response._content = body.getvalue()
            response.__dict__["_content_consumed"] = True
            response.raw = _Body(body.getvalue())
        return response

    def download(self, url: str, target: BinaryIO, *, timeout_s: float, max_bytes: float) -> None:
        """Write the body at an address to a file.

        Parameters
        ----------
        url, target
            The address and the open file.
        timeout_s, max_bytes
            Limits on the time in seconds and the size.

        Raises
        ------
        FetchError
            If the download fails.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            prepared = self.prepare_request(requests.Request("GET", url))
            options = {"allow_redirects": False}
            response = self._transfer(prepared, target, Transfer(timeout_s), max_bytes, options)
            location = self.get_redirect_target(response)
            if location is None:
                if response.status_code != 200:
                    raise FetchError(f"the server responded with status {response.status_code}")
                return
            url = urljoin(url, location)
            target.seek(0)
            target.truncate()
        raise FetchError(f"the server redirected more than {_MAX_REDIRECTS} times")

    def _transfer(
        self,
        request: requests.PreparedRequest,
        target: BinaryIO,
        transfer: Transfer,
        max_bytes: float,
        options: dict[str, Any],
    ) -> requests.Response:
        """Send a request, and write the body of the reply to a file."""
        url = request.url or ""
        host, _ = origin_of(url)
        with self._lock:
            self.check()
            self._running.add(transfer)
        attempt = Attempt(transfer, self._trusted)
        options = {**options, "stream": True, "timeout": transfer.left_s, "proxies": self._proxy.for_url(url)}
        try:
            with attempt.running():
                response = super().send(request, **options)
                if not response.__dict__.get("_content_consumed"):
                    _copy(response, target, transfer, max_bytes)
            transfer.check()
            return response
        except FetchError:
            transfer.check()
            raise
        except (OSError, HTTPError, ValueError) as error:
            transfer.check()
            if isinstance(error, requests.TooManyRedirects):
                raise FetchError(f"the server redirected more than {_MAX_REDIRECTS} times") from error
            raise FetchError(reason_of(error, host, transfer), trouble=True) from error
        finally:
            with self._lock:
                self._running.discard(transfer)


def _copy(response: requests.Response, target: BinaryIO, transfer: Transfer, max_bytes: float) -> None:
    size = 0
    while chunk := response.raw.read(_CHUNK_BYTES, decode_content=True):
        transfer.check()
        size += len(chunk)
        if size > max_bytes:
            raise FetchError(f"the reply is larger than {max_bytes / 1e6:,.0f} MB; ask for fewer rows or columns")
        target.write(chunk)
