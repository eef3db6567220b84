"""Scores with and without catalogue labels, and their intervals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from astronomical.config.schema import RoundResultConfig, ScoresConfig
from astronomical.dashboard.panes.learner.label_panel import LabelPanelView
from astronomical.dashboard.panes.learner.matrices import MatricesView, matrix_html, unlabelled_scores
from astronomical.dashboard.panes.learner.round_plots import RoundPlotView
from astronomical.dashboard.panes.learner.scores import ScoresView, guess_columns, score_columns
from astronomical.dashboard.panes.learner.test_results import TestView
from astronomical.dashboard.ui.formatting import percent_text, proportion_text
from astronomical.dashboard.ui.safe_text import Html
from astronomical.learning.guesses import Guesses
from astronomical.learning.metrics import Counts, SetScores, confusion, is_claimed
from astronomical.session import Session
from tests.support.projects import make_project
from tests.support.projects import start_small as start


@pytest.fixture
def unlabelled(tmp_path: Path) -> Iterator[Session]:
    """A project whose catalogue has no label column, with fourteen labels of two classes."""
    path, _ = make_project(tmp_path, label=None, label_names={"Star": "Star", "Galaxy": "Galaxy"})
    with Session.open(path) as session:
        start(session, mode="label")
        data = session.dataset.catalogue
        while len(session.training.targets("Star")) < 14:
            query = session.query("Star")
            session.focus(query)
            session.assign("Star" if session.dataset.features.values[0, data.row(query)] < 19.5 else "Galaxy", id=query)
        yield session


def texts(view) -> str:
    return " ".join(str(part.object) for part in view.view.select(Html))


def test_without_catalogue_labels_no_score_claims_an_agreement(unlabelled: Session):
    scores, matrices = ScoresView(unlabelled), MatricesView(unlabelled)
    matrices.set_visible(True)
    guesses = unlabelled.state.progress["Star"].guesses
    assert len(guesses) == 9
    told = f"{guesses.n_right} of 9 ("
    assert told in texts(scores)
    assert "Too few to tell" in texts(scores)
    assert "Cross-validation" in texts(matrices)
    assert "14 sources, each of your labels predicted by a model trained without it" in texts(matrices)
    assert told in texts(matrices)
    for view in (scores, matrices):
        assert "catalogue labels:" not in texts(view).replace("No catalogue labels", "")
        assert "Training set" not in texts(view)
        view.close()


def test_without_catalogue_labels_plots_and_test_say_that_there_is_nothing_to_compare_with(unlabelled: Session):
    for kind in ("training", "validation"):
        plot = RoundPlotView(unlabelled, kind)
        plot.set_visible(True)
        assert "No source of this set has a catalogue label" in texts(plot)
        plot.close()
    test = TestView(unlabelled)
    test.set_visible(True)
    assert "nothing to test on" in texts(test)
    shown = {button.label: button.visible for button in test.view.objects if hasattr(button, "on_click")}
    assert shown == {"Show the test results": False, "Curate a test set": True}
    test.close()


def test_the_training_set_is_scored_without_the_labels_trained_on(tmp_path: Path):
    path, _ = make_project(tmp_path)
    with Session.open(path) as session:
        start(session, n=20)
        newest, own = session.round("Star"), session.training.targets("Star")
        data = session.dataset
        others = data.split.training.copy()
        others[data.catalogue.rows_of(tuple(own))] = False
        expected = SetScores.of(confusion(data.truth("Star")[others], is_claimed(newest.proba[others])))
        assert unlabelled_scores(newest, own, data.catalogue.rows_of(tuple(own))) == expected


def test_scores_have_intervals_and_say_when_they_are_of_too_few():
    html = matrix_html("Test set", SetScores.of(Counts(tp=4, fp=0, fn=0, tn=5)), "Star")
    assert "9 of 9 (70–100 %)" in html
    assert html.count("too few to tell") == 4
    html = matrix_html("Test set", SetScores.of(Counts(tp=300, fp=20, fn=30, tn=350)), "Star")
    assert "93 % (91–95 %)" in html  # accuracy of 700 sources
    assert "too few to tell" not in html


@pytest.mark.parametrize(
    ("k", "n", "text"),
    [(0, 0, "n/a"), (9, 9, "9 of 9 (70–100 %)"), (28, 30, "93 % (79–98 %)"), (1990, 2000, "99.5 % (99.1–99.7 %)")],
)
def test_no_more_decimals_than_the_sources_justify(k, n, text):
    assert proportion_text(k, n) == text
    assert n == 0 or percent_text(k / n, n) in text or n < 30


def test_the_curve_leaves_out_scores_of_the_labels_trained_on():
    def record(k: int, n: int, validation: int) -> RoundResultConfig:
        scores = [ScoresConfig(n=m, tp=m, fp=0, fn=0, tn=0, accuracy=1.0) for m in (n, validation)]
        return RoundResultConfig(k=k, key="k", training=scores[0], validation=scores[1])

    columns = score_columns((record(5, 5, 40), record(6, 100, 40)))
    assert np.isnan(columns["training_accuracy"][0])
    assert columns["training_accuracy"][1] == 1.0
    assert columns["validation_accuracy"] == [1.0, 1.0]
    assert columns["low"][0] == pytest.approx(0.912, abs=1e-3)
    assert columns["baseline"] == [1.0, 1.0]


def test_the_curve_of_predictions_before_each_label():
    right = np.array([1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0], dtype=bool)
    columns = guess_columns(Guesses(np.arange(6, 18), right, np.arange(12) < 9))
    assert columns["k"] == list(range(6, 18))
    assert columns["all"][-1] == pytest.approx(9 / 12)
    assert columns["recent"][-1] == pytest.approx(8 / 10)
    assert np.isnan(columns["recent"][8])
    assert columns["baseline"][-1] == pytest.approx(9 / 12)


def test_the_strip_tells_why_last_effect_and_state(tmp_path: Path):
    path, _ = make_project(tmp_path)
    with Session.open(path) as session:
        start(session)
        panel = LabelPanelView(session, lambda: None)
        assert shown(panel)["Last"] == "no label yet"
        for _ in range(12):
            query, newest = session.query(), session.round()
            why = panel.view.shown["notice"]["why"]
            assert f"most uncertain of {newest.n_pool:,}" in why
            assert f"p = {newest.proba[session.dataset.catalogue.row(query)]:.2f}" in why
            session.focus(query)
            session.assign("Galaxy", id=query)
            assert shown(panel)["Last"] == f"{query} → Galaxy"
        facts, progress = shown(panel), session.state.progress["Star"]
        assert f"{progress.change.n_changed} changed" in facts["Effect"]
        assert "pp" in facts["Effect"]
        recent = progress.guesses.last(10)
        assert f"right for {recent.n_right} of the last 10, {progress.guesses.n_right} of 12 in all" in facts["State"]
        assert "changed in 10 labels" in facts["State"]
        (undo,) = [item["button"] for item in panel.view.shown["strip"] if item["button"]]
        assert undo["event"] == "undo"
        assert undo["enabled"]
        panel.close()


def shown(panel: LabelPanelView) -> dict[str, str]:
    return {item["name"]: item["text"] + item["end"] for item in panel.view.shown["strip"]}
