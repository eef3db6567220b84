"""The learning pane: a tab for each class, its set-up, the labelling board, and what the learner makes of it."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.board import BoardView
from astronomical.dashboard.panes.curating import CuratingView
from astronomical.dashboard.panes.round_bar import RoundBar
from astronomical.dashboard.panes.round_plots import RoundPlotView
from astronomical.dashboard.panes.scores import MatricesView, ScoresView
from astronomical.dashboard.panes.setup import SetupView
from astronomical.dashboard.panes.testing import CheckpointsView, TestView
from astronomical.dashboard.parts import Message
from astronomical.dashboard.view import View
from astronomical.session.session import Session

__all__ = ["LearningPane"]

_VIEWS = ("Scores", "Confidence", "Training", "Validation", "Matrices", "Test", "Checkpoints")
_TIPS = "Scores by number of labels; confidence over the pool; correctness in training and validation set; matrices; "\
        "test results, behind a caution; rounds with a name"
#: Value of the tab of the test set; no class has an empty name.
_CURATING = ""
_AS_WRITTEN = {"& .MuiButtonBase-root": {"textTransform": "none", "whiteSpace": "nowrap"}}
_NO_CLASSES = """<p style="margin:12px"><b>This project has no class to learn.</b><br>Make a new project with a label
column, or with the names of the classes.</p>"""


class LearningPane(View):
    """What one does all day: label, and watch the learner learn.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._names = [learner.class_name for learner in session.state.config.learners]
        self._configuring = False
        self._board = BoardView(session, self._configure)
        self._setup = SetupView(session, self._done)
        self._rounds = {"Training": RoundPlotView(session, "training"),
                        "Confidence": RoundPlotView(session, "confidence"),
                        "Validation": RoundPlotView(session, "validation")}
        self._test = TestView(session)
        self._scores, self._matrices = ScoresView(session), MatricesView(session)
        self._views: dict[str, Any] = {"Scores": self._scores, "Matrices": self._matrices, **self._rounds,
                                       "Test": self._test, "Checkpoints": CheckpointsView(session)}
        self._curating = CuratingView(session)
        self._round_bar = RoundBar(session)
        self._tabs = pmui.RadioButtonGroup(options=_tabs(self._names), value=session.state.active, size="small",
                                           margin=(6, 8, 2, 8), sx=_AS_WRITTEN)
        self._choice = pmui.RadioButtonGroup(options=list(_VIEWS), value="Scores", size="small", margin=(0, 4),
                                             description=_TIPS, sx=_AS_WRITTEN)
        self._lacking = Message(severity="warning")
        self._shown = pn.Column(self._scores.view, sizing_mode="stretch_both", margin=0)
        self._desk = pn.Row(
            pn.Column(self._board.view, width=225, margin=(0, 10, 0, 8), sizing_mode="stretch_height", scroll="y-auto"),
            pn.Column(self._choice, self._round_bar.view, self._shown, sizing_mode="stretch_both", margin=0),
            sizing_mode="stretch_both", margin=0,
        )
        self._body = pn.Column(sizing_mode="stretch_both", margin=0)
        if self._names:
            self.view = pn.Column(self._tabs, self._body, sizing_mode="stretch_both", margin=0)
        else:
            self.view = pn.Column(pn.pane.HTML(_NO_CLASSES), sizing_mode="stretch_both", margin=0)
        self._tabs.param.watch(self._on_tab, "value")
        self._choice.param.watch(lambda *_: self._show_choice(), "value")
        self.follow(self._show, "active", "config", "curating")
        self._show()

    def close(self) -> None:
        """Stop following, and so do all parts of the pane."""
        super().close()
        for part in (self._board, self._round_bar, self._curating, self._setup, *self._views.values()):
            part.close()

    def _on_tab(self, event: Any) -> None:
        self._configuring = False
        state = self.session.state
        if event.new == _CURATING and not state.curating.on:
            self.attempt(self.session.curate)
        elif event.new not in (None, _CURATING) and (event.new != state.active or state.curating.on):
            self.attempt(lambda: self.session.activate(event.new))
        self._show()

    def _configure(self) -> None:
        self._configuring = True
        self._show()

    def _done(self) -> None:
        self._configuring = False
        self._show()

    def _show(self) -> None:
        """Show the set-up of a learner that has not begun or is to be changed, else the desk."""
        name = self.session.state.active
        if self.session.state.curating.on:
            self._tabs.value = _CURATING
            if self._body.objects != [self._curating.view]:
                self._body.objects = [self._curating.view]
            return
        if name is None:
            return
        self._tabs.value = name
        learner = self.session.state.config.learner(name)
        if learner.started and not self._configuring:
            if self._body.objects != [self._desk]:
                self._body.objects = [self._desk]
            self._show_choice()
        else:
            if self._body.objects != [self._setup.view]:
                self._setup.show(name)
                self._body.objects = [self._setup.view]
            elif self._setup.learner != learner:  # what has been chosen, and not started yet, stays
                self._setup.show(name)

    def _show_choice(self) -> None:
        chosen, name = self._choice.value, self.session.state.active
        lacking = self.session.lacking(name) if name is not None and self.session.round(name) is None else ""
        if lacking:
            self._lacking.show(f"The {name} learner cannot be trained here. {lacking} Its labels and recorded results "
                               "are kept.")
        shown = self._lacking.view if lacking else self._views[chosen].view
        if self._shown.objects != [shown]:
            self._shown.objects = [shown]
        for name, plot in self._rounds.items():
            plot.set_visible(name == chosen)
        self._test.set_visible(chosen == "Test")


def _tabs(names: list[str]) -> dict[str, str]:
    """Return the tabs with their values: a class each, and the test set."""
    title = next(text for text in ("Test set", "Curated test set", "Test set (curated)", "…") if text not in names)
    return {**{name: name for name in names}, title: _CURATING}
