"""Plugins of all four kinds in the browser: with consent, without it, and named on the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from astronomical.config.schema import CombinationConfig, ExtensionConfig, PaneConfig
from astronomical.session import Session
from tests.support.plugin_files import OWN_TYPE, write_all, write_plugin
from tests.support.projects import CLASSES, make_project, write_catalogue
from tests.support.waiting import wait_until
from tests.support.workbench import APP, LONG, button, choose, open_config, wait_for_question

pytestmark = pytest.mark.timeout(600)


def with_a_mark(folder: Path) -> tuple[Path, Path]:
    """Write a file of four plugins that leaves a mark when it is run."""
    plugin, mark = write_all(folder), folder / "ran"
    plugin.write_text(f"open({str(mark)!r}, 'w').close()\n" + plugin.read_text(encoding="utf-8"), encoding="utf-8")
    return plugin, mark


def test_a_plugin_of_a_config_runs_after_consent_only(app_url: str, page: Page, tmp_path: Path):
    path, _ = make_project(tmp_path)
    plugin, mark = with_a_mark(tmp_path)
    with Session.open(path, plugins=[plugin]) as session:
        session.training.start(
            "Star", models=[ExtensionConfig(name="naive_bayes")], strategy=ExtensionConfig(name="off_centre")
        )
        panes = session.state.config.layout.panes
        first = next(pane for pane in panes if pane.kind not in ("learning", "source"))  # in view
        plot = first.model_copy(update={"kind": "steps", "settings": {}})
        session.settings.set_layout([plot if pane is first else pane for pane in panes])
    mark.unlink()

    open_config(page, app_url, path)
    expect(page.get_by_text("This project wants to run a plugin")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(str(plugin))).to_be_visible()
    expect(page.get_by_text("Return a naive Bayes classifier")).to_be_visible()
    button(page, "Open without it").click()
    lacking = page.get_by_role("alert").filter(has_text="The Star learner cannot be trained here")
    expect(lacking).to_contain_text(
        "The model 'naive_bayes' and the query strategy 'off_centre' are missing. "
        "all.py was not run: you have not agreed to run it",
        timeout=LONG,
    )
    expect(page.get_by_role("alert").filter(has_text="The plot 'steps' is missing. all.py was not")).to_be_visible()
    expect(page.get_by_text("A plugin is missing, so this learner cannot be trained here.")).to_be_visible()
    button(page, "Model settings…").click()
    expect(page.get_by_text("This model is not installed here.")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("This query strategy is not installed here.")).to_be_visible()
    expect(page.get_by_text("naive_bayes (not installed)")).to_be_visible()
    assert not mark.exists()

    button(page, "Close").first.click()
    expect(page.get_by_text("Welcome to astronomical")).to_be_visible(timeout=LONG)

    open_config(page, app_url, path)
    button(page, "Run it").click()
    wait_for_question(page)
    expect(page.get_by_text("30 sources as points")).to_be_visible(timeout=LONG)
    assert mark.exists()


@pytest.mark.slow
def test_the_text_of_a_plugin_is_shown_for_what_it_is(app_url: str, page: Page, tmp_path: Path):
    path, _ = make_project(tmp_path)
    plugin, mark = with_a_mark(tmp_path)
    with Session.open(path, plugins=[plugin]) as session:
        session.training.start("Star", models=[ExtensionConfig(name="naive_bayes")])
    mark.unlink()
    odd = (
        "# \u202erevo\u2066 a comment\nh\u0430rmless = '<img src=x onerror=alert(1)>'"
        + " " * 3000
        + "; evil = 1\n"
        + "\n" * 500
    )
    plugin.write_text(odd + plugin.read_text(encoding="utf-8"), encoding="utf-8")
    open_config(page, app_url, path)
    dialog = page.get_by_role("dialog").filter(has_text="This project wants to run a plugin")
    expect(dialog).to_contain_text("characters that are invisible", timeout=LONG)
    for shown in (
        "\\u202e",
        "\\u2066",
        "3,000 spaces",
        "; evil = 1",
        "lines 3 to 502 are empty",
        "<img src=x onerror=alert(1)>",
        "exactly this folder",
    ):
        expect(dialog).to_contain_text(shown)
    text = dialog.inner_text()
    assert "\u202e" not in text
    assert "\u2066" not in text
    if folder := os.environ.get("ASTRONOMICAL_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/consent.png")
    assert not mark.exists()
    button(page, "Open without it").click()


@pytest.mark.slow
def test_plugins_named_on_the_command_line_are_offered_everywhere(
    serve: Callable[..., str], page: Page, tmp_path: Path, home: Path
):
    plugin = write_all(tmp_path)
    (tmp_path / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    catalogue = write_catalogue(tmp_path / "sources.fits")
    page.goto(serve(APP, "--args", "--plugins", str(plugin), "--plugins", str(tmp_path / "broken.py")))
    page.get_by_role("button", name=re.compile("theme", re.IGNORECASE)).first.click()
    make_with_the_wizard(page, catalogue)
    path = home / "projects" / "sources" / "sources.yaml"
    config = read_config(path)
    assert config.layout.theme == "dark"  # as the page was when it was made
    assert config.features.combinations == (
        CombinationConfig(operation="mean", n=2, columns=("u", "g", "r", "i"), parameters={"exponent": 2}),
    )
    assert [item.name for item in config.plugins] == ["all"]

    choose(page, "Model", "^Naive Bayes$")
    fill(page, "smoothing", "7")
    expect(page.get_by_text("smoothing must be between 0.0 and 1.0, not 7.0")).to_be_visible()
    fill(page, "smoothing", "0.25")
    choose(page, "Query strategy", "^Off centre$")
    fill(page, "centre", "0.625")
    button(page, "Start the Star learner").click()
    wait_for_question(page)
    learner = read_config(path).learner("Star")
    assert learner.models == (ExtensionConfig(name="naive_bayes", parameters={"smoothing": 0.25}),)
    assert learner.strategy == ExtensionConfig(name="off_centre", parameters={"centre": 0.625})

    button(page, "Add pane…").click()
    page.get_by_role("dialog").get_by_text("Every nth source", exact=True).click()
    expect(page.get_by_text("30 sources as points")).to_be_visible(timeout=LONG)
    pane = page.locator('[data-id="steps-1"]')
    pane.get_by_role("button", name="line", exact=True).click()
    expect(page.get_by_text("30 sources as line")).to_be_visible(timeout=LONG)
    pane.get_by_role("button", name="Columns and settings of this plot").click()
    fill(page, "every", "3")
    pane.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_text("100 sources as line")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    kept: PaneConfig = next(pane for pane in read_config(path).layout.panes if pane.kind == "steps")
    assert (kept.settings["every"], kept.settings["style"]) == (3, "line")
    button(page, "Settings…").click()
    page.get_by_role("tab", name="Features").click()
    fill(page, "exponent", "3")
    expect(
        page.get_by_text(
            "Features change (new: mean (exponent 3) of every 2 of u, g, r, i, removed: mean "
            "(exponent 2) of every 2 of u, g, r, i): Star is retrained"
        )
    ).to_be_visible()


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_role("textbox", name=re.compile(rf"^{label}\b"))
    field.fill(value)
    field.press("Tab")


def make_with_the_wizard(page: Page, catalogue: Path) -> None:
    """Make a project whose features are means of pairs of columns, and open it."""
    page.get_by_role("button", name="Choose a catalogue…").click()
    field = page.get_by_label("Catalogue file")
    field.fill(str(catalogue))
    field.press("Enter")
    page.get_by_role("button", name="Next").click(timeout=LONG)
    for value, name in CLASSES.items():
        field = page.get_by_label(re.compile(rf"^{value} \("))
        field.fill(name)
        field.press("Tab")
    page.get_by_role("button", name="Next").click(timeout=LONG)
    expect(page.get_by_text("broken.py, line 1: ZeroDivisionError: division by zero")).to_be_visible(timeout=LONG)
    pattern = page.get_by_label("Select by name or pattern")
    pattern.fill("u,g,r,i")
    pattern.press("Enter")
    choose(page, "Combine", "^mean$")
    expect(page.get_by_text("u~g, u~r")).to_be_visible(timeout=LONG)
    fill(page, "exponent", "2")
    expect(page.get_by_text("u~g[exponent=2], u~r[exponent=2]")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Next").click()
    expect(page.locator("canvas").first).to_be_visible(timeout=LONG)
    summary = page.get_by_role("row", name="Combinations")
    expect(summary).to_contain_text("mean (exponent 2) of every 2 of u, g, r, i")
    expect(summary).to_be_visible()
    page.get_by_role("button", name="Create project").click(timeout=LONG)
    expect(page.get_by_role("button", name="Start the Star learner")).to_be_visible(timeout=LONG)


@pytest.mark.slow
def test_a_model_that_cannot_be_saved_says_so_before_anybody_labels_for_it(
    serve: Callable[..., str], page: Page, tmp_path: Path
):
    path, _ = make_project(tmp_path, keep_models=True)
    plugin = write_plugin(tmp_path, OWN_TYPE)
    url = serve(APP, "--args", "--plugins", str(plugin))
    open_config(page, url, path)
    expect(button(page, "Start the Star learner")).to_be_visible(timeout=LONG)
    choose(page, "Model", "^Cautious Bayes$")
    warning = page.get_by_role("alert").filter(has_text="cannot be saved as .skops files")
    expect(warning).to_contain_text("Cautious, which is not allowed", timeout=LONG)
    expect(warning).to_contain_text("choose .joblib in Settings…")
    button(page, "Settings…").click()
    choose(page, "Models of the rounds", "^saved as .joblib")
    expect(page.get_by_text("Reading such a file runs any code that it contains.")).to_be_visible(timeout=LONG)
    button(page, "Apply").click()
    expect(warning).to_have_count(0, timeout=LONG)
    button(page, "Start the Star learner").click()
    wait_for_question(page)
    # Written when nothing more urgent is to be done.
    wait_until(page, lambda: list(tmp_path.glob("project.models/Star-*.joblib")) != [])
    assert len(list(tmp_path.glob("project.models/Star-*.joblib"))) == 1
