"""The workbench in a notebook: a real kernel serves it, in a frame of a page of another host, without internet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from astronomical import open_project
from tests.support.projects import make_project, start_small
from tests.support.workbench import LONG

playwright = pytest.importorskip("playwright.sync_api")
pytest.importorskip("ipykernel")
expect = playwright.expect


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Any]:
    """Return a kernel in which a project with a learner is open as `session`."""
    from tests.support.kernel import Kernel

    path, _ = make_project(tmp_path, n=120)
    with open_project(path, who="ana", look_ahead=False) as session:
        start_small(session)
    made = Kernel(tmp_path)
    made.run(f"import astronomical\nsession = astronomical.open_project({str(path)!r}, who='ana', look_ahead=False)")
    yield made
    made.close()


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Return a function that serves the output of a cell as a page, and returns its address."""
    folder = tmp_path / "notebook"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()

    def serve(html: str) -> str:
        (folder / "page.html").write_text(f"<!doctype html><link rel=icon href=data:,><title>Notebook</title>{html}")
        return f"http://localhost:{server.server_port}/page.html"  # another host than that of the frame

    yield serve
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_the_workbench_in_a_notebook_is_the_session_of_the_kernel(
    kernel: Any, notebook: Callable[[str], str], new_page: Callable[..., Any], complaints: list[str]
) -> None:
    shown = kernel.run("frame = session.view(height=700)\nframe")
    assert [set(item) for item in shown] == [{"text/plain", "text/html"}]  # nothing that loads scripts
    page = new_page()
    page.goto(notebook(shown[0]["text/html"]))
    frame = page.frame_locator("iframe")
    expect(frame.locator('[data-id="plot-1"] canvas').first).to_be_visible(timeout=LONG)

    source = frame.locator(".id").first.inner_text(timeout=LONG)
    assert source == kernel.text("print(session.query('Star'))")
    frame.locator("html[data-labels=ready]").wait_for(timeout=LONG)
    frame.get_by_text("What is this source?").click()  # keys go to the frame once it has the focus
    page.keyboard.press("2")
    expect(frame.locator(".id").first).not_to_have_text(source, timeout=LONG)
    label = kernel.text(f"print(session.ledger.human({source!r}))")
    assert label == kernel.text("print(next(n for n, k in session.config.label_keys.items() if k == '2'))")

    following = frame.locator(".id").first.inner_text()
    kernel.run(f"session.assign('Star', id={following!r})")
    expect(frame.locator(".id").first).not_to_have_text(following, timeout=LONG)
    page.keyboard.press("z")
    expect(frame.locator(".id").first).to_have_text(following, timeout=LONG)
    assert kernel.text(f"print(session.ledger.human({following!r}))") == "None"

    assert complaints == []
    kernel.run("session.close()")
    expect(frame.get_by_text("The project is closed.")).to_be_visible(timeout=LONG)
    page.close()
    complaints.clear()  # about the server, which has ended
