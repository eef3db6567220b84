"""Dialog for a project whose files were changed by another program while it was open."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import leave_button
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import explain
from astronomical.session import Session
from astronomical.session.state import Conflict

__all__ = ["ConflictDialog"]

_CHOICES = (
    "Merge keeps all labels of both versions: the events on disk, followed by those that exist only in this tab. "
    "The settings of this tab are used, and the other file is kept under another name. To look at the other version "
    "first, choose “Not now”. Nothing is recorded in this tab until you merge."
)


class ConflictDialog(SessionView):
    """Tell the user that another program changed the project's files, and offer to merge both versions.

    Parameters
    ----------
    session
        The project, as seen by this page.
    save_copy
        Asks where to write a copy of this version.
    """

    def __init__(self, session: Session, save_copy: Callable[[], None]) -> None:
        super().__init__(session)
        self._save_copy = save_copy
        self._text = Html(sizing_mode="stretch_width")
        self._shown: Conflict | None = None
        self._problem = Html(sizing_mode="stretch_width", visible=False)
        self._merge = pmui.Button(label="Merge", color="primary", variant="contained")
        copy = pmui.Button(label="Save a copy of this version…", variant="text")
        self._merge.on_click(lambda *_: self._merge_now())
        copy.on_click(lambda *_: self._copy())
        self.view = Dialog(
            self._text,
            self._problem,
            pn.Row(self._merge, copy, leave_button("Not now", self.close_dialog)),
            title="Another program changed this project",
            open=False,
            width_option="sm",
        )
        self.follow(self._update, "conflict")
        self.show()

    def _update(self) -> None:
        """Open or close the dialog; where this version was saved may be known only a moment after it was opened."""
        before, self._shown = self._shown, self.session.state.conflict
        if before is None or self._shown is None:
            self.show()
        else:
            self._tell(self._shown)

    def show(self) -> None:
        """Open the dialog if there is a conflict, else close it."""
        self._shown = conflict = self.session.state.conflict
        self._problem.visible = False
        if conflict is None:
            self.close_dialog()
            return
        self._tell(conflict)
        self._merge.disabled = not self.session.may_change
        self.view.open = True

    def _tell(self, conflict: Conflict) -> None:
        self._text.object = Markup("<p>{}</p><p>{}</p>").format(conflict.text, _CHOICES)

    def close_dialog(self) -> None:
        """Close the dialog without changing anything."""
        self.view.open = False

    def _copy(self) -> None:
        self.close_dialog()
        self._save_copy()

    def _merge_now(self) -> None:
        self._merge.disabled = True  # until it has succeeded or failed
        try:
            self.session.merging.merge_async(lambda message: self.session.notify(message, "success"), self._failed)
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._merge.disabled = False
        self._problem.param.update(object=Markup("<p><b>{}</b></p>").format(explain(error)), visible=True)
