"""A person's day: from the first screen to a reproduced result, in a real browser against the real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.config.schema import PaneConfig
from tests.support.projects import make_project
from tests.support.waiting import wait_until
from tests.support.workbench import (
    LONG,
    button,
    choose,
    open_config,
    press_and_wait,
    shown_id,
    wait_for_question,
    wait_until_seen,
)

pytestmark = pytest.mark.timeout(600)


def scores(page: Page) -> list[str]:
    """Read the confusion matrices from the screen."""
    page.get_by_role("button", name="Judge", exact=True).click()
    page.get_by_role("tab", name="Matrices", exact=True).click()
    expect(page.locator("table.matrix").first).to_be_visible(timeout=LONG)
    return page.locator("table.matrix td").all_inner_texts()


def plot_1(path: Path) -> PaneConfig:
    return next(pane for pane in read_config(path).layout.panes if pane.id == "plot-1")


def test_from_the_first_launch_to_the_same_scores_in_a_new_browser(app_url, new_page, home):
    page = new_page()
    page.goto(app_url)
    page.get_by_role("button", name="Try the example").click()
    wait_for_question(page)
    expect(page.get_by_text("Star: 30 labels")).to_be_visible()
    labelled = [press_and_wait(page, key) for key in "12321"]
    assert len(set(labelled)) == 5
    expect(page.get_by_text("Star: 35 labels")).to_be_visible()
    found = scores(page)
    button(page, "Save").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    path = next(home.glob("projects/example*/example.yaml"))
    assert [e.id for e in read_config(path).events[-5:]] == labelled
    asked = shown_id(page)
    page.close()

    other = new_page(1280, 800)
    open_config(other, app_url, path)
    wait_for_question(other)
    assert shown_id(other) == asked
    assert scores(other) == found


@pytest.mark.slow
def test_what_is_exported_is_on_disk(app_url, page, tmp_path):
    path, _ = make_project(tmp_path, label_names={"0": "=Star", "1": "Galaxy", "2": "QSO"})
    open_config(page, app_url, path)
    page.get_by_role("button", name="Start the =Star learner").click(timeout=LONG)
    wait_for_question(page)
    press_and_wait(page, "1")
    button(page, "Export…").click()
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_role("checkbox", name="For spreadsheets")
    expect(dialog.get_by_label("File", exact=True)).to_have_value(str(tmp_path / "project-labels.fits"))
    expect(box).to_have_count(0)
    for ticked, expected in ((False, "=Star"), (True, "'=Star")):
        target = tmp_path / f"labels-{ticked}.csv"
        dialog.get_by_label("File", exact=True).fill(str(target))
        dialog.get_by_label("File", exact=True).press("Tab")
        box.set_checked(ticked)
        dialog.get_by_role("button", name="Write").click()
        expect(dialog.get_by_text(f"labels written: {target}")).to_be_visible(timeout=LONG)
        assert expected in {row.split(",")[1].strip('"') for row in target.read_text().splitlines()}
    dialog.get_by_role("button", name="Models").click()
    dialog.get_by_role("button", name="Write").click()
    expect(dialog.get_by_text("Model of =Star written")).to_be_visible(timeout=LONG)
    assert (tmp_path / "project-model.skops").stat().st_size > 0


def test_keys_undo_and_typing(app_url, page, tmp_path):
    path, _ = make_project(tmp_path)
    open_config(page, app_url, path)
    page.get_by_role("button", name="Start the Star learner").click(timeout=LONG)
    wait_for_question(page)
    first = press_and_wait(page, "1")
    second = press_and_wait(page, "0")
    expect(page.get_by_text("1 unsure")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(".id").first).to_have_text(second, timeout=LONG)
    page.keyboard.press("z")
    expect(page.locator(".id").first).to_have_text(first, timeout=LONG)
    wait_for_question(page)
    page.get_by_placeholder("Search by id").press_sequentially("12")
    expect(page.get_by_placeholder("Search by id")).to_have_value("12")
    assert shown_id(page) == first, "what is typed into a field is no label"
    page.keyboard.press("Escape")
    wait_until_seen(page)
    page.get_by_role("button", name="Galaxy 2").click()
    expect(page.locator(".id").first).not_to_have_text(first, timeout=LONG)
    button(page, "Save").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    events = read_config(path).events
    assert [e.kind for e in events[5:]] == ["label", "unsure", "undo", "undo", "label"]
    assert (events[-1].id, events[-1].label) == (first, "Galaxy")
    assert main(["reproduce", str(path)]) == 0


@pytest.mark.slow
def test_escape_leaves_the_dialog_that_is_open(app_url, page, tmp_path):
    path, _ = make_project(tmp_path)
    open_config(page, app_url, path)
    page.get_by_role("button", name="Start the Star learner").click(timeout=LONG)
    wait_for_question(page)
    first, dialog = shown_id(page), page.get_by_role("dialog")
    for opens in ("Keys", "Add pane…", "Save a copy…", "Export…"):
        button(page, opens).click()
        expect(dialog.get_by_role("button", name=re.compile("^(Close|Cancel)$")).last).to_be_visible(timeout=LONG)
        if opens == "Save a copy…":
            dialog.get_by_role("textbox", name="File").fill(str(tmp_path / "copy.yaml"))  # Escape counts in a field too
        page.keyboard.press("1")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0, timeout=LONG)
    page.get_by_role("button", name="Choose surveys…").click()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_visible(timeout=LONG)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0, timeout=LONG)
    assert shown_id(page) == first
    assert not (tmp_path / "copy.yaml").exists()
    assert press_and_wait(page, "1") == first


@pytest.mark.slow
def test_two_tabs_on_two_projects_never_mix(app_url, new_page, tmp_path):
    pages, paths = [], []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        path, _ = make_project(tmp_path / name, title=f"Project {name}", seed=len(paths))
        page = new_page(1280, 800)
        open_config(page, app_url, path)
        page.get_by_role("button", name="Start the Star learner").click(timeout=LONG)
        wait_for_question(page)
        pages.append(page)
        paths.append(path)
    for _ in range(2):
        for page, key in zip(pages, "12", strict=True):
            press_and_wait(page, key)
    for page, name in zip(pages, ("one", "two"), strict=True):
        expect(page.get_by_text(f"Project {name}")).to_be_visible()
        button(page, "Save").click()
        expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    for path, label in zip(paths, ("Star", "Galaxy"), strict=True):
        assert [e.label for e in read_config(path).events[5:]] == [label, label]


@pytest.mark.slow
def test_the_same_project_in_two_tabs_has_one_writer(app_url, new_page, tmp_path):
    path, _ = make_project(tmp_path)
    first, second = new_page(1280, 800), new_page(1280, 800)
    open_config(first, app_url, path)
    first.get_by_role("button", name="Start the Star learner").click(timeout=LONG)
    wait_for_question(first)
    open_config(second, app_url, path)
    wait_for_question(second)
    expect(second.locator("button", has_text="Take over")).to_be_visible(timeout=LONG)
    expect(first.locator("button", has_text="Take over")).to_be_hidden()
    asked = shown_id(second)
    wait_until_seen(second)
    second.keyboard.press("1")
    expect(second.get_by_text("This tab is read-only")).to_be_visible(timeout=LONG)
    assert shown_id(first) == asked
    press_and_wait(first, "1")
    expect(second.locator(".id").first).not_to_have_text(asked, timeout=LONG)
    second.locator("button", has_text="Take over").click()
    expect(first.locator("button", has_text="Take over")).to_be_visible(timeout=LONG)
    press_and_wait(second, "2")
    assert [e.label for e in read_config(path).events[5:]] in ([], ["Star"], ["Star", "Galaxy"])


@pytest.mark.slow
def test_a_reload_comes_back_as_the_writer(app_url, page, tmp_path):
    path, _ = make_project(tmp_path)
    open_config(page, app_url, path)
    page.get_by_role("button", name="Start the Star learner").click(timeout=LONG)
    wait_for_question(page)
    press_and_wait(page, "1")
    asked = shown_id(page)
    assert str(path) not in page.url
    assert re.search(r"\?project=[\w-]{10,}", page.url)
    page.reload()
    wait_for_question(page)
    assert shown_id(page) == asked
    expect(page.locator("button", has_text="Take over")).to_be_hidden(timeout=LONG)
    press_and_wait(page, "1")


@pytest.mark.slow
def test_a_moved_pane_is_where_it_was_left(app_url, new_page, tmp_path):
    path, _ = make_project(tmp_path)
    page = new_page()
    open_config(page, app_url, path)
    expect(page.get_by_role("button", name="Start the Star learner")).to_be_visible(timeout=LONG)
    head = page.locator("[data-id=plot-1] .pane-head")
    box = head.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 700, steps=12)
    page.mouse.up()
    button(page, "Save").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    wait_until(page, lambda: plot_1(path).y > 7)
    moved = plot_1(path)
    page.close()
    other = new_page()
    open_config(other, app_url, path)
    expect(other.locator("[data-id=plot-1]")).to_have_attribute("gs-y", str(moved.y), timeout=LONG)


@pytest.mark.slow
@pytest.mark.catalogues
def test_from_a_catalogue_without_a_usable_id_to_a_trained_learner(app_url, page, shared, home):
    page.goto(app_url)
    page.get_by_role("button", name="Choose a catalogue…").click()
    field = page.get_by_label("Catalogue file")
    field.fill(str(shared / "labelled" / "sdss_dr14_10k.csv"))
    field.press("Enter")
    expect(page.get_by_text("10,000 rows, 18 columns")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Next").click()
    choose(page, "Source id", "^objid ")
    expect(page.get_by_text("Column 'objid' cannot be the id")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    choose(page, "Source id", "from the position")
    page.get_by_label("STAR (4,152 sources)").fill("Star")
    page.get_by_role("button", name="Next").click()
    pattern = page.get_by_label("Select by name or pattern")
    pattern.fill("u,g,r,i,z,redshift")
    pattern.press("Enter")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Create project").click(timeout=LONG)
    page.get_by_role("button", name="Star", exact=True).first.click(timeout=LONG)
    page.get_by_role("button", name="Start the Star learner").click(timeout=LONG)
    wait_for_question(page)
    expect(page.get_by_text("Star: 5 labels")).to_be_visible()
    assert re.match(r"J\d{6}\.\d\d[+-]\d{6}\.\d", shown_id(page))
    for key in "123":
        press_and_wait(page, key)
    expect(page.get_by_text("Star: 8 labels")).to_be_visible()
    path = home / "projects" / "sdss_dr14_10k" / "sdss_dr14_10k.yaml"
    button(page, "Save").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    assert len(read_config(path).events) == 8


def test_a_config_that_cannot_be_opened_says_why(app_url, page, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("schema_version: 1\ncatalog: {}\n")
    open_config(page, app_url, path)
    expect(page.get_by_text("did you mean 'catalogue'")).to_be_visible(timeout=LONG)
