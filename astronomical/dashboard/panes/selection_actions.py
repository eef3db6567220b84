"""What can be done with the selected sources: label, list, see and name them, or send them to other programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from astronomical.dashboard.panes.subset_dialog import SubsetDialog
from astronomical.dashboard.panes.tables.bulk_dialog import BulkDialog
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import explain
from astronomical.session import Session
from astronomical.session.evaluation.contact_sheet import SheetKind
from astronomical.session.samp.connection import SampBridge

__all__ = ["SelectionAction", "SelectionActions"]

SelectionAction = Literal["label", "list", "sheet", "subset", "send"]


class SelectionActions(SessionView):
    """The actions on the selection that every plot of a page offers.

    Parameters
    ----------
    session
        The project, as seen by this page.
    samp
        The SAMP connection, if it is available.
    show_pane
        Shows a pane of a kind, which is added if there is none.
    show_sheet
        Shows a list of sources in a contact sheet.

    Attributes
    ----------
    views
        The dialogs to label the selection, and to save it as a subset.
    """

    def __init__(
        self,
        session: Session,
        samp: SampBridge | None,
        show_pane: Callable[[str], Any],
        show_sheet: Callable[[SheetKind], Any] = lambda kind: None,
    ) -> None:
        super().__init__(session)
        self._samp, self._show_pane, self._show_sheet = samp, show_pane, show_sheet
        self._sending = self.latest()
        self._dialog = BulkDialog(self)
        self._naming = SubsetDialog(self)
        self.views = (self._dialog.view, self._naming.view)

    def run(self, action: str) -> None:
        """Run an action on the selection; ignore other names, which a page could send."""
        if action not in get_args(SelectionAction) or not self.session.state.selection:
            return
        if action == "label":
            self._dialog.ask()
        elif action == "list":
            self.run_command(lambda: self._show_pane("table"))
        elif action == "sheet":
            self.run_command(lambda: self._show_sheet("selection"))
        elif action == "subset":
            self._naming.ask()
        else:
            self._send()

    def _send(self) -> None:
        """Send the selection outside the event loop, after connecting if necessary."""
        bridge = self._samp
        if bridge is None:
            self.session.notify("Other programs cannot be reached by SAMP from this page.", "warning")
            return

        def send() -> tuple[str, Literal["success", "error"]]:
            try:
                if not bridge.connected:
                    bridge.connect()
                return bridge.send_selection(), "success"
            except Exception as error:
                return explain(error), "error"

        self._sending.run(send, lambda result: self.session.notify(*result), self.report, what="Sending the selection")
