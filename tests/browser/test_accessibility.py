"""Pages and dialogs checked with axe-core: nothing serious for users of screen readers, keyboards and low vision."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from astropy.table import Table
from playwright.sync_api import Locator, Page, expect

from astronomical.session.project.project_store import load_project
from tests.support.accessibility import findings
from tests.support.campaigns import cases
from tests.support.projects import CLASSES, make_project, write_catalogue
from tests.support.workbench import LONG, begin, button, open_with_plots, press_and_wait, wait_until_seen

THEMES = [pytest.param("light", marks=pytest.mark.slow), pytest.param("dark", marks=pytest.mark.slow)]
#: In the dark theme, contrast may be measured while the page still changes its colours: it is checked in campaigns.
MOST = THEMES[: cases(1, 2)]
pytestmark = pytest.mark.timeout(900)
#: The tabs of the learner, by group. Those that are left out show what another one shows.
_TABS = {
    "Learn": ("Scores", "Confidence", "Training", "Validation"),
    "Judge": ("Threshold", "Calibration", "Matrices", "Audit", "Finds", "Worth it", "Models", "Test", "Report"),
    "Review": ("Suspects", "Saved models"),
}


def use_theme(page: Page, theme: str) -> None:
    """Switch the page to a theme."""
    if theme == "dark" and page.locator(".mui-dark").count() == 0:
        page.get_by_label("Toggle theme").click()
        expect(page.locator(".mui-dark").first).to_be_attached(timeout=LONG)


def leave(page: Page, dialog: Locator) -> None:
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0, timeout=LONG)


@pytest.mark.campaign
@pytest.mark.parametrize("theme", ["light", *THEMES[1 : cases(1, 2)]])
def test_the_workbench(app_url: str, page: Page, tmp_path: Path, theme: str):
    open_with_plots(page, app_url, make_project(tmp_path, n=120)[0])
    use_theme(page, theme)
    found = findings(page, "before the first label")
    begin(page)
    press_and_wait(page, "1")
    found += findings(page, "workbench")
    assert found == []


@pytest.mark.campaign
@pytest.mark.parametrize("theme", MOST)
def test_each_tab_of_the_learner(app_url: str, page: Page, tmp_path: Path, theme: str):
    open_with_plots(page, app_url, make_project(tmp_path, n=120)[0])
    use_theme(page, theme)
    begin(page)
    found: list[str] = []
    for group, tabs in _TABS.items():
        page.get_by_role("button", name=group, exact=True).click()
        for name in tabs:
            page.get_by_role("tab", name=name, exact=True).click()
            expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
            found += findings(page, name, page.locator('[data-id="learning"]'))
    assert found == []


@pytest.mark.campaign
@pytest.mark.parametrize("theme", MOST)
def test_the_dialogs(app_url: str, page: Page, tmp_path: Path, theme: str):
    path, _ = make_project(tmp_path, n=120)
    open_with_plots(page, app_url, path)
    use_theme(page, theme)
    begin(page)
    dialog = page.get_by_role("dialog")
    found: list[str] = []
    for opener in ("Save a copy…", "Export…", "Add pane…", "Keys"):
        button(page, opener).click()
        expect(dialog.get_by_role("button").first).to_be_visible(timeout=LONG)
        found += findings(page, opener, dialog)
        leave(page, dialog)  # the tooltip of the button that has the focus again covers no other button
    button(page, "Add pane…").click()
    button(page, "Reset layout…").click()
    expect(button(page, "Cancel").last).to_be_visible(timeout=LONG)
    found += findings(page, "Reset layout…", dialog.last)
    leave(page, dialog)
    n_events = len(load_project(path).events)
    wait_until_seen(page)
    button(page, "Settings…").click()
    tabs = dialog.get_by_role("tab")
    expect(tabs.first).to_be_visible(timeout=LONG)
    for tab in tabs.all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        page.keyboard.press("1")
        found += findings(page, f"Settings, {tab.inner_text()}", dialog)
    assert found == []
    assert len(load_project(path).events) == n_events, "a key labelled a source behind the settings"


@pytest.mark.campaign
@pytest.mark.parametrize("theme", MOST)
def test_panes_that_are_not_in_the_first_layout(app_url: str, page: Page, tmp_path: Path, theme: str):
    open_with_plots(page, app_url, make_project(tmp_path, n=120)[0])
    use_theme(page, theme)
    begin(page)
    press_and_wait(page, "1")
    found: list[str] = []
    for title in ("History", "Notes", "Selection", "All classes"):
        button(page, "Add pane…").click()
        page.get_by_role("dialog").get_by_text(title, exact=True).click()
        pane = page.locator(".grid-stack-item").filter(has=page.get_by_role("heading", name=title, exact=True)).last
        expect(pane).to_be_visible(timeout=LONG)
        page.wait_for_timeout(1000)  # for what the pane shows
        found += findings(page, title, pane)
    assert found == []


@pytest.mark.campaign
@pytest.mark.parametrize("theme", MOST)
def test_the_start_page_and_each_step_of_the_wizard(
    app_url: str, new_page: Callable[..., Page], tmp_path: Path, theme: str
):
    catalogue = tmp_path / "c.csv"
    table = Table.read(write_catalogue(tmp_path / "c.fits", 120))
    table["label"] = [CLASSES.get(str(label), "unknown") for label in table["label"]]
    table.write(catalogue)
    page = new_page()
    page.goto(app_url)
    page.get_by_label("Project file", exact=True).wait_for(timeout=LONG)
    use_theme(page, theme)
    found = findings(page, "start page")
    page.get_by_label("Project file", exact=True).fill("nowhere.yaml")
    page.get_by_label("Project file", exact=True).press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible(timeout=LONG)
    found += findings(page, "start page with an error")
    button(page, "Choose a catalogue…").click()
    field = page.get_by_label("Catalogue file")
    field.fill(str(catalogue))
    found += findings(page, "data, empty")
    field.press("Enter")
    expect(button(page, "Next")).to_be_enabled(timeout=LONG)
    found += findings(page, "data")
    for step, text in (("columns", "Source id"), ("learning", "Features"), ("check", "Create project")):
        button(page, "Next").click()
        expect(page.get_by_text(text).first).to_be_visible(timeout=LONG)
        found += findings(page, step)
        expect(page.get_by_role("button", name=re.compile("^(Next|Create project)$"))).to_be_enabled(timeout=LONG)
    assert found == []
