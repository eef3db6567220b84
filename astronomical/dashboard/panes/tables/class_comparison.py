"""The pane “All classes”: probabilities by all learners, and lists of ambiguous and unclaimed sources."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.safe_text import Html, Markup, TextTable
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import TABLE_STYLE
from astronomical.learning.metrics import is_claimed
from astronomical.session import Session
from astronomical.session.evaluation.class_comparison import JOB
from astronomical.session.evaluation.operating_points import threshold_of

__all__ = ["ClassesPane", "source_html"]

_TEXT = """
:host { font: 13px/1.4 var(--bokeh-base-font, sans-serif); color: var(--mui-palette-text-primary, inherit); }
p { margin: 2px 0; } .n { font-variant-numeric: tabular-nums; font-weight: 600; }
td, th { padding: 1px 16px 1px 0; text-align: left; font-weight: 400; } td { font-variant-numeric: tabular-nums; }
th:first-child { font-weight: 600; }
"""


class ClassesPane(SessionView):
    """Pane with the probabilities of the selected source and the predictions for the whole catalogue.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._ids: tuple[str, ...] = ()
        self._source = Html(margin=(4, 10, 0, 10), sizing_mode="stretch_width", stylesheets=[_TEXT])
        self._counts = Html(margin=(2, 10), sizing_mode="stretch_width", stylesheets=[_TEXT])
        self._button = pmui.Button(
            label="Classify the whole catalogue",
            variant="outlined",
            size="small",
            margin=(2, 10),
            description="Predict the classes of all sources with the newest round of each trained learner",
        )
        self._bar = pmui.LinearProgress(value=0, sizing_mode="stretch_width", margin=(6, 10), visible=False)
        self._which = pmui.RadioButtonGroup(
            options=["Ambiguous", "Unclaimed"],
            value="Ambiguous",
            size="small",
            margin=(2, 10),
            sx={"& .MuiButtonBase-root": {"textTransform": "none"}},
        )
        self._table = TextTable(
            pd.DataFrame({"Source": []}),
            show_index=False,
            pagination="remote",
            page_size=100,
            selectable=False,
            sizing_mode="stretch_both",
            disabled=True,
            theme="simple",
            stylesheets=[TABLE_STYLE],
            margin=(0, 4),
            min_height=140,
            layout="fit_data_stretch",
            visible=False,
        )
        self._table.on_click(self._on_click)
        self._button.on_click(lambda *_: self.run_command(self.session.evaluation.compare_classes))
        self._which.param.watch(lambda *_: self._show_list(), "value")
        self.view = pn.Column(
            self._source,
            pn.Row(self._button, self._which, margin=0),
            self._bar,
            self._counts,
            self._table,
            sizing_mode="stretch_both",
            margin=0,
        )
        self.follow(self._show_source, "focus", "rounds", "curating", "ledger", "config")
        self.follow(self._show_list, "class_comparison", "rounds", "config")
        self.follow(self._show_progress, "jobs")
        self._show_source()
        self._show_list()

    def _show_source(self) -> None:
        self._source.object = source_html(self.session, self.session.state.focus)

    def _show_progress(self) -> None:
        job = next((job for job in self.session.state.jobs if job.name == JOB), None)
        self._bar.visible = job is not None
        self._bar.value = round(100 * (job.fraction or 0)) if job is not None else 0
        self._button.disabled = job is not None

    def _show_list(self) -> None:
        together = self.session.state.class_comparison
        if together is None:
            self._counts.object = Markup("<p>Not computed yet.</p>")
            self._which.visible = self._table.visible = False
            return
        self._which.visible = True
        newest = {(name, round.k, round.key) for name, round in self.session.state.rounds.items() if round.trained}
        cuts = {name: threshold_of(self.session.state.config, name) for name, _, _ in together.rounds}
        old = (
            ""
            if set(together.rounds) == newest and together.thresholds == cuts
            else " Out of date: the learners or thresholds have changed. Classify again."
        )
        shown = self.session.state.config.shown
        rounds = ", ".join(f"{shown(name)} round {k}" for name, k, _ in together.rounds)
        claimed = Markup(", ").join(
            Markup("{} <span class=n>{:,}</span>").format(shown(name), n) for name, n in together.n_claimed.items()
        )
        self._counts.object = Markup(
            "<p>Of <span class=n>{:,}</span> sources, predicted: {}; ambiguous <span class=n>{:,}</span>, unclaimed "
            "<span class=n>{:,}</span>. {}.{}</p>"
        ).format(together.n_sources, claimed, together.n_ambiguous, together.n_unclaimed, rounds, old)
        rows = together.ambiguous if self._which.value == "Ambiguous" else together.unclaimed
        self._ids = tuple(id for id, _ in rows)
        columns = {"Source": list(self._ids)}
        for place, (name, _, _) in enumerate(together.rounds):
            columns[f"p {shown(name)}"] = [f"{values[place]:.3f}" for _, values in rows]
        self._table.value = pd.DataFrame(columns)
        self._table.visible = bool(rows)

    def _on_click(self, event: Any) -> None:
        self.run_command(lambda: self.session.focus(self._ids[event.row]))


def source_html(session: Session, id: str | None) -> Markup:
    """Return the probability of a source by each learner, and the combined score if every class has a learner."""
    if id is None:
        return Markup("<p>No source is selected.</p>")
    if session.labels.is_hidden(id):
        return Markup("<p><b>{}</b>: the probabilities are hidden until you label the source.</p>").format(id)
    row, config = session.dataset.catalogue.row(id), session.state.config
    proba = {name: float(round.proba[row]) for name, round in session.state.rounds.items() if round.trained}
    if not proba:
        return Markup("<p>Probabilities appear once a learner is trained.</p>")
    if not np.isfinite(list(proba.values())).all():
        return Markup("<p><b>{}</b>: not scored, for example because it is in the test set.</p>").format(id)
    kept = {name for name in config.class_names if name not in config.split.drop}
    total, claims = (
        sum(proba.values()),
        sum(
            bool(is_claimed(np.array([p], dtype=np.float32), threshold_of(config, name))[0])
            for name, p in proba.items()
        ),
    )
    combine = len(proba) > 1 and kept <= set(proba) and total > 0
    verdict = ("unclaimed", "", "ambiguous")[min(claims, 2)]
    rows = Markup("").join(
        Markup("<tr><th>{}</th><td>{:.3f}</td>{}</tr>").format(
            config.shown(name), p, Markup("<td>{:.3f}</td>").format(p / total) if combine else ""
        )
        for name, p in proba.items()
    )
    head = Markup("<tr><th></th><th>p</th>{}</tr>").format(
        Markup("<th>combined score, uncalibrated</th>") if combine else ""
    )
    return Markup("<p><b>{}</b> {}</p><table>{}{}</table>").format(id, verdict, head, rows)
