"""HTTP for all parts of a project: requests, with limits on time, size and reachable addresses.

requests speaks HTTP, keeps connections alive and uses proxies. What it does not do is added here and in
`astronomical.services.connections`: a deadline for the whole transfer, a maximum size, a check of each address and of
each redirect, and messages for the user.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import ContentDecodingError, InvalidURL, ProxyError
from urllib3.exceptions import DecodeError, HTTPError, LocationParseError, ReadTimeoutError
from urllib3.exceptions import ProxyError as PoolProxyError

from astronomical.services.connections import Attempt, CheckedAdapter, Origin, look_up
from astronomical.services.proxy import DIRECT, Proxy
from astronomical.services.transfer import FetchError, Transfer

__all__ = ["HttpClient", "Reply", "get", "origin_of", "reason_of"]

_CHUNK_BYTES = 64 * 1024
_NOTE_BYTES = 2000
_MAX_REDIRECTS = 3
#: Images are compressed already, so the servers need not compress them again.
_HEADERS = {"User-Agent": "astronomical", "Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"}
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: Time limit in seconds for the lookup of a name that a proxy will look up in any case.
_PROXIED_LOOKUP_S = 2.0


@dataclass(frozen=True)
class Reply:
    """The body of a reply with status 200, and its URL after redirects."""

    data: bytes
    url: str


class HttpClient:
    """A session of requests: connections are kept alive, and any thread may use them.

    A connection is made to the address that was checked, so that a name cannot resolve to another address after the
    check (DNS rebinding). Cookies are not stored. Of the environment, only the proxy is used, and only if `proxy`
    says so.

    Parameters
    ----------
    max_bytes
        Maximum size of a body in bytes, after the decoding of its content.
    allow_private
        Whether a URL may be on a private network, such as a local mirror. A redirect to a private address of another
        host is always refused.
    loopback_only
        Whether a URL and all its redirects must be on this computer.
    proxy
        How to reach the network.
    """

    def __init__(
        self,
        *,
        max_bytes: float = 20e6,
        allow_private: bool = False,
        loopback_only: bool = False,
        proxy: Proxy = DIRECT,
    ) -> None:
        self._max_bytes = max_bytes
        self._allow_private = allow_private
        self._loopback_only = loopback_only
        self._proxy = DIRECT if loopback_only else proxy
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(_HEADERS)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        adapter = CheckedAdapter()
        for scheme in _DEFAULT_PORTS:
            self._session.mount(f"{scheme}://", adapter)

    def get(self, url: str, *, timeout_s: float = 15.0, transfer: Transfer | None = None) -> Reply:
        """Download the body at a URL.

        Parameters
        ----------
        url
            URL with the scheme http or https.
        timeout_s
            Time limit in seconds for the whole request: name lookup, connections, redirects and body.
        transfer
            Handle by which another thread can stop the download. Its time limit replaces `timeout_s`.

        Raises
        ------
        FetchError
            If the download fails.
        """
        transfer = transfer or Transfer(timeout_s)
        trusted = origin_of(url) if self._allow_private else None
        for _ in range(_MAX_REDIRECTS + 1):
            found = self._exchange("GET", url, transfer, trusted)
            if isinstance(found, bytes):
                return Reply(found, url)
            url = found
        raise FetchError(f"the server redirected more than {_MAX_REDIRECTS} times")

    def post(
        self,
        url: str,
        body: bytes,
        content_type: str,
        *,
        timeout_s: float = 15.0,
        transfer: Transfer | None = None,
    ) -> bytes:
        """Send a body to a URL, and return the body of the response. Redirects are refused. See `get`.

        Raises
        ------
        FetchError
            If the request fails.
        """
        trusted = origin_of(url) if self._allow_private else None
        transfer = transfer or Transfer(timeout_s)
        found = self._exchange("POST", url, transfer, trusted, body, {"Content-Type": content_type})
        if isinstance(found, str):
            raise FetchError("the server redirected a request that sends data")
        return found

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _exchange(self, method: str, url: str, transfer: Transfer, trusted: Origin | None, *sent: Any) -> bytes | str:
        """Send one request; return the body, or the URL of a redirect. All failures become a `FetchError`."""
        host, port = origin_of(url)
        proxies = self._proxy.for_url(url)
        for is_last in (False, True):
            attempt = Attempt(transfer, trusted, self._loopback_only)
            try:
                if proxies:
                    self._check_proxied(attempt, host, port)
                with attempt.running():
                    found = self._send(method, url, attempt, proxies, *sent)
                # A body that was cut short by the shutdown of the socket looks complete.
                transfer.check()
                return found
            except FetchError:
                transfer.check()
                raise
            except (OSError, HTTPError, ValueError) as error:
                transfer.check()
                # The server may have closed an idle connection just when it was used again.
                if is_last or attempt.connected:
                    raise FetchError(reason_of(error, host, transfer), trouble=True) from error
        raise AssertionError("unreachable")

    def _send(
        self,
        method: str,
        url: str,
        attempt: Attempt,
        proxies: dict[str, str],
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes | str:
        with self._session.request(
            method,
            url,
            data=body,
            headers=headers,
            proxies=proxies,
            timeout=attempt.transfer.left_s,
            stream=True,
            allow_redirects=False,
        ) as response:
            location = self._session.get_redirect_target(response)
            if location is not None:
                _read(response, _NOTE_BYTES)  # an empty body leaves the connection open
                return _joined(url, location)
            if response.status_code != 200:
                raise _refused(response)
            return self._body(response, attempt.transfer)

    def _body(self, response: requests.Response, transfer: Transfer) -> bytes:
        too_large = FetchError(f"the file is larger than {self._max_bytes / 1e6:g} MB")
        if (response.raw.length_remaining or 0) > self._max_bytes:
            raise too_large
        chunks, size = [], 0
        while chunk := _read(response, _CHUNK_BYTES):
            transfer.check()
            size += len(chunk)
            if size > self._max_bytes:
                raise too_large
            chunks.append(chunk)
        return b"".join(chunks)

    def _check_proxied(self, attempt: Attempt, host: str, port: int) -> None:
        """Refuse a private host that a proxy would be asked for, as far as this computer knows its address."""
        try:
            addresses = look_up(host, port, attempt.transfer, _PROXIED_LOOKUP_S)
        except FetchError:
            attempt.transfer.check()
            return  # often only the proxy can look names up
        attempt.allowed(host, port, addresses)


def get(url: str, *, timeout_s: float = 15.0, transfer: Transfer | None = None, **limits: Any) -> Reply:
    """Download the body at one URL, without keeping the connection. `limits` are those of `HttpClient`."""
    client = HttpClient(**limits)
    try:
        return client.get(url, timeout_s=timeout_s, transfer=transfer)
    finally:
        client.close()


def _read(response: requests.Response, n_bytes: int) -> bytes:
    """Return the next bytes of a body, decoded; no more than asked for, however well they were compressed."""
    found: bytes = response.raw.read(n_bytes, decode_content=True)
    return found


def origin_of(url: str) -> Origin:
    """Return the host and port of a URL, as requests reads them."""
    refused = FetchError(f"not an http or https URL: {url[:100]}")
    try:
        parts = urlsplit(requests.Request("GET", url).prepare().url or "")
        if parts.scheme in _DEFAULT_PORTS and parts.hostname and parts.port != 0:
            return parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme]
    except (OSError, ValueError):  # for example an unclosed bracket
        raise refused from None
    raise refused


def _joined(url: str, location: str) -> str:
    """Return the URL to which a reply redirects."""
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchError(f"the server redirects to an invalid URL: {location[:100]}") from None


def _refused(response: requests.Response) -> FetchError:
    """Return the error for a response with another status than 200."""
    note = _read(response, _NOTE_BYTES).decode("utf-8", "replace")
    return FetchError(
        f"the server responded with status {response.status_code}",
        f"{response.reason}\n{note}",
        status=response.status_code,
        retry_after_s=_retry_after(response),
    )


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds of a Retry-After header; None if it is absent or a date."""
    text = response.headers.get("Retry-After", "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def reason_of(error: Exception, host: str, transfer: Transfer) -> str:
    """Return why a transfer failed, for the user."""
    causes = list(_causes(error))

    def involves(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if involves(ssl.SSLCertVerificationError):
        return f"the certificate of {host} is not trusted"
    if involves(ProxyError, PoolProxyError):
        return f"the proxy did not connect to {host}: {causes[-1]}"
    if involves(TimeoutError, requests.Timeout, ReadTimeoutError):
        return str(transfer.timed_out)
    if involves(InvalidURL, LocationParseError, UnicodeError):
        return f"invalid host name: {host}"
    if involves(ContentDecodingError, DecodeError):
        return "the server sent damaged compressed content"
    return "the server closed the connection"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it wraps, outermost first."""
    yield error
    inner = getattr(error, "reason", None) or next((arg for arg in error.args if isinstance(arg, Exception)), None)
    inner = inner if isinstance(inner, Exception) else error.__cause__
    if inner is not None:
        yield from _causes(inner)
