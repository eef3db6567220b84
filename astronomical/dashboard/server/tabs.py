"""The open projects of this server, and which page may change each project."""

from __future__ import annotations

import asyncio
import atexit
import logging
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import panel as pn
from tornado.ioloop import IOLoop

from astronomical.dashboard.server.arguments import AppArguments
from astronomical.paths import local_path
from astronomical.plugins.files import PluginFile
from astronomical.plugins.loader import Plugins, load_plugins
from astronomical.services.network import allows_private, is_offline
from astronomical.services.proxy import read_proxy
from astronomical.services.services import open_services
from astronomical.session import Session
from astronomical.session.errors import ReadOnlyError
from astronomical.session.export.model_store import CLOSING_S
from astronomical.session.project.plugins import untrusted_files
from astronomical.session.project.recent_projects import key_of
from astronomical.session.samp.connection import SampBridge
from astronomical.tasks import GivenUpError, Workers
from astronomical.tasks.jobs import Dispatch

log = logging.getLogger(__name__)

#: Time in s that a project stays open without a page: enough for a reload or a closed laptop.
LINGER_S = 600.0
#: Time in s in which a page can be reloaded and become the writer again.
GRACE_S = 3.0
#: Maximum time in s for closing a project while the server continues, and the part of it for saving models.
_CLOSE_S, _MODELS_S = 10.0, 6.0
#: Maximum time in s for closing all projects when the server stops.
_EXIT_S = 5.0
_CACHE_KEY = "astronomical projects"


class OpenProject:
    """A project that is open in this server, and the pages that show it."""

    def __init__(self, session: Session, dispatch: Dispatch) -> None:
        self.key = key_of(session.path)
        self.session = session
        folder = session.dataset.catalogue.source.path.parent
        self.services = open_services(
            session.state.config.services,
            folder,
            allow_private=allows_private(),
            offline=is_offline(),
            proxy=read_proxy(),
        )
        self.samp = SampBridge(session, dispatch)
        self.tabs: list[ProjectTab] = []
        self.writer: ProjectTab | None = None
        self.deserted = time.monotonic()
        self.n_told = 0

    def elect(self, reloaded: ProjectTab | None = None) -> None:
        """Make sure that a live page is the writer. A page that was just loaded has priority."""
        if self.writer in self.tabs and self.writer is not None and self.writer.is_alive():
            self.writer.seen = time.monotonic()
            return
        vacant = self.writer is None or time.monotonic() - self.writer.seen > GRACE_S
        alive = [tab for tab in self.tabs if tab is reloaded or (vacant and tab.is_alive())]
        if alive:
            self.give_to(reloaded or alive[0])

    def give_to(self, tab: ProjectTab) -> None:
        """Make a page the writer. The others become read-only."""
        self.writer = tab
        tab.seen = time.monotonic()
        for other in self.tabs:
            other.role_changed()


class ProjectTab:
    """A project as seen by one page, which may change it only while it is the writer.

    Parameters
    ----------
    project
        The project.
    on_role
        Called when another page has become the writer, or this one.

    Attributes
    ----------
    session
        The session for this page: its commands are refused unless this page is the writer.
    """

    def __init__(self, project: OpenProject, on_role: Callable[[], None]) -> None:
        self.project = project
        self.session = project.session.with_access(self._check_writer)
        self.seen = time.monotonic()
        self._on_role = on_role
        self._document = pn.state.curdoc

    @property
    def is_writer(self) -> bool:
        """Whether this page may change the project."""
        return self.project.writer is self

    def is_alive(self) -> bool:
        """Return whether a browser is connected to this page."""
        context = self._document.session_context if self._document is not None else None
        server_session = getattr(context, "session", None)
        return server_session is not None and server_session.connection_count > 0

    def take_over(self) -> None:
        """Make this page the writer."""
        self.project.give_to(self)

    def role_changed(self) -> None:
        """Notify the page that the writer has changed."""
        self._on_role()

    def detach(self) -> None:
        """Leave the project. The last page saves everything."""
        if self in self.project.tabs:
            self.project.tabs.remove(self)
        if self.project.writer is self:
            self.project.writer = None
        if not self.project.tabs:
            self.project.deserted = time.monotonic()
            session = self.project.session
            if not (session.state.saved or session.read_only or session.state.conflict is not None):
                session.files.save_async()

    def _check_writer(self) -> None:
        if not self.is_writer:
            raise ReadOnlyError(
                "This tab is read-only because the project is being edited in another tab. "
                "Choose “Take over” to edit here."
            )


