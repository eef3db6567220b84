"""A table from an archive becomes a project, in the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.stubs.tap_server import TapServer
from tests.support.workbench import APP, LONG, button, choose

pytest.importorskip("pyvo")
pytestmark = [pytest.mark.timeout(600)]


def test_a_table_is_searched_for_counted_fetched_and_read(
    serve: Callable[..., str], page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASTRONOMICAL_OFFLINE")
    monkeypatch.setenv("ASTRONOMICAL_ALLOW_PRIVATE_HOSTS", "1")
    with TapServer() as server:
        page.goto(serve(APP))
        button(page, "From an archive…").click()
        choose(page, "Archive", "Another TAP service")
        page.get_by_label("Address of the service").fill(server.url)
        page.get_by_label("Search for a table").fill("gaia")
        page.get_by_label("Search for a table").press("Enter")
        expect(page.get_by_text("2 tables found. Choose one.")).to_be_visible(timeout=LONG)
        choose(page, "Table", "gaia_source")
        expect(page.get_by_label("Query (ADQL)")).to_have_value(
            "SELECT TOP 10000 * FROM gaiadr3.gaia_source", timeout=LONG
        )
        query, ra = page.get_by_label("Query (ADQL)"), page.get_by_label("Right ascension (°)")
        query.fill("SELECT ra FROM gaiadr3.gaia_source")
        query.press("Tab")
        ra.fill("10")
        ra.press("Tab")
        expect(page.get_by_text("The query was edited, so the form does not change it.")).to_be_visible(timeout=LONG)
        expect(query).to_have_value("SELECT ra FROM gaiadr3.gaia_source")
        ra.fill("")
        ra.press("Tab")
        button(page, "Count the rows").click()
        expect(page.get_by_text("50 rows.")).to_be_visible(timeout=LONG)
        server.mode = "error"
        target = page.get_by_label("File to write (.parquet)")
        target.fill(str(tmp_path / "gaia.parquet"))
        target.press("Tab")
        button(page, "Fetch").click()
        expect(page.get_by_text("There is no column magg")).to_be_visible(timeout=LONG)
        server.mode = "ok"
        button(page, "Fetch").click()
        expect(page.get_by_text("gaia.parquet: 50 rows, 5 columns")).to_be_visible(timeout=LONG)
        assert (tmp_path / "gaia.parquet").is_file()
