"""Scores by number of labels, and confusion matrices."""

from __future__ import annotations

import math
from html import escape

import panel as pn
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.plotting import figure

from astronomical.config.schema import PALETTE, RoundResultConfig
from astronomical.dashboard.panes.plot_look import save_room
from astronomical.dashboard.panes.standing import missing_from_validation, why_no_model
from astronomical.dashboard.view import View
from astronomical.labels.views import CATALOGUE
from astronomical.learning.metrics import SetScores
from astronomical.session.session import Session

__all__ = ["MATRIX_STYLE", "MatricesView", "ScoresView", "matrix_html"]

_SCORES = ("accuracy", "precision", "recall", "f1")
_TITLES = {"accuracy": "Accuracy", "precision": "Precision", "recall": "Recall", "f1": "F1"}
_SETS = {"validation": "solid", "training": "dashed"}


class ScoresView(View):
    """All scores of training and validation set by number of labels, for the active learner."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._source = ColumnDataSource(data=_columns(()))
        self._note = pn.pane.HTML(margin=(2, 8, 0, 8), sizing_mode="stretch_width", styles={"font-size": "12px"})
        self._plot = self._figure()
        #: The learner whose scores are shown, and the limits of the axes that were last set here.
        self._fitted: tuple[str | None, tuple[float, ...]] = (None, ())
        self.view = pn.Column(self._note, pn.pane.Bokeh(self._plot, sizing_mode="stretch_both", margin=0),
                              sizing_mode="stretch_both", margin=0)
        self.follow(self._show, "active", "curves", "ledger")
        self._show()

    def _figure(self) -> figure:
        # Not ranges of Bokeh's that follow the data: one that has been off the page also shows what was there before.
        plot = figure(sizing_mode="stretch_both", x_axis_label="Number of labels", y_axis_label="Score",
                      x_range=Range1d(), y_range=Range1d(),
                      tools="pan,wheel_zoom,box_zoom,reset,save", min_height=120, min_border=4)
        plot.xaxis.ticker.min_interval = 1
        save_room(plot)
        for colour, score in zip(PALETTE, _SCORES, strict=False):
            for part, dash in _SETS.items():
                key = f"{part}_{score}"
                line = plot.line("k", key, source=self._source, color=colour, line_width=2, line_dash=dash,
                                 legend_label=_TITLES[score])
                plot.scatter("k", key, source=self._source, color=colour, size=4,
                             legend_label=_TITLES[score])
                plot.add_tools(HoverTool(renderers=[line], visible=False, tooltips=[
                    ("labels", "@k"), (f"{_TITLES[score]}, {part}", f"@{key}{{0.0000}}")]))
        plot.legend.click_policy = "hide"
        plot.legend.orientation = "horizontal"
        plot.legend.border_line_color = None
        plot.legend.margin = plot.legend.padding = 0
        plot.add_layout(plot.legend[0], "above")
        return plot

    def _show(self) -> None:
        name = self.session.state.active
        curve = self.session.state.curves.get(name)
        rounds = tuple(item for item in curve.rounds if item.validation or item.training) if curve is not None else ()
        columns = _columns(rounds)
        self._source.data = columns
        self._fit_axes(name, columns)
        self._plot.visible = bool(rounds)  # no empty frame before the first round
        members = self.session.ledger.membership(name).members if name is not None else ()
        n_catalogue = sum(member.who == CATALOGUE for member in members)
        if not rounds:
            self._note.object = "Scores appear with the first trained round."
            return
        self._note.object = ("Agreement with catalogue labels: validation set solid, training set dashed. "
                             f"{n_catalogue} of the {len(members)} labels trained on are the catalogue's.")

    def _fit_axes(self, name: str | None, columns: dict[str, list[float]]) -> None:
        """Let the axes take in all scores, unless somebody has zoomed into those of this learner."""
        known, limits = self._fitted
        ranges = (self._plot.x_range, self._plot.y_range)
        if not columns["k"] or (name == known and limits != tuple(end for r in ranges for end in (r.start, r.end))):
            return
        scores = [value for key, values in columns.items() if key != "k" for value in values]
        self._fitted = name, (*_padded(columns["k"], 0.5), *_padded(scores, 0.01))
        x_start, x_end, y_start, y_end = self._fitted[1]
        self._plot.x_range.update(start=x_start, end=x_end, reset_start=x_start, reset_end=x_end)
        self._plot.y_range.update(start=y_start, end=y_end, reset_start=y_start, reset_end=y_end)


class MatricesView(View):
    """2x2 confusion matrices and scores of training and validation set, for the newest round."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._html = pn.pane.HTML(margin=(4, 4, 4, 10), sizing_mode="stretch_both", stylesheets=[MATRIX_STYLE],
                                  styles={"overflow": "auto"})
        self.view: pn.viewable.Viewable = self._html
        self.follow(self._show, "active", "rounds")
        self._show()

    def _show(self) -> None:
        name = self.session.state.active
        newest = self.session.state.rounds.get(name)
        if newest is None or not newest.trained:
            why = escape(why_no_model(self.session, name))
            self._html.object = f"<p>Scores appear with the first trained round. {why}</p>"
            return
        parts = [matrix_html("Training set", newest.training, name),
                 matrix_html("Validation set", newest.validation, name)]
        lack = escape(missing_from_validation(newest, name))
        self._html.object = f"{f'<p class=lack>{lack}</p>' if lack else ''}<div class=sets>{''.join(parts)}</div>"


