"""The shell of the dashboard in a browser: grid of panes, keys, page and theme."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.plotting import figure

from astronomical.dashboard.page.frame import make_page
from astronomical.dashboard.page.keys import KeyListener, KeyPress
from astronomical.dashboard.panes.pane_grid import PaneGrid
from astronomical.dashboard.panes.pane_item import PaneItem
from tests.support.waiting import wait_until

pn.extension("gridstack", "tabulator", notifications=True)
hv.extension("bokeh", logo=False)

HOSTILE = "Plot <b>0</b> ${document.title='gone'} \\` {{ 1 }}"


class Demo:
    """One session of a small dashboard, with handles for the test."""

    def __init__(self) -> None:
        self.doc = pn.state.curdoc
        self.pressed: list[KeyPress] = []
        self.moves: list[dict[str, Any]] = []
        self.keys = KeyListener(
            self.pressed.append, keys=["1", "2", "0", "u", "z", "/", "?", "ArrowLeft"], shown="J0001"
        )
        self.dialog = pmui.Dialog(pmui.TextInput(label="Name"), title="Save as")
        table = pn.widgets.Tabulator(
            pd.DataFrame({"column": list("ugriz"), "value": np.arange(5.0)}),
            show_index=False,
            layout="fit_data_stretch",
        )
        learning = pn.Column(
            pmui.TextInput(label="Search"),
            pmui.Select(label="Colour", options=["u", "g"]),
            pmui.RadioButtonGroup(options=["Scores", "Confidence", "Test"]),
            pmui.Row(*(pmui.Button(label=name) for name in ("Star", "Galaxy", "Unsure"))),
            pn.pane.Markdown("Some **text** to scroll.\n\n" * 30),
        )
        curve = hv.Curve([1, 4, 2], "g − r [mag]", "u − g [mag]").opts(responsive=True)
        self.grid = PaneGrid(
            [
                PaneItem("learning", "Active learning", learning, 0, 0, 6, 6),
                PaneItem("source", "Selected source", table, 6, 0, 6, 6),
                PaneItem("plot0", HOSTILE, pn.pane.Bokeh(_plot("plot0")), 0, 6, 3, 6),
                PaneItem("plot1", "Plot 1", pn.pane.Bokeh(_plot("plot1")), 3, 6, 3, 6),
                PaneItem("plot2", "Plot 2", pn.pane.Bokeh(_plot("plot2")), 6, 6, 3, 6),
                PaneItem("holoviews", "HoloViews", pn.pane.HoloViews(curve, linked_axes=False), 9, 6, 3, 6),
            ]
        )
        self.grid.param.watch(lambda event: self.moves.append(event.new), "positions")
        header = [
            pmui.Button(label="Dialog", on_click=lambda _: setattr(self.dialog, "open", True)),
            pmui.IconButton(icon="save", label="Save"),
        ]
        self.page = make_page("astronomical", header, [self.grid, self.dialog, self.keys])

    def do(self, change: Callable[[], Any]) -> None:
        """Run `change` in the session's own thread and wait for it."""
        done = threading.Event()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                change()
            except BaseException as error:
                failed.append(error)
            done.set()

        self.doc.add_next_tick_callback(run)
        assert done.wait(240)
        if failed:
            raise failed[0]


def _plot(name: str) -> figure:
    points = np.random.default_rng(0).normal(size=(2, 200))
    plot = figure(
        name=name,
        sizing_mode="stretch_both",
        tools="pan,wheel_zoom,box_select,reset",
        active_drag="pan",
        x_axis_label="g − r [mag]",
        y_axis_label="u − g [mag]",
    )
    plot.scatter(*points, size=4, legend_label="star")
    return plot


@pytest.fixture
def demos() -> list[Demo]:
    return []


@pytest.fixture
def url(serve, demos) -> str:
    def app() -> Any:
        demos.append(Demo())
        return demos[-1].page

    return serve(app)


@pytest.fixture
def demo(page, url, demos) -> Demo:
    open_demo(page, url)
    return demos[-1]


def open_demo(page, url: str) -> None:
    page.goto(url)
    page.wait_for_function("() => Bokeh.documents.length && Bokeh.index.roots.length && Bokeh.index.roots[0].is_idle")
    pane(page, "holoviews").locator("canvas").first.wait_for()
    at_rest(page)


