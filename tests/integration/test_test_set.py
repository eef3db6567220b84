"""Test results and checkpoints: what is written down when somebody looks, or wants to remember."""

from __future__ import annotations

import os

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ExtensionConfig, ModelsConfig
from astronomical.dashboard.panes.learner.test_results import TestView
from astronomical.learning.metrics import SetScores, confusion
from astronomical.session import Session
from astronomical.session.errors import ReadOnlyError, SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.export.model_bundle import load_model
from astronomical.session.project.project_store import models_folder
from tests.support.loop import Loop
from tests.support.projects import answer, label_until, make_project
from tests.support.projects import start_small as start


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path)[0], who="tester") as opened:
        start(opened)
        label_until(opened, "Star", 9)
        yield opened


def test_test_results_are_those_of_the_test_set_and_each_opening_is_in_the_file(session):
    assert session.state.test_results == {}
    session.evaluation.open_test_results("Star")
    session.evaluation.open_test_results("Star")
    openings = read_config(session.path).testing.openings
    newest = session.round("Star")
    assert [(o.class_name, o.k, o.key, o.who, o.truth) for o in openings] == [
        ("Star", newest.k, newest.key, "tester", "catalogue")
    ] * 2
    assert all(opening.when for opening in openings)
    result = session.state.test_results["Star"]
    data = session.dataset
    session.exports.export("predictions", session.path.with_name("p.parquet"))
    proba = np.asarray(Table.read(session.path.with_name("p.parquet"))["p_Star"])
    test = data.split.test
    assert result.scores == SetScores.of(confusion(data.truth("Star")[test], proba[test] > 0.5))
    assert result.title == "agreement with catalogue labels"


def test_the_opening_is_on_disk_before_anything_is_scored(session, monkeypatch):
    seen = []

    def look(*_, **__):
        seen.append(len(read_config(session.path).testing.openings))
        raise ValueError("stop here")

    monkeypatch.setattr("astronomical.session.evaluation.test_set.predict_all", look)
    session.evaluation.open_test_results()
    assert seen == [1]
    assert "could not be scored" in session.state.notices[-1].text


def test_a_curated_set_that_serves_as_the_test_set_is_the_truth(session):
    ids = session.dataset.catalogue.ids_at(np.flatnonzero(session.dataset.split.test))[:6]
    session.curation.start()
    for id in ids:
        session.focus(id)
        session.assign("Star", id=id)
    unsure = session.dataset.catalogue.id_at(np.flatnonzero(session.dataset.split.test)[7])
    session.focus(unsure)
    session.assign(None, id=unsure)
    session.curation.use_as_test_set(True)
    session.evaluation.open_test_results("Star")
    result = session.state.test_results["Star"]
    assert result.scores.n == 6
    assert result.scores.fp == result.scores.tn == 0
    assert "curated" in result.title
    assert result.left_out == ("1 unsure",)
    view = TestView(session)
    view.set_visible(True)
    view._button.clicks += 1
    assert "not used" in view._html.object
    assert "<li>1 unsure</li>" in view._html.object
    view.close()
    assert read_config(session.path).testing.openings[0].truth == "curated"


def test_looking_cannot_go_unnoticed(session):
    session.save()
    with Session.open(session.path, read_only=True) as reader, pytest.raises(ReadOnlyError):
        reader.evaluation.open_test_results("Star")


def test_the_caution_is_kept_per_class(session):
    session.evaluation.set_test_caution("Star", False)
    session.evaluation.set_test_caution("Star", False)
    session.save()
    assert read_config(session.path).testing.without_caution == ("Star",)
    session.evaluation.set_test_caution("Star", True)
    assert session.state.config.testing.without_caution == ()
    with pytest.raises(SessionError):
        session.evaluation.set_test_caution("Quasar", False)


def test_a_checkpoint_is_a_name_in_the_project_and_a_model_beside_it(session):
    made = session.models.checkpoint(name="before the hard ones")
    newest = session.round("Star")
    assert (made.class_name, made.k, made.key) == ("Star", newest.k, newest.key)
    assert read_config(session.path).checkpoints == (made,)
    (file,) = models_folder(session.path).glob(f"Star-0009-{made.key}.skops")
    model = load_model(file)
    assert (model.votes[0].class_name, model.votes[0].key) == ("Star", newest.key)
    answer(session)
    with pytest.raises(SessionError, match="already"):
        session.models.checkpoint(name="before the hard ones")
    assert session.models.checkpoint().name == "Star, 10 labels"
    session.save()
    assert reproduce(session.path).differences == ()


def test_nothing_to_give_a_name_to(tmp_path):
    with Session.open(make_project(tmp_path)[0]) as session, pytest.raises(SessionError, match="No learner"):
        session.models.checkpoint()


def test_the_model_of_every_round_is_kept_within_a_limit(tmp_path):
    loop = Loop()
    with Session.open(make_project(tmp_path, n=150, keep_models=True)[0], dispatch=loop.dispatch) as session:
        start(session)
        loop.rest(session)
        for _ in range(3):
            answer(session)
            loop.rest(session)
        k = session.round("Star").k
        folder = models_folder(session.path)
        assert sorted(int(path.name.split("-")[1]) for path in folder.iterdir()) == list(range(5, k + 1))
        first = next(folder.glob("Star-0005-*"))
        assert load_model(first).votes[0].k == 5
        session.models.checkpoint()
        session.settings.change(session.state.config.model_copy(update={"models": ModelsConfig(limit_mb=1)}))
        written = first.stat()
        with first.open("ab") as file:  # too large, and still the oldest
            file.write(bytes(2**20))
        os.utime(first, ns=(written.st_atime_ns, written.st_mtime_ns))
        answer(session)
        loop.rest(session)
        names = [path.name for path in folder.iterdir()]
        assert not first.exists()
        checkpoint = session.state.config.checkpoints[0]
        assert any(checkpoint.key in name for name in names)


def test_models_are_not_kept_if_the_project_says_so(tmp_path):
    path, config = make_project(tmp_path, n=150, keep_models=True)
    write_config(config.model_copy(update={"models": ModelsConfig(keep=False)}), path)
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch) as session:
        start(session)
        loop.rest(session)
        assert not models_folder(path).exists()


def test_models_that_wait_are_written_when_the_project_is_closed(tmp_path, caplog):
    loop, rounds = Loop(), []
    for name, patience in (("one", 60.0), ("two", 0.0)):
        (tmp_path / name).mkdir()
        path, _ = make_project(tmp_path / name, n=150, keep_models=True)
        session = Session.open(path, dispatch=loop.dispatch, look_ahead=False)
        session.training.start("Star", models=[ExtensionConfig(name="knn")])
        loop.settle(session)
        for _ in range(3):
            answer(session)
            loop.settle(session)
        session.close(patience)
        rounds.append((path, session.round("Star").key))
    (kept, key), (cut, other) = rounds
    files = [file.name for file in models_folder(kept).iterdir()]
    assert len(files) == 4
    assert any(key in file for file in files)
    said = [record.getMessage() for record in caplog.records if "was not saved" in record.getMessage()]
    there = [file.name for file in models_folder(cut).iterdir()] if models_folder(cut).exists() else []
    assert said
    assert any(other in text for text in [*said, *there])
    assert len({*there, *(text.split()[0] for text in said)}) == 4
