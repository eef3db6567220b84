"""The content of a page: the start page, the wizard, or the workbench of a project."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import panel as pn

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.schema import LayoutConfig
from astronomical.dashboard.page.consent import ConsentDialog
from astronomical.dashboard.page.frame import make_page
from astronomical.dashboard.page.notifications import Messages
from astronomical.dashboard.page.open_card import OpenRequest
from astronomical.dashboard.page.start import StartPage
from astronomical.dashboard.page.workbench import Workbench
from astronomical.dashboard.server.arguments import AppArguments
from astronomical.dashboard.server.tabs import OpenProject, registry
from astronomical.dashboard.server.warmup import compile_soon
from astronomical.dashboard.ui.session_view import drawn_together
from astronomical.dashboard.wizard.wizard import Wizard
from astronomical.errors import AstronomicalError, explain
from astronomical.plugins.consent import Consents
from astronomical.session.errors import ChangedCatalogueError, MissingCatalogueError, WrongCatalogueError
from astronomical.session.project.example import example_config, newest_example, projects_folder, working_copy
from astronomical.session.project.prepare import Prepared, layout_of, prepare
from astronomical.session.project.recent_projects import read_recents, remember
from astronomical.tasks import CancelledError, NoAnswerError, Workers, postpone_compiling

log = logging.getLogger(__name__)
_TITLE = "astronomical"
#: Times in s after which work of the start page no longer blocks other work, and after which it is given up.
_OVERTAKE_S, _GIVE_UP_S = 5.0, 60.0
#: Times in s for which the server compiles nothing, because the user waits for a project or for its panes.
_OPENING_S, _DRAWING_S = 10.0, 4.0


def serve_page(arguments: Sequence[str]) -> None:
    """Build the page that a browser requested."""
    pn.extension("gridstack", "tabulator", notifications=False)
    given = AppArguments.parse(arguments)
    registry().configure(given)
    App(given.config).page.servable(title=_TITLE)
    pn.state.onload(compile_soon)


class App:
    """Content of one browser tab.

    Parameters
    ----------
    path
        A project to open immediately; None for the start page.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._header = pn.Row(sizing_mode="stretch_width", margin=0)
        self._main = pn.Column(sizing_mode="stretch_both", margin=0)
        self._workbench: Workbench | None = None
        self._workers = Workers("page", 4, overtake_s=_OVERTAKE_S, give_up_s=_GIVE_UP_S)
        self._preparing = Workers("preparing", 1)  # copying a large catalogue can take long; it can be cancelled
        self._messages = Messages()
        pn.config.exception_handler = _weakly(self._report)
        self._start = StartPage(
            on_open=self._open,
            on_example=self._open_example,
            on_new=lambda: pn.state.execute(self._show_wizard),
            example_exists=newest_example() is not None,
            on_fetched=lambda path: pn.state.execute(partial(self._show_wizard, catalogue=path)),
        )
        key = _key_in_url()
        found = registry().find(key)
        dark = found.session.state.config.layout.theme == "dark" if found is not None else False
        self._consent = ConsentDialog()
        self.page = make_page(
            _TITLE, header=[self._header], main=[self._main, self._consent.view, self._messages], dark=dark
        )
        pn.state.on_session_destroyed(lambda _: self._leave())
        if found is not None:
            # The header of a workbench that is built while the page loads would not receive later changes.
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

    async def _show_wizard(self, layout: LayoutConfig | None = None, catalogue: Path | None = None) -> None:
        try:
            plugins = await self._workers.run_async(registry().load_plugins, what="Loading the plugins")
        except Exception as error:
            self._fail(explain(error))
            return
        self._main.objects = [
            Wizard(
                on_created=lambda path: self._open(OpenRequest(path)),
                on_cancel=self._show_start,
                layout=layout,
                plugins=plugins,
                is_dark=lambda: bool(self.page.dark_theme),
                catalogue=catalogue,
            ).view
        ]

    def _show_project(self, project: OpenProject) -> None:
        postpone_compiling(_DRAWING_S)
        was_writer = self._workbench is not None and self._workbench.tab.is_writer
        self._leave()
        self.page.dark_theme = project.session.state.config.layout.theme == "dark"
        self._workbench = Workbench(
            project,
            self.page,
            on_leave=self._back_to_start,
            on_renew=lambda: self._show_project(project),
            on_open=self._open_other,
        )
        if was_writer:
            self._workbench.tab.take_over()
        with drawn_together(pn.state.curdoc):
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

    def _open_other(self, request: OpenRequest) -> None:
        self._back_to_start()
        self._open(request)

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
        async def read() -> None:
            try:
                layout = await self._workers.run_async(layout_of, path, what=f"Reading {path.name}")
            except Exception as error:
                self._fail(explain(error))
            else:
                await self._show_wizard(layout)

        pn.state.execute(read)

    def _open_example(self, fresh: bool) -> None:
        def prepare_it() -> Prepared:
            mine = newest_example()
            return Prepared(
                working_copy(example_config(), projects_folder() / "example") if fresh or mine is None else mine
            )

        self._do("Opening the example", prepare_it)

    def _do(self, what: str, prepare_it: Callable[[], Prepared], request: OpenRequest | None = None) -> None:
        """Prepare and open a project outside the event loop. Errors are shown on the start page."""
        document = pn.state.curdoc
        over, cancelled = Event(), Event()
        running: list[asyncio.Task[None]] = []

        def cancel() -> None:
            cancelled.set()
            for task in running:
                task.cancel()

        def show(step: str) -> None:
            if not over.is_set():  # a late progress message must not lock the page again
                self._start.busy(f"{what}: {step} …", cancel)

        def tell(step: str, fraction: float) -> None:
            document.add_next_tick_callback(lambda: show(step))

        async def run() -> None:
            asked = request
            postpone_compiling(_OPENING_S)
            self._start.busy(f"{what} …", cancel)
            try:
                ready = await self._preparing.run_async(prepare_it, what=what)
                asked = OpenRequest(ready.path, catalogue=ready.catalogue, joined=ready.joined)
                await self._ask_consent(ready.path)
                accept = request is not None and request.accept_changes
                project = await registry().open(
                    ready.path,
                    tell,
                    accept_changes=accept,
                    catalogue=ready.catalogue,
                    joined=ready.joined,
                    cancelled=cancelled.is_set,
                )
                await self._workers.run_async(_remember, project)
                for note in ready.notes:
                    project.session.notify(note, "info")
                self._show_project(project)
            except (CancelledError, asyncio.CancelledError):
                self._fail("")
                self._start.show_error(f"{what} was cancelled.")
            except MissingCatalogueError as error:
                self._fail("")
                self._start.ask_catalogue(asked or OpenRequest(Path()), str(error), error.join)
            except ChangedCatalogueError as error:
                self._fail("")
                self._start.ask_changes(asked or OpenRequest(Path()), error.differences)
            except (WrongCatalogueError, CatalogueError) as error:
                self._fail("")
                self._start.ask_catalogue(asked or OpenRequest(Path()), str(error), _place_of(asked))
            except NoAnswerError as error:
                self._fail(str(error))
                if asked is not request:  # the project file was read, so the disk of a catalogue does not respond
                    self._start.ask_catalogue(asked or OpenRequest(Path()), str(error), _place_of(asked))
            except (AstronomicalError, OSError) as error:
                self._fail(explain(error))
            except Exception as error:  # the user sees a short message, the log has the traceback
                log.exception("%s failed", what)
                self._fail(f"{what} failed: {explain(error)}")
            finally:
                over.set()

        async def start() -> None:
            running.append(asyncio.ensure_future(run()))
            await running[0]

        pn.state.execute(start)

    async def _ask_consent(self, path: Path) -> None:
        """Ask before a plugin of the project is run. Without consent, the project opens without the plugin."""
        await registry().close_if_without_consent(path)
        files = await self._workers.run_async(registry().untrusted_files, path, what="Reading the plugins")
        if files and await self._consent.ask(files):
            for file in files:
                Consents().give(file)

    def _report(self, error: Exception) -> None:
        """Show an error that an event handler of the page raised; what is on the page stays as it is."""
        text = explain(error)
        if self._workbench is not None:
            self._workbench.session.notify(text, "error")
        else:
            shown = self._messages.shown
            self._messages.shown = [*shown, {"n": len(shown) + 1, "level": "error", "text": text}]

    def _fail(self, text: str) -> None:
        self._show_start()
        self._start.busy(None)
        self._start.show_error(text)


def _place_of(request: OpenRequest | None) -> int | None:
    """Return which catalogue the user named last: the number of a join, or None for the main catalogue."""
    return max(request.joined) if request is not None and request.joined else None


def _remember(project: OpenProject) -> None:
    """Add a project to the list of recent projects. Continue if the list cannot be written."""
    try:
        remember(project.session.path, project.session.state.config.project.title, project.key)
    except OSError:
        log.warning("The list of recent projects cannot be written", exc_info=True)


def _closed_project(key: str) -> Path | None:
    """Return the project that a page showed before it was closed or the server stopped."""
    return next((item.path for item in read_recents() if item.key == key), None) if key else None


def _weakly(method: Callable[[Exception], None]) -> Callable[[Exception], None]:
    """Return a function that calls a method for as long as its object exists.

    Panel keeps the settings of a page under its document. A setting that referred to the page, and so to the document,
    would keep both for ever.
    """
    weak = weakref.WeakMethod(method)

    def call(error: Exception) -> None:
        if (found := weak()) is not None:
            found(error)

    return call


def _key_in_url() -> str:
    values: Any = pn.state.session_args.get("project", [b""])
    return str(values[0].decode("ascii", "replace"))
