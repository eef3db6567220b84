"""The workbench of an open project inside a notebook."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import panel as pn
from markupsafe import Markup
from tornado.ioloop import IOLoop

from astronomical.dashboard.page.frame import make_page
from astronomical.dashboard.page.open_card import OpenRequest
from astronomical.dashboard.page.workbench import Workbench
from astronomical.dashboard.server import panel_patches
from astronomical.dashboard.server.frame_server import FrameServer
from astronomical.dashboard.server.tabs import OpenProject
from astronomical.dashboard.ui.safe_text import Html
from astronomical.errors import explain
from astronomical.session import Session
from astronomical.session.errors import SessionError

__all__ = ["workbench_view"]

_TITLE = "astronomical"
_LEFT = "The workbench is closed; the project is still open. Run the cell again to show it."
_CLOSED = "The project is closed. Open it again in a cell to show it."
#: Servers of the open sessions, by session and `base_url`: all cells that show a session share one.
_frames: dict[tuple[Session, str | None], Frames] = {}
#: Path of the Jupyter server, set by JupyterHub.
_HUB_VARIABLE = "JUPYTERHUB_SERVICE_PREFIX"


class InlineWorkbench:
    """The page of a session that Python code shares.

    Parameters
    ----------
    session
        The project.

    Attributes
    ----------
    page
        The page.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._project: OpenProject | None = None
        self._workbench: Workbench | None = None
        self._header = pn.Row(sizing_mode="stretch_width", margin=0)
        self._main = pn.Column(sizing_mode="stretch_both", margin=0)
        dark = session.state.config.layout.theme == "dark"
        self.page = make_page(_TITLE, header=[self._header], main=[self._main], dark=dark)

    def show(self) -> None:
        """Show the workbench."""
        self._leave()
        # One for each page: every page may change the project, as Python code may.
        self._project = OpenProject(self._session, IOLoop.current().add_callback)
        self._workbench = Workbench(
            self._project, self.page, on_leave=lambda: self.close(_LEFT), on_renew=self.show, on_open=self._name
        )
        self._workbench.tab.take_over()
        self._header.objects = [self._workbench.header]
        self._main.objects = [self._workbench.view]

    def close(self, text: str = "") -> None:
        """Close the workbench, and show a text instead."""
        self._leave()
        self._header.objects = []
        self._main.objects = [Html(text, margin=20)]

    def _leave(self) -> None:
        if self._workbench is not None and self._project is not None:
            self._workbench.close()
            self._project.services.close()
            self._project.samp.close()
            self._workbench = self._project = None

    def _name(self, request: OpenRequest) -> None:
        """Say how to open another project: the code of the notebook decides what is open."""
        self._session.notify(f"Open it in a cell: open_project({str(request.path)!r})", "info")


class Frames:
    """The server of a session, and its pages.

    Parameters
    ----------
    session
        The project. The server is closed with it.
    base_url
        See `Session.view`.
    """

    def __init__(self, session: Session, base_url: str | None) -> None:
        self._session = session
        self._pages: dict[Any, InlineWorkbench] = {}
        self._server = FrameServer(self._build, base_url)
        self.url = self._server.url
        session.when_closed(self._close)

    def _build(self) -> None:
        panel_patches.use_extensions("gridstack", "tabulator")
        session, document = self._session, pn.state.curdoc
        pn.config.exception_handler = lambda error: session.notify(explain(error), "error")
        page = self._pages[document] = InlineWorkbench(session)
        page.page.servable(title=_TITLE)
        # The header of a workbench that is built while the page loads would not receive later changes.
        pn.state.onload(page.show)
        pn.state.on_session_destroyed(lambda _: self._forget(document))

    def _forget(self, document: Any) -> None:
        page = self._pages.pop(document, None)
        if page is not None:
            page.close()

    def _close(self) -> None:
        self._server.close()
        for document, page in self._pages.items():
            if document.session_context is not None:
                document.add_next_tick_callback(lambda page=page: page.close(_CLOSED))
        self._pages.clear()


class WorkbenchFrame:
    """The workbench of a session, as a notebook shows it.

    Parameters
    ----------
    title
        Title of the project.
    url
        Address of the page.
    height
        Height in px.
    """

    def __init__(self, title: str, url: str, height: int) -> None:
        self.title, self.url, self.height = title, url, height

    def __repr__(self) -> str:
        return f"<workbench of {self.title!r}; a notebook shows it in a frame>"

    def _repr_html_(self) -> str:
        return self.html

    @property
    def html(self) -> str:
        """The frame as HTML."""
        return str(
            Markup(
                '<iframe src="{}" title="Workbench of {}" width="100%" height="{}" style="border:0"></iframe>'
            ).format(self.url, self.title, self.height)
        )


def workbench_view(session: Session, height: int = 800, base_url: str | None = None) -> WorkbenchFrame:
    """Return the workbench of a session as a frame; see `Session.view`."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise SessionError(
            "view() needs the event loop of a notebook, and none is running here. Show the project by "
            "'astronomical serve' instead."
        ) from None
    if base_url is None:
        base_url = os.environ.get(_HUB_VARIABLE)
    key = (session, base_url)
    if key not in _frames:
        try:
            _frames[key] = Frames(session, base_url)
        except OSError as error:
            raise SessionError(f"The server of the frame cannot start: {error.strerror or error}.") from None
        session.when_closed(lambda: _frames.pop(key, None))
    frames = _frames[key]
    return WorkbenchFrame(session.state.config.project.title, frames.url, height)
