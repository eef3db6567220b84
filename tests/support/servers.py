"""A guarded server in a process of its own, requests to it, and clients of other accounts."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.http_reply import is_whole

CHECKOUT = Path(__file__).parents[2]
LIFECYCLE = CHECKOUT / "astronomical" / "server_lifecycle.py"


def small_app(folder: Path, main: str = "import panel as pn\npn.pane.Str('text').servable()\n") -> Path:
    """Write an app that is guarded as ours is, and starts sooner."""
    folder.mkdir(parents=True)
    (folder / "main.py").write_text(main)
    (folder / "server_lifecycle.py").write_text(f"import runpy\nrunpy.run_path({str(LIFECYCLE)!r})\n")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether a server of this computer listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    text: str


def parsed(raw: str) -> Reply:
    """Read what a server answered, as text."""
    if not raw:
        return Reply(0, http.client.HTTPMessage(), "")
    head, _, body = raw.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = http.client.HTTPMessage()
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name] = value
    return Reply(int(first.split()[1]), headers, body)


class GuardedServer:
    """`panel serve` of an app, with what it printed."""

    def __init__(
        self,
        app: Path,
        printed: Path,
        *options: str,
        command: tuple[str, ...] = ("-m", "panel", "serve"),
        **environment: str,
    ) -> None:
        self.port, self.path, self.printed = free_port(), f"/{app.name}", printed
        with printed.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command, str(app), "--port", str(self.port), *options],
                cwd="/",
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT), **environment},
            )
        end = time.monotonic() + 240
        while time.monotonic() < end:
            if listens(self.port):
                return
            assert self.process.poll() is None, printed.read_text()
            time.sleep(0.1)
        pytest.fail("the server does not listen")

    @property
    def token(self) -> str:
        found = re.search(rf"http://\S+:{self.port}/login\?token=(\S+)", self.printed.read_text())
        assert found is not None, self.printed.read_text()
        return found.group(1)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def text(self, path: str, *headers: str, method: str = "GET", body: str = "", connection: str = "close") -> str:
        """Return the text of a request."""
        head = [f"{method} {path} HTTP/1.1", f"Host: localhost:{self.port}", f"Connection: {connection}", *headers]
        if body:
            head += [f"Content-Length: {len(body)}", "Content-Type: application/x-www-form-urlencoded"]
        return "\r\n".join([*head, "", body])

    def websocket(self, *headers: str, token: str = "x") -> str:
        """Return the text of the request that opens a WebSocket."""
        return self.text(
            f"{self.path}/ws",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            f"Sec-WebSocket-Protocol: bokeh, {token}",
            f"Origin: http://localhost:{self.port}",
            *headers,
            connection="Upgrade",
        )

    def send(self, text: str, timeout: float = 480) -> Reply:
        """Send a request as the account of the server; of the reply to a WebSocket only the head is read."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(text.encode("latin-1"))
            raw = b""
            with suppress(ConnectionError):  # closed before all was read
                while found := connection.recv(65536):
                    raw += found
                    if is_whole(raw):  # the server may keep the connection open
                        break
        return parsed(raw.decode("latin-1"))

    def get(self, path: str, *headers: str, **options: Any) -> Reply:
        """Send a request as the account of the server."""
        return self.send(self.text(path, *headers, **options))


class OtherAccount:
    """A process that sends requests as another account of this computer."""

    def __init__(self, server: GuardedServer, account: int) -> None:
        self.server = server
        script = Path(__file__).with_name("other_account.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(account), str(server.port)],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
        )

    def send(self, text: str, times: int = 1) -> list[Reply]:
        """Send a request by several connections at once, and wait for the replies."""
        self.order(text, times)
        return self.replies()

    def order(self, text: str, times: int = 1) -> None:
        """Begin to send a request by several connections at once."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"text": text, "times": times}) + "\n")
        self.process.stdin.flush()

    def replies(self) -> list[Reply]:
        """Wait for the replies of what was ordered before."""
        assert self.process.stdout is not None
        return [parsed(raw) for raw in json.loads(self.process.stdout.readline())]

    def get(self, path: str, *headers: str, **options: Any) -> Reply:
        """Send one request."""
        return self.send(self.server.text(path, *headers, **options))[0]


@contextmanager
def other_account(server: GuardedServer, account: int = 12345) -> Iterator[OtherAccount]:
    """Run a client under another account; the test is skipped where that is not possible."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can run a process as another account")
    client = OtherAccount(server, account)
    try:
        yield client
    finally:
        client.process.terminate()
        client.process.communicate(timeout=30)
