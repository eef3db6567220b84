"""The server that ``panel serve`` starts is closed to everybody but this computer."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PACKAGE = CHECKOUT / "astronomical"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(app: Path, port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "panel", "serve", str(app), "--port", str(port), *options]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small app beside the package's own server_lifecycle.py."""
    folder = tmp_path_factory.mktemp("guard") / "small"
    folder.mkdir()
    (folder / "main.py").write_text("import panel as pn\npn.pane.Str('text').servable()\n")
    (folder / "server_lifecycle.py").write_text(
        f"import runpy\nrunpy.run_path({str(PACKAGE / 'server_lifecycle.py')!r})\n"
    )
    return folder


class Server:
    """A running server and raw requests to it."""

    def __init__(self, app: Path, *options: str, python_path: Path | None = None) -> None:
        self.port = free_port()
        self.path = f"/{app.name}"
        self.process = subprocess.Popen(
            command(app, self.port, *options),
            cwd="/",
            stderr=subprocess.DEVNULL,
            env={**os.environ, **({"PYTHONPATH": str(python_path)} if python_path else {})},
        )
        for _ in range(2400):  # a guard only
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, "the server did not start"
            time.sleep(0.1)
        pytest.fail("the server does not listen")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def status(self, path: str, *headers: str, connection: str = "close") -> int:
        request = "\r\n".join((f"GET {path} HTTP/1.1", f"Connection: {connection}", *headers, "", ""))
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as stream:
            stream.sendall(request.encode())
            return int(stream.recv(64).split()[1])

    def reply(self, path: str) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as stream:
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nConnection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: stream.recv(65536), b""))

    def websocket(self, token: str, *headers: str) -> int:
        return self.status(
            f"{self.path}/ws",
            f"Host: localhost:{self.port}",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            f"Sec-WebSocket-Protocol: bokeh, {token}",
            *headers,
            connection="Upgrade",
        )

    def token(self) -> str:
        with urllib.request.urlopen(f"http://localhost:{self.port}{self.path}", timeout=60) as page:
            found = re.search(r'"token":"([^"]+)"', page.read().decode())
        assert found is not None
        return found.group(1)


@pytest.fixture(scope="module", params=["small", "astronomical"])
def server(request: pytest.FixtureRequest, app: Path) -> Iterator[Server]:
    folder = app if request.param == "small" else PACKAGE
    if not (folder / "main.py").exists():
        pytest.skip("the app has no main.py")
    running = Server(folder)
    yield running
    running.stop()


