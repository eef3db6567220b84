"""What the pane says when there is nothing to train on, nothing to ask, or nothing to score against."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.dashboard.panes.board import BoardView
from astronomical.dashboard.panes.learning import LearningPane
from astronomical.dashboard.panes.scores import MatricesView, ScoresView
from astronomical.dashboard.panes.standing import (
    missing_from_validation,
    queue_title,
    standing,
    votes_for,
    why_no_model,
)
from astronomical.dashboard.walk import step_in_queue
from astronomical.session.session import Session
from tests.support.projects import answer, make_project

KNN = [ExtensionConfig(name="knn")]


@pytest.fixture
def session(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    with Session.open(path, who="tester") as opened:
        yield opened


def test_one_class_start(session):
    """Starting points that are all of one side: no model, and the screen says what is missing."""
    session.start_training("Star", models=KNN, start=StartConfig(mode="label", n=3))
    assert "after 3 starting points; there are 0" in why_no_model(session, "Star")
    for _ in range(3):
        session.assign("Star")
    assert not session.round().trained
    assert "All 3 labels so far are Star" in why_no_model(session, "Star")
    assert any("until one that is not Star" in line for line in standing(session, "Star").lines)
    assert standing(session, "Star").kind == "ask"
    matrices = MatricesView(session)
    assert "both sides" in matrices._html.object
    scores = ScoresView(session)
    assert not scores._plot.visible, "no empty frame where there are no scores yet"
    session.assign("Galaxy")
    assert session.round().trained
    assert scores._plot.visible
    assert why_no_model(session, "Star") == ""


def test_all_unsure(session):
    session.start_training("Star", models=KNN, start=StartConfig(mode="label", n=3))
    n_pool = session.round().n_pool
    while session.query() is not None:
        session.assign(None)
    assert standing(session, "Star").text.startswith("No source is left to ask for: the rest of the pool")
    assert f"{n_pool} sources, is unsure" in standing(session, "Star").text
    assert len(session.ledger.membership("Star").unsure) == n_pool
    pane = LearningPane(session)
    assert "after 3 starting points" in pane._round_bar._text.object
    pane.close()


def test_pool_exhausted(session):
    session.start_training("Star", models=KNN)
    n_pool = session.round().n_pool
    session.start_training("Star", queue=100)
    while session.query() is not None:
        answer(session) if session.dataset.codes[session.dataset.catalogue.row(session.query())] >= 0 else (
            session.focus(session.query()), session.assign("QSO"))
    session.retrain("Star")
    assert session.round().trained
    assert session.round().n_pool == 0
    assert len(session.trained("Star")) == n_pool + 5
    assert standing(session, "Star").text == "No source is left to ask for: the whole pool is labelled."
    for view in (BoardView(session, lambda: None), LearningPane(session)):
        view.close()


def test_class_missing_from_validation(session, monkeypatch):
    dataset = session.dataset
    codes = dataset.codes.copy()
    qso = dataset.class_names.index("QSO")
    codes[dataset.split.validation & (codes == qso)] = -1
    monkeypatch.setattr(type(dataset), "truth", lambda self, name, drop=(): np.where(
        codes < 0, -1, codes == self.class_names.index(name)).astype(np.int8))
    session.start_training("QSO", models=KNN)
    newest = session.round()
    assert newest.validation.tp + newest.validation.fn == 0
    assert newest.validation.recall is None
    assert "has no QSO" in missing_from_validation(newest, "QSO")
    matrices = MatricesView(session)
    assert "has no QSO" in matrices._html.object
    assert "n/a" in matrices._html.object


def test_the_queue_and_the_votes_on_the_board(session):
    session.start_training("Star", models=[*KNN, ExtensionConfig(name="logistic_regression")],
                           strategy=ExtensionConfig(name="batch"), queue=4)
    board = BoardView(session, lambda: None)
    shown = board._board.shown
    assert [item["text"] for item in shown["queue"]["items"]] == list(session.state.queues["Star"])
    assert shown["queue"]["title"] == "Queue: 0 of 4 labelled, then training"
    votes = votes_for(session, "Star", session.state.focus)
    assert [title for title, _ in votes] == ["K nearest neighbours", "Logistic regression"]
    row = session.dataset.catalogue.row(session.state.focus)
    assert np.mean([p for _, p in votes]) == pytest.approx(session.round().proba[row], abs=1e-3)
    third = session.state.queues["Star"][2]
    board._press(f"show:{third}", session.state.focus)
    assert session.state.focus == third
    step_in_queue(session)
    assert session.state.focus == session.state.queues["Star"][3]
    step_in_queue(session)
    assert session.state.focus == session.state.queues["Star"][0]
    session.assign("Star")
    assert queue_title(session, "Star") == "Queue: 1 of 4 labelled, then training"
    assert "retrain" in [item["event"] for item in board._actions()]
    board._press("retrain", session.state.focus)
    assert session.round().k == 6
    board.close()


def test_a_single_model_has_neither(session):
    session.start_training("Star", models=KNN)
    assert votes_for(session, "Star", session.state.focus) == ()
    assert queue_title(session, "Star") == ""


def test_the_axes_of_the_scores_fit_the_learner_and_a_zoom_is_kept(session):
    session.start_training("Star", models=KNN)
    for _ in range(6):
        answer(session)
    scores = ScoresView(session)
    axis = scores._plot.x_range
    long = axis.end
    assert long > session.round().k
    session.start_training("Galaxy", models=KNN)
    assert session.state.active == "Galaxy"
    assert session.round().k < axis.end < long
    axis.update(start=4, end=4.5)  # somebody zooms
    answer(session)
    assert (axis.start, axis.end) == (4, 4.5)
    session.activate("Star")
    assert axis.end == long
