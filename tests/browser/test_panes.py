"""Adding, closing and restoring panes in a real browser against the real server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from tests.support.projects import make_project

APP = Path(__file__).parents[2] / "astronomical"
LONG = 90_000
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def url(serve: Callable[..., str]) -> str:
    return serve(APP)


def open_config(page: Page, url: str, path: Path) -> None:
    page.goto(url)
    field = page.get_by_label("Path of the config")
    field.fill(str(path))
    field.press("Enter")
    expect(page.locator('[data-id="plot-1"] canvas').first).to_be_visible(timeout=LONG)


def button(page: Page, text: str):
    return page.locator("button", has_text=text).first


def add(page: Page, title: str) -> None:
    button(page, "Add pane").click()
    page.get_by_role("dialog").get_by_text(title, exact=True).click()


def panes(page: Page) -> list[str]:
    return sorted(page.evaluate("""() => {
      const all = (root) => [...root.querySelectorAll('*')].flatMap(
        (e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])])
      return all(document).filter((e) => e.matches('.grid-stack-item')).map((e) => e.dataset.id)
    }"""))


def test_panes_are_added_closed_restored_and_reset(url, page, new_page, tmp_path):
    path, config = make_project(tmp_path)
    open_config(page, url, path)
    first = sorted(pane.id for pane in config.layout.panes)
    assert panes(page) == first
    page.evaluate("""() => { const all = (root) => [...root.querySelectorAll('*')].flatMap(
        (e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])])
      window.kept = all(document).filter((e) => e.matches('canvas')) }""")

    add(page, "Scatter plot")
    expect(page.locator('[data-id="basic-1"] canvas').first).to_be_visible(timeout=LONG)
    add(page, "Scatter plot")
    expect(page.locator('[data-id="basic-2"] canvas').first).to_be_visible(timeout=LONG)
    assert page.evaluate("window.kept.every((canvas) => canvas.isConnected)"), "other panes were drawn anew"
    page.locator('[data-id="plot-2"]').get_by_role("button", name="Close this pane").click()
    expect(page.locator('[data-id="plot-2"]')).to_have_count(0, timeout=LONG)
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    arranged = sorted({*first, "basic-1", "basic-2"} - {"plot-2"})
    assert sorted(pane.id for pane in read_config(path).layout.panes) == arranged
    page.context.close()

    other = new_page(1280, 800)
    open_config(other, url, path)
    assert panes(other) == arranged
    button(other, "Add pane").click()
    button(other, "Reset layout…").click()
    other.get_by_role("dialog").get_by_role("button", name="Reset layout", exact=True).click()
    expect(other.locator('[data-id="plot-2"] canvas').first).to_be_visible(timeout=LONG)
    assert panes(other) == first