def _columns(rounds: tuple[RoundResultConfig, ...]) -> dict[str, list[float]]:
    """Return the columns of the score plot; an undefined score leaves a gap."""
    columns: dict[str, list[float]] = {"k": [item.k for item in rounds]}
    for part in _SETS:
        for score in _SCORES:
            found = [getattr(getattr(item, part), score, None) for item in rounds]
            columns[f"{part}_{score}"] = [float("nan") if value is None else value for value in found]
    return columns


def _padded(values: list[float], least: float) -> tuple[float, float]:
    """Return limits around values, NaN left out, with at least so much room on both sides."""
    there = [value for value in values if not math.isnan(value)]
    low, high = min(there, default=0.0), max(there, default=1.0)
    room = max(0.05 * (high - low), least)
    return low - room, high + room


def matrix_html(title: str, scores: SetScores | None, class_name: str,
                truth: str = "agreement with catalogue labels") -> str:
    """Return the confusion matrix and the scores of a set, `truth` saying against what."""
    if scores is None or scores.n == 0:
        return f"<section><h4>{title}</h4><p>n/a: no source of this set has a catalogue label.</p></section>"
    name = escape(class_name)
    rows = "".join(f"<tr><th>{_TITLES[key]}</th><td>{_percent(getattr(scores, key))}</td></tr>" for key in _SCORES)
    return f"""<section><h4>{title}</h4><p>{scores.n:,} sources, {escape(truth)}</p>
    <table class=matrix><tr><th></th><th>predicted<br>{name}</th><th>predicted<br>rest</th></tr>
    <tr><th>truly {name}</th><td class=good>{scores.tp:,}</td><td class=bad>{scores.fn:,}</td></tr>
    <tr><th>truly rest</th><td class=bad>{scores.fp:,}</td><td class=good>{scores.tn:,}</td></tr></table>
    <table class=scores>{rows}
    <tr><th>Prevalence</th><td>{_percent(scores.prevalence)}</td></tr>
    <tr><th title="accuracy of always answering with the larger side">Majority answer</th>
    <td>{_percent(scores.majority)}</td></tr></table></section>"""


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.2f} %"


MATRIX_STYLE = """
.lack { font-size: 12.5px; margin: 0 0 6px; padding: 5px 8px; border-radius: 4px;
        background: var(--mui-palette-action-hover, #0001);
        border-left: 3px solid var(--mui-palette-warning-main, #ed6c02); }
.sets { display: flex; flex-wrap: wrap; gap: 8px 20px; font-size: 12.5px; line-height: 1.35; }
.sets section { flex: 0 1 220px; min-width: 200px; }
section h4 { margin: 2px 0; } section p { margin: 0 0 4px; opacity: 0.75; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-bottom: 5px; }
th { font-weight: 400; text-align: left; padding: 2px 8px 2px 0; }
td { text-align: right; padding: 2px 8px; }
.scores th, .scores td { padding-top: 1px; padding-bottom: 1px; }
.matrix td { border: 1px solid var(--mui-palette-divider, #0002); min-width: 58px; padding: 3px 8px; font-weight: 600; }
.matrix .good { background: color-mix(in srgb, #009E73 18%, transparent); }
.matrix .bad { background: color-mix(in srgb, #D55E00 18%, transparent); }
"""
