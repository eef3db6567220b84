"""The tab “Calibration”: how reliable the probabilities of the active learner are, before and after calibration."""

from __future__ import annotations

from typing import Any

import panel as pn
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from astronomical.config.schema import PALETTE
from astronomical.dashboard.panes.learner.computed_view import ComputedView
from astronomical.dashboard.panes.learner.result_parts import (
    chart,
    chart_pane,
    legend_above,
    paragraphs,
    population_of,
    result_text,
)
from astronomical.dashboard.ui.safe_text import Markup, hover
from astronomical.learning.calibration import ReliabilityBin
from astronomical.learning.class_sets import LEVEL
from astronomical.session import Session
from astronomical.session.evaluation.calibrations import CalibrationReport

__all__ = ["CalibrationView"]

_SERIES = {"before": ("Model", PALETTE[1]), "after": ("Calibrated", PALETTE[0])}


class CalibrationView(ComputedView):
    """Reliability diagram of the newest round of the active learner.

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
        self._sources = {key: ColumnDataSource(data=_columns(())) for key in _SERIES}
        self._note = result_text()
        self._frame = pn.Column(chart_pane(self._figure()), sizing_mode="stretch_both", margin=0)
        self.view = pn.Column(self._note, self._frame, sizing_mode="stretch_both", margin=0)
        self.follow(self._show, "active", "rounds", "dataset")

    def _figure(self) -> figure:
        plot = chart("Mean probability", "Fraction of the class", fractions="xy")
        plot.line([0, 1], [0, 1], color="#8A8F98", line_dash="dashed")
        for key, (title, colour) in _SERIES.items():
            source = self._sources[key]
            plot.segment("mean", "low", "mean", "high", source=source, color=colour, line_width=1.5)
            points = plot.scatter("mean", "fraction", source=source, color=colour, size=7, legend_label=title)
            rows = [
                (title, "@mean{0.000}"),
                ("fraction of the class", "@fraction{0.000} (@low{0.000} to @high{0.000})"),
                ("sources", "@n{0,0}"),
            ]
            plot.add_tools(hover(rows, renderers=[points], visible=False))
        plot.legend.click_policy = "hide"
        legend_above(plot)
        return plot

    def _show(self) -> None:
        """Calibrate the newest round in a thread, and show the result."""
        if not self._visible:
            return
        session, name = self.session, self.session.state.active
        newest = session.round(name)
        if newest is None or not newest.trained:
            self._show_problem("The calibration appears after the first trained round.")
            return

        def show(found: CalibrationReport) -> None:
            for key, source in self._sources.items():
                source.data = _columns(getattr(found, key))
            note = _note(found, session.state.config.shown(found.class_name))
            self._note.object = note + paragraphs(population_of(session))
            self._frame.visible = True

        self._compute(lambda: session.evaluation.calibration(name), show, newest)

    def _show_problem(self, text: str) -> None:
        self._note.object = paragraphs((text,))
        self._frame.visible = False
        self._show_ready()


def _columns(bins: tuple[ReliabilityBin, ...]) -> dict[str, list[Any]]:
    return {
        "mean": [item.mean for item in bins],
        "fraction": [item.fraction for item in bins],
        "low": [item.interval[0] for item in bins],
        "high": [item.interval[1] for item in bins],
        "n": [item.n for item in bins],
    }


def _note(found: CalibrationReport, shown: str) -> Markup:
    method = {"sigmoid": "Sigmoid (Platt)", "isotonic": "Isotonic regression"}[found.calibration.method]
    return Markup(
        "<p>Expected calibration error: model <b>{:.3f}</b>, calibrated <b>{:.3f}</b> (cross-fitted). {} on the {}: "
        "{:,} {}, {:,} others; bars are 95 % intervals.</p><p>Exports have p_{} and p_{}_cal. Queries and scores use "
        "the probabilities of the model.</p><p>"
        "Possibly {} from p = {:.2f} on, possibly another class up to p = {:.2f}, "
        "true for {:.0%} of the sources of each side.</p>"
    ).format(
        found.error_before,
        found.error_after,
        method,
        found.known.title,
        found.calibration.n_positive,
        shown,
        found.calibration.n_negative,
        found.class_name,
        found.class_name,
        shown,
        *found.calibration.limits,
        LEVEL,
    )
