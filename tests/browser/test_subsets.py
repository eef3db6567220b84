"""Subsets in the browser: a condition and a lasso are saved, shown in a plot, and exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from mocpy import MOC
from playwright.sync_api import Page, expect

from astronomical.catalogue.moc import read_moc
from astronomical.config.io import read_config
from astronomical.session import Session
from tests.support.projects import make_project
from tests.support.workbench import LONG, begin, button, choose, open_with_plots

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]


def test_scope_and_askable_are_applied(app_url: str, page: Page, tmp_path: Path) -> None:
    path, _ = make_project(tmp_path)
    n = int(np.count_nonzero(Table.read(tmp_path / "catalogue.fits")["g"] < np.float32(19)))
    open_with_plots(page, app_url, path)
    button(page, "Settings…").click()
    page.get_by_role("tab", name="Subsets").click()
    scope, askable = page.get_by_label("Scope", exact=True), page.get_by_label("Askable", exact=True)
    scope.fill("subset(gone)")
    scope.press("Tab")
    expect(page.get_by_text("Scope: There is no subset 'gone'.")).to_be_visible(timeout=LONG)
    expect(button(page, "Apply")).to_be_disabled()
    scope.fill("g < 19")
    scope.press("Tab")
    askable.fill("r < 18.5")
    askable.press("Tab")
    expect(page.get_by_text("Scope or askable changes:")).to_be_visible(timeout=LONG)
    button(page, "Apply").click()
    expect(scope).to_have_count(0, timeout=LONG)
    begin(page)
    page.get_by_role("button", name="Judge", exact=True).click()
    page.get_by_role("tab", name="Matrices", exact=True).click()
    expect(page.get_by_text(f"of {n} sources in scope").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    population = read_config(path).population
    assert (population.scope, population.askable) == ("g < 19", "r < 18.5")


def test_a_subset_is_created_shown_and_exported(app_url: str, page: Page, tmp_path: Path) -> None:
    path, _ = make_project(tmp_path)
    table = Table.read(tmp_path / "catalogue.fits")
    n = int(np.count_nonzero(table["g"] < np.float32(18.5)))
    open_with_plots(page, app_url, path)
    button(page, "Settings…").click()
    page.get_by_role("tab", name="Subsets").click()
    condition, name = page.get_by_label("Condition", exact=True), page.get_by_label("Name of the subset")
    condition.fill("gg < 18.5")
    condition.press("Tab")
    expect(page.get_by_text("there is no column 'gg'")).to_be_visible(timeout=LONG)
    condition.fill("g < 18.5")
    condition.press("Tab")
    expect(page.get_by_text(f"{n} sources meet this condition.")).to_be_visible(timeout=LONG)
    button(page, "Save the condition").click()
    expect(page.get_by_text("Enter a name for the subset.")).to_be_visible(timeout=LONG)
    name.fill("bright")
    name.press("Tab")
    button(page, "Save the condition").click()
    expect(page.locator("tr", has_text="g < 18.5").get_by_text(str(n), exact=True)).to_be_visible(timeout=LONG)
    button(page, "Select its sources").click()
    expect(button(page, f"Save the {n} selected sources")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Cancel").click()

    plot = page.locator('[data-id="plot-1"]')
    plot.get_by_role("button", name="Columns and settings of this plot").click()
    choose(page, "Subset", "^bright$")
    expect(plot.get_by_text(f"only bright: {n} of {len(table)} sources")).to_be_visible(timeout=LONG)

    button(page, "Export…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Subset", exact=True).click()
    expect(dialog.get_by_label("File", exact=True)).to_have_value(str(tmp_path / "project-subset.fits"), timeout=LONG)
    dialog.get_by_role("button", name="Write").click()
    expect(dialog.get_by_text(f"Subset bright with {n} sources written")).to_be_visible(timeout=LONG)
    assert len(Table.read(tmp_path / "project-subset.fits")) == n
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    assert [(item.name, item.condition) for item in read_config(path).subsets] == [("bright", "g < 18.5")]


def test_a_map_and_a_selection_become_subsets(app_url: str, page: Page, tmp_path: Path) -> None:
    path, _ = make_project(tmp_path)
    MOC.from_string("0/0-3").save(str(tmp_path / "north.fits"), format="fits")
    with Session.open(path, read_only=True, look_ahead=False) as session:
        moc = session.subsets.read_moc("north.fits")
        n = int(read_moc(tmp_path / "north.fits").contains(*session.dataset.catalogue.position).sum())
    open_with_plots(page, app_url, path)
    button(page, "Settings…").click()
    page.get_by_role("tab", name="Subsets").click()
    file, name = page.get_by_label("MOC file", exact=True), page.get_by_label("Name of the subset")
    file.fill("south.fits")
    button(page, "Save the MOC").click()
    expect(page.get_by_text("There is no MOC file")).to_be_visible(timeout=LONG)
    name.fill("north")
    name.press("Tab")
    file.fill("north.fits")
    button(page, "Save the MOC").click()
    expect(page.locator("tr", has_text="inside the MOC north.fits").get_by_text(str(n), exact=True)).to_be_visible(
        timeout=LONG
    )
    button(page, "Select its sources").click()
    expect(button(page, f"Save the {n} selected sources")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Cancel").click()

    plot = page.locator('[data-id="plot-1"]')
    plot.get_by_role("button", name="Subset…", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The sources are kept as a list of their ids.")).to_be_visible(timeout=LONG)
    dialog.get_by_label("Name of the subset").fill("these")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Subset these is saved.")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    north, these = read_config(path).subsets
    assert (north.name, north.moc) == ("north", moc)
    assert (these.name, len(these.ids)) == ("these", n)
