"""The classes together: what all learners say of the source shown, and the sources that none or several claim."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.styles import TABLE_STYLE
from astronomical.dashboard.view import View
from astronomical.session.session import Session
from astronomical.session.together import JOB

__all__ = ["ClassesPane", "source_html"]

_TEXT = """
:host { font: 13px/1.4 var(--bokeh-base-font, sans-serif); color: var(--mui-palette-text-primary, inherit); }
p { margin: 2px 0; } .n { font-variant-numeric: tabular-nums; font-weight: 600; }
td, th { padding: 1px 16px 1px 0; text-align: left; font-weight: 400; } td { font-variant-numeric: tabular-nums; }
th:first-child { font-weight: 600; }
"""


class ClassesPane(View):
    """Probabilities by all learners, and how they agree over the catalogue.

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
        self._source = pn.pane.HTML(margin=(4, 10, 0, 10), sizing_mode="stretch_width", stylesheets=[_TEXT])
        self._counts = pn.pane.HTML(margin=(2, 10), sizing_mode="stretch_width", stylesheets=[_TEXT])
        self._button = pmui.Button(label="Count over the catalogue", variant="outlined", size="small", margin=(2, 10),
                                   description="Ask all trained learners about every source, by their newest rounds")
        self._bar = pmui.LinearProgress(value=0, sizing_mode="stretch_width", margin=(6, 10), visible=False)
        self._which = pmui.RadioButtonGroup(options=["Ambiguous", "Unclaimed"], value="Ambiguous", size="small",
                                            margin=(2, 10), sx={"& .MuiButtonBase-root": {"textTransform": "none"}})
        self._table = pn.widgets.Tabulator(pd.DataFrame({"Source": []}), show_index=False, pagination="remote",
                                           page_size=100, selectable=False, sizing_mode="stretch_both", disabled=True,
                                           theme="simple", stylesheets=[TABLE_STYLE], margin=(0, 4), min_height=140,
                                           layout="fit_data_stretch", visible=False)
        self._table.on_click(self._on_click)
        self._button.on_click(lambda *_: self.attempt(self.session.compare_classes))
        self._which.param.watch(lambda *_: self._show_list(), "value")
        self.view = pn.Column(self._source, pn.Row(self._button, self._which, margin=0), self._bar, self._counts,
                              self._table, sizing_mode="stretch_both", margin=0)
        self.follow(self._show_source, "focus", "rounds")
        self.follow(self._show_list, "together", "rounds")
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
        together = self.session.state.together
        if together is None:
            self._counts.object = "<p>Nothing is counted yet.</p>"
            self._which.visible = self._table.visible = False
            return
        self._which.visible = True
        newest = {(name, round.k, round.key) for name, round in self.session.state.rounds.items() if round.trained}
        old = "" if set(together.rounds) == newest else " The learners have moved on since: count again."
        rounds = ", ".join(f"{escape(name)} round {k}" for name, k, _ in together.rounds)
        claimed = ", ".join(f"{escape(name)} <span class=n>{n:,}</span>" for name, n in together.n_claimed.items())
        self._counts.object = (
            f"<p>Of <span class=n>{together.n_sources:,}</span> sources: claimed by {claimed}; ambiguous "
            f"<span class=n>{together.n_ambiguous:,}</span>, unclaimed <span class=n>{together.n_unclaimed:,}</span>. "
            f"{rounds}.{old}</p>")
        rows = together.ambiguous if self._which.value == "Ambiguous" else together.unclaimed
        self._ids = tuple(id for id, _ in rows)
        columns = {"Source": list(self._ids)}
        for place, (name, _, _) in enumerate(together.rounds):
            columns[f"p {name}"] = [f"{values[place]:.3f}" for _, values in rows]
        self._table.value = pd.DataFrame(columns)
        self._table.visible = bool(rows)

    def _on_click(self, event: Any) -> None:
        self.attempt(lambda: self.session.focus(self._ids[event.row]))


def source_html(session: Session, id: str | None) -> str:
    """Return what each learner says of a source, and the combined score where every kept class has a learner."""
    if id is None:
        return "<p>No source is selected.</p>"
    row, config = session.dataset.catalogue.row(id), session.state.config
    proba = {name: float(round.proba[row]) for name, round in session.state.rounds.items() if round.trained}
    if not proba:
        return "<p>Probabilities are there once a learner is trained.</p>"
    if not np.isfinite(list(proba.values())).all():
        return f"<p><b>{escape(id)}</b>: not scored in the rounds, as in the test set.</p>"
    kept = {name for name in config.class_names if name not in config.split.drop}
    total, claims = sum(proba.values()), sum(p >= 0.5 for p in proba.values())
    combine = len(proba) > 1 and kept <= set(proba) and total > 0
    verdict = ("unclaimed", "", "ambiguous")[min(claims, 2)]
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{p:.3f}</td>" + (f"<td>{p / total:.3f}</td>" if combine else "")
                   + "</tr>" for name, p in proba.items())
    head = "<tr><th></th><th>p</th>" + ("<th>combined score, uncalibrated</th>" if combine else "") + "</tr>"
    return f"<p><b>{escape(id)}</b> {verdict}</p><table>{head}{rows}</table>"
