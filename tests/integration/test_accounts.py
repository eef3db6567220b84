"""Other accounts of the computer, and whatever comes through a proxy, need the token."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import CHECKOUT, GuardedServer, Reply, other_account, small_app

LONG = "a token of twenty-six chars".replace(" ", "-")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    folder = tmp_path_factory.mktemp("accounts")
    running = GuardedServer(small_app(folder / "small"), folder / "printed.txt", ASTRONOMICAL_TOKEN=LONG)
    yield running
    running.stop()


def cookie_of(reply: Reply) -> str:
    assert reply.status == 303, reply
    return "Cookie: " + reply.headers["Set-Cookie"].partition(";")[0]


def test_the_account_of_the_server_needs_no_token(server):
    assert server.get(server.path).status == 200
    assert server.send(server.websocket()).status == 101


def test_another_account_gets_nothing_without_the_token(server):
    with other_account(server) as other:
        for path in (server.path, "/", f"{server.path}/metadata", "/static/js/bokeh.min.js", "/static/../x"):
            reply = other.get(path)
            assert (reply.status, reply.text) == (302, ""), path
            assert reply.headers["Location"].startswith("/login?next=")
        assert other.send(server.websocket())[0].status == 403
        assert other.get(server.path, method="POST", body="x=1").status == 403
        assert (
            other.get(
                server.path, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin"
            ).status
            == 403
        )


def test_another_account_gets_in_with_the_token(server):
    with other_account(server) as other:
        reply = other.get(f"/login?token={LONG}&next={server.path}?a=1")
        assert reply.headers["Location"] == f"{server.path}?a=1"
        for attribute in ("HttpOnly", "SameSite=Strict", "Path=/"):
            assert attribute in reply.headers["Set-Cookie"]
        assert f"_{server.port}=" in reply.headers["Set-Cookie"]
        assert LONG not in reply.headers["Set-Cookie"]
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        cookie = cookie_of(reply)
        assert other.get(server.path, cookie).status == 200
        assert other.send(server.websocket(cookie))[0].status == 101
        assert other.get(server.path, cookie[:-1]).status == 302


def test_a_closed_connection_is_not_taken_for_the_owner(server):
    """Linux writes account 0, under which this test and its server run, for sockets that were closed."""
    from astronomical.dashboard.server import peers

    with socket.create_server(("127.0.0.1", 0)) as listening:
        for end in ("close", "shutdown"):
            client = socket.socket()
            client.connect(listening.getsockname())
            accepted, _ = listening.accept()
            assert peers.account_of(accepted) == os.geteuid()
            client.close() if end == "close" else client.shutdown(socket.SHUT_WR)
            assert peers.account_of(accepted) is None
            accepted.close()
            client.close()


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For: 127.0.0.1",
        "Forwarded: for=127.0.0.1",
        "X-Real-IP: 127.0.0.1",
        "x-forwarded-host: localhost",
        "Via: 1.1 proxy",
        "X-Forwarded-For:",
    ],
)
def test_a_proxy_is_asked_for_the_token(server, header):
    assert server.get(server.path, header).status == 302
    assert server.send(server.websocket(header)).status == 403
    cookie = cookie_of(server.get(f"/login?token={LONG}", header))
    assert server.get(server.path, header, cookie).status == 200
    assert server.send(server.websocket(header, cookie)).status == 101


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "/%0a/evil.example",
        "https://evil.example",
        "evil.example",
        "javascript:alert(1)",
        "/%5Cevil",
    ],
)
def test_a_login_leads_to_no_other_server(server, elsewhere):
    reply = server.get(f"/login?token={LONG}&next={elsewhere}", "Via: x")
    assert reply.headers["Location"] == server.path


def test_the_token_is_printed_once_and_logged_nowhere(server):
    before = len(server.printed.read_text())
    server.get(f"/login?token={LONG}", "Via: x")
    server.get(f"/login?token={LONG}&token=%ff&next=%ff", "Via: x")
    server.get("/login", "Via: x", method="POST", body=f"token={LONG}%ff")
    server.get("/login", "Via: x", method="PUT", body=f"token={LONG}")
    printed = server.printed.read_text()
    assert printed.count(LONG) == 1
    assert "Traceback" not in printed[before:]
    for log in Path(os.environ["ASTRONOMICAL_HOME"]).rglob("*.log*"):
        assert LONG not in log.read_text()


def test_guesses_are_slowed_down_and_keep_no_other_account_out(server):
    with other_account(server, 23456) as guesser, other_account(server, 23457) as colleague:
        guesses = guesser.send(server.text("/login?token=wrong-wrong-wrong-wrong"), times=300)
        looked_at = [reply for reply in guesses if reply.status == 403]
        assert {reply.status for reply in guesses} <= {403, 429, 0}  # 0: too many connections at once
        assert len(looked_at) < 60
        late = guesser.get(f"/login?token={LONG}")
        assert late.status == 429
        assert int(late.headers["Retry-After"]) > 0
        assert server.get(server.path).status == 200
        assert colleague.get(f"/login?token={LONG}").status == 303


@pytest.mark.slow  # the server waits for half a minute
def test_unfinished_requests_of_others_do_not_keep_the_owner_out(server):
    with other_account(server, 34567) as other:
        other.order("GET / HTTP/1.1\r\nHost: loc", times=400)
        assert server.get(server.path).status == 200
        assert {reply.status for reply in other.replies()} <= {0, 408}


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: 99999999999", ""),
        ("Content-Length: 1048577", "x"),
        ("Transfer-Encoding: chunked", "fffffff\r\nx"),
        ("X: " + "x" * 70_000, ""),
    ],
)
def test_large_requests_are_not_read(server, head, body):
    raw = f"POST /login HTTP/1.1\r\nHost: localhost:{server.port}\r\n{head}\r\n\r\n{body}"
    assert server.send(raw).status in (0, 400, 413)
    assert server.get(server.path).status == 200


@pytest.mark.slow
def test_no_token_says_what_it_means(tmp_path):
    server = GuardedServer(small_app(tmp_path / "small"), tmp_path / "printed.txt", "--args", "--no-token")
    try:
        assert server.get(server.path, "X-Forwarded-For: 10.0.0.1").status == 200
        assert "every account of this computer" in server.printed.read_text()
        assert "token=" not in server.printed.read_text()
        with other_account(server) as other:
            assert other.get(server.path).status == 200
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("options", "token", "reason"),
    [
        (("--address", "0.0.0.0", "--no-token"), "", "Omit one of the two"),
        pytest.param((), "secret", "needs at least 16", marks=pytest.mark.slow),
    ],
)
def test_an_unsafe_server_does_not_start(options, token, reason):
    run = subprocess.run(
        [sys.executable, "-m", "astronomical", "serve", "--no-show", *options],
        cwd=CHECKOUT,
        env={**os.environ, "ASTRONOMICAL_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 2
    assert reason in run.stderr
    assert "Traceback" not in run.stderr


def test_the_browser_is_opened_with_a_code_that_works_once(tmp_path):
    """Where the system does not say whose connection it is."""
    opened = tmp_path / "opened.txt"
    stub = CHECKOUT / "tests" / "stubs" / "no_accounts_server.py"
    server = GuardedServer(
        small_app(tmp_path / "small"),
        tmp_path / "printed.txt",
        "--show",
        command=(str(stub),),
        ASTRONOMICAL_TEST_OPENED=str(opened),
    )
    try:
        assert server.get(server.path).status == 302
        address = opened.read_text()
        assert address.startswith("file://")
        file = Path(address.removeprefix("file://"))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        page = file.read_text()
        assert server.token not in page
        code = re.search(r'name="code" value="([^"]+)"', page)
        assert code is not None
        assert f"http://localhost:{server.port}/login" in page
        body = f"code={code.group(1)}&next={server.path}"
        cross = ("Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
        cookie = cookie_of(server.get("/login", *cross, method="POST", body=body))
        assert server.get(server.path, cookie).status == 200
        assert server.get("/login", *cross, method="POST", body=body).status == 403
        cookie_of(server.get(f"/login?token={server.token}"))
    finally:
        server.stop()
    assert not file.exists()
