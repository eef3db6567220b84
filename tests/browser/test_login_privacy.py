"""Logging in leaves the token neither in the address bar nor in the history that the browser shows."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, expect

from tests.support.servers import CHECKOUT, GuardedServer, small_app

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that asks everybody, and has opened a browser."""
    folder = tmp_path_factory.mktemp("login")
    stub = CHECKOUT / "tests" / "stubs" / "no_accounts_server.py"
    running = GuardedServer(
        small_app(folder / "small"),
        folder / "printed.txt",
        "--show",
        command=(str(stub),),
        ASTRONOMICAL_TEST_OPENED=str(folder / "opened.txt"),
    )
    yield running
    running.stop()


@pytest.fixture
def profile(context, tmp_path: Path) -> Path:
    """Folder in which a browser keeps its history."""
    return tmp_path / "profile"


def opened(server: GuardedServer) -> str:
    return server.printed.with_name("opened.txt").read_text()


def last_address(browser_type: BrowserType, profile: Path, address: str) -> str:
    """Open an address in a browser that keeps a history, and return the address that it shows in the end."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    context = browser_type.launch_persistent_context(str(profile), executable_path=path, args=["--no-sandbox"])
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_text("text", exact=True)).to_be_visible(timeout=60_000)
    last = page.url
    context.close()
    return last


def shown_history(profile: Path) -> list[str]:
    """Return the addresses that the browser shows in its history; it hides those that led on at once."""
    with closing(sqlite3.connect(profile / "Default" / "History")) as history:
        return [url for (url,) in history.execute("select url from urls where hidden = 0")]


def test_the_page_that_opens_the_browser_leaves_no_code(server, context, profile):
    address = opened(server)
    code = re.search(r'name="code" value="([^"]+)"', Path(address.removeprefix("file://")).read_text())
    assert code is not None
    last = last_address(context.browser.browser_type, profile, address)
    assert last == f"http://localhost:{server.port}{server.path}"
    files = [file.read_bytes().decode("latin-1") for file in profile.rglob("*") if file.is_file()]
    assert not any(code.group(1) in text or server.token in text for text in files)


def test_the_printed_address_leaves_no_token(server, context, profile):
    address = f"http://localhost:{server.port}/login?token={server.token}&next={server.path}"
    last = last_address(context.browser.browser_type, profile, address)
    assert last == f"http://localhost:{server.port}{server.path}"
    assert last in shown_history(profile)
    assert not any(server.token in url for url in shown_history(profile))


def test_a_link_in_a_page_of_others_opens_ours_once_logged_in(server, new_page, complaints):
    page = new_page()
    link = f'<a href="http://localhost:{server.port}{server.path}">open</a>'
    page.goto(f"http://localhost:{server.port}/login?token={server.token}&next={server.path}")
    expect(page.get_by_text("text", exact=True)).to_be_visible(timeout=60_000)
    complaints.remove("console: Failed to load resource: the server responded with a status of 404 (Not Found)")
    page.goto(f"data:text/html,{link}")
    page.get_by_role("link", name="open").click()
    expect(page.get_by_text("text", exact=True)).to_be_visible(timeout=60_000)
    assert page.url == f"http://localhost:{server.port}{server.path}"