def at_rest(page) -> None:
    """Wait until no pane has moved or changed its size for ten frames."""
    page.evaluate("""() => new Promise(done => {
        let last = "", same = 0
        const look = () => {
            const now = JSON.stringify([...document.querySelectorAll("[data-id]")].map(pane => {
                const box = pane.getBoundingClientRect()
                return [box.x, box.y, box.width, box.height]
            }))
            same = now === last ? same + 1 : 0
            last = now
            if (same >= 10) done(); else requestAnimationFrame(look)
        }
        look()
    })""")


def round_trip(page, demo) -> None:
    """Wait until the server has received all that the page sent before, by a key that arrives after it."""
    n = len(demo.pressed)
    page.keyboard.press("ArrowLeft")
    wait_until(page, lambda: len(demo.pressed) > n)


def pane(page, id: str):
    return page.locator(f'[data-id="{id}"]')


def head(page, id: str):
    return pane(page, id).locator(".pane-head")


def drag(page, start: tuple[float, float], by: tuple[float, float]) -> None:
    x, y = start
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x + by[0] * step / 10, y + by[1] * step / 10)
        page.wait_for_timeout(20)
    page.mouse.up()


def corner(page, id: str) -> tuple[float, float, float, float]:
    box = pane(page, id).bounding_box()
    return box["x"], box["y"], box["width"], box["height"]


def x_range(page, name: str) -> list[float]:
    return page.evaluate(
        "name => { const r = Bokeh.documents[0].get_model_by_name(name).x_range; return [r.start, r.end] }", name
    )


def test_drag_by_the_head_moves_and_reports_once(page, demo):
    x, y, w, _ = corner(page, "plot2")
    drag(page, (x + 80, y + 18), (-w, 0))
    wait_until(page, lambda: demo.moves != [])
    at_rest(page)
    round_trip(page, demo)

    assert len(demo.moves) == 1
    assert demo.grid.positions["plot2"][0] == 3
    assert corner(page, "plot2")[0] == pytest.approx(x - w, abs=2)


@pytest.mark.slow
def test_drag_inside_a_plot_pans_and_moves_no_pane(page, demo):
    before, range_before = corner(page, "plot0"), x_range(page, "plot0")
    x, y, w, h = before
    drag(page, (x + w / 2, y + h / 2), (80, 0))
    wait_until(page, lambda: x_range(page, "plot0") != range_before)

    assert corner(page, "plot0") == before
    assert demo.moves == []


def test_resized_pane_is_filled_by_its_plot(page, demo):
    demo.do(lambda: demo.grid.remove("plot1"))
    pane(page, "plot1").wait_for(state="detached")
    at_rest(page)
    round_trip(page, demo)
    before = len(demo.moves)
    x, y, w, h = corner(page, "plot0")
    page.mouse.move(x + w / 2, y + h / 2)
    drag(page, (x + w - 8, y + h / 2), (w, 0))
    wait_until(page, lambda: len(demo.moves) > before)

    assert demo.grid.positions["plot0"] == (0, 6, 6, 6)
    wait_until(page, lambda: fills(page, "plot0"))


