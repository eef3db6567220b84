import ipaddress
import socket
import threading

import pytest

from astronomical.services import connections
from astronomical.services.http import get
from astronomical.services.transfer import FetchError, Transfer

LOOPBACK = ipaddress.ip_address("127.0.0.1")


@pytest.fixture
def loopback_is_public(monkeypatch):
    """Let the stub stand for a host of the open net; all other private addresses stay private."""
    real = connections.is_public
    monkeypatch.setattr(connections, "is_public", lambda address: address == LOOPBACK or real(address))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
    ],
)
def test_private_addresses(text):
    assert not connections.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_public_addresses(text):
    assert connections.is_public(ipaddress.ip_address(text))


def test_private_host_is_not_asked(server):
    with pytest.raises(FetchError, match="private network"):
        get(server.sdss_url)
    assert server.n_requests == 0


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_other_spellings_of_a_private_host_are_not_asked(server, host):
    with pytest.raises(FetchError, match=r"private network|no connection"):
        get(server.sdss_url.replace("127.0.0.1", host))
    assert server.n_requests == 0


def test_name_is_resolved_once_and_the_checked_address_connected(server, monkeypatch, loopback_is_public):
    asked = []

    def resolve(host, port, **kwargs):
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    # create_connection looks an address up too; what it gets must already be the checked one.
    connected = []

    def connect(to, timeout):
        connected.append(to)
        made = socket.socket()
        made.connect(to)
        return made

    monkeypatch.setattr(socket, "create_connection", connect)
    url = server.sdss_url.replace("127.0.0.1", "rebinding.example") + "?ra=1&dec=1&scale=1&width=64&height=64"
    assert get(url).data[:2] == b"\xff\xd8"
    assert asked == ["rebinding.example"]
    assert connected == [("127.0.0.1", server.port)]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "http://",
        "http://a:b/x",
        "//x/y",
        "",
    ],
)
def test_only_http_addresses(url):
    with pytest.raises(FetchError, match="not an http or https URL"):
        get(url)


def test_redirect_to_another_public_host_is_followed(server, loopback_is_public):
    server.mode = "redirect_host"
    reply = get(server.sdss_url + "?ra=1&dec=1&scale=1&width=64&height=64")
    assert reply.data[:2] == b"\xff\xd8"
    assert reply.url.startswith("http://localhost:")


def test_trust_in_the_first_host_does_not_extend_to_redirects(server):
    server.mode = "redirect_host"
    with pytest.raises(FetchError, match="localhost is on a private network"):
        get(server.sdss_url + "?ra=1&dec=1&scale=1&width=64&height=64", allow_private=True)


def test_unknown_host_is_said_to_be_offline():
    with pytest.raises(FetchError, match=r"offline: no connection to no-such-host\.invalid"):
        get("http://no-such-host.invalid/", timeout_s=5)


def test_closed_port_is_said_to_be_offline(loopback_is_public):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(FetchError, match="offline: no connection to 127"):
            get(f"http://127.0.0.1:{held.getsockname()[1]}/")


def test_slow_name_server_does_not_outlast_the_limit(monkeypatch):
    released, answered = threading.Event(), []

    def never_answers(*args, **kwargs):
        answered.append(released.wait(60))
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never_answers)
    with pytest.raises(FetchError, match=r"timed out after 0\.2 s"):
        get("http://example.org/", timeout_s=0.2)
    assert answered == []  # the name server is still being asked
    released.set()


@pytest.mark.parametrize("mode", ["hang", "drip", "header_drip"])
@pytest.mark.timeout(60)
def test_stop_ends_a_transfer_long_before_its_limit(server, mode):
    server.mode = mode
    transfer = Transfer(600)
    threading.Timer(0.15, transfer.stop).start()
    with pytest.raises(FetchError, match="cancelled"):
        get(server.sdss_url + "?ra=1&dec=1&scale=1&width=64&height=64", allow_private=True, transfer=transfer)
    assert server.n_requests <= 1  # a busy computer may stop it before the request is out


def test_server_that_speaks_no_tls(server, loopback_is_public):
    with pytest.raises(FetchError, match="closed the connection"):
        get(server.sdss_url.replace("http:", "https:"), timeout_s=2)
