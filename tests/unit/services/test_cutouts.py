import io
import subprocess
import sys
import threading
import time
from dataclasses import replace
from queue import Queue

import pytest
from PIL import Image

from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.fetcher import Limits, _Memory
from astronomical.services.surveys import sdss
from tests.stubs.survey_server import SurveyServer

RA, DEC = 187.70593, 12.39112

REASONS = {
    "404": "the server responded with status 404",
    "500": "the server responded with status 500",
    "html": "not an image (HTML)",
    "svg": "not an image (SVG)",
    "garbage": "not an image (unknown content)",
    "empty": "not an image (empty file)",
    "giant": "the file is larger than 1 MB",
    "giant_chunked": "the file is larger than 1 MB",
    "truncated": "the image is damaged or truncated",
    "cut_off": "the server closed the connection",
    "redirect_host": "localhost is on a private network, which is not allowed",
    "redirect_private": "10.255.255.1 is on a private network, which is not allowed",
    "redirect_file": "not an http or https URL: file:///etc/passwd",
    "redirect_loop": "the server redirected more than 3 times",
    "blank": "no image: outside the SDSS footprint",
    "placeholder": "no image: outside the SDSS footprint",
    "outside_404": "no image: outside the SDSS footprint",
    "bomb": "the image has too many pixels (8000 x 8000)",
}


@pytest.mark.parametrize(("mode", "reason"), REASONS.items())
def test_absent_image_says_why(fetcher, optical, server, mode, reason):
    server.mode = mode
    cutout = fetcher.fetch(optical, RA, DEC, 0.4, 64)
    assert (cutout.ok, cutout.reason, cutout.data) == (False, reason, None)
    assert (cutout.survey, cutout.ra_deg, cutout.url) == ("SDSS", RA, optical.url(RA, DEC, 0.4, 64))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("mode", ["hang", "drip", "header_drip"])
def test_slow_server_is_cut_off(hasty, optical, server, mode):
    server.mode = mode
    assert hasty.fetch(optical, RA, DEC, 0.4, 64).reason == "timed out after 0.3 s"


@pytest.mark.parametrize("mode", ["ok", "redirect_same"])
def test_image_of_sdss(fetcher, optical, server, mode):
    server.mode = mode
    cutout = fetcher.fetch(optical, RA, DEC, 0.8, 120)
    assert (cutout.ok, cutout.reason, cutout.mime) == (True, "", "image/jpeg")
    assert (cutout.width, cutout.height, cutout.scale_arcsec) == (120, 120, 0.8)
    assert Image.open(io.BytesIO(cutout.data)).size == (120, 120)


def test_scale_of_first_is_that_of_the_image_that_came(fetcher, radio):
    cutout = fetcher.fetch(radio, RA, DEC, 0.9, 200)
    assert (cutout.mime, cutout.width) == ("image/gif", 100)
    assert cutout.scale_arcsec == pytest.approx(1.8)


def test_noisy_image_is_not_taken_for_blank(fetcher, optical):
    assert fetcher.fetch(optical, RA, DEC, 0.015, 64).ok
    assert fetcher.fetch(optical, RA, DEC, 60, 512).ok


def test_no_position_is_a_reason_not_an_error(fetcher, optical, server):
    cutout = fetcher.fetch(optical, float("nan"), DEC)
    assert (cutout.ok, cutout.reason) == (False, f"not a valid position: RA nan, Dec {DEC}")
    assert server.n_requests == 0


def test_loopback_is_refused_unless_allowed(optical, server):
    cutout = CutoutFetcher().fetch(optical, RA, DEC)
    assert "private network" in cutout.reason
    assert server.n_requests == 0


def test_server_that_is_gone(fetcher):
    with SurveyServer() as gone:
        optical = sdss(gone.sdss_url)
    assert fetcher.fetch(optical, RA, DEC).reason == "offline: no connection to 127.0.0.1"


def test_submitted_cutout_is_delivered(fetcher, optical):
    got = Queue()
    fetcher.submit(optical, RA, DEC, 0.4, 64, done=got.put)
    assert got.get(timeout=60).ok


def test_images_and_lasting_absence_are_remembered_failures_are_not(fetcher, optical, server):
    got = Queue()
    assert fetcher.fetch(optical, RA, DEC).ok
    fetcher.submit(optical, RA, DEC, done=got.put)
    assert got.get_nowait().ok
    assert server.n_requests == 1
    server.mode = "blank"
    assert fetcher.fetch(optical, 1, 1) is fetcher.fetch(optical, 1, 1)
    assert server.n_requests == 2
    server.mode = "500"
    fetcher.fetch(optical, 2, 2)
    server.mode = "ok"
    assert fetcher.fetch(optical, 2, 2).ok


