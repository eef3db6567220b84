"""The settings of an open project, asked for in the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from tests.browser.test_journey import APP, LONG, button, open_config
from tests.support.projects import make_project

pytestmark = pytest.mark.timeout(600)


def test_what_is_entered_in_one_part_stays_while_another_is_looked_at(
    serve: Callable[..., str], new_page: Callable[..., Page], tmp_path: Path
) -> None:
    path, config = make_project(tmp_path)
    page = new_page(1280, 800)
    open_config(page, serve(APP), path)
    button(page, "Settings…").click()
    title = page.get_by_label("Title", exact=True)
    title.fill("Another title")
    title.press("Tab")
    expect(page.get_by_text("The title changes.")).to_be_visible(timeout=LONG)
    page.get_by_role("tab", name="Features").click()
    expect(page.get_by_label("Numbers that mean missing")).to_be_visible(timeout=LONG)
    expect(title).to_have_count(0)  # parts that nobody looks at cost nothing
    page.get_by_role("tab", name="Classes").click()
    name = config.labels[0].name
    expect(page.locator(f'input[value="{name}"]').first).to_be_visible(timeout=LONG)
    page.get_by_role("tab", name="Project").click()
    expect(title).to_have_value("Another title", timeout=LONG)
    button(page, "Apply").click()
    expect(title).to_have_count(0, timeout=LONG)
    button(page, "Settings…").click()
    expect(title).to_have_value("Another title", timeout=LONG)
    assert read_config(path).project.title == "Another title"
