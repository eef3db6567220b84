"""Confusion matrices and scores of a learner, with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

import numpy as np
import panel as pn
from numpy.typing import NDArray

from astronomical.dashboard.panes.learner.learner_status import missing_from_validation, why_no_model
from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.dashboard.ui.formatting import FEW, interval_text, percent_text, proportion_text
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.learning.guesses import Guesses
from astronomical.learning.intervals import f1_interval
from astronomical.learning.metrics import DECISION_THRESHOLD, Counts, SetScores, confusion, is_claimed
from astronomical.learning.rounds import Round
from astronomical.session import Session
from astronomical.session.data.population import scope_text
from astronomical.session.evaluation.operating_points import threshold_of

__all__ = ["MATRIX_STYLE", "MatricesView", "matrix_html", "unlabelled_scores", "warnings_html"]


class MatricesView(TabView):
    """Confusion matrices and scores of the newest round.

    With catalogue labels, they are those of the validation set, and of the training set without the sources trained
    on. Without, they are those of cross-validation over the labels, which is computed only while the view is visible.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._html = Html(
            margin=(4, 4, 4, 10), sizing_mode="stretch_both", stylesheets=[MATRIX_STYLE], styles={"overflow": "auto"}
        )
        self.view: pn.viewable.Viewable = self._html
        self._visible = False
        self._scoring = self.latest()
        self.follow(self._show, "active", "rounds", "progress", "thresholds")
        self._show()

    def set_visible(self, visible: bool, ready: Callable[[], None] = lambda: None) -> None:
        """Compute scores only while the view is visible."""
        self._visible = visible
        self._show()
        super().set_visible(visible, ready)

    def _show(self) -> None:
        if not self._visible:
            return
        session, name = self.session, self.session.state.active
        newest = session.state.rounds.get(name)
        if newest is None or not newest.trained:
            self._html.object = Markup("<p>Scores appear after the first trained round. {}</p>").format(
                why_no_model(session, name)
            )
            return
        title = session.state.config.shown(name)
        validate, has_truth = session.evaluation.cross_validation(name), _has_truth(newest)

        def work() -> list[Markup]:
            scope = scope_text(session.dataset)
            if not has_truth:
                return [_validation_html(title, validate(), scope)]
            # Labels that came since then are not those of this round.
            own = dict(islice(session.training.targets(name).items(), newest.k))
            others = unlabelled_scores(newest, own, session.dataset.catalogue.rows_of(tuple(own)))
            sets = {"Validation set": newest.validation, "Rest of the training set": others}
            known = [(heading, scores) for heading, scores in sets.items() if scores and scores.n]
            return [matrix_html(heading, scores, title, scope=scope) for heading, scores in known]

        def take(parts: list[Markup]) -> None:
            if session.state.rounds.get(session.state.active) is newest:
                self._html.object = self._content(newest, name, parts)

        self._scoring.run(work, take, self.report, what="Computing the scores")

    def _content(self, newest: Round, name: str, parts: list[Markup]) -> Markup:
        progress = self.session.state.progress.get(name)
        guesses = [_guesses_html(progress.guesses)] if progress is not None and len(progress.guesses) else []
        missing = missing_from_validation(newest, self.session.state.config.shown(name))
        cut = threshold_of(self.session.state.config, name)
        at = "" if cut == DECISION_THRESHOLD else f"Counted at 0.5, not at the threshold in use ({cut:g})."
        texts = (at, missing, newest.left_out_text, *self.session.dataset.leaks)
        warning = warnings_html(text for text in texts if text)
        # The focus allows to scroll with the keyboard.
        return Markup("{}<div class=sets tabindex=0>{}</div>").format(warning, Markup("").join((*parts, *guesses)))


def _has_truth(newest: Round) -> bool:
    return newest.validation is not None and newest.validation.n > 0


def _validation_html(name: str, scores: SetScores | None, scope: str) -> Markup:
    """Return the scores of cross-validation; None if there are too few labels."""
    if scores is None:
        return Markup("<section><h4>Cross-validation</h4><p>It needs two labels of each side.</p></section>")
    return matrix_html(
        "Cross-validation",
        scores,
        name,
        "each of your labels predicted by a model trained without it. The learner queries the sources that are hard "
        "for it, so these scores are usually lower than for the whole catalogue.",
        scope,
    )


def unlabelled_scores(newest: Round, targets: Mapping[str, int], rows: NDArray[np.intp]) -> SetScores | None:
    """Return the scores of a round for the training set without the sources that it was trained on.

    How well a model repeats the labels that it was trained on says nothing about other sources.

    Parameters
    ----------
    newest
        The round.
    targets, rows
        Targets of the sources trained on, by id, and their row numbers in the same order.
    """
    if newest.training is None:
        return None
    own = confusion(np.array(list(targets.values()), dtype=np.int8), is_claimed(newest.proba[rows]))
    all_ = newest.training
    return SetScores.of(Counts(all_.tp - own.tp, all_.fp - own.fp, all_.fn - own.fn, all_.tn - own.tn))


