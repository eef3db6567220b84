"""The tab of the calibration, and when the tabs that are computed enter the page."""

from __future__ import annotations

import pytest

from astronomical.config.schema import ExtensionConfig
from astronomical.dashboard.panes.learner.calibration import CalibrationView
from astronomical.dashboard.panes.learner.pane import LearningPane
from astronomical.session import Session
from tests.support.projects import make_project

FOREST = [ExtensionConfig(name="random_forest", parameters={"n_estimators": 20})]


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=500)[0], who="tester", look_ahead=False) as opened:
        opened.training.start("Star", models=FOREST)
        yield opened


def test_it_shows_both_errors_and_what_they_come_from(session):
    view, ready = CalibrationView(session), []
    view.set_visible(True, lambda: ready.append(1))
    found = session.evaluation.calibration("Star")
    assert f"model <b>{found.error_before:.3f}</b>, calibrated <b>{found.error_after:.3f}</b>" in view._note.object
    assert f"{found.calibration.n_positive:,} Star, {found.calibration.n_negative:,} others" in view._note.object
    assert ready == [1]
    session.training.start("QSO", models=FOREST)
    assert "This needs known labels on both sides: 30 sources of QSO" in view._note.object
    assert not view._frame.visible
    session.activate("Star")
    assert view._frame.visible
    assert "calibrated" in view._note.object
    view.close()


def test_each_tab_of_each_group_is_shown(session):
    pane = LearningPane(session)
    seen = []
    for group in pane._groups.options:
        pane._groups.value = group
        for name in pane._choice.shown["names"]:
            pane._choose(name)
            assert pane._shown.objects == [pane._views[name].view]
            seen.append(name)
    assert sorted(seen) == sorted(pane._views)
    pane._groups.value = "Judge"
    assert pane._choice.shown["chosen"] == pane._choice.shown["names"][-1], "each group keeps its tab"
    pane.close()