@pytest.mark.slow
def test_an_edge_is_shared_by_neighbours_and_a_double_click_maximises(page, demo):
    x, y, w, h = corner(page, "plot0")
    drag(page, (x + w - 4, y + h / 2), (corner(page, "learning")[2] / 6, 0))
    wait_until(page, lambda: demo.moves != [])
    places = {**demo.grid.positions}
    assert places["plot0"] == (0, 6, 4, 6)
    assert places["plot1"] == (4, 6, 2, 6)
    assert places["plot2"] == (6, 6, 3, 6), "a pane that does not share the edge was moved"
    wait_until(page, lambda: fills(page, "plot0") and fills(page, "plot1"))

    # The neighbour keeps two columns, however far the edge is dragged.
    drag(page, (x + corner(page, "plot0")[2] - 4, y + h / 2), (600, 0))
    round_trip(page, demo)
    assert demo.grid.positions == places
    # The lower edge of a pane moves the upper edges below it, and those of the other panes that share it.
    x, y, w, h = corner(page, "learning")
    drag(page, (x + w / 2, y + h - 4), (0, -h / 3))
    wait_until(page, lambda: demo.grid.positions["learning"] == (0, 0, 6, 4))
    assert demo.grid.positions["plot0"] == (0, 4, 4, 8)
    assert demo.grid.positions["plot1"] == (4, 4, 2, 8)
    assert demo.grid.positions["source"] == (6, 0, 6, 6)

    before, places = corner(page, "plot1"), {**demo.grid.positions}
    head(page, "plot1").dblclick(position={"x": 40, "y": 12})
    wait_until(page, lambda: fills(page, "plot1") and corner(page, "plot1")[2] > 1500)
    assert corner(page, "plot1")[3] > 900
    assert not pane(page, "plot0").locator("canvas").first.is_visible()
    pane(page, "plot1").get_by_role("button", name="Restore all panes").click()
    wait_until(page, lambda: corner(page, "plot1") == before and fills(page, "plot1"))
    assert pane(page, "plot0").locator("canvas").first.is_visible()
    pane(page, "plot1").get_by_role("button", name="Maximise this pane").click()
    wait_until(page, lambda: corner(page, "plot1")[2] > 1500)
    pane(page, "plot1").get_by_label("Close this pane").click()
    pane(page, "plot1").wait_for(state="detached")
    wait_until(page, lambda: pane(page, "plot0").locator("canvas").first.is_visible())

    # In a narrow or low window the panes are stacked, each with a useful height, and keep their places.
    page.set_viewport_size({"width": 850, "height": 530})
    wait_until(page, lambda: {corner(page, id)[2] > 800 for id in ("learning", "source", "plot0", "plot2")} == {True})
    assert all(corner(page, id)[3] >= 250 for id in ("learning", "source", "plot0", "plot2"))
    page.set_viewport_size({"width": 1600, "height": 600})
    wait_until(page, lambda: corner(page, "learning")[2] < 900)
    assert corner(page, "learning")[3] >= 4 * 60 - 8
    del places["plot1"]
    assert demo.grid.positions == places


def fills(page, id: str) -> bool:
    canvas = pane(page, id).locator("canvas").first.bounding_box()
    body = pane(page, id).locator(".pane-body").bounding_box()
    return abs(canvas["width"] - body["width"]) < 25 and abs(canvas["height"] - body["height"]) < 25


@pytest.mark.slow
def test_panes_follow_the_size_of_the_window(page, demo):
    page.set_viewport_size({"width": 1280, "height": 800})
    wait_until(page, lambda: sum(corner(page, "holoviews")[1::2]) <= 800)
    x, y, w, h = corner(page, "holoviews")

    assert x + w <= 1280
    assert y + h > 760
    wait_until(page, lambda: fills(page, "holoviews"))


@pytest.mark.slow
def test_positions_set_from_python_move_the_panes(page, demo):
    left, right = corner(page, "plot0"), corner(page, "plot2")
    places = dict(demo.grid.positions)
    demo.do(lambda: setattr(demo.grid, "positions", {**places, "plot0": places["plot2"], "plot2": places["plot0"]}))
    wait_until(page, lambda: corner(page, "plot0") == right)
    at_rest(page)

    assert corner(page, "plot2") == left
    assert demo.grid.positions["plot0"] == places["plot2"]
    assert demo.grid.positions["plot1"] == places["plot1"]


@pytest.mark.slow
def test_adding_and_removing_keeps_the_other_panes(page, demo):
    canvas = pane(page, "plot1").locator("canvas").first
    canvas.evaluate("element => { element.mark = 'same' }")
    x, y, w, h = corner(page, "plot1")
    before = x_range(page, "plot1")
    drag(page, (x + w / 2, y + h / 2), (60, 0))
    wait_until(page, lambda: x_range(page, "plot1") != before)
    at_rest(page)
    panned = x_range(page, "plot1")
    search = page.get_by_label("Search")
    search.fill("J12")

    demo.do(lambda: demo.grid.add(PaneItem("new", "New", pn.pane.Bokeh(_plot("new")))))
    pane(page, "new").locator("canvas").first.wait_for()
    assert demo.grid.positions["new"] == (0, 12, 4, 6)
    pane(page, "plot0").get_by_label("Close this pane").click()
    pane(page, "plot0").wait_for(state="detached")
    at_rest(page)

    assert canvas.evaluate("element => element.mark") == "same"
    assert x_range(page, "plot1") == panned
    assert search.input_value() == "J12"
    assert set(demo.grid.positions) == {"learning", "source", "plot1", "plot2", "holoviews", "new"}
    wait_until(page, lambda: fills(page, "plot1"))


