"""`astronomical serve --address` asks other computers for a token, which then shows up nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.token_server import TokenServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenServer]:
    running = TokenServer(tmp_path_factory.mktemp("home"))
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.mark.parametrize(
    "cookie", ["", "astronomical_login_{port}=", "astronomical_login_{port}={token}", "astronomical_login_{port}=\xe9"]
)
def test_nothing_is_shown_without_the_token(server, cookie):
    cookie = cookie.format(port=server.port, token=server.token)
    for path in ("/", "/astronomical", "/astronomical/metadata"):
        status, headers, text = server.get(path, Cookie=cookie)
        assert status == 302
        assert "/login" in headers["Location"]
        assert not text
    assert server.websocket(Cookie=cookie) == 403
    assert server.get("/astronomical/autoload.js?bokeh-autoload-element=x", Cookie=cookie)[0] == 403
    assert "Traceback" not in server.printed.read_text()


@pytest.mark.parametrize("wrong", ["x", "", "\u00e9"])
def test_another_token_does_not_open(server, wrong):
    status, headers, text = server.get(
        "/login", "POST", f"token={wrong}".encode().decode("latin-1"), Content_Type="application/x-www-form-urlencoded"
    )
    assert status == 403
    assert "Set-Cookie" not in headers
    assert "not the token of this server" in text


def test_the_form_opens_with_the_token(server):
    status, headers, _ = server.get(
        "/login",
        "POST",
        f"token={server.token}&next=/astronomical?project=x",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert (status, headers["Location"]) == (303, "/astronomical?project=x")


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_login_leads_to_no_other_server(server, elsewhere):
    assert server.get(f"/login?token={server.token}&next={elsewhere}")[1]["Location"] == "/astronomical"


def test_pages_of_others_cannot_log_in(server):
    assert server.get("/login", "POST", f"token={server.token}", Origin="http://evil.example")[0] == 403


def test_the_token_is_in_no_log_and_in_no_cookie(server):
    cookie = server.log_in()
    assert server.get("/astronomical", Cookie=cookie)[0] == 200
    server.get(f"/login?token={server.token}x")
    assert server.token not in cookie
    assert server.printed.read_text().count(server.token) == 1
    for log in server.home.rglob("*.log"):
        assert server.token not in log.read_text()


def test_a_token_that_can_be_guessed_is_refused(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "astronomical", "serve", "--address", "0.0.0.0", "--no-show"],
        env={**os.environ, "ASTRONOMICAL_TOKEN": "secret"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert "has 6 characters" in run.stderr
    assert "secret" not in run.stderr


def test_a_proxy_with_the_token_may_have_any_name_but_no_foreign_pages(server):
    hub = {"Host": "hub.example.org", "X_Astronomical_Token": server.token}
    assert server.get("/astronomical/metadata", **hub)[0] == 200
    assert server.get("/astronomical/metadata", **hub, Origin="https://hub.example.org")[0] == 200
    for origin in ("https://evil.example", "https://hub.example.org.evil.example", "null", ""):
        assert server.get("/astronomical/metadata", **hub, Origin=origin)[0] == 403
    assert server.websocket(X_Astronomical_Token=server.token) != 403
    assert server.websocket(**hub) == 403  # its Origin is another name
    for wrong in ("", "x", server.token[:-1]):
        assert server.get("/astronomical/metadata", Host="hub.example.org", X_Astronomical_Token=wrong)[0] == 403


def test_guesses_of_a_proxy_are_limited(server):
    for _ in range(8):
        server.get("/astronomical/metadata", X_Astronomical_Token="a wrong guess")
    assert server.get("/astronomical/metadata", X_Astronomical_Token=server.token)[0] != 200
