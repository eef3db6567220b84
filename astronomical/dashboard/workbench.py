"""The workbench: the header and the grid of panes of one open project."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.dialogs import FileDialog, KeysDialog
from astronomical.dashboard.grid import PaneGrid, PaneItem
from astronomical.dashboard.header import HeaderView
from astronomical.dashboard.keys import KeyListener, KeyPress
from astronomical.dashboard.messages import MessagesView
from astronomical.dashboard.panes.learning import LearningPane
from astronomical.dashboard.panes.plot import PlotPane
from astronomical.dashboard.panes.source import SourcePane
from astronomical.dashboard.server import OpenProject, ProjectTab, registry
from astronomical.dashboard.view import View, run_due
from astronomical.dashboard.walk import HistoryWalk
from astronomical.session.export import export_labels
from astronomical.session.session import Session

__all__ = ["Workbench"]

_TITLES = {"learning": "Learning", "source": "Selected source", "basic": "Plot"}
_KEYS = [*"0123456789", "u", "z", "q", "/", "?", "ArrowLeft", "ArrowRight"]
_TICK_MS = 500
#: A page that has just been loaded takes the place of a writer that is gone, as after a reload, for so long, in s.
_FRESH_S = 10.0
#: The journal is folded into the file when nothing was labelled for so long, in s.
_IDLE_S = 3.0


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
    """

    def __init__(self, project: OpenProject, page: Any, on_leave: Callable[[], None]) -> None:
        self.tab = ProjectTab(project, self._role_changed)
        session: Any = self.tab
        super().__init__(session)
        self._project, self._page, self._on_leave = project, page, on_leave
        self._panes: dict[str, View] = {}
        self._walk = HistoryWalk(session)
        self._keys = KeyListener(self._on_key, keys=_KEYS)
        self._file = FileDialog()
        self._help = KeysDialog(session)
        self._messages = MessagesView(session, after=project.n_told)
        self.heading = HeaderView(session, {
            "undo": session.undo, "save": self._save, "copy": self._ask_copy, "export": self._ask_export,
            "help": self._help.open, "leave": on_leave, "take over": self.tab.take_over,
        })
        config = session.state.config
        self._settings = {pane.id: dict(pane.settings) for pane in config.layout.panes}
        self._kinds = {pane.id: pane.kind for pane in config.layout.panes}
        self._grid = PaneGrid([self._item(pane) for pane in config.layout.panes])
        self.header = self.heading.view
        self.view = pn.Column(self._keys, self._grid, self._messages.view, self._file.view, self._help.view,
                              sizing_mode="stretch_both", margin=0)
        self._theme_watcher = page.param.watch(lambda *_: self._keep_theme(), "dark_theme")
        self._grid.param.watch(lambda *_: self._keep_layout(), "positions")
        self._ticker = pn.state.add_periodic_callback(self._tick, period=_TICK_MS)
        self._opened = self._changed = time.monotonic()
        self.follow(self._show_focus, "focus")
        self.follow(self._note_change, "ledger", "config")
        self._show_focus()
        project.tabs.append(self.tab)
        project.elect()

    def close(self) -> None:
        """Take the page off the project."""
        super().close()
        self._ticker.stop()
        self._page.param.unwatch(self._theme_watcher)
        for view in (self.heading, self._messages, *self._panes.values()):
            view.close()
        self.tab.detach()

    # -- panes --------------------------------------------------------------------------------------

    def _item(self, pane: PaneConfig) -> PaneItem:
        view = self._panes[pane.id] = self._make(pane)
        content = view.view  # type: ignore[attr-defined]
        return PaneItem(pane.id, _title(pane.kind, pane.settings), content, pane.x, pane.y, pane.w, pane.h, actions=())

    def _make(self, pane: PaneConfig) -> View:
        session: Session = self.session
        if pane.kind == "learning":
            return LearningPane(session)
        if pane.kind == "source":
            return SourcePane(session, self._project.services, pane, self._walk)
        return PlotPane(session, pane, partial(self._keep_settings, pane.id))

    def _keep_settings(self, pane_id: str, settings: dict[str, Any]) -> None:
        self._settings[pane_id] = settings
        self._grid.rename(pane_id, _title(self._kinds[pane_id], settings))
        self._keep_layout()

    def _keep_layout(self) -> None:
        """Keep the arrangement in the project; a page that only follows keeps its own to itself."""
        if not self.tab.is_writer:
            return
        panes = [PaneConfig(id=id, kind=self._kinds[id], x=x, y=y, w=w, h=h, settings=self._settings[id])
                 for id, (x, y, w, h) in self._grid.positions.items()]
        self.attempt(lambda: self.session.set_layout(panes))

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
        if press.key.isdigit():
            names = session.state.config.class_names
            place = int(press.key) - 1
            return partial(session.assign, names[place], id=source) if place < len(names) else None
        return {
            "z": session.redo if press.shift else session.undo,
            "q": session.focus_query,
            "/": self._search,
            "?": self._help.open,
            "ArrowLeft": self._walk.back,
            "ArrowRight": self._walk.forward,
        }.get(press.key)

    def _search(self) -> None:
        for view in self._panes.values():
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

    def _ask_export(self) -> None:
        path = self.session.path
        self._file.ask("Export the labels", "One row for each label: id, label, class, origin, round, who, when. "
                       "The name ends in .fits or .csv.", path.with_name(f"{path.stem}-labels.fits"), self._export)

    def _export(self, path: Path) -> str:
        return f"{export_labels(self.session.ledger, path)} labels written: {path}"

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
        if self.tab.is_writer and idle and not self.session.state.saved:
            self.attempt(self.session.autosave)

    def _note_change(self) -> None:
        self._changed = time.monotonic()


def _title(kind: str, settings: dict[str, Any]) -> str:
    """Return what stands in the head of a pane."""
    if kind == "basic" and settings.get("x") and settings.get("y"):
        return f"{settings['y']} against {settings['x']}"
    return _TITLES.get(kind, kind)
