"""The settings of an open project, asked for in the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from tests.support.projects import make_project
from tests.support.workbench import LONG, button, open_config

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]


def test_what_is_entered_in_one_part_stays_while_another_is_looked_at(
    app_url: str, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    path, config = make_project(tmp_path)
    page = new_page(1280, 800)
    open_config(page, app_url, path)
    button(page, "Settings…").click()
    title = page.get_by_label("Title", exact=True)
    title.fill("Another title")
    title.press("Tab")
    expect(page.get_by_text("The title changes.")).to_be_visible(timeout=LONG)
    page.get_by_role("tab", name="Features").click()
    expect(page.get_by_label("Missing-value codes")).to_be_visible(timeout=LONG)
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
