"""A plot of an author who makes a mistake, on the real server; a pane that is added comes into view."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_panes import APP, LONG, add, open_config
from tests.support.plugin_files import write_plugin
from tests.support.projects import make_project

pytestmark = pytest.mark.timeout(400)

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


@pytest.fixture
def url(serve: Callable[..., str]) -> str:
    return serve(APP)


def pane(page: Page, id: str) -> Locator:
    return page.locator(f'[data-id="{id}"]')


def test_a_mistake_of_an_author_is_told_in_his_pane_with_its_line(serve, page, tmp_path):
    path, _ = make_project(tmp_path)
    plugin = write_plugin(tmp_path, BREAKS_LATER)
    open_config(page, serve(APP, "--args", "--plugins", str(plugin)), path)
    add(page, "Breaks")
    mine = pane(page, "breaks-1")
    expect(mine).to_be_in_viewport(ratio=0.9, timeout=LONG)  # below all others, and scrolled to
    expect(mine.locator("canvas").first).to_be_visible(timeout=LONG)
    mine.get_by_role("button", name="badly", exact=True).click()
    expect(mine.get_by_text(re.compile("mine.py, line 13"))).to_be_visible(timeout=LONG)
    expect(mine.get_by_text("a column that I forgot")).to_be_visible()
    expect(pane(page, "plot-1").locator("canvas").first).to_be_visible()
    mine.get_by_role("button", name="well", exact=True).click()
    expect(mine.locator("canvas").first).to_be_visible(timeout=LONG)
