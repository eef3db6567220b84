"""The settings of an open project, asked for in the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from tests.support.projects import make_project
from tests.support.workbench import LONG, button, choose, open_config, open_with_plots

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
    expect(title).to_have_count(0)  # parts that are not shown cost nothing
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


def test_a_virtual_column_becomes_an_axis(app_url: str, page: Page, tmp_path: Path) -> None:
    path, _ = make_project(tmp_path)
    open_with_plots(page, app_url, path)
    button(page, "Settings…").click()
    page.get_by_role("tab", name="Columns").click()
    field = page.get_by_label("Virtual columns")
    field.fill("sum = g + q")
    field.press("Tab")
    expect(page.get_by_text("Column 'sum': There is no column 'q'")).to_be_visible(timeout=LONG)
    expect(button(page, "Apply")).to_be_disabled()
    field.fill("sum = g + r")
    field.press("Tab")
    expect(page.get_by_text("Virtual columns change (new: sum): no learner is retrained.")).to_be_visible(timeout=LONG)
    button(page, "Apply").click()
    expect(field).to_have_count(0, timeout=LONG)
    choose(page, "x", "^sum$")
    expect(page.get_by_text("g-r against sum").or_(page.get_by_text("against sum")).first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    assert [(item.name, item.expression) for item in read_config(path).catalogue.virtual] == [("sum", "g + r")]


def test_a_map_of_the_features_becomes_axes(app_url: str, page: Page, tmp_path: Path) -> None:
    path, _ = make_project(tmp_path)
    open_with_plots(page, app_url, path)
    button(page, "Settings…").click()
    page.get_by_role("tab", name="Columns").click()
    expect(page.get_by_text("There is no map yet.")).to_be_visible(timeout=LONG)
    button(page, "Make a map").click()
    expect(button(page, "Make a map")).to_have_count(
        0, timeout=LONG
    )  # the page shows the catalogue with its new columns
    choose(page, "x", "^map_1$")
    expect(page.get_by_text("against map_1").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    assert [join.columns for join in read_config(path).catalogue.joins] == [("map_1", "map_2")]
