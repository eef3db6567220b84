"""The wizard: a stepper, the fields of each step, and the buttons Back and Next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import LayoutConfig
from astronomical.dashboard.ui.components import Message, Progress, centred, heading, hint, row, set_hint, words_for
from astronomical.dashboard.ui.menus import MenuOpener
from astronomical.dashboard.wizard.check_step import CheckStep
from astronomical.dashboard.wizard.columns_step import ColumnsStep
from astronomical.dashboard.wizard.data_step import DataStep
from astronomical.dashboard.wizard.learning_step import LearningStep
from astronomical.plugins.loader import Plugins
from astronomical.plugins.registry import builtin_registry
from astronomical.setup.create import create_project
from astronomical.setup.draft import STEPS, Draft
from astronomical.tasks import Workers

__all__ = ["Wizard"]

TITLES = ("Data", "Columns", "Learning", "Check and create")
_MAX_WIDTH = 1080


class StepView(Protocol):
    """The fields of one step."""

    view: Any

    def refresh(self) -> None:
        """Show the current problems of the draft."""


class Wizard:
    """Create a project from a table.

    Parameters
    ----------
    on_created
        Called with the new project file.
    on_cancel
        Called when the user cancels.
    layout
        Layout of the panes of the new project; None for the default layout.
    plugins
        Plugins that the server has loaded.
    is_dark
        Returns whether the page has the dark theme, which the project then gets too.
    catalogue
        Table to read at once; None to ask for it.

    Attributes
    ----------
    view
        Panel object to show; it fills the available space.
    draft
        The current settings.
    """

    def __init__(
        self,
        on_created: Callable[[Path], None],
        on_cancel: Callable[[], None],
        layout: LayoutConfig | None = None,
        plugins: Plugins | None = None,
        is_dark: Callable[[], bool] = lambda: False,
        catalogue: Path | None = None,
    ) -> None:
        self._on_created, self._on_cancel, self._is_dark = on_created, on_cancel, is_dark
        self.draft = Draft(layout=layout, registry=plugins.registry if plugins else builtin_registry())
        self.problems = plugins.problems if plugins else ()
        self._jobs = 0
        self._workers = Workers("wizard", 2, overtake_s=5.0)
        self.words = ""
        self.step = 0
        self.data, self.columns = DataStep(self), ColumnsStep(self)
        self.learning, self.check = LearningStep(self), CheckStep(self)
        self._steps: tuple[StepView, ...] = (self.data, self.columns, self.learning, self.check)
        self._stepper = pmui.StepperMenu(
            items=[{"label": title} for title in TITLES],
            active=0,
            color="primary",
            sizing_mode="stretch_width",
            margin=(4, 10),
        )
        self._progress, self._error = Progress(), Message()
        self._open = hint("", align="center", styles={"text-align": "right"})
        self._back = pmui.Button(label="Back", variant="text", on_click=lambda _: self._go(self.step - 1))
        self._next = pmui.Button(label="Next", variant="contained", on_click=self._on_next)
        self._cancel = pmui.Button(label="Cancel", variant="text", color="default", on_click=lambda _: self._give_up())
        self._questions = centred(self.data.view, max_width=_MAX_WIDTH)
        self.view = pn.Column(
            centred(heading("New project from a catalogue"), self._stepper, max_width=_MAX_WIDTH, margin=(10, 0, 6, 0)),
            pn.Column(
                self._questions, sizing_mode="stretch_both", scroll="y-auto", margin=0, styles={"padding": "0 16px"}
            ),
            centred(
                self._progress.view,
                self._error.view,
                row(self._cancel, self._open, self._back, self._next),
                max_width=_MAX_WIDTH,
                margin=(4, 0, 10, 0),
            ),
            MenuOpener(),
            sizing_mode="stretch_both",
            margin=0,
        )
        self.refresh()
        if catalogue is not None:
            self.data.path.value = str(catalogue)  # starts reading, as if it had been typed

    # -- used by the steps --------------------------------------------------------------------------

    @property
    def working(self) -> bool:
        """Whether work is running in a thread."""
        return self._jobs > 0

    async def work(self, doing: str, function: Callable[..., Any], *args: Any) -> tuple[Any, Exception | None]:
        """Run a function in a thread, and show on the screen that it is running.

        Returns
        -------
        tuple
            The returned value, and the raised error or None. `words` then contains its message.
        """
        with self.busy(f"{doing} …"):
            try:
                return await self._workers.run_async(function, *args, what=doing), None
            except Exception as error:
                self.words = words_for(error, doing)
                return None, error

    @contextmanager
    def busy(self, doing: str) -> Iterator[None]:
        """Lock the buttons during the work. Around several calls, they stay locked in between."""
        self._jobs += 1
        self._progress.show(doing)
        self.refresh()
        try:
            yield
        finally:
            self._jobs -= 1
            if not self._jobs:
                self._progress.show(None)

    def refresh(self) -> None:
        """Show the problems of the current step, and whether it is complete."""
        self._steps[self.step].refresh()
        problems = self.draft.issues(STEPS[self.step])
        set_hint(self._open, problems[0].text if problems and problems[0].open and not self.working else "")
        self._next.param.update(
            disabled=bool(problems) or self.working, label="Create project" if self.step == len(STEPS) - 1 else "Next"
        )
        self._back.param.update(disabled=self.working, visible=self.step > 0)
        self._cancel.disabled = self.working

    async def after_table(self) -> None:
        """Prepare the fields that depend on a new table."""
        await self.columns.prepare()
        self.learning.prepare()

    # -- navigation ---------------------------------------------------------------------------------

    async def _on_next(self, _: Any) -> None:
        if self.working or self.draft.problems(STEPS[self.step]):
            return
        if self.step == len(STEPS) - 1:
            await self._create()
            return
        self._go(self.step + 1)
        if self.step == len(STEPS) - 1:
            await self.check.prepare()
            self.refresh()

    def _go(self, step: int) -> None:
        self.step = step
        self._error.show("")
        self._stepper.active = step
        if step == STEPS.index("learning"):
            self.learning.prepare()
        self._questions.objects = [self._steps[step].view]
        self.refresh()

    async def _create(self) -> None:
        self._error.show("")
        self.draft.dark = self._is_dark()
        path, error = await self.work("Creating the project", create_project, self.draft)
        if error is not None:
            self._error.show(self.words)
            self.refresh()
            return
        self.data.clean_up()
        self._on_created(path)

    def _give_up(self) -> None:
        self.data.clean_up()
        self._on_cancel()
