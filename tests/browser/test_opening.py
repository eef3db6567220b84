"""Opening configs from the start page: what moved, what changed, what is old, and what was open before."""

from __future__ import annotations

import re
import shutil

import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.session.project.recent_projects import remember
from tests.support.projects import make_project
from tests.support.v1 import write_v1
from tests.support.workbench import APP, LONG, open_config

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


@pytest.mark.slow
def test_moved_changed_and_recent(app_url, new_page, tmp_path, home):
    path, _ = make_project(tmp_path, title="My <b>stars</b>")
    moved = tmp_path / "moved.fits"
    shutil.move(tmp_path / "catalogue.fits", moved)
    table = Table.read(moved)
    table["g"] += 1
    table.write(moved, overwrite=True)
    before = path.read_bytes()
    page = new_page()
    open_config(page, app_url, path)
    expect(page.get_by_text("Choose where it is now")).to_be_visible(timeout=LONG)
    page.get_by_label("Catalogue of the project").fill(str(moved))
    page.get_by_role("button", name="Open with this catalogue").click()
    expect(page.get_by_text(re.compile("column 'g' differ")).first).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Project file", exact=True)).to_be_enabled()
    assert path.read_bytes() == before
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_text("Choose where it is now")).to_be_visible(timeout=LONG)
    expect(page.get_by_label("Catalogue of the project")).to_have_value(str(moved))  # what was typed stays
    page.get_by_role("button", name="Open with this catalogue").click()
    page.get_by_role("button", name="Open anyway").click(timeout=LONG)
    expect(page.locator(".grid-stack-item").first).to_be_visible(timeout=LONG)
    assert read_config(path).catalogue.path == "moved.fits"

    remember(tmp_path / "gone.yaml", "Gone")
    other = new_page()
    other.goto(app_url)
    expect(other.get_by_text("My <b>stars</b>")).to_be_visible(timeout=LONG)
    expect(other.get_by_text(re.compile("gone.yaml — missing"))).to_be_visible()
    other.locator("button", has_text="Remove from list").click()
    expect(other.get_by_text(re.compile("gone.yaml — missing"))).to_have_count(0)
    other.locator("button", has_text="Continue").click()
    expect(other.locator(".grid-stack-item").first).to_be_visible(timeout=LONG)


@pytest.fixture
def lost(tmp_path):
    """Return a project whose catalogue has moved, the catalogue, and one without its id column."""
    path, _ = make_project(tmp_path, n=150)
    found, other = tmp_path / "found.fits", tmp_path / "other.csv"
    shutil.move(tmp_path / "catalogue.fits", found)
    table = Table.read(found)
    table.rename_column("name", "objid")
    table.write(other)
    return path, found, other


def name_catalogue(page, path):
    field = page.get_by_label("Catalogue of the project")
    expect(field).to_be_enabled(timeout=LONG)
    field.fill(str(path))
    field.press("Enter")


def name_a_wrong_one_and_then_the_right_one(page, lost):
    path, found, other = lost
    before = path.read_bytes()
    expect(page.get_by_text("Choose where it is now")).to_be_visible(timeout=LONG)
    for missing in ("nowhere.fits", "neither.fits"):
        name_catalogue(page, other)
        expect(
            page.get_by_text(
                "This is not the catalogue of the project: it has no column 'name' (needed: name, ra, dec, u"
            )
        ).to_be_visible(timeout=LONG)
        expect(page.get_by_label("Catalogue of the project")).to_have_value(str(other))
        name_catalogue(page, path.with_name(missing))
        expect(page.get_by_text(re.compile(rf"was not found at .*{missing}"))).to_be_visible(timeout=LONG)
        assert path.read_bytes() == before
    name_catalogue(page, found)
    expect(page.locator(".grid-stack-item").first).to_be_visible(timeout=LONG)
    assert read_config(path).catalogue.path == "found.fits"


def test_a_wrong_catalogue_harms_nothing_and_another_can_be_chosen(app_url, page, lost):
    open_config(page, app_url, lost[0])
    name_a_wrong_one_and_then_the_right_one(page, lost)


@pytest.mark.slow
def test_a_wrong_catalogue_for_a_recent_project(app_url, page, lost, home):
    remember(lost[0], "My stars")
    page.goto(app_url)
    page.locator("button", has_text="Continue").click(timeout=LONG)
    name_a_wrong_one_and_then_the_right_one(page, lost)


