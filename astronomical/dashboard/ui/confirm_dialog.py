"""Dialog that asks before an action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import leave_button
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.safe_text import Html

__all__ = ["ConfirmDialog"]


class ConfirmDialog:
    """Ask for confirmation before an action."""

    def __init__(self) -> None:
        self._action: Callable[[], Any] | None = None
        self._text = Html(sizing_mode="stretch_width")
        self._go = pmui.Button(color="primary", variant="contained")
        cancel = leave_button("Cancel", self.close)
        self._go.on_click(lambda *_: self._run())
        self.view = Dialog(self._text, pn.Row(self._go, cancel), title="", open=False, width_option="xs")

    def ask(self, title: str, text: str, label: str, action: Callable[[], Any]) -> None:
        """Open the dialog.

        Parameters
        ----------
        title, text
            Title and explanation of the action.
        label
            Text of the button that runs the action.
        action
            Called when the user confirms.
        """
        self._action = action
        self._text.object = text
        self._go.label = label
        self.view.param.update(title=title, open=True)

    def close(self) -> None:
        """Close the dialog without running the action."""
        self.view.open = False

    def _run(self) -> None:
        self.close()
        if self._action is not None:
            self._action()
