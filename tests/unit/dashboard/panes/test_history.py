"""The history table and the caution before test results, without a browser."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from astronomical.dashboard.panes.learner.test_results import TestView
from astronomical.dashboard.panes.tables.history import HistoryPane, history_frame
from astronomical.session import Session
from tests.support.projects import label_until, make_project
from tests.support.projects import start_small as start


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=120)[0]) as opened:
        start(opened)
        label_until(opened, "Star", 8)
        yield opened


def test_undone_answers_stay_in_the_table_and_a_label_is_given_there(session):
    session.undo()
    pane = HistoryPane(session)
    frame = history_frame(session.ledger.history)
    assert list(frame["state"])[:2] == ["undone", ""]
    assert list(frame["n"]) == sorted(frame["n"], reverse=True)
    pane._on_click(SimpleNamespace(row=1, column="id"))
    assert session.state.focus == frame["id"][1]
    other = "QSO" if frame["label"][1] != "QSO" else "Galaxy"
    pane._on_edit(SimpleNamespace(row=1, column="label", value=other))
    assert session.labels.label_of(frame["id"][1]) == other
    assert pane._table.value["label"][0] == other
    pane.close()


def test_what_is_no_class_changes_nothing(session):
    pane, before = HistoryPane(session), session.ledger
    pane._on_edit(SimpleNamespace(row=0, column="label", value="<b>Star</b>"))
    assert session.ledger == before
    pane.close()


def test_the_caution_comes_each_time_unless_switched_off(session):
    view = TestView(session)
    for seen in (1, 2):
        view.set_visible(True)
        assert "for the end" in view._html.object
        view._open()
        view._show()
        assert "Prevalence" in view._html.object
        assert f"have been opened {'once' if seen == 1 else f'{seen} times'}" in view._html.object
        view.set_visible(False)
    session.evaluation.set_test_caution("Star", False)
    view.set_visible(True)
    assert "Prevalence" in view._html.object
    assert len(session.state.config.testing.openings) == 3
    view.close()
