"""What the pane says when there is nothing to train on, nothing to ask, or nothing to score against."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.dashboard.panes.learner.label_panel import LabelPanelView, train_buttons
from astronomical.dashboard.panes.learner.learner_status import (
    learner_status,
    missing_from_validation,
    queue_title,
    votes_for,
    why_no_model,
)
from astronomical.dashboard.panes.learner.matrices import MatricesView
from astronomical.dashboard.panes.learner.pane import LearningPane
from astronomical.dashboard.panes.learner.scores import ScoresView
from astronomical.dashboard.ui.history_navigation import step_in_queue
from astronomical.session import Session
from tests.support.projects import answer, make_project
from tests.support.widgets import text_of

KNN = [ExtensionConfig(name="knn")]


@pytest.fixture
def session(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    with Session.open(path, who="tester") as opened:
        yield opened


def test_one_class_start(session):
    """Without initial labels of both sides there is no model, and the screen says what is missing."""
    session.training.start("Star", models=KNN, start=StartConfig(mode="label", n=3))
    assert "after 3 initial labels; there are 0" in why_no_model(session, "Star")
    for _ in range(3):
        session.assign("Star")
    assert not session.round().trained
    assert "All 3 labels so far are Star" in why_no_model(session, "Star")
    assert any("until one is not Star" in line for line in learner_status(session, "Star").lines)
    assert learner_status(session, "Star").kind == "ask"
    matrices = MatricesView(session)
    matrices.set_visible(True)
    assert "needs examples of both" in matrices._html.object
    scores = ScoresView(session)
    assert not scores._plot.visible, "no empty frame where there are no scores yet"
    session.assign("Galaxy")
    assert session.round().trained
    assert scores._plot.visible
    assert why_no_model(session, "Star") == ""


def test_a_label_that_no_learner_asked_for_can_be_trained_on_in_place(session):
    session.training.start("Star", models=KNN)
    data = session.dataset
    ids = data.catalogue.ids_at(np.flatnonzero(data.split.training))
    other = next(id for id in ids if id != session.query() and id not in session.training.targets("Star"))
    session.focus(other)
    assert train_buttons(session, other) == []
    session.assign("QSO", id=other)
    assert "no learner asked for it. Train on it?" in learner_status(session, "Star").text
    (button,) = train_buttons(session, other)
    assert (button["text"], button["enabled"]) == ("Train on it", True)
    assert "the Star learner" in button["tip"]
    session.training.use_label(other)
    assert train_buttons(session, other) == []
    assert "the Star learner is trained on its label" in learner_status(session, "Star").text
    validation = data.catalogue.id_at(int(np.flatnonzero(data.split.validation)[0]))
    session.focus(validation)
    session.assign("QSO", id=validation)
    assert train_buttons(session, validation) == []


def test_all_unsure(session):
    session.training.start("Star", models=KNN, start=StartConfig(mode="label", n=3))
    n_pool = session.round().n_pool
    while session.query() is not None:
        session.assign(None)
    assert learner_status(session, "Star").text.startswith("There are no sources left to query: the remaining")
    assert f"{n_pool} sources of the pool are unsure" in learner_status(session, "Star").text
    assert len(session.ledger.membership("Star").unsure) == n_pool
    pane = LearningPane(session)
    assert "after 3 initial labels" in text_of(pane._round_bar.view)
    pane.close()


def test_pool_exhausted(session):
    session.training.start("Star", models=KNN)
    n_pool = session.round().n_pool
    session.training.start("Star", queue=100)
    while session.query() is not None:
        answer(session) if session.dataset.codes[session.dataset.catalogue.row(session.query())] >= 0 else (
            session.focus(session.query()),
            session.assign("QSO"),
        )
    session.training.retrain("Star")
    assert session.round().trained
    assert session.round().n_pool == 0
    assert len(session.training.targets("Star")) == n_pool + 5
    assert learner_status(session, "Star").text == "There are no sources left to query: the whole pool is labelled."
    for view in (LabelPanelView(session, lambda: None), LearningPane(session)):
        view.close()


def test_class_missing_from_validation(session, monkeypatch):
    dataset = session.dataset
    codes = dataset.codes.copy()
    qso = dataset.class_names.index("QSO")
    codes[dataset.split.validation & (codes == qso)] = -1
    monkeypatch.setattr(
        type(dataset),
        "truth",
        lambda self, name, drop=(): np.where(codes < 0, -1, codes == self.class_names.index(name)).astype(np.int8),
    )
    session.training.start("QSO", models=KNN)
    newest = session.round()
    assert newest.validation.tp + newest.validation.fn == 0
    assert newest.validation.recall is None
    assert "has no QSO" in missing_from_validation(newest, "QSO")
    matrices = MatricesView(session)
    matrices.set_visible(True)
    assert "has no QSO" in matrices._html.object
    assert "n/a" in matrices._html.object


def test_the_queue_and_the_votes_on_the_board(session):
    session.training.start(
        "Star",
        models=[*KNN, ExtensionConfig(name="logistic_regression")],
        strategy=ExtensionConfig(name="batch"),
        queue=4,
    )
    board = LabelPanelView(session, lambda: None)
    shown = board._board.shown
    assert [item["text"] for item in shown["queue"]["items"]] == list(session.state.queues["Star"])
    assert shown["queue"]["title"] == "Batch: 0 of 4 labelled; trains after the last"
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
    assert queue_title(session, "Star") == "Batch: 1 of 4 labelled; trains after the last"
    assert "retrain" in [item["event"] for item in board._actions()]
    board._press("retrain", session.state.focus)
    assert session.round().k == 6
    board.close()


def test_a_single_model_has_neither(session):
    session.training.start("Star", models=KNN)
    assert votes_for(session, "Star", session.state.focus) == ()
    assert queue_title(session, "Star") == ""


def test_the_axes_of_the_scores_fit_the_learner_and_a_zoom_is_kept(session):
    session.training.start("Star", models=KNN)
    for _ in range(6):
        answer(session)
    scores = ScoresView(session)
    axis = scores._plot.x_range
    long = axis.end
    assert long > session.round().k
    session.training.start("Galaxy", models=KNN)
    assert session.state.active == "Galaxy"
    assert session.round().k < axis.end < long
    axis.update(start=4, end=4.5)  # somebody zooms
    answer(session)
    assert (axis.start, axis.end) == (4, 4.5)
    session.activate("Star")
    assert axis.end == long
