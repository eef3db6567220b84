"""Plots of a subset: what is drawn, counted and highlighted, and the lasso that a subset can keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.plot.pane import PlotPane
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from tests.stubs.small_project import make_project


@pytest.fixture
def session(tmp_path) -> Iterator[Session]:
    with Session.open(make_project(tmp_path), who="tester", look_ahead=False) as opened:
        opened.subsets.save("bright", condition="g < 20")
        yield opened


def pane_of(session: Session, kind: str = "basic", **settings: Any) -> PlotPane:
    given = {"x": "g", "y": "r", "colour": "catalogue", **settings}
    config = PaneConfig(id="p", kind=kind, x=0, y=0, w=6, h=6, settings=given)
    return PlotPane(session, config, lambda settings: None)


def bright(session: Session) -> np.ndarray:
    return session.dataset.catalogue.number("g") < 20


def test_only_the_sources_of_a_subset_are_drawn_and_counted(session):
    pane = pane_of(session, subset="bright")
    drawn = pane.points.cloud.codes >= 0
    assert drawn.tolist() == bright(session).tolist()
    assert sum(pane.points.counts()) <= np.count_nonzero(drawn) < len(drawn)
    pane.close()


def test_the_other_sources_can_be_faded(session):
    pane = pane_of(session, subset="bright", fades=True)
    assert pane.points.cloud.selected.tolist() == np.flatnonzero(bright(session)).tolist()
    assert (pane.points.cloud.codes >= 0).all()
    session.select(session.dataset.catalogue.ids_at([2]))
    assert pane.points.cloud.selected.tolist() == [2]
    session.select(())
    assert pane.points.cloud.selected.tolist() == np.flatnonzero(bright(session)).tolist()
    pane.close()


def test_a_plot_follows_the_definition_of_its_subset(session):
    pane = pane_of(session, subset="bright")
    session.subsets.save("bright", condition="tag(odd)", replace=True)
    assert not (pane.points.cloud.codes >= 0).any()
    (id,) = session.dataset.catalogue.ids_at([4])
    session.labels.remark(id, tags=["odd"])
    assert np.flatnonzero(pane.points.cloud.codes >= 0).tolist() == [4]
    pane.close()


def test_a_plot_of_a_subset_that_was_removed_says_so(session):
    pane = pane_of(session, subset="bright")
    session.subsets.remove("bright")
    assert pane.points is None
    pane.close()


@pytest.mark.parametrize(
    ("settings", "axes"),
    [
        ({}, ("g", "r")),
        ({"log_y": True}, ("g", 'log10("r")')),
        ({"kind": "sky"}, ("ra()", "dec()")),
        ({"kind": "colour-magnitude", "blue": "g", "red": "r"}, ('"g" - "r"', "r")),
        ({"kind": "sky", "projection": "Aitoff", "centre": 120.5}, ("aitoff_x(120.5)", "aitoff_y(120.5)")),
    ],
)
def test_a_lasso_of_a_plot_encloses_the_same_sources_as_a_subset(session, settings, axes):
    pane = pane_of(session, **settings)
    assert pane.points.axes == axes
    x, y = (np.sort(values[np.isfinite(values)]) for values in (pane.points.cloud.x, pane.points.cloud.y))
    left, right, low, high = x[len(x) // 5], x[-len(x) // 5], y[len(y) // 5], y[-len(y) // 5]
    pane._selection._on_lasso(np.array([[left, low], [right, low], [right, high], [left, high]], dtype=float))
    chosen = session.state.selection
    assert chosen
    if axes is None:
        assert session.state.lasso is None
    else:
        session.subsets.save("lasso", lasso=session.state.lasso)
        session.select(())
        session.subsets.select("lasso")
        assert session.state.selection == chosen
    pane.close()


LINES = ("oiii", "hbeta", "nii", "halpha", "sii_6717", "sii_6731", "oi")


@pytest.fixture(scope="module")
def emission(tmp_path_factory) -> Iterator[Session]:
    """A catalogue with line fluxes and their errors, magnitudes and flux densities; some negative, faint or missing."""
    folder, random, n = tmp_path_factory.mktemp("emission"), np.random.default_rng(5), 300
    table = Table({"name": [f"E{row:03d}" for row in range(n)], "label": np.arange(n) % 2})
    for line in LINES:
        table[f"{line} flux"] = random.normal(5, 4, n).astype(np.float32)
        table[f"{line}_err"] = random.uniform(0.3, 2, n).astype(np.float32)
        table[f"{line} flux"][random.random(n) < 0.05] = np.nan
        table[f"{line}_err"][random.random(n) < 0.05] = np.nan
        table[f"{line} flux"].unit = table[f"{line}_err"].unit = "1e-17 erg s-1 cm-2"
    for band in ("w1", "w2", "w3"):
        table[f"{band}mag"] = random.normal(14, 1, n).astype(np.float32)
        table[f"{band}flux"] = random.normal(1, 1, n).astype(np.float32)
        table[f"{band}mag"].unit, table[f"{band}flux"].unit = "mag", "mJy"
    table["w2flux"][:3] = 0, -1, np.nan
    table.write(folder / "catalogue.fits")
    new_project(
        ProjectOptions(catalogue=folder / "catalogue.fits", id="name", label="label", features=("w1mag", "w2mag")),
        folder / "project.yaml",
    )
    with Session.open(folder / "project.yaml", who="tester", look_ahead=False) as opened:
        yield opened


def _roles(ending: str) -> dict[str, str]:
    names = {line: f"{line} flux" for line in LINES}
    return {**names, **({f"{line}_err": f"{line}_err" for line in LINES} if ending else {})}


def _bands(quantity: str) -> dict[str, str]:
    """Return the columns of the wedge; an empty one keeps the pane from choosing others."""
    bands = ("w1", "w2", "w3")
    fluxes = {f"{band}_flux": f"{band}flux" if quantity == "flux" else "" for band in bands}
    return {**fluxes, **{band: f"{band}mag" if quantity == "mag" else "" for band in bands}}


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "bpt", "diagram": "NII", **_roles("err")},
        {"kind": "bpt", "diagram": "SII", "snr": 1.5, **_roles("err")},
        {"kind": "bpt", "diagram": "OI", **_roles("")},
        {"kind": "mateos", **_bands("mag"), "answers": {"wise_system": "Vega"}},
        {"kind": "mateos", **_bands("mag"), "answers": {"wise_system": "AB"}},
        {"kind": "mateos", **_bands("flux")},
    ],
)
def test_a_lasso_in_a_diagram_encloses_the_same_sources_as_a_subset(emission, settings):
    """All points are drawn and inside the lasso, so that each source that the diagram leaves out is noticed."""
    pane = pane_of(emission, **settings)
    assert pane.points is not None
    cloud = pane.points.cloud
    x, y = (values[np.isfinite(cloud.x) & np.isfinite(cloud.y)] for values in (cloud.x, cloud.y))
    assert 10 < len(x) <= 300
    for part in (0, 30):
        left, right = np.percentile(x, [part, 100 - part]) + np.array([-0.01, 0.01])
        low, high = np.percentile(y, [part, 100 - part]) + np.array([-0.01, 0.01])
        pane._selection._on_lasso(np.array([[left, low], [right, low], [right, high], [left, high]], dtype=float))
        chosen, lasso = emission.state.selection, emission.state.lasso
        assert chosen
        emission.subsets.save("lasso", lasso=lasso, replace=True)
        emission.select(())
        emission.subsets.select("lasso")
        assert emission.state.selection == chosen
    assert len(chosen) < len(x)
    pane.close()
