"""Keep the server to this computer unless its owner says otherwise.

Panel listens on every network interface and answers to any ``Host``, so that a neighbour on the network, or a
web page that the user happens to visit, could read and change a project. `install` closes both doors for every
Bokeh server that this process starts afterwards:

* no address means ``127.0.0.1``; any other address needs a login, and more than one process is refused;
* a request is answered only under a name that is ours, and only to our own pages: a foreign ``Host``, a foreign
  ``Origin``, or a WebSocket without ``Origin`` gets 403. So does a URL that would make Panel import a module.
"""

from __future__ import annotations

import functools
import ipaddress
import sys
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from bokeh.server import server as bokeh_server
from bokeh.server.auth_provider import NullAuth
from bokeh.server.tornado import BokehTornado
from bokeh.server.util import check_allowlist, match_host
from bokeh.settings import settings
from panel.io.resources import COMPONENT_PATH
from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler

__all__ = ["install", "is_loopback", "local_end"]

_LOOPBACK = "127.0.0.1"
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_INSTALLED = "_astronomical_guard"


def install() -> None:
    """Guard all Bokeh servers that this process starts from now on; calling it again changes nothing."""
    if getattr(BokehTornado, _INSTALLED, False):
        return
    bokeh_server.bind_sockets = _loopback_by_default(bokeh_server.bind_sockets)
    bokeh_server.Server.__init__ = _only_when_safe(bokeh_server.Server.__init__)
    BokehTornado.find_handler = _only_own_pages(BokehTornado.find_handler)
    setattr(BokehTornado, _INSTALLED, True)


def _loopback_by_default(bind: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(bind)
    def bind_guarded(address: str | None, port: int) -> Any:
        return bind(_LOOPBACK if address is None else address, port)

    return bind_guarded


def _only_when_safe(start: Callable[..., None]) -> Callable[..., None]:
    """Refuse a server with several processes, or one that the network reaches without a login.

    The socket is bound inside ``Server.__init__``; only here are the address and the login known together.
    """

    @functools.wraps(start)
    def start_guarded(self: Any, applications: Any, io_loop: Any = None, *args: Any, **kwargs: Any) -> None:
        address = kwargs.get("address")
        if kwargs.get("num_procs", 1) != 1:
            _refuse(
                "astronomical keeps a project in the memory of one process: --num-procs must be 1.",
                "Start one server per project, on different ports, instead.",
            )
        if address is not None and not is_loopback(address) and not _has_login(kwargs.get("auth_provider")):
            _refuse(
                f"Address {address!r} can be reached by other computers, and nobody would have to log in.",
                "Leave --address out to serve this computer only; or start it by 'astronomical serve --address ...',",
                "which asks for a token; or protect it by a login of Panel's, for example with",
                "  --basic-auth PASSWORD --cookie-secret RANDOM_TEXT --allow-websocket-origin NAME:PORT",
                "An SSH tunnel (ssh -L 5006:localhost:5006 HOST) needs neither.",
            )
        start(self, applications, io_loop, *args, **kwargs)

    return start_guarded


def _has_login(provider: Any) -> bool:
    return provider is not None and not isinstance(provider, NullAuth)


def is_loopback(address: str) -> bool:
    """Tell whether an address is one that other computers do not reach."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _refuse(*lines: str) -> NoReturn:
    sys.stderr.write("\n".join(("astronomical does not start.", *lines)) + "\n")
    raise SystemExit(2)


class _RefusedHandler(RequestHandler):
    """Answers 403 with a reason, whatever was asked."""

    def initialize(self, reason: str) -> None:
        self.reason = reason

    def prepare(self) -> None:
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(self.reason + "\n")


def _only_own_pages(find_handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(find_handler)
    def find_handler_guarded(self: BokehTornado, request: HTTPServerRequest, **kwargs: Any) -> Any:
        _admit_own_origins(self, request)
        reason = _objection(self, request)
        if reason:
            return self.get_handler_delegate(request, _RefusedHandler, {"reason": reason})
        return find_handler(self, request, **kwargs)

    return find_handler_guarded


def _objection(app: BokehTornado, request: HTTPServerRequest) -> str:
    """Return why a request is refused, or nothing."""
    if not _host_allowed(app, request):
        return "403: this server does not answer under that host name (see --allow-websocket-origin)."
    origin = request.headers.get("Origin")
    if origin is not None and not check_allowlist(urlsplit(origin).netloc.lower(), _named_origins(app)):
        return "403: pages of another origin may not use this server (see --allow-websocket-origin)."
    if _names_a_module_to_import(app, request):
        return "403: this server gives resources of its own components only."
    if unquote(request.path).endswith("/autoload.js"):  # and without a login Panel would stumble over it
        return "403: this server's pages are not put into pages of others."
    if origin is None and "websocket" in request.headers.get("Upgrade", "").lower():
        return "403: a WebSocket needs an Origin."
    return ""


def _names_a_module_to_import(app: BokehTornado, request: HTTPServerRequest) -> bool:
    """Tell whether Panel would import a module, and so run its code, because a URL names it."""
    path = unquote(request.path).removeprefix(app.prefix).lstrip("/")
    if not path.startswith(COMPONENT_PATH):
        return False
    return path.removeprefix(COMPONENT_PATH).partition("/")[0] not in sys.modules


def _host_allowed(app: BokehTornado, request: HTTPServerRequest) -> bool:
    host = request.host_name
    if host in _LOOPBACK_NAMES or host == local_end(request)[0]:
        return True
    return any(match_host(host, _without_port(named)) for named in _named_origins(app))


def _without_port(origin: str) -> str:
    name, _, port = origin.rpartition(":")
    return name if name and (port.isdigit() or port == "*") else origin


def _named_origins(app: BokehTornado) -> set[str]:
    return {*app.websocket_origins, *(settings.allowed_ws_origin() or ())}


def _admit_own_origins(app: BokehTornado, request: HTTPServerRequest) -> None:
    """Let our own pages open a WebSocket under every name of this end of the connection.

    Bokeh's list holds ``localhost:PORT`` only, and not even that when --allow-websocket-origin is given.
    """
    address, port = local_end(request)
    if port is not None:
        app._websocket_origins.update(f"{name}:{port}" for name in {*_LOOPBACK_NAMES, address})


def local_end(request: HTTPServerRequest) -> tuple[str, int | None]:
    """Return the address as a URL writes it and the port on which a request came in, or ('', None)."""
    stream = getattr(request.connection, "stream", None)
    if stream is None or stream.socket is None:
        return "", None
    name = stream.socket.getsockname()
    if not isinstance(name, tuple):  # a Unix socket has a path
        return "", None
    return (f"[{name[0]}]" if ":" in name[0] else name[0]), name[1]
