"""Opening configs from the start page: what moved, what changed, what is old, and what was open before."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.session.recents import remember
from tests.support.projects import make_project
from tests.support.v1 import write_v1

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
APP = Path(__file__).resolve().parents[2] / "astronomical"
LONG = 60_000


@pytest.fixture
def url(serve):
    return serve(APP)


def type_path(page, url, path):
    page.goto(url)
    field = page.get_by_label("Path of the config")
    field.fill(str(path))
    field.press("Enter")


def test_moved_changed_and_recent(url, new_page, tmp_path, home):
    path, _ = make_project(tmp_path, title="My <b>stars</b>")
    moved = tmp_path / "moved.fits"
    shutil.move(tmp_path / "catalogue.fits", moved)
    table = Table.read(moved)
    table["g"] += 1
    table.write(moved, overwrite=True)
    page = new_page()
    type_path(page, url, path)
    expect(page.get_by_text("Say where it is now")).to_be_visible(timeout=LONG)
    page.get_by_label("Path of its catalogue").fill(str(moved))
    page.get_by_role("button", name="Open with this catalogue").click()
    expect(page.get_by_text(re.compile("column 'g' differ")).first).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Path of the config")).to_be_enabled()
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_role("button", name="Open all the same").click(timeout=LONG)
    expect(page.locator(".grid-stack-item").first).to_be_visible(timeout=LONG)
    assert read_config(path).catalogue.path == "moved.fits"

    remember(tmp_path / "gone.yaml", "Gone")
    other = new_page()
    other.goto(url)
    expect(other.get_by_text("My <b>stars</b>")).to_be_visible(timeout=LONG)
    expect(other.get_by_text(re.compile("gone.yaml — missing"))).to_be_visible()
    other.locator("button", has_text="Take off the list").click()
    expect(other.get_by_text(re.compile("gone.yaml — missing"))).to_have_count(0)
    other.locator("button", has_text="Continue").click()
    expect(other.locator(".grid-stack-item").first).to_be_visible(timeout=LONG)


def test_a_config_of_astronomical_itself_and_a_layout(url, new_page, tmp_path, home):
    old = write_v1(tmp_path, test_set_file=True)
    page = new_page()
    type_path(page, url, old)
    expect(page.get_by_text("Star: 30 labels")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("test_set_file")).first).to_be_visible()
    assert (home / "projects" / "old" / "old.yaml").exists()

    page.goto(url)
    choose = page.get_by_label("What to take from it").and_(page.get_by_role("combobox"))
    choose.click()
    only = re.compile("Only the layout")
    page.get_by_role("menuitem", name=only).or_(page.get_by_role("option", name=only)).click()
    field = page.get_by_label("Path of the config")
    field.fill(str(old))
    field.press("Enter")
    expect(page.get_by_text("A new project from a catalogue")).to_be_visible(timeout=LONG)


#: Notes, while the page is put together, whether it ever said that it follows another one.
_WATCH = """() => {
  const says = (root) => [...root.querySelectorAll('*')].some((element) =>
    element.shadowRoot && (element.shadowRoot.textContent.includes('Following another page') ||
                           says(element.shadowRoot)))
  window.followed = false
  setInterval(() => { window.followed ||= says(document) }, 30)
}"""


def test_only_a_second_page_ever_says_that_it_follows(serve, new_page, tmp_path, home):
    path, _ = make_project(tmp_path)
    url = serve(APP, "--args", str(path))
    followed = []
    for _ in range(2):
        page = new_page()
        page.add_init_script(f"({_WATCH})()")
        page.goto(url)
        expect(page.get_by_text("by hand")).to_be_visible(timeout=LONG)
        page.wait_for_timeout(2000)
        followed.append(page.evaluate("window.followed"))
    assert followed == [False, True]
