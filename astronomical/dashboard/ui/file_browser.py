"""Browser for files on the computer that runs the server, within the allowed folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from astronomical.dashboard.ui.components import Message, words_for
from astronomical.dashboard.ui.styles import BASE_STYLE
from astronomical.paths import local_path
from astronomical.session.project.example import projects_folder
from astronomical.tasks import GivenUpError, Latest, Workers
from astronomical.tasks.disks import ANSWER_S

__all__ = ["FileBrowser", "allowed_folders", "list_folder"]

_FOLDERS = "ASTRONOMICAL_FOLDERS"
_MOST = 500
#: Maximum time in s to wait for the content of a folder.
_AT_ONCE_S = 0.05
#: Place of the button that chooses the folder itself.
_THIS_FOLDER = -2
#: A folder, the allowed folders, the entries with whether each is a folder, and whether the folder can be chosen.
_Listed = tuple[Path | None, tuple[Path, ...], list[tuple[Path, bool]], bool]


def allowed_folders() -> tuple[Path, ...]:
    """Return the allowed folders: home, working folder and projects, or those of $ASTRONOMICAL_FOLDERS."""
    given = [Path(text) for text in os.environ.get(_FOLDERS, "").split(os.pathsep) if text]
    paths = given or [Path.home(), Path.cwd(), projects_folder()]
    found = [local_path(path).resolve() for path in paths]
    return tuple(path for path in dict.fromkeys(found) if path.is_dir())


def list_folder(folder: Path, allowed: Sequence[Path], ends: Sequence[str]) -> list[Path]:
    """Return the subfolders, then the files, of a folder, without hidden ones and links to other places.

    Parameters
    ----------
    folder
        The folder to list. The result is empty if it is not allowed.
    allowed
        The allowed folders.
    ends
        Extensions of the files to list, such as ``.fits``.
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
    """Buttons for the parent folder, the subfolders and the files."""

    shown = param.Dict(
        default={"path": "", "up": False, "entries": [], "choose": ""},
        doc="""
        Path, whether the parent folder can be opened, entries (name, and whether it is a folder), and the text of the
        button that chooses the folder itself, empty for none.""",
    )

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
        list.replaceChildren(...(model.shown.choose ? [item(model.shown.choose, 'file', -2)] : []),
          ...(up ? [item('..', 'folder', -1)] : []),
          ...entries.map(({name, folder}, place) => item(name, folder ? 'folder' : 'file', place)))
        if (entries.length === 0) {
          const line = document.createElement('li')
          line.textContent = 'This folder has no subfolders and no matching files.'
          list.append(line)
        }
      }
      model.on('shown', update)
      update()
    }
    """
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    .path { font-size: 12px; overflow-wrap: anywhere; color: var(--mui-palette-text-secondary, #666); padding: 2px; }
    ul { list-style: none; margin: 0; padding: 0; max-height: 210px; overflow: auto; columns: 260px;
         border: 1px solid var(--mui-palette-divider, #0003); border-radius: 6px; }
    li { padding: 1px 6px; break-inside: avoid; }
    li button { border: none; background: none; width: 100%; text-align: left; padding: 3px 6px;
                overflow-wrap: anywhere; }
    .folder { color: var(--mui-palette-text-secondary, #666); }
    .file { color: var(--mui-palette-primary-main, #06c); font-weight: 500; }
    """,
    ]

    def __init__(self, on_entry: Callable[[int], None], **params: Any) -> None:
        super().__init__(**{"margin": (0, 10), "sizing_mode": "stretch_width", **params})
        self._on_entry = on_entry

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_entry(int(msg["place"]))


class FileBrowser:
    """Browser to choose a file from folders.

    Parameters
    ----------
    on_choose
        Called with the chosen file.
    ends
        Extensions of the files to show.
    is_table
        Returns whether a folder can be chosen like a file. It is called in a thread.

    Attributes
    ----------
    view
        Panel object to show; it is hidden until `toggle` is called.
    """

    def __init__(
        self, on_choose: Callable[[Path], Any], ends: Sequence[str], is_table: Callable[[Path], bool] = lambda _: False
    ) -> None:
        self._on_choose, self._ends, self._is_table = on_choose, tuple(ends), is_table
        self._folder: Path | None = None
        self._listed: list[tuple[Path, bool]] = []
        self._allowed: tuple[Path, ...] = ()
        self._choosable = False
        document = pn.state.curdoc
        served = document is not None and document.session_context is not None
        self._listing = Latest(
            Workers("file list", 2, overtake_s=ANSWER_S, give_up_s=ANSWER_S),
            lambda take: document.add_next_tick_callback(take) if served else take(),
            lambda: served,
        )
        self._message = Message()
        self._entries = FileEntries(self._go)
        self.view = pn.Column(self._message.view, self._entries, visible=False, sizing_mode="stretch_width", margin=0)

    def toggle(self) -> None:
        """Show or hide the browser."""
        self.view.visible = not self.view.visible
        if self.view.visible:
            self._show(self._folder)

    def _go(self, place: int) -> None:
        if place == _THIS_FOLDER:
            if self._choosable and self._folder is not None:
                self._choose(self._folder)
        elif place < 0:
            self._show(None if self._folder is None or self._folder in self._allowed else self._folder.parent)
        elif place < len(self._listed):
            path, is_folder = self._listed[place]
            if is_folder:
                self._show(path)
            else:
                self._choose(path)

    def _choose(self, path: Path) -> None:
        self.view.visible = False
        self._on_choose(path)

    def _show(self, folder: Path | None) -> None:
        """Show a folder, or the allowed folders. They are listed in a thread."""

        def failed(error: BaseException) -> None:
            self._message.show(
                f"{folder or 'A folder'} does not respond. Is it on a disconnected network drive?"
                if isinstance(error, GivenUpError)
                else words_for(error, "Listing the folder")
            )

        self._message.show("")
        self._listing.run(partial(self._list, folder), self._take, failed, patience=_AT_ONCE_S)

    def _list(self, folder: Path | None) -> _Listed:
        allowed = allowed_folders()
        if folder is None and len(allowed) == 1:
            folder = allowed[0]
        listed = list(allowed) if folder is None else list_folder(folder, allowed, self._ends)
        choosable = folder is not None and bool(listed) and self._is_table(folder)
        return folder, allowed, [(path, path.is_dir()) for path in listed], choosable

    def _take(self, found: _Listed) -> None:
        folder, allowed, listed, self._choosable = found
        self._folder, self._allowed, self._listed = folder, allowed, listed
        entries = [
            {"name": str(path) if folder is None else path.name, "folder": is_folder} for path, is_folder in listed
        ]
        self._entries.shown = {
            "path": "" if folder is None else str(folder),
            "entries": entries,
            "choose": "Use this folder as one catalogue" if self._choosable else "",
            "up": folder is not None and not (len(allowed) == 1 and folder == allowed[0]),
        }
