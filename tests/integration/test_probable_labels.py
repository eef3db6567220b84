"""Labels that the annotator gave as probable: kept, and weighted or left out in training."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.config.schema import StartConfig
from astronomical.session import Session
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.export.labels import export_labels
from tests.support.projects import FEW_TREES, label_until, make_project
from tests.support.projects import start_small as start


@pytest.fixture
def path(tmp_path):
    return make_project(tmp_path)[0]


@pytest.fixture
def session(path):
    with Session.open(path, who="tester") as opened:
        start(opened)
        label_until(opened, "Star", 12)
        yield opened


def set_weight(session, weight):
    config = session.state.config
    section = config.labelling.model_copy(update={"probable_weight": weight})
    session.settings.change(config.model_copy(update={"labelling": section}))


def label_query(session, *, probable):
    id = session.query("Star")
    session.focus(id)
    label = session.labels.catalogue_label_of(id) or "Galaxy"
    return id, session.assign(label, id=id, class_name="Star", probable=probable)


def test_a_probable_label_is_in_the_file_and_counts_half(session, path):
    label_query(session, probable=True)
    doubtful = session.round("Star")
    session.undo()
    certain_id, _ = label_query(session, probable=False)
    certain = session.round("Star")
    assert doubtful.key != certain.key
    assert not np.array_equal(doubtful.proba, certain.proba, equal_nan=True)

    id, event = label_query(session, probable=True)
    assert event.probable
    assert session.ledger.is_probable(id)
    assert not session.ledger.is_probable(certain_id)
    session.save()
    assert [event.id for event in read_config(path).events if event.probable] == [certain_id, id]


def test_with_a_weight_of_one_the_results_are_those_of_certain_labels(session):
    set_weight(session, 1.0)
    label_query(session, probable=True)
    doubtful = session.round("Star")
    session.undo()
    label_query(session, probable=False)
    assert session.round("Star").key == doubtful.key
    np.testing.assert_array_equal(session.round("Star").proba, doubtful.proba)


def test_a_new_weight_trains_the_learners_again(session):
    id, _ = label_query(session, probable=True)
    half = session.round("Star").key
    set_weight(session, 0.2)
    assert session.round("Star").key != half
    set_weight(session, 0.5)
    assert session.round("Star").key == half
    assert id in session.training.targets("Star")


def test_without_weight_no_learner_is_trained_on_it_or_asks_for_it_again(session):
    set_weight(session, 0.0)
    before = session.round("Star")
    id, event = label_query(session, probable=True)
    assert event.label == session.ledger.human(id)
    assert id not in session.training.targets("Star")
    assert session.round("Star").k == before.k
    assert session.query("Star") not in (None, id)
    assert session.ledger.human(id) is not None


def test_a_label_given_again_without_doubt_is_certain(session):
    id, _ = label_query(session, probable=True)
    label = session.ledger.human(id)
    assert session.labels.relabel(id, label, class_name="Star") is not None
    assert not session.ledger.is_probable(id)
    assert session.labels.relabel(id, label, class_name="Star") is None


def test_a_learner_that_starts_from_the_labels_knows_that_they_are_probable(session):
    id, _ = label_query(session, probable=True)
    session.training.start("Galaxy", models=[FEW_TREES], start=StartConfig(mode="given"))
    view = session.training.training_set("Galaxy")
    assert {view.trained[other].weight for other in view.trained if other != id} == {1.0}
    assert view.trained[id].weight == 0.5


def test_rounds_with_probable_labels_are_reproduced(session, path):
    for probable in (True, False, True):
        label_query(session, probable=probable)
    session.save()
    session.close()
    report = reproduce(path)
    assert report.ok
    assert report.compared >= 3
    with Session.open(path, who="tester") as again:
        view = again.training.training_set("Star")
        assert sorted(example.weight for example in view.examples)[:3] == [0.5, 0.5, 1.0]


def test_the_table_of_labels_says_which_are_probable(session, tmp_path):
    id, _ = label_query(session, probable=True)
    export_labels(session.ledger, tmp_path / "labels.fits")
    table = Table.read(tmp_path / "labels.fits")
    assert [str(name).strip() for name in table["id"][table["probable"]]] == [id]
