"""Dialog that asks before all sources of a contact sheet are labelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import leave_button
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.session.labelling.bulk_labels import count_sources

__all__ = ["LabelAllDialog"]


class LabelAllDialog:
    """Count the sources that will be labelled, and label them after confirmation.

    Parameters
    ----------
    owner
        The pane of the dialog.

    Attributes
    ----------
    view
        The dialog.
    """

    def __init__(self, owner: SessionView) -> None:
        self._owner = owner
        self._label, self._ids = "", tuple[str, ...]()
        self._text = Html("", margin=(0, 0, 12, 0), sizing_mode="stretch_width")
        self._go = pmui.Button(label="Label", color="primary", variant="contained")
        self._go.on_click(lambda *_: self._run())
        self.view: Any = pmui.Dialog(
            self._text,
            pn.Row(self._go, leave_button("Cancel", self.close)),
            title="Label all shown",
            open=False,
            width_option="xs",
        )

    def ask(self, label: str, ids: Sequence[str]) -> None:
        """Open the dialog for those of some sources that have no answer."""
        session = self._owner.session
        self._label, self._ids = label, tuple(id for id in ids if not session.sheet.is_answered(id))
        shown = session.state.config.shown(label)
        if self._ids:
            name = session.state.active
            n_asked = len(set(self._ids) & set(session.state.queues.get(name or "", ())))
            asked = f"The {session.state.config.shown(name)} learner asks for {n_asked:,} of them." if n_asked else ""
            lines = [Markup("<b>Label {}?</b>").format(count_sources(len(self._ids), shown)), *filter(None, [asked])]
            self._text.object = Markup("<br>").join([*lines, "One undo reverts all of them."])
        else:
            self._text.object = "All sources shown have an answer already."
        self._go.disabled = not self._ids
        self.view.open = True

    def close(self) -> None:
        """Close the dialog without recording labels."""
        self.view.open = False

    def _run(self) -> None:
        self.close()
        session, label, ids = self._owner.session, self._label, self._ids
        made = self._owner.run_command(lambda: session.sheet.label(label, ids))
        if made:
            counted = count_sources(len(made), session.state.config.shown(label))
            session.notify(f"Labelled {counted}. Undo reverts all of them.", "success")
