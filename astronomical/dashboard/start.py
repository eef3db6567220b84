"""The start page: try the example, open a project, or begin with a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.io import SUFFIXES, parse_config, write_config
from astronomical.config.schema import Config
from astronomical.dashboard.parts import Message, Progress, centred, heading, hint, words_for
from astronomical.dashboard.upload import upload_button
from astronomical.dashboard.wizard.create import plain_name
from astronomical.dashboard.wizard.table import resolve
from astronomical.session.dataset import catalogue_path
from astronomical.session.example import projects_folder
from astronomical.session.store import relative_to

__all__ = ["StartPage", "keep_upload"]

_CARD_WIDTH, _CARD_HEIGHT, _GAP = 350, 330, 20
_WHAT = (
    "Label a few well-chosen sources of a catalogue, train a classifier while you do, and share the result as one file."
)
_EXAMPLE = (
    "20,000 simulated stars, galaxies and quasars with photometry from u to W2, and a classifier for stars that "
    "has learnt from 30 labels."
)
_NEW = (
    "A table in FITS, VOTable, CSV, Parquet, HDF5 … with one source in each row. You are asked what its columns mean, "
    "in four short steps, and see a preview before anything is written."
)


class StartPage:
    """What a person sees first.

    Parameters
    ----------
    on_open
        Called with a config to open.
    on_example
        Called with whether the example is to be started afresh.
    on_new
        Called when a project is to be made from a catalogue.
    example_exists
        Whether there is a copy of the example from before.
    recent
        Configs that were opened before, the newest first.

    Attributes
    ----------
    view
        What to put in the page; it fills the space that it is given.
    """

    def __init__(self, on_open: Callable[[Path], None], on_example: Callable[[bool], None], on_new: Callable[[], None],
                 example_exists: bool, recent: Sequence[Path] = ()) -> None:
        self._on_open, self._on_example, self._on_new = on_open, on_example, on_new
        self._homeless: tuple[str, Config] | None = None
        self._error, self._progress = Message(), Progress()
        self.path = pmui.TextInput(label="Path of the config", placeholder="~/astronomical/project.yaml", size="small",
                                   sizing_mode="stretch_width", helper_text="A .yaml or .json file; press Enter.")
        self.open = pmui.Button(label="Open", variant="contained", sizing_mode="stretch_width", on_click=self._on_path)
        self.upload = upload_button(self._on_upload, accept=",".join(SUFFIXES), label="Or upload one")
        self.catalogue = pmui.TextInput(
            label="Path of its catalogue",
            size="small",
            sizing_mode="stretch_width",
            helper_text="On the computer where astronomical runs; press Enter.",
            visible=False,
        )
        self.continue_example = pmui.Button(
            label="Continue the example" if example_exists else "Try the example", variant="contained",
            sizing_mode="stretch_width", on_click=lambda _: self._on_example(False))
        self.fresh_example = pmui.Button(label="Start it afresh", variant="outlined", visible=example_exists,
                                         sizing_mode="stretch_width", on_click=lambda _: self._on_example(True))
        self.new = pmui.Button(label="Choose a catalogue", variant="contained", sizing_mode="stretch_width",
                               on_click=lambda _: self._on_new())
        cards = (
            _card(
                "Try the example",
                hint(_EXAMPLE),
                *_again(example_exists),
                pn.VSpacer(),
                self.continue_example,
                self.fresh_example,
            ),
            _card(
                "Open a config",
                self.path,
                self.open,
                self.upload,
                self.catalogue,
                *self._recent_buttons(recent),
                pn.VSpacer(),
            ),
            _card("Start from a dataset", hint(_NEW), pn.VSpacer(), self.new),
        )
        self._cards = pn.FlexBox(*cards, align_items="stretch", gap=f"{_GAP}px", sizing_mode="stretch_width",
                                 margin=(24, 10))
        where = hint(f"Projects, with your labels, are saved in {projects_folder()} unless you say otherwise.")
        self.view = pn.Column(
            centred(heading("Welcome to astronomical", "h4"), hint(_WHAT), self._cards, self._error.view,
                    self._progress.view, where, max_width=3 * _CARD_WIDTH + 2 * _GAP + 22, margin=(40, 0, 20, 0)),
            sizing_mode="stretch_both", scroll="y-auto", margin=0)
        self.path.param.watch(self._on_path, "enter_pressed")
        self.catalogue.param.watch(self._on_catalogue, "enter_pressed")

    def show_error(self, text: str) -> None:
        """Say why something could not be done; an empty text says nothing."""
        self._error.show(text)

    def busy(self, text: str | None) -> None:
        """Say what is being done, and take no further wishes; None when it is over."""
        self._progress.show(text)
        if text is not None:
            self._error.show("")
        for widget in (self.path, self.open, self.upload, self.catalogue, self.continue_example, self.fresh_example,
                       self.new):
            widget.disabled = text is not None

    def _recent_buttons(self, recent: Sequence[Path]) -> list[Any]:
        buttons = [
            pmui.Button(
                label=path.stem,
                variant="text",
                size="small",
                margin=(0, 4),
                on_click=lambda _, path=path: self._on_open(path),
            )
            for path in recent[:3]
        ]
        return [hint("Recent"), pn.FlexBox(*buttons, sizing_mode="stretch_width", margin=(0, 6))] if buttons else []

    def _say(self, text: str) -> None:
        """Show what is wrong with the path that was typed."""
        self.path.param.update(error_state=bool(text), helper_text=text or "A .yaml or .json file; press Enter.")

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
            self._on_open(path)

    def _on_upload(self, name: str, content: bytes) -> None:
        self._error.show("")
        self.catalogue.visible = False
        name = plain_name(name, "project.yaml")
        try:
            config = parse_config(content.decode("utf-8-sig"), Path(name).suffix.lower(), name)
        except UnicodeDecodeError:
            self._error.show(f"{name} is not text in UTF-8, so it is no config.")
            return
        except ValueError as error:
            self._error.show(str(error))
            return
        if catalogue_path(config.catalogue, projects_folder() / Path(name).stem).exists():
            self._keep(name, config, None)
            return
        self._homeless = name, config
        self.catalogue.param.update(visible=True, value="", error_state=False)
        self._error.show(
            f"{name} needs its catalogue, {config.catalogue.path}, which does not come with it. Type above "
            "where the catalogue lies on this computer, or open the config by its path, where it lies "
            "beside its catalogue."
        )

    def _on_catalogue(self, _: Any) -> None:
        text = (self.catalogue.value_input or "").strip()
        if self._homeless is None or not text:
            return
        path = resolve(text)
        if not path.is_file():
            self.catalogue.param.update(error_state=True, helper_text=f"There is no file {path}.")
            return
        self._keep(*self._homeless, path)

    def _keep(self, name: str, config: Config, catalogue: Path | None) -> None:
        try:
            path = keep_upload(name, config, catalogue)
        except OSError as error:
            self._error.show(words_for(error, "Saving the upload"))
            return
        self._homeless = None
        self.catalogue.visible = False
        self._error.show("")
        self._on_open(path)


def keep_upload(name: str, config: Config, catalogue: Path | None) -> Path:
    """Save an uploaded config in a new folder of its own, and return where it lies.

    Parameters
    ----------
    name
        Name of the file.
    config
        What it holds.
    catalogue
        Where its catalogue lies, if not where it says.
    """
    stem = Path(name).stem
    folder, n = projects_folder() / stem, 2
    while folder.exists():
        folder, n = projects_folder() / f"{stem}-{n}", n + 1
    folder.mkdir(parents=True)
    if catalogue is not None:
        moved = config.catalogue.model_copy(update={"path": relative_to(catalogue, folder)})
        config = config.model_copy(update={"catalogue": moved})
    path = folder / name
    write_config(config, path)
    return path


def _again(example_exists: bool) -> list[Any]:
    return [hint("You have worked on it before. Started afresh, your earlier copy is kept.")] if example_exists else []


def _card(title: str, *objects: Any) -> pmui.Paper:
    return pmui.Paper(heading(title), *objects, variant="outlined", elevation=0, width=_CARD_WIDTH,
                      min_height=_CARD_HEIGHT, margin=0, sx={"padding": "16px 10px"})
