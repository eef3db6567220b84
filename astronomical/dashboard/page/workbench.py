"""The workbench: header and panes of an open project."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn

from astronomical.config.errors import CannotWriteError
from astronomical.config.schema import RESERVED_KEYS
from astronomical.dashboard.page.conflict import ConflictDialog
from astronomical.dashboard.page.dialogs import AddPaneDialog, FileDialog, KeysDialog
from astronomical.dashboard.page.export_dialog import ExportDialog
from astronomical.dashboard.page.header import HeaderView
from astronomical.dashboard.page.keys import KeyListener, KeyPress
from astronomical.dashboard.page.move_dialog import MoveDialog
from astronomical.dashboard.page.notifications import NotificationsView
from astronomical.dashboard.page.open_card import OpenRequest
from astronomical.dashboard.page.settings_drawer import SettingsDrawer
from astronomical.dashboard.page.workspace import PaneManager
from astronomical.dashboard.panes.learner.give_verdict import give_verdict
from astronomical.dashboard.server.tabs import OpenProject, ProjectTab, registry
from astronomical.dashboard.ui.confirm_dialog import ConfirmDialog
from astronomical.dashboard.ui.history_navigation import HistoryWalk, step_in_queue
from astronomical.dashboard.ui.session_view import SessionView, run_due
from astronomical.errors import explain

__all__ = ["Workbench"]

#: Keys of a review that a label is right or wrong.
_VERDICTS = {"r": True, "w": False}
#: A class may have the key G, L, R or W, because classes of existing projects may have it.
_KEYS = [*RESERVED_KEYS, "g", "l", *_VERDICTS, "ArrowLeft", "ArrowRight", "Escape"]
_TICK_MS = 500
#: Time in s during which a newly loaded page can replace a writer that is gone, for example after a reload.
_FRESH_S = 10.0
#: Time in s without labels after which the journal is written into the project file.
_IDLE_S = 3.0
#: Time in s after which a failed save is repeated.
_RETRY_S = 60.0


class Workbench(SessionView):
    """Everything that a page shows of a project.

    Parameters
    ----------
    project
        The project. This page becomes its writer if it has none.
    page
        The page. Its theme is saved in the project.
    on_leave
        Called when the user goes back to the start page.
    on_renew
        Called when classes or features have changed, so that the page must be built again.
    on_open
        Called with the request to open another project, to which this one was moved.
    """

    def __init__(
        self,
        project: OpenProject,
        page: Any,
        on_leave: Callable[[], None],
        on_renew: Callable[[], None],
        on_open: Callable[[OpenRequest], None],
    ) -> None:
        self.tab = ProjectTab(project, self._role_changed)
        session = self.tab.session
        super().__init__(session)
        self._project, self._page, self._on_renew = project, page, on_renew
        self._made_of = self._basis()
        self._walk = HistoryWalk(session)
        self._keys = KeyListener(self._on_key)
        self._file = FileDialog()
        self._help = KeysDialog(session)
        self._confirm = ConfirmDialog()
        self._export = ExportDialog(session)
        self._conflict = ConflictDialog(session, self._ask_copy)
        self._move = MoveDialog(on_open)
        self._settings: SettingsDrawer | None = None
        self._settings_place = pn.Column(margin=0)
        self._messages = NotificationsView(session, after=project.n_told)
        self.heading = HeaderView(
            session,
            {
                "undo": session.undo,
                "save": self._save,
                "copy": self._ask_copy,
                "export": self._export.open,
                "settings": self._open_settings,
                "add pane": lambda: self._adder.open(),
                "help": self._help.open,
                "leave": on_leave,
                "take over": self.tab.take_over,
                "merge": self._conflict.show,
            },
        )
        self._panes = PaneManager(session, project, self._walk)
        self._adder = AddPaneDialog(
            {name: (kind.title, kind.help) for name, kind in self._panes.kinds.items() if kind.is_of_use(session)},
            lambda kind: self.run_command(partial(self._panes.add, kind)),
            self._ask_reset,
            lambda: self.run_command(self._panes.switch_arrangement),
        )
        self.header = self.heading.view
        self.view = pn.Column(
            self._keys,
            self._panes.view,
            *self._panes.selection.views,
            self._messages.view,
            self._file.view,
            self._help.view,
            self._export.view,
            self._conflict.view,
            self._settings_place,
            self._move.view,
            self._adder.view,
            self._confirm.view,
            self.heading.reproduction.dialog,
            sizing_mode="stretch_both",
            margin=0,
        )
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
        self.heading.show()  # now, because later changes wait until the browser has drawn all panes

    def close(self) -> None:
        """Close the panes and detach the page from the project."""
        super().close()
        self._ticker.stop()
        self._page.param.unwatch(self._theme_watcher)
        for view in (self.heading, self._messages, self._export, self._conflict, self._settings, self._panes):
            if view is not None:
                view.close()
        self.tab.detach()

    # -- panes --------------------------------------------------------------------------------------

    def _ask_reset(self) -> None:
        self._confirm.ask(
            "Reset the layout?",
            "This closes all panes and restores the layout of a new project. The settings of the panes are lost. "
            "Labels and learners are not changed.",
            "Reset layout",
            lambda: self.run_command(self._panes.reset),
        )

    def _keep_theme(self) -> None:
        if self.tab.is_writer and not self.session.read_only and self.session.state.conflict is None:
            self.run_command(lambda: self.session.settings.set_theme("dark" if self._page.dark_theme else "light"))

    # -- keys ---------------------------------------------------------------------------------------

    def _show_focus(self) -> None:
        self._keys.shown = self.session.state.focus or ""

    def _on_key(self, press: KeyPress) -> None:
        action = self._action(press)
        if action is not None:
            self.run_command(action)

    def _action(self, press: KeyPress) -> Callable[[], Any] | None:
        session, source = self.session, press.source or None
        if press.key in session.state.config.unsure_keys:
            return partial(self._assign, None, source)
        label = next((name for name, key in session.state.config.label_keys.items() if key == press.key), None)
        if label is not None:
            return partial(self._assign, label, source, press.alt)
        if press.key in _VERDICTS and source is not None:
            return partial(give_verdict, session, source, _VERDICTS[press.key])
        return {
            "z": session.redo if press.shift else session.undo,
            "q": session.focus_query,
            "n": self._step,
            "f": partial(self._flag, source) if source is not None else None,
            "g": partial(self._panes.show_kind, "guide"),
            "l": self._panes.switch_arrangement,
            "?": self._help.open,
            "ArrowLeft": self._walk.back,
            "ArrowRight": self._walk.forward,
            "Escape": lambda: session.select(()),
        }.get(press.key)

    def _assign(self, label: str | None, source: str | None, probable: bool = False) -> None:
        """Label the source that was shown; a contact sheet with the keyboard decides what is shown next."""
        then = self._panes.sheet.next_after(source) if source is not None else None
        self.session.assign(label, id=source, probable=probable, then=then)

    def _step(self) -> None:
        """Show the next source: of the test set, of a review, or of the batch."""
        curating = self.session.state.curating
        if curating.on:
            self.session.curation.step("new")
        elif curating.reviewing is not None:
            self.session.review.skip()
        else:
            step_in_queue(self.session)

    def _flag(self, source: str) -> None:
        remark = self.session.ledger.remarks.get(source)
        self.session.labels.remark(source, flag=remark is None or not remark.flag)

    def _show_keys(self) -> None:
        config = self.session.state.config
        labels = [*config.label_keys.values(), *config.unsure_keys, *_VERDICTS]
        self._keys.param.update(keys=list(dict.fromkeys((*_KEYS, *labels))), labels=labels)

    # -- files --------------------------------------------------------------------------------------

    def _save(self) -> None:
        if self.session.state.conflict is not None:
            self._conflict.show()
            return
        self.session.files.save_async(lambda: self.session.notify("Saved.", "success"))

    def _open_settings(self) -> None:
        """Open the settings. They are created when they are first opened, because that takes a second or more."""
        if self._settings is None:
            self._settings = SettingsDrawer(self.session, self._ask_move)
        self._settings.open()
        if not self._settings_place.objects:  # sent when open: one that opens while the browser creates it stays closed
            self._settings_place.append(self._settings.view)

    def _ask_move(self) -> None:
        if self._settings is not None:
            self._settings.put_away()
        pn.state.execute(partial(self._move.open, OpenRequest(self.session.path)))

    def _ask_copy(self) -> None:
        path = self.session.path
        self._file.ask(
            "Save a copy of the project",
            "Save a copy with all labels and settings. You continue to work in the original.",
            path.with_name(f"{path.stem}-copy{path.suffix}"),
            self._save_copy,
        )

    def _save_copy(self, path: Path, overwrite: bool) -> str:
        self.session.files.save_copy_async(
            path, lambda made: self.session.notify(f"Copy saved: {made}", "success"), overwrite=overwrite
        )
        return "The copy is being saved. A message appears when it is complete."

    # -- the server ---------------------------------------------------------------------------------

    def _role_changed(self) -> None:
        """Show whether this page is the writer."""
        self.call_soon(self.heading.show)

    def _tick(self) -> None:
        """Save pending changes, make sure that the project has a writer, and close projects that no page shows."""
        run_due(self._document)
        fresh = time.monotonic() - self._opened < _FRESH_S and self.tab.is_alive()
        self._project.elect(self.tab if fresh else None)
        self._project.n_told = self.session.state.notices[-1].n if self.session.state.notices else 0
        registry().sweep()
        idle = time.monotonic() - self._changed > _IDLE_S and not self.session.state.pending
        if self._is_due() and idle and time.monotonic() > self._rest_until:
            self._autosave()

    def _is_due(self) -> bool:
        """Return whether there are changes that this page may save."""
        session = self.session
        return self.tab.is_writer and not (
            session.state.saved or session.read_only or session.state.conflict is not None
        )

    def _autosave(self) -> None:
        try:
            self.session.files.save_async(failed=self._not_saved)
        except Exception as error:
            self._not_saved(error)

    def _not_saved(self, error: Exception) -> None:
        self._rest_until = time.monotonic() + _RETRY_S
        safe = " The labels are safe in its journal." if isinstance(error, CannotWriteError) else ""
        if self.session.state.conflict is None:  # else the user already knows
            self.session.notify(f"{explain(error)}{safe}", "error")

    def _basis(self) -> tuple[Any, ...]:
        """Return the settings that the panes were built from and do not watch."""
        config = self.session.state.config
        return self.session.dataset, config.labels, tuple(item.class_name for item in config.learners)

    def _renew(self) -> None:
        (data, *now), (data_then, *then) = self._basis(), self._made_of
        if data is not data_then or now != then:
            self._on_renew()

    def _note_change(self) -> None:
        self._changed = time.monotonic()
