"""Plots of the newest round: which predictions are correct, and the confidence of the learner."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import holoviews as hv
import numpy as np
import panel as pn
import panel_material_ui as pmui
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.dashboard.panes.learner.learner_status import why_no_model
from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.dashboard.panes.plot.markers import MarkerLayer, Markers, newest_trained
from astronomical.dashboard.panes.plot.plot_style import LivePlots, plot_options
from astronomical.dashboard.panes.plot.selection import PlotSelection, with_selection
from astronomical.dashboard.panes.plot.values import axis_label, axis_names, axis_values
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.learning.metrics import UNKNOWN, is_claimed
from astronomical.learning.rounds import Round
from astronomical.plots.elements import PointsElement
from astronomical.plots.points import PointCloud
from astronomical.session import Session
from astronomical.session.evaluation.operating_points import threshold_of

__all__ = ["RoundPlotView"]

Kind = Literal["training", "confidence", "validation"]
#: Not colours of classes.
_CORRECT, _WRONG = "#9FB0BD", "#D6006C"
_NOTHING_KNOWN = "No source of this set has a catalogue label to compare the predictions with."
#: Colours from low to high confidence: perceptually uniform and suitable for colour blindness.
_RAMP = ("#440154", "#482576", "#414487", "#35608d", "#2a788e", "#21908d", "#22a884", "#43bf71", "#7ad151", "#bbdf27")


class RoundPlotView(TabView):
    """One of the three plots of the newest round of the active learner.

    Parameters
    ----------
    session
        The project shown.
    kind
        Correctness in the training or the validation set, or confidence in the pool.
    """

    def __init__(self, session: Session, kind: Kind) -> None:
        super().__init__(session)
        self._kind: Kind = kind
        x, y = _axes(session)
        self._columns = (axis_values(session.dataset, x), axis_values(session.dataset, y))
        self._cloud = hv.streams.Pipe(data=self._empty())
        self._markers, self._live = MarkerLayer(), LivePlots()
        labels = {"x_label": axis_label(session.dataset, x), "y_label": axis_label(session.dataset, y)}
        drawn = PointsElement(self._cloud, **labels)
        plot = drawn.element.opts(plot_options(self._live, points=(drawn, self._markers)))
        self._selection = PlotSelection(self, lambda: self._cloud.data)
        self._selection.watch(plot)
        self._show_correct = pmui.Checkbox(label="correct", value=True, size="small", margin=(0, 4))
        self._show_wrong = pmui.Checkbox(label="incorrect", value=True, size="small", margin=(0, 4))
        for box in (self._show_correct, self._show_wrong):
            box.param.watch(lambda *_: self._show_round(), "value")
        self._legend = Html(margin=(2, 8), styles={"font-size": "12px"}, sizing_mode="stretch_width")
        toggles = [] if kind == "confidence" else [self._show_correct, self._show_wrong]
        self.view = pn.Column(
            pn.Row(self._legend, *toggles, sizing_mode="stretch_width", margin=0, align="center"),
            pn.pane.HoloViews(plot, linked_axes=False, sizing_mode="stretch_both", margin=0),
            sizing_mode="stretch_both",
            margin=0,
        )
        self._visible = False
        self._blind = session.labels.is_blind
        self.follow(self._show_round, "active", "rounds", "thresholds")
        self.follow(self._show_blind, "curating", "config")
        self.follow(self._show_markers, "active", "rounds", "queries", "ledger", "focus")
        self.follow(self._show_selection, "selection")

    def close(self) -> None:
        """Close the view, and release the plot."""
        super().close()
        self._selection.release()
        self._live.release()

    def set_visible(self, visible: bool, ready: Callable[[], None] = lambda: None) -> None:
        """Draw only while the plot is visible."""
        self._visible = visible
        if visible:
            # Before it is put into the page: a change of its points would reach the page before the plot does.
            self._show_round()
            self._show_markers()
        super().set_visible(visible, ready)

    def _show_blind(self) -> None:
        """Hide or show which predictions are correct."""
        if self._blind != self.session.labels.is_blind:
            self._blind = self.session.labels.is_blind
            self._show_round()

    def _empty(self) -> PointCloud:
        return PointCloud(*self._columns, np.full(len(self._columns[0]), -1), (_CORRECT, _WRONG))

    def _show_round(self) -> None:
        if not self._visible:
            return
        newest = self.session.state.rounds.get(self.session.state.active)
        if newest is None or not newest.trained:
            self._cloud.send(self._empty())
            why = why_no_model(self.session, self.session.state.active)
            self._legend.object = f"This plot appears after the first trained round. {why}"
            return

        def drawn() -> tuple[PointCloud, str]:
            codes, colours = self._codes(newest)
            return PointCloud(*self._columns, codes, colours), self._legend_html(codes, newest)

        def show(found: tuple[PointCloud, str]) -> None:
            if self._visible and self.session.state.rounds.get(self.session.state.active) is newest:
                self._cloud.send(with_selection(found[0], self.session))
                self._legend.object = found[1]

        self.run_in_thread(drawn, show)

    def _show_selection(self) -> None:
        if self._visible:
            self._cloud.send(with_selection(self._cloud.data, self.session))

    def _codes(self, newest: Round) -> tuple[NDArray[np.int16], tuple[str, ...]]:
        if self._kind == "confidence":
            steps = np.clip(newest.confidence * len(_RAMP), 0, len(_RAMP) - 1)
            return np.where(np.isnan(steps), -1, np.nan_to_num(steps)).astype(np.int16), _RAMP
        wrong = self._wrong(newest)
        if self._blind:
            return np.where(wrong >= 0, 0, -1).astype(np.int16), (UNKNOWN_COLOUR,)
        shown = np.where(wrong == 1, self._show_wrong.value, self._show_correct.value)
        return np.where(shown, wrong, -1).astype(np.int16), (_CORRECT, _WRONG)

    def _wrong(self, newest: Round) -> NDArray[np.int16]:
        """Return 0 for correct, 1 for incorrect, -1 for sources outside the set or without a known label."""
        session, data = self.session, self.session.dataset
        truth = data.truth(newest.class_name, session.state.config.split.drop).astype(np.int16)
        inside = data.split.validation if self._kind == "validation" else data.split.training
        if self._kind == "training":
            # How well the model repeats the labels that it was trained on says nothing about other sources.
            truth[data.catalogue.rows_of(tuple(session.training.targets(newest.class_name)))] = UNKNOWN
        predicted = is_claimed(newest.proba, threshold_of(session.state.config, newest.class_name))
        wrong: NDArray[np.int16] = (truth != predicted).astype(np.int16)
        wrong[(truth < 0) | ~inside | np.isnan(newest.proba)] = -1
        return wrong

    def _show_markers(self) -> None:
        if not self._visible:
            return
        session, name = self.session, self.session.state.active
        trained = newest_trained(session, name) if self._kind != "validation" else ()
        self._markers.show(
            Markers(
                trained=self._places(trained),
                queried=self._places(filter(None, [session.query(name)])),
                selected=self._places(filter(None, [session.state.focus])),
            )
        )

    def _places(self, ids: Iterable[str]) -> list[tuple[float, float]]:
        rows = self.session.dataset.catalogue.rows_there(ids)
        x, y = self._columns
        return list(zip(x[rows].tolist(), y[rows].tolist(), strict=True))

    def _legend_html(self, codes: NDArray[np.int16], newest: Round) -> Markup:
        n = int(np.count_nonzero(codes >= 0))
        if self._kind == "confidence":
            gradient = ", ".join(_RAMP)
            return Markup(
                "round {}, pool of {:,}. Confidence: 0 (p = 0.5) <span style='display:inline-block;width:90px;"
                "height:9px;border-radius:3px;background:linear-gradient(90deg,{})'></span> 1"
            ).format(newest.k, n, gradient)
        if self._blind:
            return Markup("round {}: hidden until you label").format(newest.k)
        outcome = self._wrong(newest)
        wrong, right = int(np.count_nonzero(outcome == 1)), int(np.count_nonzero(outcome == 0))
        if not wrong + right:
            return Markup("{}").format(_NOTHING_KNOWN)
        return Markup("round {}: {} {:,} correct {} {:,} incorrect").format(
            newest.k, _dot(_CORRECT), right, _dot(_WRONG), wrong
        )


def _axes(session: Session) -> tuple[str, str]:
    """Return the default axes of the project, or the first features if the catalogue has lost a column."""
    known = axis_names(session.dataset)
    chosen_axes: tuple[str, str] | None = session.state.config.layout.axes
    if chosen_axes is not None and set(chosen_axes) <= set(known):
        return chosen_axes
    names = session.dataset.features.names
    return names[0], names[min(1, len(names) - 1)]


def _dot(colour: str) -> Markup:
    return Markup(
        "<span style='display:inline-block;width:9px;height:9px;border-radius:50%;background:{}'></span>"
    ).format(colour)
