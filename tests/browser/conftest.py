"""Chromium against our own server; every test fails on console errors and on requests that leave this computer."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import panel as pn
import pytest

try:
    from playwright.sync_api import Browser, Page, sync_playwright
except ImportError:
    sync_playwright = None

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium: the one installed, or Playwright's own.

    It ends with the module: its event loop occupies the thread, and other tests have loops of their own.
    """
    if sync_playwright is None:
        _without_browser("playwright is not installed")
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or playwright.chromium.executable_path
        if not Path(path).exists():
            _without_browser("there is no Chromium: install one, or run 'playwright install chromium'")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    """What went wrong in the browser; a test may take out what it provoked itself."""
    return []


@pytest.fixture
def new_page(browser: Browser, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open pages that are watched for errors and for requests to other computers."""
    contexts = []

    def open_page(width: int = 1600, height: int = 1000, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda m: complaints.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
        page.on("request", lambda request: complaints.extend(_outside(request.url)))
        page.on("websocket", lambda socket: complaints.extend(_outside(socket.url)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _outside(url: str) -> list[str]:
    parts = urlsplit(url)
    own = parts.scheme in {"data", "blob", "about"} or parts.hostname in OWN_HOSTS
    return [] if own else [f"request to another computer: {url}"]


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of 1600x1000."""
    return new_page()


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serve a callable in this process, or an app folder by ``panel serve`` in its own; returns the URL."""
    stop: list[Callable[[], Any]] = []

    def start(app: Callable[[], Any] | str | Path, *args: str) -> str:
        port = _free_port()
        if callable(app):
            server = pn.serve({"app": app}, port=port, address="127.0.0.1", show=False, threaded=True,
                              websocket_origin=f"127.0.0.1:{port}", verbose=False)
            stop.append(server.stop)
            url = f"http://127.0.0.1:{port}/app"
        else:
            command = [sys.executable, "-m", "panel", "serve", str(app), "--port", str(port), *args]
            process = subprocess.Popen(command, cwd=CHECKOUT, stderr=subprocess.DEVNULL)
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


def _wait_for(url: str, seconds: float = 60) -> None:
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
