"""A person without a screen: everything that the dashboard does goes through `Session`."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.labels.lock import LockedError
from astronomical.session import Session
from astronomical.session.errors import ReadOnlyError, SessionError, StaleFocusError
from astronomical.session.export.labels import export_labels
from tests.support.projects import answer, die, label_until, make_project, open_with_core
from tests.support.projects import start_small as start


@pytest.fixture
def path(tmp_path):
    return make_project(tmp_path)[0]


@pytest.fixture
def session(path):
    with Session.open(path, who="tester") as opened:
        yield opened


def n_on_disk(session: Session) -> int:
    """Count the events that a reader of the files would find."""
    journal = session.path.with_name(session.path.name + ".journal")
    lines = journal.read_text().splitlines()[1:] if journal.exists() else []
    return len(read_config(session.path).events) + len(lines)


def test_an_oracle_trains_a_learner(session):
    session.training.start("Star", start=StartConfig(n=5))
    first = session.round("Star")
    label_until(session, "Star", 25)
    newest = session.round("Star")
    assert (first.k, newest.k) == (5, 25)
    assert newest.validation.accuracy > max(first.validation.majority, 0.8)
    curve = session.state.curves["Star"].rounds
    assert [item.k for item in curve] == list(range(5, 26))


def test_a_label_is_on_disk_before_the_screen_says_so(session, monkeypatch):
    start(session)
    seen = []
    session.state.param.watch(lambda event: seen.append((len(event.new), n_on_disk(session))), "ledger")
    answer(session)
    assert seen == [(6, 6)]


def test_nothing_is_assigned_if_it_cannot_be_written(session, monkeypatch):
    start(session)
    before, query = session.ledger, session.query()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ValueError, match="No space left"):
        session.assign("Star", id=query)
    monkeypatch.undo()
    assert session.ledger == before
    assert session.query() == query
    session.assign("Star", id=query)
    assert session.labels.label_of(query) == "Star"


def test_no_labelled_source_is_asked_for_again(session):
    start(session)
    asked = [answer(session) for _ in range(40)]
    assert len(set(asked)) == len(asked)
    assert not set(asked) & {e.id for e in session.ledger.events if e.origin == "start"}


def test_unsure_moves_on_without_training(session):
    start(session)
    before, query = session.round("Star"), session.query()
    session.assign(None, id=query)
    assert session.round("Star") is before
    assert session.query() == before.queries[1]
    assert session.state.focus == before.queries[1]


def test_undo_brings_the_query_and_the_scores_back(session):
    start(session)
    label_until(session, "Star", 8)
    query, scores = session.query(), session.round("Star").validation
    answer(session)
    answer(session)
    session.undo()
    session.undo()
    assert session.query() == query == session.state.focus
    assert session.round("Star").validation == scores
    session.redo()
    assert len(session.training.targets("Star")) == 9


def test_starting_points_of_the_catalogue_are_not_undone(session):
    start(session)
    assert session.undo() is None
    assert len(session.training.targets("Star")) == 5


def test_relabelling_retrains_and_the_curve_follows(session):
    start(session)
    label_until(session, "Star", 10)
    relabelled = next(e for e in session.ledger.events if e.origin == "query" and e.kind == "label")
    key = session.round("Star").key
    session.labels.relabel(relabelled.id, "QSO" if relabelled.label != "QSO" else "Galaxy")
    other = session.round("Star").key
    changed_side = relabelled.label == "Star"
    assert (other != key) is changed_side
    session.labels.relabel(relabelled.id, "Galaxy" if relabelled.label == "Star" else "Star")
    assert session.round("Star").key != key
    session.save()
    assert [item.k for item in session.state.curves["Star"].rounds] == list(range(5, 11))


def test_no_source_is_asked_twice(session):
    start(session, "Star")
    label_until(session, "Star", 20)
    mine = set(session.ledger.human_labels)
    start(session, "Galaxy")
    asked = [answer(session, "Galaxy") for _ in range(25)]
    assert not mine & set(asked)
    assert any(event.origin == "shared" for event in session.ledger.events)


def test_the_order_of_the_tabs_changes_nothing(tmp_path):
    rounds = []
    for turn, names in enumerate((("Star", "Galaxy"), ("Galaxy", "Star"))):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with Session.open(make_project(folder)[0]) as session:
            for name in names:
                start(session, name)
                label_until(session, name, 18)
            rounds.append({name: (session.round(name).key, session.query(name)) for name in ("Star", "Galaxy")})
    assert rounds[0] == rounds[1]


def test_a_label_for_a_source_no_longer_shown_is_refused(session):
    start(session)
    shown = session.state.focus
    answer(session)
    with pytest.raises(StaleFocusError, match="Not recorded"):
        session.assign("Star", id=shown)


def test_a_key_pressed_twice_records_once(session):
    start(session)
    other = session.dataset.catalogue.id_at(0)
    session.focus(other)
    assert session.assign("Star", id=other) is not None
    assert session.assign("Star", id=other) is None


def test_a_source_that_was_not_asked_for_is_recorded_and_not_trained(session):
    start(session)
    queried = session.query()
    other = next(id for id in session.round("Star").queries[5:] if id != queried)
    session.focus(other)
    event = session.assign("Star", id=other)
    assert (event.origin, event.class_name) == ("clicked", None)
    assert other not in session.training.targets("Star")
    assert session.query() == queried


def test_validation_is_never_trained_on(session):
    start(session)
    label_until(session, "Star", 30)
    validation = set(session.dataset.catalogue.ids_at(np.flatnonzero(session.dataset.split.validation)))
    assert not validation & set(session.training.targets("Star"))
    assert not validation & set(session.round("Star").queries)


def test_no_unknown_is_scored(session):
    start(session)
    data = session.dataset
    known = int(np.count_nonzero(data.split.validation & (data.codes >= 0)))
    assert session.round("Star").validation.n == known
    trained_unknown = sum(data.codes[data.catalogue.row(id)] < 0 for id in session.training.targets("Star"))
    in_training = int(np.count_nonzero(data.split.training & (data.codes >= 0)))
    assert session.round("Star").training.n == in_training + trained_unknown


def test_cold_start_needs_no_catalogue_label(tmp_path):
    path, _ = make_project(tmp_path, label=None, label_names={"Star": "Star", "Galaxy": "Galaxy"})
    with Session.open(path) as session:
        with pytest.raises(ValueError, match="I label them"):
            session.training.start("Star")
        assert not session.state.config.learner("Star").started
        start(session, mode="label", n=4)
        for name in ("Star", "Galaxy", "Star"):
            assert session.round("Star").trained is False
            session.assign(name, id=session.query())
        session.assign("Galaxy", id=session.query())
        newest = session.round("Star")
        assert newest.trained
        assert newest.validation is None
        assert [e.origin for e in session.ledger.events] == ["start"] * 4


def test_closing_and_opening_changes_nothing(session, path):
    start(session)
    label_until(session, "Star", 12)
    session.assign(None, id=session.query())
    expected = (session.query(), session.round("Star").validation, session.state.curves)
    session.close()
    with Session.open(path) as again:
        assert (again.query(), again.round("Star").validation, again.state.curves) == expected
        assert again.state.focus == expected[0]


def test_labels_survive_a_crash(path):
    session, core = open_with_core(path)
    start(session)
    label_until(session, "Star", 9)
    expected = session.ledger
    die(core)
    with Session.open(path) as again:
        assert again.ledger == expected
        assert any("recovered" in notice.text for notice in again.state.notices)


def test_changing_the_model_keeps_the_labels(session):
    start(session)
    label_until(session, "Star", 10)
    trained = session.training.targets("Star")
    session.training.start("Star", models=[ExtensionConfig(name="knn")], strategy=ExtensionConfig(name="entropy"))
    assert session.training.targets("Star") == trained
    session.save()
    assert [item.k for item in session.state.curves["Star"].rounds] == list(range(5, 11))


@pytest.mark.parametrize("model", ["random_forest", "knn", "logistic_regression"])
@pytest.mark.parametrize("strategy", ["uncertainty", "margin", "entropy", "random"])
def test_every_model_with_every_strategy(session, model, strategy):
    session.training.start("QSO", models=[ExtensionConfig(name=model)], strategy=ExtensionConfig(name=strategy))
    answer(session, "QSO")
    assert session.query("QSO") is not None


def test_an_unknown_model_is_refused_before_anything_changes(session):
    with pytest.raises(SessionError, match="no model named 'forest'"):
        session.training.start("Star", models=[ExtensionConfig(name="forest")])
    with pytest.raises(SessionError, match="n_trees"):
        session.training.start("Star", models=[ExtensionConfig(name="random_forest", parameters={"n_trees": 5})])
    assert not session.state.config.learner("Star").started


def test_the_same_project_twice_is_noticed(session, path):
    with pytest.raises(LockedError, match="open"):
        Session.open(path)
    with Session.open(path, read_only=True) as reader, pytest.raises(ReadOnlyError):
        reader.training.start("Star", start=StartConfig(n=5))


def test_a_copy_opens_on_its_own(session, tmp_path):
    start(session)
    label_until(session, "Star", 7)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    copy = session.save(folder / "copy.json")
    with Session.open(copy) as other:
        assert other.query("Star") == session.query("Star")
        assert other.round("Star").key == session.round("Star").key


def test_labels_are_exported(session, tmp_path):
    start(session)
    label_until(session, "Star", 9)
    assert export_labels(session.ledger, tmp_path / "labels.fits") == 9
    export_labels(session.ledger, tmp_path / "labels.csv")
    table = Table.read(tmp_path / "labels.fits")
    assert table.colnames == ["id", "label", "class", "origin", "round", "who", "when", "probable"]
    assert (table.meta["NLABELS"], table.meta["NCATLAB"]) == (9, 5)
    with (tmp_path / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["who"] for row in rows] == ["catalogue"] * 5 + ["tester"] * 4
    with pytest.raises(SessionError, match=r"must end in \.fits, \.csv"):
        export_labels(session.ledger, tmp_path / "labels.txt")


def test_another_catalogue_is_noticed(session, path, tmp_path):
    start(session)
    session.close()
    table = Table.read(tmp_path / "catalogue.fits")
    table["g"][3] += 1
    table.write(tmp_path / "catalogue.fits", overwrite=True)
    with Session.open(path) as again:
        assert any("column 'g'" in notice.text for notice in again.state.notices)
