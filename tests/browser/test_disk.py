"""What the screen says when the disk is full or may not be written, and when the catalogue changes meanwhile."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from astronomical.config.io import read_config
from astronomical.session.project.project_store import load_project
from tests.support.disks import fill, small_disk
from tests.support.projects import make_project, write_catalogue
from tests.support.server import Server
from tests.support.workbench import LONG, begin, button, open_config, press_and_wait, shown_id, wait_for_question

APP = Path(__file__).parents[2] / "astronomical"
pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=2) as made:
        yield made


def press_until_it_is_said(page: Page, text: str) -> str:
    """Label until the disk takes no more, and return the source that could not be labelled."""
    said = page.get_by_text(re.compile(text)).first
    for _ in range(400):
        if said.is_visible():
            return shown_id(page)
        page.keyboard.press("1")
        page.wait_for_timeout(100)
    pytest.fail(f"the screen never said {text!r}")


def test_a_full_disk_is_said_and_labelling_goes_on_after_it(app_url, new_page, disk):
    path, _ = make_project(disk, n=1000)
    page = new_page(1280, 800)
    open_config(page, app_url, path)
    begin(page)
    labelled = press_and_wait(page, "1")
    ballast = disk / "ballast"
    with pytest.raises(OSError):
        fill(ballast)
    refused = press_until_it_is_said(page, "Free space on the disk")
    found = [event.id for event in load_project(path).events]
    assert labelled in found
    assert refused not in found
    ballast.unlink()
    assert press_and_wait(page, "2") == refused
    assert load_project(path).events[-1].id == refused


def test_a_project_in_a_read_only_folder_is_worked_on_as_a_copy(app_url, new_page, disk, home):
    path, _ = make_project(disk)
    before = path.read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    page = new_page(1280, 800)
    open_config(page, app_url, path)
    expect(page.get_by_text("copy").first).to_be_visible(timeout=LONG)
    begin(page)
    labelled = press_and_wait(page, "1")
    copies = list(home.rglob("project.yaml"))
    assert [event.id for event in load_project(copies[0]).events][-1] == labelled
    assert path.read_bytes() == before


@pytest.fixture
def mortal() -> Iterator[Server]:
    """A server that folders can be closed to, even if the tests run as root."""
    without = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
    under = without if os.name == "posix" and os.geteuid() == 0 else ()
    if under and shutil.which(under[0]) is None:
        pytest.skip("root's right to write everywhere cannot be taken away here")
    with Server(under=under) as server:
        yield server


def test_a_folder_that_is_closed_to_writing_while_its_project_is_open(mortal, new_page, tmp_path):
    path, _ = make_project(tmp_path)
    page = new_page(1280, 800)
    open_config(page, mortal.url, path)
    begin(page)
    labelled = [press_and_wait(page, "1")]
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    path.parent.chmod(0o555)
    try:
        labelled += [press_and_wait(page, key) for key in "2131"]
        said = page.get_by_text(re.compile("project.yaml could not be written .* safe in its journal"))
        expect(said).to_be_visible(timeout=LONG)
        page.wait_for_timeout(3000)
        expect(said).to_have_count(1)
        expect(page.get_by_text("labels saved, project file pending")).to_be_visible()
        assert [event.id for event in load_project(path).events][-5:] == labelled
    finally:
        path.parent.chmod(0o755)
    labelled.append(press_and_wait(page, "2"))
    button(page, "Save").click()
    expect(page.get_by_text("all saved")).to_be_visible(timeout=LONG)
    assert [event.id for event in read_config(path).events][-6:] == labelled


def test_a_catalogue_that_is_replaced_or_gone_meanwhile_does_not_disturb(app_url, new_page, tmp_path):
    path, _ = make_project(tmp_path)
    page = new_page(1280, 800)
    open_config(page, app_url, path)
    begin(page)
    press_and_wait(page, "1")
    write_catalogue(tmp_path / "catalogue.fits", n=200, seed=9)
    labelled = [press_and_wait(page, key) for key in "213"]
    (tmp_path / "catalogue.fits").unlink()
    labelled += [press_and_wait(page, key) for key in "12"]
    wait_for_question(page)
    assert [event.id for event in load_project(path).events][-5:] == labelled
