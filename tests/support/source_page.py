"""The pane of the selected source in a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.page.frame import make_page
from astronomical.dashboard.panes.source.pane import SourcePane
from astronomical.services.catalogue_images import CatalogueImageReader
from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.fetcher import Limits
from astronomical.services.local_files import LocalFiles
from astronomical.services.services import ArchiveFetchers, Services
from astronomical.session import Session
from astronomical.session.samp.connection import SampBridge

CONFIG = PaneConfig(id="source", kind="source", x=7, y=0, w=5, h=7)


@contextmanager
def source_page(
    session: Session, serve: Callable[..., str], new_page: Callable[..., Any], size: tuple[int, int], limits: Limits
) -> Iterator[Any]:
    """Open the pane in a browser window of a size."""
    files = LocalFiles(session.path.parent)
    archives = ArchiveFetchers.within(limits)
    services = Services(CutoutFetcher(limits), CatalogueImageReader(files, limits), files, archives)
    bridge = SampBridge(session, lambda change: change())
    panes: list[SourcePane] = []

    def app() -> Any:
        panes.append(SourcePane(session, services, CONFIG, samp=bridge))
        return make_page("Source", main=[panes[-1].view])

    opened = new_page(*size)
    opened.goto(serve(app))
    opened.locator(".search").wait_for()
    yield opened
    for pane in panes:
        pane.close()
    bridge.close()
    services.close()
