"""Plots of a subset: what is drawn, counted and highlighted, and the lasso that a subset can keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.plot.pane import PlotPane
from astronomical.session import Session
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
        ({"kind": "sky", "projection": "Aitoff"}, None),
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
