"""The start page: try the example, open a project, or create one from a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.page.archive_dialog import ArchiveDialog
from astronomical.dashboard.page.move_dialog import MoveDialog
from astronomical.dashboard.page.open_card import OpenCard, OpenRequest
from astronomical.dashboard.page.recent_list import RecentList
from astronomical.dashboard.ui.components import Message, Progress, centred, heading, hint
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.styles import PLAIN_DIALOG
from astronomical.session.project.example import projects_folder
from astronomical.session.project.recent_projects import forget, read_recents

__all__ = ["StartPage"]

_CARD_WIDTH, _CARD_HEIGHT, _GAP = 350, 330, 20
_WHAT = (
    "Label a few well-chosen sources of a catalogue, train a classifier at the same time, and share the result as one "
    "file."
)
_EXAMPLE = (
    "20,000 simulated stars, galaxies and quasars with photometry from u to W2, and a classifier for stars trained on "
    "30 labels."
)
_NEW = (
    "Start from a table in FITS, VOTable, CSV, Parquet, HDF5 … with one source in each row. Choose what its columns "
    "mean in four short steps, and check a preview before anything is written."
)


class StartPage:
    """The page that is shown first.

    Parameters
    ----------
    on_open
        Called with the request to open a project.
    on_example
        Called with whether to start the example over.
    on_new
        Called to create a project from a catalogue.
    example_exists
        Whether a copy of the example exists already.
    on_fetched
        Called with a table that was fetched from an archive.

    Attributes
    ----------
    view
        Panel object to show; it fills the available space.
    """

    def __init__(
        self,
        on_open: Callable[[OpenRequest], None],
        on_example: Callable[[bool], None],
        on_new: Callable[[], None],
        example_exists: bool,
        on_fetched: Callable[[Path], None] = lambda path: None,
    ) -> None:
        self._on_open, self._on_example, self._on_new = on_open, on_example, on_new
        self._error, self._progress = Message(), Progress()
        self.move = MoveDialog(on_open)
        self.card = OpenCard(on_open, self._error, self._move)
        self._changes = ChangesDialog(on_open, self.card.ask_catalogue, self._move)
        self._on_cancel: Callable[[], None] | None = None
        self._cancel = pmui.Button(
            label="Cancel",
            variant="outlined",
            visible=False,
            on_click=lambda _: self._on_cancel() if self._on_cancel is not None else None,
        )
        self.recents = RecentList(lambda path: on_open(OpenRequest(path)), self._forget)
        self.continue_example = pmui.Button(
            label="Continue the example" if example_exists else "Try the example",
            variant="contained",
            sizing_mode="stretch_width",
            on_click=lambda _: self._on_example(False),
        )
        self.fresh_example = pmui.Button(
            label="Start over",
            variant="outlined",
            visible=example_exists,
            sizing_mode="stretch_width",
            on_click=lambda _: self._on_example(True),
        )
        self.new = pmui.Button(
            label="Choose a catalogue…",
            variant="contained",
            sizing_mode="stretch_width",
            on_click=lambda _: self._on_new(),
        )
        self.archive = ArchiveDialog(on_fetched)
        self.from_archive = pmui.Button(
            label="From an archive…",
            variant="outlined",
            sizing_mode="stretch_width",
            on_click=lambda _: self.archive.open(),
        )
        cards = (
            _card(
                "Try the example",
                hint(_EXAMPLE),
                *_again(example_exists),
                pn.VSpacer(),
                self.continue_example,
                self.fresh_example,
            ),
            _card("Open a project", *self.card.objects, pn.VSpacer()),
            _card("New project", hint(_NEW), pn.VSpacer(), self.new, self.from_archive),
        )
        self._cards = pn.FlexBox(
            *cards, align_items="stretch", gap=f"{_GAP}px", sizing_mode="stretch_width", margin=(24, 10)
        )
        where = hint(f"Projects are saved in {projects_folder()} by default.")
        self.view = pn.Column(
            centred(
                heading("Welcome to astronomical", 1),
                hint(_WHAT),
                self._cards,
                self._error.view,
                self._progress.view,
                self._cancel,
                pn.Column(self.recents.view, margin=(0, 10), sizing_mode="stretch_width"),
                where,
                self._changes.view,
                self.move.view,
                self.archive.view,
                max_width=3 * _CARD_WIDTH + 2 * _GAP + 22,
                margin=(40, 0, 20, 0),
            ),
            sizing_mode="stretch_both",
            scroll="y-auto",
            margin=0,
        )
        self.refresh()

    def refresh(self) -> None:
        """Show the recent projects."""
        self.recents.show(read_recents())

    def show_error(self, text: str) -> None:
        """Show an error; an empty text hides it."""
        self._error.show(text)

    def ask_catalogue(self, request: OpenRequest, text: str, place: int | None = None) -> None:
        """Show that the catalogue, or a joined one, is missing or wrong, and ask for another."""
        self._error.show(text, "warning")
        self.card.ask_catalogue(request, place)

    def ask_changes(self, request: OpenRequest, differences: Sequence[str]) -> None:
        """Show how a catalogue differs from the one of the project, and ask whether to continue."""
        self._changes.ask(request, differences)

    def busy(self, text: str | None, on_cancel: Callable[[], None] | None = None) -> None:
        """Show what is in progress, and disable the page. Call with None when it is finished.

        Parameters
        ----------
        text
            Description of the work.
        on_cancel
            Called when the user cancels; None if the work cannot be cancelled.
        """
        self._progress.show(text)
        self._on_cancel = on_cancel
        self._cancel.visible = text is not None and on_cancel is not None
        if text is not None:
            self._error.show("", "error")
        self.card.disable(text is not None)
        self.recents.disable(text is not None)
        for widget in (self.continue_example, self.fresh_example, self.new, self.from_archive):
            widget.disabled = text is not None

    def _move(self, request: OpenRequest) -> None:
        pn.state.execute(partial(self.move.open, request))

    def _forget(self, path: Path) -> None:
        forget(path)
        self.refresh()


class ChangesDialog:
    """Dialog that shows how a catalogue differs from the one of the project.

    Parameters
    ----------
    on_open
        Called with the request if the catalogue is accepted.
    on_other
        Called with the request if another catalogue is to be chosen.
    on_move
        Called with the request if the project is to be moved to this catalogue.
    """

    def __init__(
        self,
        on_open: Callable[[OpenRequest], None],
        on_other: Callable[[OpenRequest], None],
        on_move: Callable[[OpenRequest], None],
    ) -> None:
        self._on_open, self._on_other, self._on_move = on_open, on_other, on_move
        self._request: OpenRequest | None = None
        self._text = Message(severity="warning")
        advice = hint(
            "With another catalogue, the queries and scores differ from those recorded, and labels of sources that "
            "are not in it are not used for training. If you have the original catalogue in another place, choose "
            "it. If this is a new release of the catalogue, move the project to it: a new project is made, with the "
            "labels of the sources that are found again. Cancel changes nothing."
        )
        go = pmui.Button(label="Open anyway", variant="outlined", on_click=self._go)
        other = pmui.Button(label="Choose another catalogue…", variant="outlined", on_click=self._choose)
        move = pmui.Button(label="Move to this catalogue…", variant="outlined", on_click=self._move)
        cancel = pmui.Button(label="Cancel", variant="contained", on_click=self._close)
        self.view = Dialog(
            self._text.view,
            advice,
            pn.FlexBox(go, other, move, cancel),
            title="The catalogue has changed",
            open=False,
            width_option="sm",
            sx=PLAIN_DIALOG,
        )

    def ask(self, request: OpenRequest, differences: Sequence[str]) -> None:
        """Ask whether to open a project anyway."""
        self._request = request
        self._text.show(
            "\n".join(
                (
                    "It differs from the catalogue that this project was made with:",
                    *(f"• {text}" for text in differences),
                )
            )
        )
        self.view.open = True

    def _go(self, _: Any) -> None:
        self.view.open = False
        if self._request is not None:
            self._on_open(replace(self._request, accept_changes=True))

    def _choose(self, _: Any) -> None:
        self.view.open = False
        if self._request is not None:
            self._on_other(self._request)

    def _move(self, _: Any) -> None:
        self.view.open = False
        if self._request is not None:
            self._on_move(self._request)

    def _close(self, _: Any) -> None:
        self.view.open = False


def _again(example_exists: bool) -> list[Any]:
    return (
        [hint("You have worked on it before. If you start over, your earlier copy is kept.")] if example_exists else []
    )


def _card(title: str, *objects: Any) -> pmui.Paper:
    return pmui.Paper(
        heading(title),
        *objects,
        variant="outlined",
        elevation=0,
        width=_CARD_WIDTH,
        min_height=_CARD_HEIGHT,
        margin=0,
        sx={"padding": "16px 10px"},
    )
