"""The tab “Why”: what the probability of the selected source comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.source.components import SourceList
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import InvalidInputError
from astronomical.session import Session
from astronomical.session.evaluation.contact_sheet import SheetKind
from astronomical.session.evaluation.explanations import DrivingFeatures, SourceExplanation

__all__ = ["WhyView"]

#: Number of features shown for the source, and over all labels.
_N_SHOWN, _N_DRIVING = 10, 5
_NEAREST = ("Nearest labelled source", "Label", "Distance")
_STYLE = """
:host { font-size: 12px; line-height: 1.4; }
p { margin: 3px 0; overflow-wrap: anywhere; } .w { border-left: 3px solid #C77700; padding-left: 8px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; max-width: 560px; }
td { padding: 1px 8px 1px 0; white-space: nowrap; }
td.name { overflow: hidden; text-overflow: ellipsis; max-width: 150px; }
td.bar { width: 45%; padding: 0; }
.track { display: flex; height: 10px; } .track > span { flex: 0 0 50%; display: flex; }
.low { justify-content: flex-end; border-right: 1px solid #8888; } .fill { height: 100%; }
.low .fill { background: #D55E00; } .high .fill { background: #0072B2; }
"""


@dataclass(frozen=True)
class _Found:
    """What the tab shows: the explanation of the source or why there is none, and the driving features."""

    source: SourceExplanation | None
    driving: DrivingFeatures | None
    problem: str = ""


class WhyView(SessionView):
    """Contributions of the features of the selected source, its nearest labelled sources, and the driving features.

    Parameters
    ----------
    session
        The project shown.
    show_sheet
        Shows a list of sources in a contact sheet.

    Attributes
    ----------
    view
        The Panel object that fills the tab.
    """

    def __init__(self, session: Session, show_sheet: Callable[[SheetKind], None] = lambda kind: None) -> None:
        super().__init__(session)
        self._show_sheet = show_sheet
        self._work = self.latest()
        self._driving: dict[str, DrivingFeatures] = {}
        self._text = Html(sizing_mode="stretch_width", margin=0, stylesheets=[_STYLE])
        self._nearest = SourceList(lambda id: self.run_command(lambda: session.focus(id)))
        similar = pmui.Button(
            label="More like this",
            description="Show the sources with the most similar features in a contact sheet",
            size="small",
            variant="outlined",
            margin=(2, 0, 6, 0),
        )
        similar.on_click(lambda *_: self.run_command(self._find_similar))
        self.view = pn.Column(similar, self._text, self._nearest, sizing_mode="stretch_width", margin=0)
        self._visible = False
        self.follow(self._update, "rounds", "active")

    def _find_similar(self) -> None:
        self.session.similar.find()
        self._show_sheet("similar")

    def show(self, visible: bool) -> None:
        """Explain the selected source by the active learner, if the tab is chosen."""
        self._visible = visible
        self._update()

    def _update(self) -> None:
        session, state = self.session, self.session.state
        id, name, round = state.focus, state.active, state.round()
        if id is None or not self._visible:
            return
        if round is None or not round.trained:
            self._say("The explanation appears after the first trained round.")
        elif session.labels.is_hidden(id):
            self._say("The explanation is hidden until you label the source.")
        else:
            self._work.run(lambda: self._explain(id, name or "", round.name), self._show, self.report)

    def _explain(self, id: str, name: str, round: str) -> _Found:
        evaluation = self.session.evaluation
        try:
            if round not in self._driving:
                self._driving = {round: evaluation.driving_features(name)}
            return _Found(evaluation.explain(id, name), self._driving[round])
        except InvalidInputError as error:
            return _Found(None, self._driving.get(round), str(error))

    def _show(self, found: _Found) -> None:
        parts = [Markup("<p>{}</p>").format(found.problem)] if found.problem else []
        if found.source is not None:
            parts.append(_contributions(found.source, self.session.state.config.shown(found.source.class_name)))
        if found.driving is not None:
            parts.append(_driving(found.driving))
        self._text.object = Markup("").join(parts)
        nearest = found.source.nearest if found.source is not None else ()
        shown = self.session.state.config.shown
        self._nearest.visible = bool(nearest)
        self._nearest.shown = {
            "titles": _NEAREST,
            "rows": [
                {"cells": [one.id, shown(one.label), f"{one.distance:.2f}"], "id": one.id, "tip": f"Show {one.id}"}
                for one in nearest
            ],
            "nothing": "",
        }

    def _say(self, text: str) -> None:
        self._show(_Found(None, None, text))


def _contributions(found: SourceExplanation, name: str) -> Markup:
    explained = found.explanation
    rows = found.largest(_N_SHOWN)
    most = max((abs(part) for _, _, part in rows), default=1.0)
    cell = Markup(
        "<tr><td class=name title='{}'>{}</td><td>{}</td><td class=bar><div class=track><span class=low>{}</span>"
        "<span class=high>{}</span></div></td><td>{:+.3f}</td></tr>"
    )
    bar = Markup("<span class=fill style='width:{:.0f}%'></span>")
    lines = Markup("").join(
        cell.format(
            feature,
            feature,
            "missing" if np.isnan(value) else f"{value:.4g}",
            bar.format(100 * -part / most) if part < 0 else "",
            bar.format(100 * part / most) if part > 0 else "",
            part,
        )
        for feature, value, part in rows
    )
    if explained.method == "median":
        how = "Change of the probability when a feature is set to its median:"
    elif explained.scale == "log-odds":
        how = f"Contributions to its log-odds, on top of {explained.base:+.3f} for all labels (Shapley values):"
    else:
        how = f"Contributions to it, on top of {explained.base:.3f} for all labels (Shapley values):"
    return Markup("<p><b>p({}) = {:.3f}</b> in round {}. {}</p><table>{}</table>").format(
        name, explained.probability, found.k, how, lines
    )


def _driving(found: DrivingFeatures) -> Markup:
    names = ", ".join(f"{name} {100 * share:.0f} %" for name, share in found.shares[:_N_DRIVING])
    text = f"Over {found.n_labels:,} labels, the model is driven by {names}." if names else "No feature is used."
    warnings = Markup("").join(Markup("<p class=w role=alert>{}</p>").format(warning) for warning in found.warnings)
    return Markup("<p>{}</p>{}").format(text, warnings)
