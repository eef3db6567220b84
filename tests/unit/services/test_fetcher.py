"""Caches, hosts and orders, through cutouts."""

import asyncio
import time
from dataclasses import replace
from queue import Queue

import pytest

from astronomical.services.backoff import BackOff
from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.disk_cache import DiskCache
from astronomical.services.fetcher import Limits
from astronomical.services.surveys import sdss
from tests.stubs.survey_server import SurveyServer

RA, DEC = 187.70593, 12.39112
LIMITS = Limits(5, max_bytes=1e6, allow_private=True)
MISBEHAVIOURS = (
    "404",
    "500",
    "html",
    "drip",
    "header_drip",
    "hang",
    "giant",
    "giant_chunked",
    "truncated",
    "cut_off",
    "redirect_host",
    "redirect_private",
    "bomb",
    "garbage",
    "empty",
    "ok",
)


@pytest.fixture
def made():
    """Fetchers that are closed in the end."""
    fetchers = []

    def make(*args):
        fetchers.append(CutoutFetcher(*args))
        return fetchers[-1]

    yield make
    for fetcher in fetchers:
        fetcher.close()


def test_images_come_from_disk_after_a_restart_and_without_a_network(tmp_path, made, optical, server):
    first = made(LIMITS, DiskCache(tmp_path)).fetch(optical, RA, DEC)
    server.mode = "blank"
    made(LIMITS, DiskCache(tmp_path)).fetch(optical, 1.0, 1.0)
    assert server.n_requests == 2
    offline = made(replace(LIMITS, offline=True), DiskCache(tmp_path))
    got = Queue()
    offline.submit(optical, RA, DEC, done=got.put)
    assert got.get(timeout=20) == first
    assert offline.fetch(optical, 1.0, 1.0).reason == "no image: outside the SDSS footprint"
    assert offline.fetch(optical, 2.0, 2.0).reason == "network access is disabled on this server"
    assert server.n_requests == 2


def test_failures_are_not_kept_on_disk(tmp_path, made, optical, server):
    server.mode = "html"
    made(LIMITS, DiskCache(tmp_path)).fetch(optical, RA, DEC)
    server.mode = "ok"
    assert made(LIMITS, DiskCache(tmp_path)).fetch(optical, RA, DEC).ok


def test_images_on_disk_do_not_wait_for_a_host_that_hangs(tmp_path, made, optical, server):
    fetcher = made(LIMITS, DiskCache(tmp_path))
    fetcher.fetch(optical, RA, DEC)
    again = made(Limits(30, allow_private=True), DiskCache(tmp_path))
    server.mode = "hang"
    for ra in range(4):
        again.submit(optical, ra, 0, done=lambda cutout: None)
    _wait(lambda: server.n_requests == 3)
    got = Queue()
    again.submit(optical, RA, DEC, done=got.put)
    assert got.get(timeout=20).ok


def test_equal_orders_are_one_request(made, optical, server):
    fetcher = made(LIMITS)
    server.mode = "hang"
    got = Queue()
    tickets = [fetcher.submit(optical, RA, DEC, done=got.put) for _ in range(3)]
    _wait(lambda: server.n_requests == 1)
    tickets[0].cancel()
    server.released.set()
    assert [got.get(timeout=20).ok for _ in range(2)] == [False, False]
    assert (server.n_requests, got.empty()) == (1, True)


def test_what_is_likely_waits_for_what_is_wanted_and_leaves_a_thread_free(made, optical, server):
    fetcher = made(Limits(30, allow_private=True))
    server.mode = "hang"
    ahead = [fetcher.prefetch(optical, ra, 0) for ra in (1, 2, 3)]
    _wait(lambda: server.n_requests == 1)
    server.mode = "ok"
    got = Queue()
    fetcher.submit(optical, 9, 0, done=got.put)
    assert got.get(timeout=20).ok
    assert ["ra=1.0" in path or "ra=9.0" in path for path in server.requests] == [True, True]
    ahead[0].cancel()
    _wait(lambda: server.n_requests == 4)


def test_a_prefetch_that_becomes_wanted_is_joined(made, optical, server):
    fetcher = made(LIMITS)
    fetcher.prefetch(optical, RA, DEC)
    _wait(lambda: server.n_requests == 1)
    got = Queue()
    fetcher.submit(optical, RA, DEC, done=got.put)
    assert got.get(timeout=20).ok
    assert server.n_requests == 1


def test_a_host_that_fails_is_left_alone_until_a_person_insists(made, optical, server):
    fetcher = made(LIMITS)
    server.mode = "500"
    reasons = [fetcher.fetch(optical, ra, 0).reason for ra in range(4)]
    assert reasons[:3] == ["the server responded with status 500"] * 3
    assert reasons[3] == f"the server 127.0.0.1:{server.port} failed several times; next attempt in 5 s"
    server.mode = "ok"
    got = Queue()
    fetcher.submit(optical, 9, 0, done=got.put, insist=True)
    assert got.get(timeout=20).ok
    assert fetcher.fetch(optical, 10, 0).ok


def test_a_host_that_asks_for_time_gets_it_whoever_insists(made, optical, server):
    fetcher = made(LIMITS)
    server.mode = "429"
    fetcher.fetch(optical, 1, 0)
    server.mode = "ok"
    got = Queue()
    fetcher.submit(optical, 2, 0, done=got.put, insist=True)
    assert "next attempt in 60 s" in got.get(timeout=20).reason
    assert server.n_requests == 1


def test_waits_double_and_a_success_ends_them():
    now = [0.0]
    backoff = BackOff(lambda: now[0])
    for expected in (0, 0, 5, 10, 20):
        backoff.failed()
        assert backoff.wait_s() == expected
    assert backoff.wait_s(insist=True) == 0
    backoff.succeeded()
    assert backoff.wait_s() == 0
    backoff.failed(1e9)
    assert backoff.wait_s(insist=True) == 300


def test_the_event_loop_turns_while_every_misbehaviour_goes_on():
    """Orders return before their answers, and the loop goes on turning until the slowest of them is there."""
    limits, patient = (Limits(seconds, max_bytes=1e6, allow_private=True) for seconds in (2, 100))

    async def run():
        loop, turns, arrived = asyncio.get_running_loop(), 0, {}
        servers = [SurveyServer(mode) for mode in MISBEHAVIOURS]
        for server in servers:
            server.__enter__()
        # On a busy computer, even the server that behaves well may need more than two seconds.
        fetchers = {server.mode: CutoutFetcher(patient if server.mode == "ok" else limits) for server in servers}

        def arrive(cutout):
            loop.call_soon_threadsafe(lambda: arrived.setdefault(cutout.survey, (cutout.ok, turns)))

        for server in servers:
            survey = replace(sdss(server.sdss_url), name=server.mode)
            fetchers[server.mode].submit(survey, RA, DEC, 0.4, 256, done=arrive)
        while len(arrived) < len(servers):
            await asyncio.sleep(0.005)
            turns += 1
        for fetcher in fetchers.values():
            fetcher.close()
        for server in servers:
            server.__exit__(None, None, None)
        return arrived

    arrived = asyncio.run(asyncio.wait_for(run(), 120))
    assert set(arrived) == set(MISBEHAVIOURS)
    assert [mode for mode, (ok, _) in arrived.items() if ok] == ["ok"]
    # A fetch in the loop's own thread would hold the loop until it is over: no turn before its answer.
    assert min(arrived[mode][1] for mode in ("hang", "drip", "header_drip")) >= 10


def _wait(condition, timeout_s=60.0):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
