"""Background work of a view: only the latest request is shown, and the page does not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from astronomical.tasks import Latest, Workers

GUARD_S = 30.0


class Page:
    """Runs what is delivered to it when the test says so."""

    def __init__(self) -> None:
        self._due: list[Callable[[], None]] = []
        self._told = threading.Event()

    def deliver(self, handler: Callable[[], None]) -> None:
        self._due.append(handler)
        self._told.set()

    def turn(self) -> None:
        assert self._told.wait(GUARD_S)
        while self._due:
            self._due.pop(0)()


def request(latest: Latest, work: Callable[[], Any], seen: list[Any], patience: float = 0.0) -> None:
    latest.run(
        work,
        seen.append,
        lambda error: seen.append(type(error)),
        waiting=lambda: seen.append("waiting"),
        patience=patience,
    )


def test_quick_work_is_shown_at_once() -> None:
    seen: list[Any] = []
    latest = Latest(Workers("test"), Page().deliver)
    request(latest, lambda: 1, seen, patience=GUARD_S)
    assert seen == [1]
    assert not latest.pending


def test_slow_work_does_not_hold_up_the_page() -> None:
    seen: list[Any] = []
    page, go = Page(), threading.Event()
    latest = Latest(Workers("test"), page.deliver)
    request(latest, lambda: go.wait(GUARD_S) and 1, seen)
    assert seen == ["waiting"]
    assert latest.pending
    go.set()
    page.turn()
    assert seen == ["waiting", 1]


def test_only_the_latest_request_is_shown() -> None:
    seen: list[Any] = []
    page, go = Page(), threading.Event()
    latest = Latest(Workers("test", 2), page.deliver)
    request(latest, lambda: go.wait(GUARD_S) and "old", seen)
    request(latest, lambda: go.wait(GUARD_S) and "new", seen)
    go.set()
    page.turn()
    assert seen == ["waiting", "waiting", "new"]


def test_a_failure_is_delivered() -> None:
    seen: list[Any] = []
    request(Latest(Workers("test"), Page().deliver), lambda: 1 / 0, seen, patience=GUARD_S)
    assert seen == [ZeroDivisionError]


def test_a_dropped_request_is_not_shown() -> None:
    seen: list[Any] = []
    go = threading.Event()
    workers = Workers("test")
    latest = Latest(workers, lambda handler: handler())
    request(latest, lambda: go.wait(GUARD_S), seen)
    latest.drop()
    go.set()
    workers.run(lambda: None)
    assert seen == ["waiting"]


def test_without_a_page_the_result_is_waited_for() -> None:
    seen: list[Any] = []
    request(Latest(Workers("test"), Page().deliver, lambda: False), lambda: 1, seen)
    assert seen == [1]
