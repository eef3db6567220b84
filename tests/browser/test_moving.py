"""Moving a project to another release of its catalogue, from the start page."""

from __future__ import annotations

import re

import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.session import Session
from tests.support.projects import label_until, make_project, start_small
from tests.support.workbench import LONG, open_config

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


@pytest.fixture
def labelled(tmp_path):
    """Return a project with labels, and a labelled source."""
    path, _ = make_project(tmp_path, n=150)
    with Session.open(path, who="ana", look_ahead=False) as session:
        start_small(session)
        label_until(session, "Star", 8)
        lost = session.ledger.given[-1].id
    return path, lost


def test_a_project_is_moved_to_a_catalogue_with_other_columns(app_url, page, labelled, tmp_path):
    path, lost = labelled
    table = Table.read(tmp_path / "catalogue.fits")
    table.rename_column("u", "u_psf")
    table[table["name"] != lost].write(tmp_path / "catalogue.fits", overwrite=True)
    before = path.read_bytes()
    open_config(page, app_url, path)
    expect(page.get_by_text(re.compile("it has no column 'u'"))).to_be_visible(timeout=LONG)
    page.get_by_label("Catalogue of the project").fill(str(tmp_path / "catalogue.fits"))
    page.get_by_role("button", name="Move to this catalogue…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("New catalogue")).to_have_value(str(tmp_path / "catalogue.fits"))
    expect(dialog.get_by_role("button", name="Move", exact=True)).to_be_disabled()
    dialog.get_by_role("button", name="Compare").click()
    expect(dialog.get_by_text("Choose what replaces them")).to_be_visible(timeout=LONG)
    expect(dialog.get_by_text("u_psf")).to_be_visible()
    dialog.get_by_role("button", name="Compare").click()
    expect(dialog.get_by_text(re.compile(rf"Lost \(not found\): 1: {lost}"))).to_be_visible(timeout=LONG)
    expect(dialog.get_by_text(re.compile("found by id only"))).to_be_visible()
    assert not (tmp_path / "project-moved.yaml").exists()
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(dialog.get_by_text(re.compile("Written to .*project-moved.yaml"))).to_be_visible(timeout=LONG)
    expect(dialog.get_by_text(re.compile("Star before: 8 labels.*; after: 7 labels"))).to_be_visible()
    assert path.read_bytes() == before
    assert lost not in {event.id for event in read_config(tmp_path / "project-moved.yaml").events}
    dialog.get_by_role("button", name="Open the new project").click()
    expect(page.get_by_text("Star: 7 labels")).to_be_visible(timeout=LONG)


@pytest.mark.slow
def test_wrong_entries_are_explained_and_kept(app_url, page, labelled, tmp_path):
    path, _ = labelled
    table = Table.read(tmp_path / "catalogue.fits")
    table.write(tmp_path / "first.fits")
    table["g"] += 1
    table.write(tmp_path / "catalogue.fits", overwrite=True)
    open_config(page, app_url, path)
    page.get_by_role("button", name="Move to this catalogue…").click(timeout=LONG)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("New catalogue")).to_have_value(str(tmp_path / "catalogue.fits"), timeout=LONG)
    dialog.get_by_label("Old catalogue").fill(str(tmp_path / "absent.fits"))
    dialog.get_by_role("button", name="Compare").click()
    expect(dialog.get_by_role("alert")).to_contain_text("absent.fits", timeout=LONG)
    expect(dialog.get_by_role("button", name="Move", exact=True)).to_be_disabled()
    dialog.get_by_label("Old catalogue").fill(str(tmp_path / "first.fits"))
    dialog.get_by_role("button", name="Compare").click()
    expect(dialog.get_by_text(re.compile(r"Labels carried over: \d+ of \d+"))).to_be_visible(timeout=LONG)
    dialog.get_by_label("New project file").fill(str(path))
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("cannot replace an input", timeout=LONG)
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_label("Project file", exact=True)).to_be_enabled()


@pytest.mark.slow
def test_an_open_project_is_moved_from_its_settings(app_url, page, labelled, tmp_path):
    path, _ = labelled
    Table.read(tmp_path / "catalogue.fits").write(tmp_path / "next.fits")
    open_config(page, app_url, path)
    header = page.get_by_role("banner")  # the learner has a button of this name too
    header.get_by_role("button", name="Settings…").click(timeout=LONG)
    expect(page.get_by_text(f"Catalogue: {tmp_path / 'catalogue.fits'}")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Move to another catalogue…").click()
    dialog = page.get_by_role("dialog", name="Move to another catalogue")
    expect(dialog.get_by_label("New catalogue")).to_have_value(str(tmp_path / "catalogue.fits"), timeout=LONG)
    dialog.get_by_label("New catalogue").fill(str(tmp_path / "next.fits"))
    dialog.get_by_role("button", name="Compare").click()
    expect(dialog.get_by_text("Labels carried over: 8 of 8")).to_be_visible(timeout=LONG)
    expect(dialog.get_by_role("button", name="Stop")).to_be_hidden()
    dialog.get_by_role("button", name="Move", exact=True).click()
    dialog.get_by_role("button", name="Open the new project").click(timeout=LONG)
    expect(header.get_by_title(f"{path.stem}-moved{path.suffix}")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Star: 8 labels")).to_be_visible(timeout=LONG)
    header.get_by_role("button", name="Settings…").click()
    expect(page.get_by_text(f"Catalogue: {tmp_path / 'next.fits'}")).to_be_visible(timeout=LONG)
