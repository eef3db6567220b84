"""Whatever moment the server dies at, what the screen said is assigned is in the project when it is opened again.

``ASTRONOMICAL_SERVER_KILLS`` sets how often it dies: some times in every run of the slow tests, some hundreds by hand.
``ASTRONOMICAL_SERVER_KILLS_SEED`` continues a campaign with other labels and moments.
"""

from __future__ import annotations

import logging
import os
import random
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Error, Page, expect

from astronomical.config.io import read_config, write_config
from astronomical.learning.kernels import KERNELS
from astronomical.session import Session
from astronomical.session.project.project_store import load_project
from tests.support.forked_server import ForkedServer, forking
from tests.support.label_page import MAIN
from tests.support.projects import CLASSES, make_project, start_small
from tests.support.server import Server
from tests.support.servers import small_app
from tests.support.workbench import LONG, begin, button, open_config, wait_for_question

KILLS = int(os.environ.get("ASTRONOMICAL_SERVER_KILLS", "6"))
#: Most of them while a page with the label panel alone is used: that of the whole dashboard takes five times as long.
FULL_KILLS = max(2, KILLS // 20)
SEED = int(os.environ.get("ASTRONOMICAL_SERVER_KILLS_SEED", "5"))
#: Key of each class.
KEYS = dict(zip("123", CLASSES.values(), strict=True))
#: When the server dies, each with how often and with the longest wait in s: while the page opens the project, while
#: labels are given, and after *Save* was pressed.
MOMENTS = {"opening": (1, 1.5), "labelling": (4, 2.0), "saving": (3, 0.2)}
#: The learner's labels as the panel says them.
COUNT = re.compile(r"^Star: (\d+) labels")
log = logging.getLogger(__name__)


class Shown(NamedTuple):
    """What the page shows: the selected source, and the number of labels of the learner."""

    id: str
    n: int


class Given(NamedTuple):
    """A label: the source and its class."""

    id: str
    label: str | None


class Labeller:
    """Labels by keys, and keeps what the screen says is assigned."""

    def __init__(self, page: Page, server: ForkedServer, keys: random.Random) -> None:
        self._page, self._server, self._keys = page, server, keys
        self.assigned: list[Given] = []

    def look(self) -> Shown:
        """Read the page, also one whose server is dead."""
        text = self._page.get_by_text(COUNT).first.inner_text()
        found = COUNT.match(text)
        assert found is not None
        return Shown(self._page.locator(".id").first.inner_text(), int(found.group(1)))

    def label(self) -> None:
        """Press a key, and wait until the screen has counted the label and moved on, or until the server is dead."""
        if not self._wait(lambda: self._page.locator("html[data-labels=ready]").count() == 1):
            return
        before, key = self.look(), self._keys.choice("123")
        self._page.keyboard.press(key)
        self._wait(lambda: self.look().n > before.n and self.look().id != before.id)
        if not self._server.is_alive():
            self._page.wait_for_timeout(100)  # what it has sent before reaches the screen
        if self.look().n > before.n:
            assert self.look().n == before.n + 1
            self.assigned.append(Given(before.id, KEYS[key]))

    def _wait(self, condition) -> bool:
        """Wait for the page; returns whether the server was alive for that long."""
        end = time.monotonic() + LONG / 1000
        while self._server.is_alive():
            if condition():
                return True
            assert time.monotonic() < end
            self._page.wait_for_timeout(10)
        return False


@contextmanager
def death(server: ForkedServer, seconds: float):
    """Kill the server after a time, while the block goes on."""
    clock = threading.Timer(seconds, server.signal)
    clock.start()
    try:
        yield
    finally:
        clock.join()
        server.kill()


def open_page(page: Page, server: ForkedServer, n_labels: int) -> None:
    """Open the project, which needs no answer of a person and shows all labels."""
    page.goto(server.url)
    wait_for_question(page)
    expect(page.locator(".id").first).not_to_be_empty()
    expect(page.get_by_text(re.compile(f"^Star: {n_labels} labels")).first).to_be_visible(timeout=LONG)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text(re.compile("^(Read-only|Changed by another program)"))).to_have_count(0)


def small_project(folder: Path) -> Path:
    """Make a project with a learner of few trees and without plots, and enough sources for all labels."""
    path, _ = make_project(folder, n=300 + 40 * KILLS)
    with Session.open(path) as session:
        start_small(session)
    config = read_config(path)
    panes = tuple(pane for pane in config.layout.panes if pane.kind in {"learning", "source"})
    write_config(config.model_copy(update={"layout": config.layout.model_copy(update={"panes": panes})}), path)
    return path


def kept(path: Path) -> list[Given]:
    """Return the labels of queries in the files of a project, whose chain is checked."""
    return [
        Given(event.id, event.label) for event in load_project(path).with_ledger().events if event.origin == "query"
    ]


@pytest.fixture(params=[pytest.param(False, id="dashboard"), pytest.param(True, id="label panel")])
def server(tmp_path: Path, home: Path, request: pytest.FixtureRequest) -> ForkedServer:
    try:
        context = forking()
    except NotImplementedError:
        pytest.skip("processes cannot be forked here")
    KERNELS.fill_cache()  # otherwise each server would start a process that compiles them, and outlives it
    path = small_project(tmp_path)
    app = small_app(tmp_path / "labels", MAIN.format(path=str(path))) if request.param else None
    return ForkedServer(context, path, home, app)


@pytest.mark.slow
@pytest.mark.timeout(300 + 60 * KILLS)
def test_what_the_screen_said_is_assigned_survives_the_server(new_page, complaints, server):
    keys, path, assigned, n_said = random.Random(SEED), server.path, [], 0
    n_first = len(load_project(path).events)
    n_kills, moments = KILLS if server.is_small else FULL_KILLS, Counter()
    for kill in range(n_kills):
        [moment] = keys.choices(list(MOMENTS), [often for often, _ in MOMENTS.values()])
        seconds = keys.uniform(0, MOMENTS[moment][1])
        server.start()
        page = new_page(1280, 800)
        labeller = Labeller(page, server, keys)
        if moment == "opening":
            with death(server, seconds), suppress(Error, AssertionError):
                page.goto(server.url, timeout=5000)
        else:
            open_page(page, server, n_first + len(assigned))
            for _ in range(keys.randint(1, 3)):
                labeller.label()
            if moment == "saving":
                button(page, "Save").click()
            with death(server, seconds):
                while server.is_alive():
                    labeller.label()
        page.close()
        complaints.clear()  # a page without its server does complain
        assigned += labeller.assigned
        n_said += len(labeller.assigned)
        found = kept(path)
        where = f"kill {kill} of seed {SEED}, {seconds:.3f} s into {moment}"
        assert found[: len(assigned)] == assigned, where
        assert len(found) <= len(assigned) + 1, f"{where}: more than one label was never shown as assigned"
        assigned = found
        moments[moment] += 1
        log.info("%s: %d labels said, %d kept", where, n_said, len(found))
    assert n_said > n_kills // 2, "hardly anything was labelled: the test proves nothing"
    server.start()
    page = new_page(1280, 800)
    open_page(page, server, n_first + len(assigned))
    server.kill()
    page.close()
    complaints.clear()
    log.info("%d kills %s: %d labels said, none lost", n_kills, dict(moments), n_said)


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
