"""Fetch jobs for many hosts, and the number of threads that run them."""

from __future__ import annotations

import threading

import pytest

from astronomical.services.fetch_queue import MAX_THREADS, FetchHandle, FetchJob, FetchQueue

N_HOSTS = 1500


def threads_of(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"cutouts-{name}"]


@pytest.fixture
def queue():
    made = FetchQueue("tested", 2, idle_s=0.05)
    yield made
    made.close()
    for thread in threads_of("tested"):
        thread.join(30)
    assert not threads_of("tested")


def job(key: object, fetch, done=lambda result: None, *, urgent: bool = True) -> FetchJob:
    made = FetchJob(key, fetch, 30.0)
    made.attach(FetchHandle(done), urgent=urgent)
    return made


def test_many_hosts_share_a_bounded_number_of_threads_that_end_when_idle(queue: FetchQueue):
    lock, all_done, most = threading.Lock(), threading.Event(), [0]
    n_done = [0]

    def done(result):
        with lock:
            n_done[0] += 1
            most[0] = max(most[0], len(threads_of("tested")))
            if n_done[0] == N_HOSTS:
                all_done.set()

    for n in range(N_HOSTS):
        queue.put(job(n, lambda transfer: True, done), f"host-{n}.example")
    assert all_done.wait(60)
    assert most[0] <= MAX_THREADS
    for thread in threads_of("tested"):
        thread.join(30)
    assert threads_of("tested") == []


def test_a_host_that_hangs_holds_its_own_threads_only(queue: FetchQueue):
    release, other = threading.Event(), threading.Event()
    for n in range(20):
        queue.put(job(n, lambda transfer: release.wait(60)), "hangs.example")
    queue.put(job("other", lambda transfer: True, lambda result: other.set()), "works.example")
    assert other.wait(30)
    assert len(threads_of("tested")) <= 3
    release.set()


def test_what_is_not_urgent_leaves_a_thread_for_what_is():
    queue = FetchQueue("relaxed", 2, 4)
    release, urgent = threading.Event(), threading.Event()
    for n in range(20):
        queue.put(job(n, lambda transfer: release.wait(60), urgent=False), f"host-{n}.example")
    queue.put(job("urgent", lambda transfer: True, lambda result: urgent.set()), "last.example")
    assert urgent.wait(30)
    release.set()
    queue.close()


def test_a_closed_queue_cancels_what_comes(queue: FetchQueue):
    queue.close()
    delivered = []
    handle = FetchHandle(delivered.append)
    late = FetchJob("late", lambda transfer: 1, 1.0)
    late.attach(handle, urgent=True)
    queue.put(late)
    assert not handle.is_open
    assert delivered == []
