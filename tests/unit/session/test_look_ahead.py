"""Looking ahead saves waiting, and changes nothing else."""

from __future__ import annotations

import threading

import pytest

from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.errors import InvalidInputError
from astronomical.learning import rounds
from astronomical.session.training import lookahead
from astronomical.session.training import manager as teacher
from astronomical.session.training.lookahead import possible_ledgers
from astronomical.session.training.round_cache import RoundCache, size_of
from tests.support.projects import answer

KNN = [ExtensionConfig(name="knn")]


@pytest.fixture
def n_fits(monkeypatch):
    """Return the keys of the rounds that are computed, those while somebody waits and those ahead."""
    made = {"waited": [], "ahead": []}
    for name, module in (("waited", teacher), ("ahead", lookahead)):

        def fit(request, *told, name=name):
            made[name].append(request.key)
            return rounds.fit_round(request, *told)

        monkeypatch.setattr(module, "fit_round", fit)
    return made


@pytest.mark.parametrize("label", ["Star", "Galaxy", "QSO", None])
def test_the_next_source_is_there_at_once_whatever_the_answer(open_session, loop, n_fits, label):
    session = open_session()
    query = session.query()
    session.assign(label, id=query)
    assert not session.state.pending
    assert session.query() == session.state.focus != query
    assert n_fits["waited"] == n_fits["waited"][:1]  # that of the first round


def test_answers_that_mean_the_same_are_one_round(open_session, loop, n_fits):
    open_session()
    assert len(n_fits["ahead"]) == len(set(n_fits["ahead"])) == 2


@pytest.mark.parametrize("label", ["Star", "Galaxy"])
def test_the_next_source_is_shown_at_once_after_a_second_probable_label(open_session, loop, n_fits, label):
    session = open_session()
    session.assign("QSO", id=session.query(), probable=True)
    loop.rest(session)
    n_fits["waited"].clear()
    session.assign(label, id=session.query(), probable=True)
    assert not session.state.pending
    assert n_fits["waited"] == []


@pytest.mark.parametrize("last", ["Star", "QSO"])
def test_the_round_after_a_batch_is_prepared_while_its_last_source_is_shown(open_session, loop, n_fits, last):
    session = open_session()
    session.training.start("Star", queue=3)
    for _ in range(2):
        session.assign("Galaxy", id=session.query())
        assert not session.state.pending
    assert len(session.state.queues["Star"]) == 1
    loop.rest(session)
    n_fits["waited"].clear()
    before = session.round("Star").k
    session.assign(last, id=session.query())
    assert not session.state.pending
    assert n_fits["waited"] == []
    assert session.round("Star").k == before + 3
    assert len(session.state.queues["Star"]) == 3
    assert session.state.focus == session.query()


def test_undo_and_another_answer_need_no_waiting_either(open_session, loop, n_fits):
    session = open_session()
    answer(session)
    loop.rest(session)
    first = session.state.rounds["Star"]
    session.undo()
    session.redo()
    assert session.state.rounds["Star"] is first
    session.undo()
    session.assign("QSO", id=session.query())
    assert not session.state.pending
    assert len(n_fits["waited"]) == 1


def test_an_answer_given_while_its_round_is_computed_takes_that_round(open_session, loop, monkeypatch):
    session = open_session()
    go, started = threading.Event(), threading.Event()
    keys = []

    def slow(request, *told):
        keys.append(request.key)
        started.set()
        assert go.wait(60)
        return rounds.fit_round(request, *told)

    monkeypatch.setattr(lookahead, "fit_round", slow)
    answer(session)  # both rounds of this answer are there; those of the next are computed slowly
    while not started.is_set():
        loop.turn()
    first = next(possible_ledgers(session.state)).events[-1].label
    session.assign(first, id=session.query())
    assert session.state.pending == ("Star",)
    go.set()
    loop.settle(session)
    assert session.round("Star").key == keys[0]
    assert keys.count(keys[0]) == 1