def warnings_html(texts: Iterable[str]) -> Markup:
    """Return warnings, one below the other."""
    return Markup("").join(Markup("<p class=lack>{}</p>").format(text) for text in texts)


def _guesses_html(guesses: Guesses) -> Markup:
    recent = guesses.last(10)
    return Markup(
        "<section><h4>Before your answers</h4><p>{} labels that the learner predicted before you gave them</p>"
        "<table class=scores>{}{}{}</table></section>"
    ).format(
        f"{len(guesses):,}",
        _row("Right, all", proportion_text(guesses.n_right, len(guesses)), len(guesses)),
        _row("Right, last 10", f"{recent.n_right} of {len(recent)}", len(recent)),
        _row("Baseline", percent_text(guesses.n_majority / len(guesses), len(guesses)), FEW, _BASELINE),
    )


def matrix_html(
    title: str,
    scores: SetScores | None,
    class_name: str,
    truth: str = "compared with catalogue labels",
    scope: str = "",
) -> Markup:
    """Return the confusion matrix and the scores of a set.

    `truth` describes the labels compared with, and `scope` the sources that the set is a part of, see `scope_text`.
    """
    if scores is None or scores.n == 0:
        return Markup("<section><h4>{}</h4><p>n/a: no source of this set has a catalogue label.</p></section>").format(
            title
        )
    tp, fp, fn = scores.tp, scores.fp, scores.fn
    rows = Markup("").join(
        (
            _row("Accuracy", proportion_text(tp + scores.tn, scores.n), scores.n),
            _row("Precision", proportion_text(tp, tp + fp), tp + fp),
            _row("Recall", proportion_text(tp, tp + fn), tp + fn),
            _row("F1", _f1_text(scores), tp + fp + fn),
        )
    )
    return _MATRIX.format(
        title=title,
        scores=scores,
        truth=truth,
        of=scope or "sources",
        name=class_name,
        rows=rows,
        prevalence="n/a" if scores.prevalence is None else percent_text(scores.prevalence, scores.n),
        majority="n/a" if scores.majority is None else percent_text(scores.majority, scores.n),
    )


def _f1_text(scores: SetScores) -> str:
    if scores.f1 is None:
        return "n/a"
    n = scores.tp + scores.fp + scores.fn
    return f"{percent_text(scores.f1, n)} ({interval_text(*f1_interval(scores.tp, scores.fp, scores.fn), n)})"


def _row(name: str, text: str, n: int, tip: str = "") -> Markup:
    """Return a row of the table of scores; a score of few sources is grey."""
    if n >= FEW or text == "n/a":
        return Markup("<tr title='{}'><th>{}</th><td>{}</td></tr>").format(tip, name, text)
    return Markup("<tr class=few title='{}'><th>{}</th><td>{} <small>too few to tell</small></td></tr>").format(
        f"Fewer than {FEW} sources", name, text
    )


_BASELINE = "Accuracy of always predicting the larger side"
_MATRIX = Markup("""<section><h4>{title}</h4><p>{scores.n:,} {of}, {truth}</p>
<table class=matrix><tr><td></td><th>predicted<br>{name}</th><th>predicted<br>not {name}</th></tr>
<tr><th>{name}</th><td class=good>{scores.tp:,}</td><td class=bad>{scores.fn:,}</td></tr>
<tr><th>not {name}</th><td class=bad>{scores.fp:,}</td><td class=good>{scores.tn:,}</td></tr></table>
<table class=scores>{rows}
<tr><th>Prevalence</th><td>{prevalence}</td></tr>
<tr title="Accuracy of always predicting the larger side"><th>Baseline</th>
<td>{majority}</td></tr></table><p class=note>In brackets: 95 % confidence interval.</p></section>""")
MATRIX_STYLE = """
.lack { font-size: 12.5px; margin: 0 0 6px; padding: 5px 8px; border-radius: 4px;
        background: var(--mui-palette-action-hover, #0001);
        border-left: 3px solid var(--mui-palette-warning-main, #ed6c02); }
.sets { display: flex; flex-wrap: wrap; gap: 8px 20px; font-size: 12.5px; line-height: 1.35; }
.sets section { flex: 0 1 260px; min-width: 220px; }
section h4 { margin: 2px 0; } section p { margin: 0 0 4px; opacity: 0.75; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-bottom: 5px; }
th { font-weight: 400; text-align: left; padding: 2px 8px 2px 0; }
td { text-align: right; padding: 2px 8px; }
.scores th, .scores td { padding-top: 1px; padding-bottom: 1px; }
.few { opacity: 0.75; }
small { font-size: 11px; white-space: nowrap; }
.note { font-size: 11.5px; }
.matrix td { border: 1px solid var(--mui-palette-divider, #0002); min-width: 58px; padding: 3px 8px; font-weight: 600; }
.matrix .good { background: color-mix(in srgb, #009E73 18%, transparent); }
.matrix .bad { background: color-mix(in srgb, #D55E00 18%, transparent); }
"""
