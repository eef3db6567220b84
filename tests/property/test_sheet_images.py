"""No tile of a contact sheet shows the image of another source, in whatever order a server answers."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.sheet.components import SheetGrid
from astronomical.dashboard.panes.sheet.cursor import SheetCursor
from astronomical.dashboard.panes.sheet.pane import ContactSheetPane
from astronomical.services.catalogue_images import CatalogueImageReader
from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.fetcher import Limits
from astronomical.services.local_files import LocalFiles
from astronomical.services.tile_images import TileImages
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.projects import without_models

pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed <socket:pytest.PytestUnraisableExceptionWarning")

N = 24


class ImageServer(ThreadingHTTPServer):
    """Answers with an image whose grey level is the number of the source, once that number is released."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.changed = threading.Condition()
        self.waiting: set[int] = set()
        self.released: set[int] = set()

    def release(self, wanted: int) -> None:
        """Answer one of the requests that wait, chosen by a number."""
        with self.changed:
            if self.waiting:
                self.released.add(sorted(self.waiting)[wanted % len(self.waiting)])
                self.changed.notify_all()

    def release_all(self) -> None:
        with self.changed:
            self.released |= set(range(N))
            self.changed.notify_all()

    def hold_all(self) -> None:
        with self.changed:
            self.released.clear()


class _Handler(BaseHTTPRequestHandler):
    server: ImageServer

    def log_message(self, *args: object) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        number = int(self.path.rpartition("/")[2])
        with self.server.changed:
            self.server.waiting.add(number)
            self.server.changed.wait_for(lambda: number in self.server.released, 30)
            self.server.waiting.discard(number)
        if number % 5 == 4:
            self.send_error(404)
            return
        out = io.BytesIO()
        Image.new("L", (30, 30), grey(number)).save(out, format="PNG")
        self.send_response(200)
        self.send_header("Content-Length", str(len(out.getvalue())))
        self.end_headers()
        self.wfile.write(out.getvalue())


def grey(number: int) -> int:
    return 10 * number + 5


@pytest.fixture(scope="module")
def server() -> Iterator[ImageServer]:
    running = ImageServer()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.release_all()
    running.shutdown()
    running.server_close()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory, server: ImageServer) -> Iterator[Session]:
    folder: Path = tmp_path_factory.mktemp("sheet")
    links = [f"http://127.0.0.1:{server.server_address[1]}/{n}" for n in range(N)]
    Table({"id": [f"s{n:02d}" for n in range(N)], "x": [float(n) for n in range(N)], "image": links}).write(
        folder / "t.fits"
    )
    path = folder / "p.yaml"
    config = new_project(ProjectOptions(folder / "t.fits", "id", features=("x",), image_columns=("image",)), path)
    without_models(config, path)
    with Session.open(path) as opened:
        yield opened


def check(id: str, image: dict[str, Any]) -> None:
    """Check what the page shows for a source against what the server has for it."""
    number = int(id[1:])
    if "src" in image:
        data = base64.b64decode(image["src"].partition(",")[2])
        assert Image.open(io.BytesIO(data)).convert("L").getpixel((3, 3)) == grey(number), id
    else:
        assert number % 5 == 4, f"{id}: {image}"
        assert "404" in image["reason"]


orders = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.integers(0, N)),
        st.tuples(st.just("select"), st.lists(st.integers(0, N - 1), min_size=1, max_size=N, unique=True)),
    ),
    max_size=14,
)


class Page:
    """The page of a pane: its event loop, and a browser that checks the images that it gets."""

    def __init__(self, session: Session, tiles: TileImages) -> None:
        config = PaneConfig(id="s", kind="sheet", x=0, y=0, w=6, h=6, settings={"kind": "selection"})
        self.pane = ContactSheetPane(session, tiles, config, lambda settings: None, SheetCursor())
        self.grid: SheetGrid = self.pane.view.objects[0]
        self.seen: dict[str, Any] = {}
        self._n = 0
        self._due: Queue[Any] = Queue()
        self.pane.call_soon = lambda handler, *changed: self._due.put(handler)  # type: ignore[method-assign]
        self.grid.param.watch(lambda event: self._receive(event.new), "arrived")

    def run(self, patience_s: float = 0.0) -> bool:
        """Do what is due; return whether there was anything."""
        try:
            self._due.get(timeout=patience_s)() if patience_s else self._due.get_nowait()()
        except Empty:
            return False
        return True

    def _receive(self, arrived: dict[str, Any]) -> None:
        if arrived["n"] != self.grid.tiles["n"]:
            return  # as in the browser: images of another list
        if self._n != arrived["n"]:
            self._n, self.seen = arrived["n"], {}
        assert arrived["start"] == len(self.seen)
        images = dict(arrived["images"])
        assert set(images) <= {tile["id"] for tile in self.grid.tiles["tiles"]}
        for id, image in images.items():
            check(id, image)
        self.seen |= images


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=orders, last=st.lists(st.integers(0, N - 1), min_size=1, max_size=N, unique=True))
def test_no_image_is_ever_shown_for_another_source(session, server, tmp_path, orders, last):
    server.hold_all()
    session.select(())
    limits = Limits(10, per_host=4, allow_private=True)
    cutouts, reader = CutoutFetcher(limits), CatalogueImageReader(LocalFiles(tmp_path), limits)
    page = Page(session, TileImages(cutouts, reader))
    for kind, value in orders:
        if kind == "answer":
            server.release(value)
            page.run(0.02)
        else:
            session.select(ids_of(value))
        while page.run():
            pass
    session.select(())
    session.select(ids_of(last))
    server.release_all()
    try:
        while page.seen.keys() != set(ids_of(last)):
            assert page.run(30), f"no image of {set(ids_of(last)) - page.seen.keys()} arrived"
        assert [tile["id"] for tile in page.grid.tiles["tiles"]] == ids_of(last)
    finally:
        page.pane.close()
        reader.close()
        cutouts.close()


def ids_of(numbers: list[int]) -> list[str]:
    return [f"s{number:02d}" for number in numbers]
