"""In usual windows, and in small ones, what is needed most is neither covered, cut nor out of view."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from astronomical.session import Session
from tests.support.boxes import hidden
from tests.support.projects import make_project, start_small
from tests.support.waiting import wait_until
from tests.support.workbench import LONG, button, open_config, wait_for_question

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Usual windows in CSS pixels, and the same at 150 % zoom.
USUAL, ZOOMED = ((1280, 800), (1600, 1000)), ((1067, 667), (853, 533))


@pytest.fixture
def workbench(app_url: str, page: Page, tmp_path: Path) -> Page:
    path, _ = make_project(tmp_path)
    with Session.open(path) as session:
        start_small(session)
    open_config(page, app_url, path)
    wait_for_question(page)
    return page


def wait_until_all_seen(page: Page, elements: Locator) -> None:
    """Wait until a page that was resized shows all of some elements."""
    expect(elements.first).to_be_attached(timeout=LONG)
    wait_until(page, lambda: hidden(elements) == [])


def test_the_answers_and_the_buttons_below_are_seen_without_scrolling(workbench):
    page = workbench
    for width, height in USUAL:
        page.set_viewport_size({"width": width, "height": height})
        button(page, "Learn").click()
        wait_until_all_seen(page, page.locator(".answers .answer"))
        wait_until_all_seen(page, page.locator(".actions .answer"))
        button(page, "Judge").click()
        expect(page.get_by_role("tab", name="Threshold", exact=True)).to_be_visible(timeout=LONG)
        wait_until_all_seen(page, page.locator(".answers .answer"))


def test_the_header_and_the_class_are_seen_at_150_percent_zoom(workbench):
    page = workbench
    button(page, "Judge").click()
    for width, height in ZOOMED:
        page.set_viewport_size({"width": width, "height": height})
        wait_until_all_seen(page, page.get_by_role("banner").locator("button", has_text="e"))  # not the round one
        tab = button(page, "Star")
        tab.scroll_into_view_if_needed()
        wait_until_all_seen(page, tab)


def test_the_text_of_a_dialog_does_not_overlap_what_follows_in_a_low_window(workbench):
    page = workbench
    page.set_viewport_size({"width": 853, "height": 533})
    page.get_by_role("banner").get_by_role("button", name="Export…").click()
    page.get_by_role("button", name="Predictions", exact=True).click(timeout=LONG)
    text, field = page.get_by_text("One row per source: position"), page.get_by_label("Only sources without a label")
    expect(field).to_be_visible(timeout=LONG)

    def apart() -> bool:
        upper, lower = text.bounding_box(), page.get_by_label("p above").bounding_box()
        return upper is not None and lower is not None and upper["y"] + upper["height"] <= lower["y"] + 1

    wait_until(page, apart)
