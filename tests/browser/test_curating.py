"""A test set curated in the browser: by keys, beside training, and still there after a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.projects import make_project
from tests.support.waiting import wait_until
from tests.support.workbench import LONG, button, open_config, shown_id, wait_until_seen

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]


def label_next(page: Page, key: str) -> str:
    """Press a key, and return the source that was labelled when another one is shown."""
    before = shown_id(page)
    wait_until_seen(page)
    page.keyboard.press(key)
    expect(page.locator(".id").first).not_to_have_text(before, timeout=LONG)
    return before


def test_five_sources_curated_by_keys_are_there_after_a_restart(
    app_url: str, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    path, _ = make_project(tmp_path)
    page = new_page(1280, 800)
    open_config(page, app_url, path)
    expect(page.get_by_role("button", name="Start the Star learner")).to_be_in_viewport(ratio=1, timeout=LONG)
    page.get_by_role("button", name="Test set").click()
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("What to compare").select_option("column:r")
    page.get_by_label("Value", exact=True).fill("20")
    expect(page.get_by_text(" of 300 sources")).to_be_visible(timeout=LONG)
    page.locator(".pane-head").first.click()
    labelled = [label_next(page, key) for key in "12310"]
    expect(page.get_by_text("Test set: 4 labels, 1 unsure")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("4 test sources")).to_be_visible()
    expect(page.get_by_text("Excluded: 1 unsure.")).to_be_visible()
    page.get_by_label("Use these labels as the test set").click()
    button(page, "Save").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    events = read_config(path).events
    assert [(event.id, event.label, event.origin) for event in events] == [
        (id, label, "curated") for id, label in zip(labelled, ["Star", "Galaxy", "QSO", "Star", None], strict=True)
    ]
    page.close()
    with Session.open(path, read_only=True) as again:  # as another process finds it on the disk
        assert [*again.ledger.curated] == labelled
        assert len(again.curation.test_set().labels) == 4

    other = new_page()
    open_config(other, app_url, path)
    other.get_by_role("button", name="Test set").click()
    expect(other.get_by_text("Test set: 4 labels, 1 unsure")).to_be_visible(timeout=LONG)
    expect(other.get_by_label("Use these labels as the test set")).to_be_checked()
    expect(other.get_by_label("Value", exact=True)).to_have_value("20")
    other.locator("button", has_text="First").click()
    expect(other.locator(".id").first).to_have_text(labelled[0], timeout=LONG)
    expect(other.get_by_text("Curated: Star.")).to_be_visible()
    other.get_by_role("button", name="Star", exact=True).first.click()
    expect(other.get_by_role("button", name="Start the Star learner")).to_be_visible(timeout=LONG)


def test_the_switch_of_the_test_set_is_on_in_a_project_that_was_saved_so(
    app_url: str, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    path, _ = make_project(tmp_path)
    with Session.open(path) as session:
        session.curation.start()
        session.assign("Star", id=session.state.focus)
        session.curation.use_as_test_set(True)
        session.activate("Star")
        session.save()
    page = new_page(1280, 800)
    open_config(page, app_url, path)
    page.get_by_role("button", name="Test set").click()
    switch = page.get_by_label("Use these labels as the test set")
    expect(switch).to_be_checked(timeout=LONG)
    words = page.get_by_text("Use these labels as the test set")
    assert words.evaluate("e => getComputedStyle(e).fontSize") == "13px"
    switch.click()
    expect(switch).not_to_be_checked()
    button(page, "Save").click()
    wait_until(page, lambda: not read_config(path).curated.use_as_test)


def test_all_buttons_are_in_sight_with_eight_classes(
    app_url: str, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    rng = np.random.default_rng(4)
    Table(
        {
            "id": [f"s{i:03d}" for i in range(240)],
            "g": rng.normal(20, 1, 240),
            "r": rng.normal(19, 1, 240),
            "kind": [f"HM-STAR{i % 8}" for i in range(240)],
        }
    ).write(tmp_path / "t.fits")
    new_project(ProjectOptions(tmp_path / "t.fits", "id", label="kind", features=("g", "r")), tmp_path / "p.yaml")
    page = new_page(1280, 800)
    open_config(page, app_url, tmp_path / "p.yaml")
    page.get_by_role("button", name="Test set").click()
    page.get_by_text("Labels hidden until you answer").wait_for()
    for event in ("label:HM-STAR0", "label:HM-STAR7", "unsure"):
        expect(page.locator(f'.answer[data-event="{event}"]')).to_be_in_viewport(ratio=1)
    for event in ("undo", "step:new", "redo"):  # these have keys, and may be below
        other = page.locator(f'.answer[data-event="{event}"]')
        other.scroll_into_view_if_needed()
        expect(other).to_be_in_viewport(ratio=1)
    name = page.locator('.answer[data-event="label:HM-STAR7"] .text')
    assert name.evaluate("e => e.scrollWidth <= e.clientWidth")
