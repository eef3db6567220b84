"""What a catalogue and a config say is shown as text, wherever it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import APP, LONG, button, open_config
from tests.support.hostile import make_hostile_project, song

pytestmark = pytest.mark.timeout(600)


def sang(page: Page) -> object:
    return page.evaluate("window.sang ?? null")


def test_no_text_of_a_catalogue_or_config_runs_in_any_pane(serve, page: Page, tmp_path: Path):
    path = make_hostile_project(tmp_path)
    open_config(page, serve(APP), path)
    expect(page.locator(".id").first).to_contain_text("<script>", timeout=LONG)
    page.wait_for_timeout(3000)
    for head in page.locator(".pane-head").all():
        head.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
    assert sang(page) is None
    for text in (song("class 0"), song("title")):
        assert page.get_by_text(text, exact=False).count() > 0, f"{text} is shown nowhere"
    for tab in page.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
            page.wait_for_timeout(200)
    page.keyboard.press("1")
    page.keyboard.press("z")
    page.wait_for_timeout(2000)
    for canvas in page.locator("canvas").all()[:12]:
        if canvas.is_visible():
            canvas.hover(force=True)
    button(page, "Settings…").click()
    page.wait_for_timeout(2000)
    assert sang(page) is None
