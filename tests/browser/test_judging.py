"""Judge a learner on the screen: a threshold, the calibration, and an audit that is labelled blind."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from tests.support.projects import make_project
from tests.support.waiting import wait_until
from tests.support.workbench import LONG, begin, button, open_config, wait_for_question

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def judge(page: Page, tab: str) -> None:
    page.get_by_role("button", name="Judge", exact=True).click()
    page.get_by_role("tab", name=tab, exact=True).click()


def label_star(page: Page) -> None:
    """Press 1 until it counts: a label counts only for a source that was on the screen for a moment."""
    notice = page.locator(".label-panel .notice")
    before = notice.inner_text()

    def pressed() -> bool:
        if notice.inner_text() != before:
            return True
        page.keyboard.press("1")
        return False

    wait_until(page, pressed)


def test_a_threshold_a_calibration_and_an_audit(app_url, page, tmp_path):
    path, _ = make_project(tmp_path, n=500)
    open_config(page, app_url, path)
    begin(page)
    judge(page, "Threshold")
    expect(page.get_by_text("In use 0.5")).to_be_visible(timeout=LONG)
    page.get_by_label("Purity at least").fill("0.5")
    page.get_by_label("Purity at least").press("Tab")
    button(page, "Find").click()
    expect(page.get_by_text(re.compile(r"^Slider 0\.\d+"))).to_be_visible(timeout=LONG)
    button(page, "Use").click()
    expect(page.get_by_text("for a purity of at least 0.5")).to_be_visible(timeout=LONG)
    judge(page, "Matrices")
    expect(page.get_by_text("Counted at 0.5, not at the threshold in use")).to_be_visible(timeout=LONG)
    judge(page, "Calibration")
    expect(page.get_by_text("Expected calibration error")).to_be_visible(timeout=LONG)

    judge(page, "Audit")
    page.get_by_label("Sources", exact=True).fill("3")
    page.get_by_label("Sources", exact=True).press("Tab")
    expect(page.get_by_text("With 3 sources, an accuracy near 90 %")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("^Catalogue: ")).first).to_be_visible()
    button(page, "Check my classifier").click()
    for place in (1, 2, 3):
        expect(page.get_by_text(f"Audit, source {place} of 3")).to_be_visible(timeout=LONG)
        expect(page.get_by_text(re.compile("^Catalogue: "))).to_have_count(0, timeout=LONG)
        label_star(page)
    expect(page.get_by_text("All 3 sources of the audit are answered").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("^Number of Star: "))).to_be_visible(timeout=LONG)
    page.get_by_role("button", name=re.compile("^Asked source")).click()
    wait_for_question(page)
    button(page, "Save").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    config = read_config(path)
    assert [event.label for event in config.events if event.origin == "audit" and event.batch is None] == ["Star"] * 3
    assert len(config.audits[0].ids) == 3
    assert config.learner("Star").operating_point.purity == 0.5
