"""Dialog that moves a project to another release of its catalogue."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.page.open_card import OpenRequest
from astronomical.dashboard.ui.components import Message, hint, row, words_for
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.stoppable import StoppableProgress
from astronomical.dashboard.ui.styles import PLAIN_DIALOG, PLAIN_NUMBER
from astronomical.errors import InvalidInputError
from astronomical.learning.scoring import CancelCheck, Cancelled
from astronomical.paths import local_path
from astronomical.session.data.catalogue_paths import catalogue_path
from astronomical.session.project.project_store import load_project
from astronomical.setup.moving import (
    MissingColumnsError,
    MovedProject,
    MoveOptions,
    move_lines,
    move_project,
    plan_move,
)
from astronomical.tasks import Workers

__all__ = ["MoveDialog"]

Progress = Callable[[str, float], None]

_EXPLAIN = (
    "Make a new project on this catalogue, with the labels of all sources that are found again: by id, else by "
    "position. The old project is not changed. Compare first: nothing is written until you press Move."
)
_OLD_HELP = "The file that the project was made with, if you still have it: to compare positions and features."
_SUMMARY = """
:host { font: 13px/1.45 var(--bokeh-base-font, sans-serif); color: var(--mui-palette-text-primary, inherit); }
p { margin: 3px 0; overflow-wrap: anywhere; }
"""
_MAX_RADIUS = 3600.0


class MoveDialog:
    """Ask for the new catalogue and its columns, show what would be carried over, and write the new project.

    Parameters
    ----------
    on_open
        Called with the request to open the new project.

    Attributes
    ----------
    view
        The dialog.
    """

    def __init__(self, on_open: Callable[[OpenRequest], None]) -> None:
        self._on_open = on_open
        self._path = self._written = Path()
        self._renamed: dict[str, Any] = {}
        self._workers = Workers("moving", 1)
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
        self._catalogue = pmui.TextInput(label="New catalogue", **wide)
        self._old = pmui.TextInput(label="Old catalogue", helper_text=_OLD_HELP, **wide)
        self._output = pmui.TextInput(label="New project file", **wide)
        self._radius = pmui.FloatInput(
            label="Radius (arcsec)", value=1.0, start=0.01, end=_MAX_RADIUS, sx=PLAIN_NUMBER, size="small", width=150
        )
        self._columns = pn.Column(sizing_mode="stretch_width", margin=0, visible=False)
        self._summary = Html(margin=(2, 10), sizing_mode="stretch_width", stylesheets=[_SUMMARY])
        self._message, self._progress = Message(), StoppableProgress()
        self._compare = pmui.Button(label="Compare", variant="outlined", on_click=self._on_compare)
        self._move = pmui.Button(label="Move", variant="contained", disabled=True, on_click=self._on_move)
        self._show = pmui.Button(
            label="Open the new project", variant="contained", visible=False, on_click=self._on_show
        )
        self._close = pmui.Button(label="Close", variant="outlined", on_click=lambda _: self.close())
        self.view = Dialog(
            hint(_EXPLAIN),
            self._catalogue,
            self._old,
            row(self._output, self._radius),
            self._columns,
            self._summary,
            self._message.view,
            self._progress.view,
            pn.Row(self._compare, self._move, self._show, self._progress.stop, self._close),
            title="Move to another catalogue",
            open=False,
            width_option="md",
            sx=PLAIN_DIALOG,
        )
        for field in (self._catalogue, self._old, self._radius):
            field.param.watch(lambda _: self._forget(), "value")

    async def open(self, request: OpenRequest) -> None:
        """Open the dialog for a project, and a catalogue that differs from its own.

        Parameters
        ----------
        request
            The project file, and the catalogue; by default the file that the project names.
        """
        self._path = request.path
        self._renamed.clear()
        self._columns.param.update(objects=[], visible=False)
        self._old.value = ""
        self._output.value = str(request.path.with_name(f"{request.path.stem}-moved{request.path.suffix}"))
        self._catalogue.value = "" if request.catalogue is None else str(request.catalogue)
        self._forget()
        if request.catalogue is None:
            # A field that changes while the dialog is built in the browser would not show its value.
            found = await self._work("Reading the project", lambda *_: _catalogue_of(request.path))
            self._catalogue.value = "" if found is None else str(found)
        self.view.open = True

    def close(self) -> None:
        """Close the dialog."""
        self.view.open = False

    def _forget(self) -> None:
        """Remove the result of a comparison that no longer applies."""
        self._message.show("")
        self._summary.object = ""
        self._move.disabled, self._show.visible = True, False

    async def _on_compare(self, _: Any) -> None:
        self._forget()
        path, given = self._path, self._given()
        made = await self._work("Comparing the catalogues", lambda *steps: plan_move(path, *given(), *steps))
        if made is not None:
            self._show_lines(made)
            self._move.disabled = False

    async def _on_move(self, _: Any) -> None:
        path, output, given = self._path, str(self._output.value_input or self._output.value).strip(), self._given()
        target = path.parent / local_path(output or "-")

        def work(progress: Progress, cancelled: CancelCheck) -> MovedProject:
            if not output:
                raise InvalidInputError("Enter the new project file.")
            catalogue, options = given()
            return move_project(path, catalogue, target, options, progress=progress, cancelled=cancelled)

        made = await self._work("Moving the project and training its learners", work)
        if made is not None:
            self._show_lines(made)
            self._written = target
            self._message.show(f"Written to {target}. {made.table} lists what became of each source.", "success")
            self._move.disabled, self._show.visible = True, True

    def _on_show(self, _: Any) -> None:
        self.close()
        self._on_open(OpenRequest(self._written))

    def _given(self) -> Callable[[], tuple[Path, MoveOptions]]:
        """Return a function that checks what was entered; it may access a disk, so a thread calls it."""
        catalogue, old = (
            str(field.value_input or field.value).strip().strip("\"'") for field in (self._catalogue, self._old)
        )
        columns = {name: str(field.value) for name, field in self._renamed.items() if field.value}
        radius = float(self._radius.value or 1.0)

        def checked() -> tuple[Path, MoveOptions]:
            if not catalogue:
                raise InvalidInputError("Enter the path of the new catalogue.")
            original = local_path(old).absolute() if old else None
            return local_path(catalogue).absolute(), MoveOptions(columns, original, radius)

        return checked

    async def _work(self, doing: str, work: Callable[[Progress, CancelCheck], Any]) -> Any:
        """Run work in a thread, with its progress; show its error, and return None then or if it was stopped."""
        buttons = (self._compare, self._close)
        movable, self._move.disabled = not self._move.disabled, True
        for button in buttons:
            button.disabled = True
        self._message.show("")
        said, cancelled = self._progress.begin(doing)
        try:
            return await self._workers.run_async(lambda: work(partial(_say, said), cancelled), what=doing)
        except Cancelled:
            self._move.disabled = not movable
            self._message.show("Stopped. Nothing was written.", "info")
        except MissingColumnsError as error:
            self._ask_columns(error)
        except Exception as error:
            self._move.disabled = not movable
            self._message.show(words_for(error, doing), "error")
        finally:
            self._progress.end()
            for button in buttons:
                button.disabled = False
        return None

    def _ask_columns(self, error: MissingColumnsError) -> None:
        """Ask which columns replace those that are missing; the most similar ones are proposed."""
        for name, similar in error.missing.items():
            self._renamed[name] = pmui.Select(
                label=f"Column that replaces {name}",
                options=["", *error.there],
                value=similar or "",
                searchable=True,
                size="small",
                width=300,
            )
            self._renamed[name].param.watch(lambda _: self._forget(), "value")
        fields = list(self._renamed.values())
        self._columns.param.update(objects=[pn.FlexBox(*fields, sizing_mode="stretch_width")], visible=True)
        self._message.show(
            "The new catalogue has no column of these names. Choose what replaces them, and compare again.", "warning"
        )

    def _show_lines(self, made: MovedProject) -> None:
        self._summary.object = Markup("").join(Markup("<p>{}</p>").format(line) for line in move_lines(made))


def _say(said: Callable[[str], None], step: str, fraction: float) -> None:
    said(f"{step} ({fraction:.0%})")


def _catalogue_of(path: Path) -> Path:
    """Return the catalogue that a project names."""
    return catalogue_path(load_project(path).config.catalogue, path.parent)
