"""The account at the other end of a connection."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from astronomical.dashboard.server import peers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says whose connection it is")

#: Address that is listened on, family and address of the client.
WAYS = [
    ("127.0.0.1", socket.AF_INET, "127.0.0.1"),
    ("127.0.0.1", socket.AF_INET, "127.0.0.2"),
    ("127.0.0.1", socket.AF_INET6, "::ffff:127.0.0.1"),
    ("::1", socket.AF_INET6, "::1"),
    ("::", socket.AF_INET, "127.0.0.1"),
    ("::", socket.AF_INET6, "::1"),
    ("::", socket.AF_INET6, "::ffff:127.0.0.1"),
]


@pytest.fixture(params=["kernel", "tables"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Look up by netlink; or in /proc/net, as where netlink is not allowed."""
    if request.param == "tables":
        monkeypatch.setattr(peers, "_NETLINK_SOCK_DIAG", 31)  # there is no such protocol
    return request.param


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]} from {way[2]}")
def connection(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client's socket and ours."""
    listen, family, target = request.param
    try:
        server = socket.create_server(
            (listen, 0), family=socket.AF_INET6 if ":" in listen else socket.AF_INET, dualstack_ipv6=listen == "::"
        )
        client = socket.socket(family)
        if target == "127.0.0.2":
            client.bind((target, 0))
            target = "127.0.0.1"
        client.connect((target, server.getsockname()[1]))
    except OSError as error:
        pytest.skip(f"this computer has no such connection: {error}")
    accepted, _ = server.accept()
    yield client, accepted
    for end in (client, accepted, server):
        end.close()


def test_the_account_of_a_connection_is_found(connection, way):
    assert peers.account_of(connection[1]) == os.geteuid()


def test_another_account_is_told_apart(way):
    if os.geteuid() != 0:
        pytest.skip("only root can give a socket to another account")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        os.fchown(client.fileno(), 12345, -1)
        client.connect(server.getsockname())
        with server.accept()[0] as accepted:
            assert peers.account_of(accepted) == 12345


def test_a_connection_that_its_client_closed_is_nobodys(connection, way):
    client, accepted = connection
    client.close()  # Linux shows such sockets as those of root
    assert peers.account_of(accepted) is None


def test_a_closed_or_foreign_socket_is_nobodys(connection, way):
    connection[1].close()
    assert peers.account_of(connection[1]) is None
    pair = socket.socketpair()
    assert peers.account_of(pair[0]) is None
    for end in pair:
        end.close()


def test_without_tables_nobody_is_known(monkeypatch, tmp_path, connection):
    monkeypatch.setattr(peers, "_NETLINK_SOCK_DIAG", 31)
    monkeypatch.setattr(peers, "_PROC", tmp_path)
    assert peers.account_of(connection[1]) is None
    assert not peers.accounts_are_known()
    (tmp_path / "tcp").write_bytes(b"\xff" * 1000)
    assert peers.account_of(connection[1]) is None


def test_the_account_for_all_unknown_ones_is_not_ours(monkeypatch, tmp_path):
    overflow = tmp_path / "overflowuid"
    overflow.write_text(f"{os.geteuid()}\n")
    monkeypatch.setattr(peers, "_OVERFLOW", Path(overflow))
    assert peers.own_account() is None
    assert not peers.accounts_are_known()
