"""The models of all rounds on disk: of plain sessions, of hasty people, and of projects that are closed."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from astronomical.config.schema import ExtensionConfig, ModelsConfig
from astronomical.dashboard.server.tabs import ProjectRegistry
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.predictions import votes_of
from astronomical.session.export.model_bundle import load_model, make_bundle
from astronomical.session.export.model_store import ModelStore
from astronomical.session.project.project_store import models_folder
from tests.support.loop import Loop
from tests.support.plugin_files import OWN_TYPE, write_plugin
from tests.support.projects import answer, label_until, make_project, open_with_core

KNN = [ExtensionConfig(name="knn")]


def kept(path) -> list[int]:
    """Return the numbers of labels of the models in the folder of a project."""
    folder = models_folder(path)
    return sorted(int(file.name.split("-")[1]) for file in folder.iterdir()) if folder.exists() else []


def test_a_plain_session_writes_the_model_of_every_round_when_it_is_saved(tmp_path):
    path, _ = make_project(tmp_path, n=150, keep_models=True)
    with Session.open(path) as session:
        session.training.start("Star", models=KNN)
        label_until(session, "Star", 8)
        assert kept(path) == [5]  # those of the labels wait: no assignment waits for a file
        session.save()
        assert kept(path) == [5, 6, 7, 8]
        newest = session.round("Star").key
        assert [load_model(file).votes[0].key for file in models_folder(path).glob("Star-0008-*")] == [newest]
        label_until(session, "Star", 10)
    assert kept(path) == [5, 6, 7, 8, 9, 10]


def test_rounds_computed_anew_after_undo_are_kept_too(tmp_path):
    path, _ = make_project(tmp_path, n=150, keep_models=True)
    with Session.open(path) as session:
        session.training.start("Star", models=KNN)
        label_until(session, "Star", 8)
        session.save()
        first = session.ledger.events[5].id
        other = next(name for name in session.dataset.class_names if name != session.ledger.human(first))
        session.labels.relabel(first, other)
        session.save()
        keys = {record.key for record in session.config.results[0].rounds}
    files = {file.stem.rpartition("-")[2] for file in models_folder(path).iterdir()}
    assert len(keys) == 4
    assert keys <= files


def test_a_plain_session_keeps_no_models_where_the_project_says_so(tmp_path):
    path, _ = make_project(tmp_path, n=150, keep_models=True)
    with Session.open(path) as session:
        session.settings.change(session.state.config.model_copy(update={"models": ModelsConfig(keep=False)}))
        session.training.start("Star", models=KNN)
        label_until(session, "Star", 7)
    assert not models_folder(path).exists()


@pytest.fixture
def hasty(tmp_path):
    """A session in which nothing ever rests, its models, its loop, and what makes bundles of made-up rounds."""
    path, _ = make_project(tmp_path, n=150, keep_models=True)
    loop = Loop()
    session, core = open_with_core(path, dispatch=loop.dispatch, look_ahead=False)
    with session:
        session.training.start("Star", models=KNN)
        loop.rest(session)
        bundle = make_bundle(session.state.config, session.dataset, votes_of(session.state, session.registry, "Star"))
        yield (
            session,
            core.models,
            loop,
            lambda k: replace(bundle, votes=(replace(bundle.votes[0], k=k, key=f"{k:016x}"),)),
        )


def test_more_models_than_may_wait_are_written_while_other_work_goes_on(hasty):
    session, models, loop, bundle = hasty
    for k in range(100, 160):
        models.add(bundle(k))
    loop.rest(session)  # nobody said that there is time for it
    assert kept(session.path) == [5, *range(100, 160)]


def test_models_that_are_left_out_are_told_of(hasty, monkeypatch, caplog):
    session, models, loop, bundle = hasty
    monkeypatch.setattr("astronomical.session.export.model_store._MOST_BYTES", 1)
    for k in range(100, 104):
        models.add(bundle(k))
    models.write_next()
    loop.rest(session)
    assert kept(session.path) == [5, 103]
    said = [record.getMessage().split()[0] for record in caplog.records if "too many models" in record.getMessage()]
    assert [name.split("-")[1] for name in said] == ["0100", "0101", "0102"]
    told = [notice.text for notice in session.state.notices if "some models are not saved" in notice.text]
    assert len(told) == 1


def test_no_page_waits_while_a_project_is_closed_and_it_can_be_opened_again(tmp_path, monkeypatch):
    path, _ = make_project(tmp_path, n=150, keep_models=True)
    monkeypatch.setenv("ASTRONOMICAL_OFFLINE", "1")
    monkeypatch.setattr("astronomical.dashboard.server.tabs.LINGER_S", -1.0)
    finish, began, turned, free = ModelStore.finish, threading.Event(), threading.Event(), []

    def slow(self: ModelStore, seconds: float = 0.0) -> None:
        """Go on only after the event loop has turned: it would never turn if this were its thread."""
        began.set()
        free.append(turned.wait(60))
        finish(self, seconds)

    monkeypatch.setattr(ModelStore, "finish", slow)

    async def day() -> None:
        registry = ProjectRegistry()

        async def tick() -> None:
            while True:
                await asyncio.sleep(0.005)
                if began.is_set():
                    turned.set()

        first = (await registry.open(path, lambda step, fraction: None)).session
        first.training.start("Star", models=KNN)
        while first.state.pending:
            await asyncio.sleep(0.01)
        answer(first)
        while first.state.pending:
            await asyncio.sleep(0.01)
        ticker = asyncio.create_task(tick())
        await asyncio.sleep(0.02)
        registry.sweep()
        again = (await registry.open(path, lambda step, fraction: None)).session
        assert again is not first
        assert len(again.training.targets("Star")) == 6
        ticker.cancel()
        monkeypatch.setattr(ModelStore, "finish", finish)
        registry.close_all()

    asyncio.run(day())
    assert free
    assert all(free)
    assert set(kept(path)) >= {6}


CLOSED = OWN_TYPE.replace(
    '"""A type that is the plugin\'s own."""',
    '''"""A type that no .skops file can hold."""

    def __reduce__(self):
        raise RuntimeError("cannot be taken apart")''',
)


def test_a_plain_session_goes_on_where_a_model_cannot_be_taken_apart(tmp_path):
    path, _ = make_project(tmp_path, n=150, keep_models=True)
    with Session.open(path, plugins=[write_plugin(tmp_path, CLOSED)]) as session:
        session.training.start("Star", models=[ExtensionConfig(name="cautious")])
        session.save()
        told = [notice.text for notice in session.state.notices if "cannot be saved" in notice.text]
        assert len(told) == 1
        with pytest.raises(SessionError, match=r"cannot be taken apart.*\.joblib"):
            session.exports.export("model", tmp_path / "model.skops")
