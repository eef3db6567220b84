"""Many sources labelled at once, through the session."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.catalogue.catalogue import Catalogue
from astronomical.config import yaml_writer
from astronomical.config.io import read_config
from astronomical.labels.journal import journal_path, read_journal
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.labelling.bulk_labels import BULK_LIMIT
from tests.support.loop import Loop
from tests.support.projects import answer, make_project
from tests.support.projects import start_small as start


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
    taken = session.training.targets("Star")
    return [id for id in session.dataset.catalogue.ids_at(np.flatnonzero(mask)) if id not in taken][:n]


def test_bulk_labels_are_recorded_and_train_no_learner_unasked(session):
    ids = in_set(session, "training", 30)
    before = session.training.targets("Star")
    events = session.labels.label_bulk("Star", ids)
    assert [event.id for event in events] == ids
    assert {(event.origin, event.class_name, event.batch) for event in events} == {("bulk", None, events[0].n)}
    assert session.training.targets("Star") == before
    assert all(session.labels.label_of(id) == "Star" for id in ids)


def test_bulk_labels_train_the_learners_named_but_never_on_validation_or_test(session):
    train, held = in_set(session, "training", 20), in_set(session, "validation", 5) + in_set(session, "test", 5)
    before = session.round("Star").k
    plan = session.labels.plan_bulk("Star", [*train, *held], ["Star"])
    assert (plan.n_held, len(plan.trains["Star"])) == (10, 20)
    session.labels.label_bulk("Star", [*train, *held], ["Star"])
    assert session.round("Star").k == before + 20
    assert not set(held) & set(session.training.targets("Star"))
    assert session.labels.label_of(held[0]) == "Star"


def test_rounds_within_a_batch_are_not_computed(session):
    before = session.round("Star").k
    session.labels.label_bulk("Star", in_set(session, "training", 25), ["Star"])
    answer(session)
    session.save()
    recorded = [item.k for item in session.state.curves["Star"].rounds]
    assert recorded == [*range(before, before + 1), before + 25, before + 26]


def test_one_undo_takes_all_back_and_one_redo_brings_all_again(session):
    first = in_set(session, "training", 1)[0]
    session.focus(first)
    session.assign("Galaxy")
    query, trained = session.query(), session.training.targets("Star")
    ids = in_set(session, "training", 40)
    session.labels.label_bulk("Star", ids, ["Star"])
    after = session.training.targets("Star")
    focus = session.state.focus
    session.undo()
    assert session.training.targets("Star") == trained
    assert session.query() == query
    assert session.labels.label_of(first) == "Galaxy"
    assert session.labels.label_of(ids[1]) is None
    assert session.state.focus == focus
    assert "Undid the labels of 40 sources" in session.state.notices[-1].text
    session.redo()
    assert session.training.targets("Star") == after


def test_a_bulk_label_survives_a_restart_and_is_reproduced(session, path):
    ids = in_set(session, "training", 15) + in_set(session, "validation", 3)
    session.labels.label_bulk("Star", ids, ["Star"])
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
        assert all(again.labels.label_of(id) is None for id in ids)


def test_the_plan_counts_what_would_change(session):
    ids = in_set(session, "training", 10)
    session.labels.label_bulk("Star", ids[:3])
    session.labels.label_bulk("Galaxy", ids[3:5])
    plan = session.labels.plan_bulk("Star", ids)
    assert (plan.n_same, plan.n_other, plan.n_held) == (3, 2, 0)
    assert [event.id for event in session.labels.label_bulk("Star", ids)] == ids[3:]
    assert session.labels.label_bulk("Star", ids) == ()


@pytest.mark.parametrize(
    ("label", "ids", "train", "message"),
    [
        ("Star", [], (), "No source is selected"),
        ("Nova", ["x"], (), "no class 'Nova'"),
        ("Star", ["nowhere"], (), "not in the catalogue"),
        ("star", ["x"], (), r"no class 'star'; did you mean 'Star'\?"),
        ("Star", ["x"], ["Nova"], "no class 'Nova'; the classes are"),
        ("Star", ["x"], ["star"], r"did you mean 'Star'\?"),
        ("Star", [str(i) for i in range(BULK_LIMIT + 1)], (), "10,001 sources"),
    ],
)
def test_what_cannot_be_labelled_is_refused_and_nothing_is_recorded(session, label, ids, train, message):
    before = session.ledger
    with pytest.raises(SessionError, match=message):
        session.labels.label_bulk(label, ids, train)
    assert session.ledger is before


def test_selecting_takes_ids_and_refuses_unknown_ones(session):
    ids = in_set(session, "training", 3)
    session.select(ids)
    assert session.state.selection == tuple(ids)
    with pytest.raises(SessionError, match="'nowhere' is not in the catalogue"):
        session.select([*ids, "nowhere"])
    assert session.state.selection == tuple(ids)


def test_rows_of_many_ids():
    ids = np.sort(np.array([f"s{i:07d}".encode() for i in range(300_000)]))
    catalogue = Catalogue(None, ids, np.arange(len(ids)))
    rows = np.arange(0, len(ids), 2)
    handed = catalogue.ids_at(rows)
    assert catalogue.rows_of(handed) is catalogue.rows_of(handed)  # not looked up again
    np.testing.assert_array_equal(catalogue.rows_of(list(handed)), rows)
    with pytest.raises(KeyError, match="s9999999"):
        catalogue.rows_of(["s0000001", "s9999999"])
    assert catalogue.rows_of(()).shape == (0,)


@pytest.fixture
def formatted(monkeypatch):
    """The items of the project file that are formatted as a line: events and rounds."""
    items, flow_text = [], yaml_writer.flow_text
    monkeypatch.setattr(yaml_writer, "flow_text", lambda plain: items.append(plain) or flow_text(plain))
    return items


def test_saving_after_many_labels_finds_their_text_made_ready(path, formatted):
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:
        session.labels.label_bulk("Star", session.dataset.catalogue.ids_at(range(250)))
        loop.rest(session)
        assert len(formatted) == len(session.ledger.events)
        session.files.autosave()
        assert len(formatted) == len(session.ledger.events)
        assert read_config(path).events == session.ledger.events


def test_many_labels_are_made_ready_in_a_thread_and_come_out_the_same(tmp_path):
    other, _ = make_project(tmp_path, n=700)
    loop = Loop()
    with Session.open(other, who="tester", dispatch=loop.dispatch, look_ahead=False) as session:
        start(session)
        loop.rest(session)
        ids = session.dataset.catalogue.ids_at(range(600))
        before, n = session.ledger, len(session.training.targets("Star"))
        session.labels.label_bulk_async("Star", ids, ["Star"])
        assert session.ledger is before  # whoever waits for the page waits for none of it
        assert [job.title for job in session.state.jobs] == ["Labelling 600 sources"]
        loop.rest(session)
        assert session.state.notices[-1].text.startswith("Labelled 600 sources as Star.")
        journal = read_journal(journal_path(other))
        assert [event.id for event in journal.events[-600:]] == list(ids)
        events = session.ledger.events[len(before) :]
        expected, made = before.extend(
            [
                {
                    "kind": "label",
                    "id": event.id,
                    "label": "Star",
                    "origin": "bulk",
                    "who": "tester",
                    "when": event.when,
                    "class_name": event.class_name,
                }
                for event in events
            ],
            batch=True,
        )
        assert made == events
        assert expected == session.ledger
        assert len(session.training.targets("Star")) > n
        session.undo()
        loop.rest(session)
        assert not session.ledger.human_labels
        assert "Undid the labels of 600 sources" in session.state.notices[-1].text
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
        session.labels.label_bulk_async("Star", ids[:-1])
        session.focus(ids[-1])
        session.assign("Galaxy", id=ids[-1])
        loop.rest(session)
        assert session.labels.label_of(ids[-1]) == "Galaxy"
        assert [session.labels.label_of(id) for id in ids[:-1]] == ["Star"] * 599
        session.undo()
        session.assign("Star", id=ids[-1])
        loop.rest(session)
        assert "Nothing was undone: a label was given meanwhile." in session.state.notices[-1].text
        assert len(session.ledger.human_labels) == 600


def test_many_labels_that_cannot_be_written_are_told_of(tmp_path, monkeypatch):
    path, _ = make_project(tmp_path, n=700)
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("astronomical.labels.journal.os.fsync", full)
        session.labels.label_bulk_async("Star", session.dataset.catalogue.ids_at(range(600)))
        loop.rest(session)
        assert "Nothing was recorded" in session.state.notices[-1].text
        assert not session.ledger.human_labels
        monkeypatch.undo()


def test_the_text_of_what_is_saved_is_made_ready_as_labels_come(path, formatted):
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:
        start(session)
        loop.rest(session)
        while len(session.ledger) < 55:
            answer(session)
            loop.rest(session)
        assert sum("kind" in item for item in formatted) >= 50
        assert sum("queries" in item for item in formatted) >= 30
        session.files.autosave()
    assert len(read_config(path).events) == 55
    formatted.clear()
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:
        loop.rest(session)
        assert sum("kind" in item for item in formatted) == 55


@pytest.mark.parametrize(("label", "hint"), [("star", "did you mean 'Star'?"), ("Nova", "the classes are Star")])
def test_a_label_that_is_no_class_is_refused_with_the_name_that_is_meant(session, label, hint):
    before = session.ledger
    for refused in (lambda: session.labels.assign(label), lambda: session.state.learner(label)):
        with pytest.raises(SessionError, match=f"no class '{label}'") as caught:
            refused()
        assert hint in str(caught.value)
    assert session.ledger is before
