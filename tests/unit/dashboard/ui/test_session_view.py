"""In which order the parts of a page are brought up to date."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

import numpy as np
import pytest
from bokeh.document import Document

from astronomical.dashboard.ui.session_view import SessionView, run_due
from astronomical.session import Session
from tests.support.projects import make_project


class Page(Document):
    """A document that is connected to a browser, and keeps what is to be called."""

    session_context = object()

    def __init__(self):
        super().__init__()
        self.call_soon, self.run_in_thread = [], []

    def add_next_tick_callback(self, callback):
        self.call_soon.append(callback)

    def add_timeout_callback(self, callback, milliseconds):
        assert 16 < milliseconds < 100  # a frame or more, and no wait that is noticed
        self.run_in_thread.append(callback)


@pytest.fixture
def session(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    with Session.open(path) as opened:
        yield opened


def test_what_shows_the_source_is_sent_first_and_together_and_the_plots_after_a_frame(session):
    page, calls = Page(), []
    views = [SessionView(session) for _ in range(3)]
    for one in views:
        one._document = page
    plot, card, keys = (
        (lambda name=name: calls.append((name, session.state.focus))) for name in ("plot", "card", "keys")
    )
    views[0].follow(plot, "focus", "ledger")
    views[1].follow(card, "focus", first=True)
    views[2].follow(keys, "focus", first=True)
    one, other = session.dataset.catalogue.ids_at([3, 4])
    session.labels.remark(one, flag=True)
    session.focus(one)
    assert calls == []
    assert len(page.call_soon) == 1
    page.call_soon.pop()()
    assert calls == [("card", one), ("keys", one)]
    session.focus(other)  # before the plots were sent: they show what holds by then, once
    assert len(page.call_soon) == 1, "the source waits for the plots"
    while page.call_soon or page.run_in_thread:
        (page.call_soon or page.run_in_thread).pop()()
    assert calls[2:] == [("card", other), ("keys", other), ("plot", other)]
    calls.clear()
    session.labels.remark(other, flag=True)
    session.focus(one)
    views[0].close()
    run_due(page)
    run_due(page)
    assert calls == [("card", one), ("keys", one)]


def test_another_source_alone_is_shown_everywhere_in_one_message(session):
    page, view, calls = Page(), SessionView(session), []
    view._document = page
    view.follow(lambda: calls.append("plot"), "focus", "ledger")
    view.follow(lambda: calls.append("card"), "focus", first=True)
    for id in session.dataset.catalogue.ids_at([3, 4]):
        calls.clear()
        session.focus(id)
        page.call_soon.pop()()
        assert sorted(calls) == ["card", "plot"]
        assert not page.run_in_thread


def test_nothing_is_lost_that_is_asked_for_while_the_page_is_brought_up_to_date(session, monkeypatch):
    page, view, calls, threads = Page(), SessionView(session), [], []
    view._document = page

    class Busy(WeakKeyDictionary):
        """What is due, at the very moment at which another thread takes it."""

        def setdefault(self, key, default=None):
            found = super().setdefault(key, default)
            threads.append(threading.Thread(target=run_due, args=(page,)))
            threads[-1].start()
            threads[-1].join(0.2)
            return found

    monkeypatch.setattr("astronomical.dashboard.ui.session_view._due", Busy())
    view.call_soon(lambda: calls.append("shown"))
    threads[0].join()
    for call in page.call_soon:
        call()
    assert calls == ["shown"]


def test_a_command_of_the_page_that_fails_in_numpy_is_shown_as_a_bug(session, caplog):
    view = SessionView(session)
    assert view.run_command(lambda: np.zeros(3) + np.zeros(2)) is None
    notice = session.state.notices[-1]
    assert (notice.level, notice.text[:43]) == ("error", "Something went wrong inside astronomical: i")
    assert "broadcast" not in notice.text
    assert "Traceback" in caplog.text


def test_a_command_of_the_page_that_the_user_can_mend_is_shown_as_it_is(session):
    SessionView(session).run_command(lambda: session.select(["no such source"]))
    assert "no such source" in session.state.notices[-1].text


def test_a_view_out_of_sight_catches_up_once_when_it_is_seen_again(session):
    calls = []
    view = SessionView(session)
    view.follow(lambda: calls.append(session.state.focus), "focus")
    one, other = session.dataset.catalogue.ids_at([3, 4])
    view.sleep()
    session.focus(one)
    session.focus(other)
    assert calls == []
    view.wake()
    assert calls == [other]
    view.wake()
    assert calls == [other], "nothing was missed since"
    session.focus(one)
    assert calls == [other, one]
    view.sleep()
    session.focus(other)
    view.close()
    view.wake()
    assert calls == [other, one], "a closed view follows nothing"
