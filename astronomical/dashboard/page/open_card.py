"""Card that opens a project: choose the file, what to open, and the catalogue if it was moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.astronomical_v1 import is_v1, translate
from astronomical.config.io import SUFFIXES, config_from, parse_plain
from astronomical.dashboard.ui.components import Message, words_for
from astronomical.dashboard.ui.upload import upload_button
from astronomical.errors import AstronomicalError
from astronomical.paths import local_path
from astronomical.session.project.example import fresh_folder, projects_folder
from astronomical.session.project.prepare import LEVELS, Level
from astronomical.setup.create import plain_name

__all__ = ["OpenCard", "OpenRequest", "keep_upload"]

_HELP = "A .yaml or .json file; press Enter."
_CATALOGUE_HELP = "A file on the computer that runs astronomical. Press Enter to open it."


@dataclass(frozen=True)
class OpenRequest:
    """A request to open a project.

    Attributes
    ----------
    path
        The project file.
    level
        What to open.
    catalogue, joined
        Paths of the catalogue, and of the joined catalogues by number, if those of the project file are wrong.
    accept_changes
        Whether the user accepts a catalogue that differs from the one that the project was made with.
    """

    path: Path
    level: Level = "labels"
    catalogue: Path | None = None
    joined: Mapping[int, Path] = field(default_factory=dict)
    accept_changes: bool = False


class OpenCard:
    """Ask for a project file.

    Parameters
    ----------
    on_open
        Called with the request.
    error
        Message that shows the problem with an upload.
    on_move
        Called with the request if the project is to be moved to the catalogue that was entered.

    Attributes
    ----------
    objects
        The fields, from top to bottom.
    """

    def __init__(
        self,
        on_open: Callable[[OpenRequest], None],
        error: Message,
        on_move: Callable[[OpenRequest], None] = lambda request: None,
    ) -> None:
        self._on_open, self._error, self._on_move = on_open, error, on_move
        self._homeless: OpenRequest | None = None
        self._place: int | None = None
        self._asked: tuple[Path, int | None] | None = None
        self.path = pmui.TextInput(
            label="Project file",
            placeholder="~/astronomical/project.yaml",
            size="small",
            sizing_mode="stretch_width",
            helper_text=_HELP,
        )
        self.level = pmui.Select(
            label="What to open",
            options={text: name for name, text in LEVELS.items()},
            value="labels",
            size="small",
            sizing_mode="stretch_width",
        )
        self.open = pmui.Button(label="Open", variant="contained", sizing_mode="stretch_width", on_click=self._on_path)
        self.upload = upload_button(self._on_upload, accept=",".join(SUFFIXES), label="Or upload a project file")
        self.catalogue = pmui.TextInput(
            label="Catalogue of the project",
            size="small",
            sizing_mode="stretch_width",
            helper_text=_CATALOGUE_HELP,
            visible=False,
        )
        self.relink = pmui.Button(
            label="Open with this catalogue",
            variant="contained",
            sizing_mode="stretch_width",
            on_click=self._on_catalogue,
            visible=False,
        )
        self.move = pmui.Button(
            label="Move to this catalogue…",
            variant="outlined",
            sizing_mode="stretch_width",
            on_click=self._on_another,
            visible=False,
        )
        self.objects = (self.path, self.level, self.open, self.upload, self.catalogue, self.relink, self.move)
        self.path.param.watch(self._on_path, "enter_pressed")
        self.catalogue.param.watch(self._on_catalogue, "enter_pressed")

    def ask_catalogue(self, request: OpenRequest, place: int | None = None) -> None:
        """Ask for the catalogue of a project, or for that of one of its joins. Text typed for the same one is kept."""
        self._homeless, self._place = request, place
        label = "Catalogue of the project" if place is None else "Joined catalogue"
        again = self._asked == (request.path, place)
        self._asked = request.path, place
        typed = {} if again else {"value": "", "value_input": ""}
        self.catalogue.param.update(label=label, visible=True, error_state=False, helper_text=_CATALOGUE_HELP, **typed)
        self.relink.visible = True
        self.move.visible = place is None

    def settled(self) -> None:
        """Hide the field for the catalogue."""
        self._homeless = None
        self.catalogue.visible = self.relink.visible = self.move.visible = False

    def disable(self, disabled: bool) -> None:
        """Disable or enable the fields."""
        for widget in self.objects:
            widget.disabled = disabled

    def _show_problem(self, text: str) -> None:
        """Show the problem with the typed path."""
        self.path.param.update(error_state=bool(text), helper_text=text or _HELP)

    def _on_path(self, _: Any) -> None:
        text = (self.path.value_input or self.path.value).strip()
        if not text:
            self._show_problem("Enter the path of a project file, or upload one.")
            return
        try:  # the disk is accessed in a thread, when the project is opened
            path = local_path(text.strip("\"'")).absolute()
        except AstronomicalError as error:
            self._show_problem(str(error))
            return
        if path.suffix.lower() not in SUFFIXES:
            self._show_problem(f"A project file ends in {', '.join(SUFFIXES)}. For a catalogue, use “New project”.")
        else:
            self._show_problem("")
            self.settled()
            self._on_open(OpenRequest(path, self.level.value))

    def _on_upload(self, name: str, content: bytes) -> None:
        self._error.show("")
        self.settled()
        name = plain_name(name, "project.yaml")
        level = self.level.value

        async def keep() -> None:
            try:
                path = await asyncio.to_thread(keep_upload, name, content)
            except UnicodeDecodeError:
                self._error.show(f"{name} is not a project file: it is not text in UTF-8.")
            except Exception as error:
                self._error.show(words_for(error, "Saving the upload"))
            else:
                self._on_open(OpenRequest(path, level))

        pn.state.execute(keep)

    def _on_another(self, _: Any) -> None:
        """Move the project to the catalogue that was entered."""
        path = self._entered_catalogue()
        if self._homeless is not None and path is not None:
            self._on_move(replace(self._homeless, catalogue=path))

    def _entered_catalogue(self) -> Path | None:
        text = (self.catalogue.value_input or self.catalogue.value or "").strip()
        return local_path(text.strip("\"'")).absolute() if text else None

    def _on_catalogue(self, _: Any) -> None:
        path = self._entered_catalogue()
        if self._homeless is None or path is None:
            return
        request, place = self._homeless, self._place
        self.settled()
        self._on_open(
            replace(request, catalogue=path)
            if place is None
            else replace(request, joined={**request.joined, place: path})
        )


def keep_upload(name: str, content: bytes) -> Path:
    """Save an uploaded project file in a new folder, and return its path.

    Raises
    ------
    ValueError
        If it is not a project file of this program or of AstronomicAL. Nothing is written in that case.
    OSError
        If it cannot be written.
    """
    data = parse_plain(content.decode("utf-8-sig"), Path(name).suffix.lower(), name)
    if is_v1(data):
        translate(data, name)
    else:
        config_from(data, name)
    path = fresh_folder(projects_folder() / Path(name).stem) / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path
