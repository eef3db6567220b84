"""What goes wrong in the middle of the work leaves a message, all labels, and a project that goes on."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from tests.support.loop import Loop
from tests.support.plugin_files import write_plugin
from tests.support.projects import answer, label_until, make_project, write_catalogue
from tests.support.projects import start_small as start

STRATEGIES = """
import sys
import threading

import numpy as np

import astronomical

released = threading.Event()


@astronomical.query_strategy("short")
def short(sides, order):
    return np.zeros(3)


@astronomical.query_strategy("nan")
def nan(sides, order):
    return np.full(len(sides), np.nan)


@astronomical.query_strategy("text")
def text(sides, order):
    return "the third one"


@astronomical.query_strategy("nothing")
def nothing(sides, order):
    return None


@astronomical.query_strategy("breaks")
def breaks(sides, order):
    raise KeyError("left out")


@astronomical.query_strategy("leaves")
def leaves(sides, order):
    sys.exit(3)


@astronomical.query_strategy("eats")
def eats(sides, order):
    raise MemoryError


@astronomical.query_strategy("loops")
def loops(sides, order):
    while not released.wait(0.05):
        pass
    return np.zeros(3)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_project(tmp_path, n=120)[0]


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    return write_plugin(tmp_path, STRATEGIES, "faulty.py")


def said(session: Session) -> str:
    return "\n".join(notice.text for notice in session.state.notices)


def use(session: Session, strategy: str) -> None:
    session.training.start("Star", strategy=ExtensionConfig(name=strategy))


@pytest.mark.parametrize("inline", [True, False], ids=["headless", "server"])
@pytest.mark.parametrize("strategy", ["short", "nan", "text", "nothing", "breaks", "leaves", "eats"])
def test_a_strategy_that_returns_rubbish_or_breaks_spoils_nothing(path, plugin, strategy, inline):
    loop = Loop()
    with Session.open(path, plugins=[plugin], dispatch=None if inline else loop.dispatch) as session:
        start(session)
        loop.settle(session)
        trained = session.training.targets("Star")
        use(session, strategy)
        loop.settle(session)
        assert "could not be trained" in said(session)
        assert not session.state.pending
        assert session.training.targets("Star") == trained
        use(session, "uncertainty")
        loop.settle(session)
        assert session.query("Star") is not None
        assert answer(session) is not None


def test_a_strategy_that_never_ends_can_be_called_off(path, plugin, monkeypatch):
    monkeypatch.setattr("astronomical.tasks.jobs._GRACE_S", 0.2)
    loop = Loop()
    with Session.open(path, plugins=[plugin], dispatch=loop.dispatch) as session:
        start(session)
        loop.settle(session)
        use(session, "loops")
        time.sleep(0.3)
        assert session.state.pending
        session.training.cancel("Star")
        use(session, "uncertainty")
        loop.settle(session)
        assert session.query("Star") is not None
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("astronomical"))


def test_no_memory_while_scoring(path, monkeypatch):
    loop = Loop()
    with Session.open(path, dispatch=loop.dispatch, look_ahead=False) as session:
        start(session)
        loop.settle(session)
        with monkeypatch.context() as patch:
            patch.setattr("astronomical.session.training.manager.fit_round", _no_memory)
            answer(session)
            loop.settle(session)
        assert "not enough memory" in said(session)
        labels = len(session.ledger.events)
        session.training.resume("Star")
        loop.settle(session)
        assert session.query("Star") is not None
        assert len(session.ledger.events) == labels


def _no_memory(*arguments: object) -> None:
    raise MemoryError


def test_a_catalogue_that_is_replaced_while_open(path):
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 8)
        before = session.round("Star").queries
        write_catalogue(path.parent / "catalogue.fits", n=90, seed=7)
        answer(session)  # all that learning needs is in memory
        session.dataset.catalogue.describe(session.query("Star"), ("ra", "dec"))
        session.undo()
        assert session.round("Star").queries == before
        session.save()
    with Session.open(path) as again:
        assert "has changed since this project was made" in said(again)


def test_a_catalogue_that_is_gone_while_open(path):
    with Session.open(path) as session:
        start(session)
        (path.parent / "catalogue.fits").unlink()
        label_until(session, "Star", 8)
        session.save()
        assert len(session.training.targets("Star")) == 8
