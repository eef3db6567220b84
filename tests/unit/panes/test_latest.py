"""Work in a thread: only what was ordered last is shown, and the page never waits long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from astronomical.dashboard.latest import Latest


class ServedView:
    """A view in a page whose turn comes when the test says so."""

    is_served = True

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []
        self.told = threading.Event()

    def soon(self, handler: Callable[[], None]) -> None:
        self.due.append(handler)
        self.told.set()

    def turn(self) -> None:
        assert self.told.wait(5)
        while self.due:
            self.due.pop(0)()


def order(latest: Latest, work: Callable[[], Any], seen: list[Any]) -> None:
    latest.order(work, lambda made: seen.append(made), lambda error: seen.append(type(error)),
                 lambda: seen.append("waiting"), patience=0.04)


def test_quick_work_is_shown_at_once() -> None:
    seen: list[Any] = []
    latest = Latest(ServedView())
    order(latest, lambda: 1, seen)
    assert seen == [1]
    assert not latest.pending


def test_slow_work_does_not_hold_the_page_up() -> None:
    seen: list[Any] = []
    view, go = ServedView(), threading.Event()
    latest = Latest(view)
    began = time.perf_counter()
    order(latest, lambda: go.wait(5) and 1, seen)
    assert time.perf_counter() - began < 1
    assert seen == ["waiting"]
    go.set()
    view.turn()
    assert seen == ["waiting", 1]


def test_only_what_was_ordered_last_is_shown() -> None:
    seen: list[Any] = []
    view, go = ServedView(), threading.Event()
    latest = Latest(view)
    order(latest, lambda: go.wait(5) and "old", seen)
    order(latest, lambda: "new", seen)
    go.set()
    view.turn()  # the old work is done
    assert seen == ["waiting", "new"]


def test_a_failure_is_handed_over() -> None:
    seen: list[Any] = []
    order(Latest(ServedView()), lambda: 1 / 0, seen)
    assert seen == [ZeroDivisionError]


def test_what_is_dropped_is_not_shown() -> None:
    seen: list[Any] = []
    view, go = ServedView(), threading.Event()
    latest = Latest(view)
    order(latest, lambda: go.wait(5) and 1, seen)
    latest.drop()
    go.set()
    view.turn()
    assert seen == ["waiting"]
