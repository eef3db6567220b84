"""Light curves: chosen in the settings, shown for the selected source, folded, and made features, in the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from tests.support.light_curves import make_variables_project
from tests.support.workbench import LONG, button, choose, open_config

pytestmark = [pytest.mark.timeout(600)]


def test_light_curves_are_chosen_shown_folded_and_made_features(app_url: str, page: Page, tmp_path: Path) -> None:
    path = make_variables_project(tmp_path)
    open_config(page, app_url, path)
    button(page, "Settings…").click()
    page.get_by_role("tab", name="Columns").click()
    choose(page, "Light curves", "a row for each epoch")
    field = page.get_by_label("File", exact=True)
    field.fill(str(tmp_path / "nothing.fits"))
    field.press("Tab")
    button(page, "Read the columns").click()
    expect(page.get_by_text("There is no file").first).to_be_visible(timeout=LONG)
    field.fill(str(tmp_path / "epochs.fits"))
    field.press("Tab")
    button(page, "Read the columns").click()
    expect(page.get_by_text("Times: MJD (d), in d.")).to_be_visible(timeout=LONG)
    button(page, "Use these light curves").click()
    expect(page.get_by_text("2,400 epochs of 60 sources in g, r.")).to_be_visible(timeout=LONG)
    button(page, "Compute features").click()
    expect(page.get_by_text("features of the light curves are ready").first).to_be_visible(timeout=LONG)
    page.keyboard.press("Escape")
    search = page.get_by_placeholder("Search by id")
    search.fill("V0002")
    search.press("Enter")
    page.get_by_role("tab", name="Light curve", exact=True).click()
    expect(page.get_by_text("40 epochs.")).to_be_visible(timeout=LONG)
    page.get_by_label("Fold").check()
    expect(page.get_by_text("Folded by 0.")).to_be_visible(timeout=LONG)
    period = page.get_by_label("Period in days", exact=True)
    before = float(period.input_value())
    page.get_by_role("button", name="Double the period").click()
    expect(period).not_to_have_value(str(before), timeout=LONG)
    assert float(period.input_value()) == pytest.approx(2 * before, rel=1e-6)
    page.get_by_role("button", name="Reset to the period").click()
    expect(period).to_have_value(str(before), timeout=LONG)
    search.fill("V0001")
    search.press("Enter")
    expect(page.get_by_text("No period was found").or_(page.get_by_text("Found by Lomb-Scargle")).or_(
        page.get_by_text("The period is not known"))).to_be_visible(timeout=LONG)  # fmt: skip
    section = read_config(path).catalogue.light_curves
    assert section is not None
    assert (section.path, section.period) == ("epochs.fits", "period")
