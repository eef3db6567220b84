"""Test results, shown after a warning, and the saved models of the learners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.learner.matrices import MATRIX_STYLE, matrix_html
from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.dashboard.ui.components import plain_table
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.session import Session
from astronomical.session.data.population import scope_text
from astronomical.session.evaluation.operating_points import threshold_of
from astronomical.session.evaluation.test_set import n_openings
from astronomical.session.project.project_store import models_folder

__all__ = ["SavedModelsView", "TestView"]

_CAUTION = Markup("""<p><b>Keep the test set for the end.</b> If you look at its scores and then change models,
strategies or labels, it is no longer independent. Use the validation set while you work.</p>
<p>Each time you open the test results, the project records the round, the time and your name.</p>""")

_NOTHING = Markup("""<p><b>There is nothing to test on.</b> No source of the test set has a catalogue label.</p>
<p>Label about 50 random sources as a test set to get scores. They are never used for training.</p>""")


#: Texts are as large as in the other views of the pane.
_TEXT = ":host { font-size: 12.5px; line-height: 1.4; } p { margin: 4px 0; } ul { margin: 4px 0; padding-left: 20px; }"


class TestView(TabView):
    """Scores of the newest round on the test set, shown when the user asks for them.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the view.
    """

    __test__ = False  # not a test class for pytest

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._visible = False
        #: The class, the round and the threshold whose results the user opened since the view was shown.
        self._asked: tuple[str, str, float] | None = None
        self._html = Html(margin=(4, 10), sizing_mode="stretch_width", stylesheets=[MATRIX_STYLE, _TEXT])
        self._caution = pmui.Checkbox(
            label="Warn before showing test results of this class", value=True, size="small", margin=(2, 6)
        )
        self._button = pmui.Button(
            label="Show the test results", color="warning", variant="outlined", size="small", margin=(4, 10)
        )
        self._curate = pmui.Button(
            label="Curate a test set", variant="outlined", size="small", margin=(4, 10), visible=False
        )
        #: Number of sources that can be tested on; None while they are counted.
        self._n_sources: int | None = None
        self._counting = self.latest()
        self._curate.on_click(lambda *_: self.run_command(session.curation.start))
        self._caution.param.watch(self._on_caution, "value")
        self._button.on_click(lambda *_: self._open())
        self.view = pn.Column(
            self._html, self._button, self._curate, self._caution, sizing_mode="stretch_both", margin=0, scroll="y-auto"
        )
        self.follow(self._show, "active", "rounds", "config", "test_results")
        self.follow(self._count, "active", "config", "dataset")
        self._show()

    def set_visible(self, visible: bool, ready: Callable[[], None] = lambda: None) -> None:
        """Show the warning each time the view is shown, and hide results that were open before."""
        if visible != self._visible:
            self._visible, self._asked = visible, None
            self._n_sources = None
            self._count()
            self._show()
        super().set_visible(visible, ready)

    def _count(self) -> None:
        """Count the sources that can be tested on, while the view is visible."""
        name = self.session.state.active
        if not self._visible or name is None:
            return

        def take(n: int) -> None:
            first, self._n_sources = self._n_sources is None, n
            if first and n and not self._is_cautious():
                self._open()
            self._show()

        self._counting.run(
            self.session.evaluation.count_test_sources(name), take, self.report, what="Counting the test sources"
        )

    def _is_cautious(self) -> bool:
        return self.session.state.active not in self.session.state.config.testing.without_caution

    def _open(self) -> None:
        name = self.session.state.active
        newest = self.session.round(name)
        if name is not None and newest is not None and newest.trained:
            self._asked = (name, newest.key, threshold_of(self.session.state.config, name))
            self.run_command(lambda: self.session.evaluation.open_test_results(name))

    def _on_caution(self, event: Any) -> None:
        if event.new != self._is_cautious():
            self.run_command(lambda: self.session.evaluation.set_test_caution(self.session.state.active, event.new))

    def _show(self) -> None:
        if not self._visible:
            return
        session, name = self.session, self.session.state.active
        newest, result = session.round(name), session.state.test_results.get(name)
        seen = n_openings(session.state.config, name)
        times = {0: "not been opened yet", 1: "been opened once"}.get(seen, f"been opened {seen:,} times")
        count = Markup("<p>The test results of {} have {}.</p>").format(session.state.config.shown(name or ""), times)
        key = newest.key if newest is not None and newest.trained else None
        threshold = threshold_of(session.state.config, name or "")
        open_now = key is not None and self._asked == (name, key, threshold)
        nothing = self._n_sources == 0
        self._caution.value = self._is_cautious()
        self._button.disabled = key is None or not self._n_sources
        self._button.visible, self._curate.visible = not open_now and not nothing, nothing
        self._caution.visible = not nothing
        if key is None:
            self._html.object = Markup("<p>Test results appear once the learner is trained.</p>") + count
        elif nothing:
            self._html.object = _NOTHING
        elif not open_now:
            self._html.object = (_CAUTION if self._is_cautious() else Markup("")) + count
        elif result is None or (result.key, result.threshold) != (key, threshold):
            self._html.object = Markup("<p>Scoring the test set …</p>") + count
        else:
            config = session.state.config
            scope = "" if config.curated.use_as_test else scope_text(session.dataset)
            matrix = matrix_html("Test set", result.scores, config.shown(name), result.title, scope)
            out = Markup("").join(Markup("<li>{}</li>").format(words) for words in result.left_out)
            left_out = Markup("<p>Curated sources that are not used:</p><ul>{}</ul>").format(out) if out else ""
            self._html.object = Markup("<div class=sets>{}</div>{}<p>Round {}, predicted above {:g}.</p>{}").format(
                matrix, left_out, result.k, threshold, count
            )


class SavedModelsView(TabView):
    """Saved models of all learners: rounds that were saved under a name, the checkpoints of the project file.

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
        self._name = pmui.TextInput(
            label="Name", placeholder="class and number of labels", size="small", width=260, margin=(6, 4, 6, 10)
        )
        button = pmui.Button(
            label="Save this model",
            variant="outlined",
            size="small",
            margin=(6, 4),
            align="center",
            description="Save the newest round of this learner under a name",
        )
        button.on_click(lambda *_: self._keep())
        self._table = pn.Column(sizing_mode="stretch_width", margin=0)
        self.view = pn.Column(
            pn.Row(self._name, button, margin=0), self._table, sizing_mode="stretch_both", margin=0, scroll="y-auto"
        )
        self.follow(self._show, "config")
        self._show()

    def _keep(self) -> None:
        made = self.run_command(lambda: self.session.models.checkpoint(name=self._name.value))
        if made is not None:
            self._name.value = ""

    def _show(self) -> None:
        kept = self.session.state.config.checkpoints
        folder = models_folder(self.session.path).name
        note = Html(
            Markup("<p>Models are in the folder <b>{}</b> beside the project.</p>").format(folder),
            margin=(0, 10),
            stylesheets=[_TEXT],
        )
        rows = [(item.name, item.class_name, f"{item.k}", item.when.replace("T", " ")[:16]) for item in reversed(kept)]
        table = plain_table(("Saved model", "Class", "Labels", "When"), rows, numbers=(2,))
        self._table.objects = (
            [table, note]
            if kept
            else [
                Html(
                    Markup(
                        "<p>No saved models yet. Save the newest round under a name: the project file holds its "
                        "settings, labels and scores; its model is a file beside it.</p>"
                    ),
                    margin=(0, 10),
                    stylesheets=[_TEXT],
                )
            ]
        )
