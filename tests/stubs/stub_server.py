"""What the local servers for tests have in common: a free port, a thread, and short answers."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class StubServer:
    """A server that listens on a free port of 127.0.0.1 while it is entered.

    Its handler has it as `stub`. Requests that hang wait for `released`.
    """

    def __init__(self, handler: type[StubHandler]) -> None:
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), {"stub": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class StubHandler(BaseHTTPRequestHandler):
    """A handler with ways to answer."""

    stub: Any
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def send_head(self, length: int, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def send(self, content: bytes, status: int = 200) -> None:
        self.send_head(len(content), status)
        self.wfile.write(content)

    def drip(self, content: bytes, pause_s: float) -> None:
        """Send ten bytes at a time, until the server ends."""
        self.send_head(len(content))
        for place in range(0, len(content), 10):
            if self.stub.released.wait(pause_s):
                return
            self.wfile.write(content[place : place + 10])

    def redirect(self, url: str, status: int) -> None:
        self.send_response(status)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        self.end_headers()
