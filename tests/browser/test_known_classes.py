"""Known classes become the label column of a new project, in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from playwright.sync_api import Page, expect

from tests.stubs.xmatch_server import XMatchServer
from tests.support.workbench import APP, LONG, button

pytestmark = [pytest.mark.timeout(600)]


def test_types_are_found_mapped_to_classes_and_added(
    serve: Callable[..., str], page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    table = Table({"name": np.arange(60), "ra": rng.uniform(10, 300, 60), "dec": rng.uniform(-60, 60, 60)})
    table["g"] = rng.normal(size=60)
    table.write(tmp_path / "c.csv")
    types = ["Star"] * 30 + ["QSO"] * 20 + ["Rad"] * 10
    objects = {"simbad": list(zip(table["ra"], table["dec"], types, strict=True))}
    monkeypatch.delenv("ASTRONOMICAL_OFFLINE")
    monkeypatch.setenv("ASTRONOMICAL_ALLOW_PRIVATE_HOSTS", "1")
    with XMatchServer(objects, "500") as server:
        monkeypatch.setenv("ASTRONOMICAL_XMATCH", server.url)
        page.goto(serve(APP))
        button(page, "Choose a catalogue…").click()
        field = page.get_by_label("Catalogue file")
        field.fill(str(tmp_path / "c.csv"))
        field.press("Enter")
        button(page, "Find").click(timeout=LONG)
        expect(page.get_by_text("X-Match responded with status 500")).to_be_visible(timeout=LONG)
        server.mode = "ok"
        button(page, "Find").click()
        expect(page.get_by_text("classes: Star 30, QSO 20")).to_be_visible(timeout=LONG)
        radio = page.get_by_label(re.compile(r"SIMBAD Rad \(10\)"))
        radio.fill("Radio source")
        radio.press("Tab")
        expect(page.get_by_text("Radio source 10")).to_be_visible(timeout=LONG)
        button(page, "Add the label column").click()
        expect(page.get_by_text(re.compile("Written to .*c_known_classes.parquet"))).to_be_visible(timeout=LONG)
        button(page, "Next").click()
        expect(page.get_by_label(re.compile(r"^Star \(30 sources\)"))).to_be_visible(timeout=LONG)
        expect(page.get_by_label(re.compile(r"^Radio source \(10 sources\)"))).to_be_visible()
