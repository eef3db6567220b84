"""Background work: limits, work that never ends, cancelling, and delivery."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from astronomical.tasks import CancelledError, GivenUpError, Workers, time_limit

GUARD_S = 30.0


@pytest.fixture
def for_ever() -> Iterator[threading.Event]:
    """An event that work can wait for until the test ends."""
    event = threading.Event()
    yield event
    event.set()


def gather(names: list[str], all_there: threading.Event, n: int) -> Callable[[str], None]:
    lock = threading.Lock()

    def note(name: str) -> None:
        with lock:
            names.append(name)
            if len(names) == n:
                all_there.set()

    return note


def test_at_most_the_limit_runs_at_once() -> None:
    workers, lock, go = Workers("test", 2), threading.Lock(), threading.Event()
    running, most = 0, 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go.wait(GUARD_S)
        with lock:
            running -= 1

    tasks = [workers.submit(work) for _ in range(6)]
    go.set()
    for task in tasks:
        task.result()
    assert most <= 2


def test_tasks_begin_in_the_order_in_which_they_came() -> None:
    workers, seen = Workers("test"), []
    tasks = [workers.submit(lambda n=n: seen.append(n)) for n in range(20)]
    for task in tasks:
        task.result()
    assert seen == list(range(20))


def test_work_that_never_ends_does_not_hold_up_what_waits(for_ever: threading.Event) -> None:
    workers = Workers("test", 1, overtake_s=0.01)
    workers.submit(for_ever.wait)
    assert workers.submit(lambda: "next").wait(GUARD_S)


def test_work_that_never_ends_is_given_up(for_ever: threading.Event) -> None:
    task = Workers("test", 1, give_up_s=0.01).submit(for_ever.wait, "The plot 'steps'")
    with pytest.raises(GivenUpError, match=r"The plot 'steps' did not finish within 0.01 s and was abandoned"):
        task.result()
    assert not task.ended


def test_the_threads_of_work_that_never_ends_are_bounded(for_ever: threading.Event) -> None:
    workers = Workers("test", 1, give_up_s=0.01, spare=3)
    errors = [workers.submit(for_ever.wait).error() for _ in range(20)]
    assert all(isinstance(error, GivenUpError) for error in errors)
    assert workers.n_threads == 3
    assert "3 earlier tasks have not finished" in str(errors[-1])


def test_what_was_overtaken_still_arrives() -> None:
    workers, go = Workers("test", 1, overtake_s=0.01), threading.Event()
    slow = workers.submit(lambda: go.wait(GUARD_S) and "slow")
    assert workers.submit(lambda: "quick").result() == "quick"
    go.set()
    assert slow.result() == "slow"


def test_a_waiting_task_that_is_cancelled_is_never_begun(for_ever: threading.Event) -> None:
    workers, seen = Workers("test"), []
    first = workers.submit(lambda: for_ever.wait(GUARD_S))
    second = workers.submit(lambda: seen.append("second"))
    second.cancel()
    with pytest.raises(CancelledError):
        second.result()
    for_ever.set()
    first.result()
    workers.submit(lambda: None).result()
    assert seen == []


def test_a_cancelled_task_that_goes_on_gives_its_place_away(for_ever: threading.Event) -> None:
    workers, began = Workers("test", grace_s=0.01), threading.Event()

    def work() -> None:
        began.set()
        for_ever.wait()

    stuck = workers.submit(work)
    assert began.wait(GUARD_S)
    stuck.cancel()
    assert workers.submit(lambda: "next").result() == "next"


def test_a_cancelled_task_keeps_its_place_while_it_ends() -> None:
    workers, began, go, seen = Workers("test", grace_s=GUARD_S), threading.Event(), threading.Event(), []

    def work() -> None:
        began.set()
        go.wait(GUARD_S)
        seen.append("first has ended")

    first = workers.submit(work)
    assert began.wait(GUARD_S)
    first.cancel()
    second = workers.submit(lambda: seen.append("second"))
    go.set()
    second.result()
    assert seen == ["first has ended", "second"]


def test_owners_do_not_wait_for_each_other(for_ever: threading.Event) -> None:
    stuck = Workers.of("a plugin")
    for _ in range(10):
        stuck.submit(for_ever.wait)
    assert Workers.of("another").run(lambda: 1) == 1
    assert Workers.of("a plugin") is stuck


def test_the_caller_can_stop_waiting(for_ever: threading.Event) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        Workers("test").run(for_ever.wait, cancelled=stop.is_set)


def test_results_are_mapped_in_order() -> None:
    assert list(Workers("test", 2).map(lambda n: n * n, range(30))) == [n * n for n in range(30)]


def test_a_failure_in_a_map_cancels_the_rest() -> None:
    seen = []

    def work(n: int) -> int:
        seen.append(n)
        return 1 // n

    with pytest.raises(ZeroDivisionError):
        list(Workers("test", 1).map(work, [1, 0, *range(1, 1000)]))
    assert len(seen) < 1002


def test_the_event_loop_goes_on_meanwhile() -> None:
    workers, go = Workers("test"), threading.Event()

    async def both() -> str:
        waiting = asyncio.ensure_future(workers.run_async(lambda: go.wait(GUARD_S) and "done"))
        await asyncio.sleep(0)
        go.set()
        return await waiting

    assert asyncio.run(both()) == "done"


def test_an_error_reaches_the_event_loop() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(Workers("test").run_async(lambda: 1 // 0))


def test_many_threads_submit_at_once() -> None:
    workers = Workers("test", 3, overtake_s=0.001, spare=2)
    done, all_done = [], threading.Event()
    note = gather(done, all_done, 400)
    threads = [
        threading.Thread(target=lambda: [workers.submit(lambda: note("x")) for _ in range(50)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    assert all_done.wait(GUARD_S)
    for thread in threads:
        thread.join()
    workers.submit(lambda: None).result()


@pytest.mark.parametrize(("text", "limit"), [("", 60), ("12", 12), ("0.5", 0.5), ("-1", 60), ("soon", 60)])
def test_the_time_limit_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, text: str, limit: float) -> None:
    monkeypatch.setenv("ASTRONOMICAL_TIME_LIMIT", text)
    assert time_limit(60) == limit


@pytest.mark.parametrize("how", ["ends", "Ctrl+C"])
def test_work_that_never_ends_does_not_keep_the_program_from_ending(checkout: Path, how: str) -> None:
    program = """
import signal, sys, threading, time
from astronomical.tasks import Workers
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs tests in the background ignores it
def busy():
    while True:
        pass
for work in (threading.Event().wait, busy):
    for n in range(5):
        Workers.of((work, n), 2).submit(work)
print("ready", flush=True)
while sys.argv[1] == "Ctrl+C":
    time.sleep(0.05)  # a wait without end can miss a signal that arrives just before it begins
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program, how], cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        if how == "Ctrl+C":
            os.kill(process.pid, signal.SIGINT)
        process.wait(GUARD_S)
    finally:
        process.kill()
        process.communicate()
