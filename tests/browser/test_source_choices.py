"""What a user sets up for the selected source in a browser: columns of images, and other programs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import samp
from astropy.io import fits
from astropy.table import Table
from PIL import Image
from playwright.sync_api import expect

from astronomical.config.io import read_config
from astronomical.services.fetcher import Limits
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from tests.stubs.survey_server import SurveyServer
from tests.support.source_page import source_page
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

TYPES = ("table.load.votable", "table.load.fits", "table.highlight.row", "table.select.rowList", "coord.pointAt.sky")
N = 12


@pytest.fixture
def server() -> Iterator[SurveyServer]:
    with SurveyServer() as running:
        yield running


@pytest.fixture
def session(tmp_path: Path, server: SurveyServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A catalogue with columns of paths and of addresses, which name images, nothing, and worse."""
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))
    (tmp_path / "stamps").mkdir()
    rng = np.random.default_rng(3)
    Image.effect_noise((60, 60), 50).save(tmp_path / "stamps" / "s00.png")
    fits.PrimaryHDU(rng.normal(0, 1, (40, 40)).astype("f4")).writeto(tmp_path / "stamps" / "s01.fits")
    (tmp_path / "stamps" / "s02.png").write_bytes(b"<html>Not found</html>")
    stamps = [
        "stamps/s00.png",
        str(tmp_path / "stamps" / "s01.fits"),
        "stamps/s02.png",
        "stamps/s03.png",
        "",
        *[""] * (N - 5),
    ]
    links = [server.url(f"/any?ra={n}&dec=1&pixels=90") for n in range(N)]
    links[3] = server.url("/nowhere")
    Table(
        {
            "id": [f"s{i:02d}" for i in range(N)],
            "ra": np.linspace(10, 11, N),
            "dec": np.linspace(-1, 1, N),
            "g": np.linspace(18, 22, N),
            "kind": np.arange(N) % 2,
            "stamp": stamps,
            "link": links,
            "remark": ["text"] * N,
        }
    ).write(tmp_path / "t.fits")
    new_project(ProjectOptions(tmp_path / "t.fits", "id", label="kind", features=("g",)), tmp_path / "p.yaml")
    with Session.open(tmp_path / "p.yaml", who="tester") as opened:
        opened.settings.set_surveys([])
        opened.focus("s00")
        yield opened


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[samp.SAMPHubServer]:
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'hub').as_uri()}")
    monkeypatch.setattr(samp.conf, "use_internet", False)
    running = samp.SAMPHubServer(web_profile=False, addr="127.0.0.1", lockfile=str(tmp_path / "hub"))
    yield running
    if running.is_running:
        running.stop()


@pytest.fixture
def page(
    session: Session, hub: samp.SAMPHubServer, serve: Callable[..., str], new_page: Callable[..., Any]
) -> Iterator[Any]:
    with source_page(session, serve, new_page, (620, 620), Limits(20, allow_private=True)) as opened:
        yield opened


def tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def choose_images(page: Any, *names: str) -> None:
    """Choose columns of images in the settings of the pane."""
    page.get_by_role("button", name="Settings of this pane").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_role("combobox", name="Images: columns with addresses or paths")
    field.click()
    offered = page.locator(".MuiMenu-list").get_by_role("menuitem")
    for name in names:
        offered.filter(has_text=re.compile(f"^{name}$")).click()
    page.locator(".MuiMenu-list").press("Escape")
    expect(offered).to_have_count(0)
    dialog.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Apply")).to_be_hidden()


def brightness_varies(page: Any) -> bool:
    """Whether what is drawn in the box is a picture, not one colour."""
    shot = Image.open(io.BytesIO(page.locator("img.sky").screenshot())).convert("L")
    return float(np.asarray(shot).std()) > 5


def test_columns_of_images_are_chosen_and_shown_as_tabs(page: Any, session: Session) -> None:
    expect(page.get_by_role("tab")).to_have_text(["Overview", "Labels", "Notes", "Why", "Nearby"])
    choose_images(page, "stamp", "link")
    expect(page.get_by_role("tab")).to_have_text(["Overview", "Labels", "Notes", "Why", "Nearby", "stamp", "link"])
    image = page.locator(".frame[data-state=image] img.sky")
    expect(image).to_have_attribute("alt", "stamp of s00")
    assert brightness_varies(page)
    tab(page, "link")
    expect(image).to_have_attribute("alt", "link of s00")
    assert brightness_varies(page)
    session.focus("s01")  # the tab stays when the source changes
    expect(image).to_have_attribute("alt", "link of s01")
    tab(page, "stamp")
    expect(image).to_have_attribute("alt", "stamp of s01")
    expect(image).to_have_attribute("src", re.compile("^data:image/png"))
    assert brightness_varies(page)
    session.save()
    assert read_config(session.path).catalogue.image_columns == ("stamp", "link")


