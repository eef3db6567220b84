"""Dialogs of the workbench: where to write a file, and the list of keys."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

__all__ = ["FileDialog", "KeysDialog"]

_KEYS = (
    ("1 … 9", "label the source shown with a class, and move on"),
    ("0 or U", "unsure: put it aside, and move on"),
    ("Z", "undo the newest label"),
    ("Shift + Z", "redo"),
    ("Q", "back to the source that the learner asks for"),
    ("← →", "back and forward through the sources shown"),
    ("/", "search for an id"),
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
        close = pmui.Button(label="Close", variant="text")
        self._go.on_click(lambda *_: self._run())
        close.on_click(lambda *_: self.close())
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
        path = Path(str(self._path.value).strip()).expanduser()
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
        classes = [(str(i), f"label {name}") for i, name in enumerate(session.state.config.class_names[:9], start=1)]
        rows = "".join(f"<tr><td style='padding:3px 18px 3px 0'><kbd>{escape(key)}</kbd></td>"
                       f"<td>{escape(what)}</td></tr>" for key, what in (*_KEYS, *classes))
        close = pmui.Button(label="Close", variant="text")
        close.on_click(lambda *_: self.close())
        self.view: Any = pmui.Dialog(pn.pane.HTML(f"<table>{rows}</table>"), close, title="Keys", open=False,
                                width_option="sm")

    def open(self) -> None:
        """Show the list."""
        self.view.open = True

    def close(self) -> None:
        """Put the list away."""
        self.view.open = False
