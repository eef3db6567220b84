"""How far the round under way is: told by the worker, written by the event loop only, and shown by the pane."""

from __future__ import annotations

import itertools
import threading
import time
from types import SimpleNamespace

import param
import pytest

from astronomical.dashboard.panes.learner.training_status import RoundBar
from astronomical.learning import rounds
from astronomical.session.training import lookahead
from astronomical.session.training import manager as teacher
from astronomical.session.training.lookahead import possible_ledgers
from tests.support.projects import answer


@pytest.fixture
def slow(monkeypatch):
    """Return what makes rounds stop at a quarter from now on, until they are told to go on."""
    go, begun = threading.Event(), threading.Event()

    def fit(request, cancelled, progress):
        begun.set()
        while not go.wait(0.02):
            progress(0.25)
            rounds.stop_if(cancelled)
        return rounds.fit_round(request, cancelled, progress)

    def from_now_on():
        for module in (teacher, lookahead):
            monkeypatch.setattr(module, "fit_round", fit)
        return go, begun

    yield from_now_on
    go.set()


def turn_until(loop, condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        loop.turn()


def test_the_pane_shows_how_far_a_round_is(open_session, loop, slow):
    session = open_session(look_ahead=False)
    bar, (go, _) = RoundBar(session), slow()
    answer(session)
    assert "class=unknown" in bar._text.object
    turn_until(loop, lambda: session.training.progress("Star") == 0.25)
    assert "width:25%" in bar._text.object
    assert bar._cancel.visible
    go.set()
    loop.settle(session)
    assert session.training.progress("Star") is None
    assert "class=busy" not in bar._text.object
    bar.close()


def test_a_round_begun_ahead_tells_from_when_it_is_waited_for(open_session, loop, slow):
    session = open_session()
    bar, (go, begun) = RoundBar(session), slow()
    answer(session)  # the rounds after this answer are there; those after the next are slow
    turn_until(loop, begun.is_set)
    for _ in range(3):
        loop.turn()
        assert all(job.fraction is None for job in session.state.jobs)  # no page waits, so none is updated
    session.assign(next(possible_ledgers(session.state)).events[-1].label, id=session.query())
    turn_until(loop, lambda: session.training.progress("Star") == 0.25)
    assert "width:25%" in bar._text.object
    go.set()
    loop.settle(session)
    bar.close()


def test_a_cancelled_round_stops_and_the_last_one_is_kept(open_session, loop, slow):
    session = open_session(look_ahead=False)
    last = session.round("Star")
    slow()
    answer(session)
    turn_until(loop, lambda: session.training.progress("Star") == 0.25)
    session.training.cancel("Star")
    assert session.training.progress("Star") is None
    turn_until(loop, lambda: not session.state.jobs)
    assert session.round("Star") is last


def test_it_is_told_seldom_and_on_the_event_loop_only(open_session, loop, monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr("astronomical.tasks.jobs.time", SimpleNamespace(monotonic=lambda: next(clock) / 1000))

    def chatty(request, cancelled, progress):
        for n in range(500):  # half a second by the clock above
            progress(n / 500)
        return rounds.fit_round(request, cancelled, lambda fraction: None)  # it would begin at 0 again

    session = open_session(look_ahead=False)
    monkeypatch.setattr(teacher, "fit_round", chatty)
    threads, fractions = set(), []

    def note(event: param.parameterized.Event) -> None:
        threads.add(threading.current_thread())
        fractions.extend(job.fraction for job in event.new if job.fraction is not None)

    session.state.param.watch(note, "jobs")
    answer(session)
    loop.settle(session)
    assert threads == {threading.current_thread()}
    assert 2 <= len(fractions) <= 9
    assert fractions == sorted(fractions)
