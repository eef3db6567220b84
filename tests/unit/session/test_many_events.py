"""What the event loop does with a label does not grow with the number of labels, and a project is parsed once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from astronomical.config import io
from astronomical.config.errors import ConfigError
from astronomical.config.io import read_config, write_config
from astronomical.dashboard.page.header import HeaderView
from astronomical.dashboard.panes.learner.label_panel import LabelPanelView
from astronomical.dashboard.panes.learner.scores import ScoresView
from astronomical.dashboard.panes.source.annotations import RemarksView
from astronomical.dashboard.panes.tables.history import HistoryPane
from astronomical.labels.journal import journal_path
from astronomical.labels.ledger import Ledger
from astronomical.labels.sorted_sequence import SortedSequence
from astronomical.session import Session
from astronomical.session.labelling.training_set import training_set_of
from astronomical.session.project import digests, project_store, writer
from astronomical.session.project.conflict import ForeignChangeError
from astronomical.session.project.plugins import untrusted_files
from astronomical.session.project.prepare import prepare
from astronomical.session.project.project_store import ProjectStore
from tests.support.loop import Loop
from tests.support.projects import answer, make_project
from tests.support.projects import start_small as start

ACTIONS = ("take over", "undo", "merge", "save", "copy", "export", "add pane", "settings", "help", "leave")


def project(folder: Path, n_events: int) -> Path:
    """Make a project with so many clicked labels, of which some are undone, and remarks."""
    folder.mkdir()
    path, config = make_project(folder, n=300)
    ids = [f"S{i:05d}" for i in range(300)]
    ledger, _ = Ledger.empty().extend(
        {
            "kind": ("note", "label", "undo", "label")[n % 4],
            "id": None if n % 4 == 2 else ids[n % 200],
            "label": None if n % 4 == 2 else "Star",
            "target": n if n % 4 == 2 else None,
            "who": "ana",
            "origin": "curated" if n % 40 == 3 else "clicked",
            "when": "2026-11-25T04:10:22+00:00",
        }
        for n in range(n_events)
    )
    write_config(config.model_copy(update={"events": tuple(ledger.events)}), path)
    return path


class Visits:
    """Counts the items of long sequences that the thread of the loop looks at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n, self._loop = 0, threading.get_ident()
        for name in ("__iter__", "__reversed__", "from_index", "extended"):
            self._count(monkeypatch, name)

    def _count(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        original = getattr(SortedSequence, name)

        def counted(sequence, *arguments):
            found = original(sequence, *arguments)
            return self._each(found) if isinstance(found, Iterator) else found

        monkeypatch.setattr(SortedSequence, name, counted)

    def _each(self, items):
        for item in items:
            self.n += threading.get_ident() == self._loop
            yield item


def visits(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many items the loop looks at for a label, undo, redo, a remark and saving, with the panes open."""
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch) as session, monkeypatch.context() as patch:
        start(session, "Star")
        loop.rest(session)
        views = [
            HeaderView(session, dict.fromkeys(ACTIONS, lambda: None)),
            HistoryPane(session),
            LabelPanelView(session, lambda: None),
            RemarksView(session),
            ScoresView(session),
        ]
        counted = Visits(patch)
        answer(session, "Star")
        session.undo()
        session.redo()
        session.labels.remark("S00001", note="Look again")
        session.files.save_async()
        loop.rest(session)
        for view in views:
            view.close()
        assert session.state.saved
        return counted.n


def test_the_loop_looks_at_no_more_events_when_there_are_more(tmp_path, monkeypatch):
    few, many = (visits(project(tmp_path / str(n), n), monkeypatch) for n in (400, 4000))
    assert many <= few + 200, f"{few} items with 400 events, {many} with 4,000"


def test_a_project_is_parsed_once_when_it_is_opened(tmp_path, monkeypatch):
    path, parsed = project(tmp_path / "p", 100), []
    parse = io.parse_plain
    monkeypatch.setattr(io, "parse_plain", lambda *given: parsed.append(given) or parse(*given))
    ready = prepare(path)
    untrusted_files(ready.path)
    with Session.open(ready.path) as session:
        assert len(session.ledger) == 100
    assert len(parsed) == 1


def test_what_was_changed_since_is_parsed_again(tmp_path):
    path = project(tmp_path / "p", 10)
    before = read_config(path)
    path.write_text(path.read_text(encoding="utf-8").replace("who: ana", "who: eva", 1), encoding="utf-8")
    assert read_config(path).events[0].who == "eva"
    assert before.events[0].who == "ana"


def test_a_project_too_large_to_be_read_is_not_written_and_loses_nothing(tmp_path, monkeypatch):
    path, _ = make_project(tmp_path)
    with Session.open(path) as session:
        session.save()
        before = path.read_bytes()
        session.focus("S00001")
        session.assign("Star")
        monkeypatch.setattr(io, "MAX_BYTES", len(before))
        with pytest.raises(ConfigError, match=r"its journal"):
            session.save()
        assert path.read_bytes() == before
        monkeypatch.undo()
    with Session.open(path) as again:
        assert again.labels.label_of("S00001") == "Star"


def test_a_label_given_while_the_project_is_saved_stays_in_the_journal(tmp_path, monkeypatch):
    path, loop = make_project(tmp_path)[0], Loop()
    session = Session.open(path, dispatch=loop.dispatch)
    session.focus("S00001")
    session.assign("Star")
    saved = []
    session.files.save_async(lambda: saved.append(True))
    session.focus("S00002")
    session.assign("QSO")
    loop.rest(session)
    assert saved == [True]
    assert not session.state.saved
    assert len(read_config(path).events) == 1
    session.stop()  # and the program dies here: nothing is folded
    with Session.open(path, read_only=True) as again:
        assert (again.labels.label_of("S00001"), again.labels.label_of("S00002")) == ("Star", "QSO")
    session.close()
    assert len(read_config(path).events) == 2


def test_the_loop_writes_no_project_for_training_checkpoints_and_test_results(tmp_path, monkeypatch):
    path, loop = make_project(tmp_path)[0], Loop()
    here, writers = threading.get_ident(), []
    write = ProjectStore.write
    monkeypatch.setattr(ProjectStore, "write", lambda *given: writers.append(threading.get_ident()) or write(*given))
    session = Session.open(path, dispatch=loop.dispatch)
    said = []
    start(session, "Star")
    loop.rest(session)
    session.models.checkpoint(
        "Star", name="mine", then=lambda made: said.append((made.name, "mine" in path.read_text()))
    )
    loop.rest(session)
    session.evaluation.open_test_results("Star")
    loop.rest(session)
    assert said == [("mine", True)]
    assert "Star" in session.state.test_results
    assert writers
    assert here not in writers
    session.close()


def test_versions_are_merged_in_a_thread(tmp_path, monkeypatch):
    path, loop = make_project(tmp_path)[0], Loop()
    session = Session.open(path, dispatch=loop.dispatch)
    session.focus("S00001")
    session.assign("Star")
    path.write_text(path.read_text(encoding="utf-8") + "# another program\n", encoding="utf-8")
    session.focus("S00002")
    with pytest.raises(ForeignChangeError):
        session.assign("Star")
    here, takers = threading.get_ident(), []
    take = ProjectStore.take_again
    monkeypatch.setattr(ProjectStore, "take_again", lambda store: takers.append(threading.get_ident()) or take(store))
    said, failed = [], []
    session.merging.merge_async(said.append, failed.append)
    loop.rest(session)
    assert (len(said), failed, session.state.conflict) == (1, [], None)
    assert takers
    assert here not in takers
    session.focus("S00002")
    session.assign("Star")
    session.close()
    assert {event.id for event in read_config(path).events} == {"S00001", "S00002"}


def test_the_loop_looks_at_no_more_events_for_changed_settings_when_there_are_more(tmp_path, monkeypatch):
    few, many = (settings_visits(project(tmp_path / str(n), n), monkeypatch) for n in (400, 4000))
    assert many <= few + 200, f"{few} items with 400 events, {many} with 4,000"


def settings_visits(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many items the loop looks at to plan and apply other settings, and to draw the panes again."""
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch) as session, monkeypatch.context() as patch:
        start(session, "Star")
        loop.rest(session)
        counted = Visits(patch)
        split = session.state.config.split.model_copy(update={"train": 0.5, "validation": 0.3, "test": 0.2})
        changed = session.state.config.model_copy(update={"split": split})
        assert "retrained" in " ".join(session.settings.plan(changed).effects)
        before = session.dataset
        session.settings.change(changed)
        loop.rest(session)
        assert session.dataset is not before
        views = [HistoryPane(session), LabelPanelView(session, lambda: None), RemarksView(session), ScoresView(session)]
        for view in views:
            view.close()
        loop.rest(session)
        return counted.n


def test_settings_are_written_in_a_thread(tmp_path, monkeypatch):
    path, loop = make_project(tmp_path)[0], Loop()
    here, writers = threading.get_ident(), []
    write = ProjectStore.write
    monkeypatch.setattr(ProjectStore, "write", lambda *given: writers.append(threading.get_ident()) or write(*given))
    session = Session.open(path, dispatch=loop.dispatch)
    title = session.state.config.project.model_copy(update={"title": "Another title"})
    session.settings.change(session.state.config.model_copy(update={"project": title}))
    loop.rest(session)
    assert read_config(path).project.title == "Another title"
    assert writers
    assert here not in writers
    session.close()


def test_labels_given_while_settings_are_applied_are_in_the_training_set(tmp_path):
    path, loop = make_project(tmp_path)[0], Loop()
    with Session.open(path, dispatch=loop.dispatch) as session:
        start(session, "Star")
        loop.rest(session)
        split = session.state.config.split.model_copy(update={"train": 0.5, "validation": 0.3, "test": 0.2})
        session.settings.change(session.state.config.model_copy(update={"split": split}))
        answer(session, "Star")
        loop.rest(session)
        shown = session.training.training_set("Star")
        again = training_set_of(session.state.config, session.dataset, session.ledger.detached(), "Star")
        assert shown == again


def test_this_version_is_kept_in_a_thread_after_a_foreign_change(tmp_path, monkeypatch):
    path, loop = make_project(tmp_path)[0], Loop()
    session = Session.open(path, dispatch=loop.dispatch)
    session.focus("S00001")
    session.assign("Star")
    path.write_text(path.read_text(encoding="utf-8") + "# another program\n", encoding="utf-8")
    here, keepers = threading.get_ident(), []
    keep = writer.keep_ours
    monkeypatch.setattr(writer, "keep_ours", lambda *given: keepers.append(threading.get_ident()) or keep(*given))
    session.focus("S00002")
    with pytest.raises(ForeignChangeError, match="is being saved"):
        session.assign("Star")
    loop.rest(session)
    assert keepers
    assert here not in keepers
    kept = session.state.conflict.kept
    assert kept.name in session.state.conflict.text
    assert {event.id for event in read_config(kept).events} == {"S00001"}
    session.close()


def test_a_session_that_is_closed_at_once_after_a_foreign_change_keeps_this_version(tmp_path):
    path, loop = make_project(tmp_path)[0], Loop()
    session = Session.open(path, dispatch=loop.dispatch)
    session.focus("S00001")
    session.assign("Star")
    journal_path(path).unlink()
    session.focus("S00002")
    with pytest.raises(ForeignChangeError):
        session.assign("Star")
    session.close()  # before the loop has heard of any job
    (kept, *_) = path.parent.glob("project.conflict-*")
    assert {event.id for event in read_config(kept).events} == {"S00001"}


def test_a_large_file_of_the_same_size_is_read_in_a_thread_and_found_before_anything_is_written(tmp_path, monkeypatch):
    path, loop = make_project(tmp_path)[0], Loop()
    monkeypatch.setattr(project_store, "_READ_AT_ONCE", 0)
    session = Session.open(path, dispatch=loop.dispatch)
    session.focus("S00001")
    session.assign("Star")
    here, readers, may_read = threading.get_ident(), [], threading.Event()
    digest = digests.file_digest

    def noted(path: Path) -> str:
        readers.append(threading.get_ident())
        if readers[-1] != here:
            may_read.wait(60)
        return digest(path)

    monkeypatch.setattr(digests, "file_digest", noted)
    monkeypatch.setattr(project_store, "file_digest", noted)
    theirs = path.read_bytes().replace(b"seed: 0", b"seed: 1")
    path.write_bytes(theirs)
    session.focus("S00002")
    session.assign("Star")  # in the journal and in this version, while the file is read
    assert readers
    assert here not in readers
    with pytest.raises(ForeignChangeError):
        session.save()
    may_read.set()
    loop.rest(session)
    assert path.read_bytes() == theirs
    assert {event.id for event in read_config(session.state.conflict.kept).events} == {"S00001", "S00002"}
    session.close()


def test_what_is_read_of_a_project_is_not_searched_by_the_garbage_collector(tmp_path):
    path = project(tmp_path / "p", 500)
    gc.collect()
    config = read_config(path)
    events = {id(event) for event in config.events}
    assert events <= {id(item) for item in gc.get_objects(generation=2)}
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