def test_the_place_of_an_absent_image_says_why(page: Any, session: Session) -> None:
    choose_images(page, "stamp", "link", "remark")
    for id, column, reason in (
        ("s02", "stamp", "Not an image (HTML)."),
        ("s03", "stamp", "No such file: "),
        ("s04", "stamp", "Column stamp has no image for this source."),
        ("s03", "link", "The server responded with status 404."),
        ("s00", "remark", "No such file: "),
    ):
        session.focus(id)
        expect(page.locator(".id")).to_have_text(id)
        tab(page, column)
        expect(page.locator(".own-images .frame[data-state=absent] .reason")).to_contain_text(reason)
        expect(page.locator(".own-images img.sky")).to_be_hidden()


def test_an_image_that_was_not_there_comes_by_retry(page: Any, session: Session) -> None:
    choose_images(page, "stamp")
    session.focus("s03")
    expect(page.locator(".own-images .reason")).to_contain_text("No such file: ")
    Image.effect_noise((60, 60), 50).save(session.path.parent / "stamps" / "s03.png")
    page.locator(".own-images .retry").click()
    expect(page.locator(".frame[data-state=image] img.sky")).to_have_attribute("alt", "stamp of s03")


def test_other_programs_get_the_source_and_the_selection(page: Any, session: Session, hub: samp.SAMPHubServer) -> None:
    page.get_by_role("button", name="SAMP").click()
    dialog = page.get_by_role("dialog")
    send, selection = (
        dialog.get_by_role("button", name=name, exact=True) for name in ("Send this source", "Send the selection")
    )
    expect(send).to_be_disabled()
    for name in ("Connect", "Send this source", "Send the selection", "Send all sources"):
        expect(dialog.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    dialog.get_by_role("button", name="Connect", exact=True).click()
    expect(
        dialog.get_by_text(
            "No SAMP hub is running on this computer, or it does not respond. "
            "Start TOPCAT, Aladin or another hub, then connect again."
        )
    ).to_be_visible()
    expect(send).to_be_disabled()
    hub.start()
    other = samp.SAMPIntegratedClient(name="Other", addr="127.0.0.1")
    other.connect()
    heard: list[tuple[str, dict[str, Any]]] = []
    for mtype in TYPES:
        other.bind_receive_notification(mtype, lambda key, sender, mtype, params, extra: heard.append((mtype, params)))
    dialog.get_by_role("button", name="Connect", exact=True).click()
    expect(dialog.get_by_text("Connected. Other programs: Other")).to_be_visible()
    send.click()
    expect(dialog.get_by_text("s00 sent to Other.")).to_be_visible()
    wait_until(page, lambda: heard != [])
    assert [(mtype, float(params["ra"]), float(params["dec"])) for mtype, params in heard] == [
        ("coord.pointAt.sky", 10.0, -1.0)
    ]
    expect(selection).to_be_disabled()
    session.select(["s05", "s02"])
    expect(selection).to_be_enabled()
    selection.click()
    expect(dialog.get_by_text("2 sources sent to Other.")).to_be_visible()
    wait_until(page, lambda: len(heard) > 1)
    mtype, params = heard[-1]
    assert mtype == "table.load.votable"
    sent = Table.read(params["url"].removeprefix("file://"), format="votable")
    assert list(sent["astronomical_id"]) == ["s05", "s02"]
    other.notify_all(
        {
            "samp.mtype": "table.highlight.row",
            "samp.params": {"table-id": params["table-id"], "url": params["url"], "row": "1"},
        }
    )
    dialog.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".id")).to_have_text("s02")
    other.disconnect()
    hub.stop()
    page.get_by_role("button", name="SAMP").click()
    expect(dialog.get_by_role("button", name="Connect", exact=True)).to_be_visible()
    expect(send).to_be_disabled()
