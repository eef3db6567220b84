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
from astronomical.dashboard.page.frame import make_page
from astronomical.dashboard.page.open_card import OpenRequest
from astronomical.dashboard.page.start import StartPage
from astronomical.dashboard.wizard.wizard import Wizard
from astronomical.session import Session
from tests.support.waiting import wait_until

playwright = pytest.importorskip("playwright.sync_api")
expect, Page = playwright.expect, playwright.Page


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


def read(page: Page, path: Path) -> None:
    field = page.get_by_label("Catalogue file")
    field.fill(str(path))
    field.press("Enter")


def step_on(page: Page) -> None:
    page.get_by_role("button", name="Next").click()


@pytest.fixture
def start(page: Page, serve: Callable[..., str]) -> Callable[..., App]:
    def open_page(**options: bool) -> App:
        app = App(**options)
        page.goto(serve(lambda: app.page()))
        page.get_by_role("button", name="Choose a catalogue…").wait_for()
        page.set_default_timeout(30_000)
        return app

    return open_page


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    """Write a FITS file of 60 stars and galaxies; further keywords are columns."""

    def make(name: str = "small.fits", **columns: object) -> Path:
        rng = np.random.default_rng(1)
        table = Table(
            {
                "name": [f"s{i}" for i in range(60)],
                "u": rng.normal(size=60),
                "g": rng.normal(size=60),
                "kind": ["Star", "Galaxy"] * 30,
                **columns,
            }
        )
        path = tmp_path / name
        table.write(path)
        return path

    return make


@pytest.mark.slow
def test_columns_of_hdf5_whose_names_cannot_be_read_are_told(serve: Callable[..., str], page: Page, tmp_path: Path):
    rows = np.zeros(3, dtype=[("index", "i8"), ("values_block_0", "f8", (2,))])
    with h5py.File(tmp_path / "frame.h5", "w") as file:
        file.create_dataset("cat/table", data=rows).attrs["values_block_0_kind"] = np.bytes_(b"no names")
    page.goto(serve(App().page))
    page.get_by_role("button", name="Choose a catalogue…").click()
    read(page, tmp_path / "frame.h5")
    expect(page.get_by_text("frame.h5: 3 rows, 3 columns")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="The names of some columns of /cat/table")).to_contain_text(
        "named by their place instead: values_block_0_0, values_block_0_1. To have their names, give the columns names "
        "of text in pandas"
    )


