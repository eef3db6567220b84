"""Whatever moment the server dies at, what the screen said is assigned is in the project when it is opened again.

``ASTRONOMICAL_SERVER_KILLS`` sets how often it dies: twice in every run of the tests, some dozens by hand.
``ASTRONOMICAL_SERVER_KILLS_SEED`` continues a campaign with other labels and moments.
"""

from __future__ import annotations

import os
import random
import re
import time

import pytest
from playwright.sync_api import Page, expect

from astronomical.session.project.project_store import load_project
from tests.support.projects import make_project
from tests.support.server import Server
from tests.support.workbench import LONG, begin, open_config, press_and_wait, wait_for_question, wait_until_seen

KILLS = int(os.environ.get("ASTRONOMICAL_SERVER_KILLS", "2"))
SEED = int(os.environ.get("ASTRONOMICAL_SERVER_KILLS_SEED", "5"))


def count(page: Page) -> int:
    """Return how many labels the screen says that the learner has."""
    found = re.search(r"Star: (\d+) labels", page.get_by_text(re.compile(r"^Star: \d+ labels")).first.inner_text())
    assert found is not None
    return int(found.group(1))


def label(page: Page, n_labels: int, keys: random.Random) -> list[str]:
    """Label by keys, and return the sources that the screen has counted and moved on from. One more key is pressed."""
    assigned = []
    for _ in range(n_labels):
        wait_until_seen(page)
        n = count(page)
        assigned.append(press_and_wait(page, keys.choice("123")))
        expect(page.get_by_text(re.compile(f"^Star: {n + 1} labels")).first).to_be_visible(timeout=LONG)
    wait_until_seen(page)
    page.keyboard.press(keys.choice("123"))
    return assigned


@pytest.mark.slow
@pytest.mark.timeout(300 + 120 * KILLS)
def test_what_the_screen_said_is_assigned_survives_the_server(new_page, complaints, tmp_path):
    path, _ = make_project(tmp_path, n=300 + 40 * KILLS)  # enough sources for all the labels
    keys, server, assigned = random.Random(SEED), Server(), []
    for kill in range(KILLS):
        server.start()
        try:
            page = new_page(1280, 800)
            open_config(page, server.url, path)
            begin(page)
            before = len(load_project(path).events)
            assigned += label(page, keys.randint(1, 4), keys)
            time.sleep(keys.uniform(0, 0.5))  # any moment of the way of the last label
        finally:
            server.kill()
        page.close()
        complaints.clear()  # a page without its server does complain
        events = load_project(path).events
        found = [event.id for event in events if event.origin == "query"]
        assert found[: len(assigned)] == assigned, f"kill {kill}"
        assert len(found) <= len(assigned) + 1, f"kill {kill}: more than one label was never shown as assigned"
        assigned = found
        assert len(events) >= before


@pytest.mark.slow
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
        again = page.get_by_role("button", name="Reload the page")
        expect(again).to_be_disabled()
        server.start()
        expect(again).to_be_enabled()
        again.click()
        expect(alert).to_have_count(0)
        wait_for_question(page)  # of the same project: the address says which
        assert shown == page.locator(".id").first.inner_text()
    finally:
        server.kill()
        page.close()
        complaints.clear()
