"""Log in with a token: what ``astronomical serve --address`` asks for, and Bokeh loads by ``--auth-module``.

The token is `TOKEN_VARIABLE` of the environment. A page ``/login?token=...`` hands it over once; what the browser then
keeps, and sends with each request and WebSocket, is a cookie made from it, and the address bar shows neither.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from html import escape
from http import HTTPStatus

from bokeh.server.views.auth_request_handler import AuthRequestHandler
from tornado.web import RequestHandler

from astronomical.dashboard.guard import local_end

__all__ = ["TOKEN_VARIABLE", "LoginHandler", "check_token", "get_user", "login_url"]

#: Environment variable that holds the token.
TOKEN_VARIABLE = "ASTRONOMICAL_TOKEN"
login_url = "/login"

_HOME = "/astronomical"
_SECONDS = 30 * 24 * 3600
_MIN_LENGTH = 16
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>astronomical: log in</title>
<style>:root {{ color-scheme: light dark }}
body {{ font-family: sans-serif; max-width: 34em; margin: 15vh auto; padding: 0 1em }}
input, button {{ font: inherit; padding: .5em }} input {{ width: 20em }} [role=alert] {{ color: #d32f2f }}</style>
<h1>astronomical</h1>
<p>This server asks for a token. The terminal in which it was started shows it.</p>
<form method="post"><input type="hidden" name="next" value="{next}">
<p><label>Token<br><input name="token" type="password" autocomplete="current-password" autofocus></label>
<button>Log in</button></p></form>
<p role="alert">{said}</p></html>"""


def get_user(handler: RequestHandler) -> str | None:
    """Return who sent a request: ``"owner"`` if he has logged in, else None."""
    return "owner" if _same(handler.get_cookie(_cookie_name(handler)) or "", _cookie()) else None


class LoginHandler(AuthRequestHandler):
    """Takes the token, from the address that the terminal shows or from a form."""

    def get(self) -> None:
        """Log in with the token of the address, or ask for one."""
        given = self.get_query_argument("token", "")
        self._answer(given, "That token is not the one of this server." if given else "")

    def post(self) -> None:
        """Log in with the token of the form."""
        self._answer(self.get_body_argument("token", ""), "That token is not the one of this server.")

    def _answer(self, given: str, said: str) -> None:
        self.set_header("Referrer-Policy", "strict-origin")  # "no-referrer" would post the form without an origin
        self.set_header("Cache-Control", "no-store")
        if _same(given.strip(), _token()):
            # "Lax": the address may have been clicked in a message, and is then followed by our own page
            self.set_cookie(_cookie_name(self), _cookie(), httponly=True, samesite="Lax", max_age=_SECONDS,
                            secure=self.request.protocol == "https")
            self.redirect(self._next(), status=HTTPStatus.SEE_OTHER)
            return
        if said:
            self.set_status(HTTPStatus.FORBIDDEN)
        self.finish(_PAGE.format(next=escape(self._next()), said=escape(said)))

    def _next(self) -> str:
        """Return the page that was asked for before, of this server only."""
        path = self.get_argument("next", _HOME)
        return path if path.startswith("/") and not path.startswith(("//", "/\\")) else _HOME

    def _log(self) -> None:
        """Keep requests with a token in their address out of the logs."""


def check_token(token: str) -> None:
    """Refuse a token that can be guessed.

    Raises
    ------
    SystemExit
        If it has less than 16 characters.
    """
    if len(token) < _MIN_LENGTH:
        sys.stderr.write(f"astronomical does not start.\n${TOKEN_VARIABLE} has {len(token)} characters; a token needs "
                         f"{_MIN_LENGTH} or more. 'astronomical serve' makes one if the variable is not set.\n")
        raise SystemExit(2)


def _token() -> str:
    return os.environ[TOKEN_VARIABLE]


def _cookie() -> str:
    return hmac.new(_token().encode(), b"astronomical login", hashlib.sha256).hexdigest()


def _cookie_name(handler: RequestHandler) -> str:
    # cookies do not know ports, and several servers may run on one computer
    return f"astronomical_login_{local_end(handler.request)[1]}"


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())


if __name__.startswith("bokeh.auth"):  # a server loads this file, and should not start without a token
    check_token(os.environ.get(TOKEN_VARIABLE, ""))
