"""*Send* beside the selected sources of a plot: another program receives them by SAMP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy import samp
from astropy.table import Table
from playwright.sync_api import Page, expect

from tests.support.projects import make_project
from tests.support.server import Server
from tests.support.waiting import wait_until
from tests.support.workbench import LONG, open_with_plots

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_SELECT_BY_BOX = """() => {
  const models = Bokeh.documents.flatMap((page) => [...page._all_models.values()])
  for (const tool of models.filter((model) => model.type === 'BoxSelectTool')) { tool.active = true }
}"""


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[samp.SAMPIntegratedClient]:
    """Another program at a hub, and what it has heard."""
    lock = tmp_path / "hub"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    monkeypatch.setattr(samp.conf, "use_internet", False)
    hub = samp.SAMPHubServer(web_profile=False, addr="127.0.0.1", lockfile=str(lock))
    hub.start()
    client = samp.SAMPIntegratedClient(name="Other", addr="127.0.0.1")
    client.connect()
    client.heard = []
    client.bind_receive_notification(
        "table.load.votable", lambda key, sender, mtype, params, extra: client.heard.append(params)
    )
    yield client
    client.disconnect()
    hub.stop()


def select_by_box(page: Page) -> None:
    """Select the sources in the middle of the first plot."""
    box = page.locator('[data-id="plot-1"] canvas').first.bounding_box()
    page.evaluate(_SELECT_BY_BOX)
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()


def test_the_selection_of_a_plot_is_received_by_another_program(
    new_page: Callable[..., Page], complaints: list[str], tmp_path: Path, other: Any
) -> None:
    path, _ = make_project(tmp_path)
    with Server() as server:
        page = new_page(1600, 1000)
        open_with_plots(page, server.url, path)
        send = page.locator('[data-id="plot-1"]').get_by_role("button", name="Send", exact=True)

        def selected() -> bool:
            select_by_box(page)
            page.wait_for_timeout(2000)
            return send.is_visible()

        wait_until(page, selected)
        send.click()
        wait_until(page, lambda: other.heard != [])
        expect(page.get_by_text("sent to Other.").first).to_be_visible(timeout=LONG)
        table = Table.read(other.heard[0]["url"].removeprefix("file://"), format="votable")
        expect(page.get_by_text(f"{len(table)} selected").first).to_be_visible(timeout=LONG)
        assert len(table) > 5
        assert {"astronomical_id", "ra", "dec"} <= set(table.colnames)
        page.close()
    complaints.clear()  # a page without its server does complain
