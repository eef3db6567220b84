"""Status line above the plots: the round that they show, and the progress of training."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.learner.learner_status import why_no_model
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.session import Session
from astronomical.session.evaluation.stopping import advice_text

__all__ = ["RoundBar"]

_STYLE = """
.round { font-size: 12px; line-height: 15px; max-height: 30px; overflow: hidden; display: -webkit-box;
         -webkit-box-orient: vertical; -webkit-line-clamp: 2; padding-top: 2px; }
.busy { display: inline-block; position: relative; overflow: hidden; width: 70px; height: 5px; border-radius: 3px;
        margin: 0 4px 2px; vertical-align: middle; background: var(--mui-palette-action-selected, #0002); }
.busy div { position: absolute; height: 100%; border-radius: 3px; background: var(--mui-palette-primary-main, #06c); }
.busy .unknown { width: 40%; animation: to-and-fro 1.2s ease-in-out infinite alternate; }
@keyframes to-and-fro { from { left: 0; } to { left: 60%; } }
"""


class RoundBar(SessionView):
    """Line above the plots of the active learner, with buttons to cancel and resume training.

    Parameters
    ----------
    session
        The project shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._text = Html(margin=(0, 8), sizing_mode="stretch_width", stylesheets=[_STYLE])
        self._cancel = pmui.Button(
            label="Cancel",
            size="small",
            variant="outlined",
            margin=(0, 4),
            visible=False,
            height=24,
            description="Cancel training. The labels are kept.",
        )
        self._again = pmui.Button(
            label="Train",
            size="small",
            variant="outlined",
            margin=(0, 4),
            visible=False,
            height=24,
            description="Train on the current labels",
        )
        self._cancel.on_click(lambda *_: self.run_command(lambda: session.training.cancel(session.state.active)))
        self._again.on_click(lambda *_: self.run_command(lambda: session.training.resume(session.state.active)))
        self.view = pn.Row(self._text, self._cancel, self._again, min_height=26, margin=0, sizing_mode="stretch_width")
        self.follow(self._show, "active", "rounds", "pending", "halted", "jobs", "ledger", "stop_advice")
        self._show()

    def _show(self) -> None:
        state, name = self.session.state, self.session.state.active
        newest = state.rounds.get(name)
        sentences = [
            why_no_model(self.session, name)
            if newest is None or not newest.trained
            else f"After {newest.k} labels; {newest.n_pool:,} sources left in the pool"
        ]
        advice = state.stop_advice.get(name)
        if newest is not None and newest.trained and advice is not None:
            sentences.append(advice_text(advice, state.config.shown(name)))
        if newest is not None and newest.left_out:
            sentences.append(newest.left_out_text)
        shown = sentences[0] if len(sentences) == 1 else " ".join(f"{text.rstrip('.')}." for text in sentences)
        parts: list[str] = [Markup("<span title='{}'>{}</span>").format(shown, shown)]
        pending, halted = name in state.pending, name in state.halted
        if pending:
            parts.insert(0, self._progress() + (" training a newer round ·" if newest is not None else ""))
        elif halted:
            parts.insert(0, "Training stopped; the newest labels are not included ·")
        self._text.object = Markup("<div class=round>{}</div>").format(Markup(" ").join(parts))
        self._cancel.visible, self._again.visible = pending, halted

    def _progress(self) -> Markup:
        fraction = self.session.training.progress(self.session.state.active)
        if fraction is None:
            return Markup("<span class=busy><div class=unknown></div></span>")
        return Markup("<span class=busy><div style='width:{:.0f}%'></div></span>").format(100 * fraction)
