"""Restrict the server to the account that started it, unless its owner decides otherwise.

Panel listens on every network interface, accepts any ``Host`` and requires no login. Another computer of the network,
another account of this computer, or a web page that the user visits could therefore read and change a project.
`install` prevents this for every Bokeh server that this process starts afterwards:

* the default address is ``127.0.0.1``; any other address needs a token or a login; more than one process is refused;
* only requests that `Access` admits are answered; others need a token or a Panel login;
* only requests for one of our host names, and from our own pages, are answered: a foreign ``Host``, a foreign
  ``Origin``, a WebSocket without ``Origin``, or a request caused by a page of another site gets 403, and so does a URL
  that would make Panel import a module;
* the resources that one client can use are limited (`astronomical.dashboard.server.limits`).
"""

from __future__ import annotations

import functools
import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

from bokeh.server import server as bokeh_server
from bokeh.server.auth_provider import NullAuth
from bokeh.server.contexts import ApplicationContext
from bokeh.server.tornado import BokehTornado
from bokeh.server.util import check_allowlist, match_host
from bokeh.server.views.ws import WSHandler
from bokeh.settings import settings
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream
from tornado.web import RequestHandler

from astronomical.dashboard.server import peers
from astronomical.dashboard.server.access import Access, local_end, stream_of
from astronomical.dashboard.server.checks import RefusedHandler, complete_headers, is_websocket, objection_to_target
from astronomical.dashboard.server.content_policy import apply_policy
from astronomical.dashboard.server.headers import is_foreign, is_navigation, objection_to_source
from astronomical.dashboard.server.limits import HTTP_LIMITS, StrangerLimit, bounded_message, one_page_at_a_time
from astronomical.dashboard.server.login import BounceHandler, LoginHandler, ToLoginHandler, open_browser
from astronomical.dashboard.server.tokens import TOKEN_VARIABLE, new_tokens
from astronomical.errors import InvalidInputError
from astronomical.printable import printable
from astronomical.services.proxy import read_proxy

__all__ = ["install", "is_loopback"]

_LOOPBACK = "127.0.0.1"
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_INSTALLED = "_astronomical_guard"
_ACCESS, _STRANGERS = "_astronomical_access", "_astronomical_strangers"
_LOGIN = "/login"
#: How long the server keeps the session of a page that has not connected, in ms; a busy computer may take long.
_PATIENCE_MS = 60_000


def install(*, no_token: bool = False) -> None:
    """Protect all Bokeh servers that this process starts afterwards. Further calls have no effect.

    Parameters
    ----------
    no_token
        Accept every account of this computer.
    """
    if getattr(BokehTornado, _INSTALLED, False):
        return
    bokeh_server.bind_sockets = _loopback_by_default(bokeh_server.bind_sockets)
    bokeh_server.HTTPServer = _GuardedHTTPServer
    bokeh_server.Server.__init__ = _with_access(bokeh_server.Server.__init__, no_token)
    bokeh_server.BaseServer.show = _logged_in(bokeh_server.BaseServer.show)
    BokehTornado.find_handler = _only_own_pages(BokehTornado.find_handler)
    ApplicationContext.create_session_if_needed = one_page_at_a_time(ApplicationContext.create_session_if_needed)
    WSHandler.check_origin = _or_from_proxy(WSHandler.check_origin)
    WSHandler._receive = bounded_message(WSHandler._receive)
    setattr(BokehTornado, _INSTALLED, True)


