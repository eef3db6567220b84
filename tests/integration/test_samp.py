"""A real hub and a real client of another program, on loopback."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from astropy import samp
from astropy.table import Table

from astronomical.services.samp import SampError
from astronomical.session import Session
from astronomical.session.samp.connection import SampBridge
from astronomical.session.samp.tables import Exchange
from tests.support.projects import make_project

TYPES = ("table.load.votable", "table.load.fits", "table.highlight.row", "table.select.rowList", "coord.pointAt.sky")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SAMP_HUB", (tmp_path / "hub").as_uri().replace("file:", "std-lockurl:file:"))
    monkeypatch.setattr(samp.conf, "use_internet", False)
    server = samp.SAMPHubServer(web_profile=False, addr="127.0.0.1", lockfile=str(tmp_path / "hub"))
    server.start()
    yield server
    if server.is_running:
        server.stop()


@pytest.fixture
def other(hub):
    """Another program, and what it has heard."""
    client = samp.SAMPIntegratedClient(name="Other", addr="127.0.0.1")
    client.connect()
    client.heard = []
    for mtype in TYPES:
        client.bind_receive_notification(
            mtype, lambda key, sender, mtype, params, extra: client.heard.append((mtype, params))
        )
    yield client
    if hub.is_running:
        client.disconnect()


@pytest.fixture
def session(tmp_path: Path):
    with Session.open(make_project(tmp_path)[0]) as opened:
        yield opened


@pytest.fixture
def bridge(session: Session, other):
    lock = threading.Lock()

    def dispatch(change):
        with lock:
            change()

    made = SampBridge(session, dispatch)
    assert "Other" in made.connect()
    yield made
    made.close()


def wait(condition, timeout_s: float = 120.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def tell(client, mtype: str, **params) -> None:
    client.notify_all({"samp.mtype": mtype, "samp.params": {k.replace("_", "-"): v for k, v in params.items()}})


def test_without_a_hub_it_says_what_to_do(session, tmp_path, monkeypatch):
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:file://{tmp_path}/nowhere")
    made = SampBridge(session, lambda change: change())
    with pytest.raises(SampError, match="Start TOPCAT"):
        made.connect()
    assert not made.connected
    with pytest.raises(SampError, match="Connect first"):
        made.send_source("S00001")


def test_a_source_goes_out_as_a_position(session, bridge, other):
    assert bridge.send_source("S00001") == "S00001 sent to Other."
    wait(lambda: other.heard)
    mtype, params = other.heard[0]
    assert mtype == "coord.pointAt.sky"
    assert (float(params["ra"]), float(params["dec"])) == pytest.approx(
        session.dataset.catalogue.position_of("S00001"), abs=1e-6
    )


def test_a_table_goes_out_and_its_rows_come_back(session, bridge, other):
    session.select(["S00010", "S00005", "S00007"])
    assert bridge.send_selection() == "3 sources sent to Other."
    wait(lambda: other.heard)
    mtype, params = other.heard[0]
    assert mtype == "table.load.votable"
    table = Table.read(params["url"].removeprefix("file://"), format="votable")
    assert list(table["astronomical_id"]) == ["S00010", "S00005", "S00007"]
    assert {"ra", "dec", "u"} <= set(table.colnames)
    tell(other, "table.highlight.row", table_id=params["table-id"], url=params["url"], row="1")
    wait(lambda: session.state.focus == "S00005")
    tell(other, "table.select.rowList", table_id=params["table-id"], row_list=["0", "2", "99"])
    wait(lambda: session.state.selection == ("S00010", "S00007"))
    other.heard.clear()
    assert bridge.send_selection() == "2 rows selected in Other."
    wait(lambda: other.heard)
    assert other.heard[0][1]["row-list"] == ["0", "2"]
    assert bridge.send_source("S00005", again=False) == ""  # it was the other program that pointed at it
    other.heard.clear()
    bridge.send_source("S00007")
    wait(lambda: len(other.heard) == 2)
    assert {mtype: params.get("row") for mtype, params in other.heard}["table.highlight.row"] == "2"


@pytest.mark.parametrize("format", ["votable", "fits"])
def test_a_table_comes_in(session, bridge, other, tmp_path, format):
    path = tmp_path / f"in.{format}"
    Table({"n": [1, 2, 3], "label": ["S00001", "nobody", "S00003"]}).write(path, format=format)
    other.call_all(
        "tag",
        {
            "samp.mtype": f"table.load.{format}",
            "samp.params": {"url": path.as_uri(), "table-id": "theirs", "name": "Mine"},
        },
    )
    wait(lambda: session.state.selection == ("S00001", "S00003"))
    assert "Mine received: 2 of its rows" in session.state.notices[-1].text
    tell(other, "table.highlight.row", table_id="theirs", row="2")
    wait(lambda: session.state.focus == "S00003")
    tell(other, "table.highlight.row", table_id="theirs", row="1")
    tell(other, "table.highlight.row", table_id="theirs", row="0")
    wait(lambda: session.state.focus == "S00001")


def test_rows_of_tables_never_exchanged_mean_nothing(session, bridge, other):
    session.focus("S00002")
    tell(other, "table.highlight.row", table_id="unknown", row="1")
    tell(other, "table.select.rowList", table_id="unknown", row_list=["1"])
    ra, dec = session.dataset.catalogue.position_of("S00004")
    tell(other, "coord.pointAt.sky", ra=str(ra), dec=str(dec))
    wait(lambda: session.state.focus == "S00004")
    assert session.state.selection == ()
    assert "S00002" in session.state.history


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"url": "http://example.org/a.vot"}, "only tables on this computer"),
        ({"url": "file:///nowhere.vot"}, "there is no table"),
        ({}, "only tables on this computer"),
    ],
)
def test_tables_that_cannot_be_used_are_told(session, bridge, other, params, reason):
    other.notify_all({"samp.mtype": "table.load.votable", "samp.params": params})
    wait(lambda: any(reason in notice.text for notice in session.state.notices))


def test_a_table_without_our_ids_is_refused(session, tmp_path):
    Table({"a": ["x", "y"]}).write(tmp_path / "a.fits")
    exchange = Exchange(session.dataset.catalogue)
    with pytest.raises(SampError, match="no column"):
        exchange.read({"url": (tmp_path / "a.fits").as_uri()}, "fits")


def test_a_position_far_from_all_sources_is_told(session, bridge, other):
    tell(other, "coord.pointAt.sky", ra="10", dec="89")
    wait(lambda: any("no source within" in notice.text for notice in session.state.notices))
    assert session.state.focus is None


def test_the_end_of_the_hub_is_noticed(session, bridge, hub):
    hub.stop()
    wait(lambda: not bridge.connected)
    assert session.state.notices[-1].text == "The SAMP hub has closed."
