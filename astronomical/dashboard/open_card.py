"""The card that opens a config: which one, how much of it, and where its catalogue is if it has moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import panel_material_ui as pmui

from astronomical.config.io import SUFFIXES, config_from, parse_plain
from astronomical.config.v1 import is_v1, translate
from astronomical.dashboard.parts import Message, words_for
from astronomical.dashboard.upload import upload_button
from astronomical.dashboard.wizard.create import plain_name
from astronomical.dashboard.wizard.table import resolve
from astronomical.session.example import fresh_folder, projects_folder
from astronomical.session.opening import LEVELS, Level

__all__ = ["OpenCard", "OpenRequest", "keep_upload"]

_HELP = "A .yaml or .json file; press Enter."
_CATALOGUE_HELP = "On the computer where astronomical runs; press Enter."


@dataclass(frozen=True)
class OpenRequest:
    """A config that a person wants to open.

    Attributes
    ----------
    path
        The config.
    level
        How much of it.
    catalogue, joined
        Where its catalogue, and joined ones by their places, are now, if the config does not know.
    accept_changes
        Whether the person knows that the catalogue is not the one that the project was made with.
    """

    path: Path
    level: Level = "labels"
    catalogue: Path | None = None
    joined: Mapping[int, Path] = field(default_factory=dict)
    accept_changes: bool = False


class OpenCard:
    """Asks for a config.

    Parameters
    ----------
    on_open
        Called with what the person wants to open.
    error
        Where the card says what is wrong with an upload.

    Attributes
    ----------
    objects
        The questions, from top to bottom.
    """

    def __init__(self, on_open: Callable[[OpenRequest], None], error: Message) -> None:
        self._on_open, self._error = on_open, error
        self._homeless: OpenRequest | None = None
        self._place: int | None = None
        self.path = pmui.TextInput(label="Path of the config", placeholder="~/astronomical/project.yaml", size="small",
                                   sizing_mode="stretch_width", helper_text=_HELP)
        self.level = pmui.Select(label="What to take from it", options={text: name for name, text in LEVELS.items()},
                                 value="labels", size="small", sizing_mode="stretch_width")
        self.open = pmui.Button(label="Open", variant="contained", sizing_mode="stretch_width", on_click=self._on_path)
        self.upload = upload_button(self._on_upload, accept=",".join(SUFFIXES), label="Or upload one")
        self.catalogue = pmui.TextInput(label="Path of its catalogue", size="small", sizing_mode="stretch_width",
                                        helper_text=_CATALOGUE_HELP, visible=False)
        self.relink = pmui.Button(label="Open with this catalogue", variant="contained", sizing_mode="stretch_width",
                                  on_click=self._on_catalogue, visible=False)
        self.objects = (self.path, self.level, self.open, self.upload, self.catalogue, self.relink)
        self.path.param.watch(self._on_path, "enter_pressed")
        self.catalogue.param.watch(self._on_catalogue, "enter_pressed")

    def ask_catalogue(self, request: OpenRequest, place: int | None = None) -> None:
        """Ask where the catalogue of a config is, or that of one of its joins."""
        self._homeless, self._place = request, place
        label = "Path of its catalogue" if place is None else "Path of the joined catalogue"
        self.catalogue.param.update(label=label, visible=True, value="", value_input="", error_state=False,
                                    helper_text=_CATALOGUE_HELP)
        self.relink.visible = True

    def settled(self) -> None:
        """Ask for no catalogue any more."""
        self._homeless = None
        self.catalogue.visible = self.relink.visible = False

    def disable(self, disabled: bool) -> None:
        """Take no further wishes, or take them again."""
        for widget in self.objects:
            widget.disabled = disabled

    def _say(self, text: str) -> None:
        """Show what is wrong with the path that was typed."""
        self.path.param.update(error_state=bool(text), helper_text=text or _HELP)

    def _on_path(self, _: Any) -> None:
        text = (self.path.value_input or self.path.value).strip()
        if not text:
            self._say("Type the path of a config first, or upload one.")
            return
        path = resolve(text)
        if not path.exists():
            self._say(f"There is no file {path}.")
        elif path.suffix.lower() not in SUFFIXES:
            self._say(f"A config ends in {', '.join(SUFFIXES)}. For a catalogue, use “Start from a dataset”.")
        else:
            self._say("")
            self.settled()
            self._on_open(OpenRequest(path, self.level.value))

    def _on_upload(self, name: str, content: bytes) -> None:
        self._error.show("")
        self.settled()
        name = plain_name(name, "project.yaml")
        try:
            path = keep_upload(name, content)
        except UnicodeDecodeError:
            self._error.show(f"{name} is not text in UTF-8, so it is no config.")
        except (ValueError, OSError) as error:
            self._error.show(words_for(error, "Saving the upload"))
        else:
            self._on_open(OpenRequest(path, self.level.value))

    def _on_catalogue(self, _: Any) -> None:
        text = (self.catalogue.value_input or self.catalogue.value or "").strip()
        if self._homeless is None or not text:
            return
        path = resolve(text)
        if not path.is_file():
            self.catalogue.param.update(error_state=True, helper_text=f"There is no file {path}.")
            return
        request, place = self._homeless, self._place
        self.settled()
        self._on_open(replace(request, catalogue=path) if place is None else
                      replace(request, joined={**request.joined, place: path}))


def keep_upload(name: str, content: bytes) -> Path:
    """Save an uploaded config in a new folder of its own, and return where it lies.

    Raises
    ------
    ValueError
        If it is no config, neither of ours nor of AstronomicAL itself; nothing is written then.
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
