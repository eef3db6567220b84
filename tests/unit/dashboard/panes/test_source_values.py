import time

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astronomical.config.services import SurveyConfig
from astronomical.dashboard.panes.source.cutouts import CutoutView, likely_next, scale_bar
from astronomical.dashboard.panes.source.values import (
    label_rows,
    link_rows,
    load_columns,
    near_rows,
    value_rows,
    with_error,
)
from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.fetcher import Limits
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from tests.stubs.survey_server import SurveyServer


@pytest.fixture
def session(tmp_path):
    random = np.random.default_rng(2)
    n = 60
    table = Table(
        {
            "id": [f"s{i:02d}" for i in range(n)],
            "ra": random.uniform(0, 1, n),
            "dec": np.linspace(-1, 1, n),
            "g": random.normal(20, 1, n),
            "e_g": np.full(n, 0.02),
            "kind": np.arange(n) % 2,
        }
    )
    table["ra"][:3], table["dec"][:3] = [10.0, 10.005, 10.01], [-0.25, -0.25, -0.25]
    table["g"].unit = "mag"
    table.write(tmp_path / "t.fits")
    new_project(
        ProjectOptions(tmp_path / "t.fits", "id", label="kind", label_names={"0": "A", "1": "B"}, features=("g",)),
        tmp_path / "p.yaml",
    )
    with Session.open(tmp_path / "p.yaml", who="me") as opened:
        yield opened


def test_values_have_units_errors_and_probabilities(session):
    session.training.start("A")
    rows = {row["name"]: row for row in value_rows(session, "s00", load_columns(session))}
    assert rows["RA, Dec"]["value"] == "10.000000 -0.250000"
    assert rows["ICRS"]["copy"] == "00 40 00.00 -00 15 00.0"
    galactic = SkyCoord(10, -0.25, unit="deg").galactic
    assert [float(text) for text in rows["Galactic"]["value"].split()] == pytest.approx(
        [galactic.l.deg, galactic.b.deg], abs=1e-4
    )
    assert rows["g"]["value"].endswith(" ± 0.020")
    assert (rows["g"]["unit"], "±" in rows["g"]["copy"]) == ("mag", False)
    proba = session.round("A").proba[session.dataset.catalogue.row("s00")]
    assert rows["p(A)"]["value"] == ("not scored" if np.isnan(proba) else f"{proba:.3f}")
    assert "p(B)" not in rows
    waiting = {row["name"]: row["value"] for row in value_rows(session, "s00", frozenset())}
    assert (waiting["g"], waiting["RA, Dec"]) == ("…", rows["RA, Dec"]["value"])


def test_labels_so_far_with_who_and_when(session):
    session.focus("s05")
    session.assign("A")
    session.focus("s05")
    session.assign("B")
    session.undo()
    first, second = label_rows(session, "s05")
    assert (first["cells"][0], first["faded"]) == ("B", True)
    assert second["cells"][:4] == ["A", "—", "clicked", "me"]
    assert label_rows(session, "s06") == []


def test_neighbours_within_an_arcminute(session):
    assert [(row["id"], row["cells"][0]) for row in near_rows(session, "s00")] == [("s01", "18.0″"), ("s02", "36.0″")]


def test_links_carry_the_position(session):
    assert {row["name"] for row in link_rows(session, "s00")} == {"SIMBAD", "NED", "VizieR", "SDSS", "Legacy"}
    assert all("10.000000" in row["url"] and "-0.250000" in row["url"] for row in link_rows(session, "s00"))


@pytest.mark.parametrize(
    ("width", "text", "share"),
    [(102.4, "20″", 20 / 102.4), (460, "2′", 120 / 460), (3.3, "1″", 1 / 3.3), (40_000, "2°", 7200 / 40_000)],
)
def test_scale_bars_are_round_and_at_most_a_third(width, text, share):
    bar = scale_bar(width)
    assert bar == {"share": pytest.approx(share, abs=1e-4), "text": text}
    assert bar["share"] <= 1 / 3


def test_the_next_sources_are_fetched_ahead(session):
    with SurveyServer() as server:
        fetcher = CutoutFetcher(Limits(5, allow_private=True))
        session.settings.set_surveys([SurveyConfig(name="SDSS", kind="sdss", url=server.sdss_url)])
        session.training.start("A")
        view = CutoutView(session, fetcher)
        wanted = likely_next(session)
        assert wanted
        assert session.state.focus not in wanted
        positions = [session.dataset.catalogue.position_of(id) for id in (session.state.focus, *wanted)]
        expected = {f"ra={ra:.6f}&dec={dec:.6f}" for ra, dec in positions}
        end = time.monotonic() + 60
        while server.n_requests < len(expected) and time.monotonic() < end:
            time.sleep(0.02)
        assert {path.split("?")[1].split("&scale")[0] for path in server.requests} == expected
        view.close()
        fetcher.close()


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        ("20.26138", "0.057", "20.261 ± 0.057"),
        ("14.4", "0.0996", "14.40 ± 0.10"),
        ("152.3456", "3.14159", "152.3 ± 3.1"),
        ("1.5e-15", "2.25e-17", "1.5e-15 ± 2.2e-17"),
        ("20.5", "0", "20.5 ± 0"),
        ("20.5", "nan", "20.5 ± nan"),
        ("a", "b", "a ± b"),
    ],
)
def test_a_value_is_rounded_to_its_error(value: str, error: str, text: str) -> None:
    assert with_error(value, error) == text
