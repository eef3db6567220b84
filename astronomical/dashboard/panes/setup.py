"""Setting up a learner: its models, its query strategy, how it asks, and where it starts."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import ExtensionConfig, LearnerConfig, StartConfig
from astronomical.dashboard.panes.model_rows import ModelRows
from astronomical.dashboard.parameters import ParameterBox
from astronomical.dashboard.view import View
from astronomical.extend import Extension
from astronomical.plugins.registry import Registry, UnknownExtensionError
from astronomical.session.queues import queue_size
from astronomical.session.session import Session

__all__ = ["SetupView"]

_RANDOM, _LABEL = "Drawn at random from catalogue labels", "I label them: diverse sources, no catalogue label needed"
_ALIKE = ("Uncertainty, margin and entropy rank sources identically for a learner of two sides, as this one is: "
          "the class against the rest.")
_COMMITTEE = ("The members learn from the same labels. The side with the larger mean probability is predicted. "
              "Uncertainty, margin and entropy of the mean would rank as consensus entropy does, and are not offered.")


class SetupView(View):
    """A form for one learner at a time.

    Parameters
    ----------
    session
        The project shown.
    on_done
        Called after a learner was started or changed, or left as it is.

    Attributes
    ----------
    learner
        What the form was last filled in from.
    """

    def __init__(self, session: Session, on_done: Callable[[], None]) -> None:
        super().__init__(session)
        self._on_done = on_done
        self._name = ""
        self.learner: LearnerConfig | None = None
        self._strategy = pmui.Select(label="Query strategy", size="small", margin=(6, 4), sizing_mode="stretch_width")
        self._parameters = ParameterBox()
        self._help = pn.pane.HTML(margin=(0, 8), sizing_mode="stretch_width", styles={"font-size": "12px"})
        self._models = ModelRows(session, self._offer_strategies)
        self._queue = pmui.IntInput(
            label="Sources at a time", value=1, start=1, end=200, size="small", width=190, margin=(6, 4),
            description="1: trained after every label. More: a queue is worked through, then the learner is trained; "
                        "the strategy Diverse batch keeps its sources apart")
        self._mode = pmui.RadioBoxGroup(label="Starting points", options={_RANDOM: "random", _LABEL: "label"})
        self._n_start = pmui.IntInput(label="Number of starting points", value=5, start=2, end=1000, size="small",
                                      width=190, margin=(6, 4))
        self._go = pmui.Button(label="Start training", color="primary", variant="contained", margin=(8, 4))
        self._leave = pmui.Button(label="Leave as it is", variant="text", margin=(8, 4))
        self._head = pn.pane.HTML(margin=(4, 10), sizing_mode="stretch_width")
        self._strategy.param.watch(lambda *_: self._show_strategy({}), "value")
        self._go.on_click(lambda *_: self.attempt(self._start))
        self._leave.on_click(lambda *_: self._on_done())
        self.follow(self._models.show_obstacles, "obstacles", "config")
        self._start_box = pn.Column(self._mode, self._n_start, margin=0)
        form = pn.Column(
            pn.FlexBox(
                pn.Column(self._models.view, margin=0, styles={"flex": "1 1 250px", "min-width": "0"}),
                pn.Column(self._strategy, self._help, self._parameters.view, self._queue, margin=0,
                          styles={"flex": "1 1 210px", "min-width": "0"}),
                pn.Column(self._start_box, margin=0, styles={"flex": "1 1 210px", "min-width": "0"}),
                margin=0, sizing_mode="stretch_width", gap="12px",
            ),
            sizing_mode="stretch_both", margin=0, scroll="y-auto",
        )
        # What begins the training is in sight whatever the form holds.
        self.view = pn.Column(self._head, form, pn.Row(self._go, self._leave, margin=0), sizing_mode="stretch_both",
                              margin=0)

    def show(self, class_name: str) -> None:
        """Show the settings of a learner."""
        learner: LearnerConfig = self.session.state.config.learner(class_name)
        self._name, self.learner = class_name, learner
        self._models.show(learner.models)
        self._offer_strategies(learner.strategy.name)
        self._show_strategy(learner.strategy.parameters)
        self._queue.value = queue_size(learner)
        self._mode.value, self._n_start.value = learner.start.mode, learner.start.n
        self._start_box.visible = not learner.started
        self._leave.visible = learner.started
        begin = f"Start the {class_name} learner"
        self._go.label = "Apply: retrain with the labels so far" if learner.started else begin
        self._head.object = _headline(self.session, class_name, learner)

    def _start(self) -> None:
        mode: Any = self._mode.value
        self.session.start_training(
            self._name,
            models=self._models.models,
            strategy=ExtensionConfig(name=self._strategy.value, parameters=self._parameters.values),
            start=StartConfig(mode=mode, n=self._n_start.value or 5),
            queue=self._queue.value or 1,
        )
        self._on_done()

    def _offer_strategies(self, wanted: str | None = None) -> None:
        """Offer the strategies that have an effect with so many models, and keep the one chosen if it has."""
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
        """Return what is known of the strategy chosen; nearly nothing, if its plugin is not loaded."""
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
        self._help.object = "<br>".join(notes)


def strategy_titles(registry: Registry, n_models: int) -> dict[str, str]:
    """Return by title the strategies that have an effect of their own with a number of models."""
    without_effect = "committee" if n_models == 1 else "single"
    return {entry.extension.title: entry.extension.name for entry in registry.entries("strategy")
            if entry.extension.option("learners") != without_effect}


def _headline(session: Session, class_name: str, learner: LearnerConfig) -> str:
    data = session.dataset
    n = data.counts.get(class_name, 0)
    what = "Its labels are kept" if learner.started else f"{n:,} sources have this catalogue label" if n else (
        "No source has this catalogue label: label the starting points yourself")
    return f"<b>{escape(class_name)}</b> against the rest. {what}."
