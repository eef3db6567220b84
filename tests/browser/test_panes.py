"""Adding, closing and restoring panes in a real browser against the real server."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config, write_config
from astronomical.config.labelling import ClassGuideConfig
from astronomical.config.schema import PaneConfig
from astronomical.session import Session
from tests.support.projects import make_project, start
from tests.support.waiting import wait_until
from tests.support.workbench import LONG, add_pane, begin, button, open_with_plots, press_and_wait, shown_id

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]


def panes(page: Page) -> list[str]:
    return sorted(
        page.evaluate("""() => {
      const all = (root) => [...root.querySelectorAll('*')].flatMap(
        (e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])])
      return all(document).filter((e) => e.matches('.grid-stack-item')).map((e) => e.dataset.id)
    }""")
    )


def test_panes_are_added_closed_restored_and_reset(app_url, page, new_page, tmp_path):
    path, config = make_project(tmp_path)
    open_with_plots(page, app_url, path)
    first = sorted(pane.id for pane in config.layout.panes)
    assert panes(page) == first
    page.evaluate("""() => { const all = (root) => [...root.querySelectorAll('*')].flatMap(
        (e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])])
      window.kept = all(document).filter((e) => e.matches('canvas')) }""")

    add_pane(page, "Scatter plot")
    expect(page.locator('[data-id="basic-1"] canvas').first).to_be_visible(timeout=LONG)
    add_pane(page, "Scatter plot")
    expect(page.locator('[data-id="basic-2"] canvas').first).to_be_visible(timeout=LONG)
    assert page.evaluate("window.kept.every((canvas) => canvas.isConnected)"), "other panes were drawn anew"
    page.locator('[data-id="plot-2"]').get_by_role("button", name="Close this pane").click()
    expect(page.locator('[data-id="plot-2"]')).to_have_count(0, timeout=LONG)
    arranged = sorted({*first, "basic-1", "basic-2"} - {"plot-2"})
    # The page may still show "all saved" of the change before.
    wait_until(page, lambda: sorted(pane.id for pane in read_config(path).layout.panes) == arranged)
    page.close()

    other = new_page(1280, 800)
    open_with_plots(other, app_url, path)
    assert panes(other) == arranged
    button(other, "Add pane…").click()
    button(other, "Reset layout…").click()
    other.get_by_role("dialog").get_by_role("button", name="Reset layout", exact=True).click()
    expect(other.locator('[data-id="plot-2"] canvas').first).to_be_visible(timeout=LONG)
    assert panes(other) == first


def test_a_pane_out_of_sight_is_created_and_updated_when_it_comes_into_view(app_url, page, tmp_path):
    path, config = make_project(tmp_path)
    below = PaneConfig(id="below", kind="history", x=0, y=40, w=6, h=6)
    layout = config.layout.model_copy(update={"panes": (*config.layout.panes, below)})
    write_config(config.model_copy(update={"layout": layout}), path)
    with Session.open(path) as session:
        start(session)
    open_with_plots(page, app_url, path)
    pane, source = page.locator('[data-id="below"]'), page.locator('[data-id="source"]')
    expect(pane.locator(".pane-title")).to_have_text("History")
    expect(pane.get_by_text("5 labels, 0 undone")).to_have_count(0)

    pane.scroll_into_view_if_needed()
    expect(pane.get_by_text("5 labels, 0 undone")).to_be_visible(timeout=LONG)
    source.scroll_into_view_if_needed()
    press_and_wait(page, "1")
    expect(page.get_by_text("Star: 6 labels")).to_be_visible(timeout=LONG)
    pane.scroll_into_view_if_needed()
    expect(pane.get_by_text("6 labels, 0 undone")).to_be_visible(timeout=LONG)


def test_the_class_guide_is_written_beside_the_answers_and_shows_its_examples(app_url, page, tmp_path):
    path, _ = make_project(tmp_path)
    open_with_plots(page, app_url, path)
    begin(page)
    first = shown_id(page)
    page.keyboard.press("g")
    guide = page.locator('[data-id="guide-1"]')
    expect(guide.get_by_text("No class has a guide yet")).to_be_visible(timeout=LONG)
    guide.get_by_label("Edit").check()
    field = guide.get_by_label("How to recognise it")
    field.fill("**Point** source")
    button(guide, "Add the selected source as an example").click()
    expect(guide.locator("strong", has_text="Point")).to_be_visible(timeout=LONG)
    wanted = {"Star": ClassGuideConfig(text="**Point** source", examples=(first,))}
    wait_until(page, lambda: read_config(path).labelling.guides == wanted)
    guide.get_by_label("Edit").uncheck()
    expect(field).to_be_hidden()

    press_and_wait(page, "2")
    guide.locator(".chip .show", has_text=first).last.click()
    expect(page.locator(".id").first).to_have_text(first, timeout=LONG)
