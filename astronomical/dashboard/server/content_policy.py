"""The Content-Security-Policy of our pages: a second line of defence in addition to `safe_text`.

If HTML from a file gets into a page, its scripts do not run, and it loads nothing from other computers. The needs of
Panel 1.9, panel-material-ui 0.16 and Bokeh 3.9 were found by trial:

* Inline scripts start the page. Each gets a nonce, which is new in each response. Hashes do not work: es-module-shims,
  which loads Panel's components, tests the browser with an inline script whose text depends on the browser. It uses
  the nonce of the first script that has one.
* ``'unsafe-eval'``: GridStack is a ``ReactiveHTML``, whose scripts become functions in the browser, and the callbacks
  of HoloViews' streams are a ``CustomJS``.
* ``blob:`` in ``script-src`` and ``connect-src``: a ``JSComponent`` and panel-material-ui send their modules as text,
  which es-module-shims fetches and imports as blobs.
* ``style-src 'unsafe-inline'``: every model has its own style sheet.
* ``img-src data: blob:``: Bokeh draws and saves plots with such addresses, and cutouts are sent as ``data:``.

Inline event handlers (``onerror=``), ``javascript:`` links and scripts without the nonce never run. The HTML of the
page has no text of a file, so a script in a file never gets a nonce. All such text is sent by WebSocket.
"""

from __future__ import annotations

import re
import secrets

from bokeh.server.tornado import BokehTornado
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import OutputTransform

from astronomical.dashboard.server.headers import NO_PAGE

__all__ = ["apply_frame_policy", "apply_policy", "content_policy"]

_SCRIPT = re.compile(rb"<script(?=[\s>])")
_HOST = re.compile(r"[\w.\-:\[\]]+")


def content_policy(nonce: str | None = None, host: str = "", ancestors: str = NO_PAGE) -> str:
    """Return the value of the header ``Content-Security-Policy``.

    Parameters
    ----------
    nonce
        Scripts of the page with this nonce may run; None for a response that is not a page.
    host
        Host name and port of the request. Some browsers do not count a WebSocket to it as ``'self'`` and need it
        explicitly.
    ancestors
        Pages that may show the page in a frame.
    """
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    scripts = "" if nonce is None else f" 'nonce-{nonce}'"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'unsafe-eval' blob:{scripts}",
            "script-src-attr 'none'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' blob:{sockets}",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )


def apply_policy(app: BokehTornado) -> None:
    """Send the header with every response of a server. Further calls have no effect."""
    if not any(issubclass(item, _PolicyTransform) for item in app.transforms):
        app.transforms.insert(0, _PolicyTransform)  # before the response is compressed


def apply_frame_policy(app: BokehTornado, ancestors: str) -> None:
    """Send the header with every response of a server whose pages are shown in frames of some other pages."""
    app.transforms.insert(0, type("FramePolicyTransform", (_PolicyTransform,), {"ancestors": ancestors}))


class _PolicyTransform(OutputTransform):
    """Add the header to a response, and the nonce to the scripts of a page."""

    ancestors = NO_PAGE

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._host = request.host

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Return a response with the header."""
        nonce = None
        if finishing and headers.get("Content-Type", "").startswith("text/html"):
            nonce = secrets.token_urlsafe(16)
            chunk = _SCRIPT.sub(f'<script nonce="{nonce}"'.encode(), chunk)
            headers["Content-Length"] = str(len(chunk))
            # A page from the cache of the browser would have the nonce of an older response.
            headers["Cache-Control"] = "no-store"
            headers.pop("Etag", None)
        headers["Content-Security-Policy"] = content_policy(nonce, self._host, self.ancestors)
        return status_code, headers, chunk
