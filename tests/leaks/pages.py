"""Open and close pages of a project in a process of its own, and count what is left: python -m tests.leaks.pages."""

from __future__ import annotations

import gc
import json
import socket
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import panel as pn
from bokeh.client import pull_session

from astronomical.dashboard.page.open_card import OpenRequest
from astronomical.dashboard.server.app import App
from astronomical.dashboard.server.tabs import registry


def wait_until(true: Callable[[], object], seconds: float = 60.0) -> bool:
    """Wait for something to become true, and collect what is not used any more."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        gc.collect()
        time.sleep(0.2)
    return bool(true())


def answers(port: int) -> bool:
    """Tell whether something listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def open_and_close(project: Path, n_pages: int) -> dict[str, int]:
    """Serve the dashboard, open and close pages one by one, and return how many pages and watchers are left."""
    apps: weakref.WeakSet[App] = weakref.WeakSet()
    benches: weakref.WeakSet[object] = weakref.WeakSet()
    opened = []

    def page():
        pn.extension("gridstack", "tabulator")
        app = App()
        show = app._show_project

        def shown(found):
            show(found)
            benches.add(app._workbench)
            opened.append(len(benches))

        app._show_project = shown
        apps.add(app)
        pn.state.curdoc.add_next_tick_callback(lambda: app._open(OpenRequest(project)))
        return app.page

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = pn.serve(
        {"app": page},
        port=port,
        address="127.0.0.1",
        show=False,
        threaded=True,
        verbose=False,
        websocket_origin=f"127.0.0.1:{port}",
        unused_session_lifetime_milliseconds=200,
        check_unused_sessions_milliseconds=100,
    )
    try:
        assert wait_until(lambda: answers(port)), "the server did not start"
        for n in range(1, n_pages + 1):
            session = pull_session(url=f"http://127.0.0.1:{port}/app")
            assert wait_until(lambda n=n: len(opened) >= n), "the project was not opened"
            session.close()
        wait_until(lambda: not apps and not benches)
        state = next(iter(registry()._projects.values())).session.state
        watchers = sum(len(found) for per in state.param.watchers.values() for found in per.values())
        return {"opened": len(opened), "pages": len(apps), "workbenches": len(benches), "watchers": watchers}
    finally:
        registry().close_all()
        server.stop()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(open_and_close(Path(sys.argv[1]), int(sys.argv[2]))) + "\n")
