"""What a catalogue, a config or a plugin says is shown as text, wherever it is shown."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from pathlib import Path

import panel as pn
import pytest
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from playwright.sync_api import Locator, Page, expect

from astronomical.config.io import read_config
from astronomical.dashboard.ui.safe_text import hover
from tests.support.campaigns import cases
from tests.support.crawl import Crawler
from tests.support.hostile import ALL_KINDS, VECTORS, HostileTexts, make_hostile_project
from tests.support.workbench import APP, LONG, button, open_config

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]

#: Seed 0 is in every run, with some 400 texts. For a campaign,
#: ASTRONOMICAL_HOSTILE_SEEDS sets the number of seeds, and ASTRONOMICAL_HOSTILE_STRINGS how many texts are typed into
#: each field of a page, without loading it again.
_SEEDS = (
    0,
    *(
        pytest.param(n, marks=pytest.mark.slow)
        for n in range(1, int(os.environ.get("ASTRONOMICAL_HOSTILE_SEEDS", "1")))
    ),
)
_STRINGS = int(os.environ.get("ASTRONOMICAL_HOSTILE_STRINGS", "1"))
#: What leaves the project, closes its panes or restores the first ones.
_LEAVES = re.compile(r"Close|Close this pane|Take over|Reset layout…|Back to start|×")
#: Panes that are open together, and how many kinds of controls are pressed at least, about a third of those
#: that were counted: a page with all is slow. The last two, plots with the same controls as others, are for campaigns.
_PARTS = (
    (("learning",), 15),
    (("source", "notes"), 30),
    (("table", "classes"), 15),
    (("history", "hostile", "basic", "histogram"), 30),
    (("bpt", "mateos", "sed"), 40),
    (("sky", "colour-colour", "colour-magnitude"), 30),
)


def crawler(page: Page, texts: HostileTexts) -> Crawler:
    return Crawler(page, texts.in_one_line, lambda label: _LEAVES.fullmatch(label) is not None, _STRINGS)


def report(crawl: Crawler, texts: HostileTexts) -> None:
    """Log how much was tried, for the figures of a campaign."""
    log.info(
        "seed %d: %d texts, %d of them typed, %d controls",
        texts.seed,
        len(texts.given),
        crawl.n_typed,
        len(crawl.pressed),
    )


def open_hostile(page: Page, url: str, path: Path, crawl: Crawler, *, plugin: bool = True) -> None:
    """Open a project, and agree to its plugin if a pane needs it."""
    open_config(page, url, path)
    if plugin:
        expect(page.get_by_text("This project wants to run a plugin")).to_be_visible(timeout=LONG)
        crawl.look()
        button(page, "Run it").click()
    expect(page.locator(".pane-head").first).to_be_visible(timeout=LONG)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize(("kinds", "least"), _PARTS[: cases(4, 6)])
def test_no_text_becomes_html_through_any_control_of_the_workbench(
    app_url: str, page: Page, tmp_path: Path, complaints: list[str], seed: int, kinds: tuple[str, ...], least: int
):
    texts = HostileTexts(seed)
    path = make_hostile_project(tmp_path, texts, kinds)
    crawl = crawler(page, texts)
    open_hostile(page, app_url, path, crawl, plugin="hostile" in kinds)
    crawl.work_through()
    report(crawl, texts)
    leave_out_known(complaints)
    assert crawl.wrong == []
    assert len(texts.given) > 375
    assert len(crawl.pressed) >= least, crawl.pressed


def leave_out_known(complaints: list[str]) -> None:
    """Leave out the error of panel-material-ui's select if Enter is pressed while its search finds nothing."""
    complaints[:] = [text for text in complaints if "undefined (reading 'value')" not in text]


def test_all_kinds_of_panes_are_worked_through():
    assert sorted(kind for kinds, _ in _PARTS for kind in kinds) == sorted(ALL_KINDS)


