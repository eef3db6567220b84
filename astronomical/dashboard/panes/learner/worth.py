"""The tab “Worth it”: the labels of the active learner compared with random ones."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.models import ColumnDataSource

from astronomical.config.schema import PALETTE
from astronomical.dashboard.panes.learner.result_parts import chart, chart_pane, legend_above
from astronomical.dashboard.panes.learner.study_view import StudyView
from astronomical.dashboard.ui.safe_text import hover
from astronomical.learning.trials import SCORES
from astronomical.learning.worth import LEAST_SEEDS, curve_points
from astronomical.session import Session
from astronomical.session.evaluation.worth import WorthReport, worth_lines

__all__ = ["WorthView"]

_COLUMNS = ("n", "own", "random", "low", "high")


class WorthView(StudyView):
    """Learning curves of the active learner with its labels and with random ones.

    Parameters
    ----------
    session
        The project shown.
    """

    kind = "worth"
    label = "Compare with random labels"
    intro = (
        f"Was it worth it? The learner is trained again on its own labels and on {LEAST_SEEDS} random draws of as many "
        "sources with catalogue labels; both are scored on the validation set."
    )

    def __init__(self, session: Session) -> None:
        options = {title: name for name, title in SCORES.items()}
        self._score = pmui.Select(
            label="Score", options=options, value="average_precision", width=160, size="small", margin=(6, 8)
        )
        super().__init__(session)
        self._score.param.watch(lambda *_: self._show(), "value")

    def _more(self) -> tuple[Any, ...]:
        return (self._score,)

    def _content(self) -> pn.viewable.Viewable:
        self._source = ColumnDataSource(data={name: [] for name in _COLUMNS})
        plot = chart("Number of labels", fractions="y")
        self._plot = plot
        plot.varea("n", "low", "high", source=self._source, fill_color=PALETTE[1], fill_alpha=0.18)
        rows = [
            ("labels", "@n"),
            ("your labels", "@own{0.000}"),
            ("random", "@random{0.000} (@low{0.000} to @high{0.000})"),
        ]
        for name, title, colour in (("own", "Your labels", PALETTE[0]), ("random", "Random labels", PALETTE[1])):
            line = plot.line("n", name, source=self._source, color=colour, line_width=2, legend_label=title)
            plot.scatter("n", name, source=self._source, color=colour, size=5)
            plot.add_tools(hover(rows, renderers=[line], visible=False, mode="vline"))
        legend_above(plot)
        return pn.Column(chart_pane(plot), sizing_mode="stretch_both", margin=0)

    def _show_result(self, found: WorthReport) -> tuple[str, ...]:
        score = self._score.value
        points = list(curve_points(found.worth, score))
        self._source.data = {name: [point[i] for point in points] for i, name in enumerate(_COLUMNS)}
        values = [value for point in points for value in point[1:]]
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        room = max(0.05 * (high - low), 0.01)
        self._plot.y_range.start, self._plot.y_range.end = low - room, high + room
        self._plot.yaxis.axis_label = SCORES[score]
        return worth_lines(found, score, self.session.state.config.shown(found.class_name))
