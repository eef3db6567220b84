"""Connections for requests that go only to addresses that were checked, and stop at a deadline.

requests looks a name up when it connects, after any check that its caller could make, so a name that resolves to
another address the second time (DNS rebinding) would pass. The connections of this module look the name up once,
check the addresses, and connect to one of them. A connection that is kept alive is checked again before each request.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from typing import Any

import certifi
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from astronomical.services.addresses import Address, is_loopback, is_public
from astronomical.services.transfer import FetchError, Transfer

__all__ = ["Attempt", "CheckedAdapter", "Origin", "look_up"]

#: Number of hosts to which idle connections are kept, and of connections to each of them.
_POOLS, _IDLE_CONNECTIONS = 10, 8
#: Maximum number of concurrent name lookups. getaddrinfo cannot be interrupted, so its threads may outlast a transfer.
_MAX_LOOKUPS = 32
_lookups = threading.BoundedSemaphore(_MAX_LOOKUPS)

Origin = tuple[str, int]


class Attempt:
    """One request and its response: what it may connect to, and until when.

    Parameters
    ----------
    transfer
        Time limit of the download.
    trusted
        Host and port that may be on a private network.
    loopback_only
        Whether only this computer may be contacted.
    """

    def __init__(self, transfer: Transfer, trusted: Origin | None = None, loopback_only: bool = False) -> None:
        self.transfer = transfer
        #: Whether the request made a new connection, rather than use an idle one.
        self.connected = False
        self._trusted = trusted
        self._loopback_only = loopback_only

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Apply the limits to all connections that this thread uses within the block."""
        token = _running.set(self)
        try:
            with self.transfer.running():
                yield
        finally:
            _running.reset(token)

    def allowed(self, host: str, port: int, addresses: list[Address]) -> list[Address]:
        """Return the addresses of a host that may be contacted; raise `FetchError` if there are none."""
        if self._loopback_only:
            found = [address for address in addresses if is_loopback(address)]
            reason = f"{host} is not this computer"
        elif (host, port) == self._trusted:
            return addresses
        else:
            found = [address for address in addresses if is_public(address)]
            reason = f"{host} is on a private network, which is not allowed"
        if not found:
            raise FetchError(reason)
        return found

    def connect(self, host: str, port: int, *, is_proxy: bool) -> tuple[Address, socket.socket]:
        """Look a host up once, check its addresses, and connect to the first that responds.

        Each address gets an equal share of the remaining time. The user has chosen the proxy, so it may be anywhere.
        """
        self.connected = True
        addresses = look_up(host, port, self.transfer)
        if not is_proxy:
            addresses = self.allowed(host, port, addresses)
        failure: OSError | None = None
        for n_left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                share_s = self.transfer.left_s / n_left
                made = socket.create_connection((str(address), port), timeout=share_s)
            except OSError as error:
                failure = error
                continue
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.settimeout(self.transfer.left_s)
            return address, made
        self.transfer.check()
        if isinstance(failure, TimeoutError):
            raise self.transfer.timed_out
        raise FetchError(f"offline: no connection to {'the proxy ' if is_proxy else ''}{host}", trouble=True)


_running: ContextVar[Attempt] = ContextVar("attempt")


def look_up(host: str, port: int, transfer: Transfer, within_s: float | None = None) -> list[Address]:
    """Look up a host name in a thread, because getaddrinfo cannot be interrupted at the deadline.

    Parameters
    ----------
    host, port
        The host and its port. A numeric address is not looked up.
    transfer
        Time limit of the download.
    within_s
        A shorter time limit for the lookup, in seconds.

    Raises
    ------
    FetchError
        If the host has no address, or the lookup takes too long.
    """
    with contextlib.suppress(ValueError):
        return [ipaddress.ip_address(host)]
    found: list[Address] = []
    limit_s = min(transfer.left_s, within_s or transfer.left_s)

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(ipaddress.ip_address(answer[4][0]) for answer in answers)
        except (OSError, ValueError):  # includes UnicodeError, raised for an invalid label
            pass
        finally:
            _lookups.release()

    if not _lookups.acquire(timeout=limit_s):
        transfer.check()
        raise FetchError("too many host names are being looked up; try again later", trouble=True)
    thread = threading.Thread(target=ask, name="cutouts-names", daemon=True)
    thread.start()
    thread.join(limit_s)
    transfer.check()
    if not found:
        raise FetchError(f"offline: no connection to {host}", trouble=True)
    return found


class _Checked(HTTPConnection):
    """Connection that obeys the `Attempt` that uses it."""

    _address: Address | None = None

    def _new_conn(self) -> socket.socket:
        # urllib3 calls this method to connect, and documents no other place between the lookup and the connection.
        attempt = _running.get()
        self._address, made = attempt.connect(self.host, self.port, is_proxy=self.proxy is not None)
        attempt.transfer.watch(made)
        return made

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request, after a check of the connection if it is already open."""
        attempt = _running.get()
        if self.sock is not None:
            if self.proxy is None and self._address is not None:
                attempt.allowed(self.host, self.port, [self._address])
            attempt.transfer.watch(self.sock)
        super().request(*args, **kwargs)


class _CheckedTls(_Checked, HTTPSConnection):
    """The same, with TLS; the certificate is checked against the name of the host."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls


class CheckedAdapter(HTTPAdapter):
    """Adapter of requests whose connections obey the `Attempt` that uses them."""

    def __init__(self) -> None:
        super().__init__(_POOLS, _IDLE_CONNECTIONS)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Create the pools of connections without a proxy."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=_tls(), **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Return the pools of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, ssl_context=_tls(), proxy_ssl_context=_tls(), **proxy_kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Check certificates with the context of the pool, which needs no other files."""
        conn.cert_reqs = "CERT_REQUIRED"


@cache
def _tls() -> ssl.SSLContext:
    """Return a context that trusts the certificate authorities of the system and of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
