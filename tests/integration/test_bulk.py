"""Many sources labelled at once, through the session."""

from __future__ import annotations

import time

import numpy as np
import pytest

from astronomical.catalogue.catalogue import Catalogue
from astronomical.config.io import read_config
from astronomical.labels.journal import journal_path, read_journal
from astronomical.session.bulk import BULK_LIMIT
from astronomical.session.errors import SessionError
from astronomical.session.reproduce import reproduce
from astronomical.session.session import Session
from tests.support.loop import Loop
from tests.support.projects import answer, make_project, start


@pytest.fixture
def path(tmp_path):
    return make_project(tmp_path)[0]


@pytest.fixture
def session(path):
    with Session.open(path, who="tester") as opened:
        start(opened)
        yield opened


def in_set(session, name, n):
    mask = getattr(session.dataset.split, name)
    taken = session.trained("Star")
    return [id for id in session.dataset.catalogue.ids_at(np.flatnonzero(mask)) if id not in taken][:n]


def test_bulk_labels_are_recorded_and_train_nobody_unasked(session):
    ids = in_set(session, "training", 30)
    before = session.trained("Star")
    events = session.label_bulk("Star", ids)
    assert [event.id for event in events] == ids
    assert {(event.origin, event.class_name, event.batch) for event in events} == {("bulk", None, events[0].n)}
    assert session.trained("Star") == before
    assert all(session.label_of(id) == "Star" for id in ids)


def test_bulk_labels_train_the_learners_named_but_never_on_validation_or_test(session):
    train, held = in_set(session, "training", 20), in_set(session, "validation", 5) + in_set(session, "test", 5)
    before = session.round("Star").k
    plan = session.plan_bulk("Star", [*train, *held], ["Star"])
    assert (plan.n_held, len(plan.trains["Star"])) == (10, 20)
    session.label_bulk("Star", [*train, *held], ["Star"])
    assert session.round("Star").k == before + 20
    assert not set(held) & set(session.trained("Star"))
    assert session.label_of(held[0]) == "Star"


def test_rounds_within_a_batch_are_not_computed(session):
    before = session.round("Star").k
    session.label_bulk("Star", in_set(session, "training", 25), ["Star"])
    answer(session)
    session.save()
    recorded = [item.k for item in session.state.curves["Star"].rounds]
    assert recorded == [*range(before, before + 1), before + 25, before + 26]


def test_one_undo_takes_all_back_and_one_redo_brings_all_again(session):
    first = in_set(session, "training", 1)[0]
    session.focus(first)
    session.assign("Galaxy")
    query, trained = session.query(), session.trained("Star")
    ids = in_set(session, "training", 40)
    session.label_bulk("Star", ids, ["Star"])
    after = session.trained("Star")
    focus = session.state.focus
    session.undo()
    assert session.trained("Star") == trained
    assert session.query() == query
    assert session.label_of(first) == "Galaxy"
    assert session.label_of(ids[1]) is None
    assert session.state.focus == focus
    assert "Took back the labels of 40 sources" in session.state.notices[-1].text
    session.redo()
    assert session.trained("Star") == after


def test_a_bulk_label_survives_a_restart_and_is_reproduced(session, path):
    ids = in_set(session, "training", 15) + in_set(session, "validation", 3)
    session.label_bulk("Star", ids, ["Star"])
    answer(session)
    session.undo()
    session.undo()
    session.redo()
    session.save()
    labels = dict(session.ledger.human_labels)
    session.close()
    assert reproduce(path).ok
    with Session.open(path, who="tester") as again:
        assert dict(again.ledger.human_labels) == labels
        again.undo()
        assert all(again.label_of(id) is None for id in ids)


def test_the_plan_counts_what_would_change(session):
    ids = in_set(session, "training", 10)
    session.label_bulk("Star", ids[:3])
    session.label_bulk("Galaxy", ids[3:5])
    plan = session.plan_bulk("Star", ids)
    assert (plan.n_same, plan.n_other, plan.n_held) == (3, 2, 0)
    assert [event.id for event in session.label_bulk("Star", ids)] == ids[3:]
    assert session.label_bulk("Star", ids) == ()


@pytest.mark.parametrize(("label", "ids", "train", "message"), [
    ("Star", [], (), "nothing to label"), ("Nova", ["x"], (), "no class 'Nova'"),
    ("Star", ["nowhere"], (), "no source"), ("Star", ["x"], ["Nova"], "no learner"),
    ("Star", [str(i) for i in range(BULK_LIMIT + 1)], (), "10,001 sources"),
])
def test_what_cannot_be_labelled_is_refused_and_nothing_is_recorded(session, label, ids, train, message):
    before = session.ledger
    with pytest.raises(SessionError, match=message):
        session.label_bulk(label, ids, train)
    assert session.ledger is before


