"""Pages of others can neither show ours, nor use what the server gives, nor keep it busy."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.servers import GuardedServer, small_app

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: Writes a line for each page that is built.
MAIN = """import time
import panel as pn
with open({log!r}, 'a') as log:
    log.write('built\\n')
time.sleep({seconds})
pn.pane.Str('text').servable()
"""


class CountingServer(GuardedServer):
    def __init__(self, folder: Path, seconds: float = 0) -> None:
        self.log = folder / "built.txt"
        self.log.touch()
        app = small_app(folder / "small", MAIN.format(log=str(self.log), seconds=seconds))
        super().__init__(app, folder / "printed.txt")

    def n_built(self) -> int:
        return self.log.read_text().count("built")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingServer]:
    running = CountingServer(tmp_path_factory.mktemp("pages"), seconds=0.05)
    yield running
    running.stop()


def fetch(site: str, mode: str, dest: str, *more: str) -> tuple[str, ...]:
    return f"Sec-Fetch-Site: {site}", f"Sec-Fetch-Mode: {mode}", f"Sec-Fetch-Dest: {dest}", *more


def test_every_answer_forbids_frames_and_guesses_of_its_type(server):
    replies = [
        server.get(path, *headers)
        for path, *headers in (
            (server.path,),
            ("/",),
            ("/static/js/bokeh.min.js",),
            ("/static/nothing.js",),
            ("/nothing",),
            ("/favicon.ico",),
            (f"{server.path}/metadata",),
            ("/login",),
            (server.path, "Via: x"),
            (server.path, "Origin: http://evil.example"),
            (f"{server.path}/autoload.js",),
            (server.path, *fetch("cross-site", "navigate", "document")),
        )
    ]
    replies += [server.get(server.path, method=method) for method in ("POST", "PUT", "HEAD", "OPTIONS", "DELETE")]
    replies += [
        server.send(server.websocket()),
        server.send(server.websocket("Via: x")),
        server.get("/login", method="POST", body="token=x"),
    ]
    assert {reply.status for reply in replies} >= {101, 200, 302, 403, 404, 405}
    for reply in replies:
        assert {name: reply.headers[name] for name in HEADERS} == HEADERS, reply
        assert "frame-ancestors 'none'" in ", ".join(reply.headers.get_all("Content-Security-Policy") or ())
        assert reply.headers["Access-Control-Allow-Origin"] is None


def test_sixty_images_in_a_page_of_others_build_nothing(server):
    before = server.n_built()
    image = fetch("cross-site", "no-cors", "image")
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: server.get(server.path, *image), range(60)))
    assert {reply.status for reply in replies} == {403}
    assert server.n_built() == before


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "unheard-of", ""])
@pytest.mark.parametrize(
    ("mode", "dest"),
    [
        ("no-cors", "image"),
        ("cors", "empty"),
        ("no-cors", "script"),
        ("no-cors", "style"),
        ("navigate", "iframe"),
        ("navigate", "frame"),
        ("navigate", "object"),
        ("navigate", "embed"),
        ("websocket", "empty"),
        ("", ""),
        ("no-cors", "document"),
    ],
)
@pytest.mark.parametrize("path", ["{path}", "/static/js/bokeh.min.js", "/favicon.ico"])
def test_what_is_no_whole_tab_is_refused_to_pages_of_others(server, site, mode, dest, path):
    headers = fetch(site, mode, dest)
    assert server.get(path.format(path=server.path), *headers).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_in_a_page_of_others_opens_ours_by_way_of_a_short_page(server, site):
    before = server.n_built()
    reply = server.get(f'{server.path}?project=a&b="><b>', *fetch(site, "navigate", "document"))
    assert reply.status == 200
    assert f'content="0;url={server.path}?project=a&amp;b=&#34;&gt;&lt;b&gt;"' in reply.text
    assert server.n_built() == before
    assert server.get(server.path, *fetch("same-origin", "navigate", "document")).status == 200
    assert server.n_built() == before + 1


def test_the_short_page_leads_to_no_other_server(server):
    for path in ("//evil.example", "/\\evil.example", "///evil.example"):
        reply = server.get(path, *fetch("cross-site", "navigate", "document"))
        assert "evil.example" not in reply.text


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
def test_pages_of_others_may_only_get(server, method):
    assert server.get(server.path, *fetch("cross-site", "navigate", "document"), method=method).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        fetch("same-origin", "no-cors", "image"),
        fetch("same-origin", "cors", "empty"),
        fetch("none", "navigate", "iframe"),
        fetch("none", "navigate", "document", "Sec-Purpose: prefetch;prerender"),
        fetch("same-origin", "navigate", "document", "Purpose: prefetch"),
    ],
)
def test_a_page_is_not_built_for_what_is_no_page_view(server, headers):
    before = server.n_built()
    for path in (server.path, f"{server.path}/", server.path.replace("s", "%73")):
        assert server.get(path, *headers).status in (403, 404)
    assert server.n_built() == before


def test_a_page_that_was_given_up_is_not_built(tmp_path):
    server = CountingServer(tmp_path, seconds=0.2)
    try:
        connections = []
        for _ in range(40):
            connection = socket.create_connection(("127.0.0.1", server.port))
            connection.sendall(server.text(server.path).encode())
            connections.append(connection)
        connections[0].recv(1)  # the first page has been built; the others wait
        for connection in connections:
            connection.close()
        assert server.get(server.path).status == 200
        assert server.n_built() < 20
    finally:
        server.stop()


@pytest.mark.slow
def test_a_hundred_tabs_at_once_leave_room_for_what_is_open(server):
    """While the pages are built, other requests are answered between two of them."""
    order: list[str] = []
    with ThreadPoolExecutor(100) as pool:
        tabs = [pool.submit(server.get, server.path) for _ in range(100)]
        tabs[0].result()
        for tab in tabs[1:]:
            tab.add_done_callback(lambda _: order.append("tab"))
        for _ in range(5):
            assert server.get("/favicon.ico").status == 200
            order.append("other")
        assert [tab.result().status for tab in tabs] == [200] * 100
    assert order[:60].count("other") == 5, order


class WebSocket:
    """A WebSocket that sends frames as it likes."""

    def __init__(self, server: GuardedServer) -> None:
        page = server.get(server.path)
        token = page.text.partition('"token":"')[2].partition('"')[0]
        self.stream = socket.create_connection(("127.0.0.1", server.port), timeout=120)
        self.stream.sendall(server.websocket(token=token).encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.stream.recv(1)
        assert b" 101 " in head

    def send(self, payload: bytes, *, opcode: int = 1, final: bool = True, length: int | None = None) -> None:
        size = len(payload) if length is None else length
        self.stream.sendall(struct.pack("!BBQ", (128 if final else 0) | opcode, 128 | 127, size) + b"\0" * 4 + payload)

    def is_closed(self) -> bool:
        """Read until the server closes the connection."""
        try:
            while self.stream.recv(65536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True


def peak_megabytes(server: GuardedServer) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("way", ["one frame", "many frames", "many buffers"])
def test_a_message_of_a_gigabyte_is_refused_before_it_is_held(server, way):
    websocket = WebSocket(server)
    before = peak_megabytes(server)
    part = b"x" * 2**20
    header = {"msgid": "1", "msgtype": "PATCH-DOC", "num_buffers": 1_000_000}
    try:
        if way == "one frame":
            websocket.send(b"x" * 1000, length=2**30)
        elif way == "many frames":
            for number in range(1024):
                websocket.send(part, opcode=0 if number else 2, final=False)
        else:
            for text in (json.dumps(header), "{}", '{"events": []}'):
                websocket.send(text.encode())
            for number in range(1024):
                websocket.send(json.dumps({"id": str(number)}).encode())
                websocket.send(part, opcode=2)
    except ConnectionError:
        pass
    with websocket.stream:
        assert websocket.is_closed()
    assert peak_megabytes(server) - before < 200
    assert server.get(server.path).status == 200
