"""Spectra and light curves of single sources from archives: found by position, cached, and absent with a reason."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from astronomical.config.services import ServicesConfig, SourceArchiveConfig
from astronomical.services.disk_cache import DiskCache
from astronomical.services.fetcher import Limits
from astronomical.services.services import ArchiveFetchers
from astronomical.services.source_archives.archives import DESI_URL, SDSS_URL, ZTF_URL, source_archive
from astronomical.services.source_archives.fetching import ArchiveReply
from tests.stubs.source_archive_server import DEC, RA, WAVE, SourceArchiveServer

LIMITS = Limits(timeout_s=5.0, allow_private=True)


@pytest.fixture
def server() -> Iterator[SourceArchiveServer]:
    with SourceArchiveServer() as running:
        yield running


@pytest.fixture
def fetchers(tmp_path: Path) -> Iterator[ArchiveFetchers]:
    made = ArchiveFetchers.within(LIMITS, DiskCache(tmp_path / "cache"))
    yield made
    made.close()


def archives(server: SourceArchiveServer, *kinds: str) -> list[Any]:
    plain = [{"name": kind.upper(), "kind": kind, "url": server.url(kind)} for kind in kinds]
    return [source_archive(SourceArchiveConfig.model_validate(item)) for item in plain]


def ask(fetcher: Any, wanted: list[Any], ra: float = RA, dec: float = DEC) -> ArchiveReply[Any]:
    arrived, replies = threading.Event(), []

    def done(reply: ArchiveReply[Any]) -> None:
        replies.append(reply)
        arrived.set()

    fetcher.submit(wanted, ra, dec, done)
    assert arrived.wait(30)
    return replies[0]


def test_a_spectrum_of_sdss_is_found_by_position(fetchers: ArchiveFetchers, server: SourceArchiveServer) -> None:
    reply = ask(fetchers.spectra, archives(server, "sdss"))
    assert (reply.archive, reply.found.kind, reply.found.redshift) == ("SDSS", "SDSS", 0.25)
    assert reply.found.wavelength == pytest.approx(WAVE, rel=1e-6)
    assert server.requests[1] == "GET /sdss/sdss/spectro/redux/26/spectra/lite/0266/spec-0266-51602-0001.fits"


def test_a_spectrum_of_desi_is_found_by_position(fetchers: ArchiveFetchers, server: SourceArchiveServer) -> None:
    reply = ask(fetchers.spectra, archives(server, "desi"), RA + 1 / 3600)
    assert (reply.archive, reply.found.kind, reply.found.redshift) == ("DESI", "DESI", 0.5)
    np.testing.assert_array_equal(reply.found.error, 0.5)
    assert [line.split("?")[0] for line in server.requests] == ["POST /desi/find/", "POST /desi/spectras/"]


def test_a_light_curve_of_ztf_has_bands_errors_and_times(
    fetchers: ArchiveFetchers, server: SourceArchiveServer
) -> None:
    reply = ask(fetchers.light_curves, archives(server, "ztf"))
    found = reply.found
    assert (len(found.curve.time), found.curve.bands, found.is_flux) == (40, ("zg", "zr"), False)
    assert found.times.scale in ("hjd", "mjd")
    np.testing.assert_allclose(found.curve.error, 0.02)


def test_the_next_archive_is_asked_if_one_has_nothing(fetchers: ArchiveFetchers, server: SourceArchiveServer) -> None:
    server.modes["sdss"] = "absent"
    assert ask(fetchers.spectra, archives(server, "sdss", "desi")).archive == "DESI"
    reply = ask(fetchers.spectra, archives(server, "sdss", "desi"), 10.0)
    assert reply.found is None
    assert reply.reason == "SDSS: nothing at this position; DESI: nothing at this position"
    assert reply.lasting
    assert ask(fetchers.light_curves, archives(server, "ztf"), 10.0).reason == "ZTF: nothing at this position"


@pytest.mark.parametrize(
    ("mode", "message"),
    [("500", "SDSS: the server responded with status 500"), ("html", "SDSS: "), ("truncated", "SDSS: ")],
)
def test_failures_have_a_reason_and_can_be_tried_again(
    fetchers: ArchiveFetchers, server: SourceArchiveServer, mode: str, message: str
) -> None:
    server.mode = mode
    reply = ask(fetchers.spectra, archives(server, "sdss"))
    assert reply.found is None
    assert reply.reason.startswith(message)
    server.mode = "html" if mode == "truncated" else mode
    for kind, fetcher in (("desi", fetchers.spectra), ("ztf", fetchers.light_curves)):
        failed = ask(fetcher, archives(server, kind))
        assert failed.found is None
        assert not failed.lasting
    server.mode = "ok"
    fetchers_again = ArchiveFetchers.within(LIMITS)
    try:
        assert ask(fetchers_again.spectra, archives(server, "sdss")).found is not None
    finally:
        fetchers_again.close()


def test_what_was_fetched_is_kept_on_disk(
    fetchers: ArchiveFetchers, server: SourceArchiveServer, tmp_path: Path
) -> None:
    wanted = archives(server, "desi")
    assert ask(fetchers.spectra, wanted).found is not None
    n = len(server.requests)
    again = ArchiveFetchers.within(LIMITS, DiskCache(tmp_path / "cache"))
    try:
        assert ask(again.spectra, wanted).found is not None
    finally:
        again.close()
    assert len(server.requests) == n


def test_a_cancelled_request_delivers_nothing(fetchers: ArchiveFetchers, server: SourceArchiveServer) -> None:
    server.mode = "hang"
    replies: list[Any] = []
    request = fetchers.spectra.submit(archives(server, "sdss", "desi"), RA, DEC, replies.append)
    request.cancel()
    server.released.set()
    server.mode = "ok"
    assert ask(fetchers.light_curves, archives(server, "ztf")).found is not None
    assert replies == []


def test_a_server_without_a_network_says_so(server: SourceArchiveServer) -> None:
    offline = ArchiveFetchers.within(Limits(offline=True))
    try:
        assert "network access is disabled" in ask(offline.spectra, archives(server, "sdss")).reason
    finally:
        offline.close()
    assert server.requests == []


def test_addresses_come_from_templates(server: SourceArchiveServer) -> None:
    def url(**given: Any) -> str:
        return source_archive(SourceArchiveConfig(name="a", **given)).url(370.5, -2.0)

    template = "https://example.org/{ra}/{dec}?r={radius}&d={radius_deg}"
    assert url(kind="template", url=template, radius_arcsec=3.6) == (
        "https://example.org/10.500000/-2.000000?r=3.600000&d=0.001000"
    )
    for kind, start in (("sdss", SDSS_URL), ("desi", DESI_URL), ("ztf", ZTF_URL)):
        assert url(kind=kind).startswith(f"{start}")
        assert url(kind=kind).startswith("https://")


def test_archives_that_cannot_work_are_refused() -> None:
    for wrong, message in (
        ({"spectra": [{"name": "a", "kind": "ztf"}]}, "has no spectra"),
        ({"light_curves": [{"name": "a", "kind": "sdss"}]}, "has no light_curves"),
        ({"spectra": [{"name": "a", "kind": "template", "url": "https://a.org/{ra}"}]}, "must contain {ra} and {dec}"),
        ({"spectra": [{"name": "a", "kind": "sdss", "url": "ftp://a.org"}]}, "http"),
        ({"spectra": [{"name": "a", "kind": "sdss"}, {"name": "a", "kind": "desi"}]}, "the same name"),
    ):
        with pytest.raises(ValidationError, match=message):
            ServicesConfig.model_validate(wrong)
    assert "spectra" not in ServicesConfig().model_dump(mode="json")
