"""The tabs that start a study of the active learner."""

from __future__ import annotations

import pytest

from astronomical.config.schema import ExtensionConfig
from astronomical.dashboard.panes.learner.models import ModelsView
from astronomical.dashboard.panes.learner.worth import WorthView
from astronomical.errors import InvalidInputError
from astronomical.session import Session
from astronomical.session.evaluation.studies import job_name
from astronomical.tasks.jobs import JobView
from tests.support.projects import label_until, make_project, start


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=300)[0], who="tester", look_ahead=False) as opened:
        start(opened)
        opened.training.start("Star", models=[ExtensionConfig(name="logistic_regression")])
        label_until(opened, "Star", 7)
        yield opened


def test_the_comparison_with_random_labels_is_drawn_for_each_score(session):
    view = WorthView(session)
    assert "Was it worth it?" in view._text.object
    assert not view._body.visible
    view._start.param.trigger("clicks")
    assert "7 random" in view._text.object
    assert view._body.visible
    assert view._source.data["n"][-1] == 7
    before = view._source.data["own"]
    view._score.value = "accuracy"
    assert "Accuracy: " in view._text.object
    assert view._source.data["own"] != before
    label_until(session, "Star", 8)
    assert "This is about round 7. Press the button for round 8." in view._text.object
    view.close()


def test_progress_and_cancel_are_shown_while_it_runs(session):
    view = WorthView(session)
    assert (view._start.visible, view._bar.visible, view._cancel.visible) == (True, False, False)
    session.state.jobs = (JobView(job_name("worth", "Star"), "Comparing", 0.4),)
    assert (view._start.visible, view._bar.visible, view._cancel.visible) == (False, True, True)
    assert view._bar.value == 40
    view.close()


def test_a_study_that_failed_says_why(session):
    view = WorthView(session)
    session.state.studies = {("worth", "Star"): InvalidInputError("It is unknown <here>.")}
    assert "It is unknown &lt;here&gt;." in view._text.object
    assert not view._body.visible
    view.close()


def test_a_model_is_chosen_from_the_comparison(session):
    view = ModelsView(session)
    view._start.param.trigger("clicks")
    assert "9 models were looked at" in view._text.object
    assert view._table.object.count("<tr>") == 10
    assert "Logistic regression (current)" in view._table.object
    assert "logistic_regression" not in view._choice.options.values()
    assert session.state.config.learner("Star").models[0].name == "logistic_regression"
    view._choice.value = "knn"
    view._use.param.trigger("clicks")
    (chosen,) = session.state.config.learner("Star").models
    assert (chosen.name, chosen.parameters) == ("knn", {})
    assert "This is about round 7" in view._text.object
    view.close()