def test_from_a_catalogue_without_usable_ids_to_a_project(page: Page, start, shared: Path, home: Path):
    app = start()
    page.get_by_role("button", name="Choose a catalogue…").click()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    read(page, shared / "labelled" / "nothing.csv")
    expect(page.get_by_text("There is no file")).to_be_visible()
    read(page, shared / "labelled" / "sdss_dr14_10k.csv")
    expect(page.get_by_text("10,000 rows, 18 columns")).to_be_visible()
    target = home / "projects" / "sdss_dr14_10k" / "sdss_dr14_10k.yaml"
    expect(page.get_by_label("Project file", exact=True)).to_have_value(str(target))
    step_on(page)

    choose(page, "Source id", re.compile("^objid "))
    expect(page.get_by_text("Column 'objid' cannot be the id: it contains floating-point numbers")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    choose(page, "Source id", re.compile("from the position"))
    expect(page.get_by_text("J003256.42+144214.4")).to_be_visible()
    expect(page.get_by_label("GALAXY (4,998 sources)")).to_have_value("GALAXY")
    page.get_by_label("STAR (4,152 sources)").fill("Star")
    step_on(page)

    # Magnitudes and colours are chosen already; ids, dates and the redshift are not.
    expect(page.get_by_text("15 features (5 columns and 10 combinations)")).to_be_visible()
    expect(page.get_by_text("mjd (time)")).to_be_visible()
    page.get_by_role("button", name="None", exact=True).click()
    expect(page.get_by_text("Choose at least one column as a feature.")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    pattern = page.get_by_label("Select by name or pattern")
    pattern.fill("u,g,r,i,zz")
    pattern.press("Enter")
    expect(page.get_by_text("No numeric column matches zz.")).to_be_visible()
    page.wait_for_timeout(500)  # quicker than any person, a new text would meet the echo of the old one
    pattern.fill("u,g,r,i,z")
    expect(pattern).to_have_value("u,g,r,i,z")
    pattern.press("Enter")
    expect(page.get_by_text("15 features (5 columns and 10 combinations)")).to_be_visible()

    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("STAR (4,152 sources)")).to_have_value("Star")
    expect(page.get_by_label("Source id")).to_contain_text("from the position")
    step_on(page)
    expect(page.get_by_text("15 features (5 columns and 10 combinations)")).to_be_visible()
    step_on(page)

    expect(page.get_by_text("10,000 sources, 15 features, 3 classifiers: GALAXY, Star, QSO.")).to_be_visible()
    expect(page.get_by_text(f"The project file will be {target}")).to_be_visible()
    assert not target.exists()
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project is there")).to_be_visible()

    assert app.created == [target]
    with Session.open(target) as session:
        assert session.dataset.counts == {"GALAXY": 4998, "Star": 4152, "QSO": 850}
        assert session.dataset.features.names[:7] == ("u", "g", "r", "i", "z", "u-g", "u-r")
        assert session.dataset.catalogue.position is not None


@pytest.mark.slow
def test_an_uploaded_catalogue_comes_to_lie_beside_its_project(page: Page, start, small, home: Path):
    app = start()
    page.get_by_role("button", name="Choose a catalogue…").click()
    page.get_by_label("Catalogue file").wait_for()  # before it, the file field is that of the start page
    page.locator("input[type=file]").set_input_files(small(filler=np.zeros((60, 30_000))))  # two chunks
    expect(page.get_by_text("60 rows, 5 columns")).to_be_visible()
    expect(page.get_by_text("1 of vectors")).to_be_visible()
    step_on(page)
    expect(page.get_by_text("Each source has a unique id: s0, s1, s10")).to_be_visible()
    choose(page, "Label column", "kind")
    expect(page.get_by_label("Star (30 sources)")).to_be_visible()
    step_on(page)
    page.get_by_role("button", name="All numeric").click()
    step_on(page)
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project is there")).to_be_visible()
    (path,) = app.created
    assert sorted(item.name for item in path.parent.iterdir()) == ["small.fits", "small.yaml"]
    assert read_config(path).catalogue.path == "small.fits"


@pytest.mark.slow  # test_hostile.py tries many more texts
def test_text_of_a_catalogue_is_never_taken_for_html(page: Page, start, small):
    evil = "<img src=x onerror=document.title=1>"
    start()
    page.get_by_role("button", name="Choose a catalogue…").click()
    read(page, small(**{evil: np.arange(60.0), "type": [evil, "**bold**"] * 30, "kind": [evil] * 60}))
    expect(page.get_by_text(evil).first).to_be_visible()
    step_on(page)
    choose(page, "Label column", re.compile("^type$"))
    expect(page.get_by_label(f"{evil} (30 sources)")).to_be_visible()
    choose(page, "Source id", re.compile("^type "))
    expect(page.get_by_text(f"first repeated: '**bold**', '{evil}'")).to_be_visible()
    choose(page, "Source id", re.compile("^name "))
    step_on(page)
    page.get_by_role("button", name="All numeric").click()
    step_on(page)
    expect(page.get_by_text("60 sources, 3 features")).to_be_visible()
    assert page.title() != "1"


@pytest.mark.slow
def test_one_of_several_tables(page: Page, start, tmp_path: Path):
    from astropy.io import fits

    first = fits.BinTableHDU(Table({"a": [1, 2, 3]}), name="FIRST")
    second = fits.BinTableHDU(Table({"b": ["x", "y"], "c": [1.0, 2.0]}), name="SECOND")
    path = tmp_path / "two.fits"
    fits.HDUList([fits.PrimaryHDU(), first, second]).writeto(path)
    start()
    page.get_by_role("button", name="Choose a catalogue…").click()
    read(page, path)
    expect(page.get_by_text("two.fits has 2 tables")).to_be_visible()
    choose(page, "Table", re.compile("SECOND"))
    expect(page.get_by_text("2 rows, 2 columns")).to_be_visible()


@pytest.mark.slow
def test_a_first_line_of_values_is_a_question(page: Page, start, tmp_path: Path):
    path = tmp_path / "plain.dat"
    kinds = ("Star", "star", "?", "Galaxy")
    path.write_text("".join(f"s{n} {n}.5 {n % 9}.25 {kinds[n % 4]}\n" for n in range(60)))
    app = start()
    page.get_by_role("button", name="Choose a catalogue…").click()
    read(page, path)
    expect(page.get_by_text("looks like values: s0 0.5 0.25 Star")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_enabled()
    page.get_by_role("button", name="The first source").click()
    expect(page.get_by_text("plain.dat: 60 rows, 4 columns")).to_be_visible()
    expect(page.get_by_text("looks like values")).to_have_count(0)
    step_on(page)
    choose(page, "Label column", "col4")
    expect(page.get_by_label("Labels that mean unknown")).to_have_value("?")
    expect(page.get_by_text("'Star', 'star' look alike, but are different classes.")).to_be_visible()
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_text("form one class, Star.")).to_be_visible()
    expect(page.get_by_text("look alike")).to_have_count(0)
    step_on(page)
    page.get_by_role("button", name="All numeric").click()
    step_on(page)
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project is there")).to_be_visible()
    config = read_config(app.created[0])
    assert (config.catalogue.format, config.class_names) == ("text-no-header", ("Galaxy", "Star"))
    assert config.catalogue.unknown_labels == ("?",)


@pytest.mark.slow
def test_classes_are_typed_where_there_is_no_label(page: Page, start, small):
    app = start()
    page.get_by_role("button", name="Choose a catalogue…").click()
    read(page, small(kind=np.arange(60.0)))
    step_on(page)
    expect(page.get_by_text("Enter at least two classes")).to_be_visible()
    page.get_by_label("Class names").fill("Pulsar, Noise")
    page.keyboard.press("Tab")
    step_on(page)
    page.get_by_role("button", name="All numeric").click()
    step_on(page)
    expect(page.get_by_text("There are no known labels")).to_be_visible()
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project is there")).to_be_visible()
    assert read_config(app.created[0]).class_names == ("Pulsar", "Noise")


@pytest.mark.slow
def test_the_wizard_by_keyboard_alone(page: Page, start, small):
    start()
    page.get_by_role("button", name="Choose a catalogue…").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Catalogue file").focus()
    page.keyboard.type(str(small()))
    page.keyboard.press("Enter")
    expect(page.get_by_text("60 rows")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_enabled()
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Source id").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name=re.compile("row number")).wait_for()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Each source has a unique id: 1, 10, 11")).to_be_visible()


