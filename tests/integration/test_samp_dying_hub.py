"""A SAMP hub that hangs, answers garbage, closes in the middle or sends too much."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from astropy import samp

from astronomical.services import samp_hub
from astronomical.services.samp import SampError, SampLink
from astronomical.services.samp_hub import HubError, read_lock_file

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
BODY = (
    b"<?xml version='1.0'?><methodResponse><params><param><value><string>%s</string></value></param></params>"
    b"</methodResponse>"
)
HUB = """
import sys, time
from astropy import samp
samp.conf.use_internet = False
samp.SAMPHubServer(web_profile=False, addr="127.0.0.1", lockfile=sys.argv[1]).start()
print("ready", flush=True)
time.sleep(600)
"""


def reply(body: bytes) -> bytes:
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body


MISBEHAVIOURS = {
    "closes at once": b"",
    "closes in the middle": OK + b"Content-Length: 5000\r\n\r\n<?xml",
    "is no HTTP": b"\x00\xff\x1b[31m" * 100 + b"\r\n\r\n",
    "is an error": b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    "is no XML": reply(b"garbage" * 100),
    "is another XML": reply(b"<html/>"),
    "says something else": reply(BODY % b"samp.hub"),
    "nests": reply(b"<methodResponse><params><param><value>" + b"<array><data><value>" * 20_000),
    "declares entities": reply(b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + BODY % b"&b;"),
    "reads a file": reply(b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>" + BODY % b"&b;"),
    "is too large": OK + b"\r\n" + b"x" * 3_000_000,
    "is compressed": OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "redirects": b"HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\nContent-Length: 0\r\n\r\n",
}


class BadHub:
    """Takes connections, and answers each request with the same bytes; without any it is silent, or drips."""

    def __init__(self, answer: bytes | None, drips: bool = False) -> None:
        self.answer, self.drips = answer, drips
        self.over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connected, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        with connected:
            try:
                connected.recv(65536)
                while self.drips and not self.over.wait(0.05):
                    connected.sendall(b"HTTP/1.1 200 OK\r\nX-"[:1])
                if self.answer is None:
                    self.over.wait(60)
                else:
                    connected.sendall(self.answer)
            except OSError:
                return

    def close(self) -> None:
        self.over.set()
        self._listening.close()


@pytest.fixture
def hub_at(tmp_path: Path, monkeypatch):
    """Write the lock file of a hub."""
    lock = tmp_path / "hub"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    monkeypatch.setattr(samp_hub, "CALL_S", 0.5)
    monkeypatch.setattr(samp_hub, "MAX_BYTES", 1_000_000)
    monkeypatch.setattr(samp.conf, "use_internet", False)
    made = []

    def write(answer: bytes | None, **how) -> Path:
        made.append(BadHub(answer, **how))
        lock.write_text(
            f"samp.secret=x\nsamp.hub.xmlrpc.url=http://127.0.0.1:{made[-1].port}/\nsamp.profile.version=1.3\n"
        )
        return lock

    yield write
    for hub in made:
        hub.close()


def link() -> SampLink:
    return SampLink(lambda mtype, params: None, lambda: None)


def client_threads() -> set[threading.Thread]:
    """Return the threads that serve a SAMP client; other tests of the same process may have left some."""
    return {thread for thread in threading.enumerate() if "_serve_forever" in thread.name}


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = client_threads()
    yield
    assert client_threads() <= before


@pytest.mark.parametrize("how", MISBEHAVIOURS)
def test_a_hub_that_answers_wrongly_is_no_hub(how, hub_at):
    hub_at(MISBEHAVIOURS[how])
    with pytest.raises(SampError, match="No SAMP hub is running on this computer, or it does not respond"):
        link().connect()


@pytest.mark.parametrize("drips", [False, True])
def test_a_hub_that_hangs_is_given_up(drips, hub_at):
    hub_at(None, drips=drips)
    found = []

    def connect():
        try:
            link().connect()
        except SampError as error:
            found.append(str(error))

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert "does not respond" in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "samp.hub.xmlrpc.url=http://example.org/",
        "samp.hub.xmlrpc.url=http://10.0.0.1:80/",
        "samp.hub.xmlrpc.url=",
        "samp.hub.xmlrpc.url=file:///etc/passwd",
        "samp.hub.xmlrpc.url=http://[::1",
        "",
        "\x00" * 100,
        "=\n==\n#",
        "samp.hub.xmlrpc.url=http://localhost@example.org/",
        "samp.hub.xmlrpc.url=http://127.0.0.1.example.org/",
    ],
)
def test_a_lock_file_names_a_hub_of_this_computer_only(text, hub_at, monkeypatch):
    hub_at(b"").write_text(text)
    monkeypatch.setattr(samp_hub, "ServerProxyPool", lambda *args: pytest.fail("connected"))
    with pytest.raises(SampError, match="No SAMP hub"):
        link().connect()


@pytest.mark.parametrize(
    "where",
    [
        "std-lockurl:http://example.org/lock",
        "std-lockurl:file://host/share/lock",
        r"std-lockurl:\\host\share\lock",
        "std-lockurl:file:////host/share",
        "web:x",
        "x",
    ],
)
def test_a_lock_file_lies_on_this_computer(where, monkeypatch):
    monkeypatch.setenv("SAMP_HUB", where)
    with pytest.raises(SampError, match="No SAMP hub"):
        link().connect()


def test_a_lock_file_has_an_end(tmp_path):
    (tmp_path / "lock").write_bytes(b"a=b\n" * 100_000)
    with pytest.raises(HubError, match="not the lock file"):
        read_lock_file(tmp_path / "lock")
    with pytest.raises(HubError):
        read_lock_file(Path("/dev/zero"))


@pytest.fixture
def real_hub(tmp_path, monkeypatch):
    lock = tmp_path / "real"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    monkeypatch.setattr(samp.conf, "use_internet", False)
    hub = samp.SAMPHubServer(web_profile=False, addr="127.0.0.1", lockfile=str(lock))
    hub.start()
    yield hub
    if hub.is_running:
        hub.stop()


def test_a_hub_that_is_killed_while_connected_is_noticed(tmp_path, monkeypatch):
    lock = tmp_path / "killed"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    lost = threading.Event()
    made = SampLink(lambda mtype, params: None, lost.set)
    with subprocess.Popen([sys.executable, "-c", HUB, str(lock)], stdout=subprocess.PIPE, text=True) as hub:
        while "ready" not in hub.stdout.readline():
            assert hub.poll() is None
        made.connect()
        assert made.connected
        hub.kill()
    with pytest.raises(SampError, match="no longer responds"):
        made.takers("coord.pointAt.sky")
    assert lost.is_set()
    assert not made.connected
    made.disconnect()
    with pytest.raises(SampError, match="No SAMP hub"):  # its lock file is still there
        made.connect()


def test_messages_that_are_too_large_or_have_no_size_are_refused(real_hub):
    got = []
    made = SampLink(lambda mtype, params: got.append(mtype), lambda: None)
    made.connect()
    try:
        other = samp.SAMPIntegratedClient(addr="127.0.0.1")
        other.connect()
        address = urlsplit(made.address)
        for headers in ({"Content-Length": "1000000000"}, {"Content-Length": "-1"}, {"Content-Length": "x"}, {}):
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
            connection.putrequest("POST", "/")
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            assert connection.getresponse().status == 413
            connection.close()
        other.ecall_and_wait(
            next(iter(other.get_subscribed_clients("coord.pointAt.sky"))), "coord.pointAt.sky", "30", ra="1", dec="1"
        )
        assert got == ["coord.pointAt.sky"]
        other.disconnect()
    finally:
        made.disconnect()
