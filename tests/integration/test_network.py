"""Another computer on the network does not reach the server: tried from a second host, in a network of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SERVER, NEIGHBOUR = f"astro-server-{os.getpid()}", f"astro-neighbour-{os.getpid()}"
ADDRESS, PORT = "10.213.77.1", 5006
#: Tries to connect; the exit code says how that went.
KNOCK = "import socket, sys; sys.exit(socket.socket().connect_ex((sys.argv[1], int(sys.argv[2]))))"


def ip(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ip", *words], capture_output=True, check=False)


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    """Two hosts that see only each other."""
    if shutil.which("ip") is None or ip("netns", "add", SERVER).returncode:
        pytest.skip("networks cannot be made here")
    try:
        ip("netns", "add", NEIGHBOUR)
        ip("-n", SERVER, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", NEIGHBOUR)
        for host, address in ((SERVER, ADDRESS), (NEIGHBOUR, "10.213.77.2")):
            ip("-n", host, "addr", "add", f"{address}/30", "dev", "wire")
            ip("-n", host, "link", "set", "wire", "up")
            ip("-n", host, "link", "set", "lo", "up")
        yield
    finally:
        ip("netns", "del", SERVER)
        ip("netns", "del", NEIGHBOUR)


def on(host: str, *command: str) -> list[str]:
    return ["ip", "netns", "exec", host, *command]


def reaches(host: str, address: str) -> bool:
    return (
        subprocess.run(on(host, sys.executable, "-c", KNOCK, address, str(PORT)), check=False, timeout=30).returncode
        == 0
    )


def serve(*command: str) -> subprocess.Popen[bytes]:
    """Start a server on the first host, and wait until that host itself reaches it."""
    process = subprocess.Popen(on(SERVER, *command), cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):  # a guard only
        assert process.poll() is None, "the server did not start"
        if reaches(SERVER, "127.0.0.1"):
            return process
        time.sleep(0.2)
    process.kill()
    pytest.fail("the server does not listen")


@pytest.mark.parametrize(
    ("command", "open_to_all"),
    [
        ((sys.executable, "-m", "http.server", str(PORT)), True),  # the neighbour does reach what is open
        ((sys.executable, "-m", "panel", "serve", "astronomical", "--port", str(PORT)), False),
        ((sys.executable, "-m", "astronomical", "serve", "--port", str(PORT), "--no-show"), False),
    ],
    ids=["control", "panel serve", "astronomical serve"],
)
def test_a_neighbour_does_not_reach_the_server(network, command, open_to_all):
    process = serve(*command)
    try:
        assert reaches(NEIGHBOUR, ADDRESS) == open_to_all
    finally:
        process.kill()
        process.wait()
