"""Exchange the token for a cookie, and open the browser without exposing the token.

The token is received from the address in the terminal (``/login?token=...``) or from a form, or replaced by a one-time
code in a page that `open_browser` writes. The browser stores a cookie. The address bar and the logs show no token.
"""

from __future__ import annotations

import atexit
import logging
import re
import tempfile
import webbrowser
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import escape
from tornado.web import RequestHandler

from astronomical.dashboard.server.access import Access, login_cookie

__all__ = ["BounceHandler", "LoginHandler", "ToLoginHandler", "open_browser"]

log = logging.getLogger(__name__)
_WRONG = "This is not the token of this server."
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>astronomical: log in</title>
<style>:root {{ color-scheme: light dark }}
body {{ font-family: sans-serif; max-width: 34em; margin: 15vh auto; padding: 0 1em }}
input, button {{ font: inherit; padding: .5em }} input {{ width: 20em }} [role=alert] {{ color: #d32f2f }}</style>
<h1>astronomical</h1>
<p>This server requires a token. Find it in the terminal in which the server was started.</p>
<form method="post"><input type="hidden" name="next" value="{next}">
<p><label>Token<br><input name="token" type="password" autocomplete="current-password" autofocus></label>
<button>Log in</button></p></form>
<p role="alert">{message}</p></html>"""
_BOUNCE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>astronomical</title>
<meta http-equiv="refresh" content="0;url={url}"><p><a href="{url}">Open astronomical</a></p></html>"""
_LAUNCH = """<!doctype html><html lang="en"><meta charset="utf-8"><title>astronomical</title>
<form method="post" action="{action}"><input type="hidden" name="code" value="{code}">
<input type="hidden" name="next" value="{next}"><button>Open astronomical</button></form>
<script>document.forms[0].submit()</script></html>"""
#: A path of this server. Browsers read //NAME and /\\NAME as another server, and ignore control characters.
_OWN_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")


class BounceHandler(RequestHandler):
    """Answer a link on another site with a page of ours that redirects to the same address.

    The browser sends the login cookie only after this redirect. It also ensures that a page is built only for a browser
    that shows it, because other sites can open our addresses any number of times.
    """

    def get(self, *_: str) -> None:
        """Redirect the browser."""
        self.set_header("Cache-Control", "no-store")
        self.finish(_BOUNCE.format(url=escape(own_path(self.request.uri or "", "/"))))


class ToLoginHandler(RequestHandler):
    """Redirect a browser that is not logged in to the login, which returns to the same address."""

    def initialize(self, login_path: str) -> None:
        """Set the path of the login."""
        self._login_path = login_path

    def get(self, *_: str) -> None:
        """Redirect the browser to the login."""
        self.set_header("Cache-Control", "no-store")
        self.redirect(f"{self._login_path}?next={_quoted(own_path(self.request.uri or '', '/'))}")


class LoginHandler(RequestHandler):
    """Accept the token from the address in the terminal or from a form."""

    def initialize(self, access: Access, home: str, path: str) -> None:
        """Set the access control, the page to open after the login, and the path of the cookie."""
        self._access, self._home, self._path = access, home, path

    def get(self) -> None:
        """Log in with the token in the address, or ask for one."""
        given = self.get_query_argument("token", None)
        if given is not None:
            self._try(given)
        elif self._access.admits(self.request):
            self._go_on()
        elif "Sec-Fetch-Site" not in self.request.headers and not self.get_query_argument("asked", ""):
            # The link may be on another site, for which the browser does not send the cookie: redirect once.
            self.finish(_BOUNCE.format(url=escape(f"?asked=1&next={_quoted(self._next())}")))
        else:
            self._ask("")

    def post(self) -> None:
        """Log in with the token in the form, or with a one-time code."""
        code = self.get_body_argument("code", None)
        if code is None:
            self._try(self.get_body_argument("token", ""))
        elif self._access.tokens.use_code(code):
            self._let_in()
        else:
            self._ask("This page can open astronomical only once. Use the token in the terminal.", HTTPStatus.FORBIDDEN)

    def set_default_headers(self) -> None:
        """Prevent caching. Send the origin with the form, which "no-referrer" would omit."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "same-origin")

    def check_xsrf_cookie(self) -> None:
        """Skip the check for forged requests, because the request must contain the token."""

    def log_exception(self, *_: Any) -> None:
        """Keep addresses out of the logs, because they may contain the token."""
        log.warning("A login request could not be read")

    def _log(self) -> None:
        """Keep addresses out of the logs, because they may contain the token."""

    def _try(self, given: str) -> None:
        limiter, client = self._access.limiter, self._access.client(self.request)
        wait = limiter.wait(client)
        if wait > 0:
            self.set_header("Retry-After", str(int(wait) + 1))
            self._ask(f"Too many wrong tokens. Try again in {int(wait) + 1} seconds.", HTTPStatus.TOO_MANY_REQUESTS)
        elif self._access.tokens.is_token(given):
            self._let_in()
        else:
            limiter.failed(client)
            self._ask(_WRONG, HTTPStatus.FORBIDDEN)

    def _let_in(self) -> None:
        secure = "https" in (self.request.protocol, self.request.headers.get("X-Forwarded-Proto", ""))
        self.set_cookie(
            login_cookie(self.request),
            self._access.tokens.cookie,
            path=self._path,
            httponly=True,
            samesite="Strict",
            secure=secure,
        )
        if self.request.method == "GET" and self.request.headers.get("Sec-Fetch-Mode") == "navigate":
            # Browsers store the address of a redirect in their history, but not that of a page that is not found.
            self.set_status(HTTPStatus.NOT_FOUND)
            self.set_header("Referrer-Policy", "no-referrer")
            self.finish(_BOUNCE.format(url=escape(self._next())))
        else:
            self._go_on()

    def _go_on(self) -> None:
        self.set_header("Referrer-Policy", "no-referrer")
        self.redirect(self._next(), status=HTTPStatus.SEE_OTHER)

    def _ask(self, message: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.set_status(status)
        self.finish(_PAGE.format(next=escape(self._next()), message=escape(message)))

    def _next(self) -> str:
        """Return the page that was requested before the login, if it is on this server."""
        return own_path(self.get_argument("next", ""), self._home)


def own_path(path: str, home: str) -> str:
    """Return `path` if it is a path of this server, else `home`."""
    return path if _OWN_PATH.fullmatch(path) else home


def _quoted(path: str) -> str:
    return quote(path, safe="/")


def open_browser(access: Access, login_url: str, path: str) -> None:
    """Open the browser at a page of a server that requires a token.

    Every account can read the command line of a browser. Therefore the browser opens a file that only this account can
    read, and the file posts a code that is valid for one login.

    Parameters
    ----------
    access
        Who may use the server.
    login_url
        Address of the login.
    path
        Path of the page.
    """
    text = _LAUNCH.format(action=escape(login_url), code=access.tokens.new_code(), next=escape(path))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="astronomical-", suffix=".html", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError as error:
        log.warning("The browser could not be opened: %s", error.strerror)
        return
    atexit.register(Path(file.name).unlink, missing_ok=True)
    webbrowser.open(Path(file.name).as_uri())
