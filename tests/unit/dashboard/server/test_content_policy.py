"""The Content-Security-Policy that goes with every answer."""

from __future__ import annotations

import re

import pytest
import tornado.web
from tornado.httpserver import HTTPServer
from tornado.testing import AsyncHTTPTestCase

from astronomical.dashboard.server.content_policy import apply_policy, content_policy


class Page(tornado.web.RequestHandler):
    def get(self) -> None:
        self.finish("<html><script>1</script><script src='a.js'></script><p>scripts</p></html>")


class Text(tornado.web.RequestHandler):
    def get(self) -> None:
        self.set_header("Content-Type", "text/plain")
        self.finish("<script>1</script>")


class TestAnswers(AsyncHTTPTestCase):
    def get_app(self) -> tornado.web.Application:
        app = tornado.web.Application([("/page", Page), ("/text", Text)])
        apply_policy(app)
        apply_policy(app)
        return app

    def get_http_server(self) -> HTTPServer:
        return HTTPServer(self._app)

    def test_the_scripts_of_a_page_have_the_nonce_of_its_policy(self) -> None:
        answers = [self.fetch("/page") for _ in range(2)]
        nonces = []
        for answer in answers:
            policy = answer.headers["Content-Security-Policy"]
            (nonce,) = re.findall("'nonce-([^']+)'", policy)
            body = answer.body.decode()
            assert body == (
                f'<html><script nonce="{nonce}">1</script><script nonce="{nonce}" src=\'a.js\'></script>'
                "<p>scripts</p></html>"
            )
            assert int(answer.headers["Content-Length"]) == len(answer.body)
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Etag" not in answer.headers
            nonces.append(nonce)
        assert nonces[0] != nonces[1]

    def test_an_answer_that_is_no_page_has_no_nonce(self) -> None:
        answer = self.fetch("/text")
        assert answer.body == b"<script>1</script>"
        assert "nonce" not in answer.headers["Content-Security-Policy"]

    def test_an_error_has_the_policy(self) -> None:
        assert "script-src-attr 'none'" in self.fetch("/missing").headers["Content-Security-Policy"]


def test_inline_handlers_and_inline_scripts_are_not_allowed():
    rules = dict(rule.split(" ", 1) for rule in content_policy("n", "localhost:5006").split("; "))
    assert "'unsafe-inline'" not in rules["script-src"]
    assert "http" not in rules["script-src"]
    for rule in ("script-src-attr", "object-src", "base-uri", "frame-src", "frame-ancestors"):
        assert rules[rule] == "'none'"
    assert rules["connect-src"] == "'self' blob: ws://localhost:5006 wss://localhost:5006"


@pytest.mark.parametrize("host", ["", "a b", "a;script-src *", "a\r\nSet-Cookie: b"])
def test_a_host_that_is_none_adds_nothing(host: str):
    assert content_policy(host=host) == content_policy()