@pytest.mark.slow
def test_titles_are_text_and_can_change(page, demo):
    assert head(page, "plot0").inner_text() == HOSTILE
    demo.do(lambda: demo.grid.rename("plot0", "<i>other</i>"))
    wait_until(page, lambda: head(page, "plot0").inner_text() == "<i>other</i>")
    assert page.title() != "gone"


@pytest.mark.slow
def test_contents_taller_than_their_pane_scroll_inside_it(page, demo):
    body = pane(page, "learning").locator(".pane-body")
    body.evaluate("element => element.scrollBy(0, 100)")
    assert body.evaluate("element => element.scrollTop") == 100
    assert page.evaluate("document.scrollingElement.scrollHeight") <= 1000


@pytest.mark.slow
def test_key_arrives_with_the_source_shown(page, demo):
    page.keyboard.press("1")
    wait_until(page, lambda: len(demo.pressed) == 1)
    demo.do(lambda: setattr(demo.keys, "shown", "J0002"))
    demo.do(lambda: demo.grid.rename("plot1", "after the source"))
    wait_until(page, lambda: head(page, "plot1").inner_text() == "after the source")
    page.keyboard.press("Shift+Z")
    page.keyboard.press("?")
    wait_until(page, lambda: len(demo.pressed) == 3)

    assert demo.pressed == [
        KeyPress("1", False, False, "J0001", 1),
        KeyPress("z", True, False, "J0002", 2),
        KeyPress("?", False, False, "J0002", 3),
    ]


@pytest.mark.slow
def test_keys_that_belong_to_the_browser_stay_there(page, demo):
    page.get_by_label("Search").click()
    page.keyboard.type("12")
    page.keyboard.press("Escape")
    head(page, "plot1").click()
    for key in ("Control+z", "Alt+1", "x"):
        page.keyboard.press(key)
    page.get_by_text("Dialog", exact=True).click()
    page.get_by_label("Name").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("1")
    demo.do(lambda: setattr(demo.dialog, "open", False))
    page.get_by_label("Name").wait_for(state="hidden")
    page.get_by_text("Star", exact=True).click()
    page.keyboard.press("2")
    wait_until(page, lambda: [press.key for press in demo.pressed] == ["2"])


#: Presses the key 1 until it labelled two sources, and returns which presses counted, and when sources changed.
PRESS_UNTIL_TWO_COUNT = """() => new Promise(done => {
    const log = []
    let sources = 0, counted = 0
    window.addEventListener('astronomical-source', () => log.push(['source', performance.now()]))
    window.addEventListener('astronomical-label', (event) => {
        log.push([event.defaultPrevented ? 'too early' : 'counted', performance.now()])
        counted += !event.defaultPrevented
    })
    const press = () => {
        for (let times = 0; times < 3; times += 1) {
            const before = counted
            document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '1', bubbles: true, composed: true}))
            // What a source pane reports when the next source arrives.
            if (counted > before) { window.dispatchEvent(new CustomEvent('astronomical-source')) }
        }
        if (counted < 2) { requestAnimationFrame(press) } else { done(log) }
    }
    press()
})"""


def test_a_label_counts_only_for_a_source_that_was_seen(page, demo):
    demo.do(lambda: setattr(demo.keys, "labels", ["1", "2"]))
    log = page.evaluate(PRESS_UNTIL_TWO_COUNT)
    round_trip(page, demo)

    shown = next(at for kind, at in log if kind == "source")
    counted = [at for kind, at in log if kind == "counted"]
    assert counted[1] - shown >= 250, log
    assert [press.key for press in demo.pressed] == ["1", "1", "ArrowLeft"]


