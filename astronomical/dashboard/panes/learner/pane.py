"""The learning pane: a tab for each class with its set-up, label panel, scores and plots."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import Config
from astronomical.dashboard.panes.learner.agreement import AgreementView
from astronomical.dashboard.panes.learner.audit import AuditView
from astronomical.dashboard.panes.learner.belief import BeliefView
from astronomical.dashboard.panes.learner.calibration import CalibrationView
from astronomical.dashboard.panes.learner.class_menu import ClassMenu
from astronomical.dashboard.panes.learner.curation import CuratingView
from astronomical.dashboard.panes.learner.finds import FindsView
from astronomical.dashboard.panes.learner.label_panel import LabelPanelView
from astronomical.dashboard.panes.learner.low_pane import LOW_PANE_STYLE, LOW_TABS_STYLE, PANE_STYLE
from astronomical.dashboard.panes.learner.matrices import MatricesView
from astronomical.dashboard.panes.learner.models import ModelsView
from astronomical.dashboard.panes.learner.report import ReportView
from astronomical.dashboard.panes.learner.round_plots import RoundPlotView
from astronomical.dashboard.panes.learner.scores import ScoresView
from astronomical.dashboard.panes.learner.setup import SetupView
from astronomical.dashboard.panes.learner.suspects import SuspectsView
from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.dashboard.panes.learner.test_results import SavedModelsView, TestView
from astronomical.dashboard.panes.learner.threshold import ThresholdView
from astronomical.dashboard.panes.learner.training_status import RoundBar
from astronomical.dashboard.panes.learner.whole import WholeView
from astronomical.dashboard.panes.learner.worth import WorthView
from astronomical.dashboard.ui.components import Message
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.tab_row import TabRow
from astronomical.session import Session
from astronomical.session.evaluation.contact_sheet import SheetKind

__all__ = ["LearningPane"]

#: Tab of projects with a working set.
_WHOLE = "Whole catalogue"
_GROUPS = {
    "Learn": ("Scores", "Confidence", "Training", "Validation"),
    "Judge": (
        "Threshold",
        "Calibration",
        "Matrices",
        "Audit",
        "Where to believe",
        "Finds",
        "Worth it",
        "Models",
        "Test",
        "Report",
        _WHOLE,
    ),
    "Review": ("Suspects", "Agreement", "Saved models"),
}
_TIPS = (
    "Learn: scores by number of labels, confidence in the pool, correctness in training and validation set. Judge: "
    "threshold, calibration, confusion matrices, audits, where to believe the scores, finds, comparison with random "
    "labels and other models, test results, report, all sources of a larger catalogue. Review: suspect labels, "
    "agreement of annotators, saved models"
)
#: Maximum number of classes with tabs. For more classes there is a menu.
_MOST_TABS = 8
#: Value of the tab of the test set. No class has an empty name.
_CURATING = ""
_AS_WRITTEN = {"& .MuiButtonBase-root": {"textTransform": "none", "whiteSpace": "nowrap"}}
_LOW_BUTTONS = {"& .MuiButtonBase-root": {"textTransform": "none", "whiteSpace": "nowrap", "padding": "2px 10px"}}
_NO_CLASSES = Markup("""<p style="margin:12px"><b>This project has no classes.</b><br>Create a new project with a label
column, or type the names of the classes.</p>""")


class LearningPane(SessionView):
    """Pane in which the user labels sources and follows the progress of the learner.

    Parameters
    ----------
    session
        The project shown.
    show_sheet
        Shows a list of sources in a contact sheet.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session, show_sheet: Callable[[SheetKind], None] = lambda kind: None) -> None:
        super().__init__(session)
        self._names = [learner.class_name for learner in session.state.config.learners]
        self._configuring = False
        self._board = LabelPanelView(session, self._configure)
        self._setup = SetupView(session, self._done)
        #: Makers of the views. A view is made when it is first chosen: all of them would take a second to make.
        self._makers: dict[str, Callable[[], TabView]] = {
            "Scores": partial(ScoresView, session),
            "Matrices": partial(MatricesView, session),
            "Training": partial(RoundPlotView, session, "training"),
            "Confidence": partial(RoundPlotView, session, "confidence"),
            "Validation": partial(RoundPlotView, session, "validation"),
            "Test": partial(TestView, session),
            "Threshold": partial(ThresholdView, session, show_sheet),
            "Calibration": partial(CalibrationView, session),
            "Audit": partial(AuditView, session),
            "Finds": partial(FindsView, session),
            "Where to believe": partial(BeliefView, session),
            "Worth it": partial(WorthView, session),
            "Models": partial(ModelsView, session),
            _WHOLE: partial(WholeView, session),
            "Report": partial(ReportView, session),
            "Agreement": partial(AgreementView, session, show_sheet),
            "Suspects": partial(SuspectsView, session, show_sheet),
            "Saved models": partial(SavedModelsView, session),
        }
        self._views: dict[str, TabView] = {}
        self._curating = CuratingView(session)
        self._round_bar = RoundBar(session)
        self._class_menu = ClassMenu(session)
        # A row of many tabs would not fit.
        tabs = pmui.RadioButtonGroup if len(self._names) <= _MOST_TABS else pmui.Select
        self._tabs = tabs(
            options=_tabs(session.state.config),
            value=session.state.active,
            size="small",
            margin=(6, 8, 2, 8),
            sx=_AS_WRITTEN,
            stylesheets=[LOW_TABS_STYLE],
        )
        self._groups = pmui.RadioButtonGroup(
            options=list(_GROUPS), value="Learn", size="small", margin=(0, 8, 2, 4), description=_TIPS, sx=_LOW_BUTTONS
        )
        #: The view that was shown last in each group.
        self._chosen = {group: views[0] for group, views in _GROUPS.items()}
        self._choice = TabRow(self._choose, height=28, margin=(2, 0), styles={"flex": "1 1 375px"})
        self._missing_plugins = Message(severity="warning")
        self._shown = pn.Column(sizing_mode="stretch_both", margin=0)
        chooser = pn.Row(
            self._groups, self._choice, sizing_mode="stretch_width", margin=0, styles={"flex-wrap": "wrap"}
        )
        self._side = pn.Column(
            chooser,
            self._round_bar.view,
            self._shown,
            sizing_mode="stretch_both",
            margin=0,
            css_classes=["views"],
        )
        self._learner = pn.Row(
            pn.Column(
                self._board.view,
                width=225,
                margin=(0, 10, 0, 8),
                sizing_mode="stretch_height",
                scroll="y-auto",
                css_classes=["board"],
            ),
            self._side,
            sizing_mode="stretch_both",
            margin=0,
            stylesheets=[LOW_PANE_STYLE],
        )
        self._body = pn.Column(sizing_mode="stretch_both", margin=0)
        if self._names:
            head = pn.Row(self._tabs, self._class_menu.view, margin=0)
            self.view = pn.Column(head, self._body, sizing_mode="stretch_both", margin=0, stylesheets=[PANE_STYLE])
        else:
            self.view = pn.Column(Html(_NO_CLASSES), sizing_mode="stretch_both", margin=0)
        self._tabs.param.watch(self._on_tab, "value")
        self._groups.param.watch(lambda *_: self._show_choice(), "value")
        self.follow(self._show, "active", "config", "curating")
        self._show()

    def close(self) -> None:
        """Close the pane and all its parts."""
        super().close()
        for part in (
            self._board,
            self._round_bar,
            self._class_menu,
            self._curating,
            self._setup,
            *self._views.values(),
        ):
            part.close()

    def _on_tab(self, event: Any) -> None:
        self._configuring = False
        state = self.session.state
        if event.new == _CURATING and not state.curating.on:
            self.run_command(self.session.curation.start)
        elif event.new not in (None, _CURATING) and (event.new != state.active or state.curating.on):
            self.run_command(lambda: self.session.activate(event.new))
        self._show()

    def _configure(self) -> None:
        self._configuring = True
        self._show()

    def _done(self) -> None:
        self._configuring = False
        self._show()

    def _show(self) -> None:
        """Show the set-up of a learner that is not started or is being changed, else the label panel and plots."""
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
            if self._body.objects != [self._learner]:
                self._body.objects = [self._learner]
            self._show_choice()
        else:
            if self._body.objects != [self._setup.view]:
                self._setup.show(name)
                self._body.objects = [self._setup.view]
            elif self._setup.learner != learner:  # keep choices that were not applied yet
                self._setup.show(name)

    def _choose(self, view: str) -> None:
        self._chosen[self._groups.value] = view
        self._show_choice()

    def _put(self, view: pn.viewable.Viewable) -> None:
        if self._shown.objects != [view]:
            self._shown.objects = [view]

    def _show_choice(self) -> None:
        group, name = self._groups.value, self.session.state.active
        chosen = self._chosen[group]
        names = [view for view in _GROUPS[group] if view != _WHOLE or self.session.whole.is_larger]
        self._choice.shown = {"names": names, "chosen": chosen}
        self._side.css_classes = ["views"] if group == "Learn" else ["views", "wide"]
        self._tabs.css_classes = [] if group == "Learn" else ["wide"]
        missing = (
            self.session.training.missing_plugins(name) if name is not None and self.session.round(name) is None else ""
        )
        if missing:
            shown_name = self.session.state.config.shown(name or "")
            self._missing_plugins.show(
                f"The {shown_name} learner cannot be trained here. {missing} Its labels and recorded results are kept."
            )
        chosen_view = None if missing else self._made(chosen)
        for view in self._views.values():
            view.set_visible(view is chosen_view, partial(self._put, view.view))
        if missing:
            self._put(self._missing_plugins.view)

    def _made(self, name: str) -> TabView:
        """Return a view, which is made if it is chosen for the first time."""
        if name not in self._views:
            self._views[name] = self._makers[name]()
        return self._views[name]


def _tabs(config: Config) -> dict[str, str]:
    """Return the tabs with their values: one for each class, and one for the test set."""
    tabs = {config.shown(item.class_name): item.class_name for item in config.learners}
    title = next(text for text in ("Test set", "Curated test set", "Test set (curated)", "…") if text not in tabs)
    return {**tabs, title: _CURATING}
