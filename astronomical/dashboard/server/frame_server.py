"""A server in the process of a notebook, for a page in a frame of the notebook.

The kernel's event loop runs it, so that cells and the page never use the session at the same time.

Browsers do not send our login cookie from a frame in a page of another host. Therefore the token is part of each
address: a request without it is refused, and where the system reports the account of a connection, so is one of
another account. The address is known to the notebook only, and is valid until the server is closed. Only this server
allows frames, and only in pages of this computer, or of the host under which a proxy shows it.
"""

from __future__ import annotations

import hmac
import secrets
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import panel as pn
from panel.io.server import get_server
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler

from astronomical.dashboard.server import peers
from astronomical.dashboard.server.access import Access, stream_of
from astronomical.dashboard.server.checks import RefusedHandler, complete_headers, is_websocket, objection_to_target
from astronomical.dashboard.server.content_policy import apply_frame_policy
from astronomical.dashboard.server.headers import objection_to_source
from astronomical.dashboard.server.limits import HTTP_LIMITS, StrangerLimit
from astronomical.dashboard.server.tokens import Tokens

__all__ = ["FrameServer"]

_HOST = "127.0.0.1"
_PAGE = "workbench"
#: Pages that may show ours in a frame: those of the same host, of Jupyter on this computer, and of VS Code.
_ANCESTORS = "'self' http://127.0.0.1:* http://localhost:* https://127.0.0.1:* https://localhost:* vscode-webview:"
#: How long the session of a page that has not connected is kept, in ms: a long cell may run in the meantime.
_PATIENCE_MS = 300_000


class FrameServer:
    """Serve a page to the notebook, for this account only.

    Parameters
    ----------
    build
        Builds the page that a browser requested.
    base_url
        Path of the Jupyter server whose proxy shows the page; None without a proxy.

    Attributes
    ----------
    url
        Address of the page. It contains the token.

    Raises
    ------
    OSError
        If the server cannot start.
    """

    def __init__(self, build: Callable[[], Any], base_url: str | None = None) -> None:
        token, port = secrets.token_urlsafe(32), _free_port()
        place = "" if base_url is None else f"/{base_url.strip('/')}".rstrip("/") + f"/proxy/absolute/{port}"
        self._key = secrets.token_hex(8)
        self._server = get_server(
            {_PAGE: build},
            port=port,
            address=_HOST,
            prefix=f"{place}/{token}",
            server_id=self._key,
            http_server_kwargs=HTTP_LIMITS,
            unused_session_lifetime_milliseconds=_PATIENCE_MS,
        )
        self.url = f"{place or f'http://{_HOST}:{port}'}/{token}/{_PAGE}"
        _FrameGuard(self._server._tornado, self._server._http, Tokens(token))
        self._server.start()

    def close(self) -> None:
        """Stop listening. Pages that are open stay in the browser."""
        pn.state._servers.pop(self._key, None)  # else Panel would keep the page, and with it the session
        self._server.stop()


class _FrameGuard:
    """Refuse all requests to a server except those of its owner for the page and its parts."""

    def __init__(self, app: Any, http: Any, tokens: Tokens) -> None:
        self._app = app
        self._access = Access(tokens, peers.own_account() if peers.accounts_are_known() else None)
        self._strangers = StrangerLimit(self._access)
        self._handle_stream = http.handle_stream
        http.handle_stream = self._count
        app.find_handler = self._find_handler
        app.settings["log_function"] = _log_nothing
        apply_frame_policy(app, _ANCESTORS)

    def _count(self, stream: IOStream, address: Any) -> None:
        self._strangers.add(stream)
        self._handle_stream(stream, address)

    def _find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        complete_headers(request, _ANCESTORS)
        reason = self._objection(request)
        if reason:
            return self._app.get_handler_delegate(request, RefusedHandler, {"reason": reason})
        self._strangers.admit(stream_of(request))
        self._app._websocket_origins.add(request.host.lower())  # which the origin of a WebSocket equals
        return Application.find_handler(self._app, request, **kwargs)

    def _objection(self, request: HTTPServerRequest) -> str:
        """Return why a request is refused, or an empty text."""
        if not self._has_token(request):
            return "403: this server requires a token."
        if self._access.own_account is not None and not self._access.is_own(stream_of(request)):
            return "403: this server is for the account that started it."
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
            return "403: pages of other origins may not use this server."
        page = request.path.removeprefix(self._app.prefix).strip("/") == _PAGE
        return objection_to_target(self._app, request) or objection_to_source(
            request, page=page, login=False, framed=page and not is_websocket(request)
        )

    def _has_token(self, request: HTTPServerRequest) -> bool:
        """Return whether the address contains the token, compared in constant time."""
        prefix = f"{self._app.prefix}/"
        given = request.path[: len(prefix)]
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), prefix.encode())


def _log_nothing(handler: RequestHandler) -> None:
    """Keep addresses out of the output of cells, because they contain the token."""


def _free_port() -> int:
    """Return a free port: the prefix contains it, and must be known before the server is bound."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
