"""A server on 127.0.0.1 that sends the bytes of a test, and counts its connections."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType


class RawServer:
    """Calls a function with each connection, in a thread, while it is entered."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self.n_connections = 0
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/image"

    def request(self, connected: socket.socket) -> bytes:
        """Read the head of a request; empty if the client has closed the connection."""
        head = b""
        while b"\r\n\r\n" not in head:
            part = connected.recv(65536)
            if not part:
                return b""
            head += part
        self.requests.append(head)
        return head

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._listening.close()

    def _listen(self) -> None:
        while not self.over.is_set():
            try:
                connected, _ = self._listening.accept()
            except OSError:
                return
            self.n_connections += 1
            threading.Thread(target=self._run, args=(connected,), daemon=True).start()

    def _run(self, connected: socket.socket) -> None:
        with connected, contextlib.suppress(OSError):
            self._serve(connected)


def reply(body: bytes, *headers: str) -> bytes:
    """Return a complete response with status 200."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
