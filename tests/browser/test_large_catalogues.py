"""A catalogue that is larger than the memory, from the wizard to its page."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.dashboard.page.frame import make_page
from astronomical.dashboard.wizard.wizard import Wizard
from astronomical.session import Session
from astronomical.setup import table_preview
from tests.support.large import make_rows, write_parts
from tests.support.projects import start_small
from tests.support.waiting import wait_until
from tests.support.workbench import LONG, add_pane, open_with_plots

playwright = pytest.importorskip("playwright.sync_api")
expect, Page, Locator = playwright.expect, playwright.Page, playwright.Locator


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of 300 sources in three Parquet files that counts as large."""
    monkeypatch.setattr(table_preview, "LARGE_ROWS", 300)
    monkeypatch.setattr(table_preview, "N_LOOKED_AT", 90)
    return write_parts(make_rows(tmp_path), tmp_path / "survey", 3)


def test_a_working_set_is_chosen_in_the_wizard(
    page: Page, serve: Callable[..., str], app_url: str, large: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ASTRONOMICAL_FOLDERS", str(large.parent))
    created: list[Path] = []
    page.set_default_timeout(60_000)
    page.goto(serve(lambda: make_page("astronomical", main=[Wizard(created.append, lambda: None).view])))
    page.get_by_role("button", name="Browse…").click()
    page.get_by_role("button", name="survey/").click()
    page.get_by_role("button", name="Use this folder as one catalogue").click()
    expect(page.get_by_text("survey: 300 rows")).to_be_visible()
    field = page.get_by_label("Sources in memory")
    expect(page.get_by_text("They take up to")).to_be_visible()
    field.fill("50")
    field.press("Tab")
    expect(page.get_by_text("Keep at least 100 sources of survey in memory.").first).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    field.fill("120")
    field.press("Tab")
    expect(page.get_by_role("button", name="Next")).to_be_enabled()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Each source has a unique id")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="All numeric").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("120 of 300 sources")).to_be_visible()
    page.get_by_role("button", name="Create project").click()
    wait_until(page, lambda: bool(created))
    section = read_config(created[0]).catalogue
    assert section.working_set is not None
    assert (section.working_set.size, section.working_set.of) == (120, 300)
    open_with_plots(page, app_url, created[0])
    expect(page.get_by_text("120 of 300 sources")).to_be_visible()


def test_the_whole_catalogue_is_asked_and_predicted(page: Page, app_url: str, tmp_path: Path):
    survey = write_parts(make_rows(tmp_path), tmp_path / "survey", 3)
    path = tmp_path / "p.yaml"
    options = ["--id", "name", "--label", "label", "--features", "u,g,r,i", "--working-set", "120"]
    assert main(["new", str(survey), "-o", str(path), *options]) == 0
    with Session.open(path) as session:
        start_small(session, "0", n=6)
        session.save()
    open_with_plots(page, app_url, path)
    expect(page.get_by_text("120 of 300 sources").first).to_be_visible(timeout=LONG)
    judge_all(page)
    page.get_by_label("Sources", exact=True).fill("10")
    page.get_by_label("Sources", exact=True).press("Tab")
    page.get_by_role("button", name="Ask the whole catalogue").click()
    expect(page.get_by_text("130 of 300 sources").first).to_be_visible(timeout=LONG)
    judge_all(page)
    expect(page.get_by_text("In memory: 130 of 300 sources, of which 10 were added.")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Predict all sources").click()
    expect(page.get_by_text("Predictions for 300 sources written").first).to_be_visible(timeout=LONG)
    assert pq.read_table(tmp_path / "p-whole").num_rows == 300


def test_all_sources_are_counted_in_a_plot(page: Page, app_url: str, tmp_path: Path):
    survey = write_parts(make_rows(tmp_path), tmp_path / "survey", 3)
    path = tmp_path / "p.yaml"
    options = ["--id", "name", "--label", "label", "--features", "u,g,r,i", "--working-set", "120"]
    assert main(["new", str(survey), "-o", str(path), *options]) == 0
    open_with_plots(page, app_url, path)
    add_pane(page, "All sources")
    pane = page.locator('[data-id="all_sources-1"]')
    pane.scroll_into_view_if_needed()
    counted = pane.get_by_text(" of 300 sources are in this region; 120 are in memory.")
    expect(counted).to_be_visible(timeout=LONG)
    assert all_counts(pane) > 120, "not only those in memory"
    whole = counted.inner_text()
    zoom_in(page, pane)
    pane.get_by_role("button", name="Count this region").click()
    expect(pane.get_by_text(whole)).to_have_count(0, timeout=LONG)
    expect(counted).to_be_visible(timeout=LONG)
    expect(pane.get_by_text("All sources: g against u")).to_be_visible()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    kept = next(item for item in read_config(path).layout.panes if item.kind == "all_sources").settings
    low, high = kept["x_range"]
    assert low < high
    pane.get_by_role("button", name="Whole range").click()
    expect(pane.get_by_text(whole)).to_be_visible(timeout=LONG)
    if folder := os.environ.get("ASTRONOMICAL_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/all-sources.png")


def zoom_in(page: Page, pane: Locator) -> None:
    """Turn the wheel over a plot with the Control key, without which it scrolls the page."""
    box = pane.locator("canvas").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(300)
    page.keyboard.down("Control")
    for _ in range(4):
        page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_timeout(1500)  # the plot sends its new ranges when the wheel is at rest


def all_counts(pane: Locator) -> int:
    """Return the sum of the counts of the legend."""
    return sum(int(text.replace(",", "")) for text in pane.locator(".strip .count").all_inner_texts())


def judge_all(page: Page) -> None:
    page.get_by_role("button", name="Judge", exact=True).click()
    page.get_by_role("tab", name="Whole catalogue").click()
