"""The start page: try the example, open a project, or begin with a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.open_card import OpenCard, OpenRequest
from astronomical.dashboard.panes.styles import PLAIN_DIALOG
from astronomical.dashboard.parts import Message, Progress, centred, heading, hint
from astronomical.dashboard.recent_list import RecentList
from astronomical.session.example import projects_folder
from astronomical.session.recents import forget, read_recents

__all__ = ["StartPage"]

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
        Called with what is to be opened.
    on_example
        Called with whether the example is to be started afresh.
    on_new
        Called when a project is to be made from a catalogue.
    example_exists
        Whether there is a copy of the example from before.

    Attributes
    ----------
    view
        What to put in the page; it fills the space that it is given.
    """

    def __init__(self, on_open: Callable[[OpenRequest], None], on_example: Callable[[bool], None],
                 on_new: Callable[[], None], example_exists: bool) -> None:
        self._on_open, self._on_example, self._on_new = on_open, on_example, on_new
        self._error, self._progress = Message(), Progress()
        self._changes = ChangesDialog(on_open)
        self.card = OpenCard(on_open, self._error)
        self.recents = RecentList(lambda path: on_open(OpenRequest(path)), self._forget)
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
            _card("Open a config", *self.card.objects, pn.VSpacer()),
            _card("Start from a dataset", hint(_NEW), pn.VSpacer(), self.new),
        )
        self._cards = pn.FlexBox(*cards, align_items="stretch", gap=f"{_GAP}px", sizing_mode="stretch_width",
                                 margin=(24, 10))
        where = hint(f"Projects, with your labels, are saved in {projects_folder()} unless you say otherwise.")
        self.view = pn.Column(
            centred(heading("Welcome to astronomical", "h4"), hint(_WHAT), self._cards, self._error.view,
                    self._progress.view, pn.Column(self.recents.view, margin=(0, 10), sizing_mode="stretch_width"),
                    where, self._changes.view, max_width=3 * _CARD_WIDTH + 2 * _GAP + 22, margin=(40, 0, 20, 0)),
            sizing_mode="stretch_both", scroll="y-auto", margin=0)
        self.refresh()

    def refresh(self) -> None:
        """Show the projects that were open last."""
        self.recents.show(read_recents())

    def show_error(self, text: str) -> None:
        """Say why something could not be done; an empty text says nothing."""
        self._error.show(text)

    def ask_catalogue(self, request: OpenRequest, text: str, place: int | None = None) -> None:
        """Say that a catalogue, or one of those joined to it, is missing, and ask where it is."""
        self._error.show(text, "warning")
        self.card.ask_catalogue(request, place)

    def ask_changes(self, request: OpenRequest, differences: Sequence[str]) -> None:
        """Say in what a catalogue differs from the one of the project, and ask whether to go on."""
        self._changes.ask(request, differences)

    def busy(self, text: str | None) -> None:
        """Say what is being done, and take no further wishes; None when it is over."""
        self._progress.show(text)
        if text is not None:
            self._error.show("", "error")
        self.card.disable(text is not None)
        self.recents.disable(text is not None)
        for widget in (self.continue_example, self.fresh_example, self.new):
            widget.disabled = text is not None

    def _forget(self, path: Path) -> None:
        forget(path)
        self.refresh()


class ChangesDialog:
    """Says in what a catalogue differs from the one of the project.

    Parameters
    ----------
    on_open
        Called with what to open if the person goes on.
    """

    def __init__(self, on_open: Callable[[OpenRequest], None]) -> None:
        self._on_open = on_open
        self._request: OpenRequest | None = None
        self._text = Message(severity="warning")
        advice = hint("With another catalogue the queries and scores differ from those recorded, and labels of sources "
                      "that it does not have are not trained on. If you have the catalogue of the project elsewhere, "
                      "cancel and put it in its place.")
        go = pmui.Button(label="Open all the same", variant="outlined", on_click=self._go)
        cancel = pmui.Button(label="Cancel", variant="contained", on_click=self._close)
        self.view: Any = pmui.Dialog(self._text.view, advice, pn.Row(go, cancel), title="The catalogue has changed",
                                     open=False, width_option="sm", sx=PLAIN_DIALOG)

    def ask(self, request: OpenRequest, differences: Sequence[str]) -> None:
        """Ask whether to open a project all the same."""
        self._request = request
        self._text.show("\n".join(("It is not the one that this project was made with:",
                                   *(f"• {text}" for text in differences))))
        self.view.open = True

    def _go(self, _: Any) -> None:
        self.view.open = False
        if self._request is not None:
            self._on_open(replace(self._request, accept_changes=True))

    def _close(self, _: Any) -> None:
        self.view.open = False


def _again(example_exists: bool) -> list[Any]:
    return [hint("You have worked on it before. Started afresh, your earlier copy is kept.")] if example_exists else []


def _card(title: str, *objects: Any) -> pmui.Paper:
    return pmui.Paper(heading(title), *objects, variant="outlined", elevation=0, width=_CARD_WIDTH,
                      min_height=_CARD_HEIGHT, margin=0, sx={"padding": "16px 10px"})
