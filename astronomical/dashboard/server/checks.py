"""Checks of requests, and responses, that all our servers share."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import unquote

from bokeh.server.tornado import BokehTornado
from panel.io.resources import COMPONENT_PATH
from tornado.httputil import HTTPServerRequest, ResponseStartLine
from tornado.web import RequestHandler

from astronomical.dashboard.server.headers import add_security_headers

__all__ = ["RefusedHandler", "complete_headers", "is_websocket", "objection_to_target"]


class RefusedHandler(RequestHandler):
    """Answer every request with 403 and a reason."""

    def initialize(self, reason: str) -> None:
        """Set the reason."""
        self.reason = reason

    def prepare(self) -> None:
        """Refuse the request."""
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(self.reason + "\n")


def complete_headers(request: HTTPServerRequest, ancestors: str | None = None) -> None:
    """Add our headers to all responses: pages, files and errors.

    Parameters
    ----------
    request
        The request.
    ancestors
        Pages that may show the responses in a frame; None for no page.
    """
    connection = request.connection
    write = connection.write_headers

    def write_headers(start_line: Any, headers: Any, chunk: Any = None) -> Any:
        if isinstance(start_line, ResponseStartLine):
            add_security_headers(headers, ancestors)
        return write(start_line, headers, chunk)

    connection.write_headers = write_headers


def is_websocket(request: HTTPServerRequest) -> bool:
    """Return whether a request opens a WebSocket."""
    return "websocket" in request.headers.get("Upgrade", "").lower()


def _names_a_module_to_import(app: BokehTornado, request: HTTPServerRequest) -> bool:
    """Return whether Panel would import a module, and run its code, because a URL names it."""
    path = unquote(request.path).removeprefix(app.prefix).lstrip("/")
    if not path.startswith(COMPONENT_PATH):
        return False
    return path.removeprefix(COMPONENT_PATH).partition("/")[0] not in sys.modules


def objection_to_target(app: BokehTornado, request: HTTPServerRequest) -> str:
    """Return why a request is refused because of what it asks for, or an empty text."""
    if _names_a_module_to_import(app, request):
        return "403: this server provides only resources of its own components."
    if unquote(request.path).endswith("/autoload.js"):  # and without a login it makes Panel fail
        return "403: pages of this server cannot be embedded in other sites."
    if "Origin" not in request.headers and is_websocket(request):
        return "403: a WebSocket request needs an Origin header."
    return ""