def test_selecting_takes_ids_and_refuses_unknown_ones(session):
    ids = in_set(session, "training", 3)
    session.select(ids)
    assert session.state.selection == tuple(ids)
    with pytest.raises(SessionError, match="no source 'nowhere'"):
        session.select([*ids, "nowhere"])
    assert session.state.selection == tuple(ids)


def test_rows_of_many_ids():
    ids = np.sort(np.array([f"s{i:07d}".encode() for i in range(300_000)]))
    catalogue = Catalogue(None, ids, np.arange(len(ids)))
    rows = np.arange(0, len(ids), 2)
    handed = catalogue.ids_at(rows)
    began = time.perf_counter()
    assert catalogue.rows_of(handed) is catalogue.rows_of(handed)
    assert time.perf_counter() - began < 0.01
    np.testing.assert_array_equal(catalogue.rows_of(list(handed)), rows)
    with pytest.raises(KeyError, match="s9999999"):
        catalogue.rows_of(["s0000001", "s9999999"])
    assert catalogue.rows_of(()).shape == (0,)


def test_saving_after_many_labels_finds_their_text_made_ready(path):
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:
        session.label_bulk("Star", session.dataset.catalogue.ids_at(range(250)))
        loop.rest(session)
        known = session._store._texts._events._known
        assert [event for event, _ in known.values()] == list(session.ledger.events)
        session.autosave()
        assert read_config(path).events == session.ledger.events


def test_many_labels_are_made_ready_in_a_thread_and_come_out_the_same(tmp_path):
    other, _ = make_project(tmp_path, n=700)
    loop = Loop()
    with Session.open(other, who="tester", dispatch=loop.dispatch, look_ahead=False) as session:
        start(session)
        loop.rest(session)
        ids = session.dataset.catalogue.ids_at(range(600))
        before, n = session.ledger, len(session.trained("Star"))
        session.label_bulk_soon("Star", ids, ["Star"])
        assert session.ledger is before  # whoever waits for the page waits for none of it
        assert [job.title for job in session.state.jobs] == ["Labelling 600 sources"]
        loop.rest(session)
        assert session.state.notices[-1].text.startswith("Labelled 600 sources as Star.")
        journal = read_journal(journal_path(other))
        assert [event.id for event in journal.events[-600:]] == list(ids)
        events = session.ledger.events[len(before):]
        expected, made = before.extend(
            [{"kind": "label", "id": event.id, "label": "Star", "origin": "bulk", "who": "tester", "when": event.when,
              "class_name": event.class_name} for event in events], batch=True)
        assert made == events
        assert expected == session.ledger
        assert len(session.trained("Star")) > n
        session.undo()
        loop.rest(session)
        assert not session.ledger.human_labels
        assert "Took back the labels of 600 sources" in session.state.notices[-1].text
        session.redo()
        loop.rest(session)
        assert len(session.ledger.human_labels) == 600
    with Session.open(other, read_only=True) as again:
        assert len(again.ledger.human_labels) == 600


def test_a_label_given_while_many_are_made_ready_is_kept_with_them(tmp_path):
    path, _ = make_project(tmp_path, n=700)
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:
        ids = session.dataset.catalogue.ids_at(range(600))
        session.label_bulk_soon("Star", ids[:-1])
        session.focus(ids[-1])
        session.assign("Galaxy", id=ids[-1])
        loop.rest(session)
        assert session.label_of(ids[-1]) == "Galaxy"
        assert [session.label_of(id) for id in ids[:-1]] == ["Star"] * 599
        session.undo()
        session.assign("Star", id=ids[-1])
        loop.rest(session)
        assert "Nothing was taken back: a label was given in between." in session.state.notices[-1].text
        assert len(session.ledger.human_labels) == 600


def test_many_labels_that_cannot_be_written_are_told_of(tmp_path, monkeypatch):
    path, _ = make_project(tmp_path, n=700)
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("astronomical.labels.journal.os.fsync", full)
        session.label_bulk_soon("Star", session.dataset.catalogue.ids_at(range(600)))
        loop.rest(session)
        assert "nothing was recorded" in session.state.notices[-1].text
        assert not session.ledger.human_labels
        monkeypatch.undo()


def test_the_text_of_what_is_saved_is_made_ready_as_labels_come(path):
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:
        start(session)
        loop.rest(session)
        while len(session.ledger) < 55:
            answer(session)
            loop.rest(session)
        texts = session._store._texts
        assert len(texts._events._known) >= 50
        assert len(texts._rounds["Star"]._known) >= 30
        session.autosave()
    assert len(read_config(path).events) == 55
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:
        assert len(session._store._texts._events._known) == 55
