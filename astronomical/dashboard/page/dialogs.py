"""Dialogs of the workbench: write a file, list the keys, add a pane, and confirm an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import Message, leave_button
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.errors import AstronomicalError, explain
from astronomical.paths import exists, local_path
from astronomical.session import Session

__all__ = ["AddPaneDialog", "FileDialog", "KeysDialog"]

_KEYS = (
    ("1 … 9", "label the selected source, and show the next one"),
    ("Alt + 1 … 9", "label it as probable, which counts less in training"),
    ("0 or U", "mark the selected source as unsure, and show the next one"),
    ("Z", "undo the newest label"),
    ("Shift + Z", "redo"),
    ("Q", "go back to the source that the learner asks for"),
    ("F", "flag the selected source, or remove the flag"),
    ("N", "next source of the batch or the review; a new source while you curate a test set"),
    ("R, W", "in a review: the label is right, or wrong"),
    ("G", "show the class guide, with the rules for labels"),
    ("← →", "go back and forward through the sources that were shown"),
    ("← → ↑ ↓, Home, End", "in a contact sheet: move to another tile, and select its source"),
    ("Shift + 1 … Shift + 9", "in a contact sheet: label all sources shown that have no answer"),
    ("L", "arrange the panes for labelling; again: as before, or for an overview"),
    ("/", "search for an id"),
    ("Esc", "close a dialog; clear the selection"),
    ("?", "show this list"),
)


class FileDialog:
    """Ask for a file name, write the file, and show the result."""

    def __init__(self) -> None:
        self._write: Callable[[Path, bool], str] | None = None
        self._text = Html(sizing_mode="stretch_width")
        self._path = pmui.TextInput(label="File", sizing_mode="stretch_width")
        self._overwrite = pmui.Checkbox(label="Replace the existing file", value=False, visible=False)
        self._result = Message()
        self._go = pmui.Button(label="Write", color="primary", variant="contained")
        self._go.on_click(lambda *_: self._run())
        self._path.param.watch(lambda *_: self._overwrite.param.update(value=False), "value")
        close = leave_button("Close", self.close)
        self.view = Dialog(
            self._text,
            self._path,
            self._overwrite,
            self._result.view,
            pn.Row(self._go, close),
            title="",
            open=False,
            width_option="sm",
        )

    def ask(self, title: str, text: str, path: Path, write: Callable[[Path, bool], str]) -> None:
        """Open the dialog.

        Parameters
        ----------
        title, text
            Title and explanation.
        path
            The proposed file.
        write
            Called with the chosen file and whether an existing file may be replaced. Returns the message to show.
        """
        self._write = write
        self._text.object = text
        self._path.value = str(path)
        self._result.show("")
        self._overwrite.visible = self._overwrite.value = False
        self.view.param.update(title=title, open=True)

    def close(self) -> None:
        """Close the dialog."""
        self.view.open = False

    def _run(self) -> None:
        try:
            path = local_path(str(self._path.value).strip())
        except AstronomicalError as error:
            self._result.show(str(error), "error")
            return
        if exists(path) and not self._overwrite.value:
            self._overwrite.visible = True
            self._result.show(f"{path} already exists.", "warning")
            return
        try:
            assert self._write is not None
            self._result.show(self._write(path, bool(self._overwrite.value)), "success")
        except Exception as error:
            self._result.show(explain(error), "error")


class KeysDialog:
    """List of the keys, including those of the classes of the project."""

    def __init__(self, session: Session) -> None:
        self._session, self._table = session, Html()
        close = leave_button("Close", self.close)
        self.view = Dialog(self._table, close, title="Keys", open=False, width_option="sm")

    def open(self) -> None:
        """Show the list."""
        config = self._session.state.config
        classes = [(key.upper(), f"label {config.shown(name)}") for name, key in config.label_keys.items()]
        unsure = " or ".join(config.unsure_keys).replace("u", "U")
        keys = [(unsure if key == "0 or U" else key, what) for key, what in _KEYS]
        row = Markup("<tr><td style='padding:2px 18px 2px 0;white-space:nowrap'><kbd>{}</kbd></td><td>{}</td></tr>")
        rows = Markup("").join(row.format(key, what) for key, what in (*keys, *classes))
        self._table.object = Markup("<table style='font-size:14px;line-height:1.35'>{}</table>").format(rows)
        self.view.open = True

    def close(self) -> None:
        """Close the list."""
        self.view.open = False


class AddPaneDialog:
    """Menu of the panes that can be added, with descriptions.

    Parameters
    ----------
    kinds
        Title and description of each kind of pane, by its name.
    on_add
        Called with the name of the chosen kind.
    on_reset
        Called to restore the default layout.
    on_switch
        Called to arrange the panes for labelling, or as before.
    """

    def __init__(
        self,
        kinds: Mapping[str, tuple[str, str]],
        on_add: Callable[[str], Any],
        on_reset: Callable[[], Any],
        on_switch: Callable[[], Any],
    ) -> None:
        self._names, self._on_add, self._on_reset, self._on_switch = list(kinds), on_add, on_reset, on_switch
        items = [{"label": title, "secondary": help, "name": name} for name, (title, help) in kinds.items()]
        self._list = pmui.MenuList(items=items, highlight=False, sizing_mode="stretch_width")
        self._list.on_click(self._choose)
        reset = pmui.Button(
            label="Reset layout…",
            variant="text",
            description="Close all panes and restore the layout of a new project",
        )
        switch = pmui.Button(
            label="Labelling layout (L)",
            variant="text",
            description="Arrange the open panes for labelling; again: as they were before, or for an overview",
        )
        close = leave_button("Cancel", self.close)
        reset.on_click(lambda *_: self._reset())
        switch.on_click(lambda *_: self._switch())
        self.view = Dialog(
            self._list, pn.Row(close, switch, reset), title="Add a pane", open=False, width_option="sm", scroll="paper"
        )

    def open(self) -> None:
        """Show the menu."""
        self.view.open = True

    def close(self) -> None:
        """Close the menu."""
        self.view.open = False

    def _switch(self) -> None:
        self.close()
        self._on_switch()

    def _reset(self) -> None:
        self.close()
        self._on_reset()

    def _choose(self, item: Any) -> None:
        self.close()
        self._on_add(str(item["name"]))
