"""Decide which requests need a token.

A server that only this computer can reach accepts requests of the account that started it. All other accounts, and all
requests that came through a proxy, need the token. If the system does not report the account of a connection, or if
other computers can reach the server, all requests need it.
"""

from __future__ import annotations

from collections.abc import Hashable
from ipaddress import ip_address, ip_network
from weakref import WeakKeyDictionary

from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream

from astronomical.dashboard.server import peers
from astronomical.dashboard.server.tokens import GuessLimiter, Tokens

__all__ = ["TOKEN_HEADER", "Access", "local_end", "login_cookie", "stream_of"]

#: Header in which a proxy that has logged in its user shows the token, such as jupyter-server-proxy.
TOKEN_HEADER = "X-Astronomical-Token"
_PROXY_HEADERS = ("Forwarded", "Via", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP")


class Access:
    """Access control of one server.

    Root also needs the token, although it could read everything, because system programs that run as root (for
    containers or virtual machines) forward connections of other users.

    Parameters
    ----------
    tokens
        The token and its logins; None if no token is needed (``--no-token``).
    own_account
        Account that needs no token; None if all accounts need one.
    """

    def __init__(self, tokens: Tokens | None, own_account: int | None) -> None:
        self._tokens = tokens
        self.own_account = own_account
        self.limiter = GuessLimiter()
        self._accounts: WeakKeyDictionary[IOStream, int | None] = WeakKeyDictionary()

    @property
    def asks(self) -> bool:
        """Whether any client needs a token."""
        return self._tokens is not None

    @property
    def tokens(self) -> Tokens:
        """The token and its logins."""
        assert self._tokens is not None
        return self._tokens

    def account(self, stream: IOStream | None) -> int | None:
        """Return the account at the other end of a connection. It is looked up once per connection."""
        if stream is None or stream.socket is None:
            return None
        if stream not in self._accounts:
            self._accounts[stream] = peers.account_of(stream.socket)
        return self._accounts[stream]

    def is_own(self, stream: IOStream | None) -> bool:
        """Return whether a connection belongs to the account that needs no token."""
        return self.own_account is not None and self.account(stream) == self.own_account

    def admits(self, request: HTTPServerRequest) -> bool:
        """Return whether a request is allowed without asking for the token."""
        if not self.asks:
            return True
        if TOKEN_HEADER in request.headers:
            return self.is_from_proxy(request)
        if self.is_own(stream_of(request)) and not _is_forwarded(request):
            return True
        cookie = request.cookies.get(login_cookie(request))
        return cookie is not None and self.tokens.is_cookie(cookie.value)

    def is_from_proxy(self, request: HTTPServerRequest) -> bool:
        """Return whether a request comes from a proxy that shows the token, and so has logged in its user.

        Its ``Host`` is the name under which the user sees the proxy. A browser cannot send the header for a foreign
        page, because the page does not know the token.
        """
        given = request.headers.get(TOKEN_HEADER)
        if given is None or not self.asks:
            return False
        client = self.peer(stream_of(request))
        if self.limiter.wait(client) > 0:
            return False
        if self.tokens.is_token(given):
            return True
        self.limiter.failed(client)
        return False

    def client(self, request: HTTPServerRequest) -> Hashable:
        """Return a key that identifies a client that tries tokens: the account, else the address."""
        stream = stream_of(request)
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        return self.peer(stream), _network(forwarded) if forwarded else ""

    def peer(self, stream: IOStream | None) -> Hashable:
        """Return the account at the other end of a connection, else the address."""
        account = self.account(stream)
        if account is not None:
            return account
        if stream is None or stream.socket is None:
            return ""
        try:
            name = stream.socket.getpeername()
        except OSError:
            return ""
        return _network(name[0]) if isinstance(name, tuple) else ""


def login_cookie(request: HTTPServerRequest) -> str:
    """Return the name of the cookie. It has the port, because cookies are shared between all ports of a computer."""
    return f"astronomical_login_{local_end(request)[1]}"


def local_end(request: HTTPServerRequest) -> tuple[str, int | None]:
    """Return the address, in URL form, and the port at which a request arrived, or ('', None)."""
    stream = stream_of(request)
    if stream is None or stream.socket is None:
        return "", None
    name = stream.socket.getsockname()
    if not isinstance(name, tuple):  # a Unix socket has a path
        return "", None
    return (f"[{name[0]}]" if ":" in name[0] else name[0]), name[1]


def stream_of(request: HTTPServerRequest) -> IOStream | None:
    """Return the connection of a request, or None if it is closed."""
    return getattr(request.connection, "stream", None)


def _is_forwarded(request: HTTPServerRequest) -> bool:
    headers = request.headers
    return any(name in headers for name in _PROXY_HEADERS) or any(name.startswith("X-Forwarded-") for name in headers)


def _network(address: str) -> str:
    """Return an address; for IPv6 only its first half, because one computer can have all addresses with this prefix."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ip_network((parsed, 64 if parsed.version == 6 else 32), strict=False))
