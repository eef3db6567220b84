"""Spectra and light curves from archives in the pane of the selected source, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from playwright.sync_api import expect

from astronomical.config.services import ServicesConfig, SourceArchiveConfig
from astronomical.services.fetcher import Limits
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from tests.stubs.source_archive_server import DEC, RA, SourceArchiveServer
from tests.support.source_page import source_page


@pytest.fixture
def server() -> Iterator[SourceArchiveServer]:
    with SourceArchiveServer() as running:
        yield running


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: SourceArchiveServer) -> Iterator[Session]:
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:file://{tmp_path}/nowhere")
    n = 20
    ra = RA + np.r_[0.0, np.linspace(10, 100, n - 1)]
    table = Table({"id": [f"s{i:02d}" for i in range(n)], "ra": ra, "dec": np.full(n, DEC), "g": np.arange(n) + 0.5})
    table.write(tmp_path / "t.fits")
    new_project(ProjectOptions(tmp_path / "t.fits", "id", features=("g",)), tmp_path / "p.yaml")
    with Session.open(tmp_path / "p.yaml", who="tester") as opened:
        opened.settings.set_surveys([])
        opened.settings.set_archives(
            spectra=[
                SourceArchiveConfig(name="SDSS", kind="sdss", url=server.url("sdss")),
                SourceArchiveConfig(name="DESI", kind="desi", url=server.url("desi")),
            ],
            light_curves=[SourceArchiveConfig(name="ZTF", kind="ztf", url=server.url("ztf"))],
        )
        opened.focus("s00")
        yield opened


@pytest.fixture
def page(session: Session, serve: Callable[..., str], new_page: Callable[..., Any]) -> Iterator[Any]:
    with source_page(session, serve, new_page, (533, 480), Limits(allow_private=True)) as opened:
        yield opened


def test_archives_are_asked_for_the_selected_source(page: Any, session: Session, server: SourceArchiveServer) -> None:
    tab = page.get_by_role("tab", name="Spectrum", exact=True)
    tab.click()
    page.get_by_text("From the archive SDSS: SDSS, in vacuum.").wait_for()
    page.get_by_text("Lines at z = 0.2500").wait_for()
    page.get_by_role("tab", name="Light curve", exact=True).click()
    page.get_by_text("From the archive ZTF: 40 epochs.").wait_for()
    page.get_by_label("Season").select_option("1")
    page.get_by_text("From the archive ZTF: 15 epochs in season 2 of 2.").wait_for()
    tab.click()
    server.modes["desi"] = "500"
    session.focus("s01")
    page.get_by_text("No archive has a spectrum. SDSS: nothing at this position; DESI: the server").wait_for()
    server.modes["desi"] = "ok"
    page.get_by_role("button", name="Retry").click()
    page.get_by_text("DESI: nothing at this position.").wait_for()
    expect(page.get_by_role("button", name="Retry")).to_be_hidden()
    page.get_by_role("button", name="Settings of this pane").click()
    expect(page.get_by_role("dialog").get_by_text("DESI")).to_be_visible()


def test_archives_are_in_the_project_file_once_they_are_chosen(session: Session) -> None:
    session.save()
    text = session.path.read_text()
    assert "light_curves:" in text
    session.settings.set_archives(spectra=(), light_curves=())
    session.save()
    text = session.path.read_text()
    assert "light_curves:" not in text
    assert session.state.config.services.surveys == ()
    assert ServicesConfig().spectra == ()
    with pytest.raises(ValueError, match="has no spectra"):
        session.settings.set_archives(spectra=[SourceArchiveConfig(name="a", kind="ztf")])
