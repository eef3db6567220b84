"""Which round the plots belong to, while a newer one is on its way."""

from __future__ import annotations

from html import escape

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.standing import why_no_model
from astronomical.dashboard.view import View
from astronomical.session.session import Session

__all__ = ["RoundBar"]

_STYLE = """
.round { font-size: 12px; line-height: 24px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.busy { display: inline-block; position: relative; overflow: hidden; width: 70px; height: 5px; border-radius: 3px;
        margin: 0 4px 2px; vertical-align: middle; background: var(--mui-palette-action-selected, #0002); }
.busy div { position: absolute; height: 100%; border-radius: 3px; background: var(--mui-palette-primary-main, #06c); }
.busy .unknown { width: 40%; animation: to-and-fro 1.2s ease-in-out infinite alternate; }
@keyframes to-and-fro { from { left: 0; } to { left: 60%; } }
"""


class RoundBar(View):
    """A line above the plots of the active learner, with a way to call training off and to take it up again.

    Parameters
    ----------
    session
        The project shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._text = pn.pane.HTML(margin=(0, 8), sizing_mode="stretch_width", stylesheets=[_STYLE])
        self._cancel = pmui.Button(label="Cancel", size="small", variant="outlined", margin=(0, 4), visible=False,
                                   height=24, description="Call this training off; the labels are kept")
        self._again = pmui.Button(label="Train", size="small", variant="outlined", margin=(0, 4), visible=False,
                                  height=24, description="Train on the labels so far")
        self._cancel.on_click(lambda *_: self.attempt(lambda: session.cancel_training(session.state.active)))
        self._again.on_click(lambda *_: self.attempt(lambda: session.resume_training(session.state.active)))
        self.view = pn.Row(self._text, self._cancel, self._again, height=26, margin=0, sizing_mode="stretch_width")
        self.follow(self._show, "active", "rounds", "pending", "halted", "jobs", "ledger")
        self._show()

    def _show(self) -> None:
        state, name = self.session.state, self.session.state.active
        newest = state.rounds.get(name)
        shown = why_no_model(self.session, name) if newest is None or not newest.trained else (
            f"Plots of round {newest.k}: {newest.k} labels, pool of {newest.n_pool:,}")
        parts = [f"<span title='{escape(shown, quote=True)}'>{escape(shown)}</span>"]
        pending, halted = name in state.pending, name in state.halted
        if pending:
            parts.insert(0, self._progress() + (" a newer round is on its way ·" if newest is not None else ""))
        elif halted:
            parts.insert(0, "Training stopped before the newest labels ·")
        self._text.object = f"<div class=round>{' '.join(parts)}</div>"
        self._cancel.visible, self._again.visible = pending, halted

    def _progress(self) -> str:
        fraction = self.session.round_progress(self.session.state.active)
        if fraction is None:
            return "<span class=busy><div class=unknown></div></span>"
        return f"<span class=busy><div style='width:{100 * fraction:.0f}%'></div></span>"
