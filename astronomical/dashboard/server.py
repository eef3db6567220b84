"""The open projects of this server, and which page may change each of them."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel as pn
from tornado.ioloop import IOLoop

from astronomical.config.io import local_path
from astronomical.dashboard.arguments import AppArguments
from astronomical.plugins.files import PluginFile
from astronomical.plugins.loader import Plugins, load_plugins
from astronomical.services.services import open_services
from astronomical.session.errors import ReadOnlyError
from astronomical.session.jobs import Dispatch
from astronomical.session.model_store import CLOSING_S
from astronomical.session.plugins import untrusted_files
from astronomical.session.recents import key_of
from astronomical.session.samp import SampBridge
from astronomical.session.session import Session

log = logging.getLogger(__name__)

#: A project that no page shows stays open for so long, in seconds: time enough for a reload or a closed lid.
LINGER_S = 600.0
#: After its page has gone, a reload of that page has so long to come back as the writer, in seconds.
GRACE_S = 3.0
#: While the server goes on, closing a project waits so long for models that are still to be written, in seconds.
_PATIENCE_S = 10.0
_CACHE_KEY = "astronomical projects"
#: Set to 1, cutouts may come from this machine or its network, as from a mirror of one's own.
_ALLOW_PRIVATE = "ASTRONOMICAL_ALLOW_PRIVATE_HOSTS"
#: Set to 1, no other computer is asked for anything.
_OFFLINE = "ASTRONOMICAL_OFFLINE"
_ACTIONS = frozenset({
    "activate", "assign", "autosave", "cancel_training", "change_settings", "checkpoint", "curate", "curate_step",
    "focus", "focus_query", "label_bulk", "label_bulk_soon", "open_test_results", "redo", "relabel", "remark",
    "resume_training", "retrain", "save", "select", "set_columns", "set_criteria", "set_layout", "set_surveys",
    "set_test_caution", "set_theme", "start_training", "undo", "use_curated_as_test",
})


class OpenProject:
    """A project that is open in this server, with the pages that show it."""

    def __init__(self, session: Session, dispatch: Dispatch) -> None:
        self.key = key_of(session.path)
        self.session = session
        folder = session.dataset.catalogue.source.path.parent
        self.services = open_services(session.state.config.services, folder,
                                      allow_private=os.environ.get(_ALLOW_PRIVATE) == "1",
                                      offline=os.environ.get(_OFFLINE) == "1")
        self.samp = SampBridge(session, dispatch)
        self.tabs: list[ProjectTab] = []
        self.writer: ProjectTab | None = None
        self.deserted = time.monotonic()
        self.n_told = 0

    def elect(self, reloaded: ProjectTab | None = None) -> None:
        """Make sure that a page that is still there is the writer; a page just loaded comes first."""
        if self.writer in self.tabs and self.writer is not None and self.writer.is_alive():
            self.writer.seen = time.monotonic()
            return
        vacant = self.writer is None or time.monotonic() - self.writer.seen > GRACE_S
        alive = [tab for tab in self.tabs if tab is reloaded or (vacant and tab.is_alive())]
        if alive:
            self.give_to(reloaded or alive[0])

    def give_to(self, tab: ProjectTab) -> None:
        """Make a page the writer; the others follow."""
        self.writer = tab
        tab.seen = time.monotonic()
        for other in self.tabs:
            other.role_changed()


class ProjectTab:
    """A session as one page sees it: what changes the project is refused unless this page is the writer.

    Everything else is that of the `Session`.
    """

    def __init__(self, project: OpenProject, on_role: Callable[[], None]) -> None:
        self.project = project
        self.seen = time.monotonic()
        self._on_role = on_role
        self._document = pn.state.curdoc

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.project.session, name)
        return self._guarded(found) if name in _ACTIONS else found

    @property
    def is_writer(self) -> bool:
        """Whether this page may change the project."""
        return self.project.writer is self

    def is_alive(self) -> bool:
        """Tell whether a browser is connected to this page."""
        context = self._document.session_context if self._document is not None else None
        server_session = getattr(context, "session", None)
        return server_session is not None and server_session.connection_count > 0

    def take_over(self) -> None:
        """Make this page the writer."""
        self.project.give_to(self)

    def role_changed(self) -> None:
        """Tell the page that the writer is another one now."""
        self._on_role()

    def detach(self) -> None:
        """Leave the project; with the last page everything is saved."""
        if self in self.project.tabs:
            self.project.tabs.remove(self)
        if self.project.writer is self:
            self.project.writer = None
        if not self.project.tabs:
            self.project.deserted = time.monotonic()
            if not self.project.session.state.saved:
                self.project.session.save()

    def _guarded(self, action: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not self.is_writer:
                raise ReadOnlyError("This page only follows: another page works on this project. "
                                    "Take over to work here.")
            return action(*args, **kwargs)

        return guarded


class ProjectRegistry:
    """The sole state of the process: from the path of a project to its session."""

    def __init__(self) -> None:
        self._projects: dict[Path, OpenProject] = {}
        self._opening: dict[Path, asyncio.Future[OpenProject]] = {}
        #: Projects that are being closed: saved, off the event loop, for as long as that takes.
        self._closing: dict[Path, asyncio.Task[None]] = {}
        self._arguments = AppArguments()

    def configure(self, arguments: AppArguments) -> None:
        """Take over what the server was told on its command line."""
        self._arguments = arguments

    async def open(self, path: Path, progress: Callable[[str, float], None], *,
                   accept_changes: bool = False) -> OpenProject:
        """Return the project of a path; it is opened off the event loop if it is not open yet.

        Raises
        ------
        ChangedCatalogueError
            If the catalogue is not the one of the project, and that is not accepted.
        """
        path = local_path(path).resolve()
        if path in self._closing:
            await asyncio.shield(self._closing[path])
        if path in self._projects:
            return self._projects[path]
        if path not in self._opening:
            self._opening[path] = asyncio.ensure_future(self._open(path, progress, accept_changes))
        try:
            return await asyncio.shield(self._opening[path])
        finally:
            self._opening.pop(path, None)

    def load_plugins(self) -> Plugins:
        """Load what is installed and what the server was told to run; takes a while: call it in a thread."""
        return load_plugins(self._arguments.plugins)

    async def close_if_without_consent(self, path: Path) -> None:
        """Close a project that no page shows and that runs without a plugin of its: the next page is asked again."""
        path = local_path(path).resolve()
        project = self._projects.get(path)
        if project is not None and not project.tabs and project.session.plugins.untrusted:
            await self._close_soon(path)

    def untrusted_files(self, path: Path) -> tuple[PluginFile, ...]:
        """Return the plugin files of a project that wait for consent; none if it is open, or the server trusts all."""
        path = local_path(path).resolve()
        if path in self._projects or self._arguments.trust_plugins:
            return ()
        return untrusted_files(path, self._arguments.plugins)

    def find(self, key: str) -> OpenProject | None:
        """Return the open project of a key."""
        return next((item for item in self._projects.values() if secrets.compare_digest(item.key, key)), None)

    def sweep(self) -> None:
        """Close the projects that no page has shown for a while."""
        for path, project in list(self._projects.items()):
            if not project.tabs and time.monotonic() - project.deserted > LINGER_S:
                self._close_soon(path)

    def close_all(self) -> None:
        """Close all projects, as the server stops."""
        for path in list(self._projects):
            self._save_and_close(self._let_go(path))

    async def _open(self, path: Path, progress: Callable[[str, float], None], accept_changes: bool) -> OpenProject:
        loop = IOLoop.current()
        session = await asyncio.to_thread(
            Session.open, path, plugins=self._arguments.plugins, trust_plugins=self._arguments.trust_plugins,
            dispatch=loop.add_callback, progress=progress, accept_changes=accept_changes)
        self._projects[path] = OpenProject(session, loop.add_callback)
        return self._projects[path]

    def _let_go(self, path: Path) -> Session:
        """Stop all that a project does; nothing arrives from it any more."""
        project = self._projects.pop(path)
        project.services.close()
        project.samp.close()
        project.session.stop()
        return project.session

    def _close_soon(self, path: Path) -> asyncio.Task[None]:
        """Close a project off the event loop: the pages of others do not wait until everything is saved."""
        session = self._let_go(path)
        task = asyncio.ensure_future(asyncio.to_thread(self._save_and_close, session, _PATIENCE_S))
        self._closing[path] = task
        task.add_done_callback(lambda _: self._closing.pop(path, None))
        return task

    @staticmethod
    def _save_and_close(session: Session, patience: float = CLOSING_S) -> None:
        try:
            session.close(patience)
        except (OSError, ValueError):
            log.exception("%s could not be saved while closing; its labels are in its journal", session.path)


def registry() -> ProjectRegistry:
    """Return the registry of this server."""
    found: ProjectRegistry | None = pn.state.cache.get(_CACHE_KEY)
    if found is None:
        found = pn.state.cache[_CACHE_KEY] = ProjectRegistry()
        atexit.register(found.close_all)
    return found
