"""The studies of a learner and the reasons of its predictions, on the screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from tests.support.faint import bright_only, faint_project
from tests.support.projects import label_until, make_project, start, start_small
from tests.support.workbench import LONG, button, open_config, wait_for_question

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def judge(page: Page, tab: str) -> None:
    page.get_by_role("button", name="Judge", exact=True).click()
    page.get_by_role("tab", name=tab, exact=True).click()


def test_where_to_believe_selects_and_colours_the_unlike_sources(app_url, page, tmp_path):
    path, _ = faint_project(tmp_path, 1500, bright_only)
    with Session.open(path, who="tester", look_ahead=False) as session:
        start_small(session, "Galaxy", 20)
    open_config(page, app_url, path)
    wait_for_question(page)
    judge(page, "Where to believe")
    button(page, "Compare with the catalogue").click()
    expect(page.get_by_text(re.compile(r"of 1,500 sources\) is unlike all"))).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("Scores for the whole catalogue: n/a"))).to_be_visible()
    button(page, "Select the unlike sources").click()
    expect(page.get_by_text(re.compile(r"1,\d\d\d (sources )?selected")).first).to_be_visible(timeout=LONG)


def test_random_labels_other_models_and_the_reasons(app_url, page, tmp_path):
    path, _ = make_project(tmp_path)
    with Session.open(path, who="tester", look_ahead=False) as session:
        start(session)
        session.training.start("Star", models=[ExtensionConfig(name="logistic_regression")])
        label_until(session, "Star", 7)
    open_config(page, app_url, path)
    wait_for_question(page)
    judge(page, "Worth it")
    button(page, "Compare with random labels").click()
    expect(page.get_by_text(re.compile("of 20 random draws"))).to_be_visible(timeout=LONG)
    judge(page, "Models")
    button(page, "Compare all models").click()
    expect(page.get_by_text("9 models were looked at")).to_be_visible(timeout=LONG)
    button(page, "Use this model").click()
    expect(page.get_by_text("This is about round 7")).to_be_visible(timeout=LONG)
    page.get_by_role("tab", name="Why", exact=True).click()
    expect(page.get_by_text("Over 7 labels, the model is driven by")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Nearest labelled source")).to_be_visible()
