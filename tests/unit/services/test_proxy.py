"""A proxy is used only if the user chooses one."""

from __future__ import annotations

import socket

import pytest

from astronomical.errors import InvalidInputError
from astronomical.services import connections
from astronomical.services.http import HttpClient
from astronomical.services.proxy import PROXY_VARIABLE, Proxy, read_proxy
from astronomical.services.transfer import FetchError
from tests.stubs.raw_server import RawServer, reply

NAMES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture(autouse=True)
def no_proxy_here(monkeypatch):
    for name in (*NAMES, PROXY_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def proxy():
    """A proxy that answers every request itself, and refuses tunnels."""

    def serve(connected):
        while head := running.request(connected):
            refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
            connected.sendall(refusal if head.startswith(b"CONNECT") else reply(b"through the proxy"))

    with RawServer(serve) as running:
        yield running


def through(proxy: RawServer, **how) -> HttpClient:
    return HttpClient(proxy=Proxy(f"http://me:secret@127.0.0.1:{proxy.port}"), **how)


def no_names(monkeypatch) -> None:
    """Let no name be looked up, as behind the proxies of many institutes."""

    def refuse(*args, **kwargs):
        raise socket.gaierror("no names here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    real = socket.create_connection

    def connect(to, timeout):
        made = socket.socket()
        made.connect(to)
        return made

    monkeypatch.setattr(socket, "create_connection", connect)
    assert real is not connect


def test_a_request_goes_through_the_proxy_which_looks_the_name_up(proxy, monkeypatch):
    no_names(monkeypatch)
    client = through(proxy)
    for _ in range(2):
        assert client.get("http://survey.example/image").data == b"through the proxy"
    client.close()
    assert proxy.requests[0].startswith(b"GET http://survey.example/image HTTP/1.1")
    assert b"proxy-authorization: basic" in proxy.requests[0].lower()
    assert proxy.n_connections == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "localhost", "2130706433"])
def test_a_proxy_is_not_asked_for_a_private_host(proxy, host):
    with pytest.raises(FetchError, match="private network"):
        through(proxy).get(f"http://{host}/image")
    assert proxy.requests == []


def test_a_private_name_that_is_known_here_is_not_asked_of_a_proxy(proxy, monkeypatch):
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.1.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answer)
    with pytest.raises(FetchError, match=r"intranet\.example is on a private network"):
        through(proxy).get("http://intranet.example/image")


def test_a_proxy_that_refuses_a_tunnel_is_named_without_its_password(proxy, monkeypatch):
    no_names(monkeypatch)
    with pytest.raises(FetchError, match=r"the proxy did not connect to survey\.example: .*407") as caught:
        through(proxy).get("https://survey.example/image")
    assert "secret" not in str(caught.value)
    assert proxy.requests[0].startswith(b"CONNECT survey.example:443")


def test_a_proxy_that_does_not_answer(monkeypatch):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        client = HttpClient(proxy=Proxy(f"http://127.0.0.1:{held.getsockname()[1]}"))
        monkeypatch.setattr(connections, "is_public", lambda address: True)
        with pytest.raises(FetchError, match=r"offline: no connection to the proxy 127\.0\.0\.1"):
            client.get("http://8.8.8.8/image")


@pytest.mark.timeout(60)
def test_the_deadline_holds_through_a_proxy():
    def drip(connected):
        while not server.over.wait(0.05):
            connected.sendall(b"H")

    with RawServer(drip) as server, pytest.raises(FetchError, match=r"timed out after 0\.4 s"):
        through(server).get("https://8.8.8.8/image", timeout_s=0.4)


def test_tables_of_this_computer_never_go_through_a_proxy(proxy):
    def serve(connected):
        server.request(connected)
        connected.sendall(reply(b"table"))

    with RawServer(serve) as server:
        assert through(proxy, loopback_only=True).get(server.url).data == b"table"
    assert proxy.requests == []


def test_the_setting(monkeypatch):
    assert read_proxy().for_url("http://survey.example/") == {}
    monkeypatch.setenv("HTTP_PROXY", "http://of.environment:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://of.environment:3128")
    assert read_proxy().for_url("http://survey.example/") == {}
    monkeypatch.setenv(PROXY_VARIABLE, "Environment")
    assert read_proxy().for_url("https://survey.example/")["https"] == "http://of.environment:3128"
    monkeypatch.setenv(PROXY_VARIABLE, "http://proxy.example:8080")
    assert read_proxy().for_url("https://survey.example/")["https"] == "http://proxy.example:8080"
    monkeypatch.setenv("NO_PROXY", "survey.example")
    assert read_proxy().for_url("https://survey.example/") == {}
    monkeypatch.setenv(PROXY_VARIABLE, "environment")
    assert read_proxy().for_url("https://survey.example/") == {}


@pytest.mark.parametrize(
    "text",
    ["yes", "proxy.example:3128", "socks5://proxy.example:1080", "http://", "http://a:b", "http://[::1", "file:///x"],
)
def test_a_setting_that_is_no_proxy_says_what_to_write(text, monkeypatch):
    monkeypatch.setenv(PROXY_VARIABLE, text)
    with pytest.raises(InvalidInputError, match=r"ASTRONOMICAL_PROXY is not a proxy\. Set it to an address such as"):
        read_proxy()
