"""The workbench: the header and the grid of panes of one open project."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn

from astronomical.config.errors import CannotWriteError
from astronomical.config.schema import RESERVED_KEYS
from astronomical.dashboard.desk import PaneDesk
from astronomical.dashboard.dialogs import AddPaneDialog, ConfirmDialog, FileDialog, KeysDialog
from astronomical.dashboard.export import ExportDialog
from astronomical.dashboard.header import HeaderView
from astronomical.dashboard.keys import KeyListener, KeyPress
from astronomical.dashboard.messages import MessagesView
from astronomical.dashboard.panes.source import SourcePane
from astronomical.dashboard.server import OpenProject, ProjectTab, registry
from astronomical.dashboard.settings import SettingsDrawer
from astronomical.dashboard.view import View, run_due
from astronomical.dashboard.walk import HistoryWalk, step_in_queue

__all__ = ["Workbench"]

_KEYS = [*RESERVED_KEYS, "ArrowLeft", "ArrowRight", "Escape"]
_TICK_MS = 500
#: A page that has just been loaded takes the place of a writer that is gone, as after a reload, for so long, in s.
_FRESH_S = 10.0
#: The journal is folded into the file when nothing was labelled for so long, in s.
_IDLE_S = 3.0
#: Where that failed, it is tried again after so long, in s.
_RETRY_S = 60.0


class Workbench(View):
    """All that a page shows of a project.

    Parameters
    ----------
    project
        The project; this page becomes its writer if it has none.
    page
        The page, whose theme is kept in the project.
    on_leave
        Called when the person goes back to the start page.
    on_renew
        Called when classes or features have changed: the page has to be made anew.
    """

    def __init__(self, project: OpenProject, page: Any, on_leave: Callable[[], None],
                 on_renew: Callable[[], None]) -> None:
        self.tab = ProjectTab(project, self._role_changed)
        session: Any = self.tab
        super().__init__(session)
        self._project, self._page, self._on_renew = project, page, on_renew
        self._made_of = self._basis()
        self._walk = HistoryWalk(session)
        self._keys = KeyListener(self._on_key)
        self._file = FileDialog()
        self._help = KeysDialog(session)
        self._confirm = ConfirmDialog()
        self._export = ExportDialog(session)
        self._settings = SettingsDrawer(session)
        self._messages = MessagesView(session, after=project.n_told)
        self.heading = HeaderView(session, {
            "undo": session.undo, "save": self._save, "copy": self._ask_copy, "export": self._export.open,
            "settings": self._settings.open,
            "add pane": lambda: self._adder.open(), "help": self._help.open, "leave": on_leave,
            "take over": self.tab.take_over,
        })
        self._desk = PaneDesk(session, project, self._walk)
        self._adder = AddPaneDialog({name: (kind.title, kind.help) for name, kind in self._desk.kinds.items()},
                                    lambda kind: self.attempt(partial(self._desk.add, kind)), self._ask_reset)
        self.header = self.heading.view
        self.view = pn.Column(self._keys, self._desk.view, self._messages.view, self._file.view, self._help.view,
                              self._export.view, self._settings.view, self._adder.view, self._confirm.view,
                              sizing_mode="stretch_both", margin=0)
        self._theme_watcher = page.param.watch(lambda *_: self._keep_theme(), "dark_theme")
        self._ticker = pn.state.add_periodic_callback(self._tick, period=_TICK_MS)
        self._opened = self._changed = time.monotonic()
        self._rest_until = 0.0
        self.follow(self._show_focus, "focus", first=True)
        self.follow(self._show_keys, "config")
        self.follow(self._renew, "config", "dataset")
        self.follow(self._note_change, "ledger", "config")
        self._show_focus()
        self._show_keys()
        project.tabs.append(self.tab)
        project.elect()
        self.heading.show()  # now: what is sent later waits until the browser has drawn all panes

    def close(self) -> None:
        """Take the page off the project."""
        super().close()
        self._ticker.stop()
        self._page.param.unwatch(self._theme_watcher)
        for view in (self.heading, self._messages, self._export, self._settings, self._desk):
            view.close()
        self.tab.detach()

    # -- panes --------------------------------------------------------------------------------------

    def _ask_reset(self) -> None:
        self._confirm.ask("Reset the layout?", "All panes are closed, and those open that a new project starts with. "
                          "Settings of the panes are lost; labels and learners are not touched.", "Reset layout",
                          lambda: self.attempt(self._desk.reset))

    def _keep_theme(self) -> None:
        if self.tab.is_writer:
            self.attempt(lambda: self.session.set_theme("dark" if self._page.dark_theme else "light"))

    # -- keys ---------------------------------------------------------------------------------------

    def _show_focus(self) -> None:
        self._keys.shown = self.session.state.focus or ""

    def _on_key(self, press: KeyPress) -> None:
        action = self._action(press)
        if action is not None:
            self.attempt(action)

    def _action(self, press: KeyPress) -> Callable[[], Any] | None:
        session, source = self.session, press.source or None
        if press.key in ("0", "u"):
            return partial(session.assign, None, id=source)
        label = next((name for name, key in session.state.config.label_keys.items() if key == press.key), None)
        if label is not None:
            return partial(session.assign, label, id=source)
        return {
            "z": session.redo if press.shift else session.undo,
            "q": session.focus_query,
            "n": lambda: session.curate_step("new") if session.state.curating.on else step_in_queue(session),
            "f": partial(self._flag, source) if source is not None else None,
            "/": self._search,
            "?": self._help.open,
            "ArrowLeft": self._walk.back,
            "ArrowRight": self._walk.forward,
            "Escape": lambda: session.select(()),
        }.get(press.key)

    def _flag(self, source: str) -> None:
        remark = self.session.ledger.remarks.get(source)
        self.session.remark(source, flag=remark is None or not remark.flag)

    def _show_keys(self) -> None:
        self._keys.keys = [*_KEYS, *self.session.state.config.label_keys.values()]

    def _search(self) -> None:
        for view in self._desk:
            if isinstance(view, SourcePane):
                view.focus_search()
                return

    # -- files --------------------------------------------------------------------------------------

    def _save(self) -> None:
        self.session.save()
        self.session.notify("Saved.", "success")

    def _ask_copy(self) -> None:
        path = self.session.path
        self._file.ask("Save a copy of the project",
                       "A copy with all labels and settings; work goes on in the original.",
                       path.with_name(f"{path.stem}-copy{path.suffix}"), self._save_copy)

    def _save_copy(self, path: Path) -> str:
        return f"Copy written: {self.session.save(path)}"

    # -- the server ---------------------------------------------------------------------------------

    def _role_changed(self) -> None:
        """Show who is the writer now."""
        self.soon(self.heading.show)

    def _tick(self) -> None:
        """Save what is not saved, see that the project has a writer, and close what nobody looks at."""
        run_due(self._document)
        fresh = time.monotonic() - self._opened < _FRESH_S and self.tab.is_alive()
        self._project.elect(self.tab if fresh else None)
        self._project.n_told = self.session.state.notices[-1].n if self.session.state.notices else 0
        registry().sweep()
        idle = time.monotonic() - self._changed > _IDLE_S and not self.session.state.pending
        if self.tab.is_writer and idle and not self.session.state.saved and time.monotonic() > self._rest_until:
            self._autosave()

    def _autosave(self) -> None:
        try:
            self.session.autosave()
        except (ValueError, OSError) as error:
            self._rest_until = time.monotonic() + _RETRY_S
            safe = " The labels are safe in its journal meanwhile." if isinstance(error, CannotWriteError) else ""
            self.session.notify(f"{error}{safe}", "error")

    def _basis(self) -> tuple[Any, ...]:
        """Return what the panes were made from, and do not follow."""
        config = self.session.state.config
        return self.session.dataset, config.labels, tuple(item.class_name for item in config.learners)

    def _renew(self) -> None:
        (data, *now), (data_then, *then) = self._basis(), self._made_of
        if data is not data_then or now != then:
            self._on_renew()

    def _note_change(self) -> None:
        self._changed = time.monotonic()

