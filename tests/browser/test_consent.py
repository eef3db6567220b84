"""A plugin that a project names is run after the person at the screen has agreed, and not before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.schema import ExtensionConfig
from astronomical.session.session import Session
from tests.browser.test_journey import LONG, button, open_config, wait_for_question
from tests.support.plugin_files import canary
from tests.support.projects import make_project

APP = Path(__file__).parents[2] / "astronomical"
pytestmark = pytest.mark.timeout(600)


def test_a_plugin_of_a_config_runs_after_consent_only(serve: Callable[..., str], page: Page, tmp_path: Path):
    path, _ = make_project(tmp_path)
    plugin, mark = canary(tmp_path)
    with Session.open(path, plugins=[plugin]) as session:
        session.start_training("Star", models=[ExtensionConfig(name="naive_bayes")])
    mark.unlink()
    url = serve(APP)

    open_config(page, url, path)
    expect(page.get_by_text("This project wants to run a plugin")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(str(plugin))).to_be_visible()
    expect(page.get_by_text("Return a naive Bayes classifier")).to_be_visible()
    button(page, "Open without it").click()
    expect(page.get_by_text("nobody has agreed to it yet").first).to_be_visible(timeout=LONG)
    assert not mark.exists()

    button(page, "Close").first.click()
    expect(page.get_by_text("Welcome to astronomical")).to_be_visible(timeout=LONG)

    open_config(page, url, path)
    page.wait_for_timeout(500)
    button(page, "Run it").click()
    wait_for_question(page)
    assert mark.exists()