def listening_addresses(port: int) -> set[str]:
    """Return the local addresses of all sockets that listen on a port, as /proc/net writes them."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, hex_port = local.split(":")
            if state == "0A" and int(hex_port, 16) == port:
                found.add(address)
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc/net")
def test_listens_on_the_loopback_only(server):
    assert listening_addresses(server.port) == {"0100007F"}


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "LOCALHOST:{port}"])
def test_own_host_is_served(server, host):
    assert server.status(server.path, f"Host: {host.format(port=server.port)}") == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost.evil.example:{port}", "127.0.0.1.evil.example"]
)
@pytest.mark.parametrize("path", ["{path}", "/static/js/bokeh.min.js", "/favicon.ico"])
def test_foreign_host_is_refused_everywhere(server, host, path):
    host = host.format(port=server.port)
    assert server.status(path.format(path=server.path), f"Host: {host}") == 403


def test_foreign_page_may_not_read_the_app(server):
    host = f"Host: localhost:{server.port}"
    for origin in ("http://evil.example", "null", f"http://localhost:{server.port + 1}"):
        assert server.status(server.path, host, f"Origin: {origin}") == 403


@pytest.mark.parametrize(
    "origin", ["", "Origin: http://evil.example", "Origin: null", "Origin: http://localhost.evil.example:{port}"]
)
def test_websocket_of_others_is_refused(server, origin):
    headers = [origin.format(port=server.port)] if origin else []
    assert server.websocket(server.token(), *headers) == 403


@pytest.mark.parametrize("origin", ["localhost", "127.0.0.1"])
def test_websocket_of_own_page_is_accepted(server, origin):
    own = f"Origin: http://{origin}:{server.port}"
    assert server.websocket(server.token(), own) == 101


#: Ways out of the folders that the server gives files from.
UPWARDS = ("../" * 12, "..%2f" * 12, "%2e%2e/" * 12, "..\\" * 12, "....//" * 12, "%252e%252e%252f" * 12, "/", "%2f")


@pytest.mark.parametrize(
    "door",
    [
        "{path}/",
        "/",
        "/static/",
        "{path}/static/",
        "/static/extensions/panel/",
        "/static/extensions/",
        "/components/panel.widgets/Button/_stylesheets/",
        "/components/panel.template/BootstrapTemplate/_css/",
    ],
)
def test_no_file_is_given_from_outside(server, tmp_path, door):
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    for up in UPWARDS:
        for target in (secret, PACKAGE / "cli.py", CHECKOUT / "pyproject.toml"):
            reply = server.reply(door.format(path=server.path) + up + str(target).lstrip("/"))
            assert b"a secret" not in reply
            assert b"The command line" not in reply
            assert b"build-backend" not in reply


@pytest.mark.parametrize("file", ["main.py", "cli.py", "server_lifecycle.py", "__init__.py"])
def test_the_source_of_the_app_is_not_given(server, file):
    assert server.status(f"{server.path}/{file}", f"Host: localhost:{server.port}") in (403, 404)


def test_the_page_is_not_put_into_those_of_others(server):
    for path in ("/autoload.js?bokeh-autoload-element=x", "/autoload%2Ejs?bokeh-autoload-element=x"):
        assert server.status(f"{server.path}{path}", f"Host: localhost:{server.port}") in (403, 404)


def test_no_module_is_imported_because_a_url_names_it(app):
    (app.parent / "canary.py").write_text(f"open({str(app.parent / 'sang')!r}, 'w').close()\n")
    server = Server(app, python_path=app.parent)
    try:
        for name in ("canary", "%63anary"):
            assert server.status(f"/components/{name}/Bird/_css/x.css", f"Host: localhost:{server.port}") == 403
        assert not (app.parent / "sang").exists()
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--address", "0.0.0.0"), "log in"),
        pytest.param(("--address", ""), "log in", marks=pytest.mark.slow),
        pytest.param(("--address", "0.0.0.0", "--cookie-secret", "text"), "log in", marks=pytest.mark.slow),
        pytest.param(("--num-procs", "2"), "--num-procs must be 1", marks=pytest.mark.slow),
    ],
)
def test_unsafe_server_does_not_start(app, options, reason):
    result = subprocess.run(
        command(app, free_port(), *options), cwd="/", capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 2
    assert reason in result.stderr
    assert "Traceback" not in result.stderr


def test_a_proxy_setting_that_cannot_be_used_is_refused_before_the_start(app, monkeypatch):
    monkeypatch.setenv("ASTRONOMICAL_PROXY", "me:secret@proxy")
    result = subprocess.run(
        command(app, free_port()), cwd="/", capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 2
    assert "ASTRONOMICAL_PROXY is not a proxy" in result.stderr
    assert "secret" not in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_other_address_with_login_asks_for_it(app):
    server = Server(app, "--address", "0.0.0.0", "--basic-auth", "secret", "--cookie-secret", "text")
    try:
        assert listening_addresses(server.port) == {"00000000"}
        assert server.status(server.path, f"Host: localhost:{server.port}") == 302
        assert server.status(server.path, "Host: evil.example") == 403
    finally:
        server.stop()


@pytest.mark.slow
def test_named_origin_is_let_in_and_own_names_stay(app):
    server = Server(app, "--allow-websocket-origin", "tunnel.example:443")
    try:
        assert server.status(server.path, "Host: tunnel.example") == 200
        assert server.status(server.path, "Host: evil.example") == 403
        token = server.token()
        for own in ("https://tunnel.example:443", f"http://127.0.0.1:{server.port}"):
            assert server.websocket(token, f"Origin: {own}") == 101
    finally:
        server.stop()


def test_installing_twice_wraps_once():
    code = (
        "from astronomical.dashboard.server import security as guard; guard.install();"
        "from bokeh.server import server as s; from bokeh.server.tornado import BokehTornado as t;"
        "before = s.bind_sockets, s.Server.__init__, t.find_handler; guard.install();"
        "assert before == (s.bind_sockets, s.Server.__init__, t.find_handler)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=True, timeout=120)
