"""Dialog to exchange sources with TOPCAT, Aladin and other programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import Message, hint, leave_button
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import PLAIN_DIALOG
from astronomical.errors import explain
from astronomical.session import Session
from astronomical.session.samp.connection import SampBridge

__all__ = ["SampDialog"]

_EXPLAIN = (
    "With SAMP, programs on one computer exchange sources and tables. Start TOPCAT, Aladin or another program with "
    "a hub, then connect. If you choose a position or a row there, its source is shown here. If you send a table "
    "from there, its sources are selected here."
)


class SampDialog(SessionView):
    """Connect to a SAMP hub, and send sources.

    Parameters
    ----------
    session
        The project shown.
    bridge
        The SAMP connection of the project.
    on_change
        Called when the connection is opened or closed.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, session: Session, bridge: SampBridge, on_change: Callable[[], None]) -> None:
        super().__init__(session)
        self._bridge = bridge
        self._on_change = on_change
        self._sending = self.latest()
        self._message = Message()
        self._connect = pmui.Button(label="Connect", color="primary", variant="contained")
        self._source = pmui.Button(label="Send this source", variant="outlined")
        self._selection = pmui.Button(label="Send the selection", variant="outlined")
        self._all = pmui.Button(label="Send all sources", variant="outlined")
        self._follows = pmui.Checkbox(label="Send each source when it is shown", value=False, margin=(6, 10))
        close = leave_button("Close", self.close_dialog)
        self._connect.on_click(lambda *_: self._do(bridge.disconnect if bridge.connected else bridge.connect))
        self._source.on_click(lambda *_: self._send_source())
        self._selection.on_click(lambda *_: self._do(bridge.send_selection))
        self._all.on_click(lambda *_: self._do(bridge.send_table))
        self.view = Dialog(
            hint(_EXPLAIN),
            self._message.view,
            pn.FlexBox(self._connect, self._source, self._selection, self._all, margin=0),
            self._follows,
            pn.Row(close),
            title="Other programs (SAMP)",
            open=False,
            width_option="sm",
            sx=PLAIN_DIALOG,
        )
        self._watcher = bridge.param.watch(lambda *_: self.call_soon(self._show), "connected")
        self.follow(self._follow_focus, "focus")
        self.follow(self._show_buttons, "focus", "selection")
        self._show_buttons()

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return bool(self._bridge.connected)

    def open(self) -> None:
        """Open the dialog."""
        self._message.show("Connected." if self._bridge.connected else "Not connected.", "info")
        self.view.open = True

    def close_dialog(self) -> None:
        """Close the dialog and keep the connection."""
        self.view.open = False

    def close(self) -> None:
        """Stop following."""
        super().close()
        self._bridge.param.unwatch(self._watcher)

    def _show(self) -> None:
        self._show_buttons()
        self._on_change()

    def _show_buttons(self) -> None:
        connected, state = self._bridge.connected, self.session.state
        self._connect.label = "Disconnect" if connected else "Connect"
        self._source.disabled = not (connected and state.focus is not None)
        self._selection.disabled = not (connected and state.selection)
        self._all.disabled = self._follows.disabled = not connected

    def _send_source(self) -> None:
        if self.session.state.focus is not None:
            self._do(partial(self._bridge.send_source, self.session.state.focus))

    def _follow_focus(self) -> None:
        focus = self.session.state.focus
        if self._follows.value and self._bridge.connected and focus is not None:
            self._do(partial(self._bridge.send_source, focus, again=False))

    def _do(self, action: Callable[[], str]) -> None:
        """Run an action that waits for the hub outside the event loop, and show its result."""

        def attempt() -> tuple[str, str]:
            try:
                return action(), "success"
            except Exception as error:
                return explain(error), "error"

        self._sending.run(attempt, lambda result: self._message.show(*result), self.report, what="The SAMP message")
