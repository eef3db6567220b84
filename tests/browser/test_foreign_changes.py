"""What the page says when another program changes the files of the project, and how both versions are merged."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from astronomical.session import Session
from astronomical.session.project.project_store import load_project
from tests.support.projects import make_project
from tests.support.workbench import LONG, begin, button, open_config, press_and_wait, wait_until_seen

pytestmark = pytest.mark.timeout(400)


@pytest.mark.slow
def test_labels_of_another_writer_stop_this_page_until_both_are_merged(app_url, new_page, tmp_path):
    path, _ = make_project(tmp_path, n=300)
    page = new_page(1280, 800)
    open_config(page, app_url, path)
    begin(page)
    ours = press_and_wait(page, "1")
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    path.with_name(f"{path.name}.lock").unlink()
    other = Session.open(path)
    theirs = list(other.dataset.catalogue.ids_at(range(250, 255)))
    for id in theirs:
        other.focus(id)
        other.assign("Galaxy")
    wait_until_seen(page)
    page.keyboard.press("1")
    dialog = page.get_by_role("dialog").filter(has_text="Another program changed this project")
    expect(dialog).to_be_visible(timeout=LONG)
    expect(dialog).to_contain_text("Nothing more is written")
    expect(dialog).to_contain_text("project.conflict-")
    button(dialog, "Merge").click()
    expect(dialog).to_contain_text("is open in process", timeout=LONG)
    button(dialog, "Not now").click()
    expect(dialog).not_to_be_visible(timeout=LONG)
    expect(page.get_by_text("Changed by another program.")).to_be_visible()
    other.close()
    button(page, "Merge…").click()
    button(dialog, "Merge").click()
    expect(page.get_by_text("Merged:").first).to_be_visible(timeout=LONG)
    expect(dialog).not_to_be_visible(timeout=LONG)
    press_and_wait(page, "1")
    found = {event.id for event in load_project(path).events}
    assert {ours, *theirs} <= found
