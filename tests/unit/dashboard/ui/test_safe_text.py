"""Text reaches the page as text, and the linter refuses other ways."""

from __future__ import annotations

import html
import subprocess
import sys
from pathlib import Path

import pandas as pd
import panel as pn
import pytest

from astronomical.dashboard.ui.components import Message, heading, hint, plain_table
from astronomical.dashboard.ui.safe_text import Html, Markup, TextTable, hover, list_editor

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
