"""What a user does in the page of a project, for browser tests."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TimedOut

APP = Path(__file__).parents[2] / "astronomical"
#: Guard, in ms, for what a busy computer may take long for.
LONG = 240_000


def button(page: Page | Locator, text: str) -> Locator:
    """Find a button by exactly what is written on it."""
    return page.locator("button", has_text=re.compile(f"^{re.escape(text)}$"))


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option, given as a regular expression, of the first list with a label.

    An answer of the server may replace the list, and close its menu, while it is open: it is opened again then.
    """
    name = re.compile(option)
    item = page.get_by_role("menuitem", name=name).or_(page.get_by_role("option", name=name))
    for patience in (15_000, 15_000, LONG):
        page.get_by_role("combobox", name=label).first.click()
        try:
            item.click(timeout=patience)
            break
        except TimedOut:
            page.keyboard.press("Escape")
    expect(page.locator(".MuiMenu-list")).to_have_count(0, timeout=LONG)  # a closing menu has the same label


def open_config(page: Page, url: str, path: Path) -> None:
    """Open a project file from the start page."""
    page.goto(url)
    field = page.get_by_label("Project file", exact=True)
    field.fill(str(path))
    field.press("Enter")


def open_with_plots(page: Page, url: str, path: Path) -> None:
    """Open a project file, and wait for its first plot."""
    open_config(page, url, path)
    expect(page.locator('[data-id="plot-1"] canvas').first).to_be_visible(timeout=LONG)


def add_pane(page: Page, title: str) -> None:
    """Add a pane to the page."""
    button(page, "Add pane…").click()
    page.get_by_role("dialog").get_by_text(title, exact=True).click()


def bring_into_view(page: Page, pane: str, text: str | re.Pattern[str]) -> None:
    """Scroll to a pane until it shows a text: a pane below the first screen is created when it comes into view.

    While other panes are still laid out, it may be moved out of view again.
    """
    place = page.locator(f'[data-id="{pane}"]')
    for patience in (5_000, 15_000, 30_000, LONG):
        place.scroll_into_view_if_needed(timeout=LONG)
        try:
            place.get_by_text(text).first.wait_for(timeout=patience)
            return
        except TimedOut:
            if patience == LONG:
                raise


def begin(page: Page) -> None:
    """Wait for a query of the learner of Star, which is started if it is new."""
    start = page.get_by_role("button", name="Start the Star learner")
    expect(start.or_(page.get_by_text("What is this source?")).first).to_be_visible(timeout=LONG)
    if start.is_visible():
        start.click()
    wait_for_question(page)


def wait_for_question(page: Page) -> None:
    """Wait until a learner asks for a label."""
    expect(page.get_by_text("What is this source?")).to_be_visible(timeout=LONG)


def wait_until_seen(page: Page) -> None:
    """Wait until the selected source was on the screen long enough for a label to count."""
    page.locator("html[data-labels=ready]").wait_for(timeout=LONG)


def shown_id(page: Page) -> str:
    """Return the id of the selected source."""
    return page.locator(".id").first.inner_text()


def press_and_wait(page: Page, key: str) -> str:
    """Press a key, wait for another source to be asked for, and return the one that was labelled."""
    before = shown_id(page)
    wait_until_seen(page)
    page.keyboard.press(key)
    expect(page.locator(".id").first).not_to_have_text(before, timeout=LONG)
    wait_for_question(page)
    return before
