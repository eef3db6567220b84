"""Test results behind a caution, and the checkpoints of a learner."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.scores import MATRIX_STYLE, matrix_html
from astronomical.dashboard.parts import plain_table
from astronomical.dashboard.view import View
from astronomical.session.model_store import models_folder
from astronomical.session.session import Session
from astronomical.session.testing import n_openings

__all__ = ["CheckpointsView", "TestView"]

_CAUTION = """<p><b>The test set is for the end.</b> Whoever looks at its scores and then goes on choosing models,
strategies or labels has used it up: its scores are no longer those of sources never seen. For the work in between
there is the validation set.</p>
<p>Each look is noted in the project, with the round, the time and your name.</p>"""


class TestView(View):
    """Scores of the newest round on the test set, once somebody has asked for them.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the view.
    """

    __test__ = False  # no test of pytest

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._visible = False
        #: The class and the round that somebody asked for since the view was opened.
        self._asked: tuple[str, str] | None = None
        self._html = pn.pane.HTML(margin=(4, 10), sizing_mode="stretch_width", stylesheets=[MATRIX_STYLE])
        self._caution = pmui.Checkbox(label="Ask before test results of this class are shown", value=True, size="small",
                                      margin=(2, 6))
        self._button = pmui.Button(label="Show the test results", color="warning", variant="outlined", size="small",
                                   margin=(4, 10))
        self._caution.param.watch(self._on_caution, "value")
        self._button.on_click(lambda *_: self._open())
        self.view = pn.Column(self._html, self._button, self._caution, sizing_mode="stretch_both", margin=0,
                              scroll="y-auto")
        self.follow(self._show, "active", "rounds", "config", "test_results")
        self._show()

    def set_visible(self, visible: bool) -> None:
        """Show the caution anew whenever the view is opened; results that were seen are put away."""
        if visible == self._visible:
            return
        self._visible, self._asked = visible, None
        if visible and not self._is_cautious():
            self._open()
        self._show()

    def _is_cautious(self) -> bool:
        return self.session.state.active not in self.session.state.config.testing.without_caution

    def _open(self) -> None:
        name = self.session.state.active
        newest = self.session.round(name)
        if name is not None and newest is not None and newest.trained:
            self._asked = (name, newest.key)
            self.attempt(lambda: self.session.open_test_results(name))

    def _on_caution(self, event: Any) -> None:
        if event.new != self._is_cautious():
            self.attempt(lambda: self.session.set_test_caution(self.session.state.active, event.new))

    def _show(self) -> None:
        if not self._visible:
            return
        session, name = self.session, self.session.state.active
        newest, result = session.round(name), session.state.test_results.get(name)
        seen = n_openings(session.state.config, name)
        count = f"<p>Test results of {escape(str(name))} were opened {seen} time{'' if seen == 1 else 's'} so far.</p>"
        key = newest.key if newest is not None and newest.trained else None
        open_now = key is not None and self._asked == (name, key)
        self._caution.value = self._is_cautious()
        self._button.disabled = key is None
        self._button.visible = not open_now
        if key is None:
            self._html.object = "<p>Test results are there once the learner is trained.</p>" + count
        elif not open_now:
            self._html.object = (_CAUTION if self._is_cautious() else "") + count
        elif result is None or result.key != key:
            self._html.object = "<p>Scoring the test set …</p>" + count
        else:
            matrix = matrix_html("Test set", result.scores, name, result.title)
            out = "".join(f"<li>{escape(words)}</li>" for words in result.left_out)
            left_out = f"<p>Of the curated sources, not tested:</p><ul>{out}</ul>" if out else ""
            self._html.object = f"<div class=sets>{matrix}</div>{left_out}<p>Round {result.k}.</p>{count}"


class CheckpointsView(View):
    """The rounds of all learners that were given names.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the view.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._name = pmui.TextInput(label="Name", placeholder="class and number of labels", size="small", width=260,
                                    margin=(6, 4, 6, 10))
        button = pmui.Button(label="Keep this round", variant="outlined", size="small", margin=(6, 4), align="center",
                             description="Give the newest round of this learner a name in the project")
        button.on_click(lambda *_: self._keep())
        self._table = pn.Column(sizing_mode="stretch_width", margin=0)
        self.view = pn.Column(pn.Row(self._name, button, margin=0), self._table, sizing_mode="stretch_both", margin=0,
                              scroll="y-auto")
        self.follow(self._show, "config")
        self._show()

    def _keep(self) -> None:
        made = self.attempt(lambda: self.session.checkpoint(name=self._name.value))
        if made is not None:
            self._name.value = ""

    def _show(self) -> None:
        kept = self.session.state.config.checkpoints
        folder = models_folder(self.session.path).name
        note = pn.pane.HTML(f"<p>Models of checkpoints and of other rounds: folder <b>{escape(folder)}</b> beside the "
                            "project.</p>", margin=(0, 10))
        rows = [(item.name, item.class_name, f"{item.k}", item.when.replace("T", " ")[:16]) for item in reversed(kept)]
        table = plain_table(("Checkpoint", "Class", "Labels", "When"), rows, numbers=(2,))
        self._table.objects = [table, note] if kept else [pn.pane.HTML(
            "<p>No checkpoints yet. A checkpoint is a round with a name: its settings, labels and scores are in the "
            "project, its model is kept beside it.</p>", margin=(0, 10))]