def test_messages_titles_and_editors_show_class_and_file_names_as_text(
    serve: Callable[..., str], page: Page, tmp_path: Path
):
    texts = HostileTexts(7)
    path = make_hostile_project(tmp_path, texts)
    crawl = crawler(page, texts)
    open_hostile(page, serve(APP), path, crawl)
    for name in ("Export…", "Save a copy…"):
        there = tmp_path / f"<img data-sang src=x onerror=window.sang=1> {name[0]}.csv"
        there.touch()
        button(page, name).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("File", exact=True).fill(str(there), timeout=LONG)
        dialog.get_by_label("File", exact=True).press("Tab")
        dialog.get_by_role("button", name="Write").click()
        expect(dialog.get_by_role("alert").get_by_text(f"{there} already exists.")).to_be_visible(timeout=LONG)
        crawl.look()
        button(page, "Close").last.click()
        expect(dialog).to_have_count(0, timeout=LONG)

    page.locator(f'[data-id="pane-{ALL_KINDS.index("classes")}"]').scroll_into_view_if_needed()
    button(page, "Classify the whole catalogue").click(timeout=LONG)
    title = page.locator(".tabulator-col-title").filter(has_text="p class 0")
    expect(title).to_be_visible(timeout=LONG)
    title.hover()
    page.wait_for_timeout(500)
    crawl.look()

    page.locator(f'[data-id="pane-{ALL_KINDS.index("history")}"]').scroll_into_view_if_needed()
    page.locator('.tabulator-cell[tabulator-field="label"]').first.click(timeout=LONG)
    items = page.locator(".tabulator-edit-list-item")
    expect(items).to_have_count(3, timeout=LONG)
    crawl.look()
    classes = list(read_config(path).class_names)
    assert [text.replace("\u2060", "") for text in items.all_text_contents()] == classes
    items.last.click()
    expect(page.locator('.tabulator-cell[tabulator-field="label"]').filter(has_text="class 2").first).to_be_visible()
    crawl.look()
    assert crawl.wrong == []


def test_rows_of_a_hover_tooltip_show_text(serve: Callable[..., str], page: Page):
    texts = [f"{vector.format(n=n)}" for n, vector in enumerate(VECTORS)]

    def app() -> pn.pane.Bokeh:
        columns = {"x": [0], "y": [0], **{f"value{n}": [text] for n, text in enumerate(texts)}}
        plot = figure(width=500, height=400)
        plot.scatter("x", "y", size=80, source=ColumnDataSource(columns))
        plot.add_tools(hover([(text, f"@value{n}") for n, text in enumerate(texts)]))
        return pn.pane.Bokeh(plot)

    crawl = crawler(page, HostileTexts())
    page.goto(serve(app))
    expect(page.locator("canvas").first).to_be_visible(timeout=LONG)
    page.locator(".bk-events").hover()
    values = page.locator(".bk-tooltip-row-value")
    expect(values).to_have_count(len(texts))
    crawl.look()
    assert crawl.wrong == []
    for said in (page.locator(".bk-tooltip-row-label").all_text_contents(), values.all_text_contents()):
        assert [text.rstrip(": ").strip() for text in said] == [text.rstrip(": ").strip() for text in texts]


@pytest.mark.parametrize("step", ["data", "columns", "learning", "check"])
def test_no_text_becomes_html_in_any_step_of_the_wizard(
    app_url: str, page: Page, tmp_path: Path, complaints: list[str], step: str
):
    texts = HostileTexts(8)
    make_hostile_project(tmp_path, texts)
    stays = re.compile("Next|Back|Create.*|Cancel|Start over|Leave")
    crawl = Crawler(page, texts.in_one_line, lambda label: stays.fullmatch(label) is not None, _STRINGS)
    page.goto(app_url)
    button(page, "Choose a catalogue…").click(timeout=LONG)
    field = page.get_by_label("Catalogue file")
    field.fill(str(next(tmp_path.glob("*.csv"))), timeout=LONG)
    field.press("Enter")
    expect(button(page, "Next")).to_be_enabled(timeout=LONG)
    for place in ("data", "columns", "learning", "check"):
        crawl.look()
        if place == step:
            break
        _complete(page, place)
        expect(button(page, "Next")).to_be_enabled(timeout=LONG)
        button(page, "Next").click()
        expect(_shown_after(page, place)).to_be_visible(timeout=LONG)
    crawl.work_through()
    report(crawl, texts)
    leave_out_known(complaints)
    assert crawl.wrong == []
    assert crawl.pressed


def _complete(page: Page, step: str) -> None:
    """Choose in a step of the wizard what the next one needs."""
    if step == "columns":
        page.get_by_label("Label column").and_(page.get_by_role("combobox")).click(timeout=LONG)
        option = re.compile("^label column")
        page.get_by_role("menuitem", name=option).or_(page.get_by_role("option", name=option)).click(timeout=LONG)
        expect(page.get_by_label("Labels that mean unknown")).to_be_visible(timeout=LONG)
    elif step == "learning":
        button(page, "All numeric").click(timeout=LONG)


def _shown_after(page: Page, step: str) -> Locator:
    """Return what the step of the wizard after another one shows."""
    return {
        "data": page.get_by_label("Label column").and_(page.get_by_role("combobox")),
        "columns": button(page, "All numeric"),
        "learning": page.locator("button", has_text=re.compile("^Create")),
    }[step]
