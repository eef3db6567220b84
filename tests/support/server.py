"""The real server in a process of its own, to be ended by signals."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.servers import free_port, listens

log = logging.getLogger(__name__)
CHECKOUT = Path(__file__).parents[2]


class Server:
    """A server that is started for a with block, or started and killed again and again on the same port.

    Parameters
    ----------
    *arguments
        Arguments of the app, such as ``--plugins FILE``.
    under
        A command that runs the server, such as one that drops privileges.
    **environment
        Environment variables besides those of this process.
    """

    def __init__(self, *arguments: str, under: tuple[str, ...] = (), **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/astronomical"
        serve = [sys.executable, "-m", "panel", "serve", "astronomical", "--port", str(self.port)]
        serve += ["--unused-session-lifetime", "60000"]  # a page of a busy computer connects late
        self._command = [*under, *serve, "--args", *arguments]
        self._environment = environment
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server is used

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._said.close()

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        self.process = subprocess.Popen(
            self._command,
            cwd=CHECKOUT,
            env={**os.environ, **self._environment},
            stdout=subprocess.DEVNULL,
            stderr=self._said,
        )
        for _ in range(1800):  # a guard only
            if listens(self.port):
                return
            time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        """Kill the server."""
        self.process.kill()
        self.process.wait(30)

    def end(self, number: signal.Signals, guard_s: float = 30.0) -> None:
        """Send a signal and wait for the end; the log says how long that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(guard_s)
        log.info("ended by %s after %.1f s", number.name, time.monotonic() - began)

    def said(self) -> str:
        """Return what the server has written to the terminal."""
        self._said.seek(0)
        return self._said.read().decode(errors="replace")
