"""The pane “All sources”, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import pytest

from astronomical.cli import main
from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.plot.all_sources import AllSourcesPane
from astronomical.dashboard.panes.plot.plot_legend import ClassStrip
from astronomical.dashboard.panes.registry import PANE_KINDS
from astronomical.session import Session
from astronomical.session.errors import SessionError
from tests.support.large import make_rows, write_parts
from tests.support.projects import make_project
from tests.support.widgets import press, text_of, widgets


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with 120 of 300 sources in memory."""
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))
    survey, path = write_parts(make_rows(tmp_path), tmp_path / "survey", 3), tmp_path / "p.yaml"
    options = ["--id", "name", "--label", "label", "--features", "u,g,r,i", "--working-set", "120"]
    assert main(["new", str(survey), "-o", str(path), *options]) == 0
    return path


def pane_of(session: Session, kept: list[dict[str, Any]], **settings: Any) -> AllSourcesPane:
    config = PaneConfig(id="all-1", kind="all_sources", x=0, y=0, w=5, h=6, settings=settings)
    return AllSourcesPane(session, config, kept.append)


def shown_counts(pane: AllSourcesPane) -> dict[str, int]:
    (legend,) = pane.view.select(ClassStrip)
    return {entry["name"]: int(entry["count"].replace(",", "")) for entry in legend.entries}


def test_all_sources_of_a_region_are_counted_and_drawn(project: Path) -> None:
    kept: list[dict[str, Any]] = []
    with Session.open(project, read_only=True) as session:
        pane = pane_of(session, kept, x="u", y="r", x_range=[16, 21], y_range=[15, 20])
        expected = session.whole.counts("u", "r", x_range=(16, 21), y_range=(15, 20), width=600, height=300)
        totals = expected.counts.sum(axis=(1, 2))
        assert shown_counts(pane) == dict(zip(expected.names, totals.tolist(), strict=True))
        assert sum(totals) > 120, "not only those in memory"
        (plot,) = pane.view.select(pn.pane.HoloViews)
        assert plot.object.bounds.lbrt() == (16, 15, 21, 20)
        drawn = np.asarray(plot.object.dimension_values("A", flat=False) > 0)
        assert drawn[(expected.counts.sum(axis=0) > 0)].all()
        press(widgets(pane.view, "Whole range")[0])
        assert kept == [{"x": "u", "y": "r"}]
        assert sum(shown_counts(pane).values()) > sum(totals)
        pane.close()


def test_a_class_is_hidden_by_its_entry_in_the_legend(project: Path) -> None:
    with Session.open(project, read_only=True) as session:
        pane = pane_of(session, [])
        (plot,) = pane.view.select(pn.pane.HoloViews)
        before = np.count_nonzero(plot.object.dimension_values("A"))
        (legend,) = pane.view.select(ClassStrip)
        legend._handle_msg({"name": "0"})
        assert 0 < np.count_nonzero(plot.object.dimension_values("A")) < before
        pane.close()


@pytest.mark.parametrize("range_", [None, "wide", [1], [3, 2], [None, 4], {"a": 1}])
def test_a_region_that_is_no_range_is_ignored(project: Path, range_: Any) -> None:
    with Session.open(project, read_only=True) as session:
        pane = pane_of(session, [], x="u", y="r", x_range=range_, y_range=[15, 20])
        assert sum(shown_counts(pane).values()) > 120
        pane.close()


def test_a_column_without_numbers_in_a_file_is_an_error_in_words(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session.open(project, read_only=True) as session:
        monkeypatch.setattr(session.whole, "counts", lambda *a, **k: (_ for _ in ()).throw(SessionError("No column.")))
        pane = pane_of(session, [])
        assert "No column." in text_of(pane.view)
        pane.close()


def test_a_catalogue_in_memory_does_not_offer_it(tmp_path: Path) -> None:
    path, _ = make_project(tmp_path)
    with Session.open(path, read_only=True) as session:
        assert not PANE_KINDS["all_sources"].is_of_use(session)
        assert PANE_KINDS["guide"].is_of_use(session)
        pane = pane_of(session, [])
        assert "All sources of this catalogue are in memory" in text_of(pane.view)
        pane.close()


def test_a_catalogue_that_is_larger_offers_it(project: Path) -> None:
    with Session.open(project, read_only=True) as session:
        assert PANE_KINDS["all_sources"].is_of_use(session)
