"""The basic plot in a browser."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import pytest
from PIL import Image
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.page.frame import make_page
from astronomical.dashboard.panes.plot.pane import PlotPane
from astronomical.dashboard.panes.tables.selection import SelectionPane
from astronomical.session import Session
from tests.stubs.small_project import MISSING_ID, make_project
from tests.support.waiting import wait_until


class Served:
    """A pane in a page, and what it reported."""

    def __init__(self, session: Session, settings: dict[str, Any]) -> None:
        self.session = session
        self.settings = settings
        self.saved: list[dict[str, Any]] = []
        self.pane: PlotPane | None = None
        self.dark = False

    def app(self) -> Any:
        config = PaneConfig(id="plot", kind="basic", x=0, y=7, w=3, h=5, settings=self.settings)
        self.pane = PlotPane(self.session, config, self.saved.append)
        return make_page("Plot", main=[self.pane.view], dark=self.dark)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session.open(make_project(tmp_path), who="tester") as opened:
        yield opened


@pytest.fixture
def open_plot(
    session: Session, serve: Callable[..., str], new_page: Callable[..., Any]
) -> Iterator[Callable[..., tuple[Any, Served]]]:
    served: list[Served] = []

    def start(width: int = 310, height: int = 320, **settings: Any) -> tuple[Any, Served]:
        one = Served(session, settings or {"x": "g", "y": "r"})
        served.append(one)
        page = new_page(width, height)
        page.goto(serve(one.app))
        return page, one

    yield start
    for one in served:
        if one.pane is not None:
            one.pane.close()


def pixels(page: Any, unlike: np.ndarray | None = None) -> np.ndarray:
    """Return the canvas of the plot as RGB, shape (height, width, 3), once it is unlike another and at rest."""
    canvas = page.locator(".bk-Canvas")
    canvas.wait_for()
    shots: list[np.ndarray] = []

    def at_rest() -> bool:
        page.wait_for_timeout(300)
        try:
            shots.append(rgb(canvas.screenshot()))
        except PlaywrightError:  # another plot is taking the place of this one
            shots.clear()
        return (
            len(shots) > 2
            and all(np.array_equal(shot, shots[-1]) for shot in shots[-3:])
            and (unlike is None or not np.array_equal(shots[-1], unlike))
        )

    wait_until(page, at_rest)
    return shots[-1]


def rgb(image: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB")).astype(int)


def share_of(image: np.ndarray, colour: str) -> float:
    """Return the share of pixels within reach of a colour."""
    wanted = np.array(list(bytes.fromhex(colour[1:])))
    return float((np.abs(image - wanted).max(axis=2) < 40).mean())


def coloured(image: np.ndarray) -> float:
    """Return the share of pixels in the colours of the classes."""
    return share_of(image, "#0072B2") + share_of(image, "#E69F00")


def where(page: Any, pane: PlotPane, id: str) -> tuple[float, float]:
    """Return where in the page the point of a source is drawn."""
    return page.evaluate(
        """([x, y]) => {
        const view = Object.values(Bokeh.index).flatMap(function all(view) {
          return [view, ...(view.child_views || []).flatMap(all)] }).find((view) => view.frame != null)
        const box = view.el.shadowRoot.querySelector('.bk-Canvas').getBoundingClientRect()
        return [box.x + view.frame.x_scale.compute(x), box.y + view.frame.y_scale.compute(y)]
    }""",
        list(pane.points.places([id])[0]),
    )


def test_points_have_the_colours_of_their_classes(open_plot: Callable[..., Any]) -> None:
    page, _ = open_plot()
    image = pixels(page)
    assert share_of(image, "#0072B2") > 0.002
    assert share_of(image, "#E69F00") > 0.002
    entries = page.locator(".entry").all_text_contents()
    assert entries == ["Star180", "Galaxy179", "unknown40"]


def test_a_click_selects_the_nearest_source(open_plot: Callable[..., Any], session: Session) -> None:
    page, served = open_plot(400, 400)
    pixels(page)
    id = "J0100"
    x, y = where(page, served.pane, id)
    page.mouse.click(x, y)
    wait_until(page, lambda: session.state.focus is not None)
    found = where(page, served.pane, session.state.focus)
    assert np.hypot(found[0] - x, found[1] - y) < 4


@pytest.mark.slow
def test_a_click_far_from_all_points_selects_nothing(open_plot: Callable[..., Any], session: Session) -> None:
    page, served = open_plot(400, 400)
    pixels(page)
    chosen = []
    session.state.param.watch(lambda event: chosen.append(event.new), "focus")
    box = page.locator(".bk-Canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 60, box["y"] + box["height"] - 60)
    page.wait_for_timeout(700)  # a second click within a moment would be a double click
    page.mouse.click(*where(page, served.pane, "J0100"))
    wait_until(page, lambda: session.state.focus is not None)
    assert len(chosen) == 1  # by the second click only


@pytest.mark.slow
def test_columns_that_no_source_has_give_a_message(open_plot: Callable[..., Any]) -> None:
    page, _ = open_plot(x="ra", y="empty")
    page.get_by_text("No source has values of both ra and empty").wait_for()
    assert not page.locator(".bk-Canvas").is_visible()


@pytest.mark.slow
def test_the_selected_source_is_marked_where_it_is(open_plot: Callable[..., Any], session: Session) -> None:
    page, served = open_plot(400, 400)
    before = pixels(page)
    session.focus("J0100")
    after = pixels(page, unlike=before)
    changed = np.argwhere(np.abs(after - before).max(axis=2) > 60)
    box = page.locator(".bk-Canvas").bounding_box()
    x, y = where(page, served.pane, "J0100")
    down, right = changed.mean(axis=0)
    assert np.hypot(box["x"] + right - x, box["y"] + down - y) < 4
    assert len(changed) > 60


@pytest.mark.slow
def test_a_focus_does_not_shade_the_points_anew(
    open_plot: Callable[..., Any], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = open_plot(400, 400)
    before = pixels(page)
    calls = []
    monkeypatch.setattr("astronomical.plots.elements.shade_cloud", lambda *args: calls.append(args))
    session.focus("J0100")
    pixels(page, unlike=before)
    assert calls == []


@pytest.mark.slow
def test_a_source_that_cannot_be_seen_is_said_to_be(open_plot: Callable[..., Any], session: Session) -> None:
    page, _ = open_plot()
    pixels(page)
    session.focus(MISSING_ID)
    page.get_by_text("no data for this plot").wait_for()


@pytest.mark.slow
def test_axes_change_and_are_reported(open_plot: Callable[..., Any], session: Session) -> None:
    page, served = open_plot(400, 400)
    pixels(page)
    page.get_by_role("combobox").first.click()
    page.get_by_placeholder("Search...").fill("r-i")
    page.locator("li[data-matched=true]", has_text="r-i").click()
    page.get_by_placeholder("Search...").wait_for(state="hidden")
    wait_until(page, lambda: served.saved == [{"x": "r-i", "y": "r", "colour": "catalogue"}])

    def of_a_colour() -> bool:
        low, high = served.pane.points.frame.x_range
        return -5 < low < high < 5

    wait_until(page, of_a_colour)


@pytest.mark.slow
def test_my_labels_follow_the_ledger(open_plot: Callable[..., Any], session: Session) -> None:
    page, _ = open_plot(x="g", y="r", colour="mine")
    page.locator(".entry").first.wait_for()
    assert page.locator(".entry").all_text_contents() == ["not labelled399"]
    session.focus("J0100")
    session.assign("Galaxy")
    page.locator(".entry", has_text="Galaxy").wait_for()
    assert page.locator(".entry").all_text_contents() == ["Galaxy1", "not labelled398"]


@pytest.mark.slow
def test_a_class_can_be_hidden(open_plot: Callable[..., Any]) -> None:
    page, _ = open_plot()
    before = pixels(page)
    page.locator(".entry", has_text="Galaxy").click()
    page.locator(".entry[aria-pressed=false]").wait_for()
    image = pixels(page, unlike=before)
    assert share_of(image, "#E69F00") < 0.0005
    assert share_of(image, "#0072B2") > 0.002


@pytest.mark.slow
def test_the_theme_can_be_toggled_while_open(open_plot: Callable[..., Any]) -> None:
    page, _ = open_plot()
    light = pixels(page)
    assert np.median(light) > 200
    page.get_by_label("Toggle theme").click()
    wait_until(page, lambda: bool(np.median(pixels(page, unlike=light)) < 60))


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"x": "gone", "y": "r"}, {"x": "note", "y": "r"}])
def test_a_column_that_is_not_there_is_named(open_plot: Callable[..., Any], settings: dict[str, str]) -> None:
    page, _ = open_plot(**settings)
    page.get_by_text(f"no numeric column or feature '{settings['x']}'").wait_for()


@pytest.mark.slow
def test_closing_lets_go_of_the_session(session: Session) -> None:
    def n_watchers() -> int:
        return sum(len(found) for kinds in session.state.param.watchers.values() for found in kinds.values())

    before = n_watchers()
    pane = PlotPane(
        session,
        PaneConfig(id="p", kind="basic", x=0, y=0, w=3, h=5, settings={"x": "g", "y": "r"}),
        lambda settings: None,
    )
    assert n_watchers() > before
    pane.close()
    assert n_watchers() == before


def choose_tool(page: Any, name: str) -> None:
    """Take a tool of the plot, as a click on its button in the toolbar does."""
    page.evaluate(
        """(name) => {
        const all = (view) => [view, ...(view.child_views || []).flatMap(all)]
        const view = Object.values(Bokeh.index).flatMap(all).find((view) => view.frame != null)
        view.model.toolbar.tools.find((tool) => tool.type === name).active = true
    }""",
        name,
    )


def draw(page: Any, tool: str, *places: tuple[float, float], selects: Callable[[], bool]) -> None:
    """Draw with a tool until that selects; another plot may take the place of this one meanwhile."""

    def drawn() -> bool:
        with suppress(PlaywrightError):
            choose_tool(page, tool)
            drag(page, *places)
        page.wait_for_timeout(1000)
        return selects()

    wait_until(page, drawn)


def drag(page: Any, *places: tuple[float, float]) -> None:
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


@pytest.mark.slow
def test_a_box_selects_the_sources_inside_and_they_stand_out(open_plot: Callable[..., Any], session: Session) -> None:
    page, served = open_plot(500, 400)
    before = pixels(page)
    box = page.locator(".bk-Canvas").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    start = (box["x"] + 80, box["y"] + 20)
    draw(page, "BoxSelectTool", start, middle, selects=lambda: len(session.state.selection) > 5)
    places = [where(page, served.pane, id) for id in session.state.selection]
    assert all(box["x"] + 78 <= x <= middle[0] + 2 and box["y"] + 18 <= y <= middle[1] + 2 for x, y in places)
    page.get_by_text(f"{len(places):,} selected").wait_for()
    wait_until(page, lambda: coloured(pixels(page)) < coloured(before) * 0.8)
    session.select(())
    page.get_by_text("selected").wait_for(state="hidden")
    wait_until(page, lambda: abs(coloured(pixels(page)) - coloured(before)) < 0.001)


@pytest.mark.slow
def test_a_lasso_selects_the_sources_inside(open_plot: Callable[..., Any], session: Session) -> None:
    page, served = open_plot(500, 400)
    pixels(page)
    x, y = where(page, served.pane, "J0100")
    corners = ((x - 15, y - 15), (x + 15, y - 15), (x + 15, y + 15), (x - 15, y + 15))
    draw(page, "LassoSelectTool", *corners, selects=lambda: "J0100" in session.state.selection)
    assert len(session.state.selection) < 200


@pytest.mark.slow
def test_any_column_can_give_the_colour(open_plot: Callable[..., Any], session: Session) -> None:
    page, served = open_plot(500, 400, x="g", y="r", colour="column:i")
    first = pixels(page)
    bar = page.locator(".bar")
    assert bar.text_content().startswith("mean i (mag)")
    ranges = served.pane.points.frame
    bar.click()
    page.locator(".bar", has_text="max i (mag)").wait_for()
    assert served.saved[-1] == {"x": "g", "y": "r", "colour": "column:i", "statistic": "max"}
    assert served.pane.points.frame == ranges
    assert share_of(first, "#0072B2") < 0.001


def test_a_box_fills_the_table_whose_sources_are_labelled_in_bulk_and_undone_in_one_step(
    session: Session, serve: Callable[..., str], new_page: Callable[..., Any]
) -> None:
    made: list[Any] = []
    asked: list[str] = []

    def app() -> Any:
        plot = PlotPane(
            session,
            PaneConfig(id="plot", kind="basic", x=0, y=0, w=3, h=5, settings={"x": "g", "y": "r"}),
            lambda settings: None,
            on_selection=asked.append,
        )
        table = SelectionPane(session, PaneConfig(id="table", kind="table", x=3, y=0, w=3, h=5), lambda settings: None)
        made.extend([plot, table])
        return make_page(
            "Plot",
            main=[pn.Row(pn.Column(plot.view, width=500, height=500), pn.Column(table.view, width=640, height=500))],
        )

    page = new_page(1280, 800)
    page.goto(serve(app))
    pixels(page)
    page.get_by_text("No sources are selected.").wait_for()
    box = page.locator(".bk-Canvas").first.bounding_box()
    start, end = (box["x"] + 60, box["y"] + 10), (box["x"] + box["width"] - 10, box["y"] + box["height"] - 60)
    draw(page, "BoxSelectTool", start, end, selects=lambda: len(session.state.selection) > 100)
    n = len(session.state.selection)
    page.get_by_text(f"{n:,} sources selected", exact=True).wait_for()
    page.get_by_text(f"{n:,} selected", exact=True).wait_for()
    for action in ("Label…", "List", "Send"):
        page.get_by_role("button", name=action, exact=True).click()
    wait_until(page, lambda: asked == ["label", "list", "send"])
    rows = page.locator(".tabulator-row")
    rows.nth(1).wait_for()
    assert rows.count() <= 50 < n
    page.get_by_text("<b>J0007</b>&amp;", exact=True).wait_for()
    rows.nth(2).locator(".tabulator-cell:visible").first.click()
    wait_until(page, lambda: session.state.focus is not None)
    assert rows.nth(2).locator(".tabulator-cell:visible").first.text_content() == session.state.focus
    ids = sorted(session.state.selection, key=str.lower)
    page.locator(".tabulator-col-title", has_text="id").first.click()
    wait_until(page, lambda: rows.nth(0).locator(".tabulator-cell:visible").first.text_content() == ids[0])
    contains = page.locator(".tabulator-header-filter input:visible").first
    contains.press_sequentially(ids[-1])
    wait_until(page, lambda: rows.count() == 1)
    rows.nth(0).locator(".tabulator-cell:visible").first.click()
    wait_until(page, lambda: session.state.focus == ids[-1])
    contains.press("Control+a")
    contains.press("Backspace")
    wait_until(page, lambda: rows.count() > 2)
    assert rows.nth(1).locator(".tabulator-cell:visible").first.text_content() == ids[1], "the order stays"
    page.get_by_text("Label selection…").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Label", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Galaxy", exact=True).click()
    page.get_by_text(f"Label {n:,} sources as Galaxy?").wait_for()
    page.get_by_role("button", name="Label", exact=True).click()
    wait_until(page, lambda: len(session.ledger.human_labels) == n)
    rows.nth(2).locator(".tabulator-cell", has_text="Galaxy").first.wait_for()
    session.undo()
    assert dict(session.ledger.human_labels) == {}
    page.get_by_text("Clear", exact=True).click()
    page.get_by_text("No sources are selected.").wait_for()
    assert session.state.selection == ()
    for pane in made:
        pane.close()
