"""Another program that writes to a project which is open: nothing is replaced, and both versions can be merged."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import StartConfig
from astronomical.labels.journal import journal_path
from astronomical.labels.ledger import Ledger
from astronomical.labels.lock import LockedError
from astronomical.session import Session
from astronomical.session.project.conflict import ForeignChangeError
from astronomical.session.project.project_store import load_project
from tests.support.projects import make_project


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_project(tmp_path, n=120)[0]


def label(session: Session, start: int, n: int, name: str = "Star") -> list[str]:
    ids = list(session.dataset.catalogue.ids_at(range(start, start + n)))
    for id in ids:
        session.focus(id)
        session.assign(name)
    return ids


def lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def labelled(path: Path) -> dict[str, str]:
    return dict(Ledger.replay(load_project(path).events).human_labels)


@pytest.mark.parametrize("saved", [False, True], ids=["in the journal", "in the config"])
def test_a_lost_lock_lets_no_save_replace_the_labels_of_another_writer(path: Path, saved: bool):
    first = Session.open(path)
    label(first, 0, 3)
    lock_of(path).unlink()
    second = Session.open(path)
    theirs = label(second, 10, 5, "Galaxy")
    if saved:
        second.save()
    with pytest.raises(ForeignChangeError, match="Nothing more is written"):
        first.files.autosave()
    second.close()
    first.close()
    assert set(theirs) <= labelled(path).keys()


@pytest.mark.parametrize(
    "how",
    [
        "delete the lock",
        "replace the lock",
        "change the journal",
        "replace the journal",
        "delete the journal",
        "change the config",
        "put an older config back",
    ],
)
@pytest.mark.parametrize("action", ["label", "autosave", "save", "close"])
def test_any_change_of_the_files_stops_writing_and_keeps_both(path: Path, how: str, action: str):
    older = path.read_bytes()
    session = Session.open(path)
    label(session, 0, 2)
    session.save()
    ours = label(session, 2, 2)
    journal = journal_path(path)
    if how == "delete the lock":
        lock_of(path).unlink()
    elif how == "replace the lock":
        lock_of(path).write_text('{"pid": 1, "host": "elsewhere", "user": "ben", "started": ""}')
    elif how == "change the journal":
        with journal.open("ab") as file:
            file.write(b"theirs\n")
    elif how == "replace the journal":
        copy = path.with_name("copy")
        shutil.copy(journal, copy)
        copy.replace(journal)
    elif how == "delete the journal":
        journal.unlink()
    elif how == "change the config":
        path.write_text(path.read_text() + "# theirs\n")
    else:
        path.write_bytes(older)
    files = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    with pytest.raises(ForeignChangeError):
        {
            "label": lambda: label(session, 5, 1),
            "autosave": session.files.autosave,
            "save": session.save,
            "close": session.close,
        }[action]()
    after = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    kept = sorted(after.keys() - files.keys())
    assert len(kept) == 1
    assert kept[0].startswith("project.conflict-")
    assert set(ours) <= labelled(path.with_name(kept[0])).keys()
    released = {lock_of(path).name} if action == "close" else set()
    assert {name: text for name, text in files.items() if name not in released}.items() <= after.items()
    assert session.state.conflict is not None
    session.close()
    assert "Nothing more is written" in session.state.notices[-1].text


def test_the_same_config_written_again_is_no_change(path: Path):
    with Session.open(path) as session:
        label(session, 0, 2)
        path.write_bytes(path.read_bytes())
        os.utime(path, (0, 0))
        label(session, 2, 2)
        session.save()
    assert len(labelled(path)) == 4


def test_both_versions_are_merged(path: Path):
    first = Session.open(path)
    shared = label(first, 0, 4)
    first.save()
    lock_of(path).unlink()
    second = Session.open(path)
    theirs = label(second, 10, 5, "Galaxy")
    with pytest.raises(ForeignChangeError):
        first.files.autosave()
    with pytest.raises(LockedError):
        first.merging.merge()
    assert first.state.conflict is not None
    second.undo()
    second.close()
    said = first.merging.merge()
    assert "0 events from this version" in said
    assert first.state.conflict is None
    mine = label(first, 20, 2)
    first.close()
    found = labelled(path)
    assert set(found) == {*shared, *theirs[:4], *mine}
    assert read_config(path).events == first.ledger.events


def test_labels_of_both_are_merged_and_differences_are_named(path: Path):
    first = Session.open(path)
    label(first, 0, 2)
    first.save()
    copy = path.with_name("theirs.yaml")
    shutil.copy(path, copy)
    with Session.open(copy) as second:  # as on a host that synchronises the folder later
        label(second, 5, 3, "Galaxy")
    mine = label(first, 7, 3)
    first.undo()
    label(first, 1, 1, "Galaxy")
    shutil.copy(copy, path)
    with pytest.raises(ForeignChangeError):
        first.save()
    journal_path(path).unlink()
    said = first.merging.merge()
    assert f"({mine[0]}): the labels of this version" in said
    first.close()
    found = labelled(path)
    ids = list(first.dataset.catalogue.ids_at(range(10)))
    assert [found.get(id) for id in ids] == [
        "Star",
        "Galaxy",
        None,
        None,
        None,
        "Galaxy",
        "Galaxy",
        "Star",
        "Star",
        None,
    ]


def test_a_class_that_the_other_program_added_can_be_learned_after_merging(path: Path):
    first = Session.open(path)
    label(first, 0, 2)
    first.save()
    copy = path.with_name("theirs.yaml")
    shutil.copy(path, copy)
    with Session.open(copy) as second:
        second.settings.add_class("CV")
        label(second, 5, 3, "CV")
    shutil.copy(copy, path)
    with pytest.raises(ForeignChangeError):
        first.save()
    journal_path(path).unlink(missing_ok=True)
    first.merging.merge()
    assert first.state.config.class_names[-1] == first.dataset.class_names[-1] == "CV"
    first.training.start("CV", start=StartConfig(mode="given"))
    assert sum(first.training.targets("CV").values()) > 0
    first.close()


def test_sources_of_an_added_class_become_known_by_merging(tmp_path: Path):
    path, config = make_project(tmp_path, n=120)
    without = config.model_copy(
        update={
            "labels": tuple(label for label in config.labels if label.name != "QSO"),
            "learners": tuple(learner for learner in config.learners if learner.class_name != "QSO"),
        }
    )
    write_config(without, path)
    first = Session.open(path)
    label(first, 0, 2)
    first.save()
    copy = path.with_name("theirs.yaml")
    shutil.copy(path, copy)
    with Session.open(copy) as second:
        second.settings.add_class("2")  # the value of QSO in the label column
        known = second.dataset.counts["2"]
        label(second, 5, 1, "2")
    shutil.copy(copy, path)
    with pytest.raises(ForeignChangeError):
        first.save()
    journal_path(path).unlink(missing_ok=True)
    first.merging.merge()
    assert first.dataset.counts["2"] == known > 0
    first.close()


def test_merging_without_a_conflict_is_refused(path: Path):
    with Session.open(path) as session, pytest.raises(ValueError, match="nothing to merge"):
        session.merging.merge()


def test_a_config_written_while_it_is_saved_here_is_kept(path: Path, monkeypatch):
    session = Session.open(path)
    label(session, 0, 2)
    real = os.fsync
    theirs = path.read_text() + "# theirs"

    def meanwhile(handle: int) -> None:
        path.write_text(theirs)
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", meanwhile)
        with pytest.raises(ForeignChangeError, match=r"kept as project\.edited-elsewhere\.yaml"):
            session.save()
    session.close()
    assert path.with_name("project.edited-elsewhere.yaml").read_text() == theirs
