"""Images, spectrum, settings and SAMP of the pane of the selected source, in a browser."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from PIL import Image
from playwright.sync_api import expect

from astronomical.services.fetcher import Limits
from astronomical.services.local_files import allowed_folders
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.source_page import source_page

HOSTILE = b"""<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' onload="parent.document.title='gone'">
<script>parent.document.title='gone'</script><image href='http://example.org/a.png'/></svg>"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:file://{tmp_path}/nowhere")
    n = 40
    wave = np.linspace(4000, 9000, 400)
    Table({"wavelength": wave, "flux": 1 + np.exp(-0.5 * ((wave - 7221) / 20) ** 2)}).write(tmp_path / "s.ecsv")
    out = io.BytesIO()
    Image.effect_noise((40, 20), 60).save(out, format="PNG")
    (tmp_path / "a.png").write_bytes(out.getvalue())
    (tmp_path / "a.svg").write_bytes(HOSTILE)
    Table(
        {
            "id": [f"s{i:02d}" for i in range(n)],
            "g": np.linspace(18, 22, n),
            "kind": np.arange(n) % 2,
            "z": np.full(n, 0.1),
            "picture": ["a.png"] * n,
            "drawing": ["a.svg"] * n,
            "secret": ["/etc/passwd"] * n,
            "spectrum": ["s.ecsv"] * (n - 1) + [""],
            "name": [f"NGC {i}" for i in range(n)],
        }
    ).write(tmp_path / "t.fits")
    new_project(ProjectOptions(tmp_path / "t.fits", "id", label="kind", features=("g",)), tmp_path / "p.yaml")
    with Session.open(tmp_path / "p.yaml", who="tester") as opened:
        opened.settings.set_columns(
            image_columns=["picture", "drawing", "secret"],
            spectrum_column="spectrum",
            redshift_column="z",
            name_column="name",
        )
        opened.focus("s01")
        yield opened


@pytest.fixture
def page(session: Session, serve: Callable[..., str], new_page: Callable[..., Any]) -> Iterator[Any]:
    """The pane, in a page of its size at 1280x800."""
    with source_page(session, serve, new_page, (533, 480), Limits()) as opened:
        yield opened
    shutil.rmtree(session.path.parent / "home", ignore_errors=True)


def tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


@pytest.mark.slow
def test_image_columns_are_tabs_and_harmless(page: Any) -> None:
    page.locator(".frame[data-state=image]").wait_for()
    frame, image = page.locator(".frame").bounding_box(), page.locator("img.sky").bounding_box()
    assert image["width"] == pytest.approx(2 * image["height"], rel=0.02)
    assert image["x"] >= frame["x"]
    assert frame["y"] + frame["height"] <= 480
    tab(page, "drawing")
    page.locator("img.sky[src^='data:image/svg+xml']").wait_for()
    page.wait_for_function("() => document.title !== 'gone'")
    tab(page, "secret")
    page.get_by_text("is outside the folder of the catalogue").wait_for()
    assert page.title() != "gone"


def test_spectrum_has_lines_at_the_redshift(page: Any, session: Session) -> None:
    tab(page, "Spectrum")
    page.locator("canvas").first.wait_for()
    page.get_by_text("Lines at z = 0.1000").wait_for()
    page.get_by_text("vacuum assumed").wait_for()
    typed = page.get_by_label("Redshift", exact=True)
    assert typed.input_value() == "0.1000"
    typed.fill("0.25")
    typed.press("Enter")
    page.get_by_text("Lines at z = 0.2500").wait_for()
    page.get_by_role("button", name="Reset", exact=True).click()
    page.get_by_text("Lines at z = 0.1000").wait_for()
    session.focus("s39")
    page.get_by_text("Column spectrum has no spectrum for this source.").wait_for()


@pytest.mark.slow
def test_names_can_be_searched_for(page: Any) -> None:
    search = page.get_by_placeholder("Search by id or name")
    search.fill("ngc12")
    search.press("Enter")
    page.locator(".id", has_text="s12").wait_for()


@pytest.mark.slow
def test_settings_allow_other_folders(page: Any, session: Session) -> None:
    other = session.path.parent / "other"
    other.mkdir()
    page.get_by_role("button", name="Settings of this pane").click()
    page.get_by_label("Other folders").fill(str(other))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Apply")).to_be_hidden()
    assert allowed_folders() == (other,)


@pytest.mark.slow
def test_samp_without_a_hub_says_what_to_do(page: Any) -> None:
    page.get_by_role("button", name="SAMP").click()
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_text("No SAMP hub is running on this computer").wait_for()
