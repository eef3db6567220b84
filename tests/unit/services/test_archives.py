"""Tables from a TAP service: listed, counted, fetched with units and UCDs; failures are explained, and cancelled."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from astronomical.catalogue.readers import open_table
from astronomical.errors import InvalidInputError
from astronomical.services.archives.adql import Cone, build_query, count_query, quoted
from astronomical.services.archives.parquet import origin_facts
from astronomical.services.archives.tap import SERVICES, TapArchive
from astronomical.services.transfer import FetchError
from tests.stubs.tap_server import TapServer

pytest.importorskip("pyvo")

QUERY = "SELECT * FROM gaiadr3.gaia_source"


@pytest.fixture
def server() -> Iterator[TapServer]:
    with TapServer() as running:
        yield running


@pytest.fixture
def archive(server: TapServer) -> Iterator[TapArchive]:
    made = TapArchive(server.url, allow_private=True)
    yield made
    made.close()


def test_tables_and_columns_are_listed_and_rows_are_counted(archive: TapArchive, server: TapServer) -> None:
    archive.reach()
    assert [table.name for table in archive.tables("i/239")] == ["I/239/hip_main", "gaiadr3.gaia_source"]
    assert "LIKE '%i/239%'" in server.queries[-1]
    columns = archive.columns("gaiadr3.gaia_source")
    assert [(column.name, column.unit) for column in columns][:2] == [("source_id", ""), ("ra", "deg")]
    assert (columns[3].description, columns[3].ucd) == ("G magnitude", "phot.mag;em.opt")
    assert archive.count(count_query("gaiadr3.gaia_source")) == 50
    with pytest.raises(FetchError, match="has no table 'nothing'"):
        archive.columns("nothing")


@pytest.mark.parametrize("serialisation", ["tabledata", "binary", "binary2"])
def test_a_table_is_fetched_with_units_and_ucds(
    archive: TapArchive, server: TapServer, tmp_path: Path, serialisation: str
) -> None:
    server.serialisation = serialisation
    said: list[str] = []
    found = archive.fetch(QUERY, tmp_path / "a.parquet", limit=100, progress=said.append)
    assert (found.service, found.query, found.rows, found.incomplete) == (server.url, QUERY, 50, False)
    assert said[0] == "Sending the query"
    assert said[-2:] == ["Downloading the result", "Writing the table"]
    source = open_table(tmp_path / "a.parquet")
    assert (source.info("ra").unit, source.info("ra").ucd) == ("deg", "pos.eq.ra")
    assert source.info("gmag").description == "G magnitude"
    read, expected = source.read(["source_id", "gmag", "type"]), server.sources()
    for name, values in read.items():
        np.testing.assert_array_equal(values, expected[name])
    facts = origin_facts(tmp_path / "a.parquet")
    assert facts is not None
    assert facts["query"] == QUERY
    assert len(facts["sha256"]) == len(hashlib.sha256().hexdigest())
    assert server.was_deleted, "the job is deleted on the server"


def test_100_000_rows_become_parquet(archive: TapArchive, server: TapServer, tmp_path: Path) -> None:
    server.n_rows = 100_000
    assert archive.fetch(QUERY, tmp_path / "a.parquet").rows == 100_000
    assert open_table(tmp_path / "a.parquet").info("dec").unit == "deg"


def test_a_table_that_was_cut_off_says_so(archive: TapArchive, server: TapServer, tmp_path: Path) -> None:
    server.mode = "overflow"
    assert archive.fetch(QUERY, tmp_path / "a.parquet").incomplete


def test_a_redirect_within_the_service_is_followed(archive: TapArchive, server: TapServer, tmp_path: Path) -> None:
    server.mode = "redirect"
    assert archive.fetch(QUERY, tmp_path / "a.parquet").rows == 50


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("error", "There is no column magg"),
        ("408", "status 408"),
        ("redirect_private", "private network"),
        ("html", "cannot be read"),
        ("cut_off", "cannot be read"),
    ],
)
def test_failures_are_explained_and_nothing_is_written(
    archive: TapArchive, server: TapServer, tmp_path: Path, mode: str, message: str
) -> None:
    server.mode = mode
    with pytest.raises(FetchError, match=message):
        archive.fetch(QUERY, tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []
    assert server.was_deleted


@pytest.mark.parametrize(("mode", "message"), [("error", "There is no column magg"), ("408", "fewer rows")])
def test_failures_of_a_count_are_explained(archive: TapArchive, server: TapServer, mode: str, message: str) -> None:
    server.mode = mode
    with pytest.raises(FetchError, match=message):
        archive.count(count_query("gaiadr3.gaia_source"))


@pytest.mark.parametrize("mode", ["never", "hang", "drip"])
def test_a_query_is_cancelled_while_it_waits(archive: TapArchive, server: TapServer, tmp_path: Path, mode: str) -> None:
    server.mode = mode
    waiting, ended = threading.Event(), threading.Event()
    failures: list[FetchError] = []

    def said(text: str) -> None:
        if text.startswith(("Executing", "Downloading")):
            waiting.set()

    def work() -> None:
        try:
            archive.fetch(QUERY, tmp_path / "a.parquet", progress=said, cancelled=waiting.is_set)
        except FetchError as error:
            failures.append(error)
        ended.set()

    threading.Thread(target=work, daemon=True).start()
    assert ended.wait(30), "neither the server nor a pause holds a cancel up"
    assert [str(error) for error in failures] == ["cancelled"]
    assert not server.released.is_set()
    assert list(tmp_path.iterdir()) == []


def test_a_service_on_a_private_network_needs_permission(server: TapServer) -> None:
    with pytest.raises(FetchError, match="private network"):
        TapArchive(server.url).reach()


def test_a_service_that_does_not_answer_is_named() -> None:
    with TapServer() as gone:
        url = gone.url
    with pytest.raises(FetchError, match=r"cannot be reached: offline"):
        TapArchive(url, allow_private=True).reach()
    with pytest.raises(FetchError, match="not an http or https URL"):
        TapArchive("ftp://example.org/tap")


def test_queries_are_built_from_a_form() -> None:
    cone = Cone(10.5, -20.0, 0.25, "RAJ2000", "DEJ2000")
    assert build_query("I/239/hip_main", ["HIP", "e_Plx", "B-V"], cone, 100) == (
        'SELECT TOP 100 HIP, e_Plx, "B-V" FROM "I/239/hip_main" WHERE 1 = CONTAINS('
        "POINT('ICRS', RAJ2000, DEJ2000), CIRCLE('ICRS', 10.5, -20, 0.25))"
    )
    assert count_query("gaiadr3.gaia_source") == "SELECT COUNT(*) AS n FROM gaiadr3.gaia_source"
    assert quoted('a"b') == '"a""b"'
    assert quoted("date") == '"date"'
    with pytest.raises(InvalidInputError, match="Choose a table"):
        build_query(" ")
    with pytest.raises(InvalidInputError, match="The cone needs"):
        Cone(10, 95, 1)


def test_the_known_services_have_secure_addresses() -> None:
    assert all(url.startswith("https://") for url in SERVICES.values())
