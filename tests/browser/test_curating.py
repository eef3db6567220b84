"""A test set curated in the browser: by keys, beside training, and still there after a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from astronomical.session.new import Choices, new_project
from astronomical.session.session import Session
from tests.browser.test_journey import APP, LONG, button, open_config, shown_id
from tests.browser.test_shell import wait_until
from tests.support.projects import make_project

pytestmark = pytest.mark.timeout(600)


def label_next(page: Page, key: str) -> str:
    """Press a key, and return the source that was labelled when another one is shown."""
    before = shown_id(page)
    page.keyboard.press(key)
    expect(page.locator(".id").first).not_to_have_text(before, timeout=LONG)
    page.wait_for_timeout(200)
    return before


def test_five_sources_curated_by_keys_are_there_after_a_restart(
    serve: Callable[..., str], new_page: Callable[..., Page], tmp_path: Path
) -> None:
    path, _ = make_project(tmp_path)
    page, url = new_page(1280, 800), serve(APP)
    open_config(page, url, path)
    expect(page.get_by_role("button", name="Start the Star learner")).to_be_in_viewport(ratio=1, timeout=LONG)
    page.get_by_role("button", name="Test set").click()
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("What is asked").select_option("column:r")
    page.get_by_label("Value", exact=True).fill("20")
    expect(page.get_by_text(" of 300 sources")).to_be_visible(timeout=LONG)
    page.locator(".pane-head").first.click()
    labelled = [label_next(page, key) for key in "12310"]
    expect(page.get_by_text("Test set: 4 labels, 1 unsure")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("4 sources to test on")).to_be_visible()
    expect(page.get_by_text("Left out: 1 unsure.")).to_be_visible()
    page.get_by_label("Use as the test set").click()
    button(page, "Save").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    events = read_config(path).events
    assert [(event.id, event.label, event.origin) for event in events] == [
        (id, label, "curated") for id, label in zip(labelled, ["Star", "Galaxy", "QSO", "Star", None], strict=True)]
    page.context.close()
    with Session.open(path, read_only=True) as again:  # as another process finds it on the disk
        assert [*again.ledger.curated] == labelled
        assert len(again.curated_test().labels) == 4

    other = new_page()
    open_config(other, url, path)
    other.get_by_role("button", name="Test set").click()
    expect(other.get_by_text("Test set: 4 labels, 1 unsure")).to_be_visible(timeout=LONG)
    expect(other.get_by_label("Use as the test set")).to_be_checked()
    expect(other.get_by_label("Value", exact=True)).to_have_value("20")
    other.locator("button", has_text="First").click()
    expect(other.locator(".id").first).to_have_text(labelled[0], timeout=LONG)
    expect(other.get_by_text("Curated: Star.")).to_be_visible()
    other.get_by_role("button", name="Star", exact=True).first.click()
    expect(other.get_by_role("button", name="Start the Star learner")).to_be_visible(timeout=LONG)


def test_the_switch_of_the_test_set_is_on_in_a_project_that_was_saved_so(
    serve: Callable[..., str], new_page: Callable[..., Page], tmp_path: Path
) -> None:
    path, _ = make_project(tmp_path)
    with Session.open(path) as session:
        session.curate()
        session.assign("Star", id=session.state.focus)
        session.use_curated_as_test(True)
        session.activate("Star")
        session.save()
    page = new_page(1280, 800)
    open_config(page, serve(APP), path)
    page.get_by_role("button", name="Test set").click()
    switch = page.get_by_label("Use as the test set")
    expect(switch).to_be_checked(timeout=LONG)
    words = page.get_by_text("Use as the test set, its labels the truth")
    assert words.evaluate("e => getComputedStyle(e).fontSize") == "13px"
    switch.click()
    expect(switch).not_to_be_checked()
    button(page, "Save").click()
    wait_until(page, lambda: not read_config(path).curated.use_as_test)


def test_all_buttons_are_in_sight_with_eight_classes(
    serve: Callable[..., str], new_page: Callable[..., Page], tmp_path: Path
) -> None:
    rng = np.random.default_rng(4)
    Table({"id": [f"s{i:03d}" for i in range(240)], "g": rng.normal(20, 1, 240), "r": rng.normal(19, 1, 240),
           "kind": [f"HM-STAR{i % 8}" for i in range(240)]}).write(tmp_path / "t.fits")
    new_project(Choices(tmp_path / "t.fits", "id", label="kind", features=("g", "r")), tmp_path / "p.yaml")
    page = new_page(1280, 800)
    open_config(page, serve(APP), tmp_path / "p.yaml")
    page.get_by_role("button", name="Test set").click()
    page.get_by_text("Curated: none yet").wait_for()
    for event in ("label:HM-STAR7", "unsure", "step:new", "undo", "redo"):
        expect(page.locator(f'.answer[data-event="{event}"]')).to_be_in_viewport(ratio=1)
    name = page.locator('.answer[data-event="label:HM-STAR7"] .text')
    assert name.evaluate("e => e.scrollWidth <= e.clientWidth")
