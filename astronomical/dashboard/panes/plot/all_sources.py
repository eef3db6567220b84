"""The pane “All sources”: a plot of all sources of a catalogue that is larger than the memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any

import holoviews as hv
import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.plot.column_form import COMPACT
from astronomical.dashboard.panes.plot.markers import MarkerLayer, Markers
from astronomical.dashboard.panes.plot.plot_legend import ClassStrip
from astronomical.dashboard.panes.plot.plot_style import LivePlots, plot_options
from astronomical.dashboard.panes.plot.values import axis_label
from astronomical.dashboard.ui.components import Message, hint, set_hint
from astronomical.dashboard.ui.formatting import count_text
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import explain
from astronomical.plots.axis_limits import Limits
from astronomical.plots.class_mix import draw_classes
from astronomical.session import Session
from astronomical.session.whole.counts import WholeCounts

__all__ = ["AllSourcesPane"]

#: Size of the image in pixels, about that of a new pane; the browser scales it.
_WIDTH, _HEIGHT = 600, 300
_CONTROLS = {"gap": "6px", "padding": "8px 8px 2px", "align-items": "center"}
#: Numbers of the jobs, because several pages can show the same pane.
_numbers = count(1)
_IN_MEMORY = "All sources of this catalogue are in memory, so each of the other plots shows all of them."


class AllSourcesPane(SessionView):
    """Pane with the number of sources per pixel, of all sources. The files are read in the background.

    Parameters
    ----------
    session
        The project shown.
    config
        The pane. Its settings are the columns ``x`` and ``y``, and ``x_range`` and ``y_range`` of the region shown.
    on_settings
        Called with the new settings when the user changes them.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session, config: PaneConfig, on_settings: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(session)
        self._job, self._on_settings = f"count {next(_numbers)}", on_settings
        self._region = _region_of(config.settings)
        self._counts: WholeCounts | None = None
        #: The columns that were counted; others may have been chosen since.
        self._axes = ("", "")
        self._hidden: set[str] = set()
        self._live, self._markers = LivePlots(), MarkerLayer()
        self._x, self._y = self._axis("x", config.settings, 0), self._axis("y", config.settings, 1)
        look: dict[str, Any] = {"variant": "text", "size": "small", "margin": 0, "align": "center"}
        self._zoomed = pmui.Button(
            label="Count this region", description="Count again with the resolution of the region that is shown", **look
        )
        self._all = pmui.Button(label="Whole range", **look)
        self._bar = pmui.LinearProgress(value=0, width=120, margin=(0, 4), align="center", visible=False)
        self._cancel = pmui.Button(label="Cancel", visible=False, **look)
        self._message = Message()
        self._plot = pn.pane.HoloViews(None, linked_axes=False, sizing_mode="stretch_both", margin=0)
        self._body = pn.Column(sizing_mode="stretch_both", margin=0)
        self._note = hint("", one_line=True, margin=(0, 8))
        self._legend = ClassStrip(self._toggle)
        parts = (self._x, self._y, self._zoomed, self._all, self._bar, self._cancel)
        self.view = pn.Column(
            pn.Row(*parts, sizing_mode="stretch_width", margin=0, styles=_CONTROLS),
            self._body,
            self._note,
            self._legend,
            sizing_mode="stretch_both",
            margin=0,
            styles={"overflow": "hidden"},
        )
        for axis in (self._x, self._y):
            axis.param.watch(lambda *_: self._show_range(None), "value")
        self._zoomed.on_click(lambda *_: self._show_range(self._region_in_view()))
        self._all.on_click(lambda *_: self._show_range(None))
        self._cancel.on_click(lambda *_: session.whole.cancel_count(self._job))
        self.follow(self._count, "dataset")
        self.follow(self._show_progress, "jobs")
        self.follow(self._mark, "focus", "queries", "active")
        self._count()

    def close(self) -> None:
        """Stop counting, and release the plot."""
        super().close()
        self.session.whole.cancel_count(self._job)
        self._live.release()

    # -- input --------------------------------------------------------------------------------------

    def _axis(self, role: str, settings: Mapping[str, Any], place: int) -> Any:
        catalogue = self.session.dataset.catalogue
        names = list(catalogue.numeric_columns)
        usual = [name for name in self.session.dataset.features.names if name in names] or names
        chosen = settings.get(role)
        return pmui.Select(
            label=role,
            options=names,
            value=chosen if chosen in names else next(iter(usual[place : place + 1]), None),
            searchable=True,
            size="small",
            margin=0,
            sizing_mode="stretch_width",
            sx=COMPACT,
        )

    def _show_range(self, region: tuple[Limits, Limits] | None) -> None:
        self._region = region
        ranges = {} if region is None else {"x_range": list(region[0]), "y_range": list(region[1])}
        self._on_settings({"x": self._x.value, "y": self._y.value, **ranges})
        self.call_soon(self._count)

    def _region_in_view(self) -> tuple[Limits, Limits] | None:
        figure = next(iter(self._live.figures), None)
        if figure is None:
            return self._region
        (left, right), (low, high) = (sorted((axis.start, axis.end)) for axis in (figure.x_range, figure.y_range))
        return (left, right), (low, high)

    def _toggle(self, name: str) -> None:
        self._hidden ^= {name}
        self.call_soon(self._draw)

    # -- display ------------------------------------------------------------------------------------

    def _count(self) -> None:
        """Count the sources in the background, unless these counts are in the cache folder."""
        if not self.session.whole.is_larger:
            self._show_message(_IN_MEMORY, "info")
            return
        if self._x.value is None or self._y.value is None:
            self._show_message("The catalogue has fewer than two numeric columns.", "info")
            return
        self.run_command(self._submit)

    def _submit(self) -> None:
        axes = (self._x.value, self._y.value)
        x_range, y_range = self._region or (None, None)
        self.session.whole.count(
            self._job,
            *axes,
            lambda found: self.call_soon(partial(self._take, axes, found)),
            lambda error: self.call_soon(partial(self._show_message, explain(error), "warning")),
            x_range=x_range,
            y_range=y_range,
            width=_WIDTH,
            height=_HEIGHT,
        )

    def _take(self, axes: tuple[str, str], counts: WholeCounts) -> None:
        self._axes, self._counts = axes, counts
        self._draw()
        self._mark()

    def _draw(self) -> None:
        counts = self._counts
        if counts is None:
            return
        hidden = [code for code, name in enumerate(counts.names) if name in self._hidden]
        image = draw_classes(counts.counts, counts.colours, hidden)
        (left, right), (low, high) = counts.x_range, counts.y_range
        kdims = [
            hv.Dimension(f"{role}_axis", label=axis_label(self.session.dataset, name))
            for role, name in zip("xy", self._axes, strict=True)
        ]
        element = hv.RGB(image[::-1], kdims=kdims, vdims=["R", "G", "B", "A"], bounds=(left, low, right, high))
        self._live.release()
        self._plot.object = element.opts(plot_options(self._live, markers=self._markers))
        if self._body.objects != [self._plot]:
            self._body.objects = [self._plot]
        totals = counts.counts.sum(axis=(1, 2), dtype="int64").tolist()
        self._legend.entries = [
            {"name": name, "count": f"{n:,}", "short": count_text(n), "colour": colour, "shown": code not in hidden}
            for code, (name, colour, n) in enumerate(zip(counts.names, counts.colours, totals, strict=True))
            if n
        ]
        catalogue = self.session.dataset.catalogue
        set_hint(
            self._note,
            f"{sum(totals):,} of {catalogue.n_whole:,} sources are in this region; {catalogue.n_rows:,} are in memory.",
        )

    def _show_message(self, text: str, severity: str) -> None:
        self._message.show(text, severity)
        self._body.objects = [self._message.view]
        self._legend.entries = []
        set_hint(self._note, "")

    def _show_progress(self) -> None:
        job = next((job for job in self.session.state.jobs if job.name == self._job), None)
        self._bar.visible = self._cancel.visible = job is not None
        self._zoomed.visible = self._all.visible = job is None
        if job is not None:
            self._bar.value = round(100 * (job.fraction or 0.0))

    def _mark(self) -> None:
        """Mark the query and the selected source."""
        queried, focus = self.session.query(), self.session.state.focus
        self._markers.show(Markers(queried=self._places(queried), selected=self._places(focus)))

    def _places(self, id: str | None) -> list[tuple[float, float]]:
        catalogue = self.session.dataset.catalogue
        if id is None or self._counts is None:
            return []
        row, (x, y) = catalogue.row(id), self._axes
        return [(float(catalogue.number(x)[row]), float(catalogue.number(y)[row]))]


def _region_of(settings: Mapping[str, Any]) -> tuple[Limits, Limits] | None:
    """Return the region in the settings of a pane; None if there is none, or it is not two ranges of numbers."""
    try:
        (left, right), (low, high) = settings["x_range"], settings["y_range"]
        region = (float(left), float(right)), (float(low), float(high))
    except (KeyError, TypeError, ValueError):
        return None
    return region if region[0][0] < region[0][1] and region[1][0] < region[1][1] else None
