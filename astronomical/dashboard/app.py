"""A page: the start page, the wizard, or the workbench of a project."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import panel as pn

from astronomical.config.schema import LayoutConfig
from astronomical.dashboard.arguments import AppArguments
from astronomical.dashboard.consent import ConsentDialog
from astronomical.dashboard.open_card import OpenRequest
from astronomical.dashboard.page import make_page
from astronomical.dashboard.server import OpenProject, registry
from astronomical.dashboard.start import StartPage
from astronomical.dashboard.wizard.view import Wizard
from astronomical.dashboard.workbench import Workbench
from astronomical.plugins.consent import Consents
from astronomical.session.errors import ChangedCatalogueError, MissingCatalogueError
from astronomical.session.example import example_config, newest_example, projects_folder, working_copy
from astronomical.session.opening import Prepared, layout_of, prepare
from astronomical.session.recents import read_recents, remember

log = logging.getLogger(__name__)
_TITLE = "astronomical"


def serve_page(arguments: Sequence[str]) -> None:
    """Build the page that a browser asked for."""
    pn.extension("gridstack", "tabulator", notifications=False)
    given = AppArguments.parse(arguments)
    registry().configure(given)
    App(given.config).page.servable(title=_TITLE)


class App:
    """What one browser tab shows.

    Parameters
    ----------
    path
        A project to open at once; None for the start page.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._header = pn.Row(sizing_mode="stretch_width", margin=0)
        self._main = pn.Column(sizing_mode="stretch_both", margin=0)
        self._workbench: Workbench | None = None
        self._start = StartPage(on_open=self._open, on_example=self._open_example,
                                on_new=lambda: pn.state.execute(self._show_wizard),
                                example_exists=newest_example() is not None)
        key = _key_in_url()
        found = registry().find(key)
        dark = found.session.state.config.layout.theme == "dark" if found is not None else False
        self._consent = ConsentDialog()
        self.page = make_page(_TITLE, header=[self._header], main=[self._main, self._consent.view], dark=dark)
        pn.state.on_session_destroyed(lambda _: self._leave())
        if found is not None:
            # A workbench built while the page loads does not hear of later changes in its header.
            pn.state.onload(lambda: self._show_project(found))
        else:
            self._show_start()
            path = _closed_project(key) or path
            if path is not None:
                pn.state.onload(lambda: self._open(OpenRequest(path)))

    def _show_start(self) -> None:
        self._header.objects = []
        self._start.refresh()
        self._main.objects = [self._start.view]

    async def _show_wizard(self, layout: LayoutConfig | None = None) -> None:
        plugins = await asyncio.to_thread(registry().load_plugins)
        self._main.objects = [Wizard(on_created=lambda path: self._open(OpenRequest(path)), on_cancel=self._show_start,
                                     layout=layout, plugins=plugins, is_dark=lambda: bool(self.page.dark_theme)).view]

    def _show_project(self, project: OpenProject) -> None:
        was_writer = self._workbench is not None and self._workbench.tab.is_writer
        self._leave()
        self.page.dark_theme = project.session.state.config.layout.theme == "dark"
        self._workbench = Workbench(project, self.page, on_leave=self._back_to_start,
                                    on_renew=lambda: self._show_project(project))
        if was_writer:
            self._workbench.tab.take_over()
        self._header.objects = [self._workbench.header]
        self._main.objects = [self._workbench.view]
        if pn.state.location is not None:
            pn.state.location.search = f"?project={project.key}"

    def _back_to_start(self) -> None:
        self._leave()
        if pn.state.location is not None:
            pn.state.location.search = ""
        self._start.busy(None)
        self._show_start()

    def _leave(self) -> None:
        if self._workbench is not None:
            self._workbench.close()
            self._workbench = None

    def _open(self, request: OpenRequest) -> None:
        if request.level == "layout":
            self._open_layout(request.path)
            return

        def prepare_it() -> Prepared:
            return prepare(request.path, request.level, catalogue=request.catalogue, joined=request.joined)

        self._do("Opening the project", prepare_it, request)

    def _open_layout(self, path: Path) -> None:
        try:
            layout = layout_of(path)
        except ValueError as error:
            self._fail(str(error))
        else:
            pn.state.execute(partial(self._show_wizard, layout))

    def _open_example(self, fresh: bool) -> None:
        def prepare_it() -> Prepared:
            mine = newest_example()
            return Prepared(working_copy(example_config(), projects_folder() / "example") if fresh or mine is None
                            else mine)

        self._do("Opening the example", prepare_it)

    def _do(self, what: str, prepare_it: Callable[[], Prepared], request: OpenRequest | None = None) -> None:
        """Prepare a config and open it, off the event loop; what goes wrong is shown on the start page."""
        document = pn.state.curdoc
        over = Event()

        def show(step: str) -> None:
            if not over.is_set():  # a step that is told late must not lock the page again
                self._start.busy(f"{what}: {step} …")

        def tell(step: str, fraction: float) -> None:
            document.add_next_tick_callback(lambda: show(step))

        async def run() -> None:
            asked = request
            self._start.busy(f"{what} …")
            try:
                ready = await asyncio.to_thread(prepare_it)
                asked = OpenRequest(ready.path)
                await self._ask_consent(ready.path)
                accept = request is not None and request.accept_changes
                project = await registry().open(ready.path, tell, accept_changes=accept)
                await asyncio.to_thread(_remember, project)
                for note in ready.notes:
                    project.session.notify(note, "info")
                self._show_project(project)
            except MissingCatalogueError as error:
                self._fail("")
                self._start.ask_catalogue(asked or OpenRequest(Path()), str(error), error.join)
            except ChangedCatalogueError as error:
                self._fail("")
                self._start.ask_changes(asked or OpenRequest(Path()), error.differences)
            except (ValueError, OSError) as error:
                self._fail(str(error))
            except Exception as error:  # a person sees a sentence, the log has the rest
                log.exception("%s failed", what)
                self._fail(f"{what} failed: {error}")
            finally:
                over.set()

        pn.state.execute(run)

    async def _ask_consent(self, path: Path) -> None:
        """Ask before a plugin that the project names is run; without consent the project opens without it."""
        await registry().close_if_without_consent(path)
        files = await asyncio.to_thread(registry().untrusted_files, path)
        if files and await self._consent.ask(files):
            for file in files:
                Consents().give(file)

    def _fail(self, text: str) -> None:
        self._show_start()
        self._start.busy(None)
        self._start.show_error(text)


def _remember(project: OpenProject) -> None:
    """Put a project on the list of the start page; a list that cannot be written is no reason to stop."""
    try:
        remember(project.session.path, project.session.state.config.project.title, project.key)
    except OSError:
        log.warning("The list of recent projects cannot be written", exc_info=True)


def _closed_project(key: str) -> Path | None:
    """Return the project that a page showed before it was closed, or the server stopped."""
    return next((item.path for item in read_recents() if item.key == key), None) if key else None


def _key_in_url() -> str:
    values: Any = pn.state.session_args.get("project", [b""])
    return str(values[0].decode("ascii", "replace"))
