"""The start page and the wizard alone, in a page of their own, driven as a person would."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import panel as pn
import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.dashboard.open_card import OpenRequest
from astronomical.dashboard.page import make_page
from astronomical.dashboard.start import StartPage
from astronomical.dashboard.wizard.view import Wizard
from astronomical.session.session import Session

playwright = pytest.importorskip("playwright.sync_api")
expect, Page = playwright.expect, playwright.Page
expect.set_options(timeout=30_000)


class App:
    """The start page, with the wizard behind its third card; notes what it is asked for."""

    def __init__(self, example_exists: bool = False) -> None:
        self.opened: list[Path] = []
        self.levels: list[str] = []
        self.example: list[bool] = []
        self.created: list[Path] = []
        self._example_exists = example_exists

    def open(self, request: OpenRequest) -> None:
        self.opened.append(request.path)
        self.levels.append(request.level)

    def page(self) -> pn.viewable.Viewable:
        place = pn.Column(sizing_mode="stretch_both", margin=0)

        def start() -> None:
            place.objects = [StartPage(self.open, self.example.append, new, self._example_exists).view]

        def created(path: Path) -> None:
            self.created.append(path)
            place.objects = [pn.pane.Str("The project is there")]

        def new() -> None:
            place.objects = [Wizard(created, start).view]

        start()
        return make_page("astronomical", main=[place])


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    page.get_by_label(label).and_(page.get_by_role("combobox")).click()
    page.get_by_role("menuitem", name=option).or_(page.get_by_role("option", name=option)).click()
    expect(page.locator(".MuiMenu-list")).to_have_count(0)  # a menu that is closing has the same label


def comes_true(page: Page, true: Callable[[], bool]) -> bool:
    """Wait for what the server is going to note."""
    for _ in range(150):
        if true():
            return True
        page.wait_for_timeout(100)
    return true()


def read(page: Page, path: Path) -> None:
    field = page.get_by_label("Path of the catalogue")
    field.fill(str(path))
    field.press("Enter")


def step_on(page: Page) -> None:
    page.get_by_role("button", name="Next").click()


@pytest.fixture
def start(page: Page, serve: Callable[..., str]) -> Callable[..., App]:
    def open_page(**options: bool) -> App:
        app = App(**options)
        page.goto(serve(lambda: app.page()))
        page.get_by_role("button", name="Choose a catalogue").wait_for()
        page.set_default_timeout(30_000)
        return app

    return open_page


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    """Write a FITS file of 60 stars and galaxies; further keywords are columns."""
    def make(name: str = "small.fits", **columns: object) -> Path:
        rng = np.random.default_rng(1)
        table = Table({"name": [f"s{i}" for i in range(60)], "u": rng.normal(size=60), "g": rng.normal(size=60),
                       "kind": ["Star", "Galaxy"] * 30, **columns})
        path = tmp_path / name
        table.write(path)
        return path

    return make


def test_columns_of_hdf5_whose_names_cannot_be_read_are_told(serve: Callable[..., str], page: Page, tmp_path: Path):
    rows = np.zeros(3, dtype=[("index", "i8"), ("values_block_0", "f8", (2,))])
    with h5py.File(tmp_path / "frame.h5", "w") as file:
        file.create_dataset("cat/table", data=rows).attrs["values_block_0_kind"] = np.bytes_(b"no names")
    page.goto(serve(App().page))
    page.get_by_role("button", name="Choose a catalogue").click()
    read(page, tmp_path / "frame.h5")
    expect(page.get_by_text("frame.h5: 3 rows, 3 columns")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="The names of some columns of /cat/table")).to_contain_text(
        "named by their place instead: values_block_0_0, values_block_0_1. To have their names, give the columns names "
        "of text in pandas")


def test_from_a_catalogue_without_usable_ids_to_a_project(page: Page, start, shared: Path, home: Path):
    app = start()
    page.get_by_role("button", name="Choose a catalogue").click()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    read(page, shared / "labelled" / "nothing.csv")
    expect(page.get_by_text("There is no file")).to_be_visible()
    read(page, shared / "labelled" / "sdss_dr14_10k.csv")
    expect(page.get_by_text("10,000 rows, 18 columns")).to_be_visible()
    target = home / "projects" / "sdss_dr14_10k" / "sdss_dr14_10k.yaml"
    expect(page.get_by_label("Project file")).to_have_value(str(target))
    step_on(page)

    choose(page, "Id of a source", re.compile("^objid "))
    expect(page.get_by_text("Column 'objid' cannot be the id: it has 1 distinct value for 10,000 rows")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    choose(page, "Id of a source", re.compile("from the position"))
    expect(page.get_by_text("J003256.42+144214.4")).to_be_visible()
    expect(page.get_by_label("GALAXY (4,998 sources)")).to_have_value("GALAXY")
    page.get_by_label("STAR (4,152 sources)").fill("Star")
    step_on(page)

    expect(page.get_by_text("Choose at least one column as a feature.")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    pattern = page.get_by_label("Choose by name or pattern")
    pattern.fill("u,g,r,i,zz")
    pattern.press("Enter")
    expect(page.get_by_text("No numeric column is named zz.")).to_be_visible()
    page.wait_for_timeout(500)  # quicker than any person, a new text would meet the echo of the old one
    pattern.fill("u,g,r,i,z")
    expect(pattern).to_have_value("u,g,r,i,z")
    pattern.press("Enter")
    page.get_by_role("button", name="Add a combination").click()
    expect(page.get_by_text("15 features (5 columns and 10 combinations)")).to_be_visible()

    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("STAR (4,152 sources)")).to_have_value("Star")
    expect(page.get_by_label("Id of a source")).to_contain_text("from the position")
    step_on(page)
    expect(page.get_by_text("15 features (5 columns and 10 combinations)")).to_be_visible()
    step_on(page)

    expect(page.get_by_text("10,000 sources, 15 features, 3 classifiers: GALAXY, Star, QSO.")).to_be_visible()
    expect(page.get_by_text(f"Will be written to {target}")).to_be_visible()
    assert not target.exists()
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project is there")).to_be_visible()

    assert app.created == [target]
    with Session.open(target) as session:
        assert session.dataset.counts == {"GALAXY": 4998, "Star": 4152, "QSO": 850}
        assert session.dataset.features.names[:7] == ("u", "g", "r", "i", "z", "u-g", "u-r")
        assert session.dataset.catalogue.position is not None


def test_an_uploaded_catalogue_comes_to_lie_beside_its_project(page: Page, start, small, home: Path):
    app = start()
    page.get_by_role("button", name="Choose a catalogue").click()
    page.get_by_label("Path of the catalogue").wait_for()  # before it, the file field is that of the start page
    page.locator("input[type=file]").set_input_files(small(filler=np.zeros((60, 30_000))))  # two chunks
    expect(page.get_by_text("60 rows, 5 columns")).to_be_visible()
    expect(page.get_by_text("1 of vectors")).to_be_visible()
    step_on(page)
    expect(page.get_by_text("Each source has an id of its own: s0, s1, s10")).to_be_visible()
    choose(page, "Column of known labels", "kind")
    expect(page.get_by_label("Star (30 sources)")).to_be_visible()
    step_on(page)
    page.get_by_role("button", name="All numeric").click()
    step_on(page)
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project is there")).to_be_visible()
    (path,) = app.created
    assert sorted(item.name for item in path.parent.iterdir()) == ["small.fits", "small.yaml"]
    assert read_config(path).catalogue.path == "small.fits"


def test_text_of_a_catalogue_is_never_taken_for_html(page: Page, start, small):
    evil = "<img src=x onerror=document.title=1>"
    start()
    page.get_by_role("button", name="Choose a catalogue").click()
    read(page, small(**{evil: np.arange(60.0), "type": [evil, "**bold**"] * 30, "kind": [evil] * 60}))
    expect(page.get_by_text(evil).first).to_be_visible()
    step_on(page)
    choose(page, "Column of known labels", "type")
    expect(page.get_by_label(f"{evil} (30 sources)")).to_be_visible()
    choose(page, "Id of a source", re.compile("^type "))
    expect(page.get_by_text(f"first repeated: '**bold**', '{evil}'")).to_be_visible()
    choose(page, "Id of a source", re.compile("^name "))
    step_on(page)
    page.get_by_role("button", name="All numeric").click()
    step_on(page)
    expect(page.get_by_text("60 sources, 3 features")).to_be_visible()
    assert page.title() != "1"


def test_one_of_several_tables(page: Page, start, tmp_path: Path):
    from astropy.io import fits

    first = fits.BinTableHDU(Table({"a": [1, 2, 3]}), name="FIRST")
    second = fits.BinTableHDU(Table({"b": ["x", "y"], "c": [1.0, 2.0]}), name="SECOND")
    path = tmp_path / "two.fits"
    fits.HDUList([fits.PrimaryHDU(), first, second]).writeto(path)
    start()
    page.get_by_role("button", name="Choose a catalogue").click()
    read(page, path)
    expect(page.get_by_text("holds 2 tables")).to_be_visible()
    choose(page, "Table", re.compile("SECOND"))
    expect(page.get_by_text("2 rows, 2 columns")).to_be_visible()


def test_classes_are_typed_where_there_is_no_label(page: Page, start, small):
    app = start()
    page.get_by_role("button", name="Choose a catalogue").click()
    read(page, small(kind=np.arange(60.0)))
    step_on(page)
    expect(page.get_by_text("Name at least two classes")).to_be_visible()
    page.get_by_label("Names of the classes").fill("Pulsar, Noise")
    page.keyboard.press("Tab")
    step_on(page)
    page.get_by_role("button", name="All numeric").click()
    step_on(page)
    expect(page.get_by_text("There are no known labels")).to_be_visible()
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project is there")).to_be_visible()
    assert read_config(app.created[0]).class_names == ("Pulsar", "Noise")


def test_the_wizard_by_keyboard_alone(page: Page, start, small):
    start()
    page.get_by_role("button", name="Choose a catalogue").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Path of the catalogue").focus()
    page.keyboard.type(str(small()))
    page.keyboard.press("Enter")
    expect(page.get_by_text("60 rows")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_enabled()
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Id of a source").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name=re.compile("row number")).wait_for()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Each source has an id of its own: 1, 10, 11")).to_be_visible()


def test_start_page_opens_what_is_there_and_says_what_is_not(page: Page, start, tmp_path: Path):
    app = start()
    expect(page.get_by_text("20,000 simulated stars")).to_be_visible()
    field = page.get_by_label("Path of the config")
    for wrong, said in (
        ("", "Type the path"),
        (tmp_path / "no.yaml", "There is no file"),
        (tmp_path, "A config ends in"),
    ):
        field.fill(str(wrong))
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.get_by_text(said)).to_be_visible()
    assert app.opened == []
    path = tmp_path / "project.yaml"
    path.touch()
    field.fill(str(path))
    field.press("Enter")
    assert comes_true(page, lambda: app.opened == [path])
    page.get_by_role("button", name="Try the example").click()
    assert comes_true(page, lambda: app.example == [False])


def test_an_example_from_before_is_continued_or_started_afresh(page: Page, start):
    app = start(example_exists=True)
    page.get_by_role("button", name="Continue the example").click()
    page.get_by_role("button", name="Start it afresh").click()
    assert comes_true(page, lambda: app.example == [False, True])


def test_an_uploaded_config_is_kept(page: Page, start, tmp_path: Path, home: Path):
    config = tmp_path / "shared.yaml"
    config.write_text("schema_version: 1\ncatalogue: {path: data/gone.fits, id: {column: name}, labels: kind}\n")
    app = start()
    upload = page.locator("input[type=file]")
    upload.set_input_files(config)
    expect(page.get_by_text("did you mean 'label'")).to_be_visible()
    assert not (home / "projects").exists()
    config.write_text("schema_version: 1\ncatalogue: {path: data/gone.fits, id: {column: name}, label: kind}\n")
    choose(page, "What to take from it", re.compile("All settings"))
    upload.set_input_files(config)
    path = home / "projects" / "shared" / "shared.yaml"
    assert comes_true(page, lambda: app.opened == [path])
    assert app.levels == ["settings"]
    assert path.read_bytes() == config.read_bytes()
