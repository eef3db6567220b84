"""Objects of known type near positions, from the X-Match service: matched in few requests, and failures explained."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from astronomical.errors import InvalidInputError
from astronomical.services.archives.class_catalogues import CATALOGUES, class_catalogues, default_class
from astronomical.services.archives.xmatch import XMATCH_URL, XMatch
from astronomical.services.transfer import FetchError
from tests.stubs.xmatch_server import XMatchServer

SIMBAD = CATALOGUES["simbad"]
ARCSEC = 1 / 3600
RA, DEC = np.array([10.0, 20.0, np.nan, 30.0]), np.array([-5.0, 40.0, 1.0, 80.0])
OBJECTS = {
    "simbad": [
        (10.0, -5.0 + 0.5 * ARCSEC, "QSO"),
        (10.0, -5.0 - 0.9 * ARCSEC, "Star"),
        (30.0, 80.0, "RR*"),
        (20.0, 40.0 + 5 * ARCSEC, "Galaxy"),
    ]
}


@pytest.fixture
def server() -> Iterator[XMatchServer]:
    with XMatchServer(OBJECTS) as running:
        yield running


@pytest.fixture
def service(server: XMatchServer) -> Iterator[XMatch]:
    made = XMatch(server.url, allow_private=True)
    yield made
    made.close()


def test_all_objects_within_the_radius_are_found_with_types_and_distances(
    service: XMatch, server: XMatchServer
) -> None:
    service.reach()
    done: list[int] = []
    found = service.match(SIMBAD, RA, DEC, 1.0, progress=done.append)
    assert sorted(zip(found.rows.tolist(), found.types.tolist(), found.distances.round(3).tolist(), strict=True)) == [
        (0, "QSO", 0.5),
        (0, "Star", 0.9),
        (3, "RR*", 0.0),
    ]
    assert done == [3]
    assert len(found.sha256) == 64
    sent = server.requests[0]
    assert (sent["request"], sent["cat2"], sent["distMaxArcsec"]) == ("xmatch", "simbad", "1")
    assert sent["cat1"].splitlines()[0] == "astronomical_row,ra,dec"
    assert len(sent["cat1"].splitlines()) == 4, "positions that are missing are not sent"


def test_positions_without_a_match_give_none(service: XMatch) -> None:
    found = service.match(SIMBAD, np.array([200.0]), np.array([0.0]), 1.0)
    assert (len(found.rows), len(found.types), len(found.distances)) == (0, 0, 0)
    assert len(service.match(SIMBAD, np.array([np.nan]), np.array([0.0]), 1.0).rows) == 0


def test_only_the_first_letter_of_a_type_of_milliquas_counts(server: XMatchServer, service: XMatch) -> None:
    milliquas = CATALOGUES["milliquas"]
    server.objects = {milliquas.table: [(10.0, -5.0, "QRX"), (30.0, 80.0, "")]}
    found = service.match(milliquas, RA, DEC, 1.0)
    assert dict(zip(found.rows.tolist(), found.types.tolist(), strict=True)) == {0: "Q", 3: ""}


def test_25_000_positions_need_at_most_five_requests(server: XMatchServer, service: XMatch) -> None:
    rng = np.random.default_rng(0)
    ra, dec = rng.uniform(0, 360, 25_000), rng.uniform(-60, 60, 25_000)
    server.objects = {"simbad": [(ra[i], dec[i], "Star") for i in range(0, 25_000, 250)]}
    found = service.match(SIMBAD, ra, dec, 1.0)
    assert set(range(0, 25_000, 250)) <= set(found.rows.tolist())
    assert len(server.requests) <= 5


def test_a_redirect_within_the_service_is_followed(service: XMatch, server: XMatchServer) -> None:
    server.mode = "redirect"
    assert len(service.match(SIMBAD, RA, DEC, 1.0).rows) == 3
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("408", "took too long .*smaller radius"),
        ("500", "status 500: Sorry , try later"),
        ("error", "refused the request: Catalogue simbad is not available"),
        ("html", "cannot be read"),
        ("cut_off", "cannot be read"),
        ("closed", "closed the connection"),
        ("overflow", "only a part of the matches"),
        ("no_column", "no column angDist"),
        ("strange_rows", "positions that were not sent"),
        ("redirect_private", "private network"),
    ],
)
def test_failures_are_explained(service: XMatch, server: XMatchServer, mode: str, message: str) -> None:
    server.mode = mode
    with pytest.raises(FetchError, match=message):
        service.match(SIMBAD, RA, DEC, 1.0)


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_a_request_is_cancelled_while_it_waits(service: XMatch, server: XMatchServer, mode: str) -> None:
    server.mode = mode
    ended = threading.Event()
    failures: list[FetchError] = []

    def work() -> None:
        try:
            service.match(SIMBAD, RA, DEC, 1.0, cancelled=server.waiting.is_set)
        except FetchError as error:
            failures.append(error)
        ended.set()

    threading.Thread(target=work, daemon=True).start()
    assert ended.wait(30), "the server holds no cancel up"
    assert [str(error) for error in failures] == ["cancelled"]
    assert not server.released.is_set()


def test_a_service_that_does_not_answer_is_named() -> None:
    with XMatchServer({}) as gone:
        url = gone.url
    with pytest.raises(FetchError, match=r"cannot be reached: offline"):
        XMatch(url, allow_private=True).reach()
    with XMatchServer({}) as private, pytest.raises(FetchError, match="private network"):
        XMatch(private.url).reach()


def test_types_have_default_classes() -> None:
    assert default_class("simbad", "RR*") == "Star"
    assert default_class("simbad", "RR*", "variables") == "RR Lyrae"
    assert default_class("gaia", "AGN") == default_class("milliquas", "Q") == default_class("simbad", "Sy1") == "QSO"
    assert default_class("simbad", "QSO_Candidate") == ""
    assert default_class("simbad", "X") == ""


def test_catalogues_are_chosen_by_key() -> None:
    assert [item.title for item in class_catalogues(["gaia", "SIMBAD", "gaia"])] == ["Gaia DR3 variables", "SIMBAD"]
    with pytest.raises(InvalidInputError, match=r"no catalogue of classes 'ned'.*simbad, milliquas, gaia"):
        class_catalogues(["ned"])
    assert XMATCH_URL.startswith("https://")
