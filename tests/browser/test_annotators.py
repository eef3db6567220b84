"""Several annotators in the browser: labels of a table are imported, and disagreements are decided."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from astropy.table import Table
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from astronomical.config.schema import PaneConfig
from astronomical.session import Session
from astronomical.session.project.project_store import load_project
from tests.support.projects import label_until, make_project, start_small, without_models
from tests.support.workbench import LONG, button, open_config, wait_until_seen

pytestmark = pytest.mark.timeout(600)
N_BEN, N_DIFFERING = 8, 3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A project with labels of ana, and a table with labels of ben, three of which differ."""
    path, config = make_project(tmp_path, n=120)
    source = PaneConfig(id="source", kind="source", x=0, y=0, w=7, h=6)
    sheet = PaneConfig(id="sheet", kind="sheet", x=0, y=6, w=7, h=6)
    learning = PaneConfig(id="learning", kind="learning", x=7, y=0, w=5, h=12)
    layout = config.layout.model_copy(update={"panes": (source, sheet, learning)})
    without_models(config.model_copy(update={"layout": layout}), path)
    with Session.open(path, who="ana", look_ahead=False) as session:
        start_small(session)
        label_until(session, "Star", 5 + N_BEN)
        labels = list(session.ledger.human_labels.items())[:N_BEN]
    rows = [
        (id, "quasar" if k < N_DIFFERING else label, "2026-01-01T00:00:00+00:00")
        for k, (id, label) in enumerate(labels)
    ]
    Table(rows=rows, names=("id", "kind", "when")).write(tmp_path / "ben.csv")
    return path


def choose_in_drawer(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("menuitem", name=option, exact=True).click()
    expect(page.locator(".MuiMenu-list")).to_have_count(0, timeout=LONG)


def test_labels_are_imported_and_disagreements_decided(app_url: str, page: Page, path: Path) -> None:
    open_config(page, app_url, path)
    button(page, "Settings…").click()
    page.get_by_role("tab", name="Annotators").click()
    table = page.get_by_label("Table of labels")
    table.fill("ben.csv")
    table.press("Enter")
    expect(page.get_by_text("Which column of ben.csv has the label?")).to_be_visible(timeout=LONG)
    choose_in_drawer(page, "Labels", "kind")
    expect(page.get_by_text("Say which classes these labels mean, or ignore them: 'quasar'.")).to_be_visible(
        timeout=LONG
    )
    expect(button(page, "Import")).to_be_disabled()
    choose_in_drawer(page, f"quasar ({N_DIFFERING})", "QSO")
    annotator = page.get_by_label("Annotator", exact=True)
    annotator.fill("ben")
    annotator.press("Enter")
    expect(page.get_by_text(f"ben.csv: {N_BEN} rows, {N_BEN} labels to import.")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("By ben:")).to_be_visible(timeout=LONG)
    assert not [event for event in load_project(path).events if event.who == "ben"]
    button(page, "Import").click()
    expect(page.get_by_text(f"{N_BEN} labels imported.")).to_be_visible(timeout=LONG)
    assert len([event for event in load_project(path).events if event.who == "ben"]) == N_BEN
    page.get_by_role("dialog", name="Settings").get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("tab", name="Agreement", exact=True).click()
    same = f"the same label for {N_BEN - N_DIFFERING} of {N_BEN} sources, Cohen's kappa"
    expect(page.get_by_text(same)).to_be_visible(timeout=LONG)
    button(page, "Decide").click()
    sheet = page.locator('[data-id="sheet"]')
    expect(sheet.locator(".tile")).to_have_count(N_DIFFERING, timeout=LONG)
    first = sheet.locator(".tile").first
    id = first.get_attribute("data-id")
    expect(first).to_contain_text("/ QSO")
    first.click()
    expect(page.locator(".id").first).to_have_text(id or "", timeout=LONG)
    wait_until_seen(page)
    page.keyboard.press("3")
    expect(page.get_by_text(f"{N_DIFFERING} sources labelled differently, {N_DIFFERING - 1} of them")).to_be_visible(
        timeout=LONG
    )
    decided = [event for event in load_project(path).events if event.origin == "decided"]
    assert [(event.id, event.label) for event in decided] == [(id, "QSO")]


@pytest.mark.slow
def test_projects_are_merged_from_the_settings(app_url: str, page: Page, path: Path) -> None:
    other = path.with_name("eva.yaml")
    shutil.copy(path, other)
    with Session.open(other, who="eva", look_ahead=False) as session:
        label_until(session, "Star", 16)
    open_config(page, app_url, path)
    button(page, "Settings…").click()
    page.get_by_role("tab", name="Annotators").click()
    files = page.get_by_label("Other project files")
    files.fill("absent.yaml")
    files.press("Tab")
    button(page, "Compare").click()
    expect(page.get_by_text("There is no project file")).to_be_visible(timeout=LONG)
    files.fill("eva.yaml")
    files.press("Tab")
    button(page, "Compare").click()
    expect(page.get_by_text("by eva")).to_be_visible(timeout=LONG)
    button(page, "Merge").click()
    expect(page.get_by_text("Close this project and open the new one.")).to_be_visible(timeout=LONG)
    merged = read_config(path.with_name("project-merged.yaml"))
    assert {event.who for event in merged.events} == {"catalogue", "ana", "eva"}
