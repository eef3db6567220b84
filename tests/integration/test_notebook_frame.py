"""The frame of `Session.view`: its server answers the notebook of this account only, until the session is closed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from astronomical import Session, open_project
from astronomical.dashboard.server import peers
from astronomical.session.errors import SessionError
from tests.support.projects import make_project, start_small

#: What Chromium sends for a frame in a page of another host.
FRAME = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, _ = make_project(tmp_path_factory.mktemp("frame"), n=120, title='"><script>alert(1)</script>')
    with open_project(path, who="ana", look_ahead=False) as session:
        start_small(session)
    return path


async def get(url: str, **headers: str) -> HTTPResponse:
    request = HTTPRequest(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return await AsyncHTTPClient().fetch(request, raise_error=False)


def in_notebook(project: Path, cell: Callable[[Session], Awaitable[None]]) -> None:
    """Open a project read-only in an event loop, as a kernel has one, and run a cell."""

    async def run() -> None:
        with open_project(project, read_only=True, look_ahead=False) as session:
            await cell(session)

    asyncio.run(run())


def test_the_frame_may_be_shown_by_pages_of_this_computer_only(project: Path):
    async def cell(session: Session) -> None:
        view = session.view(height=700)
        html = view.html
        assert "<script>" not in html
        assert 'height="700"' in html
        assert view.url in html
        assert view.url not in repr(view)
        assert session.view(height=500).url == view.url, "one server for all cells"
        page = await get(view.url, **FRAME)
        assert page.code == 200
        assert "X-Frame-Options" not in page.headers
        (ancestors,) = re.findall("frame-ancestors ([^;]*)", ",".join(page.headers.get_list("Content-Security-Policy")))
        assert ancestors.split() == [
            "'self'",
            *(f"{scheme}://{host}:*" for scheme in ("http", "https") for host in ("127.0.0.1", "localhost")),
            "vscode-webview:",
        ]

    in_notebook(project, cell)


def test_without_the_token_or_from_other_pages_all_requests_are_refused(project: Path):
    async def cell(session: Session) -> None:
        url = session.view().url
        parts = urlsplit(url)
        token, page = parts.path.strip("/").split("/")
        home = f"http://{parts.netloc}"
        for path in (f"/{page}", f"/{'x' * len(token)}/{page}", f"/{token}x/{page}", f"/{token}", "/favicon.ico", "/"):
            assert (await get(home + path)).code == 403, path
        assert (await get(url, Origin="http://evil.example")).code == 403
        assert (await get(f"{url}/ws", Upgrade="websocket", Connection="Upgrade")).code == 403
        assert (await get(f"{url}/autoload.js")).code == 403
        assert (await get(url, **{**FRAME, "Sec-Fetch-Dest": "script", "Sec-Fetch-Mode": "no-cors"})).code == 403
        static = f"{home}/{token}/static/js/bokeh.min.js"
        assert (await get(static)).code == 200
        assert (await get(static, **FRAME)).code == 403, "only the page may be in a frame"
        assert (await get(static, **{**FRAME, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"})).code == 403

    in_notebook(project, cell)


def test_another_account_that_has_the_address_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(peers, "accounts_are_known", lambda: True)
    monkeypatch.setattr(peers, "account_of", lambda socket: 12345)

    async def cell(session: Session) -> None:
        answer = await get(session.view().url)
        assert answer.code == 403
        assert b"for the account that started it" in answer.body

    in_notebook(project, cell)


def test_the_server_ends_with_the_session(project: Path):
    async def run() -> None:
        session = open_project(project, read_only=True, look_ahead=False)
        url = session.view().url
        session.close()
        with pytest.raises(ConnectionRefusedError):
            await AsyncHTTPClient().fetch(url)

    asyncio.run(run())


def test_behind_a_proxy_the_address_is_that_of_jupyter(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ana/")

    async def cell(session: Session) -> None:
        found = re.fullmatch(r"/user/ana/proxy/absolute/(\d+)/[\w-]{43}/workbench", session.view().url)
        assert found is not None
        page = await get(f"http://127.0.0.1:{found[1]}{found[0]}", Host="hub.example", Origin="https://hub.example")
        assert page.code == 200
        assert re.match(r"/lab/proxy/absolute/\d+/", session.view(base_url="lab").url)

    in_notebook(project, cell)


def test_without_an_event_loop_the_error_says_what_to_do(project: Path):
    with (
        open_project(project, read_only=True, look_ahead=False) as session,
        pytest.raises(SessionError, match="astronomical serve"),
    ):
        session.view()
