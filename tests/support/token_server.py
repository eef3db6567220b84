"""A server that asks other computers for a token."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.support.servers import free_port


class TokenServer:
    """`astronomical serve --address 0.0.0.0`, and what it has printed."""

    def __init__(self, home: Path) -> None:
        self.port, self.home, self.printed = free_port(), home, home / "printed.txt"
        command = [
            sys.executable,
            "-m",
            "astronomical",
            "serve",
            "--address",
            "0.0.0.0",
            "--port",
            str(self.port),
            "--no-show",
        ]
        with self.printed.open("w") as output:
            self.process = subprocess.Popen(
                command, cwd="/", stdout=output, stderr=output, env={**os.environ, "ASTRONOMICAL_HOME": str(home)}
            )
        for _ in range(2400):  # a guard only
            try:
                self.get("/login")
                break
            except OSError:
                assert self.process.poll() is None, self.printed.read_text()
                time.sleep(0.1)
        found = re.search(rf"http://\S+:{self.port}/login\?token=(\S+)", self.printed.read_text())
        assert found is not None, self.printed.read_text()
        self.token = found.group(1)

    def get(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            with connection.getresponse() as reply:
                return reply.status, dict(reply.headers), reply.read().decode(errors="replace")

    def websocket(self, **headers: str) -> int:
        return self.get(
            "/astronomical/ws",
            Upgrade="websocket",
            Connection="Upgrade",
            Sec_WebSocket_Version="13",
            Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==",
            Sec_WebSocket_Protocol="bokeh, x",
            Origin=f"http://127.0.0.1:{self.port}",
            **headers,
        )[0]

    def log_in(self) -> str:
        status, headers, _ = self.get(f"/login?token={self.token}")
        assert status == 303
        return headers["Set-Cookie"].partition(";")[0]
