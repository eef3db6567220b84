"""Setting up a learner: its model, its query strategy, and where it starts."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import ExtensionConfig, LearnerConfig, StartConfig
from astronomical.dashboard.view import View
from astronomical.extend import Parameter
from astronomical.session.session import Session

__all__ = ["SetupView"]

_RANDOM, _LABEL = "Drawn at random from catalogue labels", "I label them: diverse sources, no catalogue label needed"
_BINARY = ("Uncertainty, margin and entropy rank sources identically for a learner of two sides, as this one is: "
           "the class against the rest.")


class SetupView(View):
    """A form for one learner at a time.

    Parameters
    ----------
    session
        The project shown.
    on_done
        Called after a learner was started or changed.
    """

    def __init__(self, session: Session, on_done: Callable[[], None]) -> None:
        super().__init__(session)
        self._on_done = on_done
        self._name = ""
        self._model = pmui.Select(label="Model", options=_titles(session, "model"), size="small")
        self._parameters = pn.Column(margin=0, sizing_mode="stretch_width")
        self._inputs: dict[str, Any] = {}
        self._strategy = pmui.Select(label="Query strategy", options=_titles(session, "strategy"), size="small")
        self._help = pn.pane.HTML(margin=(0, 10), sizing_mode="stretch_width", styles={"font-size": "12px"})
        self._mode = pmui.RadioBoxGroup(label="Starting points", options={_RANDOM: "random", _LABEL: "label"})
        self._n_start = pmui.IntInput(label="Number of starting points", value=5, start=2, end=1000, size="small",
                                      width=190)
        self._go = pmui.Button(label="Start training", color="primary", variant="contained")
        self._head = pn.pane.HTML(margin=(4, 10), sizing_mode="stretch_width")
        self._model.param.watch(lambda *_: self._show_parameters({}), "value")
        self._strategy.param.watch(lambda *_: self._show_help(), "value")
        self._go.on_click(lambda *_: self.attempt(self._start))
        self._start_box = pn.Column(self._mode, self._n_start, margin=0)
        self.view = pn.Column(
            self._head,
            pn.FlexBox(
                pn.Column(self._model, self._parameters, margin=0, styles={"flex": "1 1 230px"}),
                pn.Column(self._strategy, self._help, margin=0, styles={"flex": "1 1 230px"}),
                pn.Column(self._start_box, self._go, margin=0, styles={"flex": "1 1 250px"}),
                margin=0, sizing_mode="stretch_width", gap="8px",
            ),
            sizing_mode="stretch_both", margin=0, scroll=True,
        )

    def show(self, class_name: str) -> None:
        """Show the settings of a learner."""
        learner: LearnerConfig = self.session.state.config.learner(class_name)
        self._name = class_name
        self._model.value = learner.models[0].name
        self._show_parameters(learner.models[0].parameters)
        self._strategy.value = learner.strategy.name
        self._show_help()
        self._mode.value, self._n_start.value = learner.start.mode, learner.start.n
        self._start_box.visible = not learner.started
        begin = f"Start the {class_name} learner"
        self._go.label = "Apply: retrain with the labels so far" if learner.started else begin
        self._head.object = _headline(self.session, class_name, learner)

    def _start(self) -> None:
        mode: Any = self._mode.value
        self.session.start_training(
            self._name,
            models=[ExtensionConfig(name=self._model.value, parameters=self._given())],
            strategy=ExtensionConfig(name=self._strategy.value),
            start=StartConfig(mode=mode, n=self._n_start.value or 5),
        )
        self._on_done()

    def _given(self) -> dict[str, Any]:
        """Return the parameters that differ from their defaults."""
        known = {p.name: p for p in self.session.registry.find("model", self._model.value).extension.parameters}
        return {name: widget.value for name, widget in self._inputs.items()
                if widget.value is not None and widget.value != known[name].default}

    def _show_parameters(self, values: Any) -> None:
        extension = self.session.registry.find("model", self._model.value).extension
        self._inputs = {p.name: _widget(p, values.get(p.name, p.default)) for p in extension.parameters}
        self._parameters.objects = list(self._inputs.values())

    def _show_help(self) -> None:
        extension = self.session.registry.find("strategy", self._strategy.value).extension
        same = f"<br>{_BINARY}" if extension.name in ("uncertainty", "margin", "entropy") else ""
        self._help.object = f"{extension.help}{same}"


def _titles(session: Session, kind: Any) -> dict[str, str]:
    return {entry.extension.title: entry.extension.name for entry in session.registry.entries(kind)
            if entry.extension.option("learners") != "committee"}


def _headline(session: Session, class_name: str, learner: LearnerConfig) -> str:
    data = session.dataset
    n = data.counts.get(class_name, 0)
    what = "Its labels are kept" if learner.started else f"{n:,} sources have this catalogue label" if n else (
        "No source has this catalogue label: label the starting points yourself")
    return f"<b>{escape(class_name)}</b> against the rest. {what}."


def _widget(parameter: Parameter, value: Any) -> Any:
    """Return the widget of a parameter."""
    common = {"label": parameter.name.replace("_", " "), "value": value, "size": "small",
              "description": parameter.help}
    if parameter.choices is not None:
        return pmui.Select(options=list(parameter.choices), **common)
    low, high = parameter.bounds or (None, None)
    if isinstance(parameter.default, bool):
        return pmui.Switch(label=common["label"], value=value)
    if isinstance(parameter.default, int):
        return pmui.IntInput(start=low, end=high, **common)
    if isinstance(parameter.default, float):
        return pmui.FloatInput(start=low, end=high, **common)
    return pmui.TextInput(**common)
