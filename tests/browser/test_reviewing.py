"""Review labels on the screen, by keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from astronomical.config.io import read_config
from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from tests.support.projects import label_until, make_project
from tests.support.workbench import LONG, button, open_config, wait_until_seen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_suspects_are_reviewed_by_keys(app_url, page, tmp_path):
    path, _ = make_project(tmp_path, n=300)
    with Session.open(path, look_ahead=False) as session:
        session.training.start("Star", models=[ExtensionConfig(name="random_forest", parameters={"n_estimators": 10})])
        label_until(session, "Star", 20)
        stars = [id for id, target in session.training.targets("Star").items() if target]
        session.labels.relabel(stars[0], "QSO", class_name="Star")
        expected = session.review.suspects("Star")
    assert len(expected.suspects) > 1
    open_config(page, app_url, path)
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_text("Which labels does the model contradict?")).to_be_visible(timeout=LONG)
    button(page, "Check labels").click()
    expect(page.get_by_text(f"Of {expected.n_labels} labels")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(expected.suspects[0].id, exact=True).first).to_be_visible(timeout=LONG)
    page.locator("button.MuiButton-root", has_text=re.compile("^Review$")).click()
    notice = page.locator(".label-panel .notice")
    expect(notice).to_contain_text(f"Suspect 1 of {len(expected.suspects)}: labelled", timeout=LONG)

    wait_until_seen(page)
    page.keyboard.press("r")
    expect(notice).to_contain_text("Suspect 2", timeout=LONG)
    expect(page.get_by_text("0 of 1 reviewed labels were wrong.").first).to_be_visible(timeout=LONG)
    button(page, "End review").click()
    button(page, "Save").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    reviewed = [event for event in read_config(path).events if event.verdict is not None]
    assert [(event.id, event.verdict) for event in reviewed] == [(expected.suspects[0].id, "right")]
