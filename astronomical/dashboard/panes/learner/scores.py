"""Scores by number of labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import panel as pn
from bokeh.models import CDSView, ColumnDataSource, Line, Range1d, Scatter
from bokeh.plotting import figure

from astronomical.config.schema import RoundResultConfig, ScoresConfig
from astronomical.dashboard.panes.learner.low_pane import LOW_TEXT_STYLE
from astronomical.dashboard.panes.learner.matrices import MATRIX_STYLE, warnings_html
from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.dashboard.panes.plot.plot_style import save_room
from astronomical.dashboard.ui.formatting import FEW, proportion_text
from astronomical.dashboard.ui.safe_text import Html, Markup, hover
from astronomical.learning.guesses import Guesses
from astronomical.learning.intervals import wilson_interval
from astronomical.session import Session
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.population import scope_text

__all__ = ["ScoresView"]

_SCORES = ("accuracy", "precision", "recall", "f1")
#: Colour and marker of each score: neutral tones, because other colours are those of classes.
_STYLES = (("#6C7883", "circle"), ("#94A0AB", "square"), ("#6C7883", "triangle"), ("#94A0AB", "diamond"))
_SYMBOLS = {"circle": "●", "square": "■", "triangle": "▲", "diamond": "◆"}
_TITLES = {"accuracy": "Accuracy", "precision": "Precision", "recall": "Recall", "f1": "F1"}
#: Maximum number of points of a line. More points make no visible difference.
_MOST_DRAWN = 1000
#: Maximum number of warnings above the plot of the scores.
_WARNINGS_SHOWN = 2
_SETS = {"validation": "solid", "training": "dashed"}
_BASELINE, _ALL, _LAST = "Baseline", "Right, all", "Right, last 10"
_WINDOW = 10


class ScoresView(TabView):
    """Scores by number of labels, for the active learner.

    With catalogue labels, they are those of the validation and the training set, with the interval of the accuracy and
    the baseline. Without, it is the fraction of the sources that the learner predicted right before their labels.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._source = ColumnDataSource(data=score_columns(()))
        self._guesses = ColumnDataSource(data=guess_columns(Guesses()))
        self._views = {source: CDSView() for source in (self._source, self._guesses)}
        self._note = Html(
            margin=(2, 8, 0, 8),
            sizing_mode="stretch_width",
            styles={"font-size": "12px"},
            stylesheets=[MATRIX_STYLE, LOW_TEXT_STYLE],
        )
        self._plot = self._figure()
        #: What is shown, and the axis limits that were last set here.
        self._fitted: tuple[object, tuple[float, ...]] = (None, ())
        # Not a legend of Bokeh: its text is large, and is cut off in a narrow pane.
        self._legend = Html(margin=(0, 8), sizing_mode="stretch_width", styles={"font-size": "11px"})
        self.view = pn.Column(
            self._note,
            self._legend,
            pn.pane.Bokeh(self._plot, sizing_mode="stretch_both", margin=0),
            sizing_mode="stretch_both",
            margin=0,
        )
        self.follow(self._show, "active", "curves", "ledger", "progress")
        self._show()

    def _figure(self) -> figure:
        # Do not use Bokeh's DataRange1d: after it was hidden, it includes data that were removed.
        plot = figure(
            sizing_mode="stretch_both",
            x_axis_label="Number of labels",
            y_axis_label="Score",
            x_range=Range1d(),
            y_range=Range1d(),
            tools="pan,wheel_zoom,box_zoom,reset,save",
            min_height=120,
            min_border=4,
        )
        plot.xaxis.ticker.min_interval = 1
        save_room(plot)
        plot.yaxis.ticker.desired_num_ticks = 4
        band = {"fill_color": _STYLES[0][0], "fill_alpha": 0.16}
        plot.varea("k", "low", "high", source=self._source, **band)
        for score, style in zip(_SCORES, _STYLES, strict=True):
            for part, dash in _SETS.items():
                about = f"{_TITLES[score]}, {part}"
                self._add_line(plot, self._source, f"{part}_{score}", style, about, dash)
        plot.varea("k", "low", "high", source=self._guesses, **band)
        self._add_line(plot, self._guesses, "all", _STYLES[0], _ALL, "solid")
        self._add_line(plot, self._guesses, "recent", _STYLES[1], _LAST, "solid", thin=True)
        for source in (self._source, self._guesses):
            self._add_line(plot, source, "baseline", _STYLES[1], _BASELINE, "dotted", thin=True)
        return plot

    def _add_line(
        self,
        plot: figure,
        source: ColumnDataSource,
        key: str,
        style: tuple[str, str],
        about: str,
        dash: str,
        *,
        thin: bool = False,
    ) -> None:
        """Add a line with its points and its tooltip; a thin one has no points."""
        colour, marker = style
        # Not `figure.line` and `figure.scatter`: their glyphs for muted and unselected lines take time to send.
        glyph = Line(x="k", y=key, line_color=colour, line_width=1 if thin else 2, line_dash=dash)
        line = plot.add_glyph(source, glyph, view=self._views[source])
        if not thin:
            points = Scatter(x="k", y=key, line_color=colour, fill_color=colour, marker=marker, size=6)
            plot.add_glyph(source, points, view=self._views[source])
        told = [("labels", "@k"), (about, f"@{key}{{0.0 %}}")]
        if key in ("validation_accuracy", "all"):
            told.append(("95 % interval", "@low{0.0 %} – @high{0.0 %}"))
        plot.add_tools(hover(told, renderers=[line], visible=False))

    def _show(self) -> None:
        name = self.session.state.active
        curve, progress = self.session.state.curves.get(name), self.session.state.progress.get(name)
        rounds = tuple(item for item in thinned(curve.rounds) if item.validation or item.training) if curve else ()
        guesses = progress.guesses if progress is not None else Guesses()
        has_truth = any(item.validation is not None and item.validation.n for item in rounds)
        columns, guessed = (
            score_columns(rounds if has_truth else ()),
            guess_columns(Guesses() if has_truth else guesses),
        )
        self._source.data, self._guesses.data = columns, guessed
        self._legend.object = legend_html(_TITLES.values() if has_truth else (_ALL, _LAST))
        self._plot.yaxis.axis_label = "Score" if has_truth else "Fraction predicted right"
        self._fit_axes((name, has_truth), columns if has_truth else guessed)
        # Show no empty frame before the first round.
        self._plot.visible = self._legend.visible = has_truth or len(guesses) > 0
        tab = self.session.ledger.tab(name or "")
        if not rounds:
            self._note.object = "Scores appear after the first trained round."
        elif has_truth:
            self._note.object = Markup("<span class=in-high-panes>{}</span>{}").format(
                "Compared with catalogue labels: solid = validation set (shaded: 95 % interval of the accuracy), "
                f"dashed = training set. {tab.n_catalogue} of the {len(tab.members)} training labels come from the "
                f"catalogue.{_in_scope(self.session.dataset)}",
                warnings_html(_first(self.session.dataset.leaks)),
            )
        else:
            self._note.object = _without_truth(guesses, scope_text(self.session.dataset))
        for text in filter(None, (self.session.review.summary(name), *self.session.agreement.repeat_texts())):
            self._note.object = Markup("{}<p>{}</p>").format(self._note.object, text)

    def _fit_axes(self, name: object, columns: dict[str, list[float]]) -> None:
        """Fit the axes to all scores, unless the user has zoomed the plot of what `name` stands for."""
        known, limits = self._fitted
        ranges = (self._plot.x_range, self._plot.y_range)
        if not columns["k"] or (name == known and limits != tuple(end for r in ranges for end in (r.start, r.end))):
            return
        scores = [value for key, values in columns.items() if key != "k" for value in values]
        self._fitted = name, (*_padded(columns["k"], 0.5), *_padded(scores, 0.01))
        x_start, x_end, y_start, y_end = self._fitted[1]
        self._plot.x_range.update(start=x_start, end=x_end, reset_start=x_start, reset_end=x_end)
        self._plot.y_range.update(start=y_start, end=y_end, reset_start=y_start, reset_end=y_end)