@pytest.mark.slow
def test_a_wrong_catalogue_for_a_project_of_the_command_line(serve, page, lost, home):
    page.goto(serve(APP, "--args", str(lost[0])))
    name_a_wrong_one_and_then_the_right_one(page, lost)


@pytest.mark.slow
def test_a_wrong_catalogue_for_an_upload(app_url, page, lost):
    path, found, other = lost
    page.goto(app_url)
    page.locator("input[type=file][accept*='.yaml']").set_input_files(path)
    expect(page.get_by_text("Choose where it is now")).to_be_visible(timeout=LONG)
    name_catalogue(page, other)
    expect(page.get_by_text(re.compile("it has no column 'name'"))).to_be_visible(timeout=LONG)
    name_catalogue(page, found)
    expect(page.locator(".grid-stack-item").first).to_be_visible(timeout=LONG)


@pytest.mark.slow
def test_a_wrong_catalogue_for_a_config_of_astronomical_itself(app_url, page, tmp_path):
    old = write_v1(tmp_path)
    found, other = tmp_path / "found.fits", tmp_path / "other.fits"
    shutil.move(tmp_path / "data" / "catalogue.fits", found)
    table = Table.read(found)
    table["name"] = [f"x{n}" for n in range(len(table))]
    table.write(other)
    before = old.read_bytes()
    open_config(page, app_url, old)
    expect(page.get_by_text("was not found").first).to_be_visible(timeout=LONG)
    name_catalogue(page, other)
    expect(page.get_by_text("none of the labelled sources is in it")).to_be_visible(timeout=LONG)
    name_catalogue(page, found)
    expect(page.get_by_text("Star: 30 labels")).to_be_visible(timeout=LONG)
    assert old.read_bytes() == before


@pytest.mark.slow
def test_another_catalogue_can_be_chosen_for_one_that_has_changed(app_url, page, tmp_path):
    path, _ = make_project(tmp_path, n=150)
    found = tmp_path / "found.fits"
    shutil.copy(tmp_path / "catalogue.fits", found)
    table = Table.read(found)
    table["g"] += 1
    table.write(tmp_path / "catalogue.fits", overwrite=True)
    before = path.read_bytes()
    open_config(page, app_url, path)
    page.get_by_role("button", name="Choose another catalogue…").click(timeout=LONG)
    assert path.read_bytes() == before
    name_catalogue(page, found)
    expect(page.locator(".grid-stack-item").first).to_be_visible(timeout=LONG)
    assert read_config(path).catalogue.path == "found.fits"


@pytest.mark.slow
def test_a_config_of_astronomical_itself_and_a_layout(app_url, new_page, tmp_path, home):
    old = write_v1(tmp_path, test_set_file=True)
    page = new_page()
    open_config(page, app_url, old)
    expect(page.get_by_text("Star: 30 labels")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("test_set_file")).first).to_be_visible()
    assert (home / "projects" / "old" / "old.yaml").exists()

    page.goto(app_url)
    choose = page.get_by_label("What to open").and_(page.get_by_role("combobox"))
    choose.click()
    only = re.compile("Only the layout")
    page.get_by_role("menuitem", name=only).or_(page.get_by_role("option", name=only)).click()
    field = page.get_by_label("Project file", exact=True)
    field.fill(str(old))
    field.press("Enter")
    expect(page.get_by_text("New project from a catalogue")).to_be_visible(timeout=LONG)


#: Notes, while the page is put together, whether it ever said that it follows another one.
_WATCH = """() => {
  const says = (root) => [...root.querySelectorAll('*')].some((element) =>
    element.shadowRoot && (element.shadowRoot.textContent.includes('Read-only: open in another tab') ||
                           says(element.shadowRoot)))
  window.followed = false
  setInterval(() => { window.followed ||= says(document) }, 30)
}"""


@pytest.mark.slow
def test_only_a_second_page_ever_says_that_it_follows(serve, new_page, tmp_path, home):
    path, _ = make_project(tmp_path)
    url = serve(APP, "--args", str(path))
    followed = []
    for _ in range(2):
        page = new_page()
        page.add_init_script(f"({_WATCH})()")
        page.goto(url)
        expect(page.get_by_text("human label")).to_be_visible(timeout=LONG)
        page.wait_for_function("() => Bokeh.index.roots.length && Bokeh.index.roots[0].is_idle")
        followed.append(page.evaluate("window.followed"))
    assert followed == [False, True]
