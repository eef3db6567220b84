"""Every label can train every learner: a learner starts from the labels given so far, or is trained on more of them."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.config.io import read_config
from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from tests.support.projects import label_until, make_project
from tests.support.projects import start_small as start

KNN = [ExtensionConfig(name="knn")]
GIVEN = StartConfig(mode="given")


@pytest.fixture
def path(tmp_path):
    return make_project(tmp_path)[0]


@pytest.fixture
def session(path):
    """A project with 20 labels by hand of the Star learner, besides five of the catalogue."""
    with Session.open(path, who="tester") as opened:
        opened.training.start("Star", models=KNN)
        label_until(opened, "Star", 25)
        yield opened


def outside(session, n=1):
    """Return sources of the training set that no learner has asked for."""
    rows = np.flatnonzero(session.dataset.split.training)
    ids = (id for id in session.dataset.catalogue.ids_at(rows) if id not in session.ledger.human_labels)
    asked = set(session.state.queries.values()) | session.training.targets("Star").keys()
    return [id for id, _ in zip((id for id in ids if id not in asked), range(n), strict=False)]


def test_a_learner_starts_from_all_labels_given_by_hand(session):
    human = dict(session.ledger.human_labels)
    unused = session.training.unused_labels("Galaxy")
    n_galaxies = sum(label == "Galaxy" for label in human.values())
    assert (len(unused), unused.n_own, unused.n_other) == (20, n_galaxies, 20 - n_galaxies)
    session.training.start("Galaxy", models=KNN, start=GIVEN)
    assert session.training.targets("Galaxy") == {id: int(label == "Galaxy") for id, label in human.items()}
    newest = session.round("Galaxy")
    assert newest.trained
    assert newest.k == 20
    assert session.query("Galaxy") not in human
    assert not session.training.unused_labels("Galaxy")


def test_its_records_begin_with_these_labels_and_are_reproduced(session, path):
    session.training.start("Galaxy", models=KNN, start=GIVEN)
    label_until(session, "Galaxy", 24)
    session.save()
    rounds = {result.class_name: [item.k for item in result.rounds] for result in read_config(path).results}
    assert rounds == {"Star": list(range(5, 26)), "Galaxy": list(range(20, 25))}
    assert read_config(path).learner("Galaxy").start.mode == "given"
    session.close()
    report = reproduce(path)
    assert report.ok
    assert report.compared == 21 + 5
    with Session.open(path) as again:
        assert again.training.targets("Galaxy").keys() >= session.training.targets("Galaxy").keys()


def test_the_key_of_a_round_says_what_was_trained_on(session):
    session.training.start("Galaxy", models=KNN, start=GIVEN)
    before = session.round("Galaxy").key
    session.undo()
    assert session.round("Galaxy").key != before
    session.redo()
    assert session.round("Galaxy").key == before


def test_undo_of_a_label_removes_it_from_every_learner_and_redo_brings_it_back(session):
    session.training.start("Galaxy", models=KNN, start=GIVEN)
    last = session.ledger.next_undo().id
    session.undo()
    for name, k in (("Star", 24), ("Galaxy", 19)):
        assert last not in session.training.targets(name)
        assert session.round(name).k == k
    session.redo()
    assert session.training.targets("Galaxy").keys() >= {last}
    assert (session.round("Star").k, session.round("Galaxy").k) == (25, 20)


def test_a_corrected_label_is_corrected_for_every_learner(session):
    session.training.start("Galaxy", models=KNN, start=GIVEN)
    id = next(id for id, target in session.training.targets("Galaxy").items() if not target)
    session.labels.relabel(id, "Galaxy", class_name="Star")
    assert session.training.targets("Galaxy")[id] == 1


def test_a_learner_cannot_start_from_labels_of_one_side(session):
    assert all(label != "Nova" for label in session.ledger.human_labels.values())
    for id in [id for id, label in session.ledger.human_labels.items() if label == "QSO"]:
        session.labels.relabel(id, "Galaxy", class_name="Star")
    with pytest.raises(SessionError, match="is QSO"):
        session.training.start("QSO", start=GIVEN)
    assert not session.state.config.learner("QSO").started


def test_labels_that_no_learner_may_train_on_are_left_out(session):
    validation = session.dataset.catalogue.id_at(int(np.flatnonzero(session.dataset.split.validation)[0]))
    (curated,) = outside(session)
    session.focus(validation)
    session.assign("Galaxy", id=validation)
    session.curation.start()
    session.focus(curated)
    session.assign("Galaxy", id=curated)
    session.activate("Star")
    assert not {validation, curated} & set(session.training.unused_labels("Galaxy").targets)
    session.training.start("Galaxy", models=KNN, start=GIVEN)
    assert session.round("Galaxy").k == 20


def test_a_running_learner_takes_the_labels_given_since(session):
    session.training.start("Galaxy", models=KNN, start=GIVEN)
    session.activate("Star")
    label_until(session, "Star", 31)
    unused = session.training.unused_labels("Galaxy")
    assert 0 < len(unused) <= 6
    session.training.use_labels("Galaxy")
    assert session.training.targets("Galaxy").keys() == set(session.ledger.human_labels)
    with pytest.raises(SessionError, match="all labels that it can use"):
        session.training.use_labels("Galaxy")
    session.save()
    report = reproduce(session.path)
    assert report.ok


def test_a_label_that_was_not_asked_for_trains_all_learners_on_request(session):
    session.training.start("Galaxy", models=KNN, start=GIVEN)
    session.activate("Star")
    (id,) = outside(session)
    session.focus(id)
    session.assign("QSO", id=id)
    assert session.training.can_use(id) == ("Star", "Galaxy")
    events = session.training.use_label(id)
    assert [event.class_name for event in events] == ["Star", "Galaxy"]
    assert session.training.targets("Star")[id] == session.training.targets("Galaxy")[id] == 0
    assert session.training.can_use(id) == ()
    session.undo()
    assert id not in session.training.targets("Star") | session.training.targets("Galaxy")
    assert session.labels.label_of(id) == "QSO"
    assert session.state.focus == id
    assert session.state.active == "Star"
    with pytest.raises(SessionError, match="No learner can be trained"):
        session.training.use_label(outside(session)[0])


def test_catalogue_labels_are_no_labels_of_mine(path):
    with Session.open(path) as session:
        start(session)
        assert len(session.training.unused_labels("Galaxy")) == 0
