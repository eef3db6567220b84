"""The tab of the finds: the chart, the advice for a target, and the choice of another model."""

from __future__ import annotations

import pytest

from astronomical.config.schema import ExtensionConfig
from astronomical.dashboard.panes.learner.finds import FindsView
from astronomical.session import Session
from astronomical.session.evaluation.finds import finds_lines
from tests.support.projects import label_until, make_project


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=300)[0], who="tester", look_ahead=False) as opened:
        opened.training.start("QSO", models=[ExtensionConfig(name="knn")], strategy=ExtensionConfig(name="likely"))
        yield opened


def test_it_shows_the_finds_and_follows_labels_target_and_class(session):
    view, ready = FindsView(session), []
    view.set_visible(True, lambda: ready.append(1))
    assert ready == [1]
    assert finds_lines(session.evaluation.finds("QSO"), "QSO")[-1] in view._text.object
    label_until(session, "QSO", 9)
    report = session.evaluation.finds("QSO")
    assert view._found.data == {"labels": list(range(1, 10)), "found": report.found.tolist()}
    view._target.value = 50.0
    assert "50 % are found" in view._text.object
    view._target.value = 100.0
    assert "target must be above 0 and below 1" in view._text.object
    assert not view._frame.visible
    view.close()


def test_the_choice_of_another_model_is_selected(session):
    view = FindsView(session)
    view.set_visible(True)
    view._ask.clicks += 1
    assert session.state.selection == session.evaluation.second_opinion("QSO")
    assert not view._ask.disabled
    view.close()
