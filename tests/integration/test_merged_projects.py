"""Merging the projects of several annotators: what is kept, what is refused, and what the new project trains."""

from __future__ import annotations

import shutil

import pytest

from astronomical.cli.entry import main
from astronomical.config.io import read_config, write_config
from astronomical.labels.annotators import disagreements
from astronomical.labels.ledger import Ledger
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.project.outputs import OutputError
from astronomical.session.project.union import merge_projects
from tests.support.projects import answer, label_until, make_project, start_small


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a folder with the projects of two annotators, who continued the same one."""
    folder = tmp_path_factory.mktemp("merge")
    path, _ = make_project(folder, name="base.yaml", n=120)
    with Session.open(path, who="ana", look_ahead=False) as session:
        start_small(session)
        answer(session)
    for who in ("ana", "ben"):
        own = folder / f"{who}.yaml"
        shutil.copy(path, own)
        with Session.open(own, who=who, look_ahead=False) as session:
            label_until(session, "Star", 8 if who == "ana" else 9)
            source = sorted(session.dataset.catalogue.id_at(row) for row in range(20))[0]
            session.focus(source)
            session.assign("Star" if who == "ana" else "Galaxy", id=source)
    return folder


def test_a_merged_project_has_all_events_and_trains_the_same_in_any_order(shared, tmp_path, capsys):
    ana, ben = shared / "ana.yaml", shared / "ben.yaml"
    assert main(["merge", str(ana), str(ben), "-o", str(tmp_path / "one.yaml")]) == 0
    said = capsys.readouterr().out
    assert "by ana" in said
    assert "by ben" in said
    assert "labelled differently" in said
    merge_projects([ben, ana], tmp_path / "other.yaml")
    one, other = read_config(tmp_path / "one.yaml"), read_config(tmp_path / "other.yaml")
    assert one.events == other.events
    Ledger.replay(one.events)
    both = [read_config(path).events for path in (ana, ben)]
    shared_events = sum(a.check == b.check for a, b in zip(*both, strict=False))
    assert len(one.events) == sum(map(len, both)) - shared_events
    keys = []
    for name in ("one.yaml", "other.yaml"):
        with Session.open(tmp_path / name, look_ahead=False) as session:
            round = session.round("Star")
            keys.append((round.key, round.queries))
            assert round.k == len(session.training.targets("Star"))
    assert keys[0] == keys[1]


def test_merging_with_a_project_that_was_merged_before_adds_nothing(shared, tmp_path):
    ana, ben, merged = shared / "ana.yaml", shared / "ben.yaml", tmp_path / "merged.yaml"
    first = merge_projects([ana, ben], merged)
    again = merge_projects([merged, ben, ana], tmp_path / "again.yaml")
    assert again.config.events == first.config.events
    found = disagreements(Ledger.replay(again.config.events))
    assert [set(item.labels) for item in found if {"Star", "Galaxy"} == set(item.labels.values())]


def test_labels_in_the_journal_are_merged_too(shared, tmp_path):
    folder = tmp_path / "copies"
    folder.mkdir()
    for name in ("ana.yaml", "ben.yaml", "catalogue.fits"):
        shutil.copy(shared / name, folder / name)
    with Session.open(folder / "ana.yaml", who="ana", look_ahead=False) as session:
        label_until(session, "Star", len(session.training.targets("Star")) + 1)
        n_events = len(session.ledger)
        made = merge_projects([folder / "ana.yaml", folder / "ben.yaml"], folder / "merged.yaml")
    assert made.n_events > n_events


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: {"project": c.project.model_copy(update={"seed": 7})}, "random seed"),
        (lambda c: {"split": c.split.model_copy(update={"drop": ("QSO",)})}, "the split"),
        (
            lambda c: {
                "labels": tuple(
                    item.model_copy(update={"name": "Quasar"}) if item.name == "QSO" else item for item in c.labels
                ),
                "learners": (),
            },
            "QSO and Quasar",
        ),
    ],
)
def test_projects_with_other_settings_are_refused(shared, tmp_path, change, said):
    config, other = read_config(shared / "ben.yaml"), tmp_path / "other.yaml"
    write_config(config.model_copy(update=change(config)), other)
    with pytest.raises(SessionError, match=said):
        merge_projects([shared / "ana.yaml", other], tmp_path / "new.yaml")
    assert not (tmp_path / "new.yaml").exists()


def test_another_catalogue_is_refused_and_the_difference_named(shared, tmp_path, capsys):
    path, _ = make_project(tmp_path, n=90)
    assert main(["merge", str(shared / "ana.yaml"), str(path), "-o", str(tmp_path / "new.yaml")]) == 2
    said = capsys.readouterr().err
    assert "it has 90 sources instead of 120" in said
    assert "Traceback" not in said


def test_no_merged_project_is_replaced(shared, tmp_path):
    ana, ben = shared / "ana.yaml", shared / "ben.yaml"
    with pytest.raises(OutputError, match="cannot replace an input"):
        merge_projects([ana, ben], ben, overwrite=True)
    with pytest.raises(SessionError, match="two or more"):
        merge_projects([ana, ana], tmp_path / "new.yaml")
    with pytest.raises(SessionError, match="no project file"):
        merge_projects([ana, tmp_path / "absent.yaml"], tmp_path / "new.yaml")
