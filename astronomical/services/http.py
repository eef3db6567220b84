"""GET of a small file from a host that need not be trusted: bounded in time, size and reach."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import certifi

__all__ = ["FetchError", "Reply", "Transfer", "get"]

_CHUNK_BYTES = 64 * 1024
_NOTE_BYTES = 2000
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"User-Agent": "astronomical", "Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Origin = tuple[str, int]


class FetchError(Exception):
    """Nothing was fetched; the message says why, in words for the user.

    Parameters
    ----------
    reason
        Why there is nothing to show.
    note
        The beginning of what the server said with an error status.
    status
        The error status, if the server came so far.
    retry_after_s
        How long the server asks to be left alone.
    trouble
        Whether the host or the way to it is in trouble, so that other requests would fare no better.
    """

    def __init__(self, reason: str, note: str = "", *, status: int | None = None,
                 retry_after_s: float | None = None, trouble: bool = False) -> None:
        super().__init__(reason)
        self.note = note
        self.status = status
        self.retry_after_s = retry_after_s
        self.trouble = trouble


@dataclass(frozen=True)
class Reply:
    """The body of a reply with status 200, and the address that it came from at last."""

    data: bytes
    url: str


class Transfer:
    """One GET, redirects included, that ends at its deadline or when another thread stops it.

    Shutting the socket down is what ends it: a time-out on each read would let a server that sends
    a byte now and then hold the thread for ever.
    """

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.stopped = False
        self._deadline = time.monotonic() + timeout_s
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    @property
    def left_s(self) -> float:
        """Seconds left before the deadline, never less than a millisecond."""
        return max(self._deadline - time.monotonic(), 0.001)

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self._deadline

    def check(self) -> None:
        """Raise FetchError if the transfer was stopped or is late."""
        if self.stopped:
            raise FetchError("cancelled")
        if self.late:
            raise FetchError(f"timed out after {self.timeout_s:g} s", trouble=True)

    def stop(self) -> None:
        """End the transfer from another thread, at once."""
        self.stopped = True
        self._shut_down()

    @contextlib.contextmanager
    def using(self, connected: socket.socket) -> Iterator[None]:
        """Close the socket in the end, and shut it down at the deadline."""
        with self._lock:
            self._socket = connected
        timer = threading.Timer(self.left_s, self._shut_down)
        timer.daemon = True
        timer.start()
        try:
            self.check()
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._socket = None
            connected.close()

    def _shut_down(self) -> None:
        with self._lock:
            if self._socket is not None:
                # The method of the plain socket: that of an SSL socket would pull the rug from under a read.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def get(url: str, *, timeout_s: float = 15.0, max_bytes: float = 20e6, allow_private: bool = False,
        transfer: Transfer | None = None) -> Reply:
    """Return the body at an address.

    The connection goes to the very address that was checked, so that a name which resolves differently
    the second time gains nothing. Proxies of the environment are not used: they would resolve names
    themselves, unchecked.

    Parameters
    ----------
    url
        Address, http or https.
    timeout_s
        Limit of the whole: names, connections, redirects and body.
    max_bytes
        Limit of the body.
    allow_private
        Whether `url` itself may lie on a private network, as a local mirror does. A redirect to a
        private address of another host is refused in any case.
    transfer
        Handle by which another thread can stop it; its time limit then counts.

    Raises
    ------
    FetchError
        If there is no body to return.
    """
    transfer = transfer or Transfer(timeout_s)
    trusted = _origin(urlsplit(url)) if allow_private else None
    for _ in range(_MAX_REDIRECTS + 1):
        parts = urlsplit(url)
        found = _explained(transfer, parts, max_bytes, trusted)
        if isinstance(found, bytes):
            return Reply(found, url)
        url = quote(urljoin(url, found), safe="!#$%&'()*+,/:;=?@[]~")
    raise FetchError(f"the server redirects more than {_MAX_REDIRECTS} times")


def is_public(address: Address) -> bool:
    """Return whether an address, or the IPv4 address wrapped in it, is open to the whole net."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _origin(parts: SplitResult) -> Origin:
    """Return host and port of an address."""
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == 0:
        raise FetchError(f"not an http or https address: {parts.geturl()[:100]}")
    return parts.hostname, port or _DEFAULT_PORTS[parts.scheme]