@pytest.mark.slow
def test_keys_work_after_a_list_and_reach_every_tab(page, demo):
    page.evaluate("""() => { window.states = []
        window.addEventListener('astronomical-keys', (event) => window.states.push(event.detail.paused)) }""")
    page.get_by_role("combobox", name="Colour").click()
    page.get_by_role("option", name="g").or_(page.get_by_role("menuitem", name="g")).click()
    page.locator(".MuiMenu-list").wait_for(state="detached")
    page.keyboard.press("1")
    wait_until(page, lambda: [press.key for press in demo.pressed] == ["1"])

    page.get_by_label("Search").click()
    page.keyboard.press("2")
    wait_until(page, lambda: page.evaluate("window.states.at(-1)") is True)
    page.locator("button", has_text="Scores").click()
    wait_until(page, lambda: page.evaluate("window.states.at(-1)") is False)
    page.keyboard.press("ArrowLeft")  # after the mouse, arrows belong to the page
    wait_until(page, lambda: [press.key for press in demo.pressed] == ["1", "ArrowLeft"])

    page.get_by_label("Search").click()
    names = []
    for key in ("Tab", "Tab", "ArrowRight", "ArrowRight", "Home", "End"):
        page.keyboard.press(key)
        names.append(page.evaluate(FOCUSED))
    assert names[1:] == ["Scores", "Confidence", "Test", "Scores", "Test"]
    assert len(demo.pressed) == 2


#: Text of the element that has the focus, also in shadow roots.
FOCUSED = """() => {
    let element = document.activeElement
    while (element.shadowRoot?.activeElement) { element = element.shadowRoot.activeElement }
    return element.textContent
}"""


def test_held_key_counts_once(page, demo):
    page.keyboard.down("1")
    page.keyboard.down("1")
    page.keyboard.up("1")
    round_trip(page, demo)
    assert [press.key for press in demo.pressed] == ["1", "ArrowLeft"]


def test_theme_toggle_reaches_everything_and_survives_updates(page, demo):
    page.get_by_label("Toggle theme").click()
    wait_until(page, lambda: demo.page.dark_theme)
    wait_until(page, lambda: all(dark(colour) for colour in surfaces(page)))
    demo.do(lambda: demo.grid.add(PaneItem("new", "New", pn.pane.Bokeh(_plot("new")))))
    pane(page, "new").locator("canvas").first.wait_for()
    wait_until(page, lambda: dark(background_of_plot(page, "new")))
    page.get_by_label("Toggle theme").click()
    wait_until(page, lambda: not any(dark(colour) for colour in surfaces(page)))


def test_dark_page_is_dark_before_its_scripts_ran(page, serve, complaints):
    url = serve(lambda: make_page("astronomical", main=[pn.pane.Str("text")], dark=True))
    page.route("**/*.js", lambda route: route.abort())
    page.goto(url, wait_until="commit")
    wait_until(page, lambda: dark(page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")))
    page.goto("about:blank")
    complaints[:] = [text for text in complaints if text.startswith("request")]  # its scripts fail by design


def surfaces(page) -> list[str]:
    colour = "element => getComputedStyle(element).backgroundColor"
    return [
        page.locator("main").evaluate(colour),
        pane(page, "learning").locator(".pane").evaluate(colour),
        page.locator(".tabulator").evaluate(colour),
        background_of_plot(page, "plot0"),
        page.evaluate("""() => [...Bokeh.documents[0].all_models].find(
            (model) => model.type == 'Figure' && model.name == null).background_fill_color"""),
    ]


def background_of_plot(page, name: str) -> str:
    return page.evaluate("name => Bokeh.documents[0].get_model_by_name(name).background_fill_color", name)


def dark(colour: str) -> bool:
    if colour.startswith("#"):
        parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    else:
        parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(parts) < 3 * 128


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1600, 1000), (1280, 800)])
def test_screen(new_page, url, width, height):
    page = new_page(width, height)
    open_demo(page, url)
    assert_all_in_sight(page, width, height, "light")
    page.get_by_label("Toggle theme").click()
    wait_until(page, lambda: all(dark(colour) for colour in surfaces(page)))
    assert_all_in_sight(page, width, height, "dark")


def assert_all_in_sight(page, width: int, height: int, name: str) -> None:
    at_rest(page)
    if folder := os.environ.get("ASTRONOMICAL_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"shell-{name}-{width}.png")
    for id in ("learning", "source", "plot0", "plot1", "plot2", "holoviews"):
        x, y, w, h = corner(page, id)
        assert x >= 0
        assert x + w <= width
        assert y + h <= height
    wait_until(page, lambda: all(fills(page, id) for id in ("plot0", "plot1", "plot2", "holoviews")))
