"""What is recorded in the config belongs to the labels in it, whenever it is written."""

from __future__ import annotations

import pytest

from astronomical.config.io import read_config
from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.training import recorded_rounds
from astronomical.session.training.recorded_rounds import n_rounds_shared
from tests.support.projects import answer, make_project


@pytest.fixture
def session(tmp_path, loop):
    path, _ = make_project(tmp_path, n=150)
    with Session.open(path, dispatch=loop.dispatch, who="tester") as opened:
        opened.training.start("Star", models=[ExtensionConfig(name="knn")])
        loop.settle(opened)
        for _ in range(4):
            answer(opened)
            loop.settle(opened)
        yield opened


def relabel_newest(session):
    newest = next(event for event in reversed(session.ledger.effective) if event.origin == "query" and event.label)
    session.labels.relabel(newest.id, "Galaxy" if newest.label == "Star" else "Star")


def test_what_is_compared_after_an_answer_does_not_grow_with_the_rounds(session, loop, monkeypatch):
    compared = []

    def note(old, new):
        compared.append((old.k, new.k))
        return n_rounds_shared(old, new)

    monkeypatch.setattr(recorded_rounds, "n_rounds_shared", note)
    for _ in range(4):
        compared.clear()
        answer(session)
        loop.settle(session)
        assert len(compared) <= 3  # of at least 6 rounds


@pytest.mark.parametrize("change", [answer, relabel_newest, Session.undo])
def test_an_autosave_while_a_round_is_under_way_reproduces(session, change):
    change(session)
    session.files.autosave()
    assert reproduce(session.path).differences == ()


def change_model(session):
    session.training.start("Star", models=[ExtensionConfig(name="logistic_regression")])


def test_another_model_takes_the_results_of_the_old_one_with_it(session, loop):
    change_model(session)
    assert read_config(session.path).results == ()
    assert not session.state.saved  # the first round of the new model is still to come
    loop.settle(session)
    session.files.autosave()
    assert session.state.saved
    assert reproduce(session.path).differences == ()


def test_another_model_is_recorded_at_once_in_a_plain_session(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    with Session.open(path) as plain:
        plain.training.start("Star", models=[ExtensionConfig(name="knn")])
        answer(plain)
        answer(plain)
        k = plain.round("Star").k
        change_model(plain)
    report = reproduce(path)
    assert report.differences == ()
    assert [item.k for item in read_config(path).results[0].rounds] == list(range(5, k + 1))
    assert read_config(path).results[0].probabilities


def test_a_result_that_comes_too_late_is_dropped(session, loop):
    answer(session)
    assert session.state.pending == ("Star",)
    late = loop.waiting.get(timeout=60)
    session.undo()
    late()
    loop.settle(session)
    assert session.round("Star").k == len(session.training.targets("Star")) == 8


def test_nobody_is_asked_while_the_next_question_is_computed(session, loop):
    answer(session)
    assert session.query("Star") is None
    loop.settle(session)
    assert session.query("Star") == session.state.focus


def test_what_is_recorded_is_what_the_plain_session_records(session, loop, tmp_path):
    session.files.autosave()
    folder = tmp_path / "plain"
    folder.mkdir()
    path, _ = make_project(folder, n=150)
    with Session.open(path, who="tester") as plain:
        plain.training.start("Star", models=[ExtensionConfig(name="knn")])
        for _ in range(4):
            answer(plain)
        plain.save()
    assert read_config(session.path).results == read_config(path).results
