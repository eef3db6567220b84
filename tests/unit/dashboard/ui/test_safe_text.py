"""Text reaches the page as text, and the linter refuses other ways."""

from __future__ import annotations

import html
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import panel as pn
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronomical.dashboard.ui.components import Message, heading, hint, plain_table
from astronomical.dashboard.ui.safe_text import Html, Markup, TextTable, from_markdown, hover, list_editor

CHECKOUT = Path(__file__).parents[4]
TAG = "<img src=x onerror=alert(1)> **bold** &lt;b&gt;"


def shown(pane: pn.viewable.Viewable) -> str:
    """Return the HTML that the browser makes of a pane."""
    return html.unescape(pane.get_root().text)


def test_a_text_is_escaped_and_markup_is_not():
    assert shown(Html(TAG)) == html.escape(TAG)
    assert shown(Html(Markup("<b>{}</b>").format(TAG))) == f"<b>{html.escape(TAG)}</b>"
    pane = Html(Markup("<b>1</b>"))
    pane.object = TAG
    assert shown(pane) == html.escape(TAG)
    assert shown(Html()) == ""


def test_a_text_among_the_children_of_a_layout_is_no_markdown():
    assert isinstance(pn.Column(TAG)[0], Html)
    assert isinstance(pn.panel(TAG), Html)


def test_parts_of_pages_show_text():
    message = Message(TAG)
    panes = [heading(TAG), hint(TAG), hint(TAG, one_line=True), plain_table([TAG], [[TAG]], colours=[TAG])]
    for pane in (*panes, message.view):
        assert "<img" not in shown(pane)
        assert html.escape(TAG) in shown(pane)
    message.show(TAG, "warning")
    assert "<img" not in shown(message.view)


def test_titles_of_a_table_are_text():
    table = TextTable(pd.DataFrame({TAG: ["x"], "plain": ["y"]}), titles={"plain": TAG}, show_index=False)
    assert [column.title for column in table.get_root().columns] == [html.escape(TAG)] * 2


class Parts(HTMLParser):
    """Collects the tags of HTML, and the addresses and other values of its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.links, self.attributes = set[str](), list[str](), set[tuple[str, str | None]]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.attributes |= {(name, value) for name, value in attrs if name != "href"}


def test_markdown_becomes_text_lists_and_links_in_another_tab():
    found = Parts(from_markdown("**broad** lines\n\n- u - g < 0.6\n\n[paper](https://doi.org/10.21105/joss.03635)"))
    assert {"strong", "li", "a"} <= found.tags
    assert found.links == ["https://doi.org/10.21105/joss.03635"]
    assert ("target", "_blank") in found.attributes


@pytest.mark.parametrize(
    "text",
    [
        TAG,
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](https://example.org/x.png)",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
        '[x](https://a.b ""onclick="alert(1)")',
        "[x](/local)",
    ],
)
def test_markdown_can_neither_run_nor_load_anything(text):
    found = Parts(from_markdown(text))
    assert not found.tags & {"img", "script", "iframe"}
    assert all(link.startswith(("http://", "https://")) for link in found.links)
    assert {name for name, _ in found.attributes} <= {"target", "rel", "title"}


@given(st.text(st.sampled_from("<>&\"'[]()!`*_#|-:\\ \nahrefjs1/.=")))
def test_no_text_gets_through_markdown_as_html(text):
    found = Parts(from_markdown(text))
    assert not found.tags & {"img", "script", "iframe", "style", "svg"}
    assert all(link.startswith(("http://", "https://")) for link in found.links)
    assert not any(name.startswith("on") for name, _ in found.attributes)


def test_items_of_a_list_hold_neither_tags_nor_entities():
    item = list_editor([TAG])["values"][0]
    assert item["value"] == TAG
    assert item["label"].replace("\u2060", "") == TAG
    assert html.unescape(item["label"]) == item["label"]
    assert "<i" not in item["label"]


def test_a_tooltip_of_a_plot_takes_no_html():
    with pytest.raises(ValueError, match="safe"):
        hover([("band", "@band{safe}")])


@pytest.mark.parametrize(
    "line",
    [
        "pn.pane.HTML(text)",
        "pn.pane.Markdown(text)",
        "pn.pane.Alert(text)",
        "pn.widgets.Tabulator(text)",
        "pn.widgets.StaticText(value=text)",
        "pn.widgets.TooltipIcon(value=text)",
        "pmui.Alert(text)",
        "pmui.Typography(text)",
        "pmui.Card(title=text)",
        "pmui.Accordion((text, None))",
        "pmui.Tabs((text, None))",
        "models.Div(text=text)",
        "models.HoverTool(tooltips=text)",
        "pn.state.notifications.info(text)",
        "Markup(text)",
        "Markup(f'<b>{text}</b>')",
        "html.escape(text)",
    ],
)
def test_the_linter_refuses_other_ways(line: str):
    pytest.importorskip("ruff")
    source = (
        "import html\n\nimport panel as pn\nimport panel_material_ui as pmui\n"
        "from bokeh import models\n\nfrom astronomical.dashboard.ui.safe_text import Markup\n\n\n"
        f"def view(text):\n    return {line}\n"
    )
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--no-cache",
            "--output-format",
            "concise",
            "--stdin-filename",
            "astronomical/dashboard/view_of_a_test.py",
            "-",
        ],
        input=source,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [row for row in found.stdout.splitlines() if ":11:" in row and ("S704" in row or "TID251" in row)], found
