"""A page: the start page, the wizard, or the workbench of a project."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import panel as pn

from astronomical.dashboard.arguments import AppArguments
from astronomical.dashboard.consent import ConsentDialog
from astronomical.dashboard.page import make_page
from astronomical.dashboard.server import OpenProject, registry
from astronomical.dashboard.start import StartPage
from astronomical.dashboard.wizard.view import Wizard
from astronomical.dashboard.workbench import Workbench
from astronomical.plugins.consent import Consents
from astronomical.session.example import example_config, newest_example, projects_folder, working_copy
from astronomical.session.store import is_writable

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
        self._start = StartPage(on_open=self._open, on_example=self._open_example, on_new=self._show_wizard,
                                example_exists=newest_example() is not None)
        found = registry().find(_key_in_url())
        dark = found.session.state.config.layout.theme == "dark" if found is not None else False
        self._consent = ConsentDialog()
        self.page = make_page(_TITLE, header=[self._header], main=[self._main, self._consent.view], dark=dark)
        pn.state.on_session_destroyed(lambda _: self._leave())
        if found is not None:
            # A workbench built while the page loads does not hear of later changes in its header.
            pn.state.onload(lambda: self._show_project(found))
        else:
            self._show_start()
            if path is not None:
                pn.state.onload(lambda: self._open(path))

    def _show_start(self) -> None:
        self._header.objects = []
        self._main.objects = [self._start.view]

    def _show_wizard(self) -> None:
        self._main.objects = [Wizard(on_created=self._open, on_cancel=self._show_start).view]

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

    def _open(self, path: Path) -> None:
        self._do("Opening the project", lambda: _own_copy(path))

    def _open_example(self, fresh: bool) -> None:
        def prepare() -> Path:
            mine = newest_example()
            return working_copy(example_config(), projects_folder() / "example") if fresh or mine is None else mine

        self._do("Opening the example", prepare)

    def _do(self, what: str, prepare: Callable[[], Path]) -> None:
        """Prepare a config and open it, off the event loop; what goes wrong is shown on the start page."""
        document = pn.state.curdoc

        def tell(step: str, fraction: float) -> None:
            document.add_next_tick_callback(lambda: self._start.busy(f"{what}: {step} …"))

        async def run() -> None:
            self._start.busy(f"{what} …")
            try:
                path = await asyncio.to_thread(prepare)
                await self._ask_consent(path)
                self._show_project(await registry().open(path, tell))
            except (ValueError, OSError) as error:
                self._fail(str(error))
            except Exception as error:  # a person sees a sentence, the log has the rest
                log.exception("%s failed", what)
                self._fail(f"{what} failed: {error}")

        pn.state.execute(run)

    async def _ask_consent(self, path: Path) -> None:
        """Ask before a plugin that the project names is run; without consent the project opens without it."""
        registry().close_if_without_consent(path)
        files = await asyncio.to_thread(registry().untrusted_files, path)
        if files and await self._consent.ask(files):
            for file in files:
                Consents().give(file)

    def _fail(self, text: str) -> None:
        self._show_start()
        self._start.busy(None)
        self._start.show_error(text)


def _own_copy(path: Path) -> Path:
    """Return a config, or a copy of it in a folder of the user's if it cannot be written where it is."""
    path = path.expanduser().resolve()
    if not path.exists() or is_writable(path):
        return path
    return working_copy(path, projects_folder() / path.stem)


def _key_in_url() -> str:
    values: Any = pn.state.session_args.get("project", [b""])
    return str(values[0].decode("ascii", "replace"))
