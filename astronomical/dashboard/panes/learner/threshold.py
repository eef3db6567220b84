"""The tab “Threshold”: completeness and purity against the threshold, and the choice of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.models import ColumnDataSource, Span
from bokeh.plotting import figure

from astronomical.config.schema import PALETTE, OperatingPointConfig
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
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.learning.operating_point import OperatingCurve, OperatingPoint
from astronomical.session import Session
from astronomical.session.evaluation.contact_sheet import SheetKind
from astronomical.session.evaluation.operating_points import RoundCurve, threshold_of

__all__ = ["ThresholdView"]

#: Thresholds at which the curves are drawn.
_DRAWN = np.linspace(0, 0.99, 100).tolist()
_CURVES = {"purity": ("Purity", PALETTE[0]), "completeness": ("Completeness", PALETTE[1])}
#: Number of sources below which a chosen threshold makes the scores of its own set clearly too good.
_FEW = 1000


class ThresholdView(ComputedView):
    """Choose the threshold above which the class of the active learner is predicted.

    Parameters
    ----------
    session
        The project shown.
    show_sheet
        Shows a list of sources in a contact sheet.

    Attributes
    ----------
    view
        The Panel object that fills the view.
    """

    def __init__(self, session: Session, show_sheet: Callable[[SheetKind], None] = lambda kind: None) -> None:
        super().__init__(session)
        self._found: RoundCurve | None = None
        #: The class whose threshold the slider shows, and the purity by which the slider was moved last.
        self._shown: str | None = None
        self._purity_used: float | None = None
        self._source = ColumnDataSource(data=_columns(None))
        self._line = Span(dimension="height", line_width=2, line_dash="dashed", line_color="#8A8F98")
        self._plot = self._figure()
        self._note = result_text()
        self._scores = result_text()
        self._slider = pmui.FloatSlider(
            label="Threshold",
            value=0.5,
            start=0,
            end=0.999,
            step=0.001,
            width=120,
            show_value=False,
            size="small",
            margin=(0, 12),
        )
        self._purity = pmui.FloatInput(
            label="Purity at least",
            value=0.95,
            start=0.01,
            end=1,
            step=0.01,
            width=115,
            size="small",
            margin=(6, 4),
            sx=PLAIN_NUMBER,
        )
        look: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": (8, 3), "align": "center"}
        self._find = pmui.Button(label="Find", **look)
        self._use = pmui.Button(
            label="Use",
            description="Use this threshold for the predictions of this class, in exports, counts and test results",
            **look,
        )
        self._reset = pmui.Button(label="Reset", **{**look, "variant": "text"})
        self._images = pmui.Button(
            label="Images", description="Show the sources nearest to the threshold in a contact sheet", **look
        )
        self._images.on_click(lambda *_: self.run_command(lambda: show_sheet("threshold")))
        self._slider.param.watch(self._on_slider, "value")
        self._find.on_click(lambda *_: self._move_to_purity())
        self._use.on_click(lambda *_: self._set())
        self._reset.on_click(lambda *_: self._set_default())
        self._controls = pn.Row(
            self._slider,
            self._purity,
            self._find,
            self._use,
            self._reset,
            self._images,
            sizing_mode="stretch_width",
            margin=0,
            styles={"flex-wrap": "wrap"},
        )
        self._body = pn.Column(
            self._controls,
            self._scores,
            chart_pane(self._plot),
            sizing_mode="stretch_both",
            margin=0,
        )
        self.view = pn.Column(self._note, self._body, sizing_mode="stretch_both", margin=0, scroll="y-auto")
        self.follow(self._show, "active", "rounds", "curves", "config", "dataset")

    def _figure(self) -> figure:
        plot = chart("Threshold", fractions="xy")
        for key, (title, colour) in _CURVES.items():
            plot.varea(
                "threshold", f"{key}_low", f"{key}_high", source=self._source, fill_color=colour, fill_alpha=0.18
            )
            line = plot.line("threshold", key, source=self._source, color=colour, line_width=2, legend_label=title)
            rows = [
                ("threshold", "@threshold{0.00}"),
                (title, f"@{key}{{0.000}} (@{key}_low{{0.000}} to @{key}_high{{0.000}})"),
            ]
            plot.add_tools(
                hover([*rows, ("pool above", "@n_pool{0,0}")], renderers=[line], visible=False, mode="vline")
            )
        plot.add_layout(self._line)
        legend_above(plot)
        return plot

    def _show(self) -> None:
        """Compute the curve of the newest round in a thread, and show it."""
        if not self._visible:
            return
        session, name = self.session, self.session.state.active
        newest = session.round(name)
        if name != self._shown:
            self._move(threshold_of(session.state.config, name or ""))
            self._shown, self._found = name, None
        if newest is None or not newest.trained:
            self._show_problem("Completeness and purity appear after the first trained round.")
            return
        if self._found is not None and self._found.key == newest.key:
            self._show_scores()
            self._show_ready()
            return

        def show(found: RoundCurve) -> None:
            self._found = found
            self._source.data = _columns(found.curve)
            self._show_scores()

        self._compute(lambda: session.evaluation.operating_curve(name), show, newest)

    def _show_problem(self, text: str) -> None:
        self._found = None
        self._note.object = paragraphs((text,))
        self._body.visible = False
        self._show_ready()

    def _show_scores(self) -> None:
        found = self._found
        if found is None:
            return
        self._body.visible = True
        current = threshold_of(self.session.state.config, found.class_name)
        learner = self.session.state.config.learner(found.class_name)
        self._note.object = _note(
            found,
            self.session.state.config.shown(found.class_name),
            learner.operating_point if learner is not None else None,
        ) + paragraphs(population_of(self.session))
        chosen = float(self._slider.value)
        rows = [("In use", current), *([("Slider", chosen)] if chosen != current else [])]
        self._scores.object = _table([(title, found.curve.at(value)) for title, value in rows])
        self._line.location = chosen
        self._use.disabled = chosen == current
        self._reset.visible = learner is not None and learner.operating_point is not None

    def _on_slider(self, event: Any) -> None:
        self._purity_used = None
        self._show_scores()

    def _move(self, threshold: float) -> None:
        self._slider.value = threshold
        self._purity_used = None

    def _move_to_purity(self) -> None:
        found, purity = self._found, self._purity.value
        if found is None or purity is None:
            return
        threshold = self.run_command(lambda: found.curve.for_purity(purity))
        if threshold is not None:
            self._move(threshold)
            self._purity_used = purity
        elif 0 < purity <= 1:
            self.session.notify(
                f"No threshold gives a purity of {purity:g} or more in the {found.known.title}.", "warning"
            )

    def _set(self) -> None:
        name, purity, value = self.session.state.active, self._purity_used, float(self._slider.value)
        how = {"purity": purity} if purity is not None else {"threshold": value}
        self.run_command(lambda: self.session.evaluation.set_threshold(name, **how))

    def _set_default(self) -> None:
        self.run_command(lambda: self.session.evaluation.set_threshold(self.session.state.active))
        self._move(threshold_of(self.session.state.config, self.session.state.active))


def _columns(curve: OperatingCurve | None) -> dict[str, list[float]]:
    """Return the columns of the plot. Undefined scores are NaN, which leaves a gap."""
    points = [curve.at(value) for value in _DRAWN] if curve is not None else []
    nothing = (float("nan"), float("nan"))
    columns: dict[str, list[float]] = {"threshold": _DRAWN[: len(points)], "n_pool": [point.n_pool for point in points]}
    for key, score in (("purity", "precision"), ("completeness", "recall")):
        bounds = [getattr(point, key) or nothing for point in points]
        values = [getattr(point.scores, score) for point in points]
        columns[key] = [nothing[0] if value is None else value for value in values]
        columns[f"{key}_low"], columns[f"{key}_high"] = [low for low, _ in bounds], [high for _, high in bounds]
    return columns


def _note(found: RoundCurve, shown: str, point: OperatingPointConfig | None) -> Markup:
    n_own, n_rest = found.known.n_sides
    text = f"{found.known.title.capitalize()}: {n_own:,} {shown}, {n_rest:,} others; 95 % bands."
    chosen = ""
    if point is not None and point.k is not None:
        least = f" for a purity of at least {point.purity:g}" if point.purity is not None else ""
        chosen = f" Threshold chosen in round {point.k}{least}, so scores here are too good: report the test set."
    tip = (
        "A threshold that is chosen in a set makes the scores of this set too good"
        + (": F1 by up to 0.1 with so few sources" if n_own + n_rest < _FEW else "")
        + ". Test results use the threshold too, and the test set had no part in the choice."
    )
    return Markup("<p title='{}'>{}{}</p>").format(tip, text, chosen)


def _table(rows: list[tuple[str, OperatingPoint]]) -> Markup:
    head = Markup("<tr><td></td><th>Purity</th><th>Completeness</th><th>F1</th><th>Pool above</th></tr>")
    cells = Markup("<tr><td>{} {:g}</td><td>{}</td><td>{}</td><td>{}</td><td>{:,}</td></tr>")
    lines = Markup("").join(
        cells.format(
            title,
            point.threshold,
            _percent(point.scores.precision, point.purity),
            _percent(point.scores.recall, point.completeness),
            _percent(point.scores.f1, None),
            point.n_pool,
        )
        for title, point in rows
    )
    return Markup("<table>{}{}</table>").format(head, lines)


def _percent(value: float | None, bounds: tuple[float, float] | None) -> str:
    if value is None:
        return "n/a"
    interval = f" ({100 * bounds[0]:.1f} to {100 * bounds[1]:.1f})" if bounds is not None else ""
    return f"{100 * value:.1f} %{interval}"