def test_memory_keeps_the_newest_within_its_limit(fetcher, optical):
    cutout = fetcher.fetch(optical, RA, DEC)
    memory = _Memory(3.5 * cutout.n_bytes)
    for name in "abc":
        memory.put(name, cutout)
    memory.get("a")
    memory.put("d", cutout)
    memory.put("d", cutout)
    assert [name for name in "abcd" if memory.get(name)] == ["a", "c", "d"]
    memory.put("huge", replace(cutout, data=b"0" * 10**6))
    assert memory.get("huge") is None


def test_cancelled_requests_free_their_threads_and_deliver_nothing(optical, server):
    patient = CutoutFetcher(Limits(30, allow_private=True))
    server.mode = "hang"
    got = Queue()
    tickets = [patient.submit(optical, ra, 0, done=got.put) for ra in range(5)]
    _wait(lambda: server.n_requests == 2)
    assert all(ticket.cancel() for ticket in tickets)
    server.mode = "ok"
    patient.submit(optical, 99, 0, done=got.put)
    assert got.get(timeout=60).ra_deg == 99
    assert got.empty()
    patient.close()


def test_cancel_after_delivery_says_that_it_was_too_late(fetcher, optical):
    got = Queue()
    ticket = fetcher.submit(optical, RA, DEC, done=got.put)
    got.get(timeout=60)
    assert not ticket.cancel()


def test_newest_request_is_served_first(optical, server):
    server.mode = "hang"
    patient = CutoutFetcher(Limits(30, allow_private=True))
    blockers = [patient.submit(optical, ra, 0, done=lambda cutout: None) for ra in (350, 351)]
    _wait(lambda: server.n_requests == 2)
    got = Queue()
    for ra in range(6):
        patient.submit(optical, ra, 0, done=got.put)
    server.mode = "ok"
    blockers[0].cancel()
    assert [got.get(timeout=60).ra_deg for _ in range(6)] == [5, 4, 3, 2, 1, 0]
    patient.close()


def test_host_that_hangs_delays_no_other(radio, server):
    server.modes["first"] = "hang"
    got = Queue()
    with SurveyServer() as other:
        optical = sdss(other.sdss_url)
        patient = CutoutFetcher(Limits(600, allow_private=True))  # the hanging host is not given up in this test
        for ra in range(10):
            patient.submit(radio, ra, 0, done=got.put)
        for ra in range(10):
            patient.submit(optical, ra, 0, pixels=64, done=got.put)
        assert {got.get(timeout=60).survey for _ in range(10)} == {"SDSS"}
        patient.close()


def test_handler_that_fails_does_not_end_the_thread(fetcher, optical, caplog):
    got = Queue()

    def fail(cutout):
        raise RuntimeError("boom")

    for ra in range(4):
        fetcher.submit(optical, ra, 0, pixels=64, done=fail)
    fetcher.submit(optical, 9, 0, pixels=64, done=got.put)
    assert got.get(timeout=60).ok
    _wait(lambda: caplog.text.count("boom") >= 4)


def test_close_ends_the_threads_and_later_orders_are_dropped(optical, server):
    server.mode = "hang"
    patient = CutoutFetcher(Limits(30, allow_private=True))
    survey = optical
    got = Queue()
    for ra in range(3):
        patient.submit(survey, ra, 0, done=got.put)
    _wait(lambda: server.n_requests == 2)
    patient.close()
    patient.submit(survey, 9, 0, done=got.put)
    _wait(lambda: not [thread for thread in threading.enumerate() if thread.name == "cutouts-hosts"])
    assert got.empty()


def test_hanging_request_does_not_keep_the_interpreter_alive():
    script = (
        "import sys\n"
        "from astronomical.services.cutouts import CutoutFetcher\n"
        "from astronomical.services.fetcher import Limits\n"
        "from astronomical.services.surveys import sdss\n"
        "survey = sdss(sys.argv[1])\n"
        "fetcher = CutoutFetcher(Limits(60, allow_private=True))\n"
        "for ra in range(4):\n"
        "    fetcher.submit(survey, ra, 0, done=print)\n"
        "sys.stdin.readline()\n"
    )
    with SurveyServer("hang") as server:
        process = subprocess.Popen([sys.executable, "-c", script, server.sdss_url], stdin=subprocess.PIPE)
        _wait(lambda: server.n_requests == 2, 120)
        process.communicate(b"\n", timeout=40)
    assert process.returncode == 0


def _wait(condition, timeout_s=60.0):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
