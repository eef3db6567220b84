"""What another program, a full disk or a wrong clock does to a project that is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from astronomical.config.io import read_config
from astronomical.labels.journal import JournalError, journal_path
from astronomical.session import Session
from astronomical.session.project.conflict import ForeignChangeError
from astronomical.session.project.project_store import load_project
from tests.support.disks import fill, small_disk
from tests.support.projects import answer, die, label_until, make_project, open_with_core
from tests.support.projects import start_small as start


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_project(tmp_path, n=120)[0]


def label_some(session: Session, n: int = 3) -> list[str]:
    ids = list(session.dataset.catalogue.ids_at(range(n)))
    for id in ids:
        session.focus(id)
        session.assign("Star")
    return ids


def said(session: Session) -> str:
    return "\n".join(notice.text for notice in session.state.notices)


def test_a_config_edited_while_open_stops_writing_until_both_are_merged(path: Path):
    with Session.open(path) as session:
        ids = label_some(session)
        edited = path.read_text().replace("project:", "# edited by hand\nproject:")
        path.write_text(edited)
        with pytest.raises(ForeignChangeError, match="changed by another program"):
            session.save()
        assert path.read_text() == edited
        assert "Nothing more is written" in said(session)
        with pytest.raises(ForeignChangeError):
            label_some(session, 5)
        session.merging.merge()
        label_some(session, 5)
        session.save()
    assert path.with_name("project.edited-elsewhere.yaml").read_text() == edited
    with Session.open(path) as again:
        assert all(again.labels.label_of(id) == "Star" for id in ids)


def test_a_config_deleted_while_open_is_written_again(path: Path):
    with Session.open(path) as session:
        ids = label_some(session)
        path.unlink()
        session.save()
        assert "deleted or moved" in said(session)
    assert [event.id for event in read_config(path).events] == ids


def test_labels_outlive_a_config_that_is_replaced_by_an_older_one(path: Path):
    before = path.read_bytes()
    with Session.open(path) as session:
        ids = label_some(session)
        path.write_bytes(before)
    with Session.open(path) as again:
        assert all(again.labels.label_of(id) == "Star" for id in ids)


def test_a_torn_last_line_is_told_and_all_before_it_is_there(path: Path):
    session, core = open_with_core(path)
    ids = label_some(session)
    die(core)
    journal = journal_path(path)
    journal.write_bytes(journal.read_bytes()[:-20])
    with Session.open(path) as again:
        assert [again.labels.label_of(id) for id in ids] == ["Star", "Star", None]
        assert "is incomplete" in said(again)
        assert "2 label events recovered" in said(again)


def test_a_clock_that_is_set_back_changes_no_order(path: Path, monkeypatch):
    times = iter(f"20{year:02d}-01-01T00:00:00+00:00" for year in range(60, 0, -1))
    monkeypatch.setattr("astronomical.session.labelling.record.now", lambda: next(times))
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 8)
        session.undo()
        answer(session)
        trained = session.training.targets("Star")
        events = session.ledger.events
        assert [event.n for event in events] == list(range(1, len(events) + 1))
        assert events[0].when > events[-1].when
    with Session.open(path) as again:
        assert again.training.targets("Star") == trained


@pytest.fixture
def disk(tmp_path: Path):
    with small_disk(tmp_path / "disk", megabytes=1) as made:
        yield made


def label_and_take_back(session: Session, times: int) -> None:
    for _ in range(times):
        session.assign("Star")
        session.undo()


def test_a_full_disk_loses_no_label_and_says_so(disk: Path):
    path, _ = make_project(disk, n=60)
    ballast = disk / "ballast"
    with Session.open(path) as session:
        ids = label_some(session)
        with pytest.raises(OSError):
            fill(ballast)
        session.focus(session.dataset.catalogue.id_at(20))
        with pytest.raises(JournalError, match="Free space on the disk"):
            label_and_take_back(session, 200)  # the journal's own last block has room for some
        acknowledged = session.ledger.events
        assert load_project(path).events == acknowledged
        with pytest.raises(OSError):
            session.save()
        assert load_project(path).events == acknowledged, "a save that failed took labels with it"
        ballast.unlink()
        session.focus(session.dataset.catalogue.id_at(21))
        session.assign("Galaxy")
        session.save()
    with Session.open(path) as again:
        assert [again.labels.label_of(id) for id in ids] == ["Star"] * 3
        assert again.labels.label_of(again.dataset.catalogue.id_at(21)) == "Galaxy"
