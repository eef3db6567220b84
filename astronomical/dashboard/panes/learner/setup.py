"""Set up a learner: models, query strategy, batch size and initial labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.errors import naming_input
from astronomical.config.schema import ExtensionConfig, LearnerConfig
from astronomical.dashboard.panes.learner.initial_labels import InitialLabels
from astronomical.dashboard.panes.learner.model_form import ModelRows
from astronomical.dashboard.ui.parameter_widgets import ParameterBox
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.extend import Extension
from astronomical.plugins.registry import Registry, UnknownExtensionError
from astronomical.session import Session
from astronomical.session.training.queues import queue_size

__all__ = ["SetupView"]

_ALIKE = "With two classes, here the class and the rest, uncertainty, margin and entropy give the same ranking."
_COMMITTEE = (
    "All models are trained on the same labels. The prediction is the side with the larger mean probability. "
    "Uncertainty, margin and entropy are not offered, because they rank sources as consensus entropy does."
)


class SetupView(SessionView):
    """Form for one learner at a time.

    Parameters
    ----------
    session
        The project shown.
    on_done
        Called after a learner was started or changed, or when the user cancels.

    Attributes
    ----------
    learner
        The settings from which the form was last filled.
    labels
        Fields for the initial labels.
    """

    def __init__(self, session: Session, on_done: Callable[[], None]) -> None:
        super().__init__(session)
        self._on_done = on_done
        self._name = ""
        self.learner: LearnerConfig | None = None
        self._strategy = pmui.Select(label="Query strategy", size="small", margin=(6, 4), sizing_mode="stretch_width")
        self._parameters = ParameterBox()
        self._help = Html(margin=(0, 8), sizing_mode="stretch_width", styles={"font-size": "12px"})
        self._models = ModelRows(session, self._offer_strategies)
        self._queue = pmui.IntInput(
            label="Batch size",
            sx=PLAIN_NUMBER,
            value=1,
            start=1,
            end=200,
            size="small",
            width=190,
            margin=(6, 4),
            description="With 1, the learner is trained after each label. With more, it is trained after each batch. "
            "The strategy “Diverse batch” avoids similar sources in a batch.",
        )
        self.labels = InitialLabels(session)
        self._go = pmui.Button(
            label="Start training", color="primary", variant="contained", margin=(2, 4), size="small"
        )
        self._leave = pmui.Button(label="Cancel", variant="text", margin=(2, 4), size="small")
        self._head = Html(margin=(4, 10), styles={"flex": "1 1 240px"})
        self._strategy.param.watch(lambda *_: self._show_strategy({}), "value")
        self._go.on_click(lambda *_: self.run_command(self._start))
        self._leave.on_click(lambda *_: self._on_done())
        self.follow(self._models.show_obstacles, "obstacles", "config")
        self.follow(self.labels.refresh, "ledger", "dataset")
        form = pn.Column(
            pn.FlexBox(
                pn.Column(self._models.view, margin=0, styles={"flex": "1 1 250px", "min-width": "0"}),
                pn.Column(
                    self._strategy,
                    self._help,
                    self._parameters.view,
                    self._queue,
                    margin=0,
                    styles={"flex": "1 1 210px", "min-width": "0"},
                ),
                pn.Column(self.labels.view, margin=0, styles={"flex": "1 1 210px", "min-width": "0"}),
                margin=0,
                sizing_mode="stretch_width",
                gap="12px",
            ),
            sizing_mode="stretch_both",
            margin=0,
            scroll="y-auto",
        )
        # Keep the button that starts training visible, however long the form is.
        head = pn.FlexBox(
            self._head,
            pn.Row(self._go, self._leave, margin=0),
            align_items="center",
            margin=0,
            sizing_mode="stretch_width",
        )
        self.view = pn.Column(head, form, sizing_mode="stretch_both", margin=0)

    def show(self, class_name: str) -> None:
        """Show the settings of a learner."""
        learner: LearnerConfig = self.session.state.config.learner(class_name)
        self._name, self.learner = class_name, learner
        self._models.show(learner.models)
        self._offer_strategies(learner.strategy.name)
        self._show_strategy(learner.strategy.parameters)
        self._queue.value = queue_size(learner)
        self.labels.show(learner)
        self._leave.visible = learner.started
        begin = f"Start the {self.session.state.config.shown(class_name)} learner"
        self._go.label = "Apply and retrain" if learner.started else begin
        self._go.disabled = self.session.read_only
        self._head.object = _headline(self.session, class_name, learner)

    def _start(self) -> None:
        uses_more = self.labels.uses_more
        with naming_input("Query strategy"):
            strategy = ExtensionConfig(name=self._strategy.value, parameters=self._parameters.values)
        self.session.training.start(
            self._name,
            models=self._models.models,
            strategy=strategy,
            start=self.labels.start,
            queue=self._queue.value or 1,
        )
        if uses_more:
            self.session.training.use_labels(self._name)
        self._on_done()

    def _offer_strategies(self, wanted: str | None = None) -> None:
        """Offer the strategies that suit the number of models, and keep the chosen one if it does."""
        registry = self.session.registry
        options = strategy_titles(registry, len(self._models))
        wanted = wanted or self._strategy.value
        if wanted not in registry.names("strategy"):
            options |= {f"{wanted} (not installed)": wanted}
        elif wanted not in options.values():
            wanted = "uncertainty" if len(self._models) == 1 else "vote_entropy"
        self._strategy.param.update(options=options, value=wanted)
        self._show_help()

    def _show_strategy(self, values: Any) -> None:
        self._parameters.show(self._extension(), values)
        self._show_help()

    def _extension(self) -> Extension:
        """Return the chosen strategy, or a placeholder if its plugin is not loaded."""
        name = str(self._strategy.value)
        try:
            return self.session.registry.find("strategy", name).extension
        except UnknownExtensionError:
            return Extension("strategy", name, name, "This query strategy is not installed here.")

    def _show_help(self) -> None:
        extension = self._extension()
        notes = [extension.help]
        if len(self._models) > 1:
            notes.append(_COMMITTEE)
        elif extension.option("learners") == "single":
            notes.append(_ALIKE)
        self._help.object = Markup("<br>").join(notes)


def strategy_titles(registry: Registry, n_models: int) -> dict[str, str]:
    """Return by title the strategies that differ from each other with this number of models."""
    without_effect = "committee" if n_models == 1 else "single"
    return {
        entry.extension.title: entry.extension.name
        for entry in registry.entries("strategy")
        if entry.extension.option("learners") != without_effect
    }


def _headline(session: Session, class_name: str, learner: LearnerConfig) -> Markup:
    data = session.dataset
    n = data.counts.get(class_name, 0)
    what = (
        "Your labels are kept"
        if learner.started
        else f"{n:,} sources have this catalogue label"
        if n
        else ("No source has this catalogue label, so you give the initial labels yourself")
    )
    read_only = " The project is read-only: save a copy and open it to train a learner." if session.read_only else ""
    return Markup("<b>{}</b> or not. {}.{}").format(session.state.config.shown(class_name), what, read_only)