def _loopback_by_default(bind: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(bind)
    def bind_guarded(address: str | None, port: int) -> Any:
        return bind(_LOOPBACK if address is None else address, port)

    return bind_guarded


class _GuardedHTTPServer(HTTPServer):
    """Count the connections of clients that have not shown the token."""

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        strangers = getattr(self.request_callback, _STRANGERS, None)
        if strangers is not None:
            strangers.add(stream)
        super().handle_stream(stream, address)


def _with_access(start: Callable[..., None], no_token: bool) -> Callable[..., None]:
    """Refuse a server with several processes; determine who may use it, and print this.

    The socket is bound inside ``Server.__init__``. Only here are both the address and the login known.
    """

    @functools.wraps(start)
    def start_guarded(
        self: Any, applications: Any, io_loop: Any = None, http_server_kwargs: Any = None, **kwargs: Any
    ) -> None:
        address = kwargs.get("address")
        if kwargs.get("num_procs", 1) != 1:
            _refuse(
                "astronomical holds a project in the memory of one process, so --num-procs must be 1.",
                "Start one server per project, on different ports, instead.",
            )
        _check_proxy()
        remote = address is not None and not is_loopback(address)
        access = None if _has_login(kwargs.get("auth_provider")) else _access(address, remote, no_token)
        # A page that connects later gets a new session, which fetches the style sheets from another host.
        if kwargs.get("unused_session_lifetime_milliseconds") is None:
            kwargs["unused_session_lifetime_milliseconds"] = _PATIENCE_MS
        start(self, applications, io_loop, {**HTTP_LIMITS, **(http_server_kwargs or {})}, **kwargs)
        setattr(self._tornado, _ACCESS, access)
        if remote:
            self._tornado._websocket_origins.add(f"{socket.gethostname().lower()}:{self.port}")
        if access is not None:
            setattr(self._tornado, _STRANGERS, StrangerLimit(access))
            sys.stderr.write(_announcement(self, access, "https" if kwargs.get("ssl_certfile") else "http", remote))

    return start_guarded


def _check_proxy() -> None:
    """Refuse a proxy setting that cannot be used, rather than at the first project."""
    try:
        read_proxy()
    except InvalidInputError as error:
        _refuse(str(error))


def _has_login(provider: Any) -> bool:
    return provider is not None and not isinstance(provider, NullAuth)


def _access(address: str | None, remote: bool, no_token: bool) -> Access:
    if remote and not no_token and not os.environ.get(TOKEN_VARIABLE):
        _refuse(
            f"Other computers can reach address {address!r} and would not have to log in.",
            "Omit --address to serve only this computer; or start the server with 'astronomical serve --address ...',",
            f"which requires a token; or set your own token in the environment variable {TOKEN_VARIABLE};",
            "or protect it with a Panel login, for example with",
            "  --basic-auth PASSWORD --cookie-secret RANDOM_TEXT --allow-websocket-origin NAME:PORT",
            "An SSH tunnel (ssh -L 5006:localhost:5006 HOST) needs none of these.",
        )
    if no_token and remote:
        _refuse(
            f"Other computers can reach address {address!r}, and with --no-token all of them could use",
            "this server as you. Omit one of the two: --no-token or --address.",
        )
    if no_token:
        return Access(None, None)
    return Access(new_tokens(), peers.own_account() if not remote and peers.accounts_are_known() else None)


def _announcement(server: Any, access: Access, scheme: str, remote: bool) -> str:
    """Return the text for the terminal when the server has started."""
    if not access.asks:
        return (
            f"--no-token: every account of this computer, and every program that reaches port {server.port}, can\n"
            "use this server as you: read your files, write your projects, and agree to run plugins.\n"
        )
    own_names = {"": socket.gethostname(), "0.0.0.0": socket.gethostname(), "::": socket.gethostname()}
    name = own_names.get(server.address or "", server.address) if remote else server.address or "localhost"
    name = f"[{name}]" if ":" in name else name
    if remote:
        asked = "Other computers can reach this server. Everyone who has this address can use it as you:"
    elif access.own_account is None:
        asked = "This server requires a token. Everyone who has this address can use it as you:"
    else:
        asked = (
            "Your own account can use this server. Another account, a container or a proxy needs a token. Everyone\n"
            "who has this address can use the server as you:"
        )
    return f"{asked}\n  {scheme}://{name}:{server.port}{server.prefix}{_LOGIN}?token={quote(access.tokens.token)}\n"


def _logged_in(show: Callable[..., None]) -> Callable[..., None]:
    """Open the browser already logged in, if the server also requires the token from its owner."""

    @functools.wraps(show)
    def show_guarded(self: Any, app_path: str, *args: Any, **kwargs: Any) -> None:
        access: Access | None = getattr(self._tornado, _ACCESS, None)
        if access is None or not access.asks or access.own_account is not None:
            show(self, app_path, *args, **kwargs)
            return
        name = self.address if self.address not in (None, "", "0.0.0.0", "::") else "localhost"
        name = f"[{name}]" if ":" in name else name
        scheme = "https" if self._http.ssl_options is not None else "http"
        open_browser(access, f"{scheme}://{name}:{self.port}{self.prefix}{_LOGIN}", f"{self.prefix}{app_path}")

    return show_guarded


def is_loopback(address: str) -> bool:
    """Return whether other computers cannot reach an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _refuse(*lines: str) -> NoReturn:
    sys.stderr.write(printable("\n".join(("astronomical does not start.", *lines))) + "\n")
    raise SystemExit(2)


def _only_own_pages(find_handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(find_handler)
    def find_handler_guarded(self: BokehTornado, request: HTTPServerRequest, **kwargs: Any) -> Any:
        complete_headers(request)
        apply_policy(self)
        _admit_own_origins(self, request)
        answer = _answer(self, request)
        return find_handler(self, request, **kwargs) if answer is None else self.get_handler_delegate(request, *answer)

    return find_handler_guarded


def _answer(app: BokehTornado, request: HTTPServerRequest) -> tuple[type[RequestHandler], dict[str, Any]] | None:
    """Return the handler that replaces the app for a request, or None if the app may answer it."""
    access: Access | None = getattr(app, _ACCESS, None)
    at_login = access is not None and access.asks and request.path == f"{app.prefix}{_LOGIN}"
    by_proxy = access is not None and access.is_from_proxy(request)
    reason = _objection(app, request, at_login, by_proxy=by_proxy)
    if reason:
        return RefusedHandler, {"reason": reason}
    home = f"{app.prefix}{next(iter(app.applications), '/')}"
    if at_login and access is not None:
        return LoginHandler, {"access": access, "home": home, "path": f"{app.prefix}/"}
    if is_foreign(request):
        return BounceHandler, {}
    if (
        access is None or request.path == f"{app.prefix}/favicon.ico"
    ):  # a page that lost the connection requests the icon
        return None
    if access.admits(request):
        if access.asks:
            getattr(app, _STRANGERS).admit(stream_of(request))
        return None
    if request.method == "GET" and is_navigation(request) and not is_websocket(request):
        return ToLoginHandler, {"login_path": f"{app.prefix}{_LOGIN}"}
    return RefusedHandler, {
        "reason": "403: this server requires a token. Find it in the terminal in which the server was started."
    }


def _objection(app: BokehTornado, request: HTTPServerRequest, at_login: bool, *, by_proxy: bool) -> str:
    """Return why a request is refused, or an empty text. A proxy with the token may have any name, but only one."""
    if not by_proxy and not _host_allowed(app, request):
        return "403: this server does not accept this host name (see --allow-websocket-origin)."
    origin = request.headers.get("Origin")
    own = origin is None or _is_own_origin(app, request, origin, by_proxy=by_proxy)
    if not own and not (at_login and origin == "null"):  # the file that opens the browser has no origin
        return "403: pages of other origins may not use this server (see --allow-websocket-origin)."
    if reason := objection_to_target(app, request):
        return reason
    page = request.path.removeprefix(app.prefix).rstrip("/") in {path.rstrip("/") for path in app.applications}
    return objection_to_source(request, page=page, login=at_login)


def _is_own_origin(app: BokehTornado, request: HTTPServerRequest, origin: str, *, by_proxy: bool) -> bool:
    name = urlsplit(origin).netloc.lower()
    if by_proxy:
        return bool(name == request.host.lower())
    return bool(check_allowlist(name, _named_origins(app)))


def _or_from_proxy(check: Callable[..., bool]) -> Callable[..., bool]:
    """Allow the WebSocket of our own page behind a proxy that shows the token."""

    @functools.wraps(check)
    def check_origin_guarded(self: WSHandler, origin: str) -> bool:
        access: Access | None = getattr(self.application, _ACCESS, None)
        if access is not None and access.is_from_proxy(self.request):
            return _is_own_origin(self.application, self.request, origin, by_proxy=True)
        return check(self, origin)

    return check_origin_guarded


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
    """Allow our own pages to open a WebSocket under every name of this end of the connection.

    Bokeh's list contains only ``localhost:PORT``, and not even that if --allow-websocket-origin is given.
    """
    address, port = local_end(request)
    if port is not None:
        app._websocket_origins.update(f"{name}:{port}" for name in {*_LOOPBACK_NAMES, address})
