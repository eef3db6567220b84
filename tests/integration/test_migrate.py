"""Projects of AstronomicAL itself go on here."""

from __future__ import annotations

import json
import shutil

import pytest

from astronomical.cli import main
from astronomical.session import Session
from astronomical.session.errors import MissingCatalogueError, SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.migrate import WHO, is_old, migrate
from tests.support.projects import label_until, without_models
from tests.support.v1 import v1_config, v1_labels, write_v1


@pytest.mark.parametrize("indicator", [False, True])
def test_thirty_labels_go_on_to_train(tmp_path, indicator):
    old = write_v1(tmp_path)
    labels = v1_labels(tmp_path / "data" / "catalogue.fits", indicator=indicator)
    old.write_text(json.dumps(v1_config(classifiers={"0": labels})))
    before = old.read_bytes()
    made = migrate(old, tmp_path / "new.yaml")
    assert old.read_bytes() == before
    assert all("colour" in note for note in made.notes)
    without_models(made.config, made.path)
    with Session.open(made.path) as session:
        assert len(session.training.targets("Star")) == 30
        assert sum(session.training.targets("Star").values()) == 15
        data = session.dataset
        for id in session.training.targets("Star"):
            assert session.labels.label_of(id) == data.class_names[data.codes[data.catalogue.row(id)]]
        assert session.round("Star").k == 30
        assert {event.who for event in session.ledger.events} == {WHO}
        assert sum(event.kind == "unsure" for event in session.ledger.events) == 1
        label_until(session, "Star", 33)
        session.save()
    assert reproduce(made.path).ok


def test_a_class_that_is_numbered_one_and_labels_of_two_kinds(tmp_path):
    old = write_v1(tmp_path)
    catalogue = tmp_path / "data" / "catalogue.fits"
    old.write_text(
        json.dumps(v1_config(classifiers={"1": v1_labels(catalogue, 1, indicator=True), "2": v1_labels(catalogue, 2)}))
    )
    made = migrate(old, tmp_path / "new.yaml")
    without_models(made.config, made.path)
    with Session.open(made.path) as session:
        for name in ("Galaxy", "QSO"):
            started = [
                event.id
                for event in session.ledger.events
                if (event.class_name, event.kind, event.origin) == (name, "label", "start")
            ]
            assert len(started) == 30
            assert sum(session.training.targets(name)[id] for id in started) == 15


def test_labels_of_strangers_are_counted(tmp_path):
    labels = {"classifier": ["KNN"], "query": ["Entropy Sampling"], "id": ["nobody", "S00001"], "y": [0, 1]}
    made = migrate(write_v1(tmp_path, classifiers={"0": labels}), tmp_path / "new.json")
    assert any("1 labels belong to sources that the catalogue does not have (first: nobody)" in n for n in made.notes)


def test_numbers_that_mean_no_class_are_refused(tmp_path):
    labels = {"classifier": ["KNN"], "query": ["Entropy Sampling"], "id": ["S00001"], "y": [7]}
    with pytest.raises(SessionError, match="do not belong to a class: 7"):
        migrate(write_v1(tmp_path, classifiers={"0": labels}), tmp_path / "new.yaml")


def test_the_command_lists_what_is_lost_and_overwrites_nothing(tmp_path, capsys):
    old = write_v1(tmp_path, test_set_file=True)
    assert is_old(old)
    assert main(["migrate", str(old), "-o", str(tmp_path / "new.yaml")]) == 0
    said = capsys.readouterr().out
    assert "30 labels" in said
    assert "not migrated: The curated test set" in said
    assert main(["validate", str(tmp_path / "new.yaml")]) == 0
    assert main(["migrate", str(old), "-o", str(tmp_path / "new.yaml")]) == 2
    assert "exists" in capsys.readouterr().err
    assert main(["migrate", str(tmp_path / "new.yaml"), "-o", str(tmp_path / "newer.yaml")]) == 2
    assert "is not a configuration of AstronomicAL 1" in capsys.readouterr().err


def test_a_catalogue_that_has_moved_can_be_named(tmp_path):
    old = write_v1(tmp_path)
    moved = shutil.move(tmp_path / "data" / "catalogue.fits", tmp_path / "elsewhere.fits")
    with pytest.raises(MissingCatalogueError, match="was not found"):
        migrate(old, tmp_path / "new.yaml")
    assert migrate(old, tmp_path / "new.yaml", catalogue=moved).config.catalogue.path == "elsewhere.fits"
