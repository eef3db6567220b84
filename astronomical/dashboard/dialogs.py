"""Dialogs of the workbench: where to write a file, and the list of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.io import local_path
from astronomical.dashboard.parts import leave_button

__all__ = ["AddPaneDialog", "ConfirmDialog", "FileDialog", "KeysDialog"]

_KEYS = (
    ("1 … 9", "label the source shown with a class, and move on"),
    ("0 or U", "unsure: put it aside, and move on"),
    ("Z", "undo the newest label"),
    ("Shift + Z", "redo"),
    ("Q", "back to the source that the learner asks for"),
    ("F", "flag the source shown, or take the flag away"),
    ("N", "the next source of the queue; a new one, while a test set is curated"),
    ("← →", "back and forward through the sources shown"),
    ("/", "search for an id"),
    ("Esc", "leave a dialog; let go of the selected sources"),
    ("?", "this list"),
)


class FileDialog:
    """Asks for the name of a file, and says how writing it went."""

    def __init__(self) -> None:
        self._write: Callable[[Path], str] | None = None
        self._text = pn.pane.HTML(sizing_mode="stretch_width")
        self._path = pmui.TextInput(label="File", sizing_mode="stretch_width")
        self._overwrite = pmui.Checkbox(label="Replace the file that is there", value=False, visible=False)
        self._result = pmui.Alert(visible=False, sizing_mode="stretch_width")
        self._go = pmui.Button(label="Write", color="primary", variant="contained")
        self._go.on_click(lambda *_: self._run())
        close = leave_button("Close", self.close)
        self.view: Any = pmui.Dialog(self._text, self._path, self._overwrite, self._result, pn.Row(self._go, close),
                                title="", open=False, width_option="sm")

    def ask(self, title: str, text: str, path: Path, write: Callable[[Path], str]) -> None:
        """Open the dialog.

        Parameters
        ----------
        title, text
            What it is about.
        path
            The file proposed.
        write
            Called with the file chosen; returns what to say when it is written.
        """
        self._write = write
        self._text.object = escape(text)
        self._path.value = str(path)
        self._result.visible = self._overwrite.visible = self._overwrite.value = False
        self.view.param.update(title=title, open=True)

    def close(self) -> None:
        """Put the dialog away."""
        self.view.open = False

    def _run(self) -> None:
        path = local_path(str(self._path.value).strip())
        if path.exists() and not self._overwrite.value:
            self._overwrite.visible = True
            self._say(f"{path} exists already.", "warning")
            return
        try:
            assert self._write is not None
            self._say(self._write(path), "success")
        except (ValueError, OSError) as error:
            self._say(str(error), "error")

    def _say(self, text: str, severity: str) -> None:
        self._result.param.update(object=text, alert_type=severity, visible=True)


class KeysDialog:
    """The list of keys, with the classes of the project."""

    def __init__(self, session: Any) -> None:
        self._session, self._table = session, pn.pane.HTML()
        close = leave_button("Close", self.close)
        self.view: Any = pmui.Dialog(self._table, close, title="Keys", open=False, width_option="sm")

    def open(self) -> None:
        """Show the list."""
        classes = [(key.upper(), f"label {name}") for name, key in self._session.state.config.label_keys.items()]
        rows = "".join(f"<tr><td style='padding:3px 18px 3px 0'><kbd>{escape(key)}</kbd></td>"
                       f"<td>{escape(what)}</td></tr>" for key, what in (*_KEYS, *classes))
        self._table.object = f"<table>{rows}</table>"
        self.view.open = True

    def close(self) -> None:
        """Put the list away."""
        self.view.open = False


class AddPaneDialog:
    """The menu of panes: what there is, each with what it shows.

    Parameters
    ----------
    kinds
        Title and description of each kind of pane, by its name.
    on_add
        Called with the name of the kind chosen.
    on_reset
        Called when all panes are to be put back as they were at first.
    """

    def __init__(self, kinds: Mapping[str, tuple[str, str]], on_add: Callable[[str], Any],
                 on_reset: Callable[[], Any]) -> None:
        self._names, self._on_add, self._on_reset = list(kinds), on_add, on_reset
        items = [{"label": title, "secondary": help, "name": name} for name, (title, help) in kinds.items()]
        self._list = pmui.MenuList(items=items, highlight=False, sizing_mode="stretch_width")
        self._list.on_click(self._choose)
        reset = pmui.Button(label="Reset layout…", variant="text",
                            description="Close all panes and open those that a new project starts with")
        close = leave_button("Cancel", self.close)
        reset.on_click(lambda *_: self._reset())
        self.view: Any = pmui.Dialog(self._list, pn.Row(close, reset), title="Add a pane", open=False,
                                     width_option="sm", scroll="paper")

    def open(self) -> None:
        """Show the menu."""
        self.view.open = True

    def close(self) -> None:
        """Put the menu away."""
        self.view.open = False

    def _reset(self) -> None:
        self.close()
        self._on_reset()

    def _choose(self, item: Any) -> None:
        self.close()
        self._on_add(str(item["name"]))


class ConfirmDialog:
    """Asks before something is done that cannot be taken back."""

    def __init__(self) -> None:
        self._action: Callable[[], Any] | None = None
        self._text = pn.pane.HTML(sizing_mode="stretch_width")
        self._go = pmui.Button(color="primary", variant="contained")
        cancel = leave_button("Cancel", self.close)
        self._go.on_click(lambda *_: self._run())
        self.view: Any = pmui.Dialog(self._text, pn.Row(self._go, cancel), title="", open=False, width_option="xs")

    def ask(self, title: str, text: str, label: str, action: Callable[[], Any]) -> None:
        """Open the dialog.

        Parameters
        ----------
        title, text
            What is about to be done.
        label
            What stands on the button that does it.
        action
            Called when the person agrees.
        """
        self._action = action
        self._text.object = escape(text)
        self._go.label = label
        self.view.param.update(title=title, open=True)

    def close(self) -> None:
        """Put the dialog away; nothing is done."""
        self.view.open = False

    def _run(self) -> None:
        self.close()
        if self._action is not None:
            self._action()
