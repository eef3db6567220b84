"""The real server in processes that are forked with all modules imported, so that it can be killed hundreds of times.

The first process imports what ``server_lifecycle`` and the pages import, and starts no thread and no event loop. Each
server is a copy of it, which runs ``astronomical serve`` as the command does.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from multiprocessing.connection import wait
from pathlib import Path

from tests.support.servers import free_port, listens

#: Imported once, before the first copy is made; this module is the one that the first process imports.
_IMPORTED = (
    "astronomical.cli",
    "astronomical.dashboard.server.app",
    "astronomical.dashboard.server.serve",
    "astronomical.catalogue.readers.fits",
    "astronomical.session.export.model_files",
    "bokeh.server.server",
    "panel.command.serve",
    "tests.support.label_page",
)


def serve_for_ever(app: Path | None, path: Path, port: int, home: Path, said: Path) -> None:
    """Serve a project as ``astronomical serve`` does, or an app as ``panel serve`` does."""
    os.environ |= {"ASTRONOMICAL_HOME": str(home), "ASTRONOMICAL_OFFLINE": "1"}
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    from panel.command import main as panel_main

    from astronomical.cli import main
    from astronomical.tasks import postpone_compiling

    postpone_compiling(3600)  # what is killed within seconds has no use for it
    if app is None:
        sys.exit(main(["serve", str(path), "--port", str(port), "--no-show"]))
    sys.argv = ["panel", "serve", str(app), "--port", str(port)]
    panel_main()


def forking() -> multiprocessing.context.ForkServerContext:
    """Return how processes are started as copies of one that has imported everything.

    Raises
    ------
    NotImplementedError
        If the system cannot copy processes.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise NotImplementedError
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *_IMPORTED])
    return context


class ForkedServer:
    """A server of one project, started and killed again and again, each time on a new port.

    Parameters
    ----------
    context
        See `forking`.
    path
        The project.
    home
        User folder of the server.
    app
        Folder of an app that shows the project; None for the dashboard.
    """

    def __init__(
        self, context: multiprocessing.context.ForkServerContext, path: Path, home: Path, app: Path | None = None
    ) -> None:
        self._context, self.path, self._home, self._app = context, path, home, app
        self.printed, self.is_small = home / "printed.txt", app is not None
        self.url = ""

    def start(self, guard_s: float = 120.0) -> None:
        """Start the server, and wait until it listens."""
        port = free_port()
        self.process = self._context.Process(
            target=serve_for_ever, args=(self._app, self.path, port, self._home, self.printed), daemon=True
        )
        self.process.start()
        end = time.monotonic() + guard_s
        while not listens(port):
            if wait([self.process.sentinel], 0.02) or time.monotonic() > end:
                raise RuntimeError(f"the server did not start:\n{self.printed.read_text()}")
        self.url = f"http://127.0.0.1:{port}/{self._app.name if self._app is not None else ''}"

    def is_alive(self) -> bool:
        """Return whether the server runs."""
        return self.process.is_alive()

    def signal(self) -> None:
        """Send SIGKILL, from any thread."""
        self.process.kill()

    def kill(self) -> None:
        """Kill the server, and wait for its end."""
        self.signal()
        self.process.join()
