"""Pages that were closed must go: a server runs for days."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import panel as pn
import pytest
from bokeh.client import pull_session

from astronomical.dashboard.app import App
from astronomical.dashboard.open_card import OpenRequest
from astronomical.dashboard.server import registry
from tests.support.projects import make_project

N_PAGES = 4


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)[0]


def wait_until(true, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        gc.collect()
        time.sleep(0.2)
    return bool(true())


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def away() -> Iterator[Callable[..., Any]]:
    """Call in another thread: the event loop of the browser tests occupies this one for the whole run."""
    with ThreadPoolExecutor(1, initializer=lambda: asyncio.set_event_loop(asyncio.new_event_loop())) as thread:
        yield lambda call, **options: thread.submit(call, **options).result()


def test_closed_pages_leave_nothing_behind(project, away):
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
    server = pn.serve({"app": page}, port=port, address="127.0.0.1", show=False, threaded=True, verbose=False,
                      websocket_origin=f"127.0.0.1:{port}", unused_session_lifetime_milliseconds=200,
                      check_unused_sessions_milliseconds=100)
    try:
        assert wait_until(lambda: answers(port)), "the server did not start"
        for n in range(1, N_PAGES + 1):
            session = away(pull_session, url=f"http://127.0.0.1:{port}/app")
            assert wait_until(lambda n=n: len(opened) >= n), "the project was not opened"
            away(session.close)
        gone = wait_until(lambda: not apps and not benches)
        assert gone, f"{len(apps)} pages and {len(benches)} workbenches are left"
        project_state = next(iter(registry()._projects.values())).session.state
        watchers = sum(len(found) for per in project_state.param.watchers.values() for found in per.values())
        assert watchers == 1  # the session's own, which keeps the models of rounds
    finally:
        registry().close_all()
        server.stop()
