"""Whatever moment the server dies at, what the screen said is assigned is in the project when it is opened again.

``ASTRONOMICAL_SERVER_KILLS`` sets how often it dies: twice in every run of the tests, some dozens by hand.
"""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.session.store import load_project
from tests.browser.test_journey import LONG, open_config, wait_for_question
from tests.support.projects import make_project

CHECKOUT = Path(__file__).parents[2]
KILLS = int(os.environ.get("ASTRONOMICAL_SERVER_KILLS", "2"))


class Server:
    """A server that can be killed, and started again on its port.

    Parameters
    ----------
    *under
        A command that runs it, as one that takes privileges away.
    """

    def __init__(self, *under: str) -> None:
        self._under = under
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/astronomical"

    def start(self) -> None:
        command = [*self._under, sys.executable, "-m", "panel", "serve", "astronomical", "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=CHECKOUT, stderr=subprocess.DEVNULL)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail("the server did not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)


def begin(page: Page) -> None:
    """Go on where the project stands; the learner is begun the first time."""
    start = page.get_by_role("button", name="Start the Star learner")
    expect(start.or_(page.get_by_text("Queried: what is this source?")).first).to_be_visible(timeout=LONG)
    if start.is_visible():
        start.click()
    wait_for_question(page)


def count(page: Page) -> int:
    """Return how many labels the screen says that the learner has."""
    found = re.search(r"Star: (\d+) labels", page.get_by_text(re.compile(r"^Star: \d+ labels")).first.inner_text())
    assert found is not None
    return int(found.group(1))


def label(page: Page, seconds: float, keys: random.Random) -> list[str]:
    """Label by keys for some seconds, and return the sources that the screen had counted and moved on from by then."""
    assigned, end = [], time.monotonic() + seconds
    shown, n = page.locator(".id").first.inner_text(), count(page)
    while time.monotonic() < end:
        page.keyboard.press(keys.choice("123"))
        while time.monotonic() < end:
            now = page.locator(".id").first.inner_text()
            if now != shown and count(page) > n:
                assigned.append(shown)
                shown, n = now, n + 1
                break
    return assigned


@pytest.mark.timeout(120 + 60 * KILLS)
def test_what_the_screen_said_is_assigned_survives_the_server(new_page, complaints, tmp_path):
    path, _ = make_project(tmp_path, n=1000)
    keys, server, assigned = random.Random(5), Server(), []
    for kill in range(KILLS):
        server.start()
        try:
            page = new_page(1280, 800)
            open_config(page, server.url, path)
            begin(page)
            before = len(load_project(path).events)
            assigned += label(page, keys.uniform(0.5, 4), keys)
        finally:
            server.kill()
        page.context.close()
        complaints.clear()  # a page without its server does complain
        events = load_project(path).events
        found = [event.id for event in events if event.origin == "query"]
        assert found[:len(assigned)] == assigned, f"kill {kill}"
        assert len(found) <= len(assigned) + 1, f"kill {kill}: more than one label was never shown as assigned"
        assigned = found
        assert len(events) >= before
    assert len(assigned) > KILLS, "hardly anything was labelled: the test proves nothing"


def test_a_page_that_lost_its_server_says_so_and_waits_for_it(new_page, complaints, tmp_path):
    path, _ = make_project(tmp_path)
    server = Server()
    server.start()
    page = new_page(1280, 800)
    try:
        open_config(page, server.url, path)
        begin(page)
        shown = page.locator(".id").first.inner_text()
        server.kill()
        alert = page.get_by_role("alert").filter(has_text="The connection to the server is lost")
        expect(alert).to_be_visible()
        again = page.get_by_role("button", name="Load the page again")
        expect(again).to_be_disabled()
        server.start()
        expect(again).to_be_enabled()
        again.click()
        expect(alert).to_have_count(0)
        wait_for_question(page)  # of the same project: the address says which
        assert shown == page.locator(".id").first.inner_text()
    finally:
        server.kill()
        page.context.close()
        complaints.clear()
