"""The tab of the threshold: what it shows, and what its buttons do."""

from __future__ import annotations

import re

import pytest

from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.dashboard.panes.learner.matrices import MatricesView
from astronomical.dashboard.panes.learner.threshold import ThresholdView

FOREST = [ExtensionConfig(name="random_forest", parameters={"n_estimators": 20})]


@pytest.fixture
def view(session):
    session.training.start("Star", models=FOREST)
    made = ThresholdView(session)
    made.set_visible(True)
    yield made
    made.close()


def shown(view):
    return re.sub("<[^>]+>", " ", view._scores.object)


def test_the_slider_shows_what_a_threshold_would_give_and_a_button_sets_it(view, session):
    assert "In use 0.5" in shown(view)
    assert "Slider" not in shown(view)
    view._slider.value = 0.8
    point = session.evaluation.operating_curve("Star").curve.at(0.8)
    assert f"{100 * point.scores.precision:.1f} %" in shown(view).partition("Slider 0.8")[2]
    assert f"{point.n_pool:,}" in shown(view).partition("Slider 0.8")[2]
    assert session.state.config.learner("Star").operating_point is None, "looking changes nothing"
    view._use.clicks += 1
    assert session.state.config.learner("Star").operating_point.threshold == 0.8
    assert "In use 0.8" in shown(view)
    assert view._use.disabled
    assert "report the test set" in view._note.object
    matrices = MatricesView(session)
    matrices.set_visible(True)
    assert "Counted at 0.5, not at the threshold in use (0.8)." in matrices._html.object
    view._reset.clicks += 1
    assert session.state.config.learner("Star").operating_point is None
    assert "In use 0.5" in shown(view)


def test_the_threshold_for_a_purity(view, session):
    view._purity.value = 0.9
    view._find.clicks += 1
    view._use.clicks += 1
    point = session.state.config.learner("Star").operating_point
    assert (point.purity, point.threshold) == (0.9, session.evaluation.operating_curve("Star").curve.for_purity(0.9))
    assert "for a purity of at least 0.9" in view._note.object


def test_without_a_model_it_says_what_is_missing(session):
    session.training.start("Star", models=FOREST, start=StartConfig(mode="label", n=3))
    view = ThresholdView(session)
    view.set_visible(True)
    assert "after the first trained round" in view._note.object
    assert not view._body.visible
    view.close()