class ProjectRegistry:
    """The open projects by path. This is the only global state of the process."""

    def __init__(self) -> None:
        self._projects: dict[Path, OpenProject] = {}
        self._opening: dict[Path, asyncio.Future[OpenProject]] = {}
        #: Projects that are being saved and closed outside the event loop.
        self._closing: dict[Path, asyncio.Task[None]] = {}
        self._arguments = AppArguments()

    def configure(self, arguments: AppArguments) -> None:
        """Use the arguments of the command line of the server."""
        self._arguments = arguments

    async def open(
        self,
        path: Path,
        progress: Callable[[str, float], None],
        *,
        accept_changes: bool = False,
        catalogue: Path | None = None,
        joined: Mapping[int, Path] = MappingProxyType({}),
        cancelled: Callable[[], bool] | None = None,
    ) -> OpenProject:
        """Return the project of a path. If it is not open yet, open it outside the event loop.

        Raises
        ------
        ChangedCatalogueError, WrongCatalogueError
            If the catalogue is not that of the project, and the user did not accept it.
        CancelledError
            If `cancelled` returned true in the meantime.
        """
        path = local_path(path).resolve()
        if path in self._closing:
            await asyncio.shield(self._closing[path])
        if path in self._projects:
            return self._projects[path]
        if path not in self._opening:
            self._opening[path] = asyncio.ensure_future(
                self._open(
                    path,
                    progress,
                    accept_changes=accept_changes,
                    catalogue=catalogue,
                    joined=joined,
                    cancelled=cancelled,
                )
            )
            # A page that has cancelled no longer needs the result.
            self._opening[path].add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            return await asyncio.shield(self._opening[path])
        finally:
            self._opening.pop(path, None)

    def load_plugins(self) -> Plugins:
        """Load the installed plugins and those of the command line. This is slow, so call it in a thread."""
        return load_plugins(self._arguments.plugins)

    async def close_if_without_consent(self, path: Path) -> None:
        """Close a project that no page shows and that lacks one of its plugins, so that the next page asks again."""
        path = local_path(path).resolve()
        project = self._projects.get(path)
        if project is not None and not project.tabs and project.session.plugins.untrusted:
            await self._close_soon(path)

    def untrusted_files(self, path: Path) -> tuple[PluginFile, ...]:
        """Return the plugin files of a project that need consent; none if it is open or the server trusts all."""
        path = local_path(path).resolve()
        if path in self._projects or self._arguments.trust_plugins:
            return ()
        return untrusted_files(path, self._arguments.plugins)

    def find(self, key: str) -> OpenProject | None:
        """Return the open project with a key."""
        return next((item for item in self._projects.values() if secrets.compare_digest(item.key, key)), None)

    def sweep(self) -> None:
        """Close the projects that no page has shown for some time."""
        for path, project in list(self._projects.items()):
            if not project.tabs and time.monotonic() - project.deserted > LINGER_S:
                self._close_soon(path)

    def close_all(self) -> None:
        """Close all projects when the server stops. Print the names of those that did not close in time."""
        closing = {}
        for path in list(self._projects):
            project = self._projects.pop(path)
            project.session.stop()
            closing[path] = Workers("closing").submit(partial(self._save_and_close, project))
        end = time.monotonic() + _EXIT_S
        for path, task in closing.items():
            if not task.wait(max(0.0, end - time.monotonic())):
                sys.stderr.write(
                    f"{path.name} could not be closed within {_EXIT_S:g} s. "
                    "All its labels are saved in the project file and its journal.\n"
                )

    async def _open(self, path: Path, progress: Callable[[str, float], None], **options: Any) -> OpenProject:
        loop = IOLoop.current()
        work = partial(
            Session.open,
            path,
            plugins=self._arguments.plugins,
            trust_plugins=self._arguments.trust_plugins,
            dispatch=loop.add_callback,
            progress=progress,
            **options,
        )
        session = await Workers.of(("open", str(path))).run_async(work, what=f"Opening {path.name}")
        self._projects[path] = OpenProject(session, loop.add_callback)
        return self._projects[path]

    def _close_soon(self, path: Path) -> asyncio.Task[None]:
        """Close a project outside the event loop, so that other pages do not wait until everything is saved."""
        project = self._projects.pop(path)
        project.session.stop()
        task = asyncio.ensure_future(self._close(project))
        self._closing[path] = task
        task.add_done_callback(lambda _: self._closing.pop(path, None))
        return task

    async def _close(self, project: OpenProject) -> None:
        workers = Workers("closing", give_up_s=_CLOSE_S)
        try:
            await workers.run_async(
                self._save_and_close, project, _MODELS_S, what=f"Closing {project.session.path.name}"
            )
        except GivenUpError as error:
            log.warning("%s Its labels are in its journal", error)

    @staticmethod
    def _save_and_close(project: OpenProject, timeout: float = CLOSING_S) -> None:
        """Save a project, and release its resources."""
        session = project.session
        try:
            session.close(timeout)
            project.services.close()
            project.samp.close()
        except Exception:  # the other projects are still to be closed
            log.exception("%s could not be saved while closing; its labels are in its journal", session.path)


def registry() -> ProjectRegistry:
    """Return the registry of this server."""
    found: ProjectRegistry | None = pn.state.cache.get(_CACHE_KEY)
    if found is None:
        found = pn.state.cache[_CACHE_KEY] = ProjectRegistry()
        atexit.register(found.close_all)
    return found