def _in_scope(dataset: Dataset) -> str:
    """Return which sources the scores are of, as a sentence after another one; empty without a scope."""
    text = scope_text(dataset)
    return f" Both sets are parts {text}." if text else ""


def legend_html(names: Iterable[str]) -> Markup:
    """Return the legend of some lines, in the order of their styles, and of the baseline."""
    entry = Markup("<span style='white-space:nowrap;margin-right:10px'><span style='color:{}'>{}</span> {}</span>")
    lines = [(colour, _SYMBOLS[marker], name) for (colour, marker), name in zip(_STYLES, names, strict=False)]
    return Markup("").join(entry.format(*line) for line in (*lines, (_STYLES[1][0], "┈", _BASELINE)))


def _first(warnings: Sequence[str]) -> tuple[str, ...]:
    """Return the first warnings, so that the plot below keeps its room, and where the others are."""
    more = len(warnings) - _WARNINGS_SHOWN
    if more <= 0:
        return tuple(warnings)
    return (
        *warnings[:_WARNINGS_SHOWN],
        f"{more} more warning{'s are' if more > 1 else ' is'} listed under Matrices.",
    )


def thinned(rounds: Sequence[RoundResultConfig]) -> list[RoundResultConfig]:
    """Return the rounds to draw: all of them up to a thousand, else a thousand and the newest."""
    step = -(-len(rounds) // _MOST_DRAWN) or 1
    found = [rounds[place] for place in range(0, len(rounds), step)]
    if rounds and found[-1] is not rounds[-1]:
        found.append(rounds[-1])
    return found


def score_columns(rounds: Sequence[RoundResultConfig]) -> dict[str, list[float]]:
    """Return the columns of the scores of some rounds. A score that is undefined or says nothing is NaN, a gap.

    Scores of the training set are left out where most of its known labels are those that the round was trained on.
    """
    columns: dict[str, list[float]] = {"k": [item.k for item in rounds]}
    for part in _SETS:
        for score in _SCORES:
            found = [getattr(getattr(item, part), score, None) for item in rounds]
            if part == "training":
                found = [None if _repeats_labels(item) else value for item, value in zip(rounds, found, strict=True)]
            columns[f"{part}_{score}"] = [float("nan") if value is None else value for value in found]
    counts = [item.validation or _NOTHING for item in rounds]
    bounds = [wilson_interval(item.tp + item.tn, item.n) if item.n else (math.nan, math.nan) for item in counts]
    columns["low"], columns["high"] = [low for low, _ in bounds], [high for _, high in bounds]
    columns["baseline"] = [
        max(item.tp + item.fn, item.fp + item.tn) / item.n if item.n else float("nan") for item in counts
    ]
    return columns


def _repeats_labels(item: RoundResultConfig) -> bool:
    return item.training is None or item.training.n < 2 * item.k


def guess_columns(guesses: Guesses) -> dict[str, list[float]]:
    """Return the columns of the predictions before each label: of all with their interval, and of the last ten."""
    right, recent = guesses.running(), guesses.running(_WINDOW)
    own = np.cumsum(guesses.own)
    places = np.unique(np.linspace(0, len(guesses) - 1, min(len(guesses), _MOST_DRAWN)).astype(np.intp))
    n = places + 1
    bounds = [wilson_interval(int(right[place]), int(place) + 1) for place in places]
    return {
        "k": guesses.labels[places].tolist(),
        "all": (right[places] / n).tolist(),
        "low": [low for low, _ in bounds],
        "high": [high for _, high in bounds],
        "recent": np.where(n < _WINDOW, np.nan, recent[places] / _WINDOW).tolist(),
        "baseline": (np.maximum(own[places], n - own[places]) / n).tolist(),
    }


def _without_truth(guesses: Guesses, scope: str) -> Markup:
    """Return the text above the curve of a catalogue without known labels; for `scope` see `scope_text`."""
    if not len(guesses):
        return Markup("{} <span class=in-high-panes>{}</span>").format(
            "The learner has not predicted any of your labels yet.", _CURATE
        )
    few = " Too few to tell." if len(guesses) < FEW else ""
    return Markup(
        "<span class=in-high-panes>No catalogue labels to compare with.</span> Predicted right before you gave the "
        "label: <b>{}</b>{}.{} <span class=in-high-panes>{}</span>"
    ).format(
        proportion_text(guesses.n_right, len(guesses)),
        f" {scope}" if scope else "",
        few,
        _CURATE,
    )


_CURATE = "Curate a test set (tab Test set) of about 50 sources to get scores for the whole catalogue."
_NOTHING = ScoresConfig(n=0, tp=0, fp=0, fn=0, tn=0)


def _padded(values: list[float], least: float) -> tuple[float, float]:
    """Return limits around the values that are not NaN, with at least this margin on both sides."""
    there = [value for value in values if not math.isnan(value)]
    low, high = min(there, default=0.0), max(there, default=1.0)
    room = max(0.05 * (high - low), least)
    return low - room, high + room
