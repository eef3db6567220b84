"""The tab “Models”: every model on the labels of the active learner, and the choice of one."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import ExtensionConfig
from astronomical.dashboard.panes.learner.result_parts import result_text
from astronomical.dashboard.panes.learner.study_view import StudyView
from astronomical.dashboard.ui.safe_text import Markup
from astronomical.learning.trials import SCORES
from astronomical.session import Session
from astronomical.session.evaluation.model_comparison import (
    ModelComparison,
    comparison_lines,
    comparison_rows,
    sorted_models,
)

__all__ = ["ModelsView"]


class ModelsView(StudyView):
    """Scores of every model on the labels of the active learner, and a button that uses one of them.

    Parameters
    ----------
    session
        The project shown.
    """

    kind = "models"
    label = "Compare all models"
    intro = (
        "Would another model do better? Every model is trained on the labels of the learner and scored on the "
        "validation set. Nothing changes unless you choose one."
    )

    def __init__(self, session: Session) -> None:
        options = {title: name for name, title in SCORES.items()}
        self._score = pmui.Select(
            label="Score", options=options, value="average_precision", width=160, size="small", margin=(6, 8)
        )
        self._choice = pmui.Select(label="Model", options={}, width=190, size="small", margin=(6, 8))
        self._use = pmui.Button(
            label="Use this model",
            description="Use this model: train the learner again with it and its default parameters",
            variant="outlined",
            size="small",
            margin=(6, 6),
            align="center",
        )
        super().__init__(session)
        self._score.param.watch(lambda *_: self._show(), "value")
        self._use.on_click(lambda *_: self.run_command(self._use_model))

    def _more(self) -> tuple[Any, ...]:
        return self._score, self._choice, self._use

    def _content(self) -> pn.viewable.Viewable:
        self._table = result_text()
        return self._table

    def _show_result(self, found: ModelComparison) -> tuple[str, ...]:
        score = self._score.value
        head = Markup("<tr><th></th><th>{}</th><th>Difference (95 %)</th></tr>").format(SCORES[score])
        rows = Markup("").join(
            Markup("<tr><td>{}</td><td>{}</td><td>{}</td></tr>").format(*row) for row in comparison_rows(found, score)
        )
        self._table.object = Markup("<table>{}{}</table>").format(head, rows)
        options = {model.title: model.name for model in sorted_models(found, score) if not model.problem}
        if self._choice.options != options:
            chosen = (
                self._choice.value if self._choice.value in options.values() else next(iter(options.values()), None)
            )
            self._choice.param.update(options=options, value=chosen)
        return comparison_lines(found, score, self.session.state.config.shown(found.class_name))

    def _use_model(self) -> None:
        if self._choice.value is not None:
            self.session.training.start(self._class_name, models=[ExtensionConfig(name=self._choice.value)])
