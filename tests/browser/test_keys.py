"""Keys that cannot betray: what a key does in the page of a project, on the real server."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from playwright.sync_api import Page, expect

from astronomical.session.project.new import ProjectOptions, new_project
from astronomical.session.project.project_store import load_project
from tests.support.projects import without_models
from tests.support.waiting import wait_until
from tests.support.workbench import LONG, button, choose, open_with_plots, press_and_wait, shown_id, wait_until_seen

#: Text of the element that has the focus, also in shadow roots.
FOCUSED = """() => {
    let element = document.activeElement
    while (element.shadowRoot?.activeElement) { element = element.shadowRoot.activeElement }
    return element.textContent.trim()
}"""
#: Presses a key three times before the page can show anything else.
THRICE = """key => {
    for (let times = 0; times < 3; times += 1) {
        document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, composed: true}))
    }
}"""


def write_project(folder: Path) -> Path:
    """Write a project with the classes 0 and 1."""
    rng = np.random.default_rng(4)
    label = rng.integers(0, 2, 300)
    Table(
        {
            "id": [f"s{i:03d}" for i in range(300)],
            "g": rng.normal(20, 1, 300) + label,
            "r": rng.normal(19, 1, 300),
            "kind": label,
        }
    ).write(folder / "t.fits")
    config = new_project(ProjectOptions(folder / "t.fits", "id", label="kind", features=("g", "r")), folder / "p.yaml")
    without_models(config, folder / "p.yaml")
    return folder / "p.yaml"


def given(path: Path) -> list[tuple[str, str | None]]:
    """Return the sources that a person labelled, and the labels, as they are on the disk."""
    return [(event.id, event.label) for event in load_project(path).events if event.who not in ("", "catalogue")]


def test_keys_give_the_label_that_they_say_to_the_source_that_was_seen(app_url: str, page: Page, tmp_path: Path):
    path = write_project(tmp_path)
    open_with_plots(page, app_url, path)
    page.get_by_role("button", name=re.compile("^Start the . learner")).click()
    expect(page.get_by_text("most uncertain of")).to_be_visible(timeout=LONG)
    keys = page.locator(".answers .answer").evaluate_all("all => all.map(e => e.innerText.split(/\\s+/))")
    assert sorted(keys) == [["0", "0"], ["1", "1"], ["Unsure", "U"]]

    first = press_and_wait(page, "1")
    expect(page.locator(".fact[data-name=Last]")).to_contain_text(f"{first} → 1")
    wait_until_seen(page)
    second = shown_id(page)
    page.evaluate(THRICE, "0")  # the server refuses those for a source that is no longer shown
    expect(page.locator(".id").first).not_to_have_text(second, timeout=LONG)
    page.evaluate(THRICE, "0")  # too early for the new source
    third = press_and_wait(page, "u")
    wait_until(page, lambda: given(path) == [(first, "1"), (second, "0"), (third, None)])

    choose(page, "Colour", "^My labels$")  # a list that was used does not swallow keys
    fourth = press_and_wait(page, "1")
    page.locator(".search").first.click()
    expect(page.get_by_text("Keys paused")).to_be_visible()
    page.keyboard.press("0")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Keys paused")).to_be_hidden()
    fifth = press_and_wait(page, "Alt+0")
    assert given(path)[3:] == [(fourth, "1"), (fifth, "0")]
    assert [event.id for event in load_project(path).events if event.probable] == [fifth]
    expect(page.locator(".fact[data-name=Last]")).to_contain_text(f"{fifth} → 0, probably")

    before = shown_id(page)
    page.keyboard.type("/s01")  # the field has the focus before the next key
    expect(page.locator(".search").first).to_have_value("s01")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert shown_id(page) == before
    assert len(given(path)) == 5

    page.get_by_role("tab", name="Scores").focus()
    found = []
    for key in ("End", "Home", "ArrowRight"):
        page.keyboard.press(key)
        found.append(page.evaluate(FOCUSED))
    assert found == ["Validation", "Scores", "Confidence"]
    assert shown_id(page) == before, "arrow keys that move between tabs do not go through the sources"


@pytest.mark.slow
def test_a_test_set_is_labelled_blind(app_url: str, page: Page, tmp_path: Path):
    path = write_project(tmp_path)
    open_with_plots(page, app_url, path)
    catalogue = page.get_by_text(re.compile("^Catalogue: [01]$"))
    page.get_by_role("button", name="Test set").click()
    expect(page.get_by_text("Labels hidden until you answer")).to_be_visible(timeout=LONG)
    expect(catalogue).to_have_count(0)
    expect(page.get_by_text("hidden until you label").first).to_be_visible(timeout=LONG)
    wait_until_seen(page)
    first = shown_id(page)
    page.keyboard.press("1")
    expect(page.locator(".id").first).not_to_have_text(first, timeout=LONG)
    expect(page.locator(".fact[data-name=Last]")).to_contain_text(re.compile(r"→ 1 \(catalogue: [01]\)"))
    expect(catalogue).to_have_count(0)
    button(page, "First").click()
    expect(page.locator(".id").first).to_have_text(first, timeout=LONG)
    expect(catalogue.first).to_be_visible()
