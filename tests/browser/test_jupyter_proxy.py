"""The dashboard in Jupyter, behind jupyter-server-proxy and under a prefix."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from astronomical import open_project
from tests.support.projects import make_project, start_small
from tests.support.servers import free_port
from tests.support.workbench import LONG

playwright = pytest.importorskip("playwright.sync_api")
pytest.importorskip("jupyter_server_proxy")
expect = playwright.expect

_TOKEN = "a token of Jupyter"
_BASE = "/user/ana/"


class Jupyter:
    """A Jupyter server under a prefix, as JupyterHub starts it."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{_BASE}"
        self._printed = (home / "jupyter.txt").open("w")
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", f"--ServerApp.port={self.port}"]
        command += [f"--ServerApp.base_url={_BASE}", f"--IdentityProvider.token={_TOKEN}", "--ServerApp.ip=127.0.0.1"]
        command += [f"--ServerApp.root_dir={home}", "--allow-root"]
        folders = {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        self.process = subprocess.Popen(
            command, cwd=home, stdout=self._printed, stderr=self._printed, env={**os.environ, **folders}
        )
        for _ in range(1200):  # a guard only
            try:
                self.status("api")
                return
            except OSError:
                assert self.process.poll() is None, (home / "jupyter.txt").read_text()
                time.sleep(0.1)

    def status(self, path: str, **headers: str) -> int:
        """Return the status of a request under the prefix."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            connection.request("GET", _BASE + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            with connection.getresponse() as reply:
                reply.read()
                return reply.status

    def first_message(self, **headers: str) -> str | bytes | None:
        """Open the WebSocket of the dashboard as its page does, and return what is sent; None if it is closed."""
        login = {"Authorization": f"token {_TOKEN}"}
        page = urllib.request.Request(f"{self.url}astronomical/astronomical", headers=login)
        with urllib.request.urlopen(page, timeout=120) as reply:
            token = re.search(r'"token":"([^"]+)"', reply.read().decode())
        assert token is not None

        async def connect() -> str | bytes | None:
            address = f"ws://127.0.0.1:{self.port}{_BASE}astronomical/astronomical/ws"
            request = HTTPRequest(address, headers={**login, **headers})
            with closing(await websocket_connect(request, subprotocols=["bokeh", token[1]])) as connection:
                message: str | bytes | None = await connection.read_message()
                return message

        with ThreadPoolExecutor(1) as thread:  # Playwright has an event loop in this one
            return thread.submit(asyncio.run, connect()).result()

    def close(self) -> None:
        """Stop Jupyter, which stops the dashboard."""
        self.process.terminate()
        self.process.wait(60)
        self._printed.close()


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[Jupyter]:
    """Return a Jupyter server."""
    server = Jupyter(tmp_path)
    yield server
    server.close()


@pytest.mark.slow
def test_the_dashboard_works_in_jupyter_under_a_prefix(jupyter: Jupyter, new_page: Callable[..., Any]) -> None:
    page = new_page()
    page.goto(f"{jupyter.url}astronomical/astronomical?token={_TOKEN}")
    page.get_by_role("button", name="Try the example").click(timeout=LONG)
    expect(page.locator('[data-id="plot-1"] canvas').first).to_be_visible(timeout=LONG)  # by the WebSocket
    expect(page.locator("img[src^='data:image']").first).to_be_visible(timeout=LONG)
    plot = page.locator('[data-id="plot-1"]')
    plot.get_by_role("button", name="Columns and settings of this plot").click()
    with page.expect_download(timeout=LONG) as saved:
        plot.get_by_role("button", name="PNG").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")
    assert "/user/ana/astronomical/astronomical" in page.url

    login = {"Authorization": f"token {_TOKEN}"}
    assert jupyter.status("astronomical/astronomical") in (302, 403)  # not logged in to Jupyter
    assert jupyter.status("astronomical/astronomical", **login) == 200
    assert jupyter.status("astronomical/astronomical", Origin="http://evil.example", **login) == 403
    assert jupyter.first_message(Origin=f"http://127.0.0.1:{jupyter.port}") is not None
    # Jupyter accepts a request with its token from any page. Our server refuses it.
    assert jupyter.first_message(Origin="http://evil.example") is None
    assert jupyter.first_message() is None  # only a program sends none
    page.close()  # before its server: a page without one complains


@pytest.mark.slow
def test_the_frame_of_a_notebook_comes_through_jupyter(
    jupyter: Jupyter, new_page: Callable[..., Any], tmp_path: Path
) -> None:
    from tests.support.kernel import Kernel

    path, _ = make_project(tmp_path, n=120)
    with open_project(path, who="ana", look_ahead=False) as session:
        start_small(session)
    kernel = Kernel(tmp_path)
    try:
        kernel.run(f"import astronomical\nsession = astronomical.open_project({str(path)!r}, look_ahead=False)")
        url = kernel.text(f"print(session.view(base_url={_BASE!r}).url)")
        page = new_page()
        page.goto(f"http://127.0.0.1:{jupyter.port}{url}?token={_TOKEN}")
        expect(page.locator('[data-id="plot-1"] canvas').first).to_be_visible(timeout=LONG)  # by the WebSocket
        assert page.locator(".id").first.inner_text() == kernel.text("print(session.query('Star'))")
        assert jupyter.status(url.removeprefix(_BASE)) in (302, 403)  # not logged in to Jupyter
        login = {"Authorization": f"token {_TOKEN}"}
        assert jupyter.status(url.removeprefix(_BASE), Origin="http://evil.example", **login) == 403
        page.close()  # before its server: a page without one complains
    finally:
        kernel.close()
