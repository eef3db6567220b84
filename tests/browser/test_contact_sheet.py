"""The contact sheet in a real browser: images side by side, labelled by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.table import Table
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from astronomical.config.schema import PaneConfig, StartConfig
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from astronomical.session.project.project_store import load_project
from tests.support.projects import CLASSES, FEW_TREES, without_models, write_catalogue
from tests.support.workbench import LONG, open_config, shown_id, wait_until_seen

pytestmark = pytest.mark.timeout(600)
N_TILES = 12
#: Grey level in the middle of the image of each tile, by id.
GREYS = """async (tiles) => Object.fromEntries(await Promise.all(tiles.map(async (tile) => {
  const image = tile.querySelector('img')
  if (image == null) { return [tile.dataset.id, null] }
  await image.decode()
  const canvas = document.createElement('canvas')
  const paper = canvas.getContext('2d')
  paper.drawImage(image, 0, 0)
  return [tile.dataset.id, paper.getImageData(4, 4, 1, 1).data[0]]
})))"""


def make(tmp_path: Path, n_tiles: int, queue: int) -> Path:
    """Make a project with an image of each source but every fifth, a contact sheet, and a batch of queries."""
    table = Table.read(write_catalogue(tmp_path / "t.fits", 120))
    ids = [str(id) for id in table["name"]]
    for id in ids:
        if int(id[1:]) % 5:
            Image.new("L", (20, 20), int(id[1:])).save(tmp_path / f"{id}.png")
    table["image"] = [f"{id}.png" for id in ids]
    table.write(tmp_path / "t.fits", overwrite=True)
    path = tmp_path / "p.yaml"
    config = new_project(
        ProjectOptions(
            tmp_path / "t.fits",
            "name",
            label="label",
            label_names=CLASSES,
            features=tuple("ugri"),
            image_columns=("image",),
        ),
        path,
    )
    sheet = PaneConfig(id="sheet", kind="sheet", x=0, y=7, w=7, h=5, settings={"size": n_tiles})
    source = PaneConfig(id="source", kind="source", x=0, y=0, w=7, h=7)
    learning = PaneConfig(id="learning", kind="learning", x=7, y=0, w=5, h=12)
    layout = config.layout.model_copy(update={"panes": (source, sheet, learning)})
    without_models(config.model_copy(update={"layout": layout}), path)
    with Session.open(path, look_ahead=False) as session:
        session.training.start("Star", models=[FEW_TREES], start=StartConfig(mode="random", n=6), queue=queue)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make(tmp_path, N_TILES, 20)


def open_sheet(page: Page, url: str, path: Path, n_tiles: int = N_TILES) -> tuple[Locator, list[str]]:
    """Open the project; return its contact sheet, and the ids of the tiles."""
    open_config(page, url, path)
    sheet = page.locator('[data-id="sheet"]')
    expect(sheet.locator(".tile")).to_have_count(n_tiles, timeout=LONG)
    return sheet, sheet.locator(".tile").evaluate_all("tiles => tiles.map((tile) => tile.dataset.id)")


def show(page: Page, sheet: Locator, id: str) -> None:
    """Wait until the cursor and the source pane are at a source, long enough for a label."""
    expect(sheet.locator(".tile[aria-selected=true]")).to_have_attribute("data-id", id, timeout=LONG)
    expect(page.locator(".id").first).to_have_text(id, timeout=LONG)
    wait_until_seen(page)


def human(path: Path) -> list:
    return [event for event in load_project(path).events if event.who != "catalogue"]


def test_queries_are_labelled_by_keys_alone(app_url: str, page: Page, path: Path):
    sheet, ids = open_sheet(page, app_url, path)
    expect(sheet.locator(".tile img, .tile .reason")).to_have_count(N_TILES, timeout=LONG)
    greys = sheet.locator(".tile").evaluate_all(GREYS)
    assert greys == {id: int(id[1:]) if int(id[1:]) % 5 else None for id in ids}
    for id in ids:
        if greys[id] is None:
            expect(sheet.locator(f'.tile[data-id="{id}"] .reason')).to_contain_text("No such file")

    sheet.locator(".tile").nth(2).click()
    show(page, sheet, ids[2])
    page.keyboard.press("Home")
    show(page, sheet, ids[0])
    for place, key in enumerate("1212"):
        page.keyboard.press(key)
        show(page, sheet, ids[place + 1])
    page.keyboard.press("ArrowRight")
    show(page, sheet, ids[5])
    page.keyboard.press("u")
    show(page, sheet, ids[6])
    assert [(event.id, event.label, event.origin) for event in human(path)] == [
        (ids[0], "Star", "query"),
        (ids[1], "Galaxy", "query"),
        (ids[2], "Star", "query"),
        (ids[3], "Galaxy", "query"),
        (ids[5], None, "query"),
    ]
    assert all(event.score is not None for event in human(path))

    page.keyboard.press("Shift+Digit1")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Label 7 sources as Star?")).to_be_visible(timeout=LONG)
    assert len(human(path)) == 5
    dialog.get_by_role("button", name="Label", exact=True).click()
    # All shown are answered, so that the next best queries are listed.
    expect(sheet.locator(f'.tile[data-id="{ids[0]}"]')).to_have_count(0, timeout=LONG)
    assert [(event.id, event.label) for event in human(path)[5:]] == [(id, "Star") for id in (ids[4], *ids[6:])]
    expect(sheet.locator(".tile")).to_have_count(N_TILES)


@pytest.mark.slow
def test_similar_sources_are_found_from_the_selected_one(app_url: str, page: Page, path: Path):
    sheet, ids = open_sheet(page, app_url, path)
    sheet.locator(".tile").nth(1).click()
    show(page, sheet, ids[1])
    page.locator('[data-id="source"]').get_by_role("tab", name="Why").click()
    page.get_by_role("button", name="More like this").click()
    expect(sheet.locator(".note")).to_contain_text(f"similar to {ids[1]}", timeout=LONG)
    shown = sheet.locator(".tile").evaluate_all("tiles => tiles.map((tile) => tile.dataset.id)")
    with Session.open(path, read_only=True, look_ahead=False) as session:
        assert shown == list(session.similar.sources([ids[1]], n=N_TILES).ids)

    # The selected source is not in this sheet: a key that labels it must not seem to label a tile.
    sheet.locator(".grid").focus()
    expect(sheet.locator(".note")).to_contain_text("not in this sheet", timeout=LONG)
    wait_until_seen(page)
    page.keyboard.press("1")
    page.keyboard.press("ArrowDown")
    show(page, sheet, shown[0])
    page.keyboard.press("1")
    show(page, sheet, shown[1])
    assert [event.id for event in human(path)] == [shown[0]]
    assert shown_id(page) == shown[1]


@pytest.mark.slow
def test_forty_sources_are_labelled_by_keys_alone_and_trained_on(app_url: str, page: Page, tmp_path: Path):
    path = make(tmp_path, 40, 1)
    sheet, ids = open_sheet(page, app_url, path, 40)
    with Session.open(path, read_only=True, look_ahead=False) as session:
        newest = session.round("Star")
        assert ids == list(newest.queries[:40])
    sheet.locator(".grid").focus()
    page.keyboard.press("Home")
    for place, id in enumerate(ids):
        show(page, sheet, id)
        page.keyboard.press("1" if place % 3 else "2")
    # All shown are answered, so that the next best queries are listed.
    expect(sheet.locator(f'.tile[data-id="{ids[0]}"]')).to_have_count(0, timeout=LONG)
    events = human(path)
    assert [event.id for event in events] == ids
    assert [event.label for event in events] == ["Star" if place % 3 else "Galaxy" for place in range(40)]
    assert {(event.origin, event.class_name) for event in events} == {("query", "Star")}
    for event in events:
        listed = event.round == newest.k and event.score == pytest.approx(newest.utilities[ids.index(event.id)])
        # The learner is trained meanwhile, and may ask by itself for a source that is shown.
        assert listed or (event.round > newest.k and event.score is not None)
    expect(page.get_by_text("46 labels").first).to_be_visible(timeout=LONG)
