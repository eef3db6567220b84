"""The tab “Finds”: found sources of the class by number of labels, and whether a target recall is reached."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from astronomical.config.schema import PALETTE
from astronomical.dashboard.panes.learner.computed_view import ComputedView
from astronomical.dashboard.panes.learner.result_parts import chart, chart_pane, paragraphs, population_of, result_text
from astronomical.dashboard.ui.safe_text import hover
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.errors import InvalidInputError
from astronomical.session import Session
from astronomical.session.evaluation.finds import TARGET, FindsReport, finds_lines

__all__ = ["FindsView"]


class FindsView(ComputedView):
    """Chart of the finds of the active learner, with the advice when all are found.

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
        self._found = ColumnDataSource(data={"labels": [], "found": []})
        self._text = result_text()
        self._target = pmui.FloatInput(
            label="Target, %",
            value=100 * TARGET,
            start=1,
            end=99.9,
            step=1,
            width=110,
            size="small",
            margin=(6, 8),
            sx=PLAIN_NUMBER,
        )
        self._ask = pmui.Button(
            label="Select another model's top 20",
            variant="outlined",
            size="small",
            margin=(8, 4),
            align="center",
            description="Train another model on the same labels, and select the sources that it finds most likely.",
        )
        self._target.param.watch(lambda *_: self._show(), "value")
        self._ask.on_click(lambda *_: self._ask_another())
        controls = pn.Row(self._target, self._ask, sizing_mode="stretch_width", margin=0)
        self._frame = pn.Column(chart_pane(self._figure()), sizing_mode="stretch_both", margin=0)
        self.view = pn.Column(self._text, controls, self._frame, sizing_mode="stretch_both", margin=0, scroll="y-auto")
        self.follow(self._show, "active", "rounds", "ledger", "dataset")

    def _figure(self) -> figure:
        plot = chart("Labels", "Found")
        line = plot.step("labels", "found", source=self._found, color=PALETTE[0], line_width=2, mode="after")
        rows = [("labels", "@labels{0,0}"), ("found", "@found{0,0}")]
        plot.add_tools(hover(rows, renderers=[line], visible=False, mode="vline"))
        return plot

    def _show(self) -> None:
        """Count the finds in a thread, and show the result."""
        if not self._visible:
            return
        session, name, target = self.session, self.session.state.active, (self._target.value or 0) / 100
        newest = session.round(name)
        if name is None or newest is None:
            self._show_problem("The finds appear after the first labels.")
            return

        def show(found: FindsReport) -> None:
            self._found.data = {"labels": list(range(1, len(found.found) + 1)), "found": found.found.tolist()}
            lines = finds_lines(found, session.state.config.shown(name))
            self._text.object = paragraphs((*lines, *population_of(session)))
            self._frame.visible = self._ask.visible = True

        self._compute(lambda: session.evaluation.finds(name, target), show, newest)

    def _show_problem(self, text: str) -> None:
        self._text.object = paragraphs((text,))
        self._frame.visible = self._ask.visible = False
        self._show_ready()

    def _ask_another(self) -> None:
        name = self.session.state.active
        if name is None:
            return

        def work() -> tuple[str, ...] | InvalidInputError:
            try:
                return self.session.evaluation.second_opinion(name)
            except InvalidInputError as error:
                return error

        self._ask.disabled = True
        self.run_in_thread(work, self._select)

    def _select(self, found: tuple[str, ...] | InvalidInputError) -> None:
        self._ask.disabled = False
        if isinstance(found, InvalidInputError):
            self.report(found)
        else:
            self.session.select(found)
