"""Predictions before each label, and how many of them a label has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from astronomical.config.schema import StartConfig
from astronomical.learning.metrics import is_claimed
from astronomical.session import Session
from tests.support.projects import CLASSES, answer, make_project
from tests.support.projects import start_small as start


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_project(tmp_path)[0]


@pytest.fixture
def session(path: Path) -> Iterator[Session]:
    with Session.open(path) as session:
        start(session)
        yield session


def predicted_and_answered(session: Session) -> tuple[bool, bool]:
    """Return whether the learner predicts Star for its query, and whether the label that is then given says so."""
    query = session.query("Star")
    row = session.dataset.catalogue.row(query)
    predicted = bool(is_claimed(session.round("Star").proba[row]))
    answer(session)
    target = session.training.targets("Star").get(query)
    return (predicted, target) if target is not None else predicted_and_answered(session)


def test_the_guess_for_each_source_is_that_of_the_round_before_its_label(session: Session):
    expected = [predicted_and_answered(session) for _ in range(14)]
    guesses = session.state.progress["Star"].guesses
    assert guesses.right.tolist() == [predicted == target for predicted, target in expected]
    assert guesses.own.tolist() == [bool(target) for _, target in expected]
    assert guesses.labels.tolist() == list(range(6, 20))  # the five initial labels were not predicted
    assert (len(guesses.last(10)), guesses.last(10).n_right) == (10, sum(p == t for p, t in expected[-10:]))
    assert guesses.running().tolist() == np.cumsum(guesses.right).tolist()
    assert guesses.running(10)[-1] == guesses.last(10).n_right


def test_guesses_follow_undo_and_are_the_same_after_opening_again(session: Session, path: Path):
    for _ in range(8):
        predicted_and_answered(session)
    all_right = session.state.progress["Star"].guesses.right.tolist()
    session.undo()
    assert session.state.progress["Star"].guesses.right.tolist() == all_right[:-1]
    session.redo()
    assert session.state.progress["Star"].guesses.right.tolist() == all_right
    session.save()
    session.close()
    with Session.open(path) as again:
        assert again.state.progress["Star"].guesses.right.tolist() == all_right
        assert again.state.progress["Star"].change is None  # unknown until the next round


def test_changed_predictions_are_counted_between_rounds(session: Session):
    rounds = [session.round("Star")]
    for _ in range(12):
        predicted_and_answered(session)
        rounds.append(session.round("Star"))

    def changed(before, after):
        both = np.isfinite(before.proba) & np.isfinite(after.proba)
        return int(np.count_nonzero((is_claimed(before.proba) != is_claimed(after.proba)) & both)), int(both.sum())

    progress = session.state.progress["Star"]
    assert (progress.change.n_changed, progress.change.n_sources) == changed(rounds[-2], rounds[-1])
    assert progress.change.since == rounds[-2].k
    assert progress.recent.since == rounds[-1].k - 10
    assert (progress.recent.n_changed, progress.recent.n_sources) == changed(rounds[-11], rounds[-1])
    session.undo()
    undone = session.state.progress["Star"]
    assert (undone.change.n_changed, undone.change.n_sources) == changed(rounds[-3], rounds[-2])


def test_a_label_that_was_undone_is_no_part_of_the_history(session: Session):
    for _ in range(3):
        predicted_and_answered(session)
    session.undo()
    before = session.round("Star")
    query = session.query("Star")
    session.focus(query)
    known = [event.label for event in session.ledger.given][-1]
    other = next(name for name in CLASSES.values() if (name == "Star") != (known == "Star"))
    session.assign(other, id=query)
    assert session.state.progress["Star"].change.since == before.k


def test_a_batch_is_guessed_by_the_round_before_it(tmp_path: Path):
    path, _ = make_project(tmp_path, name="batch.yaml")
    with Session.open(path) as session:
        session.training.start("Star", start=StartConfig(mode="random", n=5), queue=3)
        first = session.round("Star")
        expected = []
        while session.round("Star") is first:
            expected.append(predicted_and_answered(session))
        assert len(expected) == 3
        assert session.state.progress["Star"].guesses.right.tolist() == [p == t for p, t in expected]
