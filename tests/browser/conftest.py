"""Chromium against our own server; every test fails on console errors and on requests that leave this computer."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import panel as pn
import pytest

try:
    from playwright.sync_api import BrowserContext, Error, Page, expect, sync_playwright
except ImportError:
    sync_playwright = None
else:
    expect.set_options(timeout=60_000)  # a guard: a busy computer is no failure

#: Time after which a server forgets a page that has not connected yet, in ms. A page of a busy computer that connects
#: later gets a session without the addresses of our style sheets, and asks other computers for them.
PATIENCE_MS = 60_000
OWN_HOSTS = {"127.0.0.1", "localhost"}
CHECKOUT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _without_browser(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class _Chromium(NamedTuple):
    context: BrowserContext
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def chromium() -> Iterator[_Chromium]:
    """Chromium, once for each process: the one installed, or Playwright's own.

    All tests use the same context, which keeps our scripts compiled: that saves two seconds for each page.
    """
    if sync_playwright is None:
        _without_browser("playwright is not installed")
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or playwright.chromium.executable_path
        if not Path(path).exists():
            _without_browser("there is no Chromium: install one, or run 'playwright install chromium'")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        loop = asyncio.get_running_loop()
        context = browser.new_context()
        asyncio._set_running_loop(None)
        yield _Chromium(context, loop)
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def context(chromium: _Chromium) -> Iterator[BrowserContext]:
    """Context of the pages of a test; it starts without pages and cookies.

    Playwright's event loop is the running one of the thread during the test only: other tests have loops of their own.
    """
    asyncio._set_running_loop(chromium.loop)
    yield chromium.context
    chromium.context.clear_cookies()
    asyncio._set_running_loop(None)


@pytest.fixture
def complaints() -> list[str]:
    """What went wrong in the browser; a test may take out what it provoked itself."""
    return []


@pytest.fixture
def new_page(context: BrowserContext, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open pages that are watched for errors and for requests to other computers."""

    def open_page(width: int = 1600, height: int = 1000) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(120_000)
        page.on("console", lambda m: complaints.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(f"exception: {error}\n{(error.stack or '')[:1000]}"))
        page.on("request", lambda request: complaints.extend(_outside(request.url)))
        page.on("websocket", lambda socket: complaints.extend(_outside(socket.url)))
        return page

    yield open_page
    for page in context.pages:
        with suppress(Error):  # a page of a server that has gone
            page.evaluate("localStorage.clear()")
        page.close()
    assert complaints == []


def _outside(url: str) -> list[str]:
    parts = urlsplit(url)
    own = parts.scheme in {"data", "blob", "about"} or parts.hostname in OWN_HOSTS
    return [] if own else [f"request to another computer: {url}"]


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of 1600x1000."""
    return new_page()


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def home(
    shared_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    new_home: Callable[[Path], None],
) -> Path:
    """User folder of the test and of the server of `app_url`, empty except for the log."""
    before = tmp_path_factory.mktemp("home-before")
    for entry in shared_home.iterdir():
        if entry.name != "logs":
            entry.rename(before / entry.name)  # the server may still write to it
    new_home(shared_home)
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(shared_home))
    monkeypatch.setenv("ASTRONOMICAL_OFFLINE", "1")
    return shared_home


@pytest.fixture(scope="session")
def app_url(shared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a dashboard that serves all tests of this process that need no options of the server."""
    port = _free_port()
    said = tmp_path_factory.mktemp("server") / "stderr"
    with said.open("wb") as stderr:
        process = _panel_serve(
            CHECKOUT / "astronomical",
            port,
            stderr=stderr,
            ASTRONOMICAL_HOME=str(shared_home),
            ASTRONOMICAL_OFFLINE="1",
        )
    url = f"http://127.0.0.1:{port}/astronomical"
    _shared_server.append(_SharedServer(process, said))
    try:
        _wait_for(url)
        yield url
    finally:
        _shared_server.clear()
        process.terminate()
        process.wait()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add to the report of a failed test what each thread of the server was doing."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and "app_url" in getattr(item, "fixturenames", ()) and _shared_server:
        report.sections.append(("Threads of the server", _shared_server[0].stacks()))


class _SharedServer(NamedTuple):
    process: subprocess.Popen[bytes]
    said: Path

    def stacks(self) -> str:
        """Return the end of what the server wrote, once it has written the stack of each thread."""
        before = self.said.stat().st_size
        self.process.send_signal(_DUMP)
        for _ in range(50):
            time.sleep(0.1)
            if self.said.stat().st_size > before:
                break
        return self.said.read_bytes()[-20_000:].decode(errors="replace")


#: The server of `app_url`, if there is one.
_shared_server: list[_SharedServer] = []
#: Signal at which a server writes the stack of each thread, and the program that does so besides ``panel``.
_DUMP = signal.SIGUSR1
_PANEL = "import faulthandler, signal; faulthandler.register(signal.SIGUSR1); from panel.command import main; main()"


def _panel_serve(
    app: str | Path, port: int, *args: str, stderr: Any = subprocess.DEVNULL, **environment: str
) -> subprocess.Popen[bytes]:
    patience = ("--unused-session-lifetime", str(PATIENCE_MS))
    command = [sys.executable, "-c", _PANEL, "serve", str(app), "--port", str(port), *patience, *args]
    return subprocess.Popen(command, cwd=CHECKOUT, stderr=stderr, env={**os.environ, **environment})


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serve a callable in this process, or an app folder by ``panel serve`` in its own; returns the URL."""
    stop: list[Callable[[], Any]] = []

    def start(app: Callable[[], Any] | str | Path, *args: str) -> str:
        port = _free_port()
        if callable(app):
            server = pn.serve(
                {"app": app},
                port=port,
                address="127.0.0.1",
                show=False,
                threaded=True,
                websocket_origin=f"127.0.0.1:{port}",
                unused_session_lifetime_milliseconds=PATIENCE_MS,
                verbose=False,
            )
            stop.append(server.stop)
            url = f"http://127.0.0.1:{port}/app"
        else:
            process = _panel_serve(app, port, *args)
            stop.extend((process.wait, process.terminate))
            url = f"http://127.0.0.1:{port}/{Path(app).name}"
        _wait_for(url)
        return url

    yield start
    for end in reversed(stop):
        end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, seconds: float = 240) -> None:
    """Wait until the server accepts connections; a favicon does not create a session."""
    icon = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/favicon.ico"
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(icon, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
