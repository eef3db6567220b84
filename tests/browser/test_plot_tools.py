"""What is done with a plot besides looking at it: its columns, ranges, pictures and mistakes; on the real server."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from astronomical.config.io import read_config
from tests.support.plugin_files import write_plugin
from tests.support.projects import make_project
from tests.support.waiting import wait_until
from tests.support.workbench import APP, LONG, add_pane, open_with_plots

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]

BREAKS_LATER = '''
import holoviews as hv

import astronomical
from astronomical.extend import Column, Parameter


@astronomical.plot("breaks", title="Breaks", columns=(Column("value", "any number", guesses=("g",)),),
                   parameters=(Parameter("how", "well", choices=("well", "badly")),))
def breaks(data, how="well"):
    """Draw, or fail."""
    if how == "badly":
        raise KeyError("a column that I forgot")
    return data.curve([0, 1], [0, 1])
'''


def pane(page: Page, id: str) -> Locator:
    return page.locator(f'[data-id="{id}"]')


def menu(page: Page, id: str) -> Locator:
    """Open the settings of the plot in a pane."""
    pane(page, id).get_by_role("button", name="Columns and settings of this plot").click()
    return pane(page, id)


def choose(page: Page, field: Locator, name: str) -> None:
    """Choose in a select that can be searched."""
    field.click()
    page.wait_for_timeout(400)  # a menu that still opens may open again after the click
    page.get_by_role("menuitem", name=re.compile(f"^{name}$")).or_(
        page.get_by_role("option", name=re.compile(f"^{name}$"))
    ).first.click()
    expect(page.locator(".MuiMenu-list")).to_have_count(0, timeout=LONG)


def ranges(page: Page, id: str) -> list[float] | None:
    """Return the ranges of the plot in a pane: x from, x to, y from, y to."""
    return page.evaluate(
        """(id) => {
        const views = Object.values(Bokeh.index).flatMap(function all(view) {
          return [view, ...(view.child_views || []).flatMap(all)] }).filter((view) => view.frame != null)
        const host = (node) => { while (node) { if (node.dataset?.id === id) { return true }
          node = node.parentNode ?? node.host } return false }
        const view = views.find((view) => host(view.el))
        if (view == null) { return null }
        const {x_range, y_range} = view.frame
        return [x_range.start, x_range.end, y_range.start, y_range.end]
    }""",
        id,
    )


def wheel(page: Page, id: str) -> None:
    """Turn the wheel over the plot in a pane."""
    pane(page, id).scroll_into_view_if_needed()
    box = pane(page, id).locator("canvas").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(4):
        page.mouse.wheel(0, -200)
        page.wait_for_timeout(100)


def settings_of(path: Path, id: str) -> dict[str, Any]:
    return dict(next(pane.settings for pane in read_config(path).layout.panes if pane.id == id))


def test_columns_that_a_plot_lacks_are_asked_for_and_kept(app_url, page, new_page, tmp_path):
    path, _ = make_project(tmp_path)
    open_with_plots(page, app_url, path)
    add_pane(page, "Mateos wedge")
    form = pane(page, "mateos-1")
    expect(form).to_be_in_viewport(ratio=0.9, timeout=LONG)  # below all others, and scrolled to
    expect(form.get_by_role("button", name="Draw", exact=True)).to_be_visible(timeout=LONG)
    for role, column in (("w1", "u"), ("w2", "g"), ("w3", "r")):
        choose(page, form.get_by_label(re.compile(rf"^{role}: magnitude")).first, column)
    form.get_by_role("button", name="Draw", exact=True).click()
    # The system of these magnitudes is nowhere said: it is asked, never assumed.
    choose(page, form.get_by_label("What is the system of the magnitudes in W1, W2 and W3?"), "Vega")
    form.get_by_role("button", name="Draw", exact=True).click()
    expect(form.locator("canvas").first).to_be_visible(timeout=LONG)
    expect(form.get_by_text(re.compile(r"drawn, .* in the wedge"))).to_be_visible()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    kept = settings_of(path, "mateos-1")
    assert (kept["w1"], kept["w2"], kept["w3"]) == ("u", "g", "r")
    page.close()

    other = new_page(1280, 800)
    open_with_plots(other, app_url, path)
    pane(other, "mateos-1").scroll_into_view_if_needed()
    expect(pane(other, "mateos-1").locator("canvas").first).to_be_visible(timeout=LONG)


def test_pictures_of_a_plot_are_pictures(app_url, page, tmp_path):
    path, _ = make_project(tmp_path)
    open_with_plots(page, app_url, path)
    form = menu(page, "plot-1")
    for kind in ("PNG", "SVG"):
        with page.expect_download(timeout=LONG) as saved:
            form.get_by_role("button", name=kind).click()
        page.mouse.move(0, 0)  # off the button, whose tip lies over the next one
        content = Path(saved.value.path()).read_bytes()
        assert saved.value.suggested_filename == f"scatter-plot.{kind.lower()}"
        if kind == "PNG":
            image = Image.open(io.BytesIO(content))
            assert min(image.size) > 800, "too coarse for print"
            assert len(set(image.convert("RGB").resize((200, 200)).getdata())) > 20
        else:
            root = ET.fromstring(content)
            assert root.tag.endswith("svg")
            assert len(list(root.iter())) > 50


def test_ranges_are_shared_by_plots_of_the_same_axes_and_can_be_reset(app_url, page, tmp_path):
    path, _ = make_project(tmp_path)
    open_with_plots(page, app_url, path)
    for id in ("basic-1", "basic-2"):
        add_pane(page, "Scatter plot")
        expect(pane(page, id).locator("canvas").first).to_be_visible(timeout=LONG)
    wait_until(page, lambda: ranges(page, "basic-1") == ranges(page, "basic-2") is not None)
    whole = ranges(page, "basic-1")
    wheel(page, "basic-1")
    page.wait_for_timeout(500)
    assert ranges(page, "basic-1") == whole, "the wheel over a plot that was not clicked must scroll the page"
    page.keyboard.down("Control")
    wheel(page, "basic-1")
    page.keyboard.up("Control")
    wait_until(page, lambda: ranges(page, "basic-1") != whole)
    page.wait_for_timeout(500)
    assert ranges(page, "basic-2") == whole, "shared ranges were not requested"
    for id in ("basic-1", "basic-2"):
        menu(page, id).get_by_label("Link axes with plots that have the same axes").click()
        expect(pane(page, id).locator("canvas").first).to_be_visible(timeout=LONG)
    pane(page, "basic-1").locator(".bk-events").first.click()  # a plot with the focus zooms
    wheel(page, "basic-1")
    wait_until(page, lambda: ranges(page, "basic-2") == ranges(page, "basic-1") != whole)
    pane(page, "basic-1").scroll_into_view_if_needed()
    box = pane(page, "basic-1").locator("canvas").first.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    pane(page, "basic-1").locator(".bk-tool-icon-reset").first.click()
    wait_until(page, lambda: ranges(page, "basic-1") == whole)


def test_a_mistake_of_an_author_is_told_in_his_pane_with_its_line(serve, page, tmp_path):
    path, _ = make_project(tmp_path)
    plugin = write_plugin(tmp_path, BREAKS_LATER)
    open_with_plots(page, serve(APP, "--args", "--plugins", str(plugin)), path)
    add_pane(page, "Breaks")
    mine = pane(page, "breaks-1")
    expect(mine).to_be_in_viewport(ratio=0.9, timeout=LONG)  # below all others, and scrolled to
    expect(mine.locator("canvas").first).to_be_visible(timeout=LONG)
    mine.get_by_role("button", name="badly", exact=True).click()
    expect(mine.get_by_text(re.compile("mine.py, line 13"))).to_be_visible(timeout=LONG)
    expect(mine.get_by_text("a column that I forgot")).to_be_visible()
    expect(pane(page, "plot-1").locator("canvas").first).to_be_visible()
    mine.get_by_role("button", name="well", exact=True).click()
    expect(mine.locator("canvas").first).to_be_visible(timeout=LONG)


SLOW = '''
import pathlib
import time

import astronomical
from astronomical.extend import Column


@astronomical.plot("slow", title="Slow", columns=(Column("x", guesses=("g",)), Column("y", guesses=("r",))))
def slow(data):
    """Take longer than anybody likes to look at a page that stands still."""
    go_on = pathlib.Path(__file__).with_name("go-on")
    while not go_on.exists():
        time.sleep(0.05)
    return data.points(data["x"], data["y"])
'''


def test_a_slow_plot_says_that_it_is_drawn_and_holds_nothing_up(serve, page, tmp_path):
    path, _ = make_project(tmp_path)
    open_with_plots(page, serve(APP, "--args", "--plugins", str(write_plugin(tmp_path, SLOW))), path)
    add_pane(page, "Slow")
    mine = pane(page, "slow-1")
    expect(mine.get_by_text("Drawing Slow …")).to_be_visible(timeout=LONG)
    # Another plot changes its columns meanwhile.
    pane(page, "plot-1").scroll_into_view_if_needed()
    before = ranges(page, "plot-1")
    choose(page, pane(page, "plot-1").get_by_label("x", exact=True).first, "g")
    wait_until(page, lambda: ranges(page, "plot-1") not in (None, before))
    expect(mine.get_by_text("Drawing Slow …")).to_be_attached()
    (tmp_path / "go-on").touch()
    expect(mine.locator("canvas").first).to_be_attached(timeout=LONG)
    mine.scroll_into_view_if_needed()
    wait_until(page, lambda: painted(page, "slow-1"))


def painted(page: Page, id: str) -> bool:
    """Tell whether there are points in the colour of a class on the canvas of a pane."""
    return page.evaluate(
        """(id) => {
        const all = (root) => [...root.querySelectorAll('*')].flatMap(
          (e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])])
        const item = all(document).find((e) => e.matches('.grid-stack-item') && e.dataset.id === id)
        return all(item).filter((e) => e.matches('canvas') && e.width > 0).some((canvas) => {
          const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
          let coloured = 0
          for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] > 0 && Math.max(data[i], data[i + 1], data[i + 2])
                - Math.min(data[i], data[i + 1], data[i + 2]) > 60) { coloured += 1 }
          }
          return coloured > 50
        })
    }""",
        id,
    )


def test_the_points_of_all_plots_are_painted(app_url, page, tmp_path):
    path, _ = make_project(tmp_path)
    open_with_plots(page, app_url, path)
    for id in ("plot-1", "plot-2"):
        pane(page, id).scroll_into_view_if_needed()
        wait_until(page, lambda id=id: painted(page, id))


def test_density_is_equalised_and_axes_are_logarithmic_and_flipped_by_switches(app_url, page, tmp_path):
    path, _ = make_project(tmp_path)
    open_with_plots(page, app_url, path)
    before = ranges(page, "plot-1")
    for switch in ("Equalise the density of points", "log x", "Flip the y axis"):
        form = menu(page, "plot-1")
        form.get_by_label(re.compile(switch)).first.click()
        if not switch.startswith("Equalise"):
            form.get_by_role("button", name="Draw", exact=True).click()
        expect(form.locator("canvas").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    kept = settings_of(path, "plot-1")
    assert (kept["equalised"], kept["log_x"], kept["flip_y"]) == (True, True, True)
    wait_until(page, lambda: ranges(page, "plot-1")[1] < 2)  # the logarithm of a magnitude
    after = ranges(page, "plot-1")
    assert (after[3] > after[2]) != (before[3] > before[2]), "the other way round"
