"""List of recent projects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import hint, section
from astronomical.session.project.recent_projects import Recent
from astronomical.tasks import Task, Workers

__all__ = ["RecentList"]

_SHOWN = 6


class RecentList:
    """Recent projects, newest first, with a message for those that cannot be opened.

    The files are checked in threads, because a disk that does not respond must not block the page.

    Parameters
    ----------
    on_open
        Called with the project file to open.
    on_forget
        Called with the project file to remove from the list.

    Attributes
    ----------
    view
        Panel object to show; an empty list is invisible.
    """

    def __init__(self, on_open: Callable[[Path], None], on_forget: Callable[[Path], None]) -> None:
        self._on_open, self._on_forget = on_open, on_forget
        self._rows = pn.Column(sizing_mode="stretch_width", margin=0)
        self._buttons: list[pmui.Button] = []
        self._problems: dict[Path, str] = {}
        self._items: Sequence[Recent] = ()
        self._disabled = False
        self._document = pn.state.curdoc
        self.view = section("Recent projects", self._rows, visible=False)

    def show(self, recents: Sequence[Recent]) -> None:
        """Show these projects."""
        self._items = recents[:_SHOWN]
        self._draw()
        for item in self._items:
            task = Workers.of("recent projects", _SHOWN, overtake_s=1.0).submit(partial(getattr, item, "problem"))
            task.when_settled(partial(self._found, item.path))

    def _found(self, path: Path, task: Task[str]) -> None:
        """Show in the page whether a project can be opened. Call this from any thread."""
        if task.error() is None:
            if self._document is None or self._document.session_context is None:
                self._note(path, task.result())
            else:
                self._document.add_next_tick_callback(partial(self._note, path, task.result()))

    def _note(self, path: Path, problem: str) -> None:
        if self._problems.get(path, "") != problem:
            self._problems[path] = problem
            self._draw()

    def _draw(self) -> None:
        self._buttons = []
        self._rows.objects = [self._row(item) for item in self._items]
        self.view.visible = bool(self._items)
        self.disable(self._disabled)

    def disable(self, disabled: bool) -> None:
        """Disable or enable the buttons."""
        self._disabled = disabled
        for button in self._buttons:
            button.disabled = disabled

    def _row(self, item: Recent) -> pn.Row:
        title = item.title or item.path.stem
        problem = self._problems.get(item.path, "")
        if problem:
            button = pmui.Button(
                label="Remove from list",
                variant="text",
                size="small",
                color="default",
                description=f"Remove {title} from the list",
                on_click=lambda _: self._on_forget(item.path),
            )
            name = hint(title, width=220, sizing_mode="fixed", align="center")
            where = f"{item.path} — {problem}"
        else:
            button = pmui.Button(
                label="Continue",
                variant="text",
                size="small",
                description=f"Open {title}",
                on_click=lambda _: self._on_open(item.path),
            )
            name = hint(title, width=220, sizing_mode="fixed", align="center", styles={"font-weight": "600"})
            where = str(item.path)
        self._buttons.append(button)
        return pn.Row(
            name,
            hint(where, align="center"),
            hint(_day(item.when), width=130, sizing_mode="fixed", align="center"),
            button,
            sizing_mode="stretch_width",
            margin=0,
        )


def _day(when: str) -> str:
    try:
        return datetime.fromisoformat(when).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return ""
