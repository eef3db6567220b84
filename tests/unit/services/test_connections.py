"""Connections are kept alive, checked before each use, and limited in time and size."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import tracemalloc
from pathlib import Path

import pytest

from astronomical.config.services import ServicesConfig
from astronomical.services import connections
from astronomical.services.http import HttpClient
from astronomical.services.services import open_services
from astronomical.services.surveys import sdss
from astronomical.services.transfer import FetchError, Transfer
from tests.stubs.raw_server import RawServer, reply

WANTED = "?ra=1&dec=1&scale=1&width=64&height=64"


@pytest.fixture
def client():
    made = HttpClient(max_bytes=1e6, allow_private=True)
    yield made
    made.close()


def test_two_cutouts_of_a_project_share_a_connection(server, tmp_path, monkeypatch):
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path))
    services = open_services(ServicesConfig(), tmp_path, allow_private=True)
    optical = sdss(server.sdss_url)
    cutouts = [services.cutouts.fetch(optical, ra, 0, 0.4, 64) for ra in (1.0, 2.0)]
    # An image that the catalogue names comes from the same host, through the session of the same project.
    named = services.pictures.read(server.sdss_url + WANTED)
    services.close()
    assert [cutout.ok for cutout in cutouts] == [True, True]
    assert named.ok
    assert (server.n_requests, server.n_connections) == (3, 1)


def test_a_connection_that_is_kept_needs_no_second_look_up(server, client, monkeypatch):
    asked = []

    def resolve(host, port, **kwargs):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect_without_look_up)
    for _ in range(3):
        client.get(server.sdss_url.replace("127.0.0.1", "survey.example") + WANTED)
    assert (asked, server.n_connections) == (["survey.example"], 1)


def connect_without_look_up(to, timeout):
    made = socket.socket()
    made.connect(to)
    return made


def test_an_open_connection_to_a_trusted_host_is_not_used_by_a_redirect_from_another(server, client):
    """The redirect must not reach a private host because a connection to it happens to be open."""
    local = server.sdss_url.replace("127.0.0.1", "localhost") + WANTED
    client.get(local)
    server.mode = "redirect_host"
    with pytest.raises(FetchError, match="localhost is on a private network"):
        client.get(server.sdss_url + WANTED)
    assert server.n_requests == 2


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(client):
    def serve(connected):
        server.request(connected)
        connected.sendall(reply(b"image"))
        # The next request of this connection arrives, and is not answered.
        if server.n_connections == 1:
            server.request(connected)

    with RawServer(serve) as server:
        assert [client.get(server.url).data for _ in range(2)] == [b"image"] * 2
        assert (server.n_connections, len(server.requests)) == (2, 3)


def test_a_new_connection_that_fails_is_not_repeated(client):
    with RawServer(lambda connected: server.request(connected)) as server:
        with pytest.raises(FetchError, match="the server closed the connection"):
            client.get(server.url)
        assert server.n_connections == 1


def test_an_error_status_and_a_redirect_keep_the_connection(server, client):
    server.mode = "404"
    with pytest.raises(FetchError, match="status 404"):
        client.get(server.sdss_url + WANTED)
    server.mode = "redirect_same"
    client.get(server.sdss_url + WANTED)
    assert (server.n_requests, server.n_connections) == (3, 1)


@pytest.mark.parametrize("layers", [1, 2])
def test_content_that_decodes_to_too_much_is_refused_at_the_limit(client, layers):
    body = b"\0" * 300_000_000
    for _ in range(layers):
        body = gzip.compress(body, 1)
    coding = "Content-Encoding: " + ", ".join(["gzip"] * layers)

    def serve(connected):
        server.request(connected)
        connected.sendall(reply(body, coding))

    with RawServer(serve) as server:
        tracemalloc.start()
        with pytest.raises(FetchError, match="the file is larger than 1 MB"):
            client.get(server.url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 12e6


def test_compressed_content_is_decoded_although_it_was_not_asked_for(client):
    def serve(connected):
        server.request(connected)
        connected.sendall(reply(gzip.compress(b"image"), "Content-Encoding: gzip"))

    with RawServer(serve) as server:
        assert client.get(server.url).data == b"image"
        assert b"accept-encoding: identity" in server.requests[0].lower()


def test_damaged_compressed_content_is_said_to_be_damaged(client):
    def serve(connected):
        server.request(connected)
        connected.sendall(reply(b"no gzip at all", "Content-Encoding: gzip"))

    with RawServer(serve) as server, pytest.raises(FetchError, match="damaged compressed content"):
        client.get(server.url)


ENDLESS = {
    "headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 2_000_000,
    "a header": b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 20_000_000,
    "a status": b"HTTP/1.1 200 " + b"b" * 20_000_000,
    "a chunk size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 20_000_000,
    "trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X" * 20_000_000,
    "provisional answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 800_000,
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", ENDLESS)
def test_a_head_without_an_end_is_refused(what):
    client = HttpClient(max_bytes=1e6, allow_private=True)

    def serve(connected):
        server.request(connected)
        connected.sendall(ENDLESS[what])
        server.over.wait(60)

    with RawServer(serve) as server:
        tracemalloc.start()
        with pytest.raises(FetchError):
            client.get(server.url, timeout_s=5)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 12e6


def drip(server: RawServer, connected: socket.socket, data: bytes) -> None:
    for at in range(len(data)):
        connected.sendall(data[at : at + 1])
        if server.over.wait(0.02):
            return


DRIPS = {
    "status": b"HTTP/1.1 200 " + b"O" * 60_000,
    "headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 10_000,
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60_000,
    "body without a length": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 60_000,
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 10_000,
    "error": b"HTTP/1.1 503 No\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60_000,
    "redirect": b"HTTP/1.1 302 No\r\nLocation: /\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60_000,
    "gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 60000\r\n\r\n"
    + gzip.compress(b"x" * 600_000),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("how", DRIPS)
@pytest.mark.parametrize("end", ["deadline", "stop"])
def test_a_drip_of_anything_ends_at_the_deadline_and_by_a_stop(client, how, end):
    def serve(connected):
        server.request(connected)
        drip(server, connected, DRIPS[how])

    transfer = Transfer(0.4 if end == "deadline" else 600)
    with RawServer(serve) as server:
        if end == "stop":
            threading.Timer(0.3, transfer.stop).start()
        with pytest.raises(FetchError, match=r"timed out after 0\.4 s" if end == "deadline" else "cancelled"):
            client.get(server.url, transfer=transfer)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("end", ["deadline", "stop"])
def test_a_drip_ends_on_a_connection_that_was_kept(client, end):
    def serve(connected):
        server.request(connected)
        connected.sendall(reply(b"image"))
        server.request(connected)
        drip(server, connected, DRIPS["headers"])

    with RawServer(serve) as server:
        client.get(server.url)
        transfer = Transfer(0.4 if end == "deadline" else 600)
        if end == "stop":
            threading.Timer(0.3, transfer.stop).start()
        with pytest.raises(FetchError, match="timed out" if end == "deadline" else "cancelled"):
            client.get(server.url, transfer=transfer)
        assert server.n_connections == 1


@pytest.mark.timeout(60)
@pytest.mark.parametrize("end", ["deadline", "stop"])
def test_a_drip_of_the_tls_handshake_ends(client, end):
    # The record header of TLS announces more bytes than ever come.
    with RawServer(lambda connected: drip(server, connected, b"\x16\x03\x03\x40\x00" + b"\x02" * 10_000)) as server:
        transfer = Transfer(0.4 if end == "deadline" else 600)
        if end == "stop":
            threading.Timer(0.3, transfer.stop).start()
        with pytest.raises(FetchError, match="timed out" if end == "deadline" else "cancelled"):
            client.get(server.url.replace("http:", "https:"), transfer=transfer)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate for survey.example, signed by itself."""
    folder = tmp_path_factory.mktemp("certificate")
    made = folder / "made.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=survey.example"]
    names = ["-addext", "subjectAltName=DNS:survey.example"]
    try:
        subprocess.run(
            [*command, *names, "-keyout", made, "-out", folder / "public.pem"], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl cannot make a certificate here")
    made.write_bytes(made.read_bytes() + (folder / "public.pem").read_bytes())
    return made


@pytest.fixture
def tls_server(certificate, monkeypatch):
    """A server with this certificate, which the client trusts; every name leads to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(connected):
        with context.wrap_socket(connected, server_side=True) as secure:
            while running.request(secure):
                secure.sendall(reply(b"image"))

    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(connections, "_tls", lambda: trusting)
    monkeypatch.setattr(connections, "is_public", lambda address: True)
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **kwargs: real("127.0.0.1", *args, **kwargs))
    with RawServer(serve) as running:
        yield running


def test_the_certificate_is_checked_against_the_name_although_an_address_is_connected(tls_server):
    client = HttpClient()
    url = f"https://survey.example:{tls_server.port}/image"
    assert [client.get(url).data for _ in range(2)] == [b"image"] * 2
    assert tls_server.n_connections == 1
    assert b"Host: survey.example" in tls_server.requests[0]
    with pytest.raises(FetchError, match=r"the certificate of other\.example is not trusted"):
        client.get(url.replace("survey.", "other."))
    client.close()


def test_cookies_are_not_kept(client):
    def serve(connected):
        while server.request(connected):
            connected.sendall(reply(b"image", "Set-Cookie: visitor=1; Path=/"))

    with RawServer(serve) as server:
        for _ in range(2):
            client.get(server.url)
        assert all(b"cookie" not in request.lower() for request in server.requests)


def test_the_environment_changes_no_request(client, monkeypatch, tmp_path):
    """Neither a proxy, nor a password of .netrc, nor other certificates are used unless the user asks for it."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))

    def serve(connected):
        server.request(connected)
        connected.sendall(reply(b"image"))

    with RawServer(serve) as server:
        assert client.get(server.url).data == b"image"
        assert b"authorization" not in server.requests[0].lower()