def _explained(transfer: Transfer, parts: SplitResult, max_bytes: float,
               trusted: Origin | None) -> bytes | str:
    """Call `_hop`, with every failure put into words."""
    try:
        found = _hop(transfer, parts, max_bytes, trusted)
    except FetchError:
        transfer.check()
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        transfer.check()
        raise FetchError(_reason(error, parts.hostname or "", transfer), trouble=True) from error
    # A body that ends because the socket was shut down looks complete to the reader.
    transfer.check()
    return found


def _reason(error: Exception, host: str, transfer: Transfer) -> str:
    match error:
        case TimeoutError():
            return f"timed out after {transfer.timeout_s:g} s"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {host} is not trusted"
        case ConnectionResetError() | BrokenPipeError() | http.client.HTTPException() | ssl.SSLError():
            return "the server broke off the connection"
        case OSError():
            return f"offline: no connection to {host}"
        case _:
            return f"not an address that can be asked: {host}"


def _hop(transfer: Transfer, parts: SplitResult, max_bytes: float, trusted: Origin | None) -> bytes | str:
    """Return the body, or the address to go on to."""
    host, port = origin = _origin(parts)
    addresses = _resolve(host, port, transfer)
    if origin != trusted:
        addresses = [address for address in addresses if is_public(address)]
        if not addresses:
            raise FetchError(f"{host} is a private address, which is not asked")
    connected = _connect(addresses, port, transfer)
    connection = http.client.HTTPConnection(host, port)
    if parts.scheme == "https":
        connected = _tls().wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
        connection = http.client.HTTPSConnection(host, port)
    with transfer.using(connected):
        if isinstance(connected, ssl.SSLSocket):
            connected.do_handshake()
        connection.sock = connected
        target = parts._replace(scheme="", netloc="", fragment="", path=parts.path or "/").geturl()
        connection.request("GET", target, headers=_HEADERS)
        with connection.getresponse() as response:
            return _answer(response, transfer, max_bytes)


def _answer(response: http.client.HTTPResponse, transfer: Transfer, max_bytes: float) -> bytes | str:
    location = response.headers.get("Location")
    if response.status in _REDIRECTS and location:
        return location
    if response.status != 200:
        note = response.read(_NOTE_BYTES).decode("utf-8", "replace")
        raise FetchError(f"the server answered {response.status}", f"{response.reason}\n{note}",
                         status=response.status, retry_after_s=_retry_after(response))
    too_large = FetchError(f"image larger than {max_bytes / 1e6:g} MB")
    if (response.length or 0) > max_bytes:
        raise too_large
    chunks, size = [], 0
    while chunk := response.read(_CHUNK_BYTES):
        transfer.check()
        size += len(chunk)
        if size > max_bytes:
            raise too_large
        chunks.append(chunk)
    if response.length:
        raise FetchError("the server broke off the connection")
    return b"".join(chunks)


def _retry_after(response: http.client.HTTPResponse) -> float | None:
    """Return the seconds of a Retry-After; one given as a date is left to the usual waits."""
    text = (response.headers.get("Retry-After") or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _resolve(host: str, port: int, transfer: Transfer) -> list[Address]:
    """Look a name up without waiting past the deadline: getaddrinfo itself cannot be interrupted."""
    with contextlib.suppress(ValueError):
        return [ipaddress.ip_address(host)]
    found: list[Address] = []

    def look_up() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(ipaddress.ip_address(answer[4][0]) for answer in answers)

    thread = threading.Thread(target=look_up, name="cutouts-names", daemon=True)
    thread.start()
    thread.join(transfer.left_s)
    transfer.check()
    if not found:
        raise FetchError(f"offline: no connection to {host}", trouble=True)
    return found


def _connect(addresses: list[Address], port: int, transfer: Transfer) -> socket.socket:
    """Connect to the first address that answers; each has an equal share of the time left."""
    failure: OSError | None = None
    for n_left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:
            connected = socket.create_connection((str(address), port), timeout=transfer.left_s / n_left)
        except OSError as error:
            failure = error
            continue
        connected.settimeout(transfer.left_s)
        return connected
    raise failure or OSError("no address")


@cache
def _tls() -> ssl.SSLContext:
    """Trust the authorities of the system and those that certifi brings."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
