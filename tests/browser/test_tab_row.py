"""A row of tabs that do not all fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import pytest
from playwright.sync_api import Page, expect

from astronomical.dashboard.ui.tab_row import TabRow

NAMES = ["Threshold", "Calibration", "Matrices", "Audit", "Finds", "Models", "Test", "Report"]


@pytest.mark.slow
def test_tabs_that_do_not_fit_are_reached_by_buttons_and_keys(serve: Callable[..., str], page: Page):
    chosen: list[str] = []

    def app() -> pn.Column:
        def choose(name: str) -> None:
            chosen.append(name)
            row.shown = {"names": NAMES, "chosen": name}

        row = TabRow(choose, height=28)
        row.shown = {"names": NAMES, "chosen": "Threshold"}
        return pn.Column(row, width=300)

    def mover(text: str) -> Any:
        return page.locator(".mover", has_text=text)

    page.goto(serve(app))
    expect(mover("›")).to_be_visible()
    expect(mover("‹")).to_be_hidden()
    last, strip = page.get_by_role("tab", name="Report"), page.get_by_role("tablist")
    assert last.bounding_box()["x"] > strip.bounding_box()["x"] + strip.bounding_box()["width"]
    for _ in range(4):
        if mover("›").is_visible():
            mover("›").click()
    expect(mover("›")).to_be_hidden()
    expect(mover("‹")).to_be_visible()
    assert last.bounding_box()["x"] < strip.bounding_box()["x"] + strip.bounding_box()["width"]
    last.click()
    expect(last).to_have_attribute("aria-selected", "true")
    last.press("Home")
    expect(page.get_by_role("tab", name="Threshold")).to_be_focused()
    expect(mover("‹")).to_be_hidden()
    assert chosen == ["Report", "Threshold"]