def test_start_page_opens_what_is_there_and_says_what_is_not(page: Page, start, tmp_path: Path):
    app = start()
    expect(page.get_by_text("20,000 simulated stars")).to_be_visible()
    field = page.get_by_label("Project file", exact=True)
    for wrong, said in (
        ("", "Enter the path"),
        (tmp_path, "A project file ends in"),
    ):
        field.fill(str(wrong))
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.get_by_text(said)).to_be_visible()
    assert app.opened == []
    path = tmp_path / "project.yaml"
    path.touch()
    field.fill(str(path))
    field.press("Enter")
    wait_until(page, lambda: app.opened == [path])
    page.get_by_role("button", name="Try the example").click()
    wait_until(page, lambda: app.example == [False])


@pytest.mark.slow
def test_an_example_from_before_is_continued_or_started_afresh(page: Page, start):
    app = start(example_exists=True)
    page.get_by_role("button", name="Continue the example").click()
    page.get_by_role("button", name="Start over").click()
    wait_until(page, lambda: app.example == [False, True])


@pytest.mark.slow
def test_an_uploaded_config_is_kept(page: Page, start, tmp_path: Path, home: Path):
    config = tmp_path / "shared.yaml"
    config.write_text("schema_version: 1\ncatalogue: {path: data/gone.fits, id: {column: name}, labels: kind}\n")
    app = start()
    upload = page.locator("input[type=file]")
    upload.set_input_files(config)
    expect(page.get_by_text("did you mean 'label'")).to_be_visible()
    assert not (home / "projects").exists()
    config.write_text("schema_version: 1\ncatalogue: {path: data/gone.fits, id: {column: name}, label: kind}\n")
    choose(page, "What to open", re.compile("All settings"))
    upload.set_input_files(config)
    path = home / "projects" / "shared" / "shared.yaml"
    wait_until(page, lambda: app.opened == [path])
    assert app.levels == ["settings"]
    assert path.read_bytes() == config.read_bytes()


