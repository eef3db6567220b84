"""A browser for files on the computer where the server runs, within the folders that a person may look into."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from astronomical.config.io import local_path
from astronomical.dashboard.panes.styles import BASE_STYLE
from astronomical.session.example import projects_folder

__all__ = ["FileBrowser", "allowed_folders", "list_folder"]

_FOLDERS = "ASTRONOMICAL_FOLDERS"
_MOST = 500


def allowed_folders() -> tuple[Path, ...]:
    """Return the folders that can be looked into: home, working folder and projects, or $ASTRONOMICAL_FOLDERS."""
    given = [Path(text) for text in os.environ.get(_FOLDERS, "").split(os.pathsep) if text]
    paths = given or [Path.home(), Path.cwd(), projects_folder()]
    found = [local_path(path).resolve() for path in paths]
    return tuple(path for path in dict.fromkeys(found) if path.is_dir())


def list_folder(folder: Path, allowed: Sequence[Path], ends: Sequence[str]) -> list[Path]:
    """Return the folders, then the files, of a folder; hidden ones and what leads elsewhere are left out.

    Parameters
    ----------
    folder
        What to list; nothing is listed of a folder that is not allowed.
    allowed
        The folders that can be looked into.
    ends
        Ends of the names of the files wanted, such as ``.fits``.
    """
    def within(path: Path) -> bool:
        real = path.resolve()
        return any(real == root or root in real.parents for root in allowed)

    if not within(folder):
        return []
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name.casefold())
    except OSError:
        return []
    seen = [path for path in entries if not path.name.startswith(".") and within(path)]
    folders = [path for path in seen if path.is_dir()]
    files = [path for path in seen if path.name.lower().endswith(tuple(ends)) and path.is_file()]
    return [*folders, *files][:_MOST]


class FileEntries(JSComponent):
    """Buttons for the way up, the folders and the files."""

    shown = param.Dict(default={"path": "", "up": False, "entries": []}, doc="""
        Path, whether there is a way up, and entries: name, and whether it is a folder.""")

    _esm = """
    export function render({model, el}) {
      const list = document.createElement('ul')
      const path = document.createElement('div')
      path.className = 'path'
      el.append(path, list)
      const item = (text, kind, place) => {
        const line = document.createElement('li')
        const button = document.createElement('button')
        button.type = 'button'
        button.className = kind
        button.textContent = kind === 'file' ? text : `${text}/`
        button.addEventListener('click', () => model.send_msg({place}))
        line.append(button)
        return line
      }
      const update = () => {
        const {up, entries} = model.shown
        path.textContent = model.shown.path
        list.replaceChildren(...(up ? [item('..', 'folder', -1)] : []),
          ...entries.map(({name, folder}, place) => item(name, folder ? 'folder' : 'file', place)))
        if (entries.length === 0) {
          const line = document.createElement('li')
          line.textContent = 'No folder and no such file here.'
          list.append(line)
        }
      }
      model.on('shown', update)
      update()
    }
    """
    _stylesheets: ClassVar[list[str]] = [BASE_STYLE, """
    .path { font-size: 12px; overflow-wrap: anywhere; color: var(--mui-palette-text-secondary, #666); padding: 2px; }
    ul { list-style: none; margin: 0; padding: 0; max-height: 210px; overflow: auto; columns: 260px;
         border: 1px solid var(--mui-palette-divider, #0003); border-radius: 6px; }
    li { padding: 1px 6px; break-inside: avoid; }
    li button { border: none; background: none; width: 100%; text-align: left; padding: 3px 6px;
                overflow-wrap: anywhere; }
    .folder { color: var(--mui-palette-text-secondary, #666); }
    .file { color: var(--mui-palette-primary-main, #06c); font-weight: 500; }
    """]

    def __init__(self, on_entry: Callable[[int], None], **params: Any) -> None:
        super().__init__(**{"margin": (0, 10), "sizing_mode": "stretch_width", **params})
        self._on_entry = on_entry

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_entry(int(msg["place"]))


class FileBrowser:
    """Folders and files to choose from.

    Parameters
    ----------
    on_choose
        Called with the file that was chosen.
    ends
        Ends of the names of the files shown.

    Attributes
    ----------
    view
        What to put in the page; it is hidden until `toggle`.
    """

    def __init__(self, on_choose: Callable[[Path], Any], ends: Sequence[str]) -> None:
        self._on_choose, self._ends = on_choose, tuple(ends)
        self._folder: Path | None = None
        self._listed: list[Path] = []
        self._entries = FileEntries(self._go)
        self.view = pn.Column(self._entries, visible=False, sizing_mode="stretch_width", margin=0)

    def toggle(self) -> None:
        """Open or put away the browser."""
        self.view.visible = not self.view.visible
        if self.view.visible:
            self._show(self._folder)

    def _go(self, place: int) -> None:
        allowed = allowed_folders()
        if place < 0:
            self._show(None if self._folder is None or self._folder in allowed else self._folder.parent)
        elif place < len(self._listed) and (path := self._listed[place]).is_dir():
            self._show(path)
        elif place < len(self._listed):
            self.view.visible = False
            self._on_choose(self._listed[place])

    def _show(self, folder: Path | None) -> None:
        """Show a folder, or the list of those that can be looked into."""
        allowed = allowed_folders()
        if folder is None and len(allowed) == 1:
            folder = allowed[0]
        self._folder = folder
        self._listed = list(allowed) if folder is None else list_folder(folder, allowed, self._ends)
        entries = [{"name": str(path) if folder is None else path.name, "folder": path.is_dir()}
                   for path in self._listed]
        self._entries.shown = {"path": "" if folder is None else str(folder), "entries": entries,
                               "up": folder is not None and not (len(allowed) == 1 and folder == allowed[0])}