def test_two_sessions_with_and_without_are_the_same(open_session, loop):
    seen = []
    for look_ahead in (True, False):
        session = open_session(f"ahead-{look_ahead}", look_ahead=look_ahead)
        session.training.start("Galaxy", models=KNN, start=StartConfig(mode="label", n=4))
        loop.rest(session)
        asked = []
        for turn in range(12):
            asked.append(answer(session, ("Star", "Galaxy")[turn % 2]))
            if turn % 3 == 0:  # sometimes the person waits for everything, sometimes for the question only
                loop.rest(session)
            loop.settle(session)
            if turn in (5, 9):
                session.undo()
                loop.settle(session)
        loop.rest(session)
        session.save()
        events = [event.model_copy(update={"when": "", "check": "0" * 12}) for event in session.ledger.events]
        seen.append((asked, events, session.config.results, session.state.queries))
    assert seen[0] == seen[1]


def test_learning_ahead_follows_answers_shared_between_learners(open_session, loop, n_fits):
    session = open_session()
    for _ in range(6):
        answer(session)
        loop.rest(session)
    session.training.start("Galaxy", models=KNN)
    loop.rest(session)
    n_fits["waited"].clear()
    answer(session, "Galaxy")
    assert not session.state.pending
    assert n_fits["waited"] == []


def test_the_likely_next_sources_hold_the_next_one(open_session, loop):
    session = open_session()
    for label in ("Star", "QSO", None):
        likely = session.state.likely
        session.assign(label, id=session.query())
        assert session.query() in likely
        loop.rest(session)


def test_a_failure_ahead_is_told_when_the_answer_is_given(open_session, loop, monkeypatch):
    session = open_session()

    def broken(*_):
        raise InvalidInputError("no luck")

    for module in (lookahead, teacher):
        monkeypatch.setattr(module, "fit_round", broken)
    answer(session)
    loop.rest(session)
    assert not any("no luck" in notice.text for notice in session.state.notices)
    answer(session)
    loop.rest(session)
    assert any("no luck" in notice.text for notice in session.state.notices)
    assert session.state.halted == ("Star",)
    monkeypatch.undo()
    session.training.resume("Star")
    loop.rest(session)
    assert session.query() is not None
    assert session.state.halted == ()


def test_training_is_called_off_and_taken_up_again(open_session, loop, monkeypatch):
    session = open_session(look_ahead=False)
    seen = threading.Event()

    def endless(request, cancelled, progress):
        seen.set()
        while not cancelled():
            pass
        raise rounds.Cancelled

    monkeypatch.setattr(teacher, "fit_round", endless)
    last = session.round("Star")
    answer(session)
    assert seen.wait(60)
    session.training.cancel("Star")
    assert (session.state.pending, session.state.halted) == ((), ("Star",))
    assert session.round("Star") is last
    monkeypatch.undo()
    session.training.resume("Star")
    loop.settle(session)
    assert session.round("Star").k == last.k + 1


def test_rounds_beyond_the_limit_are_let_go_but_not_the_newest(open_session, loop):
    session = open_session()
    newest = session.round("Star")
    kept = RoundCache(size_of(newest) * 3)
    kept.pin("newest", [newest.name])
    kept.add(newest)
    for name in "abcd":
        kept.add(rounds.Round(**{**vars(newest), "key": name, "basis": name}), ahead=name == "c")
    assert kept.find(newest.name) is newest
    assert [name for name in "abcd" if kept.peek(name)] == ["b", "d"]  # c was ahead, and was not requested
    assert kept.size <= kept.limit
    assert kept.has_room_for(size_of(newest) * 2)
    assert not kept.has_room_for(size_of(newest) * 2 + 1)


def test_with_little_memory_one_waits_and_sees_the_same(open_session, loop):
    session, plenty = open_session("little", memory=1), open_session("plenty")
    for _ in range(3):
        for each in (session, plenty):
            answer(each)
            loop.settle(each)
        assert session.query() == plenty.query()
        loop.rest(session)
    assert len(open_session.cores[0].rounds) == 1