@pytest.mark.slow
def test_thousands_of_labels_are_grouped_by_pattern_and_a_leak_is_said(page: Page, start, tmp_path: Path):
    n = 4124
    rng = np.random.default_rng(1)
    kinds = [f"{'OBAFGKM'[i % 7]}{i // 7 / 100:.2f}{('V', 'III')[i % 2]}" for i in range(n)]
    table = Table({"name": [f"s{i}" for i in range(n)], "row_index": np.arange(n), "bv": rng.normal(size=n)})
    table["spectral_type"] = kinds
    table.write(tmp_path / "stars.fits")
    app = start()
    page.get_by_role("button", name="Choose a catalogue…").click()
    read(page, tmp_path / "stars.fits")
    expect(page.get_by_text("4,124 rows, 4 columns")).to_be_visible()
    step_on(page)
    choose(page, "Source id", re.compile("^name "))
    group = page.get_by_label("Group labels by pattern")
    group.fill("early = O*, B*; late = M*")
    group.press("Enter")
    expect(page.get_by_text(re.compile(r"and [0-9,]+ more form one class, early\."))).to_be_visible()
    expect(page.get_by_label("Class (1,179 sources)")).to_have_value("early")
    expect(page.get_by_label("Class (589 sources)")).to_be_disabled()
    step_on(page)
    expect(page.get_by_text("row_index (index)")).to_be_visible()
    chosen = page.get_by_label("Select by name or pattern")
    chosen.fill("*")
    chosen.press("Enter")
    step_on(page)
    expect(page.get_by_text("Column 'row_index' numbers the rows of the table")).to_be_visible()
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project is there")).to_be_visible()
    assert read_config(app.created[0]).class_names == ("early", "late")


def test_vectors_beside_the_catalogue_become_features(page: Page, start, small, tmp_path: Path):
    app = start()
    np.save(tmp_path / "emb.npy", np.random.default_rng(2).normal(size=(60, 40)).astype(np.float32))
    page.get_by_role("button", name="Choose a catalogue…").click()
    read(page, small())
    expect(page.get_by_text("small.fits: 60 rows, 4 columns")).to_be_visible()
    other = page.get_by_role("textbox", name="Other catalogue")
    other.fill(str(tmp_path / "emb.npy"))
    other.press("Enter")
    expect(page.get_by_text("emb.npy: 60 rows, 1 column that can be added.")).to_be_visible()
    expect(page.get_by_role("combobox", name="Match rows by")).to_contain_text("row by row")
    page.get_by_role("button", name="Match", exact=True).click()
    expect(page.get_by_text("60 matched, 0 unmatched, 0 ambiguous")).to_be_visible()
    page.get_by_role("button", name="Add these columns").click()
    expect(page.get_by_text("Vectors can be used as features: emb.")).to_be_visible()
    target = tmp_path / "project.yaml"
    page.get_by_label("Project file", exact=True).fill(str(target))
    page.get_by_label("Project file", exact=True).press("Tab")
    step_on(page)
    choose(page, "Label column", re.compile("^kind"))
    expect(page.get_by_label("Galaxy (30 sources)")).to_be_visible()
    step_on(page)
    page.get_by_role("combobox", name="Vectors").click()
    page.get_by_role("option", name="emb (40 values)").or_(page.get_by_role("menuitem", name="emb (40 values)")).click()
    number = page.get_by_label("Principal components")
    expect(number).to_have_value("32")
    number.fill("50")
    number.press("Tab")
    expect(page.get_by_text("Column 'emb' has at most 40 principal components.")).to_be_visible()
    number.fill("4")
    number.press("Tab")
    expect(page.get_by_text("emb (4 principal components of 40 values)")).to_be_visible()
    page.get_by_role("button", name="Next").dispatch_event("click")  # the open menu would catch a click of the mouse
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project is there")).to_be_visible()
    assert app.created == [target]
    assert [(item.column, item.components) for item in read_config(target).features.vectors] == [("emb", 4)]
